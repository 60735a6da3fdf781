# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
World tracks of every candidate; one that was seen beside the target is not the target.

Constant velocity that fades (Ornstein-Uhlenbeck), so that the spread of a hidden track grows as a
walker's does and not as a rocket's; a gate by Mahalanobis distance; the Hungarian method. Places
are metres on the ground where the camera is known, else pixels of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
import math

from follow_anything.core.types import FloatArray
import numpy as np
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

__all__ = ['NO_TRACK', 'Place', 'WorldTracks']

NO_TRACK = 0
"""Id of what has no track."""

GATE = 13.8
"""Squared Mahalanobis distance (two degrees of freedom) that 99.9 % of true pairs keep."""

SPEED, SPEED_FADES_S = 1.3, 3.0
"""Standard deviation of a thing's velocity, in scales a second, and how long it is kept up."""

LOOKS_COST, LOOKS_COST_MOST = 40.0, 14.0
"""What wholly different looks (cosine 0) add to a squared Mahalanobis distance, and the most they
do: a picture that is blurred or half hidden looks like nothing."""

UNMATCHED = 20.0
"""Cost from which a place begins a track of its own. Were it more, a track would rather take what
is left over than nothing, and one that was hidden for long would take any passer-by."""

ERROR_LASTS_S = 0.5
"""Errors of a box are much the same for so long: sightings closer in time count for less."""

SAME_SPOT = 0.35
"""Two things are never nearer to each other than this, in scales; it tells where the standard
deviation of either place is below it, too."""

MAX_TRACKS = 96
FORGET_S = 12.0
"""A track not seen for so long is forgotten; one that was seen once only, after a fifth of it."""

UNKNOWN_DISTANCE2 = 2.0
"""Squared Mahalanobis distance of what cannot be compared: its expectation."""

BESIDE_LOOKS, TWIN_COUNTS = 4, 2
"""Seen so often in one picture with the target, a track is somebody else for good; what looks like
the target counts for so many: it must be known before the target is hidden."""

TWIN_LOOKS, TWIN_SHARE = 4, 0.08
"""Whoever looked like the target so often beside it, and in such a share of the looks, is its
twin, however it looks from behind."""

_PLACE, _VELOCITY = np.diag([1.0, 1.0, 0.0, 0.0]), np.diag([0.0, 0.0, 1.0, 1.0])
_TO_PLACE = np.eye(4, k=2)
"""Blocks of a (4, 4) over (x, y, vx, vy): place, velocity, and from velocity to place."""


@dataclass(frozen=True)
class Place:
    """
    Where a candidate is, (2,), and how surely, (2, 2).

    :param scale: length that its motion is measured in: 1 m on the ground, the size in a picture.
    :param measure: 'metres', 'nominal' (metres that rest on an assumed height) or 'pixels':
        places of different measure cannot be compared.
    """

    mean: FloatArray
    covariance: FloatArray
    scale: float = 1.0
    measure: str = 'metres'


