# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
A stand-in autopilot that speaks MAVLink over UDP on this machine, as PX4's simulation does.

flight_rules.py decides; this file translates. The vehicle behind it is whoever calls fly(): the
embedded simulator, or run_vehicle(), a drone alone in an empty world.
"""

from __future__ import annotations

import math
import select
import socket
import threading
import time
from types import TracebackType
from typing import Any

from follow_anything.core.errors import MissingDependency
from follow_anything.core.types import VelocityCommand
from follow_anything.robots.mavlink.autopilots import CommandResult
from follow_anything.sim.vehicle.flight_rules import FlightMode, FlightRules
from follow_anything.sim.vehicle.vehicles import Odometry, Vehicle

__all__ = ['StandIn']

PERIOD_S = 0.01

PX4_MODES = {
    FlightMode.MANUAL: (1, 0), FlightMode.POSITION: (3, 0), FlightMode.TAKE_OFF: (4, 2),
    FlightMode.HOLD: (4, 3), FlightMode.RETURN: (4, 5), FlightMode.LAND: (4, 6),
    FlightMode.FOLLOW: (6, 0),
}  # fmt: skip
COPTER_MODES = {
    FlightMode.MANUAL: 0, FlightMode.POSITION: 16, FlightMode.TAKE_OFF: 4, FlightMode.HOLD: 5,
    FlightMode.RETURN: 6, FlightMode.LAND: 9, FlightMode.FOLLOW: 4,
}  # fmt: skip

HOME_LATITUDE, HOME_LONGITUDE, HOME_ALTITUDE_M = 47.397742, 8.545594, 488.0
METRES_A_DEGREE = 111_320.0

SENSORS = 0x1 | 0x2 | 0x4 | 0x8 | 0x20 | 0x200000 | 0x2000000 | 0x10000000
COMPASS, CHECKS = 0x4, 0x10000000
FORCE_DISARM = 21196.0
IGNORES_VELOCITY, IGNORES_YAW_RATE = 0b111000, 0x800
LOCAL_NED, BODY_NED, BODY_OFFSET_NED = 1, 8, 9

REPEATED = (
    ('_heartbeat', 1.0), ('_sys_status', 0.5), ('_extended_state', 0.5), ('_position', 0.04),
    ('_global_position', 0.2), ('_home', 1.0),
)  # fmt: skip
"""What it says unasked, and how often, seconds."""


class StandIn:
    """
    One vehicle's autopilot on 127.0.0.1.

    :param port: where the companion computer (or MAVSDK) listens.
    :param odometry: of the vehicle at the start.
    :param flavour: 'px4' or 'ardupilot'.
    :param set_point_timeout: seconds. :param take_off_height: where none is given, metres.
    :raises MissingDependency: pymavlink is not installed.
    """

    def __init__(
        self,
        port: int,
        odometry: Odometry,
        flavour: str = 'px4',
        set_point_timeout: float = 0.4,
        take_off_height: float = 2.5,
    ) -> None:
        try:
            from pymavlink.dialects.v20 import common
        except ImportError as error:
            raise MissingDependency(
                'the stand-in needs pymavlink: pip install pymavlink'
            ) from error
        self._dialect: Any = common
        self.rules = FlightRules(flavour == 'px4', odometry, set_point_timeout)
        self.take_off_height = take_off_height
        self.is_cut = False
        self.received: list[str] = []
        self._peer = ('127.0.0.1', port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(('127.0.0.1', 0))
        self._socket.setblocking(False)
        self._mavlink = common.MAVLink(self, srcSystem=1, srcComponent=1)
        self._mavlink.robust_parsing = True
        self._began = time.monotonic()
        self._due = {name: 0.0 for name, _ in REPEATED}
        self._guard = threading.RLock()
        self._running = True
        self._threads = [threading.Thread(target=self._serve, name='autopilot', daemon=True)]

    def __enter__(self) -> StandIn:
        """Switch it on."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Switch it off."""
        self._running = False
        for thread in self._threads:
            thread.join(timeout=2.0)
        self._socket.close()

    def fly(self, odometry: Odometry) -> VelocityCommand:
        """Take the vehicle's odometry; return the velocity command for its inner loops."""
        with self._guard:
            now = time.monotonic()
            self._say(self.rules.update(odometry, now))
            return self.rules.command(now)

    def run_vehicle(self, vehicle: Vehicle, dt: float = 0.01) -> None:
        """Step a vehicle without a world in real time; call before entering the context."""

        def loop() -> None:
            due = time.monotonic()
            while self._running:
                now = time.monotonic() - self._began
                vehicle.command(self.fly(vehicle.odometry(now)), now)
                vehicle.step(now, dt)
                due += dt
                time.sleep(max(0.0, due - time.monotonic()))

        self._threads.append(threading.Thread(target=loop, name='vehicle', daemon=True))

    def write(self, data: bytes) -> None:
        """Send, for pymavlink."""
        if self.is_cut:
            return
        try:
            self._socket.sendto(data, self._peer)
        except (BlockingIOError, ConnectionRefusedError):  # nobody listens yet
            return

    def _serve(self) -> None:
        while self._running:
            readable = select.select([self._socket], [], [], PERIOD_S)[0]
            data = b''
            if readable:
                try:
                    data = self._socket.recv(65535)
                except (BlockingIOError, ConnectionRefusedError):
                    data = b''
            with self._guard:
                now = time.monotonic()
                if data and not self.is_cut:
                    for message in self._mavlink.parse_buffer(data) or ():
                        self._receive(message, now)
                self._say(self.rules.update(self.rules.odometry, now))
                for name, period in REPEATED:
                    if now >= self._due[name]:
                        self._due[name] = now + period
                        getattr(self, name)()

    # What it receives.

    def _receive(self, message: Any, now: float) -> None:
        kind = message.get_type()
        if kind in ('COMMAND_LONG', 'COMMAND_INT'):
            self.received.append(f'{kind} {message.command}')
            verdict, text = self._obey(message, now)
            self._say(text)
            self._mavlink.command_ack_send(
                message.command, verdict, 255, 0, message.get_srcSystem(),
                message.get_srcComponent(),
            )  # fmt: skip
            self._heartbeat()
        elif kind == 'SET_MODE':
            self._say(self.rules.set_mode(self._mode_of(message.custom_mode), now)[1])
        elif kind == 'SET_POSITION_TARGET_LOCAL_NED':
            self._take_set_point(message, now)

    def _obey(self, message: Any, now: float) -> tuple[CommandResult, str]:
        rules, command = self.rules, message.command
        if command == 400:
            if message.param1 == 1.0:
                return rules.arm(now)
            return rules.disarm(force=message.param2 == FORCE_DISARM)
        if command == 176:
            return rules.set_mode(self._mode_asked(message), now)
        if command == 22:
            return rules.take_off(self._height_asked(message), now)
        if command == 21:
            return rules.set_mode(FlightMode.LAND, now)
        if command == 20:
            return rules.set_mode(FlightMode.RETURN, now)
        if command == 512 and message.param1 == 148:
            self._version()
            return CommandResult.ACCEPTED, ''
        if command == 511:
            return CommandResult.ACCEPTED, ''
        return CommandResult.UNSUPPORTED, ''

    def _mode_asked(self, message: Any) -> FlightMode | None:
        custom = int(message.param2)
        if self.rules.is_px4:
            custom = custom << 16 | int(message.param3) << 24
        return self._mode_of(custom)

    def _height_asked(self, message: Any) -> float:
        height = message.param7 if message.get_type() == 'COMMAND_LONG' else message.z
        if self.rules.is_px4:  # PX4 means metres above the sea
            height -= HOME_ALTITUDE_M
        return height if math.isfinite(height) else self.take_off_height

    def _mode_of(self, custom: int) -> FlightMode | None:
        for mode in FlightMode:
            if mode is not FlightMode.TAKE_OFF and self._custom(mode) == custom:
                return mode
        return None

    def _custom(self, mode: FlightMode) -> int:
        if self.rules.is_px4:
            main, sub = PX4_MODES[mode]
            return main << 16 | sub << 24
        return COPTER_MODES[mode]

    def _take_set_point(self, message: Any, now: float) -> None:
        values = (message.vx, message.vy, message.vz, message.yaw_rate)
        ignores = message.type_mask & (IGNORES_VELOCITY | IGNORES_YAW_RATE)
        if ignores or not all(math.isfinite(value) for value in values):
            self._say('Set-point refused: no finite velocity and yaw rate')
            return
        frames = (
            (LOCAL_NED, BODY_NED) if self.rules.is_px4 else (LOCAL_NED, BODY_NED, BODY_OFFSET_NED)
        )
        if message.coordinate_frame not in frames:
            self._say(f'Set-point refused: frame {message.coordinate_frame}')
            return
        x, y, down = message.vx, message.vy, message.vz
        if message.coordinate_frame == LOCAL_NED:  # from north and east to forward and right
            heading = math.pi / 2 - self.rules.odometry.yaw
            cos, sin = math.cos(heading), math.sin(heading)
            x, y = x * cos + y * sin, -x * sin + y * cos
        self.rules.take_set_point(VelocityCommand(x, -y, -down, -message.yaw_rate), now)

    # What it says.

    def _boot_ms(self) -> int:
        return int((time.monotonic() - self._began) * 1e3)

    def _say(self, text: str) -> None:
        if text:
            self._mavlink.statustext_send(4, text[:50].encode())

    def _heartbeat(self) -> None:
        rules = self.rules
        base_mode = 1 | (128 if rules.armed else 0)
        state = 3 if rules.is_on_ground else 4
        autopilot = 12 if rules.is_px4 else 3
        self._mavlink.heartbeat_send(2, autopilot, base_mode, self._custom(rules.mode), state)

    def _sys_status(self) -> None:
        health = SENSORS if self.rules.healthy else SENSORS & ~(COMPASS | CHECKS)
        charge = round(self.rules.battery * 100)
        self._mavlink.sys_status_send(
            SENSORS, SENSORS, health, 100, 15800, 500, charge, 0, 0, 0, 0, 0, 0
        )

    def _extended_state(self) -> None:
        self._mavlink.extended_sys_state_send(0, 1 if self.rules.is_on_ground else 2)

    def _position(self) -> None:
        odometry = self.rules.odometry
        east, north, up = (float(v) for v in odometry.position - self.rules.home)
        cos, sin = math.cos(odometry.yaw), math.sin(odometry.yaw)
        forward, left, climb = (float(v) for v in odometry.linear)
        v_east, v_north = forward * cos - left * sin, forward * sin + left * cos
        self._mavlink.local_position_ned_send(
            self._boot_ms(), north, east, -up, v_north, v_east, -climb
        )
        yaw = math.remainder(math.pi / 2 - odometry.yaw, 2 * math.pi)
        roll, pitch = odometry.tilt
        rate = -float(odometry.angular[2])
        self._mavlink.attitude_send(self._boot_ms(), roll, -pitch, yaw, 0.0, 0.0, rate)

    def _global_position(self) -> None:
        east, north, up = (float(v) for v in self.rules.odometry.position - self.rules.home)
        latitude = HOME_LATITUDE + north / METRES_A_DEGREE
        shrink = METRES_A_DEGREE * math.cos(math.radians(HOME_LATITUDE))
        longitude = HOME_LONGITUDE + east / shrink
        self._mavlink.global_position_int_send(
            self._boot_ms(), round(latitude * 1e7), round(longitude * 1e7),
            round((HOME_ALTITUDE_M + up) * 1e3), round(up * 1e3), 0, 0, 0, 65535,
        )  # fmt: skip
        self._mavlink.gps_raw_int_send(
            self._boot_ms() * 1000, 3, round(latitude * 1e7), round(longitude * 1e7),
            round((HOME_ALTITUDE_M + up) * 1e3), 80, 80, 0, 65535, 12,
        )  # fmt: skip

    def _home(self) -> None:
        self._mavlink.home_position_send(
            round(HOME_LATITUDE * 1e7), round(HOME_LONGITUDE * 1e7),
            round(HOME_ALTITUDE_M * 1e3), 0.0, 0.0, 0.0, [1.0, 0.0, 0.0, 0.0], 0.0, 0.0, 0.0,
        )  # fmt: skip

    def _version(self) -> None:
        none = [0] * 8
        mavlink_2, set_position_target = 0x2000, 0x80
        self._mavlink.autopilot_version_send(
            mavlink_2 | set_position_target, 0x010F00FF, 0, 0, 0, none, none, none, 0, 0, 1
        )
