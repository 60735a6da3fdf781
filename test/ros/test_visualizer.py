# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the visualizer writes below a picture agrees with the state above it."""

from __future__ import annotations

import pytest

pytest.importorskip('rclpy', reason='there is no ROS 2 here')

from follow_anything.core.errors import InvalidInput
from follow_anything.core.types import TargetState
from follow_anything.ros.nodes.visualizer import _reason, VisualizerNode
from geometry_msgs.msg import PoseStamped

pytestmark = pytest.mark.ros

UNSEEN = 'LOST: the tracker does not vouch for it'


@pytest.mark.parametrize(
    ('why', 'state', 'written'),
    [
        (UNSEEN, 'LOST', UNSEEN),
        (UNSEEN, 'OCCLUDED', 'OCCLUDED: the robot holds'),
        (UNSEEN, 'AMBIGUOUS', 'AMBIGUOUS: the robot holds'),
        (UNSEEN, 'TRACKING', ''),
        ('IDLE: no target was asked for', 'TRACKING', ''),
        ('stopped by the operator', 'OCCLUDED', 'stopped by the operator'),
        ('fence: slower near it', 'TRACKING', 'fence: slower near it'),
        ('following', 'TRACKING', ''),
        ('following', 'OCCLUDED', ''),
    ],
)
def test_the_reason_does_not_contradict_the_state(why: str, state: str, written: str) -> None:
    assert _reason(why, TargetState[state]) == written


@pytest.mark.parametrize('axis', ['x', 'y', 'z'])
@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_a_place_that_is_nowhere_is_not_drawn(axis: str, value: float) -> None:
    message = PoseStamped()
    setattr(message.pose.position, axis, value)
    with pytest.raises(InvalidInput, match='target_pose'):
        VisualizerNode._on_pose(object(), message)  # type: ignore[arg-type]
