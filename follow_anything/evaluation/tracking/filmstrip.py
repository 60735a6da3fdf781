# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A filmstrip of a sequence: a few frames side by side, with truth and output."""

from __future__ import annotations

from itertools import islice

import cv2
from follow_anything.core.types import UInt8Array
from follow_anything.evaluation.tracking.dataset import Sequence
from follow_anything.evaluation.tracking.metrics import overlaps
import numpy as np

__all__ = ['choose_frames', 'filmstrip']

HEIGHT_PX = 180
TRUTH, FOUND = (56, 161, 105), (221, 107, 32)


def choose_frames(found: np.ndarray, truth: np.ndarray, count: int) -> list[int]:
    """
    Choose the frames of the strip: the first, those around the first failure, the last.

    :param found: (N, 4). :param truth: (N, 4).
    """
    overlap = overlaps(np.nan_to_num(found), np.nan_to_num(truth))
    known = np.isfinite(truth[:, 0])
    bad = np.flatnonzero(known & (overlap < 0.1))
    last = len(truth) - 1
    start = int(bad[0]) if len(bad) else last // 2
    before = np.linspace(0, start, count // 2 + 1)
    after = np.linspace(start, last, count - count // 2)
    return sorted({round(float(n)) for n in (*before, *after)})


def _rectangle(image: UInt8Array, box: np.ndarray, scale: float, color: tuple[int, ...]) -> None:
    if np.isfinite(box).all():
        x, y, width, height = box * scale
        corners = (round(x), round(y)), (round(x + width), round(y + height))
        cv2.rectangle(image, *corners, color, 2, cv2.LINE_AA)


def filmstrip(sequence: Sequence, found: np.ndarray, count: int = 6) -> UInt8Array:
    """
    Draw the strip.

    :param found: float (N, 4), x y width height. :returns: RGB uint8, HEIGHT_PX high.
    """
    chosen = choose_frames(found, sequence.boxes, count)
    overlap = overlaps(np.nan_to_num(found), np.nan_to_num(sequence.boxes))
    tiles = []
    for number, frame in enumerate(islice(sequence.frames(), chosen[-1] + 1)):
        if number not in chosen:
            continue
        scale = HEIGHT_PX / frame.height
        tile = cv2.resize(frame.rgb, (round(frame.width * scale), HEIGHT_PX))
        _rectangle(tile, sequence.boxes[number], scale, TRUTH)
        _rectangle(tile, found[number], scale, FOUND)
        there = np.isfinite(sequence.boxes[number, 0])
        text = f'{number}  {overlap[number]:.2f}' if there else f'{number}  hidden'
        for color, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            place = (5, 16)
            cv2.putText(tile, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, color, width, 16)
        tiles.append(tile)
    return np.hstack(tiles)
