# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Boxes that merge and split: a twin's box runs into the target's, and two things come out of one.

While they are merged the tracker's box, and so the target's track, may slide from the one to the
other without a jump. Only where the two were before they touched tells who is who afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
import math

from follow_anything.core.geometry import coverage
from follow_anything.core.identity.reacquisition import LOOKS_TO_ASK
from follow_anything.core.identity.things import ALONE
from follow_anything.core.identity.verdict import Candidate, Size
from follow_anything.core.world.track import are_apart, GATE, kept_places, Place, WorldTrack

__all__ = ['MergedBoxes']

TOUCHES = 0.02
"""Two boxes that share so much of the smaller one are about to merge."""

VANISHED_S = 1.0
"""A twin that touched the target's box and was not seen again for less than this is in it."""

TOGETHER_S = 3.0
"""So long the box that the two are in is followed, whoever of them it is: they are together."""

SPLIT_S = 5.0
"""After so long the tracks from before the boxes merged tell nothing any more."""

GROWS = 1.25
"""A box whose area has grown so many times has taken somebody else in."""


@dataclass(eq=False)
class _Pair:
    """
    The tracks of the target and of a twin when they were last apart in the picture.

    size: of the target's box when it last did not touch the twin's. has_grown: since then it has
    held more than the target.
    out: numbers of the tracks of what came out of the box.
    """

    target: WorldTrack
    twin: WorldTrack
    size: Size
    touches: bool
    is_merged: bool = False
    has_grown: bool = False
    doubted: int = 0
    out: set[int] = field(default_factory=set)

    def hold(self, size: Size) -> None:
        """Take the size of the target's box while the two are merged."""
        self.has_grown |= size.ratio(self.size) ** 2 > GROWS

    def may_be(self, track: WorldTrack | None, place: Place, stamp: float) -> bool:
        """Tell whether what is somewhere may be one of the two, if under another number."""
        if not self._may_be_at(place, stamp):
            return False
        if track is None:
            return True
        may_be = track.number in self.out or self._is_out(track, stamp)
        if may_be:
            self.out.add(track.number)
        return may_be

    def _is_out(self, track: WorldTrack, stamp: float) -> bool:
        """Tell whether a track was out of sight until now, or begins where the two may be."""
        if track.number == self.twin.number or track.is_away(stamp):
            return True
        born = track.born
        return (
            born is not None and born[1] > self.twin.stamp - VANISHED_S and self._may_be_at(*born)
        )

    def _may_be_at(self, place: Place, stamp: float) -> bool:
        return min(track.distance2(place, stamp) for track in (self.target, self.twin)) < GATE

    def is_rather(self, place: Place, others: Iterable[WorldTrack], stamp: float) -> bool:
        """Tell whether what comes out somewhere is rather somebody who was seen just now."""
        own = max(track.log_likelihood(place, stamp) for track in (self.target, self.twin))
        return any(
            other.number != self.twin.number
            and other.number not in self.out
            and not other.is_away(stamp)
            and other.distance2(place, stamp) < GATE
            and other.log_likelihood(place, stamp) > own
            for other in others
        )

    def lead(self, here: Place, there: Place, stamp: float) -> float:
        """Return how much likelier the target is here and the twin there than the reverse."""
        return kept_places(self.target, self.twin, here, there, stamp)

    @property
    def is_asked(self) -> bool:
        """Tell whether only the operator can end the doubt."""
        return self.doubted >= LOOKS_TO_ASK

    def weigh(self, leads: list[float], limit: float) -> float:
        """Take the leads of one picture: the least; 0 for good after several that were too low."""
        least = min(leads, default=math.inf)
        if not self.is_asked:
            self.doubted = max(0, self.doubted + (1 if least < limit else -1))
        return min(0.0, least) if self.is_asked else least


