# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The world track of one thing: a Kalman filter, and what is known of the thing.

Constant velocity that fades (Ornstein-Uhlenbeck), so that the spread of a hidden track grows as a
walker's does and not as a rocket's. Places are metres on the ground where the camera is known,
else pixels of the picture.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
import math
from typing import TypeVar

from follow_anything.core.types import Box, FloatArray
import numpy as np

__all__ = [
    'AWAY_S',
    'BOX_FRESH_S',
    'NO_TRACK',
    'Place',
    'WorldTrack',
    'are_apart',
    'kept_places',
    'mahalanobis2',
    'mixed',
]

NO_TRACK = 0
"""Id of what has no track."""

AWAY_S = 0.5
"""A track that was not seen for so long is out of sight."""

BOX_FRESH_S = 0.5
"""A box of so long ago still tells where the same thing is in the picture."""

GATE = 13.8
"""Squared Mahalanobis distance (two degrees of freedom) that 99.9 % of true pairs keep."""

SPEED, SPEED_FADES_S = 1.3, 3.0
"""Standard deviation of a thing's velocity, in scales a second, and how long it is kept up."""

STOOD_M, STOOD_S, STAYS_S = 0.5, 3.0, 15.0
"""Who was seen within so many scales of one spot for so many seconds stands there; who stands goes
on standing for so many more, on the average."""

TURNS_S = 4.0
"""Who is out of sight goes on as before for so long, on the average, and turns or stops then."""

ERROR_LASTS_S = 0.5
"""Errors of a box are much the same for so long: sightings closer in time count for less."""

UNKNOWN_DISTANCE2 = 2.0
"""Squared Mahalanobis distance of what cannot be compared: its expectation."""

BESIDE_LOOKS, TWIN_COUNTS = 4, 2
"""Seen so often in one picture with the target, a track is somebody else for good; what looks like
the target counts for so many: it must be known before the target is hidden."""

TWIN_LOOKS, TWIN_SHARE = 4, 0.12
"""Whoever looked like the target so often beside it, and in such a share of the looks, is its
twin, however it looks from behind."""

Scalar = TypeVar('Scalar', float, FloatArray)

_PLACE, _VELOCITY = np.diag([1.0, 1.0, 0.0, 0.0]), np.diag([0.0, 0.0, 1.0, 1.0])
_IS_PLACE = _PLACE.diagonal()
"""Blocks of a (4, 4) over (x, y, vx, vy): place, velocity, and from velocity to place."""


@dataclass(frozen=True)
class Place:
    """
    Where a candidate is, (2,), and how surely, (2, 2).

    :param scale: length that its motion is measured in: 1 m on the ground, the size in a picture.
    :param measure: 'metres', 'nominal' (metres that rest on an assumed height) or 'pixels':
        places of different measure cannot be compared.
    :param height: of its middle in the world, metres; None where that is unknown.
    """

    mean: FloatArray
    covariance: FloatArray
    scale: float = 1.0
    measure: str = 'metres'
    height: float | None = None


def are_apart(one: Place | None, other: Place | None) -> bool:
    """Tell whether two boxes of one picture surely show things in different places."""
    if one is None or other is None or {one.measure, other.measure} != {'metres'}:
        return False
    return _fit(one.mean, one.covariance, other)[0] > GATE


def kept_places(
    target: WorldTrack, other: WorldTrack | None, here: Place, there: Place, stamp: float
) -> float:
    """
    Return how much likelier the target is here and the other one there than the reverse.

    :param other: None for somebody new, whose place tells nothing.
    :return: log-likelihood ratio.
    """
    lead = target.log_likelihood(here, stamp) - target.log_likelihood(there, stamp)
    if other is not None:
        lead += other.log_likelihood(there, stamp) - other.log_likelihood(here, stamp)
    return lead


