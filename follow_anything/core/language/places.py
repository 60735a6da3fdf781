# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Which boxes satisfy a relation such as "left of", from the boxes and the depth alone.

What is nearly a tie is reported as one: whoever asks for "the leftmost" of two that stand one
above the other gets both, and a robot holds. Without depth, near and behind are guesses from the
size and from where a box ends below; `distance_of()` says which it was.
"""

from __future__ import annotations

from collections.abc import Callable
import math

from follow_anything.core.geometry import intersections, ious
from follow_anything.core.language.phrases import Relation
from follow_anything.core.types import BoolArray, FloatArray, Frame
import numpy as np

__all__ = ['beside_others', 'between', 'distance_of', 'in_order', 'on_side']

TIE = 0.02
"""Places nearer than this, in widths or heights of the picture, are one place."""

TIE_OF_SIZE = 0.1
"""Logarithm of two sizes or distances from which they differ."""

CORE = 0.25
"""Share of a box left out on each side before its depth is read."""

MIN_DEPTHS = 0.2
"""Share of a box's core in which depth must be known."""

WITHIN = 0.6
"""Share of a hat that must lie in a person's box for it to be worn."""

BESIDE_GAP = 0.75
"""A gap of this many of its larger sides is still 'beside'."""

UNDERLAP = 0.2
"""Share of the narrower width that two things share when one is behind the other."""

ITSELF = 1e9
"""Distance of a thing from itself, pixels: never the nearest."""

APART_M = 0.3
"""Metres between two depths for one to be behind the other."""


def distance_of(frame: Frame, boxes: FloatArray) -> tuple[FloatArray, str]:
    """
    Return how far each box is, (N,), and by what: 'depth' (metres) or 'size' (no unit).

    Depth counts when every box has some; else the taller box is the nearer one.
    """
    if frame.depth is not None and len(boxes):
        depths = np.array([_depth_in(frame.depth, box) for box in boxes])
        if np.isfinite(depths).all():
            return depths, 'depth'
    heights = boxes[:, 3] - boxes[:, 1]
    return np.asarray(frame.height / np.maximum(heights, 1e-6)), 'size'


def in_order(relation: Relation, boxes: FloatArray, frame: Frame) -> BoolArray:
    """
    Return which boxes (N, 4) stand at the asked rank of an order, bool (N,).

    Several are true where they are alike; none where there are fewer than the rank, or where the
    only one stands on the other side of the picture than the one that was said.
    """
    if len(boxes) == 0:
        return np.zeros(0, np.bool_)
    if relation.is_place and len(boxes) == 1:
        return on_side(relation.kind, boxes, frame)
    keys, tie = _keys(relation.kind, boxes, frame)
    if relation.rank > len(keys):
        return np.zeros(len(boxes), np.bool_)
    wanted = np.sort(keys)[relation.rank - 1]
    return np.asarray(np.abs(keys - wanted) < tie)


def on_side(kind: str, boxes: FloatArray, frame: Frame) -> BoolArray:
    """Return which boxes lie in that half of the picture, or in its middle half, bool (N,)."""
    x, y = _centers(boxes).T / np.array([[frame.width], [frame.height]])
    halves = {
        'left': x < 0.5,
        'right': x > 0.5,
        'top': y < 0.5,
        'bottom': y > 0.5,
        'middle': np.abs(x - 0.5) < 0.25,
    }
    return np.asarray(halves.get(kind, np.ones(len(boxes), np.bool_)))


def _keys(kind: str, boxes: FloatArray, frame: Frame) -> tuple[FloatArray, float]:
    """Return what an order sorts by, rising, (N,), and how near is a tie."""
    x, y = _centers(boxes).T
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    if kind in ('left', 'right'):
        return (x if kind == 'left' else -x), TIE * frame.width
    if kind in ('top', 'bottom'):
        return (y if kind == 'top' else -y), TIE * frame.height
    if kind in ('near', 'far'):
        distance = np.log(distance_of(frame, boxes)[0])
        return (distance if kind == 'near' else -distance), TIE_OF_SIZE
    if kind in ('large', 'small'):
        size = np.log(width * height)
        return (size if kind == 'small' else -size), TIE_OF_SIZE
    if kind in ('tall', 'short'):
        return (np.log(height) if kind == 'short' else -np.log(height)), TIE_OF_SIZE
    # the middle one of three; else the one at the middle of the picture
    is_odd = len(boxes) >= 3 and len(boxes) % 2 == 1
    middle = float(np.median(x)) if is_odd else frame.width / 2
    return np.abs(x - middle), TIE * frame.width


