# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Who is out of sight: the target, and its twins. None of them crosses open ground unseen."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
import math

from follow_anything.core.world.hidden import Hidden, Visibility
from follow_anything.core.world.track import NO_TRACK, Place, WorldTrack

__all__ = ['Unseen']

MOST = 4
"""So many twins at most, those that were seen last: each takes 0.3 ms a look."""

RATHER_MOST = 3.0
"""The most that it tells who of two would have had to cross open ground unseen, log-odds: a twin
in the open may be missed by the detector."""


class Unseen:
    """
    Where those who are out of sight can be.

    target: since its last sure sight.
    """

    def __init__(self) -> None:
        self.target = Hidden()
        self._twins: dict[int, Hidden] = {}  # by the number of the track

    def clear(self) -> None:
        """Forget them all."""
        self.target.clear()
        self._twins.clear()

    def sees_other(self, track: WorldTrack, place: Place, side: float | None) -> None:
        """
        Take a look at somebody else.

        :param track: has just been moved there. :param place: of the middle.
        :param side: square root of the area, metres; None where no depth was measured.
        """
        if track.is_twin:
            self._twins.setdefault(track.number, Hidden()).seen(copy(track), place, side)

    def look(
        self,
        detected: Sequence[tuple[Place, WorldTrack | None]],
        tracks: Sequence[WorldTrack],
        visibility: Visibility | None,
        stamp: float,
    ) -> None:
        """
        Take a picture: whoever is not in it is not in the open either.

        :param detected: places and tracks of all that looks enough like the target to be one.
        :param tracks: of all that are known. :param visibility: what can be seen; None: unknown.
        """
        free = [place for place, track in detected if track is None or not track.is_other]
        self.target.look(visibility, free, stamp)
        twins = [track for track in tracks if track.is_twin and track.number in self._twins]
        twins = sorted(twins, key=lambda track: track.stamp)[-MOST:]
        self._twins = {track.number: self._twins[track.number] for track in twins}
        places = [place for place, _ in detected]
        for track in twins:
            if track.stamp < stamp:
                self._twins[track.number].look(visibility, places, stamp)

    def came(self, number: int, place: Place) -> None:
        """Note where somebody came into view: that is where they had to get to unseen."""
        for hidden in (self.target, *self._twins.values()):
            hidden.came(number, place)

    def rather(self, place: Place, twin: WorldTrack, there: WorldTrack | None) -> float:
        """
        Return by how much the target rather than a twin came to a place unseen.

        :param there: track of whoever is there now.
        :return: log-likelihood ratio, 0 where nothing is known of the twin.
        """
        number = NO_TRACK if there is None else there.number
        hidden = self._twins.get(twin.number)
        if hidden is None or not hidden.is_known:
            return 0.0
        lead = math.log(self.target.unseen(place, number) / hidden.unseen(place, number))
        return min(RATHER_MOST, max(-RATHER_MOST, lead))
