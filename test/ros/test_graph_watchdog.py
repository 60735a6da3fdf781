# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The watchdog sends zero for the controller; here the test plays a controller that dies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import itertools
import math
from pathlib import Path
import signal
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from follow_anything.ros import qos
from follow_anything.ros.nodes import watchdog as module
from follow_anything.ros.robots.velocities import velocities_to_msg
from geometry_msgs.msg import Twist, TwistStamped, Vector3Stamped
from graph import Graph, moves
import pytest
import rclpy

pytestmark = [pytest.mark.ros, pytest.mark.field]

RATE = 20.0
SILENCE_S = 0.2
STOPS_WITHIN_S = 0.3
LATE_S = 0.2
"""How much later a busy machine may hear things."""

TOPICS = {
    'cmd_vel': Twist,
    'mavros/setpoint_velocity/cmd_vel': TwistStamped,
    'gimbal/rates': Vector3Stamped,
}
STAMPED = {'base': TwistStamped}
"""Not cmd_vel, which the graph hears as a Twist."""


class ScriptedController:
    """Publishes what a controller publishes, as long as it is told to; a thread of its own."""

    def __init__(self, graph: Graph, topics: Mapping[str, type]) -> None:
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=graph.node.context.get_domain_id())
        self._node = rclpy.create_node(
            'controller_node',
            namespace=graph.namespace,
            context=self._context,
            use_global_arguments=False,
        )
        self._command = self._node.create_publisher(
            TwistStamped, 'controller_node/command', qos.COMMAND
        )
        self._drives = [
            self._node.create_publisher(kind, topic, qos.COMMAND) for topic, kind in topics.items()
        ]
        said = self._node.create_publisher(
            DiagnosticStatus, 'controller_node/velocities', qos.LATCHED
        )
        said.publish(velocities_to_msg(self._drives))
        self.speed: float | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(1.0 / RATE):
            if self.speed is None:
                continue
            stamped = TwistStamped()
            stamped.header.frame_id = 'base_link'
            stamped.twist.linear.x = self.speed
            self._command.publish(stamped)
            for publisher in self._drives:
                if publisher.msg_type is Twist:
                    publisher.publish(stamped.twist)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


class Town:
    """A watchdog, and whom it watches."""

    def __init__(self, folder: Path, namespace: str, topics: Mapping[str, type]) -> None:
        self.graph = Graph(folder, namespace)
        self.heard: dict[str, list[tuple[float, Any]]] = {topic: [] for topic in TOPICS}
        for topic in TOPICS:
            if topic != 'cmd_vel':
                self.hear(topic, TOPICS[topic])
        self.controller = ScriptedController(self.graph, topics)
        self.graph.start('watchdog_node')
        self._wait_for(topics)

    def hear(self, topic: str, kind: type) -> None:
        def on_message(message: Any) -> None:
            self.heard.setdefault(topic, []).append((time.monotonic(), message))

        self.graph.subscribe(kind, topic, on_message, qos.QUERY)

    def _wait_for(self, topics: Mapping[str, type]) -> None:
        wanted = {f'{self.graph.namespace}/{topic}' for topic in topics}
        self.graph.wait(lambda: set(self.says('topics').split()) == wanted, 30.0, 'its topics')

    def replace_controller(self, topics: Mapping[str, type]) -> None:
        """End the controller, and start one that publishes something else."""
        self.controller.close()
        self.controller = ScriptedController(self.graph, topics)
        self.drive(0.0, 2 * module.MAKE_PERIOD_S)
        self._wait_for(topics)

    def says(self, key: str) -> str:
        return self.graph.diagnostics('watchdog_node').get(key, '')

    def drive(self, speed: float | None, seconds: float) -> float:
        """Let the controller say a speed for a while; return the moment when that began."""
        now = time.monotonic()
        self.controller.speed = speed
        time.sleep(seconds)
        return now

    def zeros(self, since: float) -> list[float]:
        """Return when zeros arrived on cmd_vel, after a moment."""
        return [at for at, twist in list(self.graph.commands) if at > since and not moves(twist)]

    def close(self) -> None:
        self.controller.close()
        self.graph.close()


NAMES = (f'/dog{number}' for number in itertools.count())


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path, next(NAMES), {'cmd_vel': Twist})
    try:
        yield town
    finally:
        town.close()


def test_who_dies_while_driving_is_stopped(town: Town) -> None:
    """Zero within 0.3 s; it goes on for a second, and then somebody else may drive."""
    town.drive(1.0, 1.0)
    assert not town.zeros(0.0), 'a controller that speaks is left alone'
    silent = town.drive(None, SILENCE_S + module.ZEROS_S + 1.0)
    zeros = town.zeros(silent)
    assert zeros[0] - silent <= STOPS_WITHIN_S + LATE_S
    assert len(zeros) > 10
    assert zeros[-1] - silent <= SILENCE_S + module.ZEROS_S + 2 * LATE_S
    assert not moves(town.graph.commands[-1][1])
    town.graph.wait(lambda: town.says('message'), 5.0, 'diagnostics')
    assert 'the controller fell silent while it drove' in town.says('message')
    assert town.graph.diagnostics('watchdog_node')['level'] == 'not OK'


@pytest.mark.parametrize('speed', [0.0, None], ids=['holding', 'never driving'])
def test_who_dies_while_holding_is_left_alone(town: Town, speed: float | None) -> None:
    """Somebody else may be driving by now: nothing is said that nobody needs."""
    town.drive(1.0 if speed is not None else None, 0.5)
    town.drive(speed, module.DRIVING_S + 0.5)
    silent = town.drive(None, SILENCE_S + 1.0)
    assert [at for at in town.zeros(silent) if at > silent + 0.1] == []


