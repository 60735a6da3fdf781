# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Two things in one box: where each of them is, by what is known of their sizes.

Of two things that look alike, side by side, the detector often makes one box, and the tracker's
box runs over both (unresolved measurements). The sizes of the two are known from when they were
apart; which side of the box is whose follows from where they were a moment ago. So each has a
place of its own until they come apart, as long as they do not hide each other.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
import itertools
import math

from follow_anything.core.geometry import coverage, iou
from follow_anything.core.search.eye import Eye
from follow_anything.core.types import Box, FloatArray
from follow_anything.core.world.candidates import WorldTracks
from follow_anything.core.world.ranging import is_before
from follow_anything.core.world.track import BOX_FRESH_S, WorldTrack
import numpy as np

__all__ = ['Split', 'Unresolved']

GROWS = 1.2
"""A box that is so many times as large as the larger of the two may hold both."""

COVERED = (0.6, 0.5)
"""Shares of the target and of the other one, where they are expected, that lie in such a box."""

RESOLVED = 0.65
"""IoU with where one of them is expected from which a box is that one's alone."""

APART = 1.15
"""The sizes are those of two boxes that do not touch, were they so many times as large."""

LASTS_S = 5.0
"""For so long after the two were last apart their sizes are believed."""

SIDE_ERROR, MOVES = 0.05, 0.12
"""Standard deviations of a side of the box, and of where each is expected, in sizes."""

SPEED_TIME_S = 0.6
"""Time constant of the speed of each in the picture, s: they pass each other, or meet and part."""

BESIDE = 0.3
"""The two hide each other where their middles are nearer than so many sizes on both axes."""

ALIKE = 0.7
"""Cosine to the target's last look from which a box may hold two of its kind."""

UNEXPLAINED = 0.15
"""Sides that the two leave unexplained by more than so many sizes are of something else."""


@dataclass(frozen=True)
class Split:
    """
    A box that holds two things.

    :param target, other: where they are. :param rows: of the boxes that hold both.
    """

    target: Box
    other: Box
    rows: frozenset[int]


@dataclass(frozen=True)
class _Sighting:
    """The box of a track a moment ago, the depth in it, metres, and when that was, s."""

    number: int
    box: Box
    depth: float
    stamp: float

    @classmethod
    def of(cls, track: WorldTrack, stamp: float) -> _Sighting | None:
        seen = track.box_at(stamp)
        return None if seen is None else cls(track.number, *seen, track.stamp)


@dataclass
class _Shape:
    """Sides of a box times its depth, and when it was apart from the other one, s."""

    sides: FloatArray
    stamp: float

    def at(self, center: FloatArray, depth: float) -> Box:
        return Box.from_center(*center.tolist(), *(self.sides / depth).tolist())


@dataclass
class _Motion:
    """Middle of a box in the picture, when that was, s, and its speed, pixels a second."""

    center: FloatArray
    stamp: float
    speed: FloatArray

    def moved(self, center: FloatArray, stamp: float) -> _Motion:
        """Return the motion after a sighting."""
        dt = stamp - self.stamp
        if not 0.0 < dt <= BOX_FRESH_S:
            return self if dt == 0.0 else _Motion(center, stamp, np.zeros(2))
        share = 1.0 - math.exp(-dt / SPEED_TIME_S)
        speed = self.speed + share * ((center - self.center) / dt - self.speed)
        return _Motion(center, stamp, speed)

    def at(self, stamp: float) -> FloatArray:
        """Return where it is expected, (2,)."""
        return np.asarray(self.center + (stamp - self.stamp) * self.speed)