def mahalanobis2(x: Scalar, y: Scalar, a: Scalar, b: Scalar, d: Scalar) -> tuple[Scalar, Scalar]:
    """Return the squared length of (x, y) under the covariance ((a, b), (b, d)), and its det."""
    determinant = a * d - b * b + 1e-12
    return (d * x * x - 2 * b * x * y + a * y * y) / determinant, determinant


def _fit(mean: FloatArray, covariance: FloatArray, place: Place) -> tuple[float, float]:
    """Return how far a place is from a mean (squared), and the determinant of their spread."""
    x, y = (place.mean - mean[:2]).tolist()
    (a, b), (_, d) = (covariance[:2, :2] + place.covariance).tolist()
    return mahalanobis2(x, y, a, b, d)


@dataclass(eq=False)
class WorldTrack:
    """
    One thing: state (x, y, vx, vy) and covariance at a stamp, and what is known of it.

    view is its latest look; beside_view its look when it was seen beside the target; alike counts
    the looks at which it resembled the target then; at questioned_at it may have been the one
    that was taken for the target; born is where and when it came into view; spot is where it has
    been since some time; box is its last one, and the depth in it, metres.
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
    least: tuple[float, float] = (math.inf, -math.inf)
    questioned_at: float = -math.inf
    born: tuple[Place, float] | None = None
    spot: tuple[FloatArray, float] | None = None
    box: tuple[Box, float] | None = None
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

    def is_away(self, stamp: float) -> bool:
        """Return whether it is out of sight: what takes it up again may be another."""
        return stamp - self.stamp > AWAY_S

    def box_at(self, stamp: float) -> tuple[Box, float] | None:
        """Return its box of a moment ago, and the depth in it, metres; None: there is none."""
        return self.box if 0.0 <= stamp - self.stamp <= BOX_FRESH_S else None

    def at(self, stamp: float) -> tuple[FloatArray, FloatArray]:
        """Return mean (4,) and covariance (4, 4) at a stamp, not changed."""
        dt = max(0.0, stamp - self.stamp)
        if dt == 0.0:
            return self.mean, self.covariance
        if self._expected is not None and self._expected[0] == stamp:
            return self._expected[1:]
        fade = math.exp(-dt / SPEED_FADES_S)
        reach = SPEED_FADES_S * (1.0 - fade)
        step = _blocks(1.0, reach, 0.0, fade)
        # exact noise of the process whose velocity has the standing variance (SPEED scale)^2
        variance = (SPEED * self.scale) ** 2
        vv = variance * (1.0 - fade**2)
        xv = variance * SPEED_FADES_S * (1.0 - fade) ** 2
        xx = variance * SPEED_FADES_S * (2 * dt - SPEED_FADES_S * (1 - fade) * (3 - fade))
        noise = _blocks(max(xx, 0.0), xv, xv, vv)
        self._expected = stamp, step @ self.mean, step @ self.covariance @ step.T + noise
        return self._expected[1:]

    def distance2(self, place: Place, stamp: float) -> float:
        """Return the squared Mahalanobis distance of a place from where the track is expected."""
        if place.measure != self.measure:
            return UNKNOWN_DISTANCE2
        return _fit(*self.at(stamp), place)[0]

    def distance2_if_turned(self, place: Place, stamp: float) -> float:
        """
        Return the same had it turned where it was seen last: its velocity is unknown then.

        That it turned in so short a time is improbable: less twice the log of that probability.
        """
        turned = copy(self)
        turned._expected = None
        turned.mean = np.array([*self.mean[:2], 0.0, 0.0])
        turned.covariance = self.covariance * np.outer(_IS_PLACE, _IS_PLACE)
        turned.covariance += (SPEED * self.scale) ** 2 * _VELOCITY
        turns = -math.expm1(-max(0.0, stamp - self.stamp) / TURNS_S)
        return turned.distance2(place, stamp) - 2.0 * math.log(max(1e-9, turns))

    def begin(self, place: Place, stamp: float) -> None:
        """Take a place as the first of its measure; the velocity is unknown then."""
        self._expected = None
        self.mean = np.array([*place.mean, 0.0, 0.0])
        self.covariance = np.zeros((4, 4))
        self.covariance[:2, :2] = place.covariance
        self.covariance[2:, 2:] = (SPEED * place.scale) ** 2 * np.eye(2)
        self.stamp = max(stamp, self.stamp)
        self.scale, self.measure = place.scale, place.measure
        self.spot = place.mean, self.stamp

    def log_likelihood(self, place: Place, stamp: float) -> float:
        """
        Return the log density of a place where the track is expected, up to a constant.

        Whoever stood still may have gone on standing, or have left by now: a mixture of the two.
        """
        if place.measure != self.measure:
            return 0.0
        walks = _log_density(*_fit(*self.at(stamp), place))
        if self.measure != 'metres' or self.spot is None or self.stamp - self.spot[1] < STOOD_S:
            return walks
        stays = -max(0.0, stamp - self.stamp) / STAYS_S  # log of its probability
        leaves = math.log(max(1e-9, -math.expm1(stays)))
        stands = _log_density(*_fit(self.mean, self.covariance, place))
        return float(np.logaddexp(stays + stands, leaves + walks))

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
        if self.spot is None or math.dist(self.spot[0], self.mean[:2]) > STOOD_M * self.scale:
            self.spot = self.mean[:2].copy(), self.stamp
        self.seen += 1
        if share == 1.0:
            self.view = mixed(self.view, view)

    def least_lead(self, lead: float, stamp: float) -> float:
        """
        Return the least that has spoken for it that this is the target, as long as it is in view.

        Who is seen without a break is the same one all the time: when the target was last seen, he
        could not have been it.

        :param lead: what speaks for it now, log-likelihood ratio.
        """
        before, at = self.least
        if stamp - at <= AWAY_S:
            lead = min(lead, before)
        self.least = lead, stamp
        return lead

    def absorb(self, other: WorldTrack) -> None:
        """Take what is known of another track of the same thing; the number stays."""
        if other.stamp > self.stamp:
            self.stamp, self.mean, self.covariance = other.stamp, other.mean, other.covariance
            self.scale, self.spot, self.box = other.scale, other.spot, other.box
            self._expected = None
        if other.judged_at > self.judged_at:
            self.evidence, self.judged_at = other.evidence, other.judged_at
        self.view = mixed(self.view, other.view)
        self.beside_view = mixed(self.beside_view, other.beside_view)
        self.seen = max(self.seen, other.seen)
        self.beside, self.alike = max(self.beside, other.beside), max(self.alike, other.alike)
        self.refused = self.refused or other.refused
        self.questioned_at = max(self.questioned_at, other.questioned_at)

    def was_beside(self, view: FloatArray | None, *, is_alike: bool) -> None:
        """Take a sighting in one picture with the target; what it looked like then stays known."""
        self.beside += TWIN_COUNTS if is_alike else 1
        self.alike += is_alike
        self.beside_view = mixed(self.beside_view, view)


def _blocks(xx: float, xv: float, vx: float, vv: float) -> FloatArray:
    """Return (4, 4) for (x, y, vx, vy), in which x and y are alike and independent."""
    rows = [[xx, 0.0, xv, 0.0], [0.0, xx, 0.0, xv], [vx, 0.0, vv, 0.0], [0.0, vx, 0.0, vv]]
    return np.array(rows)


def _log_density(squared: float, determinant: float) -> float:
    return -0.5 * squared - 0.5 * math.log(determinant)


def mixed(before: FloatArray | None, view: FloatArray | None) -> FloatArray | None:
    """Return the running mean of unit-length views (D,), unit length."""
    if before is None or view is None:
        return before if view is None else view
    mixed = 0.7 * before + 0.3 * view
    return np.asarray(mixed / max(float(np.linalg.norm(mixed)), 1e-9))
