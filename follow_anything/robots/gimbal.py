# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A gimbal adapter: the camera turns towards the target, and the body follows the camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import math
import time

from follow_anything.core.geometry import camera_mount
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
    :param roll: how the camera is turned about its view, radians.
    :param mount: of the fixed camera that the servo believes in: the rotation (3, 3) from its
        optical axes to base_link axes.
    :param gain: rate per radian, 1/s. :param max_rate: rad/s.
    """

    def __init__(
        self,
        body: RobotAdapter,
        publish: Callable[[float, float], None],
        angles: Callable[[], tuple[float, float] | None],
        roll: float,
        mount: FloatArray,
        gain: float,
        max_rate: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._body, self._publish, self._angles = body, publish, angles
        self._roll, self._mount, self._gain, self._max_rate = roll, mount, gain, max_rate
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
        ahead, left, up = (float(v) for v in camera_mount(self._roll, 0.0, 0.0) @ position)
        self._rates_at = self._clock()
        self._rates = (
            self._limited(math.atan2(left, ahead)),
            self._limited(math.atan2(up, ahead)),
        )
        angles = self._angles()
        if angles is None or not all(math.isfinite(angle) for angle in angles):
            return replace(target, position=None)
        pan, tilt = angles
        in_body = camera_mount(self._roll, tilt, pan) @ position
        return replace(target, position=np.asarray(self._mount.T @ in_body))

    def _limited(self, error: float) -> float:
        return min(max(self._gain * error, -self._max_rate), self._max_rate)

    def send(self, command: VelocityCommand, *, enabled: bool = True) -> None:
        """Drive the body; the camera still turns while the body is held, but not when stopped."""
        self._body.send(command, enabled=enabled)
        # A rate without a fresh target behind it would run away.
        is_fresh = self._clock() - self._rates_at <= STALE_S
        self._publish(*(self._rates if enabled and is_fresh else (0.0, 0.0)))

    def close(self) -> None:
        """Stop both."""
        self._publish(0.0, 0.0)
        self._body.close()
