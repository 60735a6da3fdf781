# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Whom an autopilot's link believes, and every way its address is written."""

from __future__ import annotations

import errno
import math
import os
import socket
import time
from types import SimpleNamespace
from typing import Any

from follow_anything.core.errors import FollowAnythingError, InvalidInput
from follow_anything.launcher.processes import free_port
from follow_anything.robots.mavlink.autopilots import PX4
from follow_anything.robots.mavlink.link import open_link, parse
from follow_anything.robots.mavlink.robot import MavlinkRobot
from follow_anything.robots.mavlink.vehicle import VehicleState
from hypothesis import given
from hypothesis import strategies as st
import pytest

pytestmark = [pytest.mark.field, pytest.mark.mavlink]

ADDRESSES = [
    ('udpin:127.0.0.1:14540', ('udpin', '127.0.0.1', 14540)),
    ('udpin://0.0.0.0:14540', ('udpin', '0.0.0.0', 14540)),
    ('udp://:14540', ('udpin', '0.0.0.0', 14540)),
    ('udp://:14540@', ('udpin', '0.0.0.0', 14540)),
    ('udp:127.0.0.1:14550', ('udpin', '127.0.0.1', 14550)),
    ('udpout:10.0.0.1:14550', ('udpout', '10.0.0.1', 14550)),
    ('udpout://10.0.0.1:14550', ('udpout', '10.0.0.1', 14550)),
    ('serial:/dev/ttyACM0:921600', ('serial', '/dev/ttyACM0', 921600)),
    ('serial:///dev/ttyACM0:57600', ('serial', '/dev/ttyACM0', 57600)),
    ('/dev/ttyUSB0:57600', ('serial', '/dev/ttyUSB0', 57600)),
    ('udp://:14540@127.0.0.1:14557', ('udpin', '0.0.0.0', 14540)),
    ('udp://:14540@?ids=1,240', ('udpin', '0.0.0.0', 14540)),
    ('UDP://:14540/', ('udpin', '0.0.0.0', 14540)),
    ('/dev/ttyACM0', ('serial', '/dev/ttyACM0', 57600)),
    ('serial:///dev/ttyACM0', ('serial', '/dev/ttyACM0', 57600)),
    ('/dev/ttyACM0,115200', ('serial', '/dev/ttyACM0', 115200)),
    ('serial:///dev/ttyUSB0:57600?ids=1,240', ('serial', '/dev/ttyUSB0', 57600)),
    (' udpin://0.0.0.0:14540\n', ('udpin', '0.0.0.0', 14540)),
]


@pytest.mark.parametrize(('address', 'expected'), ADDRESSES)
def test_the_forms_of_others_are_understood(address: str, expected: tuple[str, str, int]) -> None:
    assert parse(address) == expected


