# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""OpenCV's trackers behind our protocol."""

from __future__ import annotations

from typing import Any

import cv2
from follow_anything.core.errors import BadBox, MissingDependency, NotReady
from follow_anything.core.types import Box, Frame, Track

__all__ = ['CsrtTracker']

MIN_SIDE_PX = 3
"""Fewer pixels than this hold nothing a filter could learn."""


class CsrtTracker:
    """
    CSRT: discriminative correlation filter with channel and spatial reliability.

    It says only yes or no, so its presence is 1 or 0; the follower's appearance memory does the
    doubting. Source: Lukezic et al., CVPR 2017, as implemented in opencv-contrib.

    :param device: accepted like everywhere; CSRT always runs on the CPU.
    :raises MissingDependency: this OpenCV has no contrib modules.
    """

    def __init__(self, device: str = 'auto') -> None:
        self._create: Any = getattr(cv2, 'TrackerCSRT_create', None)
        if self._create is None:
            raise MissingDependency(
                'csrt needs the contrib modules of OpenCV; '
                'install them with: pip install opencv-contrib-python-headless'
            )
        self._csrt: cv2.Tracker | None = None
        self._shape: tuple[int, ...] = ()

    def initialize(self, frame: Frame, box: Box) -> None:
        """Learn the target; BadBox when less than 3 x 3 px of it are inside the frame."""
        inside = box.clipped(frame.width, frame.height)
        if min(inside.width, inside.height) < MIN_SIDE_PX:
            raise BadBox(
                f'csrt needs at least {MIN_SIDE_PX} x {MIN_SIDE_PX} px inside the image to learn '
                f'from; got {inside.width:g} x {inside.height:g}'
            )
        csrt = self._create()
        try:
            csrt.init(_bgr(frame), tuple(round(value) for value in box.xywh))
        except cv2.error as error:  # very thin, or with little of it inside the image
            raise BadBox(f'csrt cannot learn from the box {box.xyxy}: {error.err}') from error
        self._csrt, self._shape = csrt, frame.rgb.shape

    def track(self, frame: Frame) -> Track:
        """Find the target; absent when the image has another size than the one learnt from."""
        if self._csrt is None:
            raise NotReady('csrt has no target yet: call initialize(frame, box) first')
        if frame.rgb.shape != self._shape:
            return Track(None, 0.0, 0.0)
        found, (x, y, width, height) = self._csrt.update(_bgr(frame))
        if not found or width <= 0 or height <= 0:
            return Track(None, 0.0, 0.0)
        return Track(Box.from_xywh(x, y, width, height), 1.0, 1.0)


def _bgr(frame: Frame) -> cv2.typing.MatLike:
    return cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR)
