# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Overlaps between boxes: which are one object, a part of an object, or a group."""

from __future__ import annotations

from collections.abc import Sequence
import math

from follow_anything.core.identity.verdict import Candidate, Size
from follow_anything.core.types import Box, FloatArray
from follow_anything.core.world.track import Place, WorldTrack
import numpy as np
from numpy.typing import NDArray

__all__ = ['ALONE', 'COVERED', 'DRIFTED', 'INSIDE', 'SAME_THING', 'Overlaps']

SAME_THING = 0.5
"""Two boxes that share so much of the smaller one are one thing, or a thing and its part."""

INSIDE, SMALLER = 0.8, 0.6
"""A box that lies so much inside another one with less than this share of its area is its part."""

PURER = 0.05
"""What looks more like the target than a box around it, by this, is no part of that box."""

PERSON_OF_GROUP = 0.25
"""Share of a group's box that one of its things takes at least."""

COVERED, DRIFTED = 0.45, 0.2
"""IoU of the tracker's box with a proposal from which it is on it, and from which half on it."""

TRACKED_SIZES, SMALLEST_SEEN = (0.5, 1.4), 0.2
"""Boxes of other sizes than these, times the target's, are no sightings of what is like it; a twin
far behind the target, whose depth nobody measures, is as small as that."""

ALONE = 0.2
"""A box that shares less than this with every other shows nothing but its own thing."""

NEAR = 2.5
"""What is within so many sides of a box is near it."""

TIGHT, LOOSE = 0.7, 1.4
"""A box of the tracker that is so many times as large as the proposal of the target that fits it
best, at an IoU below this, holds more than the target: its view is not learnt."""

SAME_PLACE = 0.35
"""Two boxes whose places are nearer to each other than so many sizes are of one thing."""

TWO_THINGS = 1.4
"""Two boxes side by side that are together so many times as large as the target is are no parts of
it."""

FURTHER, LENGTH = 1.3, 1.0
"""What is so many times as far away as the box that it lies in, and so many sides of that box from
it, is behind it and no part of it. (The bonnet of a car is well behind its boot.)"""


