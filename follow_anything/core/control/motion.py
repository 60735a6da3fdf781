# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Motion of the target relative to the camera, separated from ego motion."""

from __future__ import annotations

from collections.abc import Sequence
import math

from follow_anything.core.types import Box, FloatArray, Target
import numpy as np

__all__ = ['RelativeMotion', 'is_reachable']

REACH = (1.0, 1.5)
"""A target moves at most so many of its own diagonals in the picture: at once, and a second."""

GROWTH = (1.25, 1.25)
"""Its size changes at most by these factors: at once, and a second."""


STRIDE_M = (0.7, 2.5)
"""Where ranges are known, it moves at most so many metres: at once, and a second."""

SURE_RANGE = 0.1
"""A range counts as known when its relative standard deviation is smaller."""


def is_reachable(sightings: Sequence[Target], now: Target) -> bool:
    """
    Tell whether something last seen in one place can be in another now.

    :param sightings: the target when it was believed to be seen, with its box, newest last.
    :param now: a candidate, with its box.

    This alone distinguishes a distractor elsewhere from the target; after some seconds without
    sight everything is possible again. Our own motion is left out: while the target is hidden
    the robot stands, and from frame to frame it hardly moves.
    """
    last = sightings[-1]
    elapsed = max(0.0, now.stamp - last.stamp)
    if last.box is None or now.box is None:
        return False
    if _is_sure(last) and _is_sure(now):
        return _distance(last, now) <= STRIDE_M[0] + STRIDE_M[1] * elapsed
    if not _is_near(last.box, now.box, elapsed):
        return False
    # half hidden a box shrinks, and springs back: it may have any size it had of late
    return any(
        seen.box is not None and _is_alike_in_size(seen.box, now.box, now.stamp - seen.stamp)
        for seen in sightings
    )


def _is_sure(target: Target) -> bool:
    position = target.position
    return position is not None and bool(target.range_std < SURE_RANGE * np.linalg.norm(position))


def _distance(one: Target, other: Target) -> float:
    return float(np.linalg.norm(np.subtract(one.position, other.position)))  # type: ignore[arg-type]


def _is_near(last: Box, box: Box, elapsed: float) -> bool:
    """Compare two places in the picture, where no range is known."""
    (x, y), (last_x, last_y) = box.center, last.center
    reach = math.hypot(last.width, last.height) * (REACH[0] + REACH[1] * elapsed)
    return math.hypot(x - last_x, y - last_y) <= reach


def _is_alike_in_size(last: Box, box: Box, elapsed: float) -> bool:
    growth = GROWTH[0] * GROWTH[1] ** max(0.0, elapsed)
    return bool(1 / growth <= math.sqrt(box.area / last.area) <= growth)


class RelativeMotion:
    """
    Kalman filter of one coordinate of the target seen from a robot that moves itself.

    State (p, w): where the target is, and its own rate over ground. Our own rate u is a known
    input, so that w is what the target does and can be fed forward:

        p' = p + (w - u) dt        w' = w + white acceleration

    :param acceleration: standard deviation of the target's acceleration, units/s^2.
    :param noise: standard deviation of a measurement, units.
    """

    def __init__(self, acceleration: float, noise: float) -> None:
        self._acceleration, self._noise = acceleration, noise
        self.reset()

    def reset(self) -> None:
        """Forget the target."""
        self._mean: FloatArray = np.zeros(2)
        self._covariance: FloatArray = np.zeros((2, 2))
        self._stamp: float | None = None

    @property
    def is_known(self) -> bool:
        """True when there was a measurement since the last reset."""
        return self._stamp is not None

    @property
    def own_rate(self) -> float:
        """The target's own rate over ground, units/s."""
        return float(self._mean[1])

    def update(self, stamp: float, measured: float, our_rate: float) -> None:
        """
        Take a measurement.

        :param stamp: seconds; one that is not newer than the last starts the filter anew.
        :param measured: the coordinate. :param our_rate: u, since the last measurement.
        """
        dt = 0.0 if self._stamp is None else stamp - self._stamp
        self._stamp = stamp
        if dt <= 0.0:
            self._mean[:] = measured, 0.0
            self._covariance = np.diag([self._noise**2, self._acceleration**2])
            return
        step = np.array([[1.0, dt], [0.0, 1.0]])
        push = np.array([dt * dt / 2, dt]) * self._acceleration
        mean = step @ self._mean - np.array([our_rate * dt, 0.0])
        covariance = step @ self._covariance @ step.T + np.outer(push, push)
        gain = covariance[:, 0] / (covariance[0, 0] + self._noise**2)
        self._mean = mean + gain * (measured - mean[0])
        self._covariance = covariance - np.outer(gain, covariance[0])

    def predict(self, stamp: float, our_rate: float) -> float:
        """Return where the coordinate is at a later time, given our own rate since."""
        age = 0.0 if self._stamp is None else max(0.0, stamp - self._stamp)
        return float(self._mean[0] + (self._mean[1] - our_rate) * age)