class Unresolved:
    """Splits boxes that hold the target and somebody like it. Only where depths are measured."""

    def __init__(self) -> None:
        self._shapes: dict[int, _Shape] = {}
        self._motions: dict[int, _Motion] = {}

    def forget(self) -> None:
        """Forget everybody's size and motion."""
        self._shapes.clear()
        self._motions.clear()

    def split(
        self, eye: Eye, found: FloatArray, views: FloatArray, own: int, tracks: WorldTracks
    ) -> Split | None:
        """
        Split the box that holds the target and its twin; None where there is no such box.

        :param found: boxes (N, 4) of this picture, of which the first `own` are the tracker's.
        :param views: their looks (N, D), unit length.
        :param tracks: of everybody, with their boxes of a moment ago.
        """
        stamp, known = eye.frame.stamp, tracks.target
        target = None if known is None else _Sighting.of(known, stamp)
        if known is None or target is None:
            return None
        twins = [t for t in tracks.tracks if t.is_twin and t is not known]
        near = [seen for t in twins if (seen := _Sighting.of(t, stamp)) is not None]
        self._measure(target, near, stamp)
        if not near:
            return None
        boxes = _boxes(found)
        whole = {k for k, box in boxes.items() if _is_whole(box, eye)}
        alike = {k for k in boxes if _is_alike(views[k], known.view)}
        for twin in near:
            expected = self._expected(eye, target), self._expected(eye, twin)
            if expected[0] is None or expected[1] is None:
                continue
            split = _split(boxes, alike, whole, own, expected[0], expected[1])
            if split is not None and _is_beside(split.target, split.other):
                return split
            if split is not None:  # one hides the other: which comes out where is not known
                for seen in (target, twin):
                    self._shapes.pop(seen.number, None)
        return None

    def _measure(self, target: _Sighting, twins: list[_Sighting], stamp: float) -> None:
        """Take the motion of everybody, and the sizes of those who do not touch each other."""
        before, self._motions = self._motions, {}
        for seen in (target, *twins):
            center = np.array(seen.box.center)
            motion = before.get(seen.number) or _Motion(center, seen.stamp, np.zeros(2))
            self._motions[seen.number] = motion.moved(center, seen.stamp)
        for twin in twins:
            if coverage(target.box.scaled(APART), twin.box.scaled(APART)) == 0.0:
                for seen in (target, twin):
                    sides = np.array([seen.box.width, seen.box.height]) * seen.depth
                    self._shapes[seen.number] = _Shape(sides, stamp)
        self._shapes = {n: s for n, s in self._shapes.items() if stamp - s.stamp <= LASTS_S}

    def _expected(self, eye: Eye, seen: _Sighting) -> Box | None:
        """
        Return where a thing is expected, as large as it was when it was alone.

        None outside the picture, and where something else is there now, by its depth: what hides
        it is no box of both.
        """
        shape, stamp = self._shapes.get(seen.number), eye.frame.stamp
        center = self._motions[seen.number].at(stamp)
        is_inside = 0 <= center[0] < eye.frame.width and 0 <= center[1] < eye.frame.height
        if shape is None or not is_inside:
            return None
        depth = eye.depth(shape.at(center, seen.depth), seen.depth)
        if depth is None:
            return shape.at(center, seen.depth)
        elapsed = stamp - seen.stamp
        if is_before(depth, seen.depth, elapsed) or is_before(seen.depth, depth, elapsed):
            return None
        return shape.at(center, depth)


def _is_alike(view: FloatArray, known: FloatArray | None) -> bool:
    """Tell whether a view, (D,) or of another length where there is none, is of its kind."""
    return known is None or (view.shape == known.shape and float(view @ known) >= ALIKE)


def _boxes(found: FloatArray) -> dict[int, Box]:
    """Return what is a box among (N, 4), by row."""
    is_box = np.isfinite(found).all(1) & (found[:, 2:] > found[:, :2]).all(1)
    return {int(k): Box(*(float(value) for value in found[k])) for k in np.flatnonzero(is_box)}


def _is_whole(box: Box, eye: Eye) -> bool:
    """Tell whether no edge of the picture cuts a box off."""
    frame = eye.frame
    return box.x1 > 1 and box.y1 > 1 and box.x2 < frame.width - 1 and box.y2 < frame.height - 1


