# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""From a click to a box, classically: GrabCut around the point at several sizes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
from follow_anything.core.errors import BadQuery
from follow_anything.core.types import BoolArray, Box, Click, Frame, UInt8Array
import numpy as np

__all__ = ['segment_click']

WORK_PX = 96
"""Side of the window GrabCut works on; the whole search stays near a tenth of a second."""

WINDOWS = (0.12, 0.2, 0.32, 0.5)
"""Sides of the windows tried, relative to the image's longer side."""

SHAPES = ((0.22, 0.42), (0.36, 0.36), (0.42, 0.22))
"""Half sizes of the first guesses, relative to the window: upright, square, lying."""

MIN_MERIT = 0.03
"""Less contrast than this is a bare wall or the sky (they reach 0.01), not an object."""

SEED_PX = 4
MIN_SIDE_PX = 6


def segment_click(frame: Frame, clicks: Sequence[Click]) -> Box:
    """
    Return the box of the object under the positive clicks.

    :param clicks: inside the frame, at least one of them positive.
    :raises BadQuery: nothing stands out from its surroundings there.

    Each window and first guess gives one segment by GrabCut (Rother et al., 2004); the one
    whose inside and outside differ most in colour, and that does not touch its window, wins.
    """
    anchor = next(click for click in clicks if click.positive)
    best: tuple[float, Box] | None = None
    for share in WINDOWS:
        window = _window(frame, anchor, share * max(frame.width, frame.height))
        patch = frame.crop(window)
        zoom = WORK_PX / max(patch.shape[:2])
        size = (max(8, round(patch.shape[1] * zoom)), max(8, round(patch.shape[0] * zoom)))
        small = cv2.resize(patch, size, interpolation=cv2.INTER_AREA)
        x0, y0 = int(window.x1), int(window.y1)
        seeds = [(int((c.x - x0) * zoom), int((c.y - y0) * zoom), c.positive) for c in clicks]
        for shape in SHAPES:
            segment = _grab(small, seeds, shape)
            if segment is None:
                continue
            merit = _merit(small, segment)
            if best is None or merit > best[0]:
                best = merit, _box_of(segment, zoom, x0, y0)
    if best is None or best[0] < MIN_MERIT:
        raise BadQuery(
            f'nothing stands out at ({anchor.x:g}, {anchor.y:g}); '
            'click nearer to the middle of the target, or draw a box'
        )
    return best[1].clipped(frame.width, frame.height)


def _window(frame: Frame, anchor: Click, side: float) -> Box:
    return Box.from_center(anchor.x, anchor.y, side, side).clipped(frame.width, frame.height)


def _grab(
    image: UInt8Array, seeds: list[tuple[int, int, bool]], shape: tuple[float, float]
) -> BoolArray | None:
    """Segment a window, starting from an ellipse around the first seed; None when it fails."""
    height, width = image.shape[:2]
    x, y, _ = next(seed for seed in seeds if seed[2])
    mask = np.full((height, width), cv2.GC_BGD, np.uint8)
    axes = (round(shape[0] * width), round(shape[1] * height))
    cv2.ellipse(mask, (x, y), axes, 0, 0, 360, cv2.GC_PR_FGD, -1)
    for sx, sy, positive in seeds:
        cv2.circle(mask, (sx, sy), SEED_PX, cv2.GC_FGD if positive else cv2.GC_BGD, -1)
    if not (mask == cv2.GC_BGD).any():
        return None
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # GrabCut clusters by k-means: without a seed, two equal clicks differ
    cv2.grabCut(image, mask, None, *models, 3, cv2.GC_INIT_WITH_MASK)
    kept = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    _, parts = cv2.connectedComponents(kept)
    part = parts[min(max(y, 0), height - 1), min(max(x, 0), width - 1)]
    return None if part == 0 else np.asarray(parts == part)


def _merit(image: UInt8Array, segment: BoolArray) -> float:
    """Score a segment: contrast across its border, less for touching the window's edge."""
    inside = segment.astype(np.uint8)
    kernel = np.ones((3, 3), np.uint8)
    ring = cv2.dilate(inside, kernel, iterations=5).astype(bool) & ~cv2.dilate(
        inside, kernel, iterations=1
    ).astype(bool)
    height, width = segment.shape
    rows, columns = np.flatnonzero(segment.any(1)), np.flatnonzero(segment.any(0))
    tall, wide = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    if min(tall, wide) < MIN_SIDE_PX or not ring.any():
        return -1.0
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    overlap = 0.0
    for channel in range(3):
        one = np.bincount(lab[..., channel][segment] >> 4, minlength=16).astype(float)
        other = np.bincount(lab[..., channel][ring] >> 4, minlength=16).astype(float)
        overlap += np.sqrt(one / one.sum() * other / other.sum()).sum() / 3
    border = segment[0].sum() + segment[-1].sum() + segment[:, 0].sum() + segment[:, -1].sum()
    solidity = segment.sum() / (tall * wide)
    return float((1 - overlap) * np.sqrt(solidity) - border / (height + width))


def _box_of(segment: BoolArray, zoom: float, x0: int, y0: int) -> Box:
    rows, columns = np.flatnonzero(segment.any(1)), np.flatnonzero(segment.any(0))
    return Box(
        float(x0 + columns[0] / zoom),
        float(y0 + rows[0] / zoom),
        float(x0 + (columns[-1] + 1) / zoom),
        float(y0 + (rows[-1] + 1) / zoom),
    )
