# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How far we turned between two moments, by measured yaw rates."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
import math
from typing import NamedTuple

__all__ = ['Gyroscope']

MAX_AGE_S = 0.3
"""A gap between two rates, or from the last one to a frame, beyond which nobody knows the turn."""

FASTEST = 10.0
"""Rates beyond this, rad/s, are no turning of a robot that follows."""

KEPT = 1000
"""Rates that are remembered: a second of a fast sensor."""


class _Sample(NamedTuple):
    stamp: float
    rate: float
    angle: float


@dataclass
class Gyroscope:
    """Adds up yaw rates; one that is not finite, too fast, or not newer than the last is left."""

    _samples: deque[_Sample] = field(default_factory=lambda: deque(maxlen=KEPT))

    def take(self, stamp: float, rate: float) -> None:
        """Take the rate at which base_link turns to the left, rad/s, at a time, seconds."""
        if not (math.isfinite(stamp) and abs(rate) <= FASTEST):
            return
        angle = 0.0
        if self._samples:
            last = self._samples[-1]
            if last.stamp - 1.0 < stamp <= last.stamp:
                return
            if last.stamp < stamp <= last.stamp + MAX_AGE_S:
                angle = last.angle + (last.rate + rate) / 2 * (stamp - last.stamp)
            else:  # a gap, or a clock that was set back
                self._samples.clear()
        self._samples.append(_Sample(stamp, rate, angle))

    def turn(self, since: float, until: float) -> float | None:
        """Return how far base_link turned to the left, rad; None where it was not measured."""
        if not self._samples or until > self._samples[-1].stamp + MAX_AGE_S:
            return None
        before, after = self._angle_at(since), self._angle_at(until)
        return None if before is None or after is None else after - before

    def _angle_at(self, stamp: float) -> float | None:
        later: _Sample | None = None
        for sample in reversed(self._samples):
            if sample.stamp <= stamp:
                rate = sample.rate
                if later is not None:
                    rate = (later.angle - sample.angle) / (later.stamp - sample.stamp)
                return sample.angle + rate * (stamp - sample.stamp)
            later = sample
        return None
