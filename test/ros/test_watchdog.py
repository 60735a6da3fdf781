# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""When the watchdog says that it hears the controller, and when it takes it for dead."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')

from follow_anything.core.config import WatchdogConfig
from follow_anything.ros.nodes.watchdog import COMMAND, UNKNOWN, WatchdogNode
from geometry_msgs.msg import TwistStamped

pytestmark = [pytest.mark.ros, pytest.mark.field]

TWIST = 'geometry_msgs/msg/Twist'
STAMPED = 'geometry_msgs/msg/TwistStamped'
US = 'controller_node'
COMMANDS = (US, f'/{COMMAND}', STAMPED)


class Node(WatchdogNode):
    """A watchdog without its participant; the test says what is on the graph, and the time."""

    def __init__(self) -> None:
        self.config = WatchdogConfig()
        self.published: list[tuple[str, str, str]] = []
        self.beats, self.time = 0, 100.0
        self.said: list[str] = []
        self.made: list[tuple[type, str]] = []
        self._advertised: list[Any] = []
        self._heartbeat: Any = SimpleNamespace(publish=self._count)
        self.build()
        self.start()

    def _count(self, _: object) -> None:
        self.beats += 1

    def subscribe(self, *_: object) -> None:
        """Nobody speaks but the test."""

    def every(self, *_: object) -> None:
        """Nothing happens but what the test calls."""

    def advertise(self, kind: Any, topic: str, profile: Any) -> Any:
        self.made.append((kind, topic))
        self._advertised.append(SimpleNamespace(msg_type=kind))
        return self._advertised[-1]

    def destroy_publisher(self, publisher: Any) -> bool:
        return True

    def steady_now(self) -> float:
        return self.time

    def get_namespace(self) -> str:
        return '/'

    def resolve_topic_name(self, topic: str, *, only_expand: bool = False) -> str:
        return f'/{topic}'

    def get_topic_names_and_types(self, *_: object) -> list[tuple[str, list[str]]]:
        return [
            (topic, [kind for _, of, kind in self.published if of == topic])
            for topic in {topic for _, topic, _ in self.published}
        ]

    def get_publishers_info_by_topic(self, topic: str, *_: object) -> list[Any]:
        return [
            SimpleNamespace(node_name=name, node_namespace='/', topic_type=kind)
            for name, of, kind in self.published
            if of == topic
        ]

    def get_logger(self) -> Any:
        return SimpleNamespace(info=self.said.append, error=self.said.append)

    def drives(self) -> None:
        """Hear a command that moves."""
        message = TwistStamped()
        message.twist.linear.x = 1.0
        self._on_command(message)

    def looks(self, *published: tuple[str, str, str]) -> int:
        """Hear a command, look at the graph, and return whether it says that it hears."""
        self.published = list(published)
        self.hears()
        self._look_for_velocities()
        return self.hears()

    def hears(self) -> int:
        """Hear a command, and return whether it says so."""
        self._on_command(TwistStamped())
        before = self.beats
        self._beat()
        return self.beats - before


def test_who_is_heard_and_not_yet_known_does_not_drive() -> None:
    node = Node()
    assert not node.hears()
    node._look_for_velocities()
    assert not node.hears(), 'the graph says nothing of it yet'
    node.published = [COMMANDS, (US, '/cmd_vel', TWIST)]
    node._look_for_velocities()
    assert node.hears()
    node.time += 1.0
    node._beat()
    assert node.beats == 1, 'it is silent'


def test_who_comes_back_is_looked_at_anew() -> None:
    node = Node()
    node.published = [COMMANDS, (US, '/cmd_vel', TWIST)]
    node._look_for_velocities()
    node.hears()
    node.time += 1.0
    node.published = [COMMANDS, (US, '/cmd_vel', STAMPED)]
    assert not node.hears()
    node._look_for_velocities()
    assert not node.hears(), 'it has no publisher of that type yet'
    node._look_for_velocities()
    assert node.hears()
    assert [kind.__name__ for kind, _ in node.made] == ['Twist', 'TwistStamped']
    assert len(node._advertised) == 1, 'a topic has one type in a process'


def test_who_was_killed_stays_on_the_graph_beside_the_new_one() -> None:
    node = Node()
    old = [COMMANDS, (US, '/cmd_vel', TWIST), ('joystick', '/joy/cmd_vel', TWIST)]
    assert node.looks(*old)
    node.time += 1.0
    assert node.looks(*old, COMMANDS, (US, '/base', TWIST))
    assert set(node._drives) == {'/cmd_vel', '/base'}


def test_two_types_of_one_topic_are_not_clear() -> None:
    node = Node()
    assert not node.looks(COMMANDS, (US, '/cmd_vel', TWIST), (US, '/cmd_vel', STAMPED))
    assert node.looks(COMMANDS, (US, '/cmd_vel', STAMPED)), 'the old one has gone from the graph'


def test_a_publisher_without_a_name_may_be_the_controllers() -> None:
    node = Node()
    velocity = (US, '/cmd_vel', TWIST)
    assert not node.looks(COMMANDS, velocity, (UNKNOWN, f'/{COMMAND}', STAMPED))
    assert node.looks(COMMANDS, velocity, ('rosbag2', f'/{COMMAND}', STAMPED))


def test_who_was_put_aside_hears_first_what_has_come() -> None:
    """On a busy machine, or after it slept, the silence is the watchdog's own."""
    node = Node()
    for pause in (0.02, 1.0, 5.0):
        node.drives()
        node._watch()
        node.time += pause
        node._watch()
    assert node.said == []


def test_who_is_always_late_still_stops_a_dead_controller() -> None:
    node = Node()
    node.drives()
    for _ in range(3):
        node.time += 0.15
        node._watch()
    assert [text[:28] for text in node.said] == ['the controller fell silent w']
