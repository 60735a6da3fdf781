# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A gamepad edits where the robot keeps: within limits, while its button is held, and no more."""

from __future__ import annotations

from collections.abc import Callable
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='there is no ROS 2 here')

from follow_anything.core.config import ControllerConfig, with_values
from follow_anything.core.errors import InvalidInput
from follow_anything.core.servo import ASIDE_MOST
from follow_anything.ros import qos
from follow_anything.ros.robots.stick import Stick
from graph import Graph
from sensor_msgs.msg import Joy

pytestmark = [pytest.mark.ros, pytest.mark.identity]

BUTTON, DT = 4, 0.05
USUAL = {'stick.button': BUTTON, 'servo.follow_distance': 6.0, 'servo.min_distance': 2.0}


class Robot:
    """A controller's parameters, and the clock of a test."""

    def __init__(self, **changes: Any) -> None:
        self.config = with_values(ControllerConfig(), {**USUAL, **changes})
        self.now = 0.0
        self.hear: Callable[[Joy], None] | None = None
        Stick(self)  # type: ignore[arg-type]

    def subscribe(self, _kind: Any, _topic: str, hear: Callable[[Joy], None], _qos: Any) -> None:
        self.hear = hear

    def steady_now(self) -> float:
        return self.now

    def set_parameters_atomically(self, given: list[Any]) -> SimpleNamespace:
        self.config = with_values(self.config, {p.name: p.value for p in given})
        return SimpleNamespace(successful=True)

    def push(self, left: float, ahead: float, seconds: float, held: bool = True) -> None:
        """Hold the stick for so long."""
        buttons = [0] * BUTTON + [int(held)]
        for _ in range(round(seconds / DT)):
            self.now += DT
            assert self.hear is not None
            self.hear(Joy(axes=[left, ahead], buttons=buttons))

    @property
    def place(self) -> tuple[float, float]:
        """Return the distance and the offset to the side, metres."""
        return self.config.servo.follow_distance, self.config.servo.side_offset


@pytest.fixture
def robot() -> Robot:
    robot = Robot()
    robot.push(0.0, 0.0, DT)
    return robot


@pytest.mark.parametrize(
    ('left', 'ahead', 'place'),
    [
        (0.0, 1.0, (5.0, 0.0)),
        (0.0, -1.0, (7.0, 0.0)),
        (1.0, 0.0, (6.0, -1.0)),
        (-0.5, 0.5, (5.5, 0.5)),
        (0.09, -0.09, (6.0, 0.0)),
    ],
)
def test_the_robot_goes_where_the_stick_says(
    robot: Robot, left: float, ahead: float, place: tuple[float, float]
) -> None:
    robot.push(left, ahead, 1.0)
    assert robot.place == pytest.approx(place, abs=1e-6)


def test_nothing_is_edited_while_the_button_is_not_held(robot: Robot) -> None:
    robot.push(1.0, 1.0, 1.0, held=False)
    assert robot.place == (6.0, 0.0)


def test_edits_end_at_the_limits(robot: Robot) -> None:
    robot.push(0.0, 1.0, 9.0)
    assert robot.place[0] == 2.0
    robot.push(1.0, 0.0, 9.0)
    assert robot.place[1] == pytest.approx(-2.0 * math.sin(ASIDE_MOST))
    robot.push(-1.0, -1.0, 200.0)
    assert robot.place == (100.0, 20.0)


def test_the_first_message_and_one_after_a_silence_make_no_jump() -> None:
    robot = Robot()
    robot.push(1.0, 0.0, DT)
    assert abs(robot.place[1]) <= 0.2
    before = robot.place[1]
    robot.now += 60.0
    robot.push(1.0, 0.0, DT)
    assert abs(robot.place[1] - before) <= 0.2 + 1e-6


@pytest.mark.parametrize(
    'message',
    [
        Joy(axes=[0.0, 0.0], buttons=[1]),
        Joy(axes=[0.5], buttons=[1] * 9),
        Joy(axes=[math.nan, 0.0], buttons=[1] * 9),
        Joy(axes=[0.0, math.inf], buttons=[1] * 9),
        Joy(axes=[7.0, 0.0], buttons=[1] * 9),
    ],
)
def test_a_gamepad_that_says_nonsense_is_refused(robot: Robot, message: Joy) -> None:
    assert robot.hear is not None
    with pytest.raises(InvalidInput, match='joy'):
        robot.hear(message)
    assert robot.place == (6.0, 0.0)


def test_without_a_button_nobody_listens() -> None:
    assert Robot(**{'stick.button': -1}).hear is None


def test_a_gamepad_of_the_graph_sets_the_parameters(tmp_path: Path) -> None:
    """What it edits is what `ros2 param get` and the console show."""
    graph = Graph(tmp_path, '/stick')
    gamepad = graph.publisher(Joy, 'joy', qos.COMMAND)
    pushed = Joy(axes=[0.5, 0.5], buttons=[1])
    try:
        graph.start('controller_node', stick__button=0, require_detector=False)
        graph.node.create_timer(DT, lambda: gamepad.publish(pushed))
        graph.wait(
            lambda: (
                graph.get('controller_node', 'servo.side_offset') < -0.3
                and graph.get('controller_node', 'servo.follow_distance') < 5.7
            ),
            30.0,
            'the edits',
        )
        pushed.axes = [math.nan, 0.5]
        graph.wait(
            lambda: 'joy: expected an axis' in graph.log('controller_node').read_text(),
            30.0,
            'the refusal',
        )
    finally:
        graph.close()
