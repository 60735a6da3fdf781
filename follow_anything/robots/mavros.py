# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
An autopilot behind MAVROS: velocities along the axes of its map, mode and arming on request.

MAVROS reads the TwistStamped of setpoint_velocity in its map (ENU), unless its parameter
mav_frame was changed. So the command is turned by the vehicle's yaw here, and without a fresh
pose it is zero.
"""

from __future__ import annotations

from collections.abc import Callable
import math
from typing import Protocol

from follow_anything.core.control.supervisor import VehiclePose
from follow_anything.core.types import VelocityCommand
from follow_anything.robots.base import Request, RobotAdapter

__all__ = ['MavrosRobot', 'MavrosServices']


class MavrosServices(Protocol):
    """State and services of MAVROS; its ROS side is ros/robots/mavros.py."""

    def status(self) -> tuple[bool, bool, str]:
        """Return whether the autopilot is connected and armed, and the name of its mode."""

    def arm(self, value: bool) -> str:
        """Arm or disarm; return '' or why not."""

    def set_mode(self, name: str) -> str:
        """Change the flight mode; return '' or why not."""


class MavrosRobot(RobotAdapter):
    """
    Publishes set-points at the controller's own rate, also while it holds: that keeps offboard.

    :param publish: takes a command whose axes are east, north, up.
    :param pose: returns the newest pose with its age in seconds, or None.
    :param follow_mode: OFFBOARD or GUIDED. :param pose_timeout: seconds.
    """

    def __init__(
        self,
        publish: Callable[[VelocityCommand], None],
        pose: Callable[[], tuple[VehiclePose, float] | None],
        flight: MavrosServices,
        follow_mode: str,
        pose_timeout: float,
    ) -> None:
        self._publish, self._pose, self._flight = publish, pose, flight
        self._follow_mode, self._pose_timeout = follow_mode, pose_timeout

    def send(self, command: VelocityCommand, *, enabled: bool = True) -> None:
        """Publish the command, turned from the vehicle's axes into the map's."""
        known = self._fresh_pose()
        if known is None:
            self._publish(VelocityCommand.stop('pose: MAVROS gives no fresh one'))
            return
        cos, sin = math.cos(known.yaw), math.sin(known.yaw)
        vx, vy, vz, yaw_rate = command.axes
        east, north = vx * cos - vy * sin, vx * sin + vy * cos
        self._publish(VelocityCommand(east, north, vz, yaw_rate, command.reason))

    def _fresh_pose(self) -> VehiclePose | None:
        known = self._pose()
        if known is None or not known[0].is_finite or not known[1] <= self._pose_timeout:
            return None
        return known[0]

    def why_not(self) -> str:
        """Return why the vehicle does not follow our set-points; '' when it does."""
        connected, armed, mode = self._flight.status()
        if not connected:
            return 'MAVROS has no connection to an autopilot'
        if not armed:
            return 'not armed'
        if mode != self._follow_mode:
            return f'the flight mode is {mode}, not {self._follow_mode}'
        return '' if self._fresh_pose() else 'pose: MAVROS gives no fresh one'

    def ask(self, request: Request) -> str:
        """Arm, disarm, or change the mode; nothing else ever does."""
        connected, armed, mode = self._flight.status()
        if not connected:
            return 'MAVROS has no connection to an autopilot'
        if request in (Request.ARM, Request.DISARM):
            return self._flight.arm(request is Request.ARM)
        if request is Request.ENGAGE:
            if not armed:
                return 'not armed'
            if not self._fresh_pose():
                return 'pose: MAVROS gives no fresh one'
            return self._flight.set_mode(self._follow_mode)
        if mode != self._follow_mode:
            return ''
        is_px4 = self._follow_mode == 'OFFBOARD'
        return self._flight.set_mode('AUTO.LOITER' if is_px4 else 'LOITER')

    def close(self) -> None:
        """Send zero; without set-points the autopilot then holds by itself."""
        self._publish(VelocityCommand.stop('the controller is going down'))
