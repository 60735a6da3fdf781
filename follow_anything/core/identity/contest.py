# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Several that may each be the target: none is it because the others have gone out of sight."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from follow_anything.core.geometry import coverage
from follow_anything.core.identity.reacquisition import LOOKS_TO_ASK
from follow_anything.core.identity.things import ALONE
from follow_anything.core.identity.verdict import Candidate
from follow_anything.core.world.track import WorldTrack

__all__ = ['Contest']


@dataclass(eq=False)
class Contest:
    """
    Everybody who may have been the target when nothing told who of them was.

    Without a depth the places of two who walk behind each other tell little. Where one of them
    goes behind a wall, the one who stays in view looks as much like the target as before.
    """

    _looks: dict[int, int] = field(default_factory=dict)
    _settled: int = 0

    def clear(self) -> None:
        """Forget them: the target is known by other means."""
        self._looks.clear()
        self._settled = 0

    def is_settled(
        self,
        best: int,
        twins: Collection[int],
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        is_clear: bool,
    ) -> bool:
        """
        Take one look; return whether the best candidate is the target, and nobody else may be.

        That takes several looks in which all of them are seen and the best is clearly better.

        :param best: the best candidate. :param twins: the others that look like the target.
        :param is_clear: by this look alone the best one is the target.
        """
        own = candidates[best]
        if own.depth is not None or own.place is None or own.place.measure == 'pixels':
            return is_clear
        apart = [k for k in twins if coverage(candidates[k].box, own.box) < ALONE]  # not its legs
        tracks = [matched[k] for k in (best, *apart)]
        seen = {track.number for track in tracks if track is not None and not track.is_other}
        if not is_clear and len(seen) > 1:
            self._looks.update({n: self._looks.get(n, 0) + 1 for n in seen})
        contested = {n for n, looks in self._looks.items() if looks >= LOOKS_TO_ASK}
        self._settled = self._settled + 1 if is_clear and contested <= seen else 0
        if not is_clear or (contested and self._settled < LOOKS_TO_ASK):
            return False
        self.clear()
        return True