@dataclass(eq=False)
class MergedBoxes:
    """Everybody whose box may have merged with the target's, by track number."""

    _pairs: dict[int, _Pair] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget them: the target is known by other means."""
        self._pairs.clear()

    def together(self, stamp: float) -> frozenset[int]:
        """Return the numbers of those who have just run into the target's box."""
        return frozenset(
            number
            for number, pair in self._pairs.items()
            if pair.is_merged and stamp - pair.twin.stamp <= TOGETHER_S
        )

    def look(
        self,
        target: WorldTrack,
        best: int,
        twins: Collection[int],
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        stamp: float,
    ) -> None:
        """
        Note who is apart from the target in this picture, and who runs into its box.

        :param best: the candidate that is the target. :param twins: those that look like it.
        """
        for k, track in enumerate(matched):
            candidate = candidates[k]
            if track is None or track.number == target.number or candidate.presence is not None:
                continue
            pair = self._pairs.get(track.number)
            # the track of who is in the box may go over to what is beside it: it has to look alike
            is_twin = track.is_twin and (pair is None or not pair.is_merged)
            if candidate.place is None or not (is_twin or k in twins):
                continue
            shared = coverage(candidate.box, candidates[best].box)
            # who comes out of the box is weighed before the two are taken to be apart again
            is_out = (
                pair is None
                or not pair.is_merged
                or are_apart(candidate.place, candidates[best].place)
            )
            if is_out and (shared < ALONE or _is_seen_apart(candidate, candidates[best])):
                if pair is None or not pair.is_asked:
                    touches = shared >= TOUCHES
                    size = _size_before(pair if touches else None, candidates[best])
                    self._pairs[track.number] = _Pair(copy(target), copy(track), size, touches)
            elif pair is not None:
                pair.is_merged = True
        for number, pair in list(self._pairs.items()):
            unseen = stamp - pair.twin.stamp
            if not pair.is_merged and 0.0 < unseen <= VANISHED_S:
                pair.is_merged = pair.touches and pair.twin.is_twin
            elif unseen > (SPLIT_S if pair.is_merged else VANISHED_S) and not pair.is_asked:
                del self._pairs[number]

    def weigh(
        self,
        best: int,
        twins: Mapping[int, float],
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        others: Collection[WorldTrack],
        stamp: float,
        limit: float,
    ) -> float:
        """
        Return how much likelier the best is the target than the other thing of a split box.

        Once that is sure the pair is forgotten.

        :param best: what the tracker holds.
        :param twins: what looks like the target, and by how much the best looks more like it,
            log-odds: two are in one box also where they are no more than a little alike.
        :param others: distractors that look like it.
        :param limit: log-likelihood ratio that is sure.
        :return: log-likelihood ratio; inf where nothing has split.
        """
        here = candidates[best]
        if here.place is None:
            return math.inf
        apart = [
            (matched[k], place, looks)
            for k, looks in twins.items()
            if (place := candidates[k].place) is not None
            and are_apart(place, here.place)
            and coverage(candidates[k].box, here.box) < ALONE
        ]
        merged = [
            number
            for number, pair in self._pairs.items()
            if pair.is_asked or (pair.is_merged and stamp - pair.twin.stamp <= SPLIT_S)
        ]
        # who was apart last is the likeliest to come out
        for number in sorted(merged, key=lambda n: -self._pairs[n].twin.stamp):
            pair = self._pairs[number]
            pair.hold(_size(here))
            # a box that kept its size went on with the same thing, unless motion denies it
            held = 0.0 if pair.has_grown else limit
            leads = [
                pair.lead(here.place, place, stamp) + looks + held
                for track, place, looks in apart
                if pair.may_be(track, place, stamp) and not pair.is_rather(place, others, stamp)
            ]
            if leads and min(leads) >= limit:
                del self._pairs[number]
                return math.inf
            least = pair.weigh(leads, limit)
            if least < math.inf:
                return least
        return math.inf


def _size(candidate: Candidate) -> Size:
    """Return the size of a box, for comparison: who comes nearer has not grown."""
    side = math.sqrt(candidate.box.area)
    return Size(side, None if candidate.depth is None else side * candidate.depth)


def _size_before(pair: _Pair | None, candidate: Candidate) -> Size:
    """
    Return the size of the target's box while nobody was in it.

    :param pair: of a twin whose box touches this one: it may hold some of the twin already. In
        pixels that cannot be told from coming nearer.
    """
    size = _size(candidate)
    return size if pair is None or size.metres is None else pair.size


def _is_seen_apart(one: Candidate, other: Candidate) -> bool:
    """Tell whether two boxes that overlap surely show two things: their depths say so."""
    is_measured = one.depth is not None and other.depth is not None
    return is_measured and are_apart(one.place, other.place)
