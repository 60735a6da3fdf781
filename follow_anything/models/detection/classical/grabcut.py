# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""From a box to a mask by colours alone."""

from __future__ import annotations

import cv2
from follow_anything.core.types import BoolArray, Box, Frame
import numpy as np

__all__ = ['GrabCutSegmenter']

AROUND = 1.6
"""Side of the window in boxes: GrabCut learns the background from what is around the box."""

WORK_PX = 128
"""Longer side the window is shrunk to."""

CORE = 0.3
"""Side of the middle of the box that is taken for the target, in boxes."""

MIN_SHARE = 0.05
"""A mask that fills less of the box has taken the target for background: the box is the answer."""


class GrabCutSegmenter:
    """GrabCut (Rother et al., 2004) between a box and its surroundings; needs no weights."""

    def segment(self, frame: Frame, box: Box) -> BoolArray:
        """Return the mask of the thing in the box, (H, W); BadBox when it is outside the image."""
        inside = box.clipped(frame.width, frame.height)
        window = box.scaled(AROUND).clipped(frame.width, frame.height)
        x0, y0 = int(window.x1), int(window.y1)
        patch = frame.crop(window)
        zoom = min(1.0, WORK_PX / max(patch.shape[:2]))
        small = cv2.resize(patch, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
        labels = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
        x1, y1 = int((inside.x1 - x0) * zoom), int((inside.y1 - y0) * zoom)
        x2, y2 = round((inside.x2 - x0) * zoom), round((inside.y2 - y0) * zoom)
        labels[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)] = cv2.GC_PR_FGD
        guess = labels == cv2.GC_PR_FGD
        found = guess
        # what a tracker's box is centred on is the target, whatever its colours
        half = (1.0 - CORE) / 2
        across, down = round(half * (x2 - x1)), round(half * (y2 - y1))
        labels[y1 + down : y2 - down, x1 + across : x2 - across] = cv2.GC_FGD
        if not guess.all():  # a box that fills the image has no surroundings
            models = np.zeros((1, 65)), np.zeros((1, 65))
            cv2.setRNGSeed(0)  # its k-means starts at random
            cv2.grabCut(small, labels, None, *models, 3, cv2.GC_INIT_WITH_MASK)
            found = (labels == cv2.GC_PR_FGD) | (labels == cv2.GC_FGD)
            if found.sum() < MIN_SHARE * guess.sum():
                found = guess
        size = patch.shape[1], patch.shape[0]
        mask = np.zeros((frame.height, frame.width), bool)
        large = cv2.resize(found.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        mask[y0 : y0 + size[1], x0 : x0 + size[0]] = large > 0
        return mask
