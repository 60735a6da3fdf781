# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What a file says of itself that OpenCV does not pass on: a video that is cut, several pages."""

from __future__ import annotations

from pathlib import Path
import re
from typing import BinaryIO

__all__ = [
    'begins_container',
    'frames_of_avi',
    'is_container',
    'is_cut_video',
    'is_matroska',
    'pages_of',
    'still_of_a_phone',
]

ISO_BOXES = (b'ftyp', b'moov', b'mdat', b'wide', b'free', b'skip', b'moof')
"""What an MP4 or a MOV is made of."""

STILL = {
    **dict.fromkeys((b'heic', b'heix', b'heim', b'heis', b'mif1', b'msf1'), 'HEIC'),
    **dict.fromkeys((b'avif', b'avis'), 'AVIF'),
}
"""By the brand of their container: photographs that OpenCV's packages from PyPI do not read."""

EBML, SEGMENT = b'\x1a\x45\xdf\xa3', b'\x18\x53\x80\x67'
AVI_ENTRY = 16
"""Bytes of an entry of an AVI's index: stream and kind, flags, place, length."""

PNG = b'\x89PNG\r\n\x1a\n'

GIF_PAGE = re.compile(rb'\x00\x21\xf9\x04.{4}\x00[\x2c\x21]', re.DOTALL)
"""Between two pictures of a GIF: the end of one, how long the next is shown, its beginning."""

TIFF_LAYOUTS = {
    b'II*\0': ('little', 4, 2, 12), b'MM\0*': ('big', 4, 2, 12),
    b'II+\0': ('little', 8, 8, 20), b'MM\0+': ('big', 8, 8, 20),
}  # fmt: skip
"""By the first bytes: order, then bytes of an offset, of a count, and of an entry."""

NEW_SUBFILE_TYPE, REDUCED_OR_MASK = 254, 1 | 4
MOST_PAGES = 10_000


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


def is_container(path: Path) -> bool:
    """Return whether a file begins as an MP4, a MOV, an AVI, a Matroska or a WebM does."""
    with path.open('rb') as file:
        return begins_container(file.read(12))


def begins_container(head: bytes) -> bool:
    """Return whether so begins an MP4, a MOV, an AVI, a Matroska or a WebM."""
    is_avi = head[:4] == b'RIFF' and head[8:12] == b'AVI '
    return head[4:8] in ISO_BOXES or is_avi or head[:4] == EBML


def still_of_a_phone(head: bytes) -> str:
    """
    Return HEIC or AVIF when a file is such a photograph; '' when it is none.

    :param head: its first bytes, 12 at least.
    """
    return STILL.get(head[8:12], '') if head[4:8] == b'ftyp' else ''


def is_matroska(path: Path) -> bool:
    """Return whether a file is a Matroska or a WebM, which say truly how long they are."""
    with path.open('rb') as file:
        return file.read(4) == EBML


def frames_of_avi(path: Path) -> int:
    """Return how many pictures the index of an AVI has; 0 where there is none, or no AVI."""
    size = path.stat().st_size
    with path.open('rb') as file:
        head = file.read(12)
        if head[:4] != b'RIFF' or head[8:12] != b'AVI ':
            return 0
        at = 12
        while at + 8 <= size:
            file.seek(at)
            name, length = file.read(4), int.from_bytes(file.read(4), 'little')
            if name == b'idx1':
                return _pictures_in(file.read(length))
            at += 8 + length + length % 2
    return 0


def _pictures_in(index: bytes) -> int:
    """Count the entries of pictures; an empty one is a picture that the recorder left out."""
    rows = (index[at : at + AVI_ENTRY] for at in range(0, len(index) - AVI_ENTRY + 1, AVI_ENTRY))
    return sum(row[:4] in (b'00dc', b'00db') and any(row[12:]) for row in rows)


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


def pages_of(data: bytes) -> int:
    """
    Return how many pictures a file of a picture holds, one after the other; 1 where none is told.

    Of PNG, WebP, GIF and TIFF; a TIFF's thumbnails and masks are none.
    """
    if data[:8] == PNG:
        at = data.find(b'acTL', 0, max(0, data.find(b'IDAT')))
        return max(1, int.from_bytes(data[at + 4 : at + 8], 'big')) if at >= 0 else 1
    if data[:4] == b'RIFF' and data[8:12] == b'WEBP':
        return max(1, _chunks_of_webp(data).count(b'ANMF'))
    if data[:4] == b'GIF8':
        return max(1, len(GIF_PAGE.findall(data)))
    return max(1, _pages_of_tiff(data))


def _chunks_of_webp(data: bytes) -> list[bytes]:
    names, at = [], 12
    while at + 8 <= len(data):
        names.append(data[at : at + 4])
        size = int.from_bytes(data[at + 4 : at + 8], 'little')
        at += 8 + size + size % 2
    return names


def _pages_of_tiff(data: bytes) -> int:
    layout = TIFF_LAYOUTS.get(data[:4])
    if layout is None:
        return 0
    order, wide, count_size, entry_size = layout

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], order)  # type: ignore[arg-type]

    pages, at = 0, number(wide, wide)
    for _ in range(MOST_PAGES):
        if not 0 < at < len(data):
            break
        first = at + count_size
        end = first + entry_size * number(at, count_size)
        # No entry stands twice; they are sorted, and this is the lowest of them.
        is_other = (
            number(first, 2) == NEW_SUBFILE_TYPE
            and number(first + entry_size - wide, 4) & REDUCED_OR_MASK
        )
        pages += not is_other
        at = number(end, wide)
    return pages
