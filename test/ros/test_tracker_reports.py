# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What a tracker says of one picture twice, and what it does not."""

from __future__ import annotations

from dataclasses import replace

from follow_anything.core.types import Box, Target, TargetState
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')

from follow_anything.ros.nodes.tracker import _decides_alike

pytestmark = pytest.mark.ros

BEFORE = Target(5.0, TargetState.TRACKING, 2, Box(10, 10, 30, 50), presence=0.9)


@pytest.mark.parametrize(
    ('changes', 'alike'),
    [
        ({}, True),
        ({'presence': 0.8, 'box': Box(11, 10, 31, 50)}, True),
        ({'stamp': 5.05}, False),
        ({'state': TargetState.AMBIGUOUS}, False),
        ({'state': TargetState.OCCLUDED}, False),
        ({'target_id': 3}, False),
        ({'box': Box(40, 10, 60, 50)}, False),
        ({'box': None}, False),
    ],
)
def test_what_lets_a_robot_do_otherwise_is_said_again(
    changes: dict[str, object], alike: bool
) -> None:
    assert _decides_alike(replace(BEFORE, **changes), BEFORE) is alike
