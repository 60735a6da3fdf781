# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Uploaded pictures: size and format are checked before they are decoded."""

from __future__ import annotations

import struct

import cv2
from follow_anything.console.limits import MAX_PIXELS
from follow_anything.core.errors import BadImage, SourceError
from follow_anything.core.types import UInt8Array
from follow_anything.io.sources import rgb_of
import numpy as np

__all__ = ['decode', 'size_of']

PNG = b'\x89PNG\r\n\x1a\n'
NO_SIZE = {0xC4, 0xC8, 0xCC}
"""JPEG markers among the frame headers (C0 to CF) that are none: tables and extensions."""

LEAST_SIDE, LARGEST_SIDE = 8, 1024
"""A query picture is made smaller than this, pixels: the detector does so anyway."""

LONGEST_SHAPE = 200
"""Longer than so many times its width, nothing is left of a picture that is made smaller."""


def size_of(data: bytes) -> tuple[int, int]:
    """
    Return (width, height) of a PNG or JPEG without decoding it.

    :raises BadImage: it is neither, or it was cut.
    """
    if data.startswith(PNG) and data[12:16] == b'IHDR' and len(data) >= 24:
        width, height = struct.unpack('>II', data[16:24])
        return width, height
    if data.startswith(b'\xff\xd8'):
        return _size_of_jpeg(data)
    raise BadImage('expected a picture in PNG or JPEG')


def _size_of_jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], 'big')
        if 0xC0 <= marker <= 0xCF and marker not in NO_SIZE:
            height, width = struct.unpack('>HH', data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    raise BadImage('the JPEG was cut, or is spoilt')


def decode(data: bytes) -> UInt8Array:
    """
    Return the picture as uint8 (H, W, 3), RGB, at most LARGEST_SIDE pixels wide and high.

    :raises BadImage: it is too large, too small, or cannot be read.
    """
    width, height = size_of(data)
    if width * height > MAX_PIXELS:
        raise BadImage(
            f'the picture has {width} x {height} pixels; expected {MAX_PIXELS // 1_000_000} '
            'megapixels at most'
        )
    if min(width, height) < max(LEAST_SIDE, max(width, height) / LONGEST_SHAPE):
        raise BadImage(
            f'the picture has {width} x {height} pixels; expected {LEAST_SIDE} at least on both '
            f'sides, and one side {LONGEST_SHAPE} times the other at most'
        )
    try:
        rgb = rgb_of(data, 'it')
    except SourceError as error:
        raise BadImage(f'the picture cannot be decoded: {error}') from error
    scale = LARGEST_SIDE / max(rgb.shape[:2])
    if scale < 1.0:
        smaller = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        rgb = np.asarray(smaller, np.uint8)
    return rgb
