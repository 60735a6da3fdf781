# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How pictures are brought into the size that the tiny detector works at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
from follow_anything.core.types import FloatArray, UInt8Array
import numpy as np

__all__ = ['CANVAS_PX', 'PIXELS', 'QUERY_SIDE_PX', 'Letterbox', 'letterbox', 'query_canvas']

CANVAS_PX = 448
PIXELS = CANVAS_PX**2
"""Area the network works at, whatever the shape of the picture: keeps the time constant."""

QUERY_SIDE_PX = 256
STRIDES = (8, 16, 32)
"""Of the network's three levels, pixels of the canvas."""

_QUERY_SPAN_PX = 168


@dataclass(frozen=True)
class Letterbox:
    """A picture on the network's canvas: canvas = picture * scale, upper left corner kept."""

    canvas: UInt8Array
    scale: float
    width: int
    height: int

    def to_picture(self, boxes: FloatArray) -> FloatArray:
        """Map boxes (N, 4) from the canvas to the picture, clipped to it, pixels."""
        limit = np.array([self.width, self.height] * 2, np.float32)
        return np.clip(boxes / self.scale, 0.0, limit)

    def cell_places(self) -> FloatArray:
        """Return x, y and side of every cell, (C, 3), pixels of the picture."""
        return _cell_places(*self.canvas.shape[:2]) / self.scale

    def to_canvas(self, boxes: FloatArray) -> FloatArray:
        """Map boxes (N, 4) or points (N, 2) from the picture to the canvas."""
        return np.asarray(boxes * self.scale, np.float32)


@cache
def _cell_places(height: int, width: int) -> FloatArray:
    """Return the same on the canvas: level by level, row by row."""
    places = []
    for side in STRIDES:
        y, x = np.mgrid[: height // side, : width // side] * side + side / 2
        places.append(np.stack([x.ravel(), y.ravel(), np.full(x.size, side)], 1))
    result = np.concatenate(places)
    result.setflags(write=False)
    return result


def letterbox(rgb: UInt8Array, pixels: int = PIXELS) -> Letterbox:
    """
    Scale a picture to about a number of pixels, sides padded to multiples of 32.

    :param rgb: uint8 (H, W, 3).
    """
    height, width = rgb.shape[:2]
    scale = float(np.sqrt(pixels / (height * width)))
    # a very long picture keeps a side the network can see
    scale = min(scale, 1024.0 / max(height, width))
    tall, wide = max(1, round(height * scale)), max(1, round(width * scale))
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(rgb, (wide, tall), interpolation=kind)
    canvas = np.full((-(-tall // 32) * 32, -(-wide // 32) * 32, 3), 127, np.uint8)
    canvas[:tall, :wide] = small
    return Letterbox(canvas, scale, width, height)


def query_canvas(rgb: UInt8Array) -> tuple[UInt8Array, FloatArray]:
    """
    Put the picture of a thing into the middle of a canvas, as large as things are in a frame.

    :param rgb: uint8 (H, W, 3), tight around the thing.
    :returns: uint8 (256, 256, 3), edges continued to its border, and the box (4,) on it.
    """
    height, width = rgb.shape[:2]
    scale = _QUERY_SPAN_PX / max(height, width)
    tall, wide = max(4, round(height * scale)), max(4, round(width * scale))
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(rgb, (wide, tall), interpolation=kind)
    top, left = (QUERY_SIDE_PX - tall) // 2, (QUERY_SIDE_PX - wide) // 2
    canvas = cv2.copyMakeBorder(
        small,
        top,
        QUERY_SIDE_PX - tall - top,
        left,
        QUERY_SIDE_PX - wide - left,
        cv2.BORDER_REPLICATE,
    )
    return canvas, np.array([left, top, left + wide, top + tall], np.float32)
