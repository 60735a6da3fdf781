# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The adapters without a transport: what they say, when they are silent, what they refuse."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
import math
from typing import Any

from follow_anything.core.config import ServoConfig
from follow_anything.core.control.supervisor import VehiclePose
from follow_anything.core.geometry import camera_mount, optical_to_body
from follow_anything.core.servo import Servo
from follow_anything.core.types import Target, TargetState, VelocityCommand
from follow_anything.robots.base import Request, RobotAdapter
from follow_anything.robots.gimbal import GimbalRobot
from follow_anything.robots.mavros import MavrosRobot
from follow_anything.robots.nav2 import Nav2Robot
from follow_anything.robots.twist import TwistRobot
import numpy as np
import pytest

pytestmark = pytest.mark.core

AHEAD = VelocityCommand(vx=1.0, vy=0.5, vz=0.2, yaw_rate=0.3)
STOP = VelocityCommand.stop('held')


class Clock:
    """A clock that a test moves."""

    now = 10.0

    def __call__(self) -> float:
        return self.now


# Twist.


def twist(**options: Any) -> tuple[TwistRobot, list[VelocityCommand], Clock]:
    sent: list[VelocityCommand] = []
    clock = Clock()
    return TwistRobot(sent.append, clock=clock, **options), sent, clock


def test_twist_passes_every_command_on() -> None:
    robot, sent, _ = twist()
    for command in (AHEAD, STOP, STOP, AHEAD):
        robot.send(command)
    assert sent == [AHEAD, STOP, STOP, AHEAD]
    assert robot.why_not() == ''


def test_twist_limits_its_rate_but_never_delays_a_stop() -> None:
    robot, sent, clock = twist(rate=10.0)
    for tick in range(100):
        clock.now = 10.0 + tick * 0.01
        robot.send(AHEAD)
    assert len(sent) == pytest.approx(10, abs=1)
    clock.now += 0.001
    robot.send(STOP)
    assert sent[-1].is_zero


def test_twist_falls_silent_for_a_multiplexer() -> None:
    robot, sent, clock = twist(is_silent=True)
    robot.send(AHEAD)
    for tick in range(100):
        clock.now = 11.0 + tick * 0.03
        robot.send(STOP, enabled=False)
    zeros = sent[1:]
    assert 10 < len(zeros) < 25
    assert all(command.is_zero for command in zeros)
    robot.send(STOP)  # enabled again, nothing to follow: it speaks, and says zero
    assert len(sent) == len(zeros) + 2


def test_twist_in_a_dry_run_says_nothing_before_it_is_enabled() -> None:
    robot, sent, clock = twist(is_waiting=True)
    for tick in range(100):
        clock.now = 11.0 + tick * 0.03
        robot.send(STOP, enabled=False)
    robot.close()
    assert sent == []
    robot.send(AHEAD)
    clock.now += 0.03
    robot.send(STOP, enabled=False)  # from now on a stop is said
    assert [command.is_zero for command in sent] == [False, True]
    robot.close()
    assert sent[-1].is_zero
    assert len(sent) == 3


def test_twist_speaks_on_when_it_is_not_to_be_silent() -> None:
    robot, sent, clock = twist()
    for tick in range(100):
        clock.now = 11.0 + tick * 0.03
        robot.send(STOP, enabled=False)
    assert len(sent) == 100


def test_twist_ends_with_zero_that_has_arrived() -> None:
    order: list[str] = []
    robot = TwistRobot(lambda c: order.append(f'zero {c.is_zero}'), lambda: order.append('flush'))
    robot.close()
    assert order == ['zero True', 'flush']


def test_a_plain_robot_has_nothing_to_arm() -> None:
    robot, _, _ = twist()
    assert robot.ask(Request.ARM) == 'this robot needs no arm'
    assert robot.ask(Request.RELEASE) == ''
    assert robot.pose(0.0) is None
    assert robot.battery() is None


# MAVROS.


@dataclass
class FakeFlight:
    connected: bool = True
    armed: bool = True
    mode: str = 'OFFBOARD'
    asked: list[str] = field(default_factory=list)

    def status(self) -> tuple[bool, bool, str]:
        return self.connected, self.armed, self.mode

    def arm(self, value: bool) -> str:
        self.asked.append(f'arm {value}')
        return ''

    def set_mode(self, name: str) -> str:
        self.asked.append(name)
        return ''


def vehicle(yaw: float) -> VehiclePose:
    return VehiclePose(0.0, np.zeros(3), yaw, np.zeros(3))


