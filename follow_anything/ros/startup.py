# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Checks before a node starts: parameter files, log folder, rclpy; an error is one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
import os
from pathlib import Path
import sys
import tempfile
from typing import NamedTuple

from follow_anything.core.config import Config
from follow_anything.core.config.known import BY_NAME
from follow_anything.core.errors import BadConfig, InvalidInput
from follow_anything.io.user_parameters import read_sections, Section
from follow_anything.ros.parameters.arguments import params_files, with_names_of_now
import rclpy
from rclpy.signals import SignalHandlerOptions

__all__ = ['begin', 'check_sections', 'ensure_log_folder']


class Begun(NamedTuple):
    """What a command line said: sections of parameters, and what to tell about old names."""

    sections: Sequence[Section]
    notice: str


def begin(arguments: Sequence[str] | None, kind: type[Config] = Config) -> Begun:
    """
    Initialize rclpy, without signal handlers of its own: they would close the context at once.

    :param arguments: of the command line; None: of this process.
    :param kind: configuration of the node that will run; its parameters may have old names.
    :raises FollowAnythingError: a file or an argument cannot be used.
    """
    given = list(sys.argv if arguments is None else arguments)
    files = [read_sections(path) for path in params_files(given).values()]
    ensure_log_folder()
    with with_names_of_now(given, kind, files) as (current, notice):
        try:
            rclpy.init(args=current, signal_handler_options=SignalHandlerOptions.NO)
        # rclpy's own errors have no common base; what is wrong is in the arguments, or around.
        except (RuntimeError, ValueError) as error:
            raise InvalidInput(f'ROS cannot start: {" ".join(str(error).split())}') from error
    return Begun([section for sections in files for section in sections], notice)


def check_sections(sections: Sequence[Section], full_name: str) -> str:
    """
    Refuse parameters that are meant for a node and do not match it in its namespace.

    :return: what to tell about sections for other robots; '' where there are none.
    """
    base, others = full_name.rpartition('/')[2], []
    for section in sections:
        if section.is_another_robots(sections, full_name):
            others.append(repr(section.name))
        elif (
            base in BY_NAME and fnmatchcase(base, section.base) and not section.matches(full_name)
        ):
            raise BadConfig(
                f'the section {section.name!r} of the parameters does not match {full_name}; '
                f'write /**{"" if section.base == "**" else "/" + section.base}'
            )
    return f'the section {", ".join(others)} is for another robot: not taken' if others else ''


def ensure_log_folder() -> None:
    """Give ROS a folder for its logs where the home folder is missing or cannot be written to."""
    if os.environ.get('ROS_LOG_DIR') or os.environ.get('ROS_HOME'):
        return
    home = os.environ.get('HOME')
    if home and _can_write(Path(home) / '.ros' / 'log'):
        return
    folder = Path(tempfile.gettempdir()) / f'ros_log_{os.getuid()}'
    folder.mkdir(exist_ok=True)
    os.environ['ROS_LOG_DIR'] = str(folder)
    print(f'HOME is {home or "not set"}: the logs of ROS go to {folder}', file=sys.stderr)


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
