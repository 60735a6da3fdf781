# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""State of a vehicle from its MAVLink messages, and whether it may be flown; NED ends here."""

from __future__ import annotations

import math
from typing import Any

from follow_anything.core.control.supervisor import VehiclePose
from follow_anything.core.geometry import wrap_angle
from follow_anything.robots.mavlink.autopilots import Flavour, flavour_of
import numpy as np

__all__ = ['AUTOPILOT', 'VehicleState']

HEARTBEAT_TIMEOUT_S = 2.5
"""Autopilots send one a second; two may be lost."""

STATUS_TIMEOUT_S = 5.0
POSITION_TIMEOUT_S = 1.0

# Numbers of the MAVLink common message set.
AUTOPILOT, NO_AUTOPILOT = 1, 8
ARMED_FLAG = 128
CRITICAL_STATE = 5
ON_GROUND = 1
SENSORS = {
    0x1: 'gyroscope', 0x2: 'accelerometer', 0x4: 'compass', 0x8: 'barometer', 0x20: 'GPS',
    0x200000: 'attitude and position estimate', 0x2000000: 'battery',
    0x10000000: 'checks before arming',
}  # fmt: skip


class VehicleState:
    """
    The newest messages of one autopilot. The first that sends is ours; others are ignored.

    One that we cannot fly gives way to one that we can. Times are on the clock of the `now` given.
    """

    def __init__(self) -> None:
        self.system = 0
        self.flavour: Flavour | None = None
        self.armed = False
        self.mode = -1
        self.last_text = ''
        self._state = 0
        self._heartbeat_at = -math.inf
        self._status_at = -math.inf
        self._unhealthy: list[str] = []
        self._charge: float | None = None
        self._landed = 0
        self._place: tuple[float, Any] | None = None
        self._yaw: tuple[float, float] | None = None

    def is_own(self, message: Any) -> bool:
        """Tell whether a message is of our autopilot, whose heartbeat has been heard."""
        sender = message.get_srcSystem(), message.get_srcComponent()
        return self.system != 0 and sender == (self.system, AUTOPILOT)

    def take_message(self, message: Any, now: float) -> None:
        """Take one message; those of other components of the same system are ignored."""
        kind, sender = message.get_type(), message.get_srcSystem()
        if message.get_srcComponent() != AUTOPILOT or sender == 0:  # 0: everybody, no vehicle
            return
        if kind == 'HEARTBEAT' and message.autopilot != NO_AUTOPILOT:
            self._take_heartbeat(message, sender, now)
        if sender != self.system:
            return
        if kind == 'SYS_STATUS':
            bad = message.onboard_control_sensors_enabled & ~message.onboard_control_sensors_health
            self._unhealthy = [name for bit, name in SENSORS.items() if bad & bit]
            self._status_at = now
            remaining = message.battery_remaining
            self._charge = remaining / 100.0 if remaining >= 0 else None
        elif kind == 'EXTENDED_SYS_STATE':
            self._landed = message.landed_state
        elif kind == 'LOCAL_POSITION_NED':
            self._place = now, message
        elif kind == 'ATTITUDE':
            self._yaw = now, message.yaw
        elif kind == 'STATUSTEXT':
            self.last_text = str(message.text)

    def _take_heartbeat(self, message: Any, sender: int, now: float) -> None:
        flavour = flavour_of(message.autopilot)
        if sender != self.system and self.flavour is None and flavour is not None:
            vars(self).update(vars(VehicleState()))  # nothing of the other is true of this one
        self.system = self.system or sender
        if sender == self.system:
            self.flavour, self._heartbeat_at = flavour, now
            self.armed = bool(message.base_mode & ARMED_FLAG)
            self.mode, self._state = message.custom_mode, message.system_status

    @property
    def mode_name(self) -> str:
        """The flight mode, for people."""
        return self.flavour.mode_name(self.mode) if self.flavour else 'no mode'

    @property
    def battery(self) -> float | None:
        """Charge, [0, 1]; None when it does not say."""
        return self._charge

    def follows(self) -> bool:
        """Return whether it is in the mode that takes our velocities."""
        return self.flavour is not None and self.mode == self.flavour.follow

    def silence(self, now: float) -> float:
        """Return the seconds since its last heartbeat."""
        return now - self._heartbeat_at

    def pose(self, now: float) -> VehiclePose | None:
        """Return its pose, east-north-up around the origin of its estimator; None: unknown."""
        if self._place is None or self._yaw is None:
            return None
        (place_at, place), (yaw_at, yaw) = self._place, self._yaw
        position = np.array([place.y, place.x, -place.z], float)
        velocity = np.array([place.vy, place.vx, -place.vz], float)
        stamp = min(place_at, yaw_at)
        return VehiclePose(stamp, position, wrap_angle(math.pi / 2 - yaw), velocity)

    def why_not_armable(self, now: float) -> str:
        """Return why it must not be armed by us; '' when it may."""
        if self.silence(now) > HEARTBEAT_TIMEOUT_S:
            return 'no heartbeat of an autopilot'
        if self.flavour is None:
            return 'the autopilot is neither PX4 nor ArduPilot'
        if self._state >= CRITICAL_STATE:
            return f'the vehicle is in an emergency (MAV_STATE {self._state})'
        if now - self._status_at > STATUS_TIMEOUT_S:
            return 'the vehicle says nothing about its health (no SYS_STATUS)'
        if self._unhealthy:
            return f'not healthy: {", ".join(self._unhealthy)}'
        return ''

    def why_not_flyable(self, now: float) -> str:
        """Return why it must not be flown by us; '' when it may."""
        why_not = self.why_not_armable(now)
        if why_not:
            return why_not
        if not self.armed:
            return 'not armed'
        pose = self.pose(now)
        if pose is None or now - pose.stamp > POSITION_TIMEOUT_S:
            return 'the vehicle does not know where it is (no local position)'
        if self._landed == ON_GROUND:
            return 'on the ground: take off first'
        return ''