class Overlaps:
    """
    How the boxes of one picture lie in each other, all pairs at once.

    :param boxes: of the candidates. :param sizes: theirs, where they are known.
    :param places: theirs, where they are known.
    :param usual: size of the target; None where unknown.

    coverage: (N, N), share of the smaller box that both have; 0 for a small thing far behind a
    large one. (What lies in a box and seems nearer may be its part, measured on what stands before
    it.) iou: (N, N). part: bool (N, N), the row's box is a part of the column's: a head, or one of
    a group. in_line: bool (N, N), the boxes share much, but the smaller one's depth is far behind.
    same_place: bool (N, N), two things cannot both be there: head and legs of one.
    two_things: bool (N, N), both together are too large to be parts of one.
    """

    def __init__(
        self,
        boxes: Sequence[Box],
        sizes: Sequence[Size | None] = (),
        places: Sequence[Place | None] = (),
        usual: Size | None = None,
    ) -> None:
        corners = np.array([box.xyxy for box in boxes], float).reshape(-1, 4)
        low = np.maximum(corners[:, None, :2], corners[None, :, :2])
        high = np.minimum(corners[:, None, 2:], corners[None, :, 2:])
        shared = (high - low).clip(0.0).prod(2)
        self._centers = (corners[:, :2] + corners[:, 2:]) / 2
        self._sides = (corners[:, 2:] - corners[:, :2]).max(1, initial=0.0)
        self._areas = (corners[:, 2:] - corners[:, :2]).prod(1)
        smaller = np.minimum(self._areas[:, None], self._areas[None])
        self.coverage = shared / smaller
        self.iou = shared / (self._areas[:, None] + self._areas[None] - shared)
        means, spread, side = _lengths(sizes, places, len(self._areas))
        apart = np.linalg.norm(means[:, None] - means[None], axis=2)
        behind = self._is_behind(apart, side) & (self.iou < COVERED)
        self.in_line = (behind | behind.T) & (self.coverage >= SAME_THING)
        self.coverage[behind | behind.T] = 0.0
        is_small = self._areas[:, None] < SMALLER * self._areas[None]
        self.part = is_small & (self.coverage >= INSIDE)
        largest = math.inf if usual is None else TWO_THINGS * usual.pixels**2
        together = self._areas[:, None] + self._areas[None]
        self.two_things = (self.coverage < ALONE) & (together > largest)
        reach = SAME_PLACE * np.maximum(side[:, None], side[None])  # what is NaN is at no place
        self.same_place = np.maximum(apart, np.maximum(spread[:, None], spread[None])) < reach

    def nearness(self, best: int, others: Sequence[int]) -> float:
        """Return how near the nearest of others is to a box: 1 in its middle, 0 from NEAR on."""
        apart = [math.dist(self._centers[k], self._centers[best]) for k in others]
        return max(0.0, 1.0 - min(apart, default=math.inf) / (NEAR * float(self._sides[best])))

    def _is_behind(self, apart: FloatArray, side: FloatArray) -> NDArray[np.bool_]:
        """
        Tell whether the row's box is smaller than the column's and far behind it, (N, N).

        :param apart: of their places, metres. :param side: of their boxes, metres.
        """
        depth = side / np.sqrt(self._areas)  # in units of the focal length
        is_smaller = self._areas[:, None] < self._areas[None]
        is_further = depth[:, None] >= FURTHER * depth[None]
        # where places are unknown the depth alone tells
        return np.asarray(is_smaller & is_further & ~(apart < LENGTH * side[None]))

    def with_thing(self, best: int, evidence: FloatArray) -> FloatArray:
        """
        Return what each box shares with any box of the best one's thing, (N,); 1 at its place.

        Where the best box is a part, another part is beside it, and still of the same thing.
        """
        of_thing = (self.coverage[best] >= SAME_THING) & (evidence > 0.0)
        of_thing[best] = True
        return np.asarray(np.maximum(self.coverage, self.same_place)[of_thing].max(0))

    def rivals(
        self,
        best: int,
        evidence: FloatArray,
        free: NDArray[np.bool_],
        is_measured: NDArray[np.bool_],
    ) -> list[int]:
        """
        Return the candidates that show something else than the best one does.

        Of what has no track of somebody else, head and legs of the target are none: boxes at one
        place, or, where no depth tells, boxes that both lie in another box of the same thing.

        :param free: (N,), who is not known to be somebody else. :param is_measured: (N,), whose
            depth is known.
        """
        is_part = ~is_measured & (self.with_thing(best, evidence) >= SAME_THING)
        is_part &= ~self.two_things[best]
        # a box covers itself, so the best one is no rival of its own
        others = self.coverage[best] < SAME_THING
        others &= ~(free & (self.same_place[best] | is_part))
        return [int(k) for k in np.flatnonzero(others)]

    def is_group(self, index: int) -> bool:
        """Tell whether a box holds two things of some size side by side."""
        large = self._areas >= PERSON_OF_GROUP * self._areas[index]
        inside = np.flatnonzero(self.part[:, index] & large)
        apart = (self.coverage < ALONE) & ~self.same_place
        return len(inside) > 1 and bool(apart[np.ix_(inside, inside)].any())

    def holds_two(self, index: int, may_be_it: NDArray[np.bool_]) -> bool:
        """
        Tell whether a box has run over two things, each of which may be the target.

        :param may_be_it: (N,).
        """
        held = may_be_it & (self.coverage[index] >= SAME_THING)
        held &= self._areas < self._areas[index]
        return bool(self.two_things[np.ix_(held, held)].any())

    def proposal_under(self, candidates: list[Candidate], whole: list[bool]) -> tuple[int, float]:
        """Return the proposal that the tracker's box overlaps most, and how much (IoU)."""
        if candidates[0].presence is None or len(candidates) < 2:
            return 0, 0.0
        overlaps = np.where(whole, self.iou[0], 0.0)[1:]
        best = int(overlaps.argmax())
        return best + 1, float(overlaps[best])

    def is_loose(self, best: int, candidates: list[Candidate], evidence: FloatArray) -> bool:
        """Tell whether the tracker's box, the best one, holds more than the target."""
        proposed = np.array([candidate.presence is None for candidate in candidates])
        of_it = proposed & (self.coverage[best] >= SAME_THING) & (evidence > 0.0)
        if candidates[best].presence is None or not of_it.any():
            return False
        nearest = int(np.where(of_it, self.iou[best], -1.0).argmax())
        is_larger = self._areas[best] > LOOSE * self._areas[nearest]
        return bool(is_larger and self.iou[best, nearest] < TIGHT)

    def track_of_same(self, index: int, matched: list[WorldTrack | None]) -> WorldTrack | None:
        """Return the track of another box of the same thing; None where there is none."""
        same = (self.iou[index] >= COVERED) | self.part[index]
        same |= self.same_place[index]
        rows = [k for k in np.flatnonzero(same) if k != index and matched[k] is not None]
        return matched[max(rows, key=lambda k: self.iou[index, k])] if rows else None

    def wholes(
        self, candidates: list[Candidate], usual: Size | None, like: FloatArray, even: float
    ) -> list[bool]:
        """
        Tell of each candidate whether it may be a thing like the target: no part, no group.

        :param like: likeness of each to the target, (N,). :param even: that of who may be it.
        """
        fit = np.array(
            [usual is None or c.size is None or _is_of_size(c.size, usual) for c in candidates],
            bool,
        )
        # a box around a twin and what is beside it would hide the twin
        is_twin = (like >= even)[:, None] & (like[:, None] > like[None] + PURER)
        is_part = (self.part & fit[None] & ~is_twin).any(1)
        return [
            c.presence is not None or bool(fit[k] and not is_part[k])
            for k, c in enumerate(candidates)
        ]


def _is_of_size(size: Size, usual: Size) -> bool:
    """Tell whether a box may show a thing as large as the target."""
    is_measured = size.metres is not None and usual.metres is not None
    least = TRACKED_SIZES[0] if is_measured else SMALLEST_SEEN
    return least <= size.ratio(usual) <= TRACKED_SIZES[1]


def _lengths(
    sizes: Sequence[Size | None], places: Sequence[Place | None], count: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return places (N, 2), their standard deviations and the sides (N,), metres; NaN: unknown."""
    means, spread, side = (np.full(shape, np.nan) for shape in ((count, 2), count, count))
    for k, size in enumerate(sizes):
        side[k] = np.nan if size is None or size.metres is None else size.metres
    for k, place in enumerate(places):
        if place is not None and place.measure == 'metres':
            means[k] = place.mean
            spread[k] = math.sqrt(float(place.covariance.diagonal().max()))
    return means, spread, side