def test_who_comes_back_drives_again(town: Town) -> None:
    town.drive(1.0, 0.5)
    town.drive(None, SILENCE_S + 0.3)
    back = town.drive(1.0, 1.0)
    late = [at for at in town.zeros(back) if at > back + 1.0 / RATE + LATE_S]
    assert not late, 'the watchdog must not speak against a controller that is there'
    assert moves(town.graph.commands[-1][1])
    town.graph.wait(
        lambda: town.graph.diagnostics('watchdog_node')['level'] == 'OK', 5.0, 'it is calm again'
    )
    assert town.says('silences') == '1'


def test_what_is_not_finite_was_driving(town: Town) -> None:
    town.drive(math.nan, 0.5)
    silent = town.drive(None, 1.0)
    assert town.zeros(silent)


def test_ended_beside_a_dead_controller_it_stops_the_robot(town: Town) -> None:
    """`up` ends every node when one has died: sooner than the watchdog sees the silence."""
    town.drive(1.0, 0.5)
    ended = town.drive(None, 0.0)
    assert town.graph.end('watchdog_node', signal.SIGTERM) == 0
    town.graph.wait(lambda: town.zeros(ended), 5.0, 'a zero')


def test_every_velocity_of_the_controller_is_stopped(tmp_path: Path) -> None:
    """Under the name and of the type that the controller has; the stamp is new."""
    town = Town(tmp_path, '/dogs', TOPICS)
    try:
        town.drive(1.0, 0.5)
        silent = town.drive(None, 1.0)
        assert town.zeros(silent)
        for topic in ('mavros/setpoint_velocity/cmd_vel', 'gimbal/rates'):
            at, message = town.heard[topic][0]
            assert at - silent <= STOPS_WITHIN_S + LATE_S, topic
            assert message.header.frame_id == 'base_link'
            assert message.header.stamp.sec > 0
        assert town.heard['mavros/setpoint_velocity/cmd_vel'][0][1].twist == Twist()
        rates = town.heard['gimbal/rates'][0][1].vector
        assert (rates.x, rates.y, rates.z) == (0.0, 0.0, 0.0)
    finally:
        town.close()


def test_who_goes_in_order_is_no_alarm(town: Town) -> None:
    """A controller that is deactivated says zero itself."""
    town.drive(1.0, 0.5)
    town.drive(0.0, module.DRIVING_S / 2)
    town.drive(None, SILENCE_S + 2.5)
    assert town.says('message') == 'the controller is silent; its last command was zero'
    assert town.says('silences') == '0'
    assert town.graph.diagnostics('watchdog_node')['level'] == 'OK'


def test_a_camera_that_turns_while_the_body_stands_is_stopped(tmp_path: Path) -> None:
    town = Town(tmp_path, '/turret', TOPICS)
    try:
        town.drive(0.0, 2 * module.DRIVING_S)
        silent = town.drive(None, 1.0)
        assert town.heard['gimbal/rates'][0][0] - silent <= STOPS_WITHIN_S + LATE_S
        assert not town.zeros(silent)
        assert not town.heard['mavros/setpoint_velocity/cmd_vel']
    finally:
        town.close()


def test_a_controller_started_anew_may_drive_otherwise(tmp_path: Path) -> None:
    """The base hears the other message, or the robot is spoken to in another way."""
    town = Town(tmp_path, '/dogs2', {'base': Twist, 'cmd_vel': Twist})
    try:
        town.hear('base', TwistStamped)
        town.replace_controller(STAMPED)
        town.drive(1.0, 0.5)
        silent = town.drive(None, 1.0)
        assert town.heard['base'][-1][1].twist == Twist()
        assert len(town.heard['base']) > 10
        assert not town.zeros(silent), 'nobody drives by cmd_vel any more'
    finally:
        town.close()


def test_it_is_no_second_driver_and_is_missed(tmp_path: Path) -> None:
    """The real controller knows it, and says so when it has gone."""
    graph = Graph(tmp_path, '/watched')

    def says() -> str:
        return graph.diagnostics('controller_node').get('message', '')

    try:
        graph.start('controller_node', require_watchdog=True)
        graph.wait(lambda: 'no track' in says(), 30.0, 'diagnostics')
        graph.start('watchdog_node')
        graph.wait(
            lambda: '/watched/cmd_vel' in graph.diagnostics('watchdog_node').get('topics', ''),
            30.0, 'what is watched',
        )  # fmt: skip
        time.sleep(3.5)  # the next diagnostics of the controller, and longer than it has patience
        assert 'publishes on' not in says()
        assert 'watchdog' not in says()
        graph.end('watchdog_node', signal.SIGTERM)
        graph.wait(lambda: 'the watchdog is gone' in says(), 30.0, 'it is missed')
    finally:
        graph.close()


def test_a_controller_waits_for_its_watchdog(following: Graph) -> None:
    """In the first moments it is not known to it yet: nobody would send zero in its place."""
    following.end('controller_node', signal.SIGTERM)
    began = time.monotonic()
    following.start('controller_node', require_watchdog=True)
    try:
        following.wait(
            lambda: 'the watchdog does not hear this node' in following.diagnostics(
                'controller_node'
            )['message'],
            30.0, 'the reason',
        )  # fmt: skip
        assert following.state == 'TRACKING'
        assert following.moved_until() < began, 'it drove, and nobody listened'
        following.start('watchdog_node')
        following.wait_until_moving()
        following.end('watchdog_node', signal.SIGTERM)
        following.wait_until_moving()
    finally:
        for name in ('controller_node', 'watchdog_node'):
            if following.is_alive(name):
                following.end(name, signal.SIGTERM)
