# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Motions while the target is hidden: turn, climb, back off, approach; off by default."""

from __future__ import annotations

import math

from follow_anything.core.config import ServoConfig
from follow_anything.core.types import Target, TargetState

__all__ = ['Search']

Wanted = tuple[float, float, float]

HIDDEN = (TargetState.OCCLUDED, TargetState.LOST)


class Search:
    """
    Turns to where the target left, climbs, backs off, or goes to where it was last seen.

    That place, (forward, left) in base_link, metres, is carried along by what the robot believes
    to be doing; None where the range was not known.
    """

    def __init__(self, config: ServoConfig) -> None:
        self.config = config
        self.forget()

    def forget(self) -> None:
        """Forget where the target was."""
        self._side, self._seen_at = 0.0, -math.inf
        self.place: tuple[float, float] | None = None

    def saw(self, stamp: float, forward: float, left: float, *, has_range: bool) -> None:
        """Take the target's position, metres in base_link; without a range only the direction."""
        self._side, self._seen_at = math.copysign(1.0, left), stamp
        self.place = (forward, left) if has_range else None

    def moved(self, yaw: float, forward: float) -> None:
        """Take the robot's own motion, rad and metres in its own axes, since the last call."""
        if self.place is None:
            return
        x, y = self.place[0] - forward, self.place[1]
        cos, sin = math.cos(yaw), math.sin(yaw)
        self.place = cos * x + sin * y, cos * y - sin * x

    def motion(self, target: Target | None, now: float) -> tuple[Wanted, str] | None:
        """
        Return the wanted (forward m/s, up m/s, yaw rate rad/s), not yet limited, and its name.

        :param target: the newest one. :param now: seconds, on the clock of the targets' stamps.
        :return: None where there is nothing to search for, or no more time.
        """
        if target is None or not self._is_due(target, now):
            return None
        config = self.config
        approach = self._approach() if config.follow else None
        if approach is not None:
            return approach, 'searching: goes to where it was last seen'
        back, up, turn = 0.0, 0.0, self._side * config.search_yaw_rate
        if config.follow:  # else it only looks
            back = config.search_backward
            up = config.search_climb if config.robot == 'drone' else 0.0
        ways = {'backs off': back, 'climbs': up, 'turns to where it left': turn}
        doing = ', '.join(way for way, speed in ways.items() if speed)
        return ((-back, up, turn), f'searching: {doing}') if doing else None

    def _is_due(self, target: Target, now: float) -> bool:
        stale = self.config.stale_after
        is_fresh = abs(now - target.stamp) <= stale
        # Seen in the future: the clock was set back, and the time limit would mean nothing.
        has_time = -stale <= now - self._seen_at <= self.config.search_time
        has_held = now - self._seen_at >= self.config.search_after
        return target.state in HIDDEN and is_fresh and has_time and has_held

    def _approach(self) -> Wanted | None:
        """Return the motion towards the last known place; None once there, or without one."""
        config = self.config
        if self.place is None or config.search_forward == 0.0:
            return None
        left = math.hypot(*self.place) - config.min_distance
        if left <= config.range_dead_band:
            return None
        bearing = math.atan2(self.place[1], self.place[0])
        forward = min(config.search_forward, config.kp_range * left) * max(0.0, math.cos(bearing))
        return forward, 0.0, config.kp_yaw * bearing
