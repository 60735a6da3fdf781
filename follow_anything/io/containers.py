# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What a file says of itself that OpenCV does not pass on: a video that is cut, an animation."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

__all__ = ['is_animated', 'is_cut_video']

ISO_BOXES = (b'ftyp', b'moov', b'mdat', b'wide', b'free', b'skip', b'moof')
"""What an MP4 or a MOV is made of."""

EBML, SEGMENT = b'\x1a\x45\xdf\xa3', b'\x18\x53\x80\x67'
PNG = b'\x89PNG\r\n\x1a\n'
WEBP_ANIMATION = 0x02


def is_cut_video(path: Path) -> bool:
    """
    Return whether the end of a video is missing: its container says that it is longer.

    Decoders stop there as at any end. Of MP4, MOV, AVI, Matroska and WebM; others do not say.
    """
    size = path.stat().st_size
    with path.open('rb') as file:
        head = file.read(64)
        if head[4:8] in ISO_BOXES:
            return _end_of_boxes(file, size) > size
        if head[:4] == b'RIFF' and head[8:12] == b'AVI ':
            return 8 + int.from_bytes(head[4:8], 'little') > size + 1  # a pad byte may be missing
        if head[:4] == EBML:
            return _end_of_segment(head) > size
    return False


def _end_of_boxes(file: BinaryIO, size: int) -> int:
    """Return where the last box ends; what follows it and is none does not count."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], 'big')
        if length == 1:
            length = int.from_bytes(head[8:16], 'big')
        is_whole = at + length <= size
        if length < 8 or not (is_whole or head[4:8] in ISO_BOXES):
            return size  # 0: to the end of the file, or no box
        at += length
    return at


def _end_of_segment(head: bytes) -> int:
    """Return where a Matroska file's segment ends; 0 where it does not say, as a live stream."""
    at = head.find(SEGMENT)
    if at < 0 or at + 5 > len(head) or head[at + 4] == 0:
        return 0
    at += 4
    width = 9 - head[at].bit_length()
    value = int.from_bytes(head[at : at + width], 'big') & ((1 << 7 * width) - 1)
    return 0 if value == (1 << 7 * width) - 1 else at + width + value


def is_animated(data: bytes) -> bool:
    """Return whether a PNG or a WebP holds several pictures, one after the other."""
    if data[:8] == PNG:
        return b'acTL' in data[: max(0, data.find(b'IDAT'))]
    is_extended = data[:4] == b'RIFF' and data[8:16] == b'WEBPVP8X' and len(data) > 20
    return is_extended and bool(data[20] & WEBP_ANIMATION)
