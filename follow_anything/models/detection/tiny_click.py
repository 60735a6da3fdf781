# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Which box a click means: the cells around it vote, in two looks, the second one closer.

Every cell was taught to propose the box of what is seen at its middle. One by one those near the
click are often wrong; so the box that the others support wins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from follow_anything.core.types import Click, FloatArray, Frame, UInt8Array
import numpy as np

__all__ = ['box_at']

CLOSER = 0.7
"""Side of the second look's square, in longer sides of the frame."""

NEAR_CELLS = 1.5
"""Cells whose middle is nearer to the click than so many of their sides have a vote."""

ALIKE = 0.6
"""Boxes that overlap (IoU) more with the winner are averaged with it."""

LEAST_SIDE_PX = 3.0
"""Nothing smaller can be followed."""

WORTHLESS = 1e-3
"""Less support than this is a bare wall or the sky."""


class _Found(Protocol):
    cells: FloatArray
    objectness: FloatArray
    places: FloatArray


def box_at(
    look: Callable[[UInt8Array], _Found], frame: Frame, clicks: Sequence[Click]
) -> FloatArray | None:
    """
    Return the box (4,) that clicks mean, pixels of the frame; None when nothing stands out.

    :param look: runs the network on a picture.
    :param clicks: inside the frame, at least one of them positive; the first of those has the
        votes, the others must lie in the box or, negative ones, outside.
    """
    anchor = next(click for click in clicks if click.positive)
    side = max(1, int(CLOSER * max(frame.width, frame.height)))
    left = int(np.clip(anchor.x - side / 2, 0, max(0, frame.width - side)))
    top = int(np.clip(anchor.y - side / 2, 0, max(0, frame.height - side)))
    closer = np.ascontiguousarray(frame.rgb[top : top + side, left : left + side])
    votes = [
        _votes(look(image), anchor, corner)
        for image, corner in ((frame.rgb, (0, 0)), (closer, (left, top)))
    ]
    boxes, belief = (np.concatenate(part) for part in zip(*votes, strict=True))
    belief = belief * ((boxes[:, 2:] - boxes[:, :2]).min(1) >= LEAST_SIDE_PX)
    for click in clicks:
        belief = belief * (_holds(boxes, click) == click.positive)
    overlap = _ious(boxes)
    support = (overlap**2 @ belief) * np.sqrt(belief)
    if not len(support) or support.max() <= WORTHLESS:
        return None
    winner = int(support.argmax())
    weight = belief * overlap[winner] ** 4 * (overlap[winner] > ALIKE)
    return np.asarray(weight @ boxes / weight.sum())


def _votes(found: _Found, anchor: Click, corner: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Return the boxes (N, 4), in pixels of the whole frame, and how sure each is (N,)."""
    point = np.array([anchor.x, anchor.y]) - corner
    away = np.abs(found.places[:, :2] - point).max(1) / found.places[:, 2]
    near = away <= NEAR_CELLS
    return found.cells[near] + np.tile(corner, 2), found.objectness[near]


def _holds(boxes: FloatArray, click: Click) -> FloatArray:
    point = np.array([click.x, click.y])
    return np.asarray(((point >= boxes[:, :2]) & (point <= boxes[:, 2:])).all(1))


def _ious(boxes: FloatArray) -> FloatArray:
    """Return the IoU of every box with every other one, (N, N)."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = (high - low).clip(0.0).prod(-1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    return np.asarray(shared / np.maximum(area[:, None] + area[None] - shared, 1e-9))
