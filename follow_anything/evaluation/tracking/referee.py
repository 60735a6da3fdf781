# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Our trackers behind the protocol of common evaluation scripts, OpenCV's: BGR and x y w h.

A factory returns an object with init(image, box) and update(image) -> (ok, box, score), e.g.
`follow_anything.evaluation.tracking.referee:tiny`.
"""

from __future__ import annotations

from functools import partial

import cv2
from follow_anything.core.protocols import Tracker
from follow_anything.core.types import Box, Frame
from follow_anything.models.registry import build_tracker
import numpy as np

__all__ = ['BoxTracker', 'csrt', 'make', 'nanotrack', 'tiny', 'vittrack']

NOTHING = (0.0, 0.0, 0.0, 0.0)


class BoxTracker:
    """Adapter of one Tracker; the score it gives is the presence."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._count = 0

    def _frame(self, image: np.ndarray) -> Frame:
        self._count += 1
        return Frame(self._count / 30.0, cv2.cvtColor(image, cv2.COLOR_BGR2RGB))

    def init(self, image: np.ndarray, box: tuple[float, float, float, float]) -> None:
        """
        Start on a target.

        :param image: uint8 (H, W, 3), BGR. :param box: x, y, width, height in pixels.
        """
        self._tracker.initialize(self._frame(image), Box.from_xywh(*box))

    def update(
        self,
        image: np.ndarray,
    ) -> tuple[bool, tuple[float, float, float, float], float]:
        """Track; (False, zeros, score) where the tracker has no box to give."""
        track = self._tracker.track(self._frame(image))
        if track.box is None:
            return False, NOTHING, track.presence
        return True, track.box.xywh, track.presence


def make(name: str) -> BoxTracker:
    """Make any tracker of the registry; BadConfig when it does not exist."""
    return BoxTracker(build_tracker(name))


# evaluation scripts name a factory without arguments
tiny, csrt = partial(make, 'tiny'), partial(make, 'csrt')
nanotrack, vittrack = partial(make, 'nanotrack'), partial(make, 'vittrack')