def mavros(
    flight: FakeFlight, yaw: float = 0.0, age: float = 0.0, mode: str = 'OFFBOARD'
) -> tuple[MavrosRobot, list[VelocityCommand]]:
    sent: list[VelocityCommand] = []
    pose = None if math.isnan(age) else (vehicle(yaw), age)
    return MavrosRobot(sent.append, lambda: pose, flight, mode, 0.5), sent


def test_mavros_gets_velocities_along_its_map() -> None:
    robot, sent = mavros(FakeFlight(), yaw=math.pi / 2)  # it looks north
    robot.send(AHEAD)
    assert sent[0].axes == pytest.approx((-0.5, 1.0, 0.2, 0.3))


@pytest.mark.parametrize(('yaw', 'age'), [(0.0, math.nan), (0.0, 0.6), (math.nan, 0.0)])
def test_mavros_without_a_pose_stands_still_and_streams_on(yaw: float, age: float) -> None:
    robot, sent = mavros(FakeFlight(), yaw, age)
    for _ in range(3):
        robot.send(AHEAD)
    assert [command.is_zero for command in sent] == [True] * 3
    assert 'pose' in robot.why_not()
    assert 'pose' in robot.ask(Request.ENGAGE)


@pytest.mark.parametrize(
    ('flight', 'why'),
    [
        (FakeFlight(connected=False), 'no connection'),
        (FakeFlight(armed=False), 'not armed'),
        (FakeFlight(mode='POSCTL'), 'POSCTL, not OFFBOARD'),
        (FakeFlight(), ''),
    ],
)
def test_mavros_says_why_not(flight: FakeFlight, why: str) -> None:
    robot, sent = mavros(flight)
    assert why in robot.why_not()
    assert bool(robot.why_not()) == bool(why)
    robot.send(STOP)
    assert flight.asked == [], 'it must ask for nothing by itself'
    assert len(sent) == 1


def test_mavros_asks_only_for_what_the_operator_wants() -> None:
    flight = FakeFlight(armed=False, mode='POSCTL')
    robot, _ = mavros(flight)
    assert robot.ask(Request.ENGAGE) == 'not armed'
    assert robot.ask(Request.RELEASE) == ''
    assert flight.asked == []
    robot.ask(Request.ARM)
    flight.armed = True
    robot.ask(Request.ENGAGE)
    flight.mode = 'OFFBOARD'
    robot.ask(Request.RELEASE)
    robot.ask(Request.DISARM)
    assert flight.asked == ['arm True', 'OFFBOARD', 'AUTO.LOITER', 'arm False']
    assert 'no connection' in mavros(FakeFlight(connected=False))[0].ask(Request.ARM)


def test_mavros_ends_with_zero() -> None:
    robot, sent = mavros(FakeFlight())
    robot.close()
    assert sent[-1].is_zero


# Nav2.


@dataclass
class FakeFollowing:
    log: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.log.append('start')

    def cancel(self) -> None:
        self.log.append('cancel')

    def why_not(self) -> str:
        return ''


TRACKED = Target(
    5.0, TargetState.TRACKING, 1, presence=1.0, position=np.array([0.5, 0.2, 4.0]), range_std=0.1
)


def test_nav2_gets_poses_while_following_and_is_cancelled_on_loss() -> None:
    poses: list[Target] = []
    following = FakeFollowing()
    robot = Nav2Robot(poses.append, following)
    robot.send(AHEAD)  # nothing is known of the target yet
    assert (poses, following.log) == ([], [])
    robot.observe(TRACKED)
    robot.send(AHEAD)
    robot.send(VelocityCommand())  # at the right distance: still following
    assert (len(poses), following.log) == (2, ['start'])
    robot.send(VelocityCommand.stop('OCCLUDED'))
    robot.send(VelocityCommand.stop('LOST'))
    assert (len(poses), following.log) == (2, ['start', 'cancel'])
    robot.send(AHEAD)
    robot.send(AHEAD, enabled=False)
    assert following.log == ['start', 'cancel', 'start', 'cancel']
    robot.send(AHEAD)
    robot.close()
    robot.close()
    assert following.log[-2:] == ['start', 'cancel']


@pytest.mark.parametrize(
    'target',
    [replace(TRACKED, state=TargetState.LOST), replace(TRACKED, position=None)],
)
def test_nav2_is_not_sent_after_what_is_not_seen(target: Target) -> None:
    poses: list[Target] = []
    robot = Nav2Robot(poses.append, FakeFollowing())
    robot.observe(target)
    robot.send(AHEAD)
    assert poses == []


