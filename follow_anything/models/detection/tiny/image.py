# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Letterboxing: from a picture to the canvas of the tiny detector, and back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
from follow_anything.core.types import FloatArray, UInt8Array
import numpy as np

__all__ = [
    'CANVAS_PX',
    'CLOSE_UP_PX',
    'PIXELS',
    'QUERY_SIDE_PX',
    'CloseUp',
    'Letterbox',
    'letterbox',
    'query_canvas',
]

CANVAS_PX = 448
PIXELS = CANVAS_PX**2
"""Area the network works at, whatever the shape of the picture: keeps the time constant."""

QUERY_SIDE_PX = 256
CLOSE_UP_PX = 256
STRIDES = (8, 16, 32)
"""Of the network's three levels, pixels of the canvas."""

_QUERY_SPAN_PX = 168
GREY = 114
"""Of what lies beyond the picture in a close-up."""


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

    def to_canvas(self, boxes: FloatArray) -> FloatArray:
        """Map boxes (N, 4) from the picture to the canvas."""
        return np.asarray(boxes * self.scale, np.float32)


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


def _map(point: FloatArray, zoom: float) -> FloatArray:
    """Return the affine map (2, 3) that enlarges a picture and moves a point to the middle."""
    # the middle of the first pixel is half a pixel from the corner of the picture
    shift = CLOSE_UP_PX / 2 - 0.5 - zoom * (point - 0.5)
    return np.array([[zoom, 0.0, shift[0]], [0.0, zoom, shift[1]]])


@dataclass(frozen=True)
class CloseUp:
    """
    A square of a picture around a point, grey where the picture ends.

    :param x: and y: the point, pixels of the picture; it comes to lie in the very middle.
    :param side: of the square, pixels of the picture.
    """

    x: float
    y: float
    side: float

    @property
    def scale(self) -> float:
        """Pixels of the close-up for one of the picture."""
        return CLOSE_UP_PX / self.side

    def cut(self, picture: UInt8Array) -> UInt8Array:
        """Cut it out of a picture (H, W) or (H, W, 3): CLOSE_UP_PX pixels wide and high."""
        point, zoom = np.array([self.x, self.y]), self.scale
        if zoom < 0.75:  # warped smaller, it would alias
            tall, wide = picture.shape[:2]
            size = max(1, round(wide * zoom)), max(1, round(tall * zoom))
            picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
            point, zoom = point * size / (wide, tall), 1.0
        border = (GREY,) * 3 if picture.ndim == 3 else 0
        size = CLOSE_UP_PX, CLOSE_UP_PX
        return np.asarray(cv2.warpAffine(picture, _map(point, zoom), size, borderValue=border))

    def lay_back(self, map_: FloatArray, width: int, height: int) -> FloatArray:
        """Lay a map of the close-up (N, N) on the whole picture (height, width); 0 around it."""
        grown = cv2.resize(map_.astype(np.float32), (CLOSE_UP_PX, CLOSE_UP_PX))
        matrix = _map(np.array([self.x, self.y]), self.scale)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(grown, matrix, (width, height), flags=flags))

    def to_picture(self, boxes: FloatArray) -> FloatArray:
        """Map boxes (N, 4) from the close-up to the picture, pixels; not clipped."""
        return np.asarray((boxes - CLOSE_UP_PX / 2) / self.scale + (self.x, self.y) * 2)

    def from_picture(self, boxes: FloatArray) -> FloatArray:
        """Map boxes (N, 4) from the picture to the close-up, pixels."""
        return np.asarray((boxes - (self.x, self.y) * 2) * self.scale + CLOSE_UP_PX / 2)
