# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
World tracks of every candidate; one that was seen beside the target is not the target.

Places are given to tracks by the Hungarian method, within a gate by Mahalanobis distance.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from follow_anything.core.types import Box, FloatArray
from follow_anything.core.world.track import GATE, mahalanobis2, NO_TRACK, Place, WorldTrack
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

__all__ = ['WorldTracks']

LOOKS_COST, LOOKS_COST_MOST = 40.0, 14.0
"""What wholly different looks (cosine 0) add to a squared Mahalanobis distance, and the most they
do: a picture that is blurred or half hidden looks like nothing."""

UNMATCHED = 20.0
"""Cost from which a place begins a track of its own. Were it more, a track would rather take what
is left over than nothing, and one that was hidden for long would take any passer-by."""

SAME_SPOT = 0.35
"""Two things are never nearer to each other than this, in scales; it tells where the standard
deviation of either place is below it, too."""

SOONER = 1.0
"""Log-likelihood by which a place is rather the target's than that of somebody who is away."""

MAX_TRACKS = 96
FORGET_S = 12.0
"""A track not seen for so long is forgotten; one that was seen once only, after a fifth of it."""


@dataclass
class WorldTracks:
    """All tracks; one of them may be the target's."""

    target: WorldTrack | None = None
    tracks: list[WorldTrack] = field(default_factory=list)
    _count: int = NO_TRACK

    def clear(self) -> None:
        """Forget everybody."""
        self.target = None
        self.tracks.clear()

    def new(self, place: Place, stamp: float, view: FloatArray | None) -> WorldTrack:
        """Begin a track at a place, its velocity unknown."""
        track = WorldTrack(self.take_number(), stamp, np.zeros(4), np.eye(4), place.scale, view)
        track.begin(place, stamp)
        track.born = place, stamp
        self.tracks.append(track)
        return track

    def take_number(self) -> int:
        """Return an id that nobody has had, and nobody else gets."""
        self._count += 1
        return self._count

    def associate(
        self,
        places: list[Place | None],
        views: list[FloatArray | None],
        stamp: float,
    ) -> list[WorldTrack | None]:
        """
        Give each place of one picture its track, at most one place a track.

        The track of a twin, which may be hidden, is not given to what looks otherwise.

        :param places: None for what cannot be placed. :param views: (D,), unit length, or None.
        :return: the track of each place; None where it has none yet. Nothing is changed.
        """
        found: list[WorldTrack | None] = [None] * len(places)
        rows = [k for k, place in enumerate(places) if place is not None]
        tracks = self.tracks
        if not rows or not tracks:
            return found
        cost = self._costs([places[k] for k in rows], [views[k] for k in rows], tracks, stamp)
        pairs = zip(*linear_sum_assignment(np.minimum(cost, UNMATCHED)), strict=True)
        chosen = {int(row): int(column) for row, column in pairs if cost[row, column] < UNMATCHED}
        is_away = np.array([track.is_away(stamp) for track in tracks])
        known = [place for place in places if place is not None]
        spots = np.stack([place.mean for place in known])
        same_spot = np.linalg.norm(spots[:, None] - spots[None], axis=2) < SAME_SPOT
        same_spot &= np.array([place.measure == 'metres' for place in known])
        for row, column in _keep_who_is_in_view(chosen, cost, is_away, same_spot).items():
            found[rows[row]] = tracks[column]
        return found

    @staticmethod
    def _costs(
        places: list[Place | None],
        views: list[FloatArray | None],
        tracks: list[WorldTrack],
        stamp: float,
    ) -> FloatArray:
        """
        Return what it costs to take each pair for one thing (N, T), UNMATCHED beyond the gate.

        Twice the negative log-likelihood of the place, against that of a place sure to be the
        track's, and what the looks add.
        """
        at = [track.at(stamp) for track in tracks]
        means = np.stack([mean[:2] for mean, _ in at])
        spread = np.stack([covariance[:2, :2] for _, covariance in at])
        known = [place for place in places if place is not None]
        away = np.stack([p.mean for p in known])[:, None] - means[None]
        own = np.stack([p.covariance for p in known])
        total = own[:, None] + spread[None]
        squared, determinant = mahalanobis2(
            away[..., 0], away[..., 1], total[..., 0, 0], total[..., 0, 1], total[..., 1, 1]
        )
        looks = np.zeros(squared.shape)
        rows = [k for k, view in enumerate(views) if view is not None]
        columns = [k for k, track in enumerate(tracks) if track.view is not None]
        if rows and columns:
            seen = np.stack([views[k] for k in rows])  # type: ignore[misc]
            kept = np.stack([tracks[k].view for k in columns])  # type: ignore[misc]
            unlike = LOOKS_COST * (1.0 - seen @ kept.T)
            is_twin = np.array([tracks[k].is_twin for k in columns])
            most = np.where(is_twin, np.inf, LOOKS_COST_MOST)
            looks[np.ix_(rows, columns)] = np.minimum(unlike, most)
        # a wide track is not to catch everything: its spread costs
        width = np.log(determinant / np.maximum(np.linalg.det(own), 1e-12)[:, None])
        cost = squared + looks + width
        same = np.array([[p.measure == t.measure for t in tracks] for p in known])
        squared = np.where(same, squared, GATE)
        return np.asarray(np.where(squared < GATE, cost, UNMATCHED))

    def observe(
        self, track: WorldTrack | None, place: Place, stamp: float, view: FloatArray | None
    ) -> WorldTrack:
        """Let a track take a sighting; None begins a new one. Return it."""
        if track is None:
            return self.new(place, stamp, view)
        track.update(place, stamp, view)
        return track

    def is_rather_target(self, other: WorldTrack, place: Place | None, stamp: float) -> bool:
        """Tell whether the target would sooner be at a place than somebody who is away."""
        target = self.target
        if target is None or other is target or place is None:
            return False
        lead = target.log_likelihood(place, stamp) - other.log_likelihood(place, stamp)
        return lead > SOONER

    def adopt(self, track: WorldTrack) -> None:
        """Make a track the target's, which was followed under another id before."""
        if self.target in self.tracks and track is not self.target:
            self.tracks.remove(self.target)
        self.target = track

    def merge(self, stamp: float) -> None:
        """Let two tracks at one spot be one thing's: a person's, and a part's of that person."""
        found = [
            (track, *track.at(stamp))
            for track in self.tracks
            if track is not self.target and track.measure == 'metres'
        ]
        sure = [
            (track, mean)
            for track, mean, covariance in found
            if max(covariance[0, 0], covariance[1, 1]) < (SAME_SPOT * track.scale) ** 2
        ]
        if len(sure) < 2:
            return
        spots = np.stack([mean[:2] for _, mean in sure])
        apart = np.linalg.norm(spots[:, None] - spots[None], axis=2)
        reach = SAME_SPOT * np.array([track.scale for track, _ in sure])
        for i, j in zip(*np.nonzero(np.triu(apart < reach, 1)), strict=True):
            first, second = sure[i][0], sure[j][0]
            if first in self.tracks and second in self.tracks:
                first.absorb(second)
                self.tracks.remove(second)

    def boxes(self, stamp: float) -> list[tuple[Box, float]]:
        """Return the boxes of a moment ago, the target's left out, and the depths in them."""
        boxes = [track.box_at(stamp) for track in self.tracks if track is not self.target]
        return [box for box in boxes if box is not None]

    def prune(self, stamp: float) -> None:
        """Forget tracks that were not seen for long; the target's stays."""

        def keep(track: WorldTrack) -> bool:
            patience = FORGET_S if track.seen > 1 else FORGET_S / 5
            since = stamp - max(track.stamp, track.questioned_at)
            return track is self.target or track.refused or since <= patience

        self.tracks = [track for track in self.tracks if keep(track)]
        if len(self.tracks) > MAX_TRACKS:
            ranked = sorted(self.tracks, key=lambda t: (t is self.target, t.stamp))
            self.tracks = ranked[-MAX_TRACKS:]