# Gimbal.


class Body(RobotAdapter):
    """Remembers what it received."""

    def __init__(self) -> None:
        self.log: list[VelocityCommand] = []

    def send(self, command: VelocityCommand, *, enabled: bool = True) -> None:
        self.log.append(command)

    def close(self) -> None:
        self.log.append(VelocityCommand.stop('closed'))


def gimbal(
    angles: tuple[float, float] | None, roll: float = 0.0
) -> tuple[GimbalRobot, Body, list[tuple[float, float]], Clock]:
    body, rates, clock = Body(), [], Clock()
    publish = lambda pan, tilt: rates.append((pan, tilt))  # noqa: E731
    mount = camera_mount(roll, -0.35, 0.0)
    robot = GimbalRobot(body, publish, lambda: angles, roll, mount, 3.0, 1.0, clock)
    return robot, body, rates, clock


def test_gimbal_turns_towards_the_target() -> None:
    robot, body, rates, _ = gimbal((0.0, 0.0))
    robot.observe(TRACKED)  # right of and below the axis
    robot.send(AHEAD)
    pan, tilt = rates[-1]
    assert pan == pytest.approx(-3.0 * math.atan2(0.5, 4.0))
    assert tilt == pytest.approx(-3.0 * math.atan2(0.2, 4.0))
    assert body.log == [AHEAD]
    robot.observe(replace(TRACKED, position=np.array([-9.0, 0.0, 1.0])))
    robot.send(AHEAD)
    assert rates[-1][0] == 1.0


@pytest.mark.parametrize(('pan', 'tilt'), [(0.0, 0.0), (0.5, 0.0), (0.0, -0.6), (-1.2, 0.3)])
def test_body_follows_where_the_gimbal_looks(pan: float, tilt: float) -> None:
    """What the servo believes to see is where the target is, whatever way the camera looks."""
    robot, _, _, _ = gimbal((pan, tilt))
    seen = robot.observe(replace(TRACKED, position=np.array([0.0, 0.0, 5.0])))
    assert seen.position is not None
    forward, left, up = optical_to_body(seen.position, -0.35)
    assert math.atan2(left, forward) == pytest.approx(pan, abs=1e-9)
    assert math.atan2(up, math.hypot(forward, left)) == pytest.approx(tilt, abs=1e-9)
    assert np.linalg.norm(seen.position) == pytest.approx(5.0)


@pytest.mark.field
def test_a_gimbal_that_hangs_upside_down_turns_the_same_way() -> None:
    upright, hanging = gimbal((0.3, -0.2)), gimbal((0.3, -0.2), roll=math.pi)
    seen = [
        robot.observe(replace(TRACKED, position=position))
        for (robot, *_), position in (
            (upright, np.array([0.5, 0.2, 4.0])),
            (hanging, np.array([-0.5, -0.2, 4.0])),
        )
    ]
    for robot, *_ in (upright, hanging):
        robot.send(AHEAD)
    assert upright[2][-1] == pytest.approx(hanging[2][-1])
    in_base = [
        camera_mount(roll, -0.35, 0.0) @ target.position
        for roll, target in zip((0.0, math.pi), seen, strict=True)
    ]
    assert in_base[0] == pytest.approx(in_base[1])


def test_without_angles_the_body_stands_still() -> None:
    robot, _, rates, _ = gimbal(None)
    seen = robot.observe(TRACKED)
    assert seen.position is None
    servo = Servo(ServoConfig())
    servo.observe(seen)
    command = servo.command(5.0)
    assert command.is_zero
    robot.send(command)
    assert rates[-1] != (0.0, 0.0), 'the camera itself needs no angles to look at the target'


def test_gimbal_stops_with_the_target_and_with_the_operator() -> None:
    robot, _, rates, clock = gimbal((0.0, 0.0))
    robot.observe(TRACKED)
    robot.send(STOP, enabled=False)
    assert rates[-1] == (0.0, 0.0)
    robot.send(AHEAD)
    assert rates[-1] != (0.0, 0.0)
    clock.now += 0.3  # no picture since
    robot.send(AHEAD)
    assert rates[-1] == (0.0, 0.0)
    robot.observe(replace(TRACKED, state=TargetState.OCCLUDED))
    robot.send(AHEAD)
    assert rates[-1] == (0.0, 0.0)
    robot.close()
    assert rates[-1] == (0.0, 0.0)
