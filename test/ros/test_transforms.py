# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The transforms of /tf, and what of them is not believed: two robots under one name."""

from __future__ import annotations

from collections.abc import Callable
import math
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='there is no ROS 2 here')

from follow_anything.core.errors import BadQuery
from follow_anything.ros.transforms import ContestedFrame, TransformTree
from geometry_msgs.msg import TransformStamped
import numpy as np
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

pytestmark = [pytest.mark.ros, pytest.mark.field]


class Listener:
    """A node that hears what a test says, at the time the test says."""

    def __init__(self) -> None:
        self.now = 0.0
        self.hears: dict[str, Callable[[TFMessage], None]] = {}
        self.warnings: list[str] = []
        self.tree = TransformTree(self)  # type: ignore[arg-type]

    def subscribe(
        self, _kind: Any, topic: str, callback: Callable[[TFMessage], None], _profile: Any
    ) -> None:
        self.hears[topic] = callback

    def steady_now(self) -> float:
        return self.now

    def get_logger(self) -> Listener:
        return self

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def hear(self, topic: str, child: str, **place: Any) -> None:
        self.hears[topic](TFMessage(transforms=[transform(child, **place)]))

    def where(self, child: str) -> float:
        """Return x of the origin of a frame in odom."""
        return float(self.tree.transform(np.zeros(3), child, 'odom')[0])


def transform(
    child: str, x: float = 0.0, y: float = 0.0, yaw: float = 0.0, parent: str = 'odom'
) -> TransformStamped:
    message = TransformStamped(header=Header(frame_id=parent), child_frame_id=child)
    message.transform.translation.x, message.transform.translation.y = x, y
    message.transform.rotation.z = math.sin(yaw / 2)
    message.transform.rotation.w = math.cos(yaw / 2)
    return message


@pytest.fixture
def listener() -> Listener:
    return Listener()


def test_frames_that_never_move_are_said_once(listener: Listener) -> None:
    """A driver and a robot description say nearly the same: that is one camera."""
    for x, yaw in ((0.1, 0.0), (0.12, 0.02), (0.1, 0.0)):
        listener.hear('/tf_static', 'camera', x=x, yaw=yaw)
    assert listener.where('camera') == pytest.approx(0.1)
    assert listener.warnings == []


@pytest.mark.parametrize('other', [{'x': 1.0}, {'yaw': 0.5}, {'parent': 'mast'}])
def test_of_two_things_under_one_name_neither_is_believed(
    listener: Listener, other: dict[str, Any]
) -> None:
    listener.hear('/tf_static', 'camera')
    version = listener.tree.version
    listener.hear('/tf_static', 'camera', **other)
    assert listener.tree.version > version, 'whoever keeps what was said asks again'
    for _ in range(3):  # whoever says it again is not right for that
        with pytest.raises(ContestedFrame, match="different things of 'camera': two robots"):
            listener.where('camera')
        listener.hear('/tf_static', 'camera')
    assert len(listener.warnings) == 1
    listener.hear('/tf_static', 'lidar', x=2.0)
    assert listener.where('lidar') == pytest.approx(2.0), 'the others are as they were'


@pytest.mark.parametrize('robots', [2, 3])
def test_robots_that_move_under_one_name_are_told(listener: Listener, robots: int) -> None:
    """Each is where it is, at 20 Hz, and on /tf one frame is everywhere."""
    for step in range(20 * robots):
        listener.now = step * 0.05 / robots
        number = step % robots
        listener.hear('/tf', 'base_link', x=3.0 * number + 0.4 * listener.now, y=number * number)
    with pytest.raises(ContestedFrame, match="moves 'base_link' back and forth: two robots"):
        listener.where('base_link')
    for step in range(30):  # one of them goes home
        listener.now = 2.0 + 0.1 * step
        listener.hear('/tf', 'base_link', x=0.4 * listener.now)
    assert listener.where('base_link') == pytest.approx(0.4 * listener.now)


def test_one_that_moves_turns_and_is_corrected_is_one(listener: Listener) -> None:
    """As fast as a drone, with a pan unit, and a localization that jumps now and then."""
    for step in range(400):
        listener.now = step * 0.1
        jump = 5.0 * (step // 40)
        shake = 0.1 * (-1) ** step
        listener.hear('/tf', 'base_link', x=2.0 * step + jump + shake, yaw=0.3 * step)
        assert listener.where('base_link') == pytest.approx(2.0 * step + jump + shake)


def test_what_nobody_said_is_not_connected(listener: Listener) -> None:
    listener.hear('/tf', 'base_link')
    with pytest.raises(BadQuery, match='does not connect'):
        listener.where('camera')
