# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""When the watchdog says that it hears the controller, and when it takes it for dead."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from follow_anything.core.config import WatchdogConfig
from follow_anything.core.errors import InvalidInput
from follow_anything.ros.nodes.watchdog import WatchdogNode
from geometry_msgs.msg import TwistStamped

pytestmark = [pytest.mark.ros, pytest.mark.field]

TWIST = 'geometry_msgs/msg/Twist'
STAMPED = 'geometry_msgs/msg/TwistStamped'


class Node(WatchdogNode):
    """A watchdog without its participant; the test says what is on the graph, and the time."""

    def __init__(self) -> None:
        self.config = WatchdogConfig()
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
        if topic == '/diagnostics':
            raise RuntimeError('existing topic name with incompatible type')
        self.made.append((kind, topic))
        self._advertised.append(SimpleNamespace(msg_type=kind))
        return self._advertised[-1]

    def complain(self, error: Exception) -> None:
        self.said.append(str(error))

    def destroy_publisher(self, publisher: Any) -> bool:
        return True

    def steady_now(self) -> float:
        return self.time

    def get_logger(self) -> Any:
        return SimpleNamespace(info=self.said.append, warning=self.said.append)

    def drives(self) -> None:
        """Hear a command that moves."""
        message = TwistStamped()
        message.twist.linear.x = 1.0
        self._on_command(message)

    def is_told(self, **velocities: str) -> None:
        """Hear what the controller drives."""
        values = [KeyValue(key=f'/{topic}', value=kind) for topic, kind in velocities.items()]
        self._on_velocities(DiagnosticStatus(values=values))

    def hears(self) -> int:
        """Hear a command, and return whether it says so."""
        self._on_command(TwistStamped())
        before = self.beats
        self._beat()
        return self.beats - before


def test_who_is_heard_and_not_yet_known_does_not_drive() -> None:
    node = Node()
    assert not node.hears()
    node.is_told(cmd_vel=TWIST)
    assert node.hears()
    node.time += 1.0
    node._beat()
    assert node.beats == 1, 'it is silent'


def test_a_robot_without_topics_has_a_watchdog_too() -> None:
    node = Node()
    node.is_told()
    assert node.hears()
    assert node.made == []


def test_who_is_started_anew_may_drive_otherwise() -> None:
    node = Node()
    node.is_told(cmd_vel=TWIST)
    assert node.hears()
    node.is_told(base=TWIST)
    assert node.hears()
    assert set(node._drives) == {'/base'}
    node.is_told(base=STAMPED)
    assert not node.hears(), 'it has no publisher of that type yet'
    node._make_publishers()
    assert node.hears()
    assert [kind.__name__ for kind, _ in node.made] == ['Twist', 'Twist', 'TwistStamped']
    assert len(node._advertised) == 2, 'a topic has one type in a process'


def test_what_cannot_be_published_is_not_watched() -> None:
    node = Node()
    node.is_told(diagnostics=TWIST, cmd_vel=TWIST)
    assert not node.hears()
    assert node.said == ['existing topic name with incompatible type']
    assert set(node._drives) == {'/cmd_vel'}


@pytest.mark.parametrize(
    ('topic', 'kind', 'reason'),
    [('a b', TWIST, 'no name of a topic'), ('cmd_vel', 'std_msgs/msg/Empty', 'expected one of')],
)
def test_what_is_no_velocity_is_refused(topic: str, kind: str, reason: str) -> None:
    node = Node()
    node.is_told(cmd_vel=TWIST)
    with pytest.raises(InvalidInput, match=reason):
        node.is_told(**{topic: kind})
    assert set(node._drives) == {'/cmd_vel'}


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
