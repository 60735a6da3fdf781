# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Two in view that may have changed places: both explanations go on until one of them is improbable.

A tree of hypotheses with two leaves (Reid, "An algorithm for tracking multiple targets", 1979). In
each the tracks of the target and of the other one move with what they would be. So it counts where
the two are, and how each of them goes on: who stood goes on standing, who walked walks on.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
import math

from follow_anything.core.identity.verdict import Candidate
from follow_anything.core.world.track import ERROR_LASTS_S, kept_places, WorldTrack

__all__ = ['Swaps']

GONE_S, STEP = 0.35, 0.4
"""From one look to the next, at most so much later, no box moves by more, in its sizes; where the
two are nearer to each other than that, nothing tells which is which, and it begins anew."""

FRESH_S = 1.0
"""Where the target was seen surely so long ago, how it moved then tells which of two it is."""


@dataclass(eq=False)
class _Swap:
    """
    What two things in view would be.

    :param straight: tracks of the target and of the other one (None: it is new), had they kept
        their places; crossed: had they not. :param seen: the two at the stamp, as straight has
        them. :param lead: log-likelihood ratio of straight against crossed.
    """

    straight: list[WorldTrack | None]
    crossed: list[WorldTrack | None]
    seen: tuple[Candidate, Candidate]
    stamp: float
    lead: float = 0.0

    def order(self, one: Candidate, other: Candidate) -> int:
        """Return 1 where two boxes are of these two in this order, -1 in the other, 0 if not."""
        first, second = self.seen
        is_kept = max(_moved(first, one), _moved(second, other)) <= STEP
        is_turned = max(_moved(first, other), _moved(second, one)) <= STEP
        return int(is_kept) - int(is_turned)

    def take(self, first: Candidate, second: Candidate, stamp: float, share: float) -> None:
        """Take one look at both; `share` is what it counts."""
        explained = (1.0, self.straight, (first, second)), (-1.0, self.crossed, (second, first))
        for sign, tracks, theirs in explained:
            for track, candidate in zip(tracks, theirs, strict=True):
                if track is not None and candidate.place is not None:
                    self.lead += sign * share * track.log_likelihood(candidate.place, stamp)
                    track.update(candidate.place, stamp)
        self.seen, self.stamp = (first, second), stamp

    def settle(self, target: WorldTrack, other: WorldTrack | None) -> None:
        """Let the two tracks be where they are, had the two kept their places."""
        for track, moved in zip((target, other), self.straight, strict=True):
            if track is not None and moved is not None:
                track.absorb(moved)


@dataclass(eq=False)
class Swaps:
    """Everybody who may have changed places with the target."""

    _open: list[_Swap] = field(default_factory=list)

    def clear(self) -> None:
        """Forget them: the target is known by other means."""
        self._open.clear()

    def lead(
        self,
        target: WorldTrack,
        other: WorldTrack | None,
        here: Candidate,
        there: Candidate,
        stamp: float,
        enough: float,
    ) -> float:
        """
        Return how much likelier the target is here and the other one there than the reverse.

        Where depth tells the places one look tells enough, and is taken by itself.

        :param other: None for somebody new: then its own track tells nothing.
        :param enough: log-likelihood ratio from which that is sure; the tracks of the two are then
            where that explanation has them.
        """
        if here.place is None or there.place is None:
            return math.inf
        now = kept_places(target, other, here.place, there.place, stamp)
        if here.depth is not None or here.place.measure != 'metres':
            return now
        self._open = [swap for swap in self._open if stamp - swap.stamp <= GONE_S]
        for swap in self._open:
            order = swap.order(here, there)
            if order < 0:
                return min(now, -swap.lead)  # that they changed places is never sure
            if order > 0:
                if stamp > swap.stamp:
                    share = min(1.0, (stamp - swap.stamp) / ERROR_LASTS_S)
                    swap.take(here, there, stamp, share)
                if swap.lead >= enough:
                    self._open.remove(swap)
                    swap.settle(target, other)
                return swap.lead
        if now < enough and stamp - target.stamp <= FRESH_S:
            tracks = [target, other]
            swap = _Swap(
                [copy(t) for t in tracks], [copy(t) for t in tracks], (here, there), stamp
            )
            swap.take(here, there, stamp, 1.0)
            self._open.append(swap)
        return now


def _moved(before: Candidate, now: Candidate) -> float:
    """Return how far a box has moved, in its sizes."""
    return math.dist(before.box.center, now.box.center) / math.sqrt(before.box.area)
