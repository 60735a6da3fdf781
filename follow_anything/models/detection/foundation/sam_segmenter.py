# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""From a box to a mask by SAM."""

from __future__ import annotations

from follow_anything.core.types import BoolArray, Box, Frame
from follow_anything.models.detection.foundation.sam import SegmentAnything
import numpy as np

__all__ = ['SamSegmenter']


class SamSegmenter:
    """SAM, prompted by the box."""

    def __init__(self, sam: SegmentAnything) -> None:
        self._sam = sam

    def segment(self, frame: Frame, box: Box) -> BoolArray:
        """Return the mask of the thing in the box, (H, W); BadBox when it is outside the image."""
        found = self._sam.in_box(frame, box.clipped(frame.width, frame.height))
        if not len(found):
            return np.zeros((frame.height, frame.width), bool)
        return np.asarray(found.masks[0], bool)
