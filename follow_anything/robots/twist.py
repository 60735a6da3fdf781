# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Adapter of robots that take a Twist or a TwistStamped."""

from __future__ import annotations

from collections.abc import Callable
import math
import time

from follow_anything.core.types import VelocityCommand
from follow_anything.robots.base import RobotAdapter

__all__ = ['TwistRobot']

FADE_S = 0.5
"""Seconds of zeros after a stop, before nothing is published any more."""


class TwistRobot(RobotAdapter):
    """
    Publishes velocities.

    :param publish: takes a command; the transport. :param flush: waits until it has arrived.
    :param rate: at most so many a second; a stop always goes at once.
    :param is_silent: say nothing while the operator holds the robot, after FADE_S of zeros, so
        that a multiplexer such as twist_mux lets somebody else drive.
    :param is_waiting: say nothing at all before the operator enables it for the first time.
    """

    def __init__(
        self,
        publish: Callable[[VelocityCommand], None],
        flush: Callable[[], None] = lambda: None,
        rate: float = math.inf,
        is_silent: bool = False,
        is_waiting: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publish, self._flush, self._clock = publish, flush, clock
        self._period, self._is_silent = 1.0 / rate, is_silent
        self._is_waiting = is_waiting
        self._sent_at = -math.inf
        self._held_since: float | None = None
        self._was_zero = True

    def send(self, command: VelocityCommand, *, enabled: bool = True) -> None:
        """Publish the velocity at the configured rate; nothing while silent when stopped."""
        now = self._clock()
        self._is_waiting &= not enabled
        if self._is_waiting:
            return
        if enabled:
            self._held_since = None
        elif self._held_since is None:
            self._held_since = now
        held = 0.0 if self._held_since is None else now - self._held_since
        if self._is_silent and held > FADE_S:
            return
        stops = command.is_zero and not self._was_zero
        if now - self._sent_at < self._period and not stops:
            return
        self._sent_at, self._was_zero = now, command.is_zero
        self._publish(command)

    def close(self) -> None:
        """Publish zero and wait until it has arrived; nothing if nothing was ever published."""
        if self._is_waiting:
            return  # somebody else may be driving
        self._publish(VelocityCommand.stop('the controller is going down'))
        self._flush()
