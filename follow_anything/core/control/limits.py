# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Speed, acceleration and jerk of one axis, bounded at every tick."""

from __future__ import annotations

from dataclasses import dataclass
import math

__all__ = ['AxisLimiter']


@dataclass
class AxisLimiter:
    """
    Moves a velocity towards a wanted one as fast as its limits allow, without overshoot.

    :param lo: smallest velocity, <= 0. :param hi: largest velocity, >= 0.
    :param acceleration: largest change of the velocity, per second.
    :param jerk: largest change of the acceleration, per second.
    :param dt: seconds from tick to tick; the guarantees hold for this one.
    """

    lo: float
    hi: float
    acceleration: float
    jerk: float
    dt: float
    velocity: float = 0.0
    rate: float = 0.0

    def limit(self, lo: float, hi: float, acceleration: float, jerk: float) -> None:
        """Take other limits and go on from the velocity of now, as far as they allow it."""
        self.lo, self.hi, self.acceleration, self.jerk = lo, hi, acceleration, jerk
        if not lo <= self.velocity <= hi:
            self.velocity, self.rate = min(max(self.velocity, lo), hi), 0.0
        self.rate = min(max(self.rate, -acceleration), acceleration)

    def reset(self) -> None:
        """Stand still at once: a stop is never smoothed."""
        self.velocity = self.rate = 0.0

    def step(self, wanted: float) -> float:
        """Return the next velocity on the way to the wanted one."""
        wanted = min(max(wanted, self.lo), self.hi)
        change = self.jerk * self.dt
        rate = self._rate_towards(wanted - self.velocity)
        self.rate = min(max(rate, self.rate - change), self.rate + change)
        self.velocity = min(max(self.velocity + self.rate * self.dt, self.lo), self.hi)
        return self.velocity

    def _rate_towards(self, gap: float) -> float:
        """
        Return the largest acceleration from which the ramp down to zero still fits in the gap.

        From acceleration a, stepping down by jerk * dt a tick, the velocity still changes by
        a^2 / (2 jerk) + a dt / 2 (this tick included), up to jerk dt^2 / 8 more between whole
        ticks: the room kept free. A gap that one tick can close is closed.
        """
        distance, grain = abs(gap), self.jerk * self.dt * self.dt
        if distance <= grain and abs(self.rate) <= self.jerk * self.dt:
            fitting = min(distance / self.dt, self.jerk * self.dt)
        else:
            room = max(0.0, distance - grain / 8)
            half = self.dt / 2
            fitting = self.jerk * (math.sqrt(half * half + 2 * room / self.jerk) - half)
        return math.copysign(min(fitting, self.acceleration), gap)