@pytest.mark.parametrize(
    ('address', 'reason'),
    [
        ('udpin:127.0.0.1:99999', r'port must be in \[1, 65535\]'),
        ('udpin:127.0.0.1:0', 'port must be'),
        (f'udpout:10.0.0.1:{10**30}', 'port must be'),
        ('serial:/dev/ttyACM0:0', 'baud rate must be'),
        (f'serial:/dev/ttyACM0:{10**30}', 'baud rate must be'),
        ('tcp://127.0.0.1:5760', 'pass it on by UDP'),
        ('tcpin:0.0.0.0:5760', 'pass it on by UDP'),
        ('serial-hwfc:///dev/ttyS1:57600', 'expected udpin:HOST:PORT'),
        ('udpout://:14540', 'expected udpin:HOST:PORT'),
        ('udp://14540@10.0.0.1:14550', 'expected udpin:HOST:PORT'),
        ('udpin:127.0.0.1', 'expected udpin:HOST:PORT'),
        ('udpin:127.0.0.1:-5', 'expected udpin:HOST:PORT'),
        ('COM3:57600', 'expected udpin:HOST:PORT'),
        ('', 'expected udpin:HOST:PORT'),
    ],
)
def test_what_is_no_address_is_refused(address: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        parse(address)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        kind, where, number = parse(text)
    except InvalidInput:
        return
    assert kind in ('udpin', 'udpout', 'serial')
    assert where
    assert number > 0


@pytest.mark.parametrize(
    'address',
    [
        'udpin:no.such.host.invalid:14540', 'udpin:203.0.113.9:14540', '/dev/ttyNONE:57600',
        'udpout:no.such.host.invalid:14540', f'udpout:{"a" * 300}:14540', 'udpout:a..b:14540',
    ],
)  # fmt: skip
def test_what_cannot_be_opened_says_so(address: str) -> None:
    with pytest.raises(FollowAnythingError):
        open_link(address)


@pytest.mark.parametrize('reason', [errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN])
def test_a_radio_that_is_off_for_a_while_breaks_no_link(
    monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    """The first datagram without a way ended the thread, until somebody started anew."""

    def no_way(*_: Any) -> int:
        raise OSError(reason, os.strerror(reason))

    link = open_link(f'udpout:localhost:{free_port()}')
    with monkeypatch.context() as patch:
        patch.setattr(link, '_socket', SimpleNamespace(sendto=no_way, close=lambda: None))
        link.write(b'a beat')
        patch.setattr(link, '_socket', SimpleNamespace(sendto=failing, close=lambda: None))
        with pytest.raises(OSError, match='Bad file'):
            link.write(b'a beat')
    link.close()


def failing(*_: Any) -> int:
    raise OSError(errno.EBADF, os.strerror(errno.EBADF))


class Said:
    """A message as pymavlink makes them."""

    def __init__(self, kind: str, component: int, system: int = 1, **values: Any) -> None:
        self._kind, self._component, self._system = kind, component, system
        self.__dict__.update(values)

    def get_type(self) -> str:
        return self._kind

    def get_srcSystem(self) -> int:  # noqa: N802
        return self._system

    def get_srcComponent(self) -> int:  # noqa: N802
        return self._component


def heartbeat(component: int = 1, autopilot: int = 12, system: int = 1) -> Said:
    about = {'autopilot': autopilot, 'base_mode': 128, 'custom_mode': 0, 'system_status': 4}
    return Said('HEARTBEAT', component, system, **about)


def place(component: int, north: float) -> Said:
    about = {'x': north, 'y': 0.0, 'z': -2.0, 'vx': 0.0, 'vy': 0.0, 'vz': 0.0}
    return Said('LOCAL_POSITION_NED', component, **about)


OTHERS = [154, 171, 191, 197, 100, 0]
"""A gimbal, another gimbal, a companion, a visual odometry, a camera, nobody."""


def flying() -> VehicleState:
    vehicle = VehicleState()
    for message in (
        heartbeat(),
        Said('ATTITUDE', 1, yaw=0.0),
        place(1, 3.0),
        Said('EXTENDED_SYS_STATE', 1, landed_state=2),
        Said(
            'SYS_STATUS', 1, onboard_control_sensors_enabled=1, onboard_control_sensors_health=1,
            battery_remaining=90,
        ),
    ):  # fmt: skip
        vehicle.take_message(message, 10.0)
    assert vehicle.why_not_flyable(10.0) == ''
    return vehicle


@pytest.mark.parametrize('component', OTHERS)
def test_only_the_autopilot_is_believed(component: int) -> None:
    vehicle = flying()
    for message in (
        heartbeat(component, autopilot=8),
        Said('ATTITUDE', component, yaw=math.pi / 2),
        place(component, 50.0),
        Said('EXTENDED_SYS_STATE', component, landed_state=1),
        Said(
            'SYS_STATUS', component, onboard_control_sensors_enabled=3,
            onboard_control_sensors_health=0, battery_remaining=5,
        ),
        Said('STATUSTEXT', component, text='crash'),
    ):  # fmt: skip
        vehicle.take_message(message, 10.1)
    pose = vehicle.pose(10.1)
    assert pose is not None
    assert pose.yaw == pytest.approx(math.pi / 2)
    assert pose.position == pytest.approx([0.0, 3.0, 2.0])
    assert vehicle.battery == 0.9
    assert vehicle.why_not_flyable(10.1) == ''
    assert vehicle.last_text == ''


def test_a_companion_that_calls_itself_component_1_is_no_autopilot() -> None:
    vehicle = VehicleState()
    vehicle.take_message(heartbeat(autopilot=8, system=7), 1.0)
    assert vehicle.system == 0
    vehicle.take_message(heartbeat(autopilot=3, system=2), 1.1)
    assert vehicle.system == 2


def test_what_cannot_be_flown_gives_way_to_an_autopilot() -> None:
    """Another board on the same network may be heard before the drone is."""
    vehicle = VehicleState()
    for message in (heartbeat(autopilot=0, system=9), Said('ATTITUDE', 1, 9, yaw=1.0)):
        vehicle.take_message(message, 1.0)
    assert vehicle.why_not_armable(1.0) == 'the autopilot is neither PX4 nor ArduPilot'
    vehicle.take_message(heartbeat(autopilot=12, system=2), 1.1)
    vehicle.take_message(heartbeat(autopilot=0, system=9), 1.2)
    vehicle.take_message(heartbeat(autopilot=3, system=3), 1.3)
    assert (vehicle.system, vehicle.flavour) == (2, PX4)
    assert vehicle.pose(1.3) is None


def test_system_0_is_no_vehicle() -> None:
    vehicle = VehicleState()
    for message in (heartbeat(system=0), place(1, 50.0), Said('ATTITUDE', 1, 0, yaw=1.0)):
        vehicle.take_message(message, 1.0)
    assert vehicle.silence(1.0) == math.inf
    assert not vehicle.is_own(place(1, 50.0))


def test_others_on_the_port_get_no_set_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two vehicles in a simulation send to one port, and both are system 1."""
    now = [100.0]
    monkeypatch.setattr(time, 'monotonic', lambda: now[0])
    port = free_port(udp=True)
    link = open_link(f'udpin:127.0.0.1:{port}')
    with (
        socket.socket(type=socket.SOCK_DGRAM) as ours,
        socket.socket(type=socket.SOCK_DGRAM) as other,
    ):
        ours.settimeout(5.0)
        other.settimeout(5.0)

        def heard(sender: socket.socket) -> bytes:
            sender.sendto(b'x', ('127.0.0.1', port))
            return link.receive(5.0)

        def answered(sender: socket.socket) -> bytes:
            link.write(b'y')
            return sender.recv(10)

        assert heard(other) == b'x'
        assert answered(other) == b'y'
        assert heard(ours) == b'x'
        link.keep_peer()
        assert heard(other) == b''
        assert answered(ours) == b'y'
        now[0] += 2.0
        assert heard(ours) == b'x'
        now[0] += 2.0
        assert heard(other) == b''
        now[0] += 1.0
        assert heard(other) == b'x', 'ours is silent: it may have another port now'
        assert answered(other) == b'y'
    link.close()


def test_the_answer_of_a_gimbal_is_not_the_autopilots() -> None:
    robot = MavlinkRobot('udpin:127.0.0.1:14540')
    robot.vehicle.system = 1
    with robot._changed:
        robot._receive(Said('COMMAND_ACK', 154, command=400, result=0))
    assert robot._acks == {}
    with robot._changed:
        robot._receive(Said('COMMAND_ACK', 1, command=400, result=0))
    assert robot._acks == {400: 0}
