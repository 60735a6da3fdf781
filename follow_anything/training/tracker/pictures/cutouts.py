# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Cut things out of labelled photographs, by GrabCut inside their boxes."""

from __future__ import annotations

from pathlib import Path

import cv2
from follow_anything.core.types import UInt8Array
from follow_anything.io.labelled_photos import read_photos
import numpy as np

__all__ = ['CUTOUT', 'collect_cutouts', 'cut_out']

CUTOUT = 'p'
"""First letter of the files."""

LEAST_SIDE_PX, MOST_LENGTH = 36, 4.0
LEAST_AREA = 0.25
MOST_AREA = 0.93
"""A thing that is so little of its box, or all of it, was not found."""

AROUND = 0.15
ROUNDS = 2
LARGE_PX = 144
"""Longest side that is worked on: GrabCut is slow, and targets are smaller."""

WHOLE = 0.94
"""The silhouette has to reach over so much of the box, in both directions."""


def cut_out(image: UInt8Array, box: np.ndarray) -> UInt8Array | None:
    """
    Cut one thing out.

    :param image: uint8 (H, W, 3), BGR. :param box: x1 y1 x2 y2, pixels.
    :returns: uint8 (h, w, 4), BGRA, tight; None where no believable outline is found.
    """
    sides = box[2:] - box[:2]
    if sides.min() < LEAST_SIDE_PX or sides.max() > MOST_LENGTH * sides.min():
        return None
    scale = min(1.0, LARGE_PX / float(sides.max()))
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = image.shape[:2]
    box, sides = box * scale, sides * scale
    low = np.maximum(box[:2] - AROUND * sides, 0).astype(int)
    high = np.minimum(box[2:] + AROUND * sides, [width, height]).astype(int)
    part = np.ascontiguousarray(image[low[1] : high[1], low[0] : high[0]])
    x, y = (max(1, int(v)) for v in box[:2] - low)
    wide, tall = (
        int(min(s, e - p - 1)) for s, e, p in zip(sides, high - low, (x, y), strict=True)
    )
    if min(wide, tall) < 8 or wide * tall > 0.9 * part.shape[0] * part.shape[1]:
        return None
    mask = np.zeros(part.shape[:2], np.uint8)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(part, mask, (x, y, wide, tall), *models, ROUNDS, cv2.GC_INIT_WITH_RECT)
    solid = np.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, numbers, facts, _ = cv2.connectedComponentsWithStats(solid)
    if count < 2:
        return None
    largest = 1 + int(facts[1:, cv2.CC_STAT_AREA].argmax())
    left, top, across, down, area = facts[largest]
    is_whole = across >= WHOLE * wide and down >= WHOLE * tall
    if not is_whole or not LEAST_AREA <= area / (wide * tall) <= MOST_AREA:
        return None
    alpha = cv2.GaussianBlur(np.where(numbers == largest, 255, 0).astype(np.uint8), (0, 0), 0.7)
    cut = np.dstack([part, alpha])[top : top + down, left : left + across]
    return np.ascontiguousarray(cut)


def collect_cutouts(folder: Path, out: Path, limit: int, seed: int = 0) -> int:
    """
    Cut things out of the photographs to learn from (split train), in random order, as BGRA PNG.

    :param folder: in the layout of io/labelled_photos.py. :returns: how many were kept.
    """
    out.mkdir(parents=True, exist_ok=True)
    photos = read_photos(folder, 'train')
    kept = 0
    for index in np.random.default_rng(seed).permutation(len(photos)):
        photo = photos[index]
        image = cv2.cvtColor(photo.read(), cv2.COLOR_RGB2BGR)
        for number, box in enumerate(photo.boxes):
            if kept >= limit:
                return kept
            cut = cut_out(image, box)
            if cut is not None:
                cv2.imwrite(str(out / f'{CUTOUT}{index:05d}x{number}_0.png'), cut)
                kept += 1
    return kept
