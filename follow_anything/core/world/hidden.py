# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Where a target that is out of sight can be: not where the camera looks, and sees the ground.

Particles move as the target's track does. Each look tells of those that stand in the open, where
nothing was detected, that the target would have been seen there: negative information (Koch, "On
exploiting negative sensor evidence for target tracking and sensor data fusion", 2007). So somebody
who looks like the target, and whom it can only be if it had crossed open ground unseen, is in
doubt, however well the looks fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.types import FloatArray
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.track import (
    mahalanobis2,
    NO_TRACK,
    Place,
    SPEED,
    SPEED_FADES_S,
    WorldTrack,
)
import numpy as np
from numpy.typing import NDArray

__all__ = ['Hidden', 'Visibility']

PARTICLES = 1000

DETECTED_IN_S = 0.3
"""A target that stands in the open is detected within so long, on the average."""

WALKS_S, STANDS_S = 4.0, 4.0
"""On the average a hidden target walks for so long before it stops, and stands for so long."""

LONGEST_S = 0.5
"""A look tells of so much time before it at most."""

EXPLAINED_M = 0.7
"""A particle so near to anything that was detected may be that."""

NEAR_M = 0.5
"""Standard deviation of the kernel that a place is compared with the particles by, metres."""

FEWEST = 12
"""A place is compared with so many particles at least: the nearest ones."""

BEHIND_M, BEHIND_SHARE = 0.4, 0.04
"""A particle is in the open where the surface in its direction is farther away by these lengths,
metres and share of its depth."""

BODY = ((0.0, 0.0), (0.3, 0.0), (-0.3, 0.0), (0.0, 0.25), (0.0, -0.25))
"""Points of a target that must all be in the open: to the right and down, in sides of its box."""


@dataclass(frozen=True, eq=False)
class Visibility:
    """
    What can be seen in one picture.

    :param depth: (H, W) metres along the optical axis; inf: nothing is there; NaN, 0: unknown.
    :param camera: without a lens model. :param pose: of the camera in the world.
    """

    depth: FloatArray
    camera: PinholeCamera
    pose: CameraPose

    def in_the_open(self, places: FloatArray, height: float, side: float) -> NDArray[np.bool_]:
        """
        Tell which targets would be seen from head to foot.

        :param places: (N, 2) in the world, metres. :param height: of their middles, metres.
        :param side: square root of the area of such a target, metres.
        :return: (N,) bool.
        """
        points = np.column_stack([places, np.full(len(places), height)])
        right, down, depth = ((points - self.pose.position) @ self.pose.axes).T
        is_open: NDArray[np.bool_] = depth > 0.1
        for to_right, to_down in BODY:
            (rest,) = is_open.nonzero()
            ahead = depth[rest]
            u = self.camera.cx + self.camera.fx * (right[rest] + to_right * side) / ahead
            v = self.camera.cy + self.camera.fy * (down[rest] + to_down * side) / ahead
            is_open[rest] = self._at(u, v) > ahead * (1.0 + BEHIND_SHARE) + BEHIND_M
        return is_open

    def _at(self, u: FloatArray, v: FloatArray) -> FloatArray:
        """Return the depth at pixels (N,); -inf outside the picture."""
        rows, columns = self.depth.shape
        inside = (u >= 0) & (u < columns) & (v >= 0) & (v < rows)
        depth = np.full(len(u), -np.inf)
        depth[inside] = self.depth[v[inside].astype(np.intp), u[inside].astype(np.intp)]
        return depth


class Hidden:
    """The places of a target since it was seen last."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget the target."""
        self._track: WorldTrack | None = None
        self._height = self._side = 0.0
        self._states: FloatArray | None = None  # (N, 4): place and velocity
        self._at = -math.inf
        self._births: dict[int, float] = {}

    def seen(self, track: WorldTrack | None, place: Place | None, side: float | None) -> None:
        """
        Take a sure sight of the target.

        :param track: that it has then; kept as it is. :param place: of its middle.
        :param side: square root of its area, metres; None where it is unknown.
        """
        self.clear()
        is_known = track is not None and track.measure == 'metres'
        if is_known and place is not None and place.height is not None and side is not None:
            self._track, self._height, self._side = track, place.height, side

    def look(self, visibility: Visibility | None, detected: Sequence[Place], stamp: float) -> None:
        """
        Take a picture in which the target was not surely seen.

        :param visibility: what can be seen in it; None where nothing is known of that.
        :param detected: places of whatever was detected, be it the target or not.
        :param stamp: of the picture, s.
        """
        if self._track is None or stamp <= max(self._at, self._track.stamp):
            return
        states = self._begin(self._track) if self._states is None else self._states
        gap = stamp - self._at
        self._states, self._at = self._moved(states, gap, self._track.scale), stamp
        if visibility is None:
            return
        places = self._states[:, :2]
        (open_,) = visibility.in_the_open(places, self._height, self._side).nonzero()
        for place in detected:
            if place.measure == 'metres':
                open_ = open_[_distance2(places[open_], place, EXPLAINED_M) > 1.0]
        self._unseen[open_] *= math.exp(-min(gap, LONGEST_S) / DETECTED_IN_S)

    def came(self, number: int, place: Place) -> None:
        """Note where somebody came into view: that is where the target had to get to unseen."""
        if self._states is not None and place.measure == 'metres':
            self._births[number] = self.unseen(place)

    @property
    def is_known(self) -> bool:
        """Tell whether anything is known of where it can be."""
        return self._states is not None

    def unseen(self, place: Place, number: int = NO_TRACK) -> float:
        """
        Return the probability that the target would have come to a place unseen, (0, 1].

        1 where nothing is known of that.

        :param number: of the track of whoever is there, and has been in view since he came.
        """
        if self._states is None or place.measure != 'metres':
            return 1.0
        away = _distance2(self._states[:, :2], place, NEAR_M)
        nearest = np.partition(away, FEWEST - 1)[FEWEST - 1]
        near = np.where(away <= nearest, 1.0, np.exp(-0.5 * away))
        unseen = float(near @ self._unseen) / float(near.sum())
        return max(1e-6, unseen, self._births.get(number, 0.0))

    def _begin(self, track: WorldTrack) -> FloatArray:
        """Draw the particles from a track, at its own stamp; return their states (N, 4)."""
        self._rng = np.random.default_rng(0)
        self._unseen = np.ones(PARTICLES)  # probability that each would have been missed until now
        self._stands = np.zeros(PARTICLES, bool)
        values, vectors = np.linalg.eigh(track.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        self._at = track.stamp
        return np.asarray(track.mean + self._rng.standard_normal((PARTICLES, 4)) @ root.T)

    def _moved(self, states: FloatArray, gap: float, scale: float) -> FloatArray:
        """
        Return the states after some time.

        Velocities fade and are renewed, as a track's do; but some stop, and go on later: it may
        wait behind the wall.
        """
        fade = math.exp(-gap / SPEED_FADES_S)
        chance = self._rng.random(len(states))
        is_off = self._stands & (chance < 1.0 - math.exp(-gap / STANDS_S))
        self._stands ^= is_off | (~self._stands & (chance < 1.0 - math.exp(-gap / WALKS_S)))
        kept = np.where(is_off, 0.0, fade)[:, None]
        kick = SPEED * scale * np.sqrt(1.0 - kept**2) * self._rng.standard_normal((len(states), 2))
        velocity = kept * states[:, 2:] + kick
        velocity[self._stands] = 0.0
        place = states[:, :2] + 0.5 * gap * (states[:, 2:] + velocity)
        return np.asarray(np.column_stack([place, velocity]))


def _distance2(places: FloatArray, place: Place, width: float) -> FloatArray:
    """
    Return squared distances (N,) of places (N, 2) from one that is not known exactly.

    :param width: what is to be added to its standard deviation, metres.
    """
    away = places - place.mean
    (a, b), (_, d) = place.covariance + width**2 * np.eye(2)
    return np.asarray(mahalanobis2(away[:, 0], away[:, 1], a, b, d)[0])
