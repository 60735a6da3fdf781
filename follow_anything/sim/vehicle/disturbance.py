# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Yaw disturbances of a vehicle: a push, rough ground, gusts on a tail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np

__all__ = ['Disturbance', 'Push']

HIDDEN_SHARE, HIDDEN_FOR_S = 0.1, 0.3
"""A push may wait until less of the target than this has been seen for so long."""

MEMORY_S = 0.4
"""Of the random turning."""


@dataclass(frozen=True)
class Push:
    """
    A turn about the vertical that no command asked for; odometry alone shows it.

    :param rate: rad/s, left positive. :param seconds: how long.
    :param at: when it begins, s; None: as soon as the target is hidden.
    """

    rate: float
    seconds: float
    at: float | None = None


class Disturbance:
    """
    The turning rate that pushes and random shaking add to a vehicle's own.

    :param pushes: one after the other. :param shake: standard deviation of the rest, rad/s.
    """

    def __init__(self, pushes: Sequence[Push], shake: float, seed: int) -> None:
        self._left = list(pushes)
        self._shake = shake
        self._rng = np.random.default_rng([seed, 78])
        self._noise = 0.0
        self._began: float | None = None
        self._hidden_since: float | None = None

    @property
    def needs_visibility(self) -> bool:
        """Tell whether the next push waits until the target is hidden."""
        return bool(self._left) and self._left[0].at is None and self._began is None

    def rate(self, now: float, dt: float, visibility: float) -> float:
        """
        Return what is added during the next dt seconds, rad/s.

        :param visibility: of the target, [0, 1]; used only while needs_visibility.
        """
        if self._shake:
            shock = self._rng.standard_normal() * self._shake * math.sqrt(2 * dt / MEMORY_S)
            self._noise += -self._noise * dt / MEMORY_S + float(shock)
        return self._noise + self._push(now, visibility)

    def _push(self, now: float, visibility: float) -> float:
        if not self._left:
            return 0.0
        push = self._left[0]
        if self._began is None and self._is_due(push, now, visibility):
            self._began = now
        if self._began is None:
            return 0.0
        if now - self._began < push.seconds - 1e-9:
            return push.rate
        self._left.pop(0)
        self._began = self._hidden_since = None
        return 0.0

    def _is_due(self, push: Push, now: float, visibility: float) -> bool:
        if push.at is not None:
            return now >= push.at
        if visibility >= HIDDEN_SHARE:
            self._hidden_since = None
            return False
        if self._hidden_since is None:
            self._hidden_since = now
        return now - self._hidden_since >= HIDDEN_FOR_S
