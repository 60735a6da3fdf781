# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Nodes that run twice, drive the same robot or expect another message are reported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geometry_msgs.msg import Twist, TwistStamped
from graph import DOMAIN, Graph
import pytest
import rclpy
from rosgraph_msgs.msg import Clock

pytestmark = [pytest.mark.ros, pytest.mark.field]


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Graph]:
    graph = Graph(tmp_path, '/crowd')
    try:
        graph.start('controller_node')
        yield graph
    finally:
        graph.close()


def is_told(graph: Graph, text: str) -> None:
    graph.wait(lambda: text in graph.diagnostics('controller_node').get('message', ''), 30.0, text)
    assert graph.diagnostics('controller_node')['level'] == 'not OK'


def test_a_base_that_hears_the_other_message_is_named(controller: Graph) -> None:
    # In a context of its own: Fast DDS has one type a topic and participant.
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    base = rclpy.create_node(
        'base', namespace='/crowd', context=context, use_global_arguments=False
    )
    base.create_subscription(TwistStamped, 'cmd_vel', lambda _: None, 1)
    is_told(controller, '/crowd/base subscribes to TwistStamped on /crowd/cmd_vel, we send Twist')
    assert 'set stamped: true' in controller.diagnostics('controller_node')['message']
    base.destroy_node()
    rclpy.shutdown(context=context)
    controller.wait(
        lambda: 'stamped' not in controller.diagnostics('controller_node')['message'], 30.0, 'calm'
    )


def test_a_base_under_another_name_is_missed(tmp_path: Path) -> None:
    """It follows, and the robot stands: somebody has to look for the topic."""
    graph = Graph(tmp_path, '/missed')
    heard = next(s for s in graph.node.subscriptions if s.topic_name == '/missed/cmd_vel')
    graph.node.destroy_subscription(heard)
    try:
        graph.start('controller_node')
        is_told(graph, 'nobody subscribes to /missed/cmd_vel')
        graph.subscribe(Twist, 'cmd_vel', lambda _: None, 1)
        graph.wait(
            lambda: 'nobody subscribes' not in graph.diagnostics('controller_node')['message'],
            30.0,
            'calm',
        )
    finally:
        graph.close()


def test_a_second_driver_is_named(controller: Graph) -> None:
    joystick = controller.node.create_publisher(Twist, 'cmd_vel', 1)
    is_told(controller, '/crowd/test publishes on /crowd/cmd_vel too')
    controller.node.destroy_publisher(joystick)


def test_a_node_that_runs_twice_is_told(controller: Graph) -> None:
    first = controller.processes.pop('controller_node')
    try:
        controller.spawn('controller_node')
        is_told(controller, 'two nodes are called /crowd/controller_node')
    finally:
        first.terminate()
        first.wait(10.0)


def test_two_clocks_are_told(tmp_path: Path) -> None:
    graph = Graph(tmp_path, '/clocks', simulated=True)
    try:
        other = rclpy.create_node('other', context=graph.node.context, use_global_arguments=False)
        clocks = [node.create_publisher(Clock, '/clock', 1) for node in (graph.node, other)]
        graph.start('controller_node')
        is_told(graph, ' publishers of /clock')  # another module's graph may have one too
        assert len(clocks) == 2
        other.destroy_node()
    finally:
        graph.close()