def _split(
    boxes: Mapping[int, Box],
    alike: Container[int],
    whole: Container[int],
    own: int,
    target: Box,
    other: Box,
) -> Split | None:
    """Return the two in the box that holds both, if one does and none is the target's alone."""
    least = GROWS * max(target.area, other.area)
    rows = [
        k
        for k, box in boxes.items()
        if box.area > least
        and k in alike
        and _share(target, box) >= COVERED[0]
        and _share(other, box) >= COVERED[1]
    ]
    alone = [box for k, box in boxes.items() if k >= own and k not in rows]
    if not rows or any(iou(box, target) >= RESOLVED for box in alone):
        return None
    held = next((k for k in rows if k >= own), rows[0])
    if held not in whole:
        return None
    seen = max(alone, key=lambda box: iou(box, other), default=other)
    is_seen = iou(seen, other) >= RESOLVED
    one, two = _fit(boxes[held], target, seen if is_seen else other, moves=not is_seen)
    is_explained = _is_explained(boxes[held], one, two)
    return Split(one, two, frozenset(rows)) if is_explained else None


def _share(box: Box, union: Box) -> float:
    """Return the share of a box that lies in another one."""
    return coverage(box, union) * min(box.area, union.area) / box.area


def _fit(union: Box, one: Box, two: Box, *, moves: bool) -> tuple[Box, Box]:
    """
    Return two boxes of given sizes that have the union, the nearest to where they are expected.

    :param moves: False where the second one was seen.
    """
    spans = [
        _fit_axis(span, first, second, MOVES if moves else SIDE_ERROR / 2)
        for span, first, second in zip(_spans(union), _spans(one), _spans(two), strict=True)
    ]
    return (
        Box.from_center(spans[0][0], spans[1][0], one.width, one.height),
        Box.from_center(spans[0][1], spans[1][1], two.width, two.height),
    )


def _spans(box: Box) -> tuple[tuple[float, float], tuple[float, float]]:
    return (box.x1, box.x2), (box.y1, box.y2)


def _fit_axis(
    union: tuple[float, float],
    one: tuple[float, float],
    two: tuple[float, float],
    moves: float,
) -> tuple[float, float]:
    """Return the middles of two intervals: least squares, for the likeliest owner of each end."""
    half = np.array([one[1] - one[0], two[1] - two[0]]) / 2
    middle = np.array([one[0] + one[1], two[0] + two[1]]) / 2
    size = float(half.sum())
    precision = (np.array([MOVES, moves]) * size) ** -2.0
    end = (SIDE_ERROR * size) ** -2.0
    answers = []
    for low, high in itertools.product((0, 1), repeat=2):
        weight, total = precision.copy(), precision * middle
        for owner, value in ((low, union[0] + half[low]), (high, union[1] - half[high])):
            weight[owner] += end
            total[owner] += end * value
        at = total / weight
        off = float(np.min(at - half)) - union[0], float(np.max(at + half)) - union[1]
        cost = end * (off[0] ** 2 + off[1] ** 2) + float((precision * (at - middle) ** 2).sum())
        answers.append((cost, float(at[0]), float(at[1])))
    return min(answers)[1:]


def _is_explained(union: Box, one: Box, two: Box) -> bool:
    """Tell whether the sides of a box are those of the two."""
    for (low, high), first, second in zip(_spans(union), _spans(one), _spans(two), strict=True):
        size = (first[1] - first[0] + second[1] - second[0]) / 2
        off = abs(min(first[0], second[0]) - low), abs(max(first[1], second[1]) - high)
        if max(off) > UNEXPLAINED * size:
            return False
    return True


def _is_beside(one: Box, two: Box) -> bool:
    """Tell whether neither hides the other."""
    return any(
        abs(sum(first) - sum(second)) >= BESIDE * (first[1] - first[0] + second[1] - second[0])
        for first, second in zip(_spans(one), _spans(two), strict=True)
    )
