# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Real processes over DDS: a click is followed, and whatever dies or ends, the robot stops."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
from pathlib import Path
import signal
import time

from follow_anything.core.config import ServoConfig
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from follow_anything.testing import SyntheticScene
from geometry_msgs.msg import PoseStamped, TwistStamped
from graph import Graph, moves, NODES
from lifecycle_msgs.msg import Transition
import pytest

pytestmark = pytest.mark.ros

STOPS_WITHIN_S = 0.3


def test_click_leads_to_motion(graph: Graph) -> None:
    poses: list[PoseStamped] = []
    commands: list[tuple[float, TwistStamped]] = []
    graph.subscribe(PoseStamped, 'target_pose', poses.append, qos.COMMAND)
    graph.subscribe(
        TwistStamped,
        'controller_node/command',
        lambda message: commands.append((graph.now(), message)),
        qos.COMMAND,
    )
    states, tracks = len(graph.states), len(graph.tracks)
    graph.follow()
    passed = [name for name, _ in itertools.groupby(graph.states[states:])]
    assert passed[-2:] == ['CONFIRMING', 'TRACKING']
    graph.wait(lambda: len(poses) > 5, 30.0, 'target_pose')
    place = poses[-1].pose.position
    assert poses[-1].header.frame_id == 'camera'
    assert 2.0 < place.z < 20.0
    assert len({track.id for track in graph.tracks[tracks + 10 :]} - {''}) <= 1
    graph.wait(lambda: any(moves(c.twist) for _, c in commands[-20:]), 30.0, '~/command')
    # The stamp of the picture travels with the command; a stale one would be zero.
    ages = [now - conversions.seconds(c.header.stamp) for now, c in commands if moves(c.twist)]
    assert max(ages) < STOPS_WITHIN_S + 0.1
    assert {command.header.frame_id for _, command in commands} <= {'base_link', 'camera'}


def test_commands_are_bounded_and_come_at_the_rate(following: Graph) -> None:
    limits, since = ServoConfig(), len(following.commands)
    following.wait(lambda: len(following.commands) > since + 60, 30.0, 'commands')
    newest = following.commands[since:]
    for _, twist in newest:
        assert -limits.max_backward <= twist.linear.x <= limits.max_forward
        assert abs(twist.linear.z) <= limits.max_vertical
        assert abs(twist.angular.z) <= limits.max_yaw_rate
        assert (twist.linear.y, twist.angular.x, twist.angular.y) == (0.0, 0.0, 0.0)
    rate = (len(newest) - 1) / (newest[-1][0] - newest[0][0])
    assert rate == pytest.approx(limits.rate, rel=0.4)


def test_camera_that_stops_stops_the_robot(following: Graph) -> None:
    assert following.camera is not None
    following.camera.running = False
    following.wait_until_still(ticks=30)
    assert following.moved_until() - following.camera.last_sent <= STOPS_WITHIN_S
    following.wait(
        lambda: 'silent' in following.diagnostics('controller_node')['message'],
        30.0,
        'the reason in diagnostics',
    )
    following.camera.running = True
    following.wait_until_moving()


@pytest.mark.parametrize('name', ['tracker_node', 'detector_node'])
def test_killed_node_stops_the_robot(following: Graph, name: str) -> None:
    killed = following.kill(name)
    following.wait_until_still(ticks=30)
    assert following.moved_until() - killed <= STOPS_WITHIN_S
    following.start(name)


def test_robot_resumes_when_the_detector_is_back(following: Graph) -> None:
    """The tracker held the target meanwhile: nobody has to click again."""
    number = following.tracks[-1].id
    following.kill('detector_node')
    following.wait_until_still()
    following.start('detector_node')
    following.wait_until_moving()
    assert following.tracks[-1].id == number


def test_detector_is_not_needed_when_told_so(following: Graph) -> None:
    assert following.set('controller_node', require_detector=False) == [(True, '')]
    killed = following.kill('detector_node')
    following.wait(lambda: following.moved_until() > killed + 1.0, 30.0, 'the robot to go on')
    following.start('detector_node')
    assert following.set('controller_node', require_detector=True) == [(True, '')]


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_controller_ends_with_zero(following: Graph, number: signal.Signals) -> None:
    asked = time.monotonic()
    status = following.end('controller_node', number)
    assert status == 0, following.log('controller_node').read_text()
    following.wait(lambda: not moves(following.commands[-1][1]), 5.0, 'a last zero')
    assert asked - 0.3 < following.moved_until() < asked + STOPS_WITHIN_S
    following.start('controller_node')
    following.wait_until_moving()


def test_other_nodes_end_cleanly_too(graph: Graph) -> None:
    for name, number in (('tracker_node', signal.SIGINT), ('detector_node', signal.SIGTERM)):
        assert graph.end(name, number) == 0, graph.log(name).read_text()
        assert 'Traceback' not in graph.log(name).read_text()


def test_deactivated_controller_leaves_zero_and_is_silent(following: Graph) -> None:
    assert following.transition('controller_node', Transition.TRANSITION_DEACTIVATE)
    following.wait(lambda: not moves(following.commands[-1][1]), 5.0, 'a last zero')
    assert following.moved_until() < following.asked + STOPS_WITHIN_S
    count, until = len(following.commands), time.monotonic() + 0.5
    following.wait(lambda: time.monotonic() > until, 5.0, 'half a second')
    assert len(following.commands) == count
    assert following.transition('controller_node', Transition.TRANSITION_CLEANUP)
    assert following.transition('controller_node', Transition.TRANSITION_CONFIGURE)
    assert following.transition('controller_node', Transition.TRANSITION_ACTIVATE)
    following.wait_until_moving()
    topic = f'{following.namespace}/cmd_vel'
    assert following.node.count_publishers(topic) == 1, 'the old publisher was not given back'


