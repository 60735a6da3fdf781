# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Stand-ins for SAM, CLIP and DINO that see colours and shapes as they are: no torch, no weights.

The detectors around them are the real ones: what is tested is what they do with masks and vectors.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
from follow_anything.core.types import BoolArray, Box, Click, FloatArray, Frame, UInt8Array
from follow_anything.models.detection.foundation.dino import DenseFeatures
from follow_anything.models.detection.foundation.sam import box_of_mask, Segments
import numpy as np

__all__ = ['BLUE', 'GRAY', 'GREEN', 'RED', 'ColorGrid', 'ColorReader', 'ColorSegmenter', 'scene']

RED, GREEN, BLUE, GRAY = (220, 20, 20), (20, 200, 20), (20, 20, 220), (120, 120, 120)
WORDS = {'red': RED, 'green': GREEN, 'blue': BLUE}
SHAPES = {'car': 2.0, 'vehicle': 2.0, 'man': 0.4, 'person': 0.4, 'ball': 1.0}
"""Width over height of the things that have a name."""


def scene(*things: tuple[tuple[int, int, int], tuple[int, int, int, int]]) -> Frame:
    """Return a grey picture, 160 x 120, with rectangles (color, (x1, y1, x2, y2))."""
    rgb = np.full((120, 160, 3), GRAY, np.uint8)
    for color, (x1, y1, x2, y2) in things:
        rgb[y1:y2, x1:x2] = color
    return Frame(1.0, rgb)


class ColorSegmenter:
    """Cuts a picture where its colour changes; counts how often it was asked for everything."""

    def __init__(self) -> None:
        self.searched = 0

    def everything(self, frame: Frame) -> Segments:
        self.searched += 1
        return self._segments(frame, [m for m in self._masks(frame) if m.mean() < 0.6])

    def at_points(self, frame: Frame, clicks: Sequence[Click]) -> Segments:
        """Return the thing, its upper half and the whole picture, like SAM's three answers."""
        anchor = next(click for click in clicks if click.positive)
        here = int(anchor.y), int(anchor.x)
        thing = next(mask for mask in self._masks(frame) if mask[here])
        if thing.mean() > 0.6:
            return self._segments(frame, [])
        upper = thing.copy()
        rows = np.flatnonzero(thing.any(1))
        upper[rows[len(rows) // 2] :] = False
        parts = [mask for mask in (thing, upper) if mask[here]]
        return self._segments(frame, [*parts, np.ones_like(thing)])

    def in_box(self, frame: Frame, box: Box) -> Segments:
        x, y = (int(value) for value in box.center)
        return self.at_points(frame, [Click(x, y)])

    def _masks(self, frame: Frame) -> list[BoolArray]:
        masks = []
        for color in np.unique(frame.rgb.reshape(-1, 3), axis=0):
            same = (frame.rgb == color).all(-1).astype(np.uint8)
            count, parts = cv2.connectedComponents(same)
            masks += [parts == part for part in range(1, count)]
        return masks

    @staticmethod
    def _segments(frame: Frame, masks: list[BoolArray]) -> Segments:
        stacked = np.array(masks, np.bool_).reshape(-1, frame.height, frame.width)
        boxes = np.array([box_of_mask(mask) for mask in masks], np.float32).reshape(-1, 4)
        quality = np.linspace(0.99, 0.9, len(masks)).astype(np.float32)
        return Segments(stacked, boxes, quality)


def _vector(color: FloatArray, aspect: float) -> FloatArray:
    """Return (color, shape) as a unit vector: hue above grey, and log aspect in three bins."""
    hue = np.asarray(color, float) - np.mean(color)
    hue = hue / (np.linalg.norm(hue) + 1e-9) if np.abs(hue).max() > 20 else np.zeros(3)
    shape = np.exp(-((np.log(aspect) - np.log([0.4, 1.0, 2.0])) ** 2) / 0.1)
    both = np.concatenate([hue, 1.2 * shape, [0.3]])
    return both / np.linalg.norm(both)


class ColorReader:
    """Knows 'red', 'green', 'blue', 'car', 'man', 'ball'; says how often it had to read."""

    unrelated, scale = 0.5, 30.0

    def __init__(self) -> None:
        self.read: list[str] = []

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        self.read += texts
        return np.array([self._of_text(text) for text in texts], np.float32)

    def describe(self, rgb: UInt8Array, boxes: FloatArray, masks: BoolArray) -> FloatArray:
        vectors = []
        for (x1, y1, x2, y2), mask in zip(boxes, masks, strict=True):
            vectors.append(_vector(rgb[mask].mean(0), (x2 - x1) / (y2 - y1)))
        return np.array(vectors, np.float32)

    def _of_text(self, text: str) -> FloatArray:
        words = [word.removesuffix('s') for word in text.replace(',', ' ').split()]
        color = next((WORDS[word] for word in words if word in WORDS), GRAY)
        aspect = next((SHAPES[word] for word in words if word in SHAPES), 1e3)
        return _vector(np.array(color), aspect)


class ColorGrid:
    """A grid of colours instead of DINO's features; counts how often it was computed."""

    unrelated = 0.3

    def __init__(self, cell_px: int = 8) -> None:
        self._cell_px = cell_px
        self.computed = 0

    def features(self, rgb: UInt8Array) -> DenseFeatures:
        self.computed += 1
        height, width = rgb.shape[:2]
        size = (max(1, width // self._cell_px), max(1, height // self._cell_px))
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        cells = np.concatenate(
            [small - small.mean(-1, keepdims=True), np.full_like(small, 30)], -1
        )
        grid = cells / np.linalg.norm(cells, axis=-1, keepdims=True)
        return DenseFeatures(grid.astype(np.float32), (width, height))
