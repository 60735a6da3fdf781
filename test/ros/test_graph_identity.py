# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Who is the target, through real processes: two alike hold the robot, the operator decides."""

from __future__ import annotations

from collections.abc import Iterator
import math
import time

from follow_anything.core.geometry import iou
from follow_anything.core.types import Box
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from follow_anything.testing import SyntheticScene
from graph import Graph, moves, NODES
from lifecycle_msgs.msg import Transition
from nav_msgs.msg import Odometry
import pytest
from std_msgs.msg import Int32
from vision_msgs.msg import Detection2DArray

pytestmark = [pytest.mark.ros, pytest.mark.identity]

SCENE = SyntheticScene(seed=1, rate=10.0)


class Asked:
    """A graph whose camera shows what a test wants, and an operator for the candidates."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.candidates: list[Detection2DArray] = []
        graph.subscribe(Detection2DArray, 'candidates', self.candidates.append, qos.COMMAND)
        self.picks = graph.publisher(Int32, 'candidates/pick', qos.COMMAND)
        self.odom = graph.publisher(Odometry, 'odom', qos.IMAGE)
        assert graph.camera is not None
        self.camera = graph.camera
        self.usual = self.camera._pictures
        size, middle = SCENE.target_size, SCENE.box(0).center
        self.target = SCENE.frame(0).crop(SCENE.box(0))
        self.empty = SyntheticScene(seed=1, rate=10.0, target_size=(2, 2)).frame(0).rgb
        self.places = [Box.from_center(middle[0] + dx, middle[1], *size) for dx in (-70, 70)]

    def show(self, *boxes: Box) -> None:
        """Let the camera show the target at these places, and nothing else."""
        picture = self.empty.copy()
        for box in boxes:
            x, y = round(box.x1), round(box.y1)
            height, width = self.target.shape[:2]
            picture[y : y + height, x : x + width] = self.target
        self.camera._pictures = [picture]

    def follow(self) -> None:
        """Follow the target as it walks."""
        self.camera._pictures = self.usual
        time.sleep(0.5)  # the click is on what the detector has seen, not on the pictures before
        self.graph.enable(True)
        self.graph.follow()

    def become_unsure(self) -> None:
        """Hide the target, then show two of it beside where it was."""
        self.show(Box.from_center(*SCENE.box(0).center, *SCENE.target_size))
        time.sleep(1.0)
        self.show()
        self.graph.wait_for_state('OCCLUDED', 'LOST')
        time.sleep(2.0)
        self.show(*self.places)
        self.graph.wait_for_state('AMBIGUOUS')

    def shown(self) -> dict[int, Box]:
        """Return who may be the target, by id, from a message that comes from now on."""
        before = len(self.candidates)
        self.graph.wait(
            lambda: len(self.candidates) > before and len(self.candidates[-1].detections) > 1,
            30.0,
            'two candidates',
        )
        return {
            int(row.id): conversions.box_from_msg(row) for row in self.candidates[-1].detections
        }

    def is_followed_at(self, place: Box) -> bool:
        track = self.graph.tracks[-1]
        box = conversions.box_from_msg(track)
        return box is not None and bool(track.results) and iou(box, place) > 0.5

    def moved_since(self, since: float) -> bool:
        return any(stamp > since and moves(twist) for stamp, twist in list(self.graph.commands))


@pytest.fixture(scope='module')
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    graph = Graph(tmp_path_factory.mktemp('identity'), '/t_identity', SCENE)
    try:
        graph.start(*NODES)
        yield Asked(graph)
    finally:
        graph.close()


def test_two_alike_hold_the_robot_and_the_operator_picks(asked: Asked) -> None:
    graph = asked.graph
    asked.follow()
    number = graph.tracks[-1].id
    asked.become_unsure()
    graph.wait_until_still()
    since = time.monotonic()
    time.sleep(2.0)
    assert graph.state == 'AMBIGUOUS'
    assert not asked.moved_since(since)
    candidates = asked.shown()
    scores = [row.results[0].hypothesis.score for row in asked.candidates[-1].detections]
    assert scores == sorted(scores, reverse=True)
    assert 0.0 < sum(scores) <= 1.0 + 1e-6

    errors = graph.count('tracker_node', 'errors')
    asked.picks.publish(Int32(data=99999))
    graph.wait_for_error('tracker_node', 'expected the id of a candidate in view', errors)
    assert graph.state == 'AMBIGUOUS'

    left = min(candidates, key=lambda k: candidates[k].center[0])
    graph.repeat(
        lambda: asked.picks.publish(Int32(data=left)),
        lambda: graph.state in ('CONFIRMING', 'TRACKING'),
        'the pick to count',
    )
    graph.wait_for_state('TRACKING')
    graph.wait_until_moving()
    assert graph.tracks[-1].id == number
    track = conversions.box_from_msg(graph.tracks[-1])
    assert abs(track.center[0] - candidates[left].center[0]) < 30.0


def test_rejected_one_is_not_followed_again(asked: Asked) -> None:
    graph = asked.graph
    asked.follow()
    asked.show(asked.places[0])
    graph.wait(lambda: asked.is_followed_at(asked.places[0]), 30.0, 'the one to be refused')
    assert graph.trigger('tracker_node/reject').success
    graph.wait_until_still()
    since = time.monotonic()
    time.sleep(4.0)
    assert not asked.moved_since(since)
    assert graph.state != 'TRACKING'


def test_nothing_is_rejected_without_a_target(asked: Asked) -> None:
    assert asked.graph.trigger('tracker_node/stop').success
    response = asked.graph.trigger('tracker_node/reject')
    assert not response.success
    assert 'no candidate' in response.message


def test_odometry_is_heard_and_its_jumps_are_counted(asked: Asked) -> None:
    graph = asked.graph
    asked.follow()
    x = 0.0

    def send() -> None:
        nonlocal x
        x += 100.0
        message = Odometry()
        message.header.stamp = asked.camera.stamp()
        message.pose.pose.position.x = x
        message.pose.pose.orientation.w = 1.0
        asked.odom.publish(message)

    graph.repeat(
        send, lambda: graph.count('tracker_node', 'odometry_jumps') > 3, 'jumps in diagnostics'
    )
    graph.wait_until_moving()


def test_odometry_that_is_no_number_does_no_harm(asked: Asked) -> None:
    graph = asked.graph
    asked.follow()
    message = Odometry()
    message.pose.pose.position.x = math.nan
    for _ in range(20):
        message.header.stamp = asked.camera.stamp()
        asked.odom.publish(message)
        time.sleep(0.05)
    graph.wait_until_moving()
    assert graph.is_alive('tracker_node')


def test_tracker_finds_its_target_again_without_the_detector(asked: Asked) -> None:
    """On two machines the robot's part goes on alone: the embedder sees everything by itself."""
    graph = asked.graph
    asked.follow()
    assert graph.set('controller_node', require_detector=False) == [(True, '')]
    graph.kill('detector_node')
    asked.show()
    graph.wait_for_state('OCCLUDED', 'LOST')
    graph.wait_until_still()
    asked.camera._pictures = asked.usual
    graph.wait_for_state('TRACKING')
    graph.wait_until_moving()
    graph.start('detector_node')
    assert graph.set('controller_node', require_detector=True) == [(True, '')]


def test_stopped_target_does_not_start_a_robot_after_a_restart(asked: Asked) -> None:
    """A latched query is not asked again by a tracker that was deactivated and activated."""
    graph = asked.graph
    asked.follow()
    assert graph.trigger('tracker_node/stop').success
    graph.wait_until_still()
    assert graph.transition('tracker_node', Transition.TRANSITION_DEACTIVATE)
    assert graph.transition('tracker_node', Transition.TRANSITION_ACTIVATE)
    since = time.monotonic()
    time.sleep(3.0)
    assert not asked.moved_since(since)
    assert graph.state in ('IDLE', 'SEARCHING')
