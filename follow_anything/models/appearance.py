# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A classical embedder: colours in bands. Clothes keep their order; a turn does not matter."""

from __future__ import annotations

import cv2
from follow_anything.core.types import Box, FloatArray, Frame
import numpy as np

__all__ = ['ColorBands']

CROP_PX = 48
"""Side the box is shrunk to; smaller is faster, larger finer. The histogram hardly notices."""

CORE = 0.8
"""Share of the box that is described: its rim is mostly background."""

GRAY_SATURATION = 40
"""Below this saturation (of 255) a hue is noise, and the pixel is described by its value."""


class ColorBands:
    """
    Describes a box by colour histograms of horizontal bands.

    :param bands: bands from top to bottom. :param hues: hue bins. :param grays: value bins.

    The square root makes the cosine of two descriptions their Bhattacharyya coefficient.
    """

    unrelated = 0.45

    def __init__(self, bands: int = 4, hues: int = 12, grays: int = 6) -> None:
        self._bands, self._hues, self._grays = bands, hues, grays
        # Pixels near the centre of a row belong to the target more surely than those outside.
        across = np.abs(np.linspace(-1, 1, CROP_PX))
        self._weights = np.tile((1 - 0.8 * across).astype(np.float32), (CROP_PX, 1))
        rows = np.arange(CROP_PX) * bands // CROP_PX
        self._offsets = np.repeat(rows[:, None] * (2 * hues + grays), CROP_PX, axis=1)

    def embed(self, frame: Frame, box: Box) -> FloatArray:
        """Return the description, float32 (bands x bins,), unit length; BadBox if outside."""
        crop = cv2.resize(frame.crop(box.scaled(CORE)), (CROP_PX, CROP_PX))
        hsv = cv2.cvtColor(crop, cv2.COLOR_RGB2HSV).astype(np.int32)
        hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
        colored = 2 * (hue * self._hues // 180) + (value > 127)
        gray = 2 * self._hues + value * self._grays // 256
        bins = np.where(saturation >= GRAY_SATURATION, colored, gray) + self._offsets
        size = self._bands * (2 * self._hues + self._grays)
        histogram = np.bincount(bins.ravel(), self._weights.ravel(), minlength=size)
        root = np.sqrt(histogram)
        return np.asarray(root / np.linalg.norm(root), dtype=np.float32)
