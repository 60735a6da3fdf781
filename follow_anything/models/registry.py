# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Names of detectors and trackers, and how to build them; imported when asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from follow_anything.core.errors import BadConfig
from follow_anything.models.base import Detector, Embedder, Tracker

__all__ = ['DETECTORS', 'TRACKERS', 'build_detector', 'build_embedder', 'build_tracker']

DETECTORS = {
    'classical': 'follow_anything.models.detection.classical:ClassicalDetector',
    'tiny': 'follow_anything.models.detection.tiny:TinyDetector',
}

TRACKERS = {
    'csrt': 'follow_anything.models.tracking.opencv:CsrtTracker',
    'tiny': 'follow_anything.models.tracking.tiny:TinyTracker',
}


def build_detector(name: str, device: str = 'auto') -> Detector:
    """
    Build a detector by name.

    :raises BadConfig: no detector has this name.
    :raises MissingDependency: it needs a package that is not installed.
    """
    return _load(name, DETECTORS, 'detector')(device=device)  # type: ignore[no-any-return]


def build_tracker(name: str, device: str = 'auto') -> Tracker:
    """
    Build a tracker by name.

    :raises BadConfig: no tracker has this name.
    :raises MissingDependency: it needs a package that is not installed.
    """
    return _load(name, TRACKERS, 'tracker')(device=device)  # type: ignore[no-any-return]


def build_embedder() -> Embedder:
    """Build the embedder that guards the target's identity."""
    return _load('bands', {'bands': 'follow_anything.models.appearance:ColorBands'}, 'embedder')()  # type: ignore[no-any-return]


def _load(name: str, known: dict[str, str], kind: str) -> Callable[..., Any]:
    if name not in known:
        raise BadConfig(f'{kind} must be one of {", ".join(sorted(known))}; got {name!r}')
    module, attribute = known[name].split(':')
    builder: Callable[..., Any] = getattr(import_module(module), attribute)
    return builder