def _keep_who_is_in_view(
    chosen: dict[int, int],
    cost: FloatArray,
    is_away: NDArray[np.bool_],
    same_spot: NDArray[np.bool_],
) -> dict[int, int]:
    """
    Take back from tracks that have been away what is rather of somebody in view.

    Where a second box of somebody in view costs less as that one than as nobody, the sum of all
    costs leaves the first box to the hidden target, whose wide track takes it. So of two boxes at
    one spot the first has the track in view, and the other one none; elsewhere a box and a track
    in view that fit each other best are not parted. (In the matching cascade of DeepSORT all
    tracks in view come first; the bin beside the target would take it when it comes back.)

    :param chosen: row to column of the assignment. :param cost: (N, T). :param is_away: (T,).
    :param same_spot: (N, N), boxes that are at one place.
    """
    kept = dict(chosen)
    in_view = np.where(is_away, np.inf, cost)
    best_row, best_column = cost.argmin(0), in_view.argmin(1)
    for row, column in chosen.items():
        fits = int(best_column[row])
        if not is_away[column] or in_view[row, fits] >= cost[row, column]:
            continue
        holder = next((r for r, c in kept.items() if c == fits), row)
        is_second = holder != row and bool(same_spot[row, holder])
        if best_row[fits] == row or (is_second and row < holder):
            kept = {r: c for r, c in kept.items() if c != fits} | {row: fits}
        elif is_second:
            del kept[row]
    return kept
