# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Queries of the operating system that the checks need; tests replace them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, metadata
from importlib.util import find_spec
import os
from pathlib import Path
import shutil
import subprocess
import sys
import time
from typing import Any

from follow_anything.core.errors import MissingDependency

__all__ = ['Machine', 'ProgramOutput', 'TopicReport']

PATIENCE_S = 10.0
"""How long a program may take to answer."""

MODULES = {'onnxruntime': 'onnxruntime', 'opencv-contrib-python-headless': 'cv2'}
"""Packages that come under other names, too (onnxruntime-gpu, apt's), and their modules."""


@dataclass(frozen=True)
class ProgramOutput:
    """The output of a program, and whether its exit status was 0."""

    text: str
    went_well: bool = True


@dataclass(frozen=True)
class TopicReport:
    """
    Publishers of an image topic, and what arrived from them.

    :param publishers: their number. :param kind: of their messages: sensor_msgs/msg/Image.
    :param qos: of the first of them, for people. :param rate: Hz, of what arrived.
    :param age_s: how old the newest stamp was when it arrived; nan when nothing did.
    """

    publishers: int
    kind: str
    qos: str
    rate: float
    age_s: float


class Machine:
    """
    This machine.

    :param probe: listens to a topic for a while; None: nobody asks.
    """

    def __init__(self, probe: Callable[[str], TopicReport] | None = None) -> None:
        self._probe = probe

    @property
    def python(self) -> tuple[int, int, int]:
        """The version of the interpreter."""
        return sys.version_info[:3]

    def read(self, path: str) -> str | None:
        """Return the text of a file; None when it is not there or not for us."""
        try:
            return Path(path).read_text(encoding='utf-8', errors='replace').strip('\0\n ')
        except OSError:
            return None

    def ask(self, *command: str) -> ProgramOutput | None:
        """Run a program; None when there is none of that name, or it does not answer."""
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return ProgramOutput(done.stdout.strip() or done.stderr.strip(), done.returncode == 0)

    def free_bytes(self, folder: str) -> int | None:
        """Return the room that is left in a folder; None when it is not there."""
        try:
            return shutil.disk_usage(folder).free
        except OSError:
            return None

    def variable(self, name: str) -> str:
        """Return a variable of the environment; '' when it is not set."""
        return os.environ.get(name, '')

    def has_module(self, name: str) -> bool:
        """Tell whether a module can be imported, without doing so."""
        return find_spec(name) is not None

    def requirements(self) -> list[str]:
        """Return what setup.py asks for, as the installation notes it; [] without one."""
        try:
            return metadata.requires('follow_anything') or []
        except metadata.PackageNotFoundError:
            return []

    def version(self, distribution: str) -> str:
        """Return the version of a package; '' when it is not installed."""
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            module = MODULES.get(distribution, '')
        if not module or not self.has_module(module):
            return ''
        return str(import_module(module).__version__)

    def time(self) -> float:
        """Return what the wall clock says, seconds since 1970."""
        return time.time()

    def providers(self) -> list[str]:
        """Return where onnxruntime runs graphs; [] where it is not installed."""
        from follow_anything.models.runtime.onnx_session import describe_onnxruntime

        return list(describe_onnxruntime().get('onnxruntime_providers', []))

    def try_weights(self) -> dict[str, str]:
        """Open and run everything that ships; return what is wrong, by file, '' where nothing."""
        from follow_anything.models.export.shipped import try_all

        return try_all()

    def picture(self, camera: str) -> Any:
        """Return the first picture of a camera, uint8 (H, W, 3); SourceError when none comes."""
        from follow_anything.io.sources import open_source

        return next(open_source(camera)).rgb

    def topic(self, name: str) -> TopicReport:
        """
        Listen to a topic for a while.

        :raises MissingDependency: there is no ROS 2 here.
        """
        if self._probe is None:
            raise MissingDependency('there is no ROS 2 here that could listen')
        return self._probe(name)
