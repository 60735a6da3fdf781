# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The target was found again: whoever comes from behind the same wall next may be it as well."""

from __future__ import annotations

from dataclasses import dataclass
import math

from follow_anything.core.world.hidden import Hidden
from follow_anything.core.world.track import Place, WorldTrack

__all__ = ['Reacquisition']

SECOND_COMES_S = 4.0
"""Whoever comes into view so long after it was found again may have been hidden with it."""

HOLDS_S = 1.5
"""So long the robot stands after such a look: who comes out at the edge of the picture of a robot
that turns away would be gone with the next one."""

LOOKS_TO_ASK = 3
"""In so many looks somebody may be the target as well: then only the operator can tell."""


@dataclass(eq=False)
class Reacquisition:
    """
    Two sure sightings of the target, and nothing of it in between.

    :param before: its track at the one. :param place: of the other. :param stamp: of the other, s.
    :param likeness: of the other to what was known of the target by then.
    :param hidden: where it could be in between.
    :param is_learnt: views of the one that was found have entered the memory since.
    """

    before: WorldTrack
    place: Place
    stamp: float
    likeness: float
    hidden: Hidden
    is_learnt: bool = False
    doubted: int = 0
    doubted_at: float = -math.inf

    def weigh(self, lead: float, glimpse: float, limit: float, stamp: float) -> float:
        """
        Take one look; return its lead, 0 for a while once it was below the limit, or for good.

        :param lead: log-likelihood ratio, for the one that was found. :param glimpse: the same
            against somebody whose place is not known well: it holds the robot, for a while alone.
        :param stamp: of the look, s.
        """
        self.doubted += lead < limit
        lead = min(lead, glimpse)
        if lead < limit:
            self.doubted_at = stamp
        is_doubted = self.doubted >= LOOKS_TO_ASK or stamp - self.doubted_at <= HOLDS_S
        return min(0.0, lead) if is_doubted else lead

    def expects_a_second(self, stamp: float) -> bool:
        """Tell whether somebody may still come after it from where it was hidden."""
        return stamp <= self.stamp + SECOND_COMES_S

    def lead(self, place: Place, born_at: float) -> float:
        """
        Return by how much the place where it was found is rather the target's than another one.

        :param place: where somebody came into view. :param born_at: when, s.
        :return: log-likelihood ratio; inf where that was before the target went out of sight, long
            after it was found, or where places cannot be compared.
        """
        measures = {self.before.measure, self.place.measure, place.measure}
        is_in_time = self.before.stamp < born_at <= self.stamp + SECOND_COMES_S
        if not is_in_time or len(measures) > 1 or 'pixels' in measures:
            return math.inf
        return self._log_likelihood(self.place, self.stamp) - self._log_likelihood(place, born_at)

    def _log_likelihood(self, place: Place, stamp: float) -> float:
        """Return that of the target's coming to a place, without being seen on the way."""
        return self.before.log_likelihood(place, stamp) + math.log(self.hidden.unseen(place))