def beside_others(
    relation: Relation, boxes: FloatArray, anchors: FloatArray, frame: Frame
) -> BoolArray:
    """
    Return which boxes (N, 4) stand so to one of the anchors (M, 4), bool (N,).

    'without' is true of all boxes when there are no anchors; everything else of none.
    """
    if relation.kind == 'without':
        if len(anchors) == 0:
            return np.ones(len(boxes), np.bool_)
        return np.asarray(~(_shares(boxes, anchors) >= WITHIN).any(1))
    if len(anchors) == 0 or len(boxes) == 0:
        return np.zeros(len(boxes), np.bool_)
    if relation.kind == 'nearest to':
        gaps = _distances(boxes, anchors).min(1)
        return np.asarray(gaps < gaps.min() + TIE * frame.width)
    if relation.kind == 'farthest from':
        gaps = _distances(boxes, anchors).min(1)
        gaps[gaps >= ITSELF] = -np.inf  # the other thing itself, of which there is no other
        return np.asarray((gaps > gaps.max() - TIE * frame.width) & np.isfinite(gaps))
    holds = RULES[relation.kind](boxes, anchors, frame)
    # a thing does not stand beside itself
    return np.asarray((holds & (ious(boxes, anchors) < 0.8)).any(1))


def between(boxes: FloatArray, first: FloatArray, second: FloatArray, frame: Frame) -> BoolArray:
    """
    Return which boxes (N, 4) stand between one of (M, 4) and another one of (K, 4), bool (N,).

    That is, along the axis on which the two are farther from each other, with the middle in the
    gap between their edges, or between their middles where there is none; and level with them.
    """
    held = np.zeros(len(boxes), np.bool_)
    for one in first:
        for other in second:
            if ious(one[None], other[None])[0, 0] >= 0.8:
                continue  # nothing stands between a thing and itself
            pair = np.stack([one, other])
            apart = np.abs(np.diff(_centers(pair), axis=0))[0]
            axis = int(apart[1] > apart[0])
            held |= _in_gap(boxes, pair[np.argsort(_centers(pair)[:, axis])], axis, frame)
    return held


def _in_gap(boxes: FloatArray, pair: FloatArray, axis: int, frame: Frame) -> BoolArray:
    """Return which boxes (N, 4) are between a pair of boxes (2, 4) in the order of an axis."""
    low, high = pair[0, axis + 2], pair[1, axis]
    if low >= high:
        low, high = _centers(pair)[:, axis]
    slack = TIE * (frame.width, frame.height)[axis]
    middle = _centers(boxes)[:, axis]
    is_level = _in_line(boxes, pair, 1 - axis).any(1)
    own = ious(boxes, pair).max(1) >= 0.8  # one of the two
    return np.asarray((middle > low - slack) & (middle < high + slack) & is_level & ~own)


Rule = Callable[[FloatArray, FloatArray, Frame], BoolArray]


def _left_of(boxes: FloatArray, anchors: FloatArray, frame: Frame) -> BoolArray:
    return np.asarray(_centers(boxes)[:, None, 0] < anchors[None, :, 0])


def _right_of(boxes: FloatArray, anchors: FloatArray, frame: Frame) -> BoolArray:
    return np.asarray(_centers(boxes)[:, None, 0] > anchors[None, :, 2])


def _above(boxes: FloatArray, anchors: FloatArray, frame: Frame) -> BoolArray:
    return np.asarray(
        (_centers(boxes)[:, None, 1] < anchors[None, :, 1]) & _in_line(boxes, anchors, 0)
    )


def _below(boxes: FloatArray, anchors: FloatArray, frame: Frame) -> BoolArray:
    lower = boxes[:, None, 3] > anchors[None, :, 3] - 0.1 * (anchors[:, 3] - anchors[:, 1])
    under = _centers(boxes)[:, None, 1] > _centers(anchors)[None, :, 1]
    return np.asarray(lower & under & _in_line(boxes, anchors, 0))


