# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Which box a click means: the cells around it propose and the network judges, in three pictures.

Every cell was taught to propose the box of what is seen at its middle, and the network's second
look to judge whether a box is that of what was clicked on. Two of the pictures are closer, so that
small things are seen as large as others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from follow_anything.core.types import Click, FloatArray, Frame, UInt8Array
import numpy as np

__all__ = ['box_at']

PARTS = (1.0, 0.7, 0.5)
"""Sides of the pictures around the click, in longer sides of the frame."""

NEAR_CELLS = 1.5
"""Cells whose middle is nearer to the click than so many of their sides propose a box."""

ALIKE = 0.7
"""Boxes that overlap (IoU) more with the best one are averaged with it."""

LEAST_SIDE_PX = 3.0
"""Nothing smaller can be followed."""

WORTHLESS = 0.1
"""Less expected IoU than this is a bare wall or the sky."""


class _Found(Protocol):
    boxes: FloatArray
    cells: FloatArray
    places: FloatArray
    moved: FloatArray
    quality: FloatArray


class _Look(Protocol):
    def __call__(
        self,
        rgb: UInt8Array,
        interest: FloatArray | None = None,
        click: tuple[float, float] | None = None,
    ) -> _Found: ...


def box_at(look: _Look, frame: Frame, clicks: Sequence[Click]) -> FloatArray | None:
    """
    Return the box (4,) that clicks mean, pixels of the frame; None when nothing stands out.

    :param look: runs the network on a picture.
    :param clicks: inside the frame, at least one of them positive; the first of those is asked
        about, the others must lie in the box or, negative ones, outside.
    """
    anchor = next(click for click in clicks if click.positive)
    seen = [_judged(look, frame, part, anchor, clicks) for part in PARTS]
    boxes, quality = (np.concatenate(column) for column in zip(*seen, strict=True))
    if not len(boxes) or quality.max() < WORTHLESS:
        return None
    overlap = _ious(boxes, boxes[quality.argmax()])
    weight = quality * overlap**4 * (overlap > ALIKE)
    return np.asarray(weight @ boxes / weight.sum())


def _judged(
    look: _Look, frame: Frame, part: float, anchor: Click, clicks: Sequence[Click]
) -> tuple[FloatArray, FloatArray]:
    """Return boxes (N, 4), in pixels of the whole frame, and the IoU expected of each (N,)."""
    side = max(1, round(part * max(frame.width, frame.height)))
    left = int(np.clip(anchor.x - side / 2, 0, max(0, frame.width - side)))
    top = int(np.clip(anchor.y - side / 2, 0, max(0, frame.height - side)))
    rgb = np.ascontiguousarray(frame.rgb[top : top + side, left : left + side])
    point = (anchor.x - left, anchor.y - top)
    seen = look(rgb)
    away = np.abs(seen.places[:, :2] - point).max(1) / seen.places[:, 2]
    proposed = np.concatenate([seen.cells[away <= NEAR_CELLS], seen.boxes])
    judged = look(rgb, proposed[_holds(proposed, point)], point)
    boxes = judged.moved + np.tile((left, top), 2)
    fits = (boxes[:, 2:] - boxes[:, :2]).min(1) >= LEAST_SIDE_PX
    for click in clicks:
        fits &= _holds(boxes, (click.x, click.y)) == click.positive
    return boxes[fits], judged.quality[fits]


def _holds(boxes: FloatArray, point: tuple[float, float]) -> FloatArray:
    return np.asarray(((point >= boxes[:, :2]) & (point <= boxes[:, 2:])).all(1))


def _ious(boxes: FloatArray, one: FloatArray) -> FloatArray:
    """Return the IoU of every box with one, (N,)."""
    low, high = np.maximum(boxes[:, :2], one[:2]), np.minimum(boxes[:, 2:], one[2:])
    shared = (high - low).clip(0.0).prod(1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return np.asarray(shared / np.maximum(area + (one[2:] - one[:2]).prod() - shared, 1e-9))
