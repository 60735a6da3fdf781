# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""FollowPipeline.step with scripted models: what is asked of whom, and when nothing moves."""

from __future__ import annotations

import math

from follow_anything.core.config import ServoConfig, TrackerConfig
from follow_anything.core.errors import BadQuery
from follow_anything.core.follower import TargetFollower
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.pipeline import FollowPipeline, StepResult
from follow_anything.core.servo import Servo
from follow_anything.core.types import Box, Click, Frame, Query, TargetState, Track
from follow_anything.testing import ScriptedDetector, ScriptedTracker, SyntheticScene
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

CLICK = Query(clicks=(Click(10, 10),))


class Alike:
    """Everything looks the same."""

    unrelated = 0.0

    def embed(self, frame: Frame, box: Box) -> np.ndarray:
        return np.array([1.0, 0.0])


class World:
    """A pipeline around a synthetic scene with perfect models."""

    def __init__(self, scene: SyntheticScene) -> None:
        self.scene, self.index = scene, 0
        self.detector = ScriptedDetector(lambda f: scene.detections(self.index_of(f)))
        self.tracker = ScriptedTracker(self.track)
        camera = PinholeCamera.from_horizontal_fov(scene.width, scene.height, 1.2)
        config = TrackerConfig(confirm_time=0.1, occlusion_timeout=1.0)
        follower = TargetFollower(self.tracker, Alike(), config, camera)
        self.pipeline = FollowPipeline(self.detector, follower, Servo(ServoConfig()))

    def index_of(self, frame: Frame) -> int:
        return round((frame.stamp - self.scene.start) * self.scene.rate)

    def track(self, frame: Frame) -> Track:
        index = self.index_of(frame)
        return Track(self.scene.box(index), 1.0, float(self.scene.is_visible(index)))

    def step(self, count: int = 1, age: float = 0.02) -> StepResult:
        for _ in range(count):
            self.index += 1
            frame = self.scene.frame(self.index)
            result = self.pipeline.step(frame, frame.stamp + age)
        return result


def test_nothing_is_done_and_nothing_moves_before_a_query() -> None:
    world = World(SyntheticScene())
    result = world.step(5)
    assert result.detections is None
    assert result.target.state is TargetState.IDLE
    assert result.command.is_zero
    assert world.detector.stamps == []


def test_query_leads_to_motion_and_the_detector_rests_then() -> None:
    world = World(SyntheticScene())
    assert world.pipeline.query(CLICK) == '(10, 10)'
    result = world.step()
    assert result.detections is not None
    assert result.command.is_zero
    result = world.step(10)
    assert result.target.state is TargetState.TRACKING
    assert not result.command.is_zero
    assert len(world.detector.stamps) == 1


def test_refused_query_leaves_the_old_target() -> None:
    world = World(SyntheticScene())
    world.pipeline.query(CLICK)
    before = world.step(10)
    world.detector.refuse = 'cannot read that'
    with pytest.raises(BadQuery, match='cannot read that'):
        world.pipeline.query(Query(texts=('a cat',)))
    after = world.step()
    assert after.target.state is TargetState.TRACKING
    assert after.target.target_id == before.target.target_id


def test_described_target_needs_a_yes() -> None:
    world = World(SyntheticScene())
    assert not world.pipeline.confirm()
    world.pipeline.query(Query(texts=('the colourful one',)))
    result = world.step(20)
    assert result.target.state is TargetState.CONFIRMING
    assert result.command.is_zero
    assert world.pipeline.confirm()
    assert not world.step(10).command.is_zero


def test_hidden_target_stops_the_robot_and_it_resumes_after() -> None:
    world = World(SyntheticScene(hidden=(1.0, 2.0)))
    world.pipeline.query(CLICK)
    commands = []
    for index in range(1, 70):
        result = world.step()
        commands.append(result.command)
        if not world.scene.is_visible(index):
            assert result.command.is_zero
            assert result.command.reason
    assert not commands[18].is_zero
    assert not commands[-1].is_zero
    assert result.target.target_id == 1


def test_look_alikes_move_nothing() -> None:
    world = World(SyntheticScene(look_alike=True))
    world.pipeline.query(CLICK)
    result = world.step(10)
    assert result.target.state is TargetState.AMBIGUOUS
    assert 'ambiguous' in result.target.reason
    assert result.command.is_zero


@pytest.mark.parametrize('age', [0.5, -0.5, math.nan])
def test_old_picture_moves_nothing(age: float) -> None:
    world = World(SyntheticScene())
    world.pipeline.query(CLICK)
    world.step(10)
    assert world.step(age=age).command.is_zero


@pytest.mark.parametrize('late', [0, 2])
def test_stop_holds_whatever_arrives_late(late: int) -> None:
    world = World(SyntheticScene())
    world.pipeline.query(CLICK)
    world.step(10)
    world.pipeline.stop()
    frame = world.scene.frame(world.index - late)
    assert world.pipeline.step(frame, frame.stamp + 0.02).command.is_zero
    assert world.step(10).command.is_zero
