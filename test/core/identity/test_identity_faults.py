# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Faults that once let a robot follow something else, or nothing for ever; each stays fixed."""

from __future__ import annotations

import math

from follow_anything.core.config import DetectorConfig, ServoConfig, TrackerConfig
from follow_anything.core.follower import TargetFollower
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.pipeline import FollowPipeline, StepResult
from follow_anything.core.servo import Servo
from follow_anything.core.types import (
    Box,
    Click,
    Detections,
    Frame,
    Query,
    TargetState,
    Track,
    VelocityCommand,
)
from follow_anything.testing import ScriptedDetector, ScriptedTracker
import numpy as np
import pytest
from stage import CONFIG, detections, DT, HERE, Looks, Stage, THERE

pytestmark = [pytest.mark.core, pytest.mark.identity]

CLICK = Query(clicks=(Click(320, 240),))
CAMERA = PinholeCamera.from_horizontal_fov(640, 480, 1.22)
RGB = np.zeros((480, 640, 3), np.uint8)


class Line:
    """A pipeline that is shown one box, with or without depth, and a clock."""

    def __init__(self, box: Box, score: float = 0.9, **config: float) -> None:
        self.box, self.score, self.now = box, score, 100.0
        self.depth: np.ndarray | None = None
        self.detector = ScriptedDetector(self.found)
        self.tracker = ScriptedTracker(lambda _: Track(self.box, 1.0, 1.0))
        settings = TrackerConfig(camera_pitch=0.0, auto_confirm=True, **config)
        follower = TargetFollower(self.tracker, Looks(), settings, CAMERA)
        servo = Servo(ServoConfig(camera_pitch=0.0))
        self.pipeline = FollowPipeline(self.detector, follower, servo, DetectorConfig())

    def found(self, frame: Frame) -> Detections:
        return Detections.single(frame.stamp, self.box, self.score)

    def step(self, count: int = 20) -> StepResult:
        for _ in range(count):
            self.now += DT
            result = self.pipeline.step(Frame(self.now, RGB, self.depth), self.now)
        return result


def test_path_of_the_tracker_does_not_override_an_ambiguity() -> None:
    """Two alike, equally far from where it was lost: that the tracker likes one is no reason."""
    stage = Stage().lost()
    left, right = Box(10, 10, 20, 30), Box(30, 10, 40, 30)
    stage.answer = Track(right, 1.0, 1.0)
    for _ in range(20):
        target = stage.step([left, right])
        assert not target.state.may_move
    assert target.state is TargetState.AMBIGUOUS
    assert len(target.candidates) == 2


@pytest.mark.parametrize('query', [CLICK, Query(texts=('a person',))])
@pytest.mark.parametrize(('score', 'is_followed'), [(0.03, False), (0.59, False), (0.61, True)])
def test_library_has_the_threshold_of_the_nodes(
    query: Query, score: float, is_followed: bool
) -> None:
    line = Line(Box(280, 180, 340, 300), score)
    line.pipeline.query(query)
    result = line.step()
    assert (result.target.state is TargetState.TRACKING) is is_followed
    assert result.command.is_zero is not is_followed
    if not is_followed:
        assert result.target.state is TargetState.SEARCHING


def box_at(distance_m: float, height_m: float) -> Box:
    """Return the box of something ahead, as the camera sees it."""
    height = CAMERA.fy * height_m / distance_m
    return Box.from_center(320, 240, 0.8 * height, height)


def test_height_of_a_person_is_not_assumed_of_anything() -> None:
    """A dog of 0.55 m at 2.5 m is no person at 7.7 m: nobody drives on towards it."""
    line = Line(box_at(2.5, 0.55))
    line.pipeline.query(CLICK)
    for _ in range(60):
        result = line.step(1)
        assert result.command.vx == 0.0
        assert result.command.vz == 0.0
    assert result.target.state is TargetState.TRACKING
    assert math.isinf(result.target.range_std)


@pytest.mark.parametrize(
    ('text', 'height_m'),
    [('the brown dog', 0.55), ('a woman in red', 1.64), ('the bus', 3.0), ('people', 0.0)],
)
def test_words_tell_the_height(text: str, height_m: float) -> None:
    line = Line(box_at(4.0, height_m or 1.0))
    line.pipeline.query(Query(texts=(text,)))
    target = line.step().target
    assert target.position is not None
    if height_m == 0.0:
        assert math.isinf(target.range_std)
        return
    assert np.linalg.norm(target.position) == pytest.approx(4.0, rel=0.02)
    assert target.range_std == pytest.approx(0.15 * 4.0, rel=0.05)


def test_height_that_the_user_gave_counts_first() -> None:
    line = Line(box_at(4.0, 0.9), target_height=0.9)
    line.pipeline.query(Query(texts=('the tall man',)))
    target = line.step().target
    assert target.position is not None
    assert np.linalg.norm(target.position) == pytest.approx(4.0, rel=0.02)


