# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What OpenCV does not check in a file: the EXIF orientation of a WebP, a truncated JPEG."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ['is_cut_jpeg', 'orientation_of', 'turned']

ORIENTATION = 0x112
UPRIGHT = 1

TURNS = {1: (0, False), 2: (0, True), 3: (2, False), 4: (2, True), 5: (3, True), 6: (3, False),
         7: (1, True), 8: (1, False)}  # fmt: skip
"""By EXIF orientation: quarter turns to the left, then whether it is mirrored left to right."""

START_OF_SCAN, END_OF_IMAGE = 0xDA, b'\xff\xd9'


def orientation_of(data: bytes) -> int:
    """Return the EXIF orientation, 1 to 8, of a WebP; 1 where it has none, and of other kinds."""
    is_webp = data[:4] == b'RIFF' and data[8:12] == b'WEBP'
    return _of_exif(_exif_of_webp(data)) if is_webp else UPRIGHT


def _exif_of_webp(data: bytes) -> bytes:
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], 'little')
        if data[at : at + 4] == b'EXIF':
            return data[at + 8 : at + 8 + size].removeprefix(b'Exif\0\0')
        at += 8 + size + size % 2
    return b''


def _of_exif(data: bytes) -> int:
    """Return the orientation that EXIF says, which is laid out as a TIFF."""
    order = {b'II*\0': 'little', b'MM\0*': 'big'}.get(data[:4])
    if order is None:
        return UPRIGHT

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], order)  # type: ignore[arg-type]

    first = number(4, 4)
    for entry in range(first + 2, min(first + 2 + 12 * number(first, 2), len(data)), 12):
        if number(entry, 2) == ORIENTATION:
            value = number(entry + 8, 2)
            return value if value in TURNS else UPRIGHT
    return UPRIGHT


def turned(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return pixels (H, W, ...), upright."""
    quarters, mirrored = TURNS[orientation]
    upright = np.rot90(pixels, quarters)
    return np.ascontiguousarray(upright[:, ::-1] if mirrored else upright)


def is_cut_jpeg(data: bytes) -> bool:
    """Return whether a JPEG is truncated: decoders fill the rest with grey, without an error."""
    if data[:2] != b'\xff\xd8':
        return False
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        if data[at + 1] == START_OF_SCAN:
            return data.find(END_OF_IMAGE, at) < 0
        at += 2 + int.from_bytes(data[at + 2 : at + 4], 'big')
    return True