@pytest.mark.parametrize('name', ['tracker_node', 'detector_node'])
def test_deactivated_node_upstream_stops_the_robot(following: Graph, name: str) -> None:
    assert following.transition(name, Transition.TRANSITION_DEACTIVATE)
    asked, answered = following.asked, time.monotonic()
    following.wait_until_still(ticks=30)
    assert asked - 0.3 < following.moved_until() <= answered + STOPS_WITHIN_S
    assert following.transition(name, Transition.TRANSITION_ACTIVATE)
    following.follow()


def test_stop_holds_until_enabled(following: Graph) -> None:
    answer = following.trigger('controller_node/stop')
    assert (answer.success, answer.message) == (True, 'holding until ~/enable')
    stopped = time.monotonic()
    following.click(*following.camera.click_target())
    following.wait_until_still(ticks=45)
    assert following.moved_until() <= stopped
    following.wait_for_state('TRACKING')  # the tracker goes on; only the robot is held
    following.wait_until_still(ticks=15)
    assert following.enable(True).success
    following.wait_until_moving()
    assert following.enable(False).success
    disabled = time.monotonic()
    following.wait_until_still(ticks=30)
    assert following.moved_until() <= disabled
    following.wait(
        lambda: 'operator' in following.diagnostics('controller_node').get('message', ''),
        30.0,
        'the reason in diagnostics',
    )


def test_tracker_forgets_on_stop(following: Graph) -> None:
    number = int(following.tracks[-1].id)
    assert following.trigger('tracker_node/stop').success
    following.wait_for_state('IDLE')
    following.wait_until_still(ticks=30)
    assert following.tracks[-1].id == ''
    answer = following.trigger('tracker_node/confirm')
    assert (answer.success, answer.message) == (False, 'nothing to confirm: IDLE')
    following.follow()
    assert int(following.tracks[-1].id) > number


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Graph]:
    """Give a second graph, of whose robot nobody has asked anything yet."""
    other = Graph(tmp_path, '/t2', SyntheticScene(seed=2, rate=10.0))
    try:
        other.start(*NODES)
        yield other
    finally:
        other.close()


def test_nothing_moves_before_a_click_of_its_own(graph: Graph, other: Graph) -> None:
    """Two graphs beside each other are separate: clicks, states, tracks, heartbeats."""
    graph.enable(True)
    graph.follow()
    other.wait(lambda: len(other.commands) > 30 and len(other.tracks) > 5, 30.0, 'its commands')
    assert not any(moves(twist) for _, twist in other.commands)
    assert {track.id for track in other.tracks} == {''}
    assert set(other.states) == {'IDLE'}

    graph.trigger('tracker_node/stop')
    graph.wait_for_state('IDLE')
    graph.wait_until_still()
    since = time.monotonic()
    other.follow()
    assert graph.state == 'IDLE'
    assert graph.moved_until() < since

    # Two heartbeats of one name: that of the other graph must not keep this one alive.
    other.kill('detector_node')
    other.wait_until_still()
    assert graph.is_alive('detector_node')


def is_idle_for(graph: Graph, seconds: float) -> None:
    """Fail unless the target stays forgotten and the robot still, for so long."""
    commands, states = len(graph.commands), len(graph.states)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.05)
    assert set(graph.states[states:]) <= {'IDLE'}
    assert graph.state == 'IDLE'
    assert not any(moves(twist) for _, twist in graph.commands[commands:])


@pytest.mark.field
def test_a_forgotten_target_stays_forgotten_over_deactivation(following: Graph) -> None:
    """The latched query of the detector must not start the robot again, with no operator near."""
    assert following.trigger('tracker_node/stop').success
    following.wait_for_state('IDLE')
    assert following.transition('tracker_node', Transition.TRANSITION_DEACTIVATE)
    assert following.transition('tracker_node', Transition.TRANSITION_ACTIVATE)
    is_idle_for(following, 5.0)
    assert following.diagnostics('detector_node')['query'] == ''
    following.follow()


@pytest.mark.field
def test_a_forgotten_target_stays_forgotten_by_a_new_tracker(following: Graph) -> None:
    assert following.trigger('tracker_node/stop').success
    following.wait_for_state('IDLE')
    following.kill('tracker_node')
    following.start('tracker_node')
    is_idle_for(following, 5.0)
    following.follow()


@pytest.mark.field
def test_a_tracker_that_starts_anew_needs_a_new_click(following: Graph) -> None:
    """Whoever stands at the old pixel now need not be the target."""
    following.kill('tracker_node')
    following.wait_until_still()
    following.start('tracker_node')
    is_idle_for(following, 5.0)
    assert 'point again' in following.log('tracker_node').read_text()
    following.follow()


@pytest.mark.field
def test_a_detector_that_starts_anew_does_not_bring_a_forgotten_target_back(
    following: Graph,
) -> None:
    assert following.trigger('tracker_node/stop').success
    following.wait_for_state('IDLE')
    following.kill('detector_node')
    following.start('detector_node')
    is_idle_for(following, 4.0)
    following.follow()
