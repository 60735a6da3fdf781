# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Search region: look near the last known place first, at a higher resolution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from follow_anything.core.errors import BadBox
from follow_anything.core.protocols import Detector
from follow_anything.core.types import BoolArray, Box, Detections, Frame
import numpy as np

__all__ = ['search_near']

REACH = 4.0
"""Side of the region, in sides of the box last seen."""

MIN_SIDE_PX = 96
"""A smaller region shows a model too little."""


def search_near(
    detector: Detector,
    frame: Frame,
    last: Box,
    accept: Callable[[Detections], Detections],
) -> Detections:
    """
    Return what is found around a box, or in the whole frame when it is not there.

    :param last: where the target was last. :param accept: keeps the candidates that are good
        enough to stop searching.

    All coordinates are of the whole frame.
    """
    side = max(MIN_SIDE_PX, REACH * max(last.width, last.height))
    try:
        region = Box.from_center(*last.center, side, side).clipped(frame.width, frame.height)
    except BadBox:  # it left the picture
        return detector.detect(frame)
    x, y = int(region.x1), int(region.y1)
    part = Frame(frame.stamp, np.ascontiguousarray(frame.crop(region)))
    if part.width * part.height > 0.5 * frame.width * frame.height:
        return detector.detect(frame)
    found = accept(detector.detect(part))
    if len(found) == 0:
        return detector.detect(frame)
    masks = None if found.masks is None else _enlarged(found.masks, frame, x, y)
    return replace(found, boxes=found.boxes + np.array([x, y, x, y], np.float32), masks=masks)


def _enlarged(masks: BoolArray, frame: Frame, x: int, y: int) -> BoolArray:
    whole = np.zeros((len(masks), frame.height, frame.width), np.bool_)
    whole[:, y : y + masks.shape[1], x : x + masks.shape[2]] = masks
    return whole