def test_depth_is_believed_whatever_it_is() -> None:
    line = Line(box_at(2.5, 0.55))
    line.depth = np.full(RGB.shape[:2], 2.5, np.float32)
    line.pipeline.query(CLICK)
    target = line.step().target
    assert target.position is not None
    assert target.position[2] == pytest.approx(2.5, rel=0.02)


@pytest.mark.parametrize('first', [False, True], ids=['comes', 'goes'])
def test_target_outlives_a_depth_image_that_comes_or_goes(first: bool) -> None:
    """Every tenth frame without its depth is what a busy machine gives; a camera starts late."""
    depth = np.full(RGB.shape[:2], 2.5, np.float32)
    line = Line(box_at(2.5, 0.55))
    line.pipeline.query(CLICK)
    line.depth = depth if first else None
    assert line.step().target.state is TargetState.TRACKING
    line.depth = None if first else depth
    assert line.step(2).target.state is TargetState.TRACKING
    assert line.step(20).target.state is TargetState.TRACKING


@pytest.mark.parametrize('back_s', [2.0, 50.0, 99.0])
def test_clock_set_back_does_not_end_the_following(back_s: float) -> None:
    line = Line(Box(200, 180, 260, 300))
    line.pipeline.query(CLICK)
    assert not line.step().command.is_zero
    line.now -= back_s
    assert line.step(1).command.is_zero
    result = line.step(60)
    assert result.target.state is TargetState.TRACKING
    assert not result.command.is_zero


def test_clock_set_back_does_not_spoil_the_usual_size() -> None:
    """The time since a size was seen is not negative then."""
    line = Line(Box(200, 180, 260, 300))
    line.pipeline.query(CLICK)
    assert not line.step().command.is_zero
    line.now -= 50.0
    for _ in range(40):
        line.box = line.box.scaled(1.01)
        result = line.step(1)
    assert result.target.state is TargetState.TRACKING


def far_away() -> Stage:
    """At 12 m the two boxes are 5 m apart: nobody walks so far in less than a second."""
    stage = Stage()
    stage.depth = np.full((48, 64), 12.0, np.float32)
    return stage


def test_search_turn_does_not_make_a_standing_target_unreachable() -> None:
    """It left the picture because we turned away, and stands where it stood."""
    stage = far_away().occluded()
    ego = stage.follower.ego
    ego.command(VelocityCommand(yaw_rate=1.0))
    stage.step(count=14)  # some 0.4 rad: 20 pixels of this camera
    ego.command(VelocityCommand())
    assert stage.follower.life.state is TargetState.OCCLUDED
    stage.step([THERE])
    assert stage.tracker.started[-1][1] == THERE
    stage.answer = Track(THERE, 1.0, 1.0)
    assert stage.step(count=9).state is TargetState.TRACKING


def test_without_that_turn_it_cannot_have_come_there() -> None:
    """So that the test above says something."""
    stage = far_away().occluded()
    stage.step(count=14)
    stage.step([THERE])
    assert stage.tracker.started[-1][1] == HERE


@pytest.mark.parametrize('delay_s', [1.5, 3.0])
def test_detector_slower_than_the_history_starts_a_target_in_the_end(delay_s: float) -> None:
    stage = Stage()
    assert CONFIG.history < delay_s
    stage.follower.query(explicit=True)
    stage.step(count=round(delay_s / DT))
    reasons = []
    for _ in range(round(2 * delay_s / DT)):
        target = stage.step([HERE], ago=delay_s)
        reasons.append(target.reason)
        if target.state is TargetState.CONFIRMING:
            break
    assert target.state is TargetState.CONFIRMING
    assert any('too old' in reason for reason in reasons)


def test_detector_slower_than_the_history_finds_a_lost_target_again() -> None:
    stage = Stage().lost()
    for _ in range(round(4.0 / DT)):
        stage.step([THERE], ago=1.5)
        if stage.tracker.started[-1][1] == THERE:
            break
    assert stage.tracker.started[-1][1] == THERE


def test_lost_ends_when_the_operator_is_asked() -> None:
    stage = Stage().lost()
    stage.step(count=round(TrackerConfig.reconfirm_after / DT))
    assert stage.follower.life.state is TargetState.LOST
    stage.step([THERE])
    stage.answer = Track(THERE, 1.0, 1.0)
    target = stage.step(count=40)
    assert target.state is TargetState.CONFIRMING
    assert stage.follower.life.awaits_operator
    assert stage.follower.life.on_confirm()
    target = stage.step(count=4)
    assert (target.state, target.target_id) == (TargetState.TRACKING, 1)


def test_lost_for_a_short_time_is_followed_again_without_a_question() -> None:
    stage = Stage().lost()
    stage.step(count=40)
    stage.step([THERE])
    stage.answer = Track(THERE, 1.0, 1.0)
    assert stage.step(count=20).state is TargetState.TRACKING


def test_candidates_of_several_scores_start_on_the_best() -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    frame = stage.frame()
    stage.follower.step(frame, detections(frame.stamp, HERE, THERE, scores=[0.9, 0.7]))
    assert [box for _, box in stage.tracker.started] == [HERE]
