# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Motion of the target relative to the camera, separated from ego motion."""

from __future__ import annotations

from follow_anything.core.types import FloatArray
import numpy as np

__all__ = ['RelativeMotion']


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