def _beside(boxes: FloatArray, anchors: FloatArray, frame: Frame) -> BoolArray:
    low = np.maximum(boxes[:, None, :2], anchors[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], anchors[None, :, 2:])
    gap = np.clip(low - high, 0.0, None).max(-1)
    side = (boxes[:, 2:] - boxes[:, :2]).max(1)[:, None]
    other = (anchors[:, 2:] - anchors[:, :2]).max(1)[None]
    return np.asarray(gap <= BESIDE_GAP * np.maximum(side, np.minimum(other, 2 * side)))


def _behind(boxes: FloatArray, anchors: FloatArray, frame: Frame) -> BoolArray:
    return _in_line(boxes, anchors, 0) & _farther(boxes, anchors, frame)


def _in_front_of(boxes: FloatArray, anchors: FloatArray, frame: Frame) -> BoolArray:
    return _in_line(boxes, anchors, 0) & _farther(anchors, boxes, frame).T


RULES: dict[str, Rule] = {
    'left of': _left_of,
    'right of': _right_of,
    'above': _above,
    'below': _below,
    'beside': _beside,
    'behind': _behind,
    'in front of': _in_front_of,
}


def _farther(boxes: FloatArray, anchors: FloatArray, frame: Frame) -> BoolArray:
    """Return which boxes are behind which anchors, (N, M): by depth, else by where they end."""
    distance, by = distance_of(frame, np.concatenate([boxes, anchors]))
    if by == 'depth':
        mine, theirs = distance[: len(boxes)], distance[len(boxes) :]
        return np.asarray(mine[:, None] > theirs[None] + APART_M)
    # on level ground what ends higher in the picture is farther
    return np.asarray(boxes[:, None, 3] < anchors[None, :, 3] - TIE * frame.height)


def _in_line(boxes: FloatArray, anchors: FloatArray, axis: int) -> BoolArray:
    """Return which share a part of the narrower extent along an axis, (N, M)."""
    low = np.maximum(boxes[:, None, axis], anchors[None, :, axis])
    high = np.minimum(boxes[:, None, axis + 2], anchors[None, :, axis + 2])
    mine = (boxes[:, axis + 2] - boxes[:, axis])[:, None]
    theirs = (anchors[:, axis + 2] - anchors[:, axis])[None]
    return np.asarray(high - low > UNDERLAP * np.minimum(mine, theirs))


def _shares(boxes: FloatArray, anchors: FloatArray) -> FloatArray:
    """Return which share of each anchor lies in each box, (N, M); a hat may stand out above."""
    taller = boxes.copy()
    taller[:, 1] -= 0.1 * (boxes[:, 3] - boxes[:, 1])
    areas = (anchors[:, 2:] - anchors[:, :2]).prod(1)
    return np.asarray(intersections(taller[:, None], anchors[None]) / np.maximum(areas, 1e-9))


def _distances(boxes: FloatArray, anchors: FloatArray) -> FloatArray:
    """Return the distances of the middles, (N, M), pixels; far for the thing itself."""
    apart = np.linalg.norm(_centers(boxes)[:, None] - _centers(anchors)[None], axis=-1)
    return np.asarray(np.where(ious(boxes, anchors) < 0.8, apart, ITSELF))


def _centers(boxes: FloatArray) -> FloatArray:
    return np.asarray((boxes[:, :2] + boxes[:, 2:]) / 2)


def _depth_in(depth: FloatArray, box: FloatArray) -> float:
    """Return the depth in the middle of a box, metres; nan when too little is known."""
    x1, y1, x2, y2 = (float(value) for value in box)
    dx, dy = CORE * (x2 - x1), CORE * (y2 - y1)
    columns = slice(max(0, int(x1 + dx)), max(0, math.ceil(x2 - dx)))
    rows = slice(max(0, int(y1 + dy)), max(0, math.ceil(y2 - dy)))
    patch = depth[rows, columns]
    known = patch[np.isfinite(patch) & (patch > 0)]
    if known.size == 0 or known.size < MIN_DEPTHS * patch.size:
        return math.nan
    return float(np.median(known))
