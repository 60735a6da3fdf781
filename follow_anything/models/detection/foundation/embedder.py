# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Embedders on the large models: one crop with a little context, one vector of unit length."""

from __future__ import annotations

from follow_anything.core.types import BoolArray, Box, FloatArray, Frame
from follow_anything.models.detection.foundation.clip import (
    ClipEncoder,
    CONTEXT,
    crop_to_square,
)
from follow_anything.models.detection.foundation.dino import DinoEncoder
import numpy as np

__all__ = ['CROP_PX', 'ClipEmbedder', 'DinoEmbedder']

CROP_PX = 224
"""Side of DINO's crops, pixels, as its authors compare pictures: 256 cells of a patch of 14."""


class DinoEmbedder:
    """
    The mean of DINO's cells inside the box, of a square crop with CONTEXT around it.

    :param dino: its side_px is the side of the crops.
    """

    unrelated = 0.3
    """Cosine of two unrelated boxes: DinoEncoder's, for things that are pooled."""

    def __init__(self, dino: DinoEncoder) -> None:
        self._dino = dino

    def embed(self, frame: Frame, box: Box) -> FloatArray:
        """Return the description, float32 (D,), of unit length; BadBox if it is outside."""
        inside = box.clipped(frame.width, frame.height)
        crop = crop_to_square(frame.rgb, np.array(inside.xyxy), None, self._dino.side_px)
        features = self._dino.features(crop)
        mask = _box_in_square(inside, self._dino.side_px)
        return np.asarray(features.pool(mask[None])[0])


class ClipEmbedder:
    """
    CLIP's description of a square crop with CONTEXT around the box.

    :param clip: encodes the crop; its words are not asked.
    """

    unrelated = 0.5
    """Cosine of two unrelated boxes: ClipEncoder's, whose pictures live in a narrow cone."""

    def __init__(self, clip: ClipEncoder) -> None:
        self._clip = clip

    def embed(self, frame: Frame, box: Box) -> FloatArray:
        """Return the description, float32 (D,), of unit length; BadBox if it is outside."""
        inside = box.clipped(frame.width, frame.height)
        return np.asarray(self._clip.describe(frame.rgb, np.array([inside.xyxy]), None)[0])


def _box_in_square(box: Box, side: int) -> BoolArray:
    """Return where a box lies in its crop of crop_to_square(), bool (side, side)."""
    longest = max(box.width, box.height) * CONTEXT
    half = [max(0.5, side * length / longest / 2) for length in (box.height, box.width)]
    away = np.abs(np.arange(side) + 0.5 - side / 2)
    return np.asarray((away <= half[0])[:, None] & (away <= half[1])[None])
