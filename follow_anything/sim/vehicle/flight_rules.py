# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
What an autopilot allows and does: modes, arming, set-points and what happens when they stop.

A stand-in for PX4 and ArduPilot in tests: it has their rules about sequence and time-outs, as
their documentation gives them, and none of their code. docs/robots.md says what that proves.
"""

from __future__ import annotations

from dataclasses import dataclass
import enum
import math

from follow_anything.core.types import VelocityCommand
from follow_anything.robots.mavlink.autopilots import CommandResult
from follow_anything.sim.vehicle.vehicles import Odometry

__all__ = ['FlightMode', 'FlightRules']

TAKE_OFF_SPEED, LAND_SPEED, RETURN_SPEED = 1.0, 0.7, 2.0
LANDED_M, ARRIVED_M = 0.08, 0.5
IDLE_DISARM_S = 10.0
"""Armed and still on the ground for so long: disarmed again (COM_DISARM_PRFLT, DISARM_DELAY)."""

STREAM_S = 1.0
"""PX4 wants set-points for so long before it takes offboard mode."""


class FlightMode(str, enum.Enum):
    """Flight modes, by PX4's names; ArduPilot's LOITER is HOLD, its GUIDED is FOLLOW."""

    MANUAL = 'MANUAL'
    POSITION = 'POSITION'
    TAKE_OFF = 'TAKE_OFF'
    HOLD = 'HOLD'
    RETURN = 'RETURN'
    LAND = 'LAND'
    FOLLOW = 'FOLLOW'


@dataclass
class FlightRules:
    """
    The state of one vehicle and what may become of it. Every answer is a verdict and a text.

    :param is_px4: PX4's rules, else ArduPilot's.
    :param odometry: of the vehicle; its height at the start is the ground.
    :param set_point_timeout: COM_OF_LOSS_T or GUID_TIMEOUT, seconds.
    """

    is_px4: bool
    odometry: Odometry
    set_point_timeout: float = 0.4

    def __post_init__(self) -> None:
        self.mode = FlightMode.MANUAL
        self.armed = False
        self.is_on_ground = True
        self.healthy = True
        self.battery = 0.9
        self.home = self.odometry.position.copy()
        self.history: list[tuple[float, FlightMode]] = []
        self.set_points: list[float] = []
        self._stream_since = math.inf
        self._wanted = VelocityCommand()
        self._goal_height = 0.0
        self._armed_at = math.inf

    @property
    def height(self) -> float:
        """Height above the ground, metres."""
        return float(self.odometry.position[2] - self.home[2])

    # What is asked of it.

    def arm(self, now: float) -> tuple[CommandResult, str]:
        """Arm, when it is healthy and in a mode in which one may."""
        if self.armed:
            return CommandResult.ACCEPTED, ''
        if not self.healthy:
            return CommandResult.TEMPORARILY_REJECTED, 'Preflight Fail: compass inconsistent'
        if self.battery < 0.15:
            return CommandResult.TEMPORARILY_REJECTED, 'Preflight Fail: battery low'
        if self.mode in (FlightMode.LAND, FlightMode.RETURN):
            return CommandResult.TEMPORARILY_REJECTED, f'Arming denied: mode {self.mode.value}'
        self.armed, self._armed_at = True, now
        return CommandResult.ACCEPTED, 'Armed'

    def disarm(self, *, force: bool) -> tuple[CommandResult, str]:
        """Disarm on the ground; in the air only by force."""
        if self.armed and not self.is_on_ground and not force:
            return CommandResult.TEMPORARILY_REJECTED, 'Disarming denied: not landed'
        self.armed = False
        return CommandResult.ACCEPTED, ''

    def take_off(self, height: float, now: float) -> tuple[CommandResult, str]:
        """Climb by so many metres, when armed."""
        if not self.armed:
            return CommandResult.TEMPORARILY_REJECTED, 'Takeoff denied: not armed'
        if not self.is_px4 and self.mode is not FlightMode.FOLLOW:
            return CommandResult.DENIED, 'Takeoff denied: not in GUIDED'
        self._goal_height = self.height + height
        self.is_on_ground = False
        self._enter(FlightMode.TAKE_OFF, now)
        return CommandResult.ACCEPTED, ''

    def set_mode(self, mode: FlightMode | None, now: float) -> tuple[CommandResult, str]:
        """Change the mode; PX4 takes offboard only while set-points are streaming."""
        if mode is None:
            return CommandResult.UNSUPPORTED, 'Unknown mode'
        if mode is FlightMode.FOLLOW and self.is_px4:
            steady = now - self._stream_since >= STREAM_S and self._has_set_points(now)
            if not steady:
                return CommandResult.TEMPORARILY_REJECTED, 'Offboard denied: no set-points'
        if mode is FlightMode.FOLLOW and self.mode is FlightMode.TAKE_OFF and not self.is_px4:
            return CommandResult.ACCEPTED, ''  # its take-off is a part of GUIDED
        self._enter(mode, now)
        return CommandResult.ACCEPTED, ''

    def take_set_point(self, command: VelocityCommand, now: float) -> None:
        """Take a velocity in base_link axes; it counts in one mode only, but is always noted."""
        if not self._has_set_points(now):
            self._stream_since = now
        self.set_points.append(now)
        self._wanted = command

    def pilot_takes_over(self, now: float) -> None:
        """Switch to manual flight, as the pilot's remote control does; it is always granted."""
        self._enter(FlightMode.POSITION, now)

    # What it does by itself.

    def update(self, odometry: Odometry, now: float) -> str:
        """Take the vehicle's odometry; return the text it sends to the ground station, or ''."""
        self.odometry = odometry
        if not self.armed:
            return ''
        if (
            self.mode is FlightMode.FOLLOW
            and not self._has_set_points(now)
            and not self.is_on_ground
        ):
            if self.is_px4:
                self._enter(FlightMode.HOLD, now)
                return 'Failsafe: offboard control lost, holding'
            return ''  # GUIDED stays and stands still: command() sees to it
        if self.mode is FlightMode.TAKE_OFF and self.height >= self._goal_height:
            self._enter(FlightMode.HOLD if self.is_px4 else FlightMode.FOLLOW, now)
        elif self.mode is FlightMode.RETURN and math.hypot(*self._way_home()) < ARRIVED_M:
            self._enter(FlightMode.LAND, now)
        elif self.mode is FlightMode.LAND and self.height <= LANDED_M:
            self.is_on_ground, self.armed = True, False
            return 'Landed and disarmed'
        elif self.is_on_ground and now - self._armed_at > IDLE_DISARM_S:
            self.armed = False
            return 'Disarmed: no take-off'
        return ''

    def command(self, now: float) -> VelocityCommand:
        """Return the velocity set-point of the vehicle's inner loops, in base_link axes."""
        if not self.armed or self.is_on_ground:
            return VelocityCommand.stop('on the ground')
        if self.mode is FlightMode.TAKE_OFF:
            return VelocityCommand(vz=TAKE_OFF_SPEED)
        if self.mode is FlightMode.LAND:
            return VelocityCommand(vz=-LAND_SPEED)
        if self.mode is FlightMode.RETURN:
            forward, left = self._way_home()
            share = RETURN_SPEED / max(RETURN_SPEED, math.hypot(forward, left))
            return VelocityCommand(vx=forward * share, vy=left * share)
        if self.mode is FlightMode.FOLLOW and self._has_set_points(now):
            return self._wanted
        return VelocityCommand.stop(self.mode.value)

    def _has_set_points(self, now: float) -> bool:
        return bool(self.set_points) and now - self.set_points[-1] <= self.set_point_timeout

    def _way_home(self) -> tuple[float, float]:
        """Return the way to where it was armed, forward and left, metres."""
        dx, dy = (self.home - self.odometry.position)[:2]
        cos, sin = math.cos(self.odometry.yaw), math.sin(self.odometry.yaw)
        return float(dx * cos + dy * sin), float(-dx * sin + dy * cos)

    def _enter(self, mode: FlightMode, now: float) -> None:
        if mode is not self.mode:
            self.mode = mode
            self.history.append((now, mode))
