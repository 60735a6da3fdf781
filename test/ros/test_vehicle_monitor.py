# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The pose that the fence depends on is in one frame."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='there is no ROS 2 here')

from follow_anything.core.config import ControllerConfig, with_values
from follow_anything.core.errors import InvalidInput
from follow_anything.ros.robots.monitor import VehicleMonitor
from nav_msgs.msg import Odometry

pytestmark = pytest.mark.ros


@pytest.fixture
def world() -> SimpleNamespace:
    """Give a monitor, and a node in which time stands still."""
    heard: dict[str, Any] = {}
    frames: list[str] = []
    node: Any = SimpleNamespace(
        config=with_values(ControllerConfig(), {'supervisor.fence_radius': 9.0}),
        now_s=100.0,
        subscribe=lambda kind, topic, callback, profile: heard.update({topic: callback}),
    )
    node.steady_now = lambda: node.now_s
    monitor = VehicleMonitor(node, lambda: frames.append(monitor.frame_id))

    def odom(frame: str, x: float = 1.0) -> None:
        message = Odometry()
        message.header.frame_id = frame
        message.pose.pose.position.x = x
        message.pose.pose.orientation.w = 1.0
        heard['odom'](message)

    return SimpleNamespace(node=node, monitor=monitor, odom=odom, frames=frames)


def test_poses_in_two_frames_are_no_pose(world: SimpleNamespace) -> None:
    world.odom('odom')
    assert world.monitor.pose is not None
    for frame, other in (('map', 'odom'), ('odom', 'map'), ('map', 'odom')):
        world.node.now_s += 0.05
        with pytest.raises(
            InvalidInput, match=f"odom: in the frames '{other}' and '{frame}': two publishers"
        ):
            world.odom(frame)
        assert world.monitor.pose is None


def test_another_frame_is_taken_when_it_stays(world: SimpleNamespace) -> None:
    world.odom('map')
    assert world.monitor.pose is not None
    assert world.frames == ['map']
    world.odom('')
    assert world.monitor.pose is not None
    with pytest.raises(InvalidInput):
        world.odom('odom')
    world.odom('odom')
    assert world.monitor.pose is not None
    world.node.now_s += 10.0
    world.odom('map')
    assert world.monitor.pose is not None
    assert world.frames == ['map', 'odom', 'map']
