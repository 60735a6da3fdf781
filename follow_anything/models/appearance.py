# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A classical embedder: colours in bands. Clothes keep their order; a turn does not matter."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
from follow_anything.core.types import Box, FloatArray, Frame, UInt8Array
import numpy as np
import numpy.typing as npt

__all__ = ['ColorBands']

CROP_PX = 48
"""Side the box is shrunk to; smaller is faster, larger finer. The histogram hardly notices."""

CORE = 0.8
"""Share of the box that is described: its rim is mostly background."""

GRAY_SATURATION = 40
"""Below this saturation (of 255) a hue is noise, and the pixel is described by its value."""

SEARCH_SIDE_PX = 8
"""While searching, the frame is shrunk until the box's shorter side has so many pixels."""

SEARCH_FRAME_PX = 320
"""But its longer side never exceeds this: the histograms of every pixel have to fit somewhere."""

STEPS = 4
"""Windows are tried in steps of a box's side over this number."""


class ColorBands:
    """
    Describes a box by colour histograms of horizontal bands.

    :param bands: bands from top to bottom. :param hues: hue bins. :param grays: value bins.

    The square root makes the cosine of two descriptions their Bhattacharyya coefficient.
    """

    unrelated = 0.45

    def __init__(self, bands: int = 4, hues: int = 12, grays: int = 6) -> None:
        self._bands, self._hues, self._grays = bands, hues, grays
        self._bins = 2 * hues + grays
        # Pixels near the centre of a row belong to the target more surely than those outside.
        across = np.abs(np.linspace(-1, 1, CROP_PX))
        self._weights = np.tile((1 - 0.8 * across).astype(np.float32), (CROP_PX, 1))
        rows = np.arange(CROP_PX) * bands // CROP_PX
        self._offsets = np.repeat(rows[:, None] * self._bins, CROP_PX, axis=1)

    def embed(self, frame: Frame, box: Box) -> FloatArray:
        """Return the description, float32 (bands x bins,), unit length; BadBox if outside."""
        crop = cv2.resize(frame.crop(box.scaled(CORE)), (CROP_PX, CROP_PX))
        bins = self._quantise(np.asarray(crop, np.uint8)) + self._offsets
        size = self._bands * self._bins
        root = np.sqrt(np.bincount(bins.ravel(), self._weights.ravel(), minlength=size))
        return np.asarray(root / np.linalg.norm(root), dtype=np.float32)

    def search(
        self, frame: Frame, view: FloatArray, sizes: list[tuple[float, float]]
    ) -> Iterator[tuple[float, Box]]:
        """
        Compare every place of the frame with a description.

        :param view: from embed(). :param sizes: (width, height) of the boxes tried, pixels.
        :return: (cosine, box) of the best places of every size, before any suppression.

        Integral histograms (Porikli, 2005) make the cost independent of the size of the box.
        """
        shrink = min(
            SEARCH_FRAME_PX / max(frame.width, frame.height),
            SEARCH_SIDE_PX / min(min(size) for size in sizes),
            1.0,
        )
        shape = (max(8, round(frame.width * shrink)), max(8, round(frame.height * shrink)))
        small = cv2.resize(frame.rgb, shape, interpolation=cv2.INTER_AREA)
        one_hot = np.eye(self._bins, dtype=np.float32)[self._quantise(np.asarray(small, np.uint8))]
        integral = np.zeros((shape[1] + 1, shape[0] + 1, self._bins), np.float32)
        integral[1:, 1:] = one_hot.cumsum(0).cumsum(1)
        for width, height in sizes:
            yield from self._scan(integral, view, width, height, shrink)

    def _quantise(self, rgb: UInt8Array) -> npt.NDArray[np.int32]:
        """Return the bin of every pixel, (H, W)."""
        hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV).astype(np.int32)
        hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
        colored = 2 * (hue * self._hues // 180) + (value > 127)
        gray = 2 * self._hues + value * self._grays // 256
        return np.where(saturation >= GRAY_SATURATION, colored, gray)

    def _scan(
        self, integral: FloatArray, view: FloatArray, width: float, height: float, shrink: float
    ) -> Iterator[tuple[float, Box]]:
        """Slide one size over the integral histogram; yield the best place of every column."""
        wide, tall = max(2, round(width * shrink * CORE)), max(4, round(height * shrink * CORE))
        rows = np.arange(0, integral.shape[0] - tall, max(1, tall // STEPS))
        columns = np.arange(0, integral.shape[1] - wide, max(1, wide // STEPS))
        if rows.size == 0 or columns.size == 0:
            return
        strips = integral[:, columns + wide] - integral[:, columns]
        cosine = np.zeros((rows.size, columns.size), np.float32)
        for band in range(self._bands):
            top = rows + band * tall // self._bands
            bottom = rows + (band + 1) * tall // self._bands
            histogram = strips[bottom] - strips[top]
            part = view[band * self._bins : (band + 1) * self._bins]
            cosine += np.sqrt(np.maximum(histogram, 0.0) / (wide * tall)) @ part
        for column in range(columns.size):
            row = int(cosine[:, column].argmax())
            center = (columns[column] + wide / 2) / shrink, (rows[row] + tall / 2) / shrink
            yield float(cosine[row, column]), Box.from_center(*center, width, height)
