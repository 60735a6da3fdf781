# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the tracker hears of the robot's own motion, and what of it is not believed."""

from __future__ import annotations

from collections.abc import Callable
import math
import threading
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='there is no ROS 2 here')

from follow_anything.core.errors import InvalidInput
from follow_anything.core.world.ego import Ego
from follow_anything.ros.messages.conversions import time_msg
from follow_anything.ros.own_motion import OwnMotion
from follow_anything.ros.transforms import TransformTree
from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import Imu
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

pytestmark = [pytest.mark.ros, pytest.mark.identity]

START, DT = 10.0, 0.02


class Robot:
    """A node that hears what a test says."""

    def __init__(self) -> None:
        self.hears: dict[str, Callable[[Any], None]] = {}
        self.complaints: list[str] = []
        self.ego = Ego()
        tree = TransformTree(self, only_static=True)  # type: ignore[arg-type]
        OwnMotion(self, self.ego, threading.Lock(), tree, 'base_link')  # type: ignore[arg-type]

    def subscribe(
        self, _kind: Any, topic: str, callback: Callable[[Any], None], _profile: Any
    ) -> None:
        self.hears[topic] = callback

    def complain(self, error: Exception) -> None:
        self.complaints.append(str(error))

    def turned(self, frame: str = 'base_link', **rates: float) -> float:
        """Turn at these rates for a second; return how far we look to the left then, rad."""
        self.ego.pose_at(START)
        for index in range(round(1.0 / DT) + 1):
            self.hears['imu'](rotating(START + index * DT, frame, **rates))
        forward = self.ego.pose_at(START + 1.0).axes[:, 2]
        return math.atan2(forward[1], forward[0])


def rotating(stamp: float, frame: str, **rates: float) -> Imu:
    message = Imu(header=Header(frame_id=frame, stamp=time_msg(stamp)))
    for axis, rate in rates.items():
        setattr(message.angular_velocity, axis, rate)
    return message


@pytest.fixture
def robot() -> Robot:
    return Robot()


@pytest.mark.parametrize('frame', ['base_link', '/base_link', ''])
def test_a_gyroscope_in_the_base_tells_how_we_turn(robot: Robot, frame: str) -> None:
    assert robot.turned(frame, z=0.4, x=0.2) == pytest.approx(0.4, abs=1e-3)


def test_a_gyroscope_that_hangs_upside_down_is_turned_by_tf(robot: Robot) -> None:
    placed = TransformStamped(header=Header(frame_id='base_link'), child_frame_id='imu_link')
    placed.transform.rotation.x, placed.transform.rotation.w = 1.0, 0.0
    robot.hears['/tf_static'](TFMessage(transforms=[placed]))
    assert robot.turned('imu_link', z=0.4) == pytest.approx(-0.4, abs=1e-3)
    assert not robot.complaints


def test_a_gyroscope_of_which_nobody_knows_how_it_sits_is_left_and_said_once(
    robot: Robot,
) -> None:
    assert robot.turned('imu_link', z=0.4) == pytest.approx(0.0)
    (complaint,) = robot.complaints
    assert "'imu_link'" in complaint
    assert 'left out' in complaint


def test_an_imu_without_a_gyroscope_says_so(robot: Robot) -> None:
    message = rotating(START, 'base_link', z=9.0)
    message.angular_velocity_covariance[0] = -1.0
    robot.hears['imu'](message)
    robot.ego.pose_at(START)
    forward = robot.ego.pose_at(START + 0.2).axes[:, 2]
    assert forward[1] == pytest.approx(0.0)


@pytest.mark.parametrize('bad', [math.nan, math.inf])
def test_a_rate_that_is_no_number_is_refused(robot: Robot, bad: float) -> None:
    with pytest.raises(InvalidInput, match='imu'):
        robot.hears['imu'](rotating(START, 'base_link', z=bad))
    assert robot.turned(z=0.0) == pytest.approx(0.0)


def test_odometry_that_is_no_rotation_is_refused(robot: Robot) -> None:
    message = Odometry(header=Header(stamp=time_msg(START)))
    message.pose.pose.orientation.w = 0.0
    with pytest.raises(InvalidInput, match='odom'):
        robot.hears['odom'](message)