@dataclass(eq=False)
class WorldTrack:
    """
    One thing: state (x, y, vx, vy) and covariance at a stamp, and what is known of it.

    view is its latest look; beside_view its look when it was seen beside the target; alike counts
    the looks at which it resembled the target then; at questioned_at it may have been the one
    that was taken for the target; born is where and when it came into view.
    """

    number: int
    stamp: float
    mean: FloatArray
    covariance: FloatArray
    scale: float
    view: FloatArray | None
    seen: int = 1
    beside: int = 0
    alike: int = 0
    refused: bool = False
    evidence: float = 0.0
    judged_at: float = -math.inf
    measure: str = 'metres'
    beside_view: FloatArray | None = None
    questioned_at: float = -math.inf
    born: tuple[Place, float] | None = None
    _expected: tuple[float, FloatArray, FloatArray] | None = None

    @property
    def is_twin(self) -> bool:
        """True when it was seen beside the target, and looked like it."""
        looks = self.beside - (TWIN_COUNTS - 1) * self.alike
        return self.alike >= max(TWIN_LOOKS, TWIN_SHARE * looks)

    @property
    def is_other(self) -> bool:
        """True when it was seen beside the target, or the operator refused it."""
        return self.refused or self.beside >= BESIDE_LOOKS

    def at(self, stamp: float) -> tuple[FloatArray, FloatArray]:
        """Return mean (4,) and covariance (4, 4) at a stamp, not changed."""
        dt = max(0.0, stamp - self.stamp)
        if dt == 0.0:
            return self.mean, self.covariance
        if self._expected is not None and self._expected[0] == stamp:
            return self._expected[1:]
        fade = math.exp(-dt / SPEED_FADES_S)
        reach = SPEED_FADES_S * (1.0 - fade)
        step = _PLACE + reach * _TO_PLACE + fade * _VELOCITY
        # exact noise of the process whose velocity has the standing variance (SPEED scale)^2
        variance = (SPEED * self.scale) ** 2
        vv = variance * (1.0 - fade**2)
        xv = variance * SPEED_FADES_S * (1.0 - fade) ** 2
        xx = variance * SPEED_FADES_S * (2 * dt - SPEED_FADES_S * (1 - fade) * (3 - fade))
        noise = max(xx, 0.0) * _PLACE + xv * (_TO_PLACE + _TO_PLACE.T) + vv * _VELOCITY
        self._expected = stamp, step @ self.mean, step @ self.covariance @ step.T + noise
        return self._expected[1:]

    def distance2(self, place: Place, stamp: float) -> float:
        """Return the squared Mahalanobis distance of a place from where the track is expected."""
        if place.measure != self.measure:
            return UNKNOWN_DISTANCE2
        return self._fit(place, stamp)[0]

    def _fit(self, place: Place, stamp: float) -> tuple[float, float]:
        """Return squared distance and determinant of the spread, both of two dimensions."""
        mean, covariance = self.at(stamp)
        x, y = (place.mean - mean[:2]).tolist()
        (a, b), (_, d) = (covariance[:2, :2] + place.covariance).tolist()
        determinant = max(a * d - b * b, 1e-12)
        return (d * x * x - 2 * b * x * y + a * y * y) / determinant, determinant

    def begin(self, place: Place, stamp: float) -> None:
        """Take a place as the first of its measure; the velocity is unknown then."""
        self._expected = None
        self.mean = np.array([*place.mean, 0.0, 0.0])
        self.covariance = np.zeros((4, 4))
        self.covariance[:2, :2] = place.covariance
        self.covariance[2:, 2:] = (SPEED * place.scale) ** 2 * np.eye(2)
        self.stamp = max(stamp, self.stamp)
        self.scale, self.measure = place.scale, place.measure

    def log_likelihood(self, place: Place, stamp: float) -> float:
        """Return the log density of a place where the track is expected, up to a constant."""
        if place.measure != self.measure:
            return 0.0
        squared, determinant = self._fit(place, stamp)
        return -0.5 * squared - 0.5 * math.log(determinant)

    def update(
        self, place: Place, stamp: float, view: FloatArray | None = None, share: float = 1.0
    ) -> None:
        """
        Take a sighting (Kalman, Joseph-free: the measurement is the position itself).

        :param share: probability that it is one; below 1 the track goes a part of the way, and
            is less sure of it (probabilistic data association, Bar-Shalom and Tse, 1975).
        """
        if place.measure != self.measure:
            self.begin(place, stamp)
            return
        mean, covariance = self.at(stamp)
        noise = place.covariance * max(1.0, ERROR_LASTS_S / max(stamp - self.stamp, 0.02))
        (a, b), (_, d) = (covariance[:2, :2] + noise).tolist()
        inverse = np.array([[d, -b], [-b, a]]) / max(a * d - b * b, 1e-12)
        gain = covariance[:, :2] @ inverse
        self._expected = None
        step = gain @ (place.mean - mean[:2])
        self.mean = mean + share * step
        covariance = covariance - share * (gain @ covariance[:2])
        covariance += share * (1.0 - share) * np.outer(step, step)
        self.covariance = (covariance + covariance.T) / 2
        self.stamp, self.scale = max(stamp, self.stamp), place.scale
        self.seen += 1
        if share == 1.0:
            self.view = _mixed(self.view, view)

    def absorb(self, other: WorldTrack) -> None:
        """Take what is known of another track of the same thing; the number stays."""
        if other.stamp > self.stamp:
            self.stamp, self.mean, self.covariance = other.stamp, other.mean, other.covariance
            self.scale, self._expected = other.scale, None
        if other.judged_at > self.judged_at:
            self.evidence, self.judged_at = other.evidence, other.judged_at
        self.view = _mixed(self.view, other.view)
        self.beside_view = _mixed(self.beside_view, other.beside_view)
        self.seen = max(self.seen, other.seen)
        self.beside, self.alike = max(self.beside, other.beside), max(self.alike, other.alike)
        self.refused = self.refused or other.refused
        self.questioned_at = max(self.questioned_at, other.questioned_at)

    def was_beside(self, view: FloatArray | None, *, is_alike: bool) -> None:
        """Take a sighting in one picture with the target; what it looked like then stays known."""
        self.beside += TWIN_COUNTS if is_alike else 1
        self.alike += is_alike
        self.beside_view = _mixed(self.beside_view, view)


def _mixed(before: FloatArray | None, view: FloatArray | None) -> FloatArray | None:
    """Return the running mean of unit-length views (D,), unit length."""
    if before is None or view is None:
        return before if view is None else view
    mixed = 0.7 * before + 0.3 * view
    return np.asarray(mixed / max(float(np.linalg.norm(mixed)), 1e-9))


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
        self._count += 1
        track = WorldTrack(self._count, stamp, np.zeros(4), np.eye(4), place.scale, view)
        track.begin(place, stamp)
        track.born = place, stamp
        self.tracks.append(track)
        return track

    def associate(
        self,
        places: list[Place | None],
        views: list[FloatArray | None],
        stamp: float,
    ) -> list[WorldTrack | None]:
        """
        Give each place of one picture its track, at most one place a track.

        :param places: None for what cannot be placed. :param views: (D,), unit length, or None.
        :return: the track of each place; None where it has none yet. Nothing is changed.
        """
        found: list[WorldTrack | None] = [None] * len(places)
        rows = [k for k, place in enumerate(places) if place is not None]
        tracks = self.tracks
        if not rows or not tracks:
            return found
        cost = self._costs([places[k] for k in rows], [views[k] for k in rows], tracks, stamp)
        for row, column in zip(*linear_sum_assignment(np.minimum(cost, UNMATCHED)), strict=True):
            if cost[row, column] < UNMATCHED:
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
        a, b, d = total[..., 0, 0], total[..., 0, 1], total[..., 1, 1]
        x, y = away[..., 0], away[..., 1]
        determinant = np.maximum(a * d - b * b, 1e-12)
        squared = (d * x * x - 2 * b * x * y + a * y * y) / determinant
        looks = np.zeros(squared.shape)
        rows = [k for k, view in enumerate(views) if view is not None]
        columns = [k for k, track in enumerate(tracks) if track.view is not None]
        if rows and columns:
            seen = np.stack([views[k] for k in rows])  # type: ignore[misc]
            kept = np.stack([tracks[k].view for k in columns])  # type: ignore[misc]
            unlike = LOOKS_COST * (1.0 - seen @ kept.T)
            looks[np.ix_(rows, columns)] = np.minimum(unlike, LOOKS_COST_MOST)
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
