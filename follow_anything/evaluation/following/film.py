# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""An episode as a filmstrip: pictures around its failure, and a timeline of truth and state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
from follow_anything.core.types import Box, UInt8Array
from follow_anything.evaluation.following.rows import (
    FollowRow,
    HALF,
    HIDDEN,
    is_failing,
    is_right,
    is_wrong,
)
from follow_anything.io.overlay import COLORS
import numpy as np

__all__ = ['Film', 'choose']

TILE_WIDTH = 216
TILES = 8
EVERY_S = 0.5
TRUTH, RIGHT, WRONG, UNSURE = (56, 161, 105), (49, 130, 206), (229, 62, 62), (160, 160, 160)
BAND_PX = 14
QUALITY = 80


class Film:
    """
    Keeps small pictures of an episode while it runs.

    :param folder: where strips are saved; '': nothing is kept.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._tiles: list[tuple[float, UInt8Array]] = []
        self._rows: list[FollowRow] = []

    def add(self, rgb: UInt8Array, row: FollowRow) -> None:
        """Take a picture, (H, W, 3), and what is known about it; one in so many is kept."""
        if not self._folder:
            return
        self._rows.append(row)
        if self._tiles and row.stamp - self._tiles[-1][0] < EVERY_S - 1e-6:
            return
        self._tiles.append((row.stamp, _tile(rgb, row)))

    def save(self, name: str) -> str:
        """Write the strip; return the name of its file, '' when nothing was kept."""
        if not self._tiles:
            return ''
        path = Path(self._folder) / f'{name}.jpg'
        path.parent.mkdir(parents=True, exist_ok=True)
        chosen = choose([stamp for stamp, _ in self._tiles], self._rows, TILES)
        tiles = np.hstack([self._tiles[index][1] for index in chosen])
        marks = [self._tiles[index][0] for index in chosen]
        strip = np.vstack([tiles, timeline(self._rows, tiles.shape[1], marks)])
        cv2.imwrite(str(path), strip[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        return path.name


def choose(stamps: Sequence[float], rows: Sequence[FollowRow], count: int) -> list[int]:
    """
    Choose the pictures of the strip: the first, those around the failure, the last.

    :param stamps: of the pictures, s. :return: so many of their indices at most, rising.
    """
    # What comes before the first right sight is the start, not a failure.
    begin = next((k for k, row in enumerate(rows) if is_right(row)), 0)
    bad = next((row.stamp for row in rows[begin:] if is_wrong(row)), None)
    if bad is None:
        bad = next(
            (row.stamp for row in rows[begin:] if is_failing(row)), stamps[len(stamps) // 2]
        )
    start = int(np.argmin(np.abs(np.array(stamps) - bad)))
    around = range(start - 3, start + 2 * (count - 5), 2) if count > 5 else range(start, start + 1)
    picked = {0, len(stamps) - 1, *(k for k in around if 0 <= k < len(stamps))}
    for spare in np.linspace(start, len(stamps) - 1, count):
        if len(picked) >= count:
            break
        picked.add(round(float(spare)))
    return sorted(picked)[:count]


def _rectangle(image: UInt8Array, box: Box, scale: float, color: tuple[int, int, int]) -> None:
    x1, y1, x2, y2 = (round(value * scale) for value in box.xyxy)
    cv2.rectangle(image, (x1, y1), (x2, y2), color, 2, cv2.LINE_AA)


def _tile(rgb: UInt8Array, row: FollowRow) -> UInt8Array:
    height, width = rgb.shape[:2]
    scale = TILE_WIDTH / width
    size = TILE_WIDTH, round(height * scale)
    tile = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    if row.box is not None:
        _rectangle(tile, row.box, scale, TRUTH)
    if row.reported is not None:
        color = WRONG if is_wrong(row) else RIGHT if row.followed is not None else UNSURE
        _rectangle(tile, row.reported, scale, color)
    text = f'{row.stamp:.1f} s  {row.state.value}'
    for shade, thick in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(tile, text, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, shade, thick, 16)
    return np.asarray(tile)


def timeline(rows: Sequence[FollowRow], width: int, marks: Sequence[float]) -> UInt8Array:
    """
    Draw three bands over time: how much is visible, what is followed, the state.

    :param marks: times of the pictures above, s. :return: RGB (3 BAND_PX, width, 3).
    """
    image = np.full((3 * BAND_PX, width, 3), 255, np.uint8)
    begin, end = rows[0].stamp, rows[-1].stamp
    column = (np.arange(width) + 0.5) / width * (end - begin) + begin
    index = np.searchsorted([row.stamp for row in rows], column).clip(0, len(rows) - 1)
    for x, number in enumerate(index):
        row = rows[number]
        seen = TRUTH if row.visibility >= HALF else (246, 224, 94)
        image[:BAND_PX, x] = (45, 55, 72) if row.visibility < HIDDEN else seen
        followed = WRONG if is_wrong(row) else RIGHT
        image[BAND_PX : 2 * BAND_PX, x] = UNSURE if row.followed is None else followed
        image[2 * BAND_PX :, x] = COLORS[row.state]
    image[BAND_PX - 1 :: BAND_PX] = 255
    for mark in marks:
        x = min(width - 1, max(0, round((mark - begin) / max(end - begin, 1e-9) * width)))
        image[:, x] = 0
    return image
