# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A camera that turns by itself: it looks at the target, and the body follows where it looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import math
import time

from follow_anything.core.geometry import optical_to_body
from follow_anything.core.types import FloatArray, Target, VelocityCommand
from follow_anything.robots.base import RobotAdapter
import numpy as np

__all__ = ['GimbalRobot']

STALE_S = 0.25
"""Rates made of an older target are zero."""


class GimbalRobot(RobotAdapter):
    """
    Pan and tilt rates for the camera, and what a body-fixed camera would see for the servo.

    :param body: drives the robot. :param publish: takes (pan, tilt) rates, rad/s, left and up.
    :param angles: returns pan and tilt, radians, left and up; None when they are not fresh.
    :param camera_pitch: of the fixed camera that the servo believes in, radians.
    :param gain: rate per radian, 1/s. :param max_rate: rad/s.
    """

    def __init__(
        self,
        body: RobotAdapter,
        publish: Callable[[float, float], None],
        angles: Callable[[], tuple[float, float] | None],
        camera_pitch: float,
        gain: float,
        max_rate: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._body, self._publish, self._angles = body, publish, angles
        self._camera_pitch, self._gain, self._max_rate = camera_pitch, gain, max_rate
        self._clock = clock
        self._rates, self._rates_at = (0.0, 0.0), -math.inf

    def observe(self, target: Target) -> Target:
        """
        Turn the camera towards the target, and return it as the fixed camera would see it.

        Without the gimbal's angles nobody knows where the target is: no position, no motion.
        """
        self._rates = (0.0, 0.0)
        position = target.position
        if not target.state.may_move or position is None or not np.isfinite(position).all():
            return target
        right, down, ahead = (float(value) for value in position)
        self._rates_at = self._clock()
        self._rates = (
            self._limited(-math.atan2(right, ahead)),
            self._limited(-math.atan2(down, ahead)),
        )
        angles = self._angles()
        if angles is None or not all(math.isfinite(angle) for angle in angles):
            return replace(target, position=None)
        pan, tilt = angles
        forward, left, up = optical_to_body(position, tilt)
        cos, sin = math.cos(pan), math.sin(pan)
        in_body = np.array([forward * cos - left * sin, forward * sin + left * cos, up])
        return replace(target, position=_as_seen(in_body, self._camera_pitch))

    def _limited(self, error: float) -> float:
        return min(max(self._gain * error, -self._max_rate), self._max_rate)

    def send(self, command: VelocityCommand, *, enabled: bool = True) -> None:
        """Drive the body; the camera may look on while the body is held, but not when stopped."""
        self._body.send(command, enabled=enabled)
        # A rate without a fresh target behind it would run away.
        is_fresh = self._clock() - self._rates_at <= STALE_S
        self._publish(*(self._rates if enabled and is_fresh else (0.0, 0.0)))

    def close(self) -> None:
        """Stop both."""
        self._publish(0.0, 0.0)
        self._body.close()


def _as_seen(point: FloatArray, pitch: float) -> FloatArray:
    """Return a point (3,) of base_link axes in a fixed camera's optical axes."""
    forward, left, up = (float(value) for value in point)
    cos, sin = math.cos(pitch), math.sin(pitch)
    return np.array([-left, forward * sin - up * cos, forward * cos + up * sin])
