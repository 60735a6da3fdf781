# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""FollowPipeline with the real models, on a synthetic scene: click, follow, hide, resume, stop."""

from __future__ import annotations

from collections.abc import Iterator

from follow_anything.core.config import ServoConfig, TrackerConfig
from follow_anything.core.follower import TargetFollower
from follow_anything.core.geometry import iou, PinholeCamera
from follow_anything.core.pipeline import FollowPipeline, StepResult
from follow_anything.core.servo import Servo
from follow_anything.core.types import Click, Query, TargetState
from follow_anything.models.appearance import ColorBands
from follow_anything.models.detection.classical.detector import ClassicalDetector
from follow_anything.models.tracking.peers.csrt import CsrtTracker
from follow_anything.testing import SyntheticScene
import pytest

pytestmark = [pytest.mark.models, pytest.mark.tracking]

CONFIG = TrackerConfig(confirm_time=0.1, occlusion_timeout=1.0, target_height=1.7)


NOTICED_FRAMES = 4
"""0.2 s: so soon it is noticed that something else fills the box of a tracker that is sure."""


def run(scene: SyntheticScene, frames: int) -> Iterator[tuple[int, StepResult]]:
    """Click on the target in the first frame and follow it."""
    camera = PinholeCamera.from_horizontal_fov(scene.width, scene.height, 1.22)
    follower = TargetFollower(CsrtTracker(), ColorBands(), CONFIG, camera)
    pipeline = FollowPipeline(ClassicalDetector(), follower, Servo(ServoConfig()))
    for index in range(frames):
        frame = scene.frame(index)
        if index == 0:
            pipeline.query(Query(clicks=(Click(*scene.box(0).center),)), frame)
        yield index, pipeline.step(frame, frame.stamp + 0.03)


def test_click_is_followed() -> None:
    scene = SyntheticScene(seed=1)
    results = dict(run(scene, 30))
    early = [results[index].command.is_zero for index in range(2)]
    assert all(early), 'it moved before the target was confirmed'
    for index in range(10, 30):
        target, command = results[index].target, results[index].command
        assert target.state is TargetState.TRACKING
        assert target.box is not None
        assert iou(target.box, scene.box(index)) > 0.6
        assert not command.is_zero
    # The scene moves the target to the right; a robot turns right, which is negative.
    assert results[29].command.yaw_rate < 0.0


@pytest.mark.parametrize('hidden_s', [0.5, 2.0], ids=['occluded', 'lost'])
def test_nothing_moves_while_the_target_is_hidden_and_it_is_the_same_after(
    hidden_s: float,
) -> None:
    scene = SyntheticScene(seed=2, hidden=(0.75, 0.75 + hidden_s))
    moved_before, states = False, set()
    for index, result in run(scene, round((0.75 + hidden_s + 1.5) * scene.rate)):
        states.add(result.target.state)
        if scene.is_visible(index):
            moved_before |= index < 15 and not result.command.is_zero
            continue
        if index < 15 + NOTICED_FRAMES:
            continue  # the tracker is still sure of the box: looks have to tell
        assert result.command.is_zero, f'moving while hidden, frame {index}'
        assert result.target.position is None
    assert moved_before
    assert (TargetState.LOST in states) is (hidden_s > CONFIG.occlusion_timeout)
    assert result.target.state is TargetState.TRACKING
    assert result.target.target_id == 1
    assert result.target.box is not None
    assert iou(result.target.box, scene.box(index)) > 0.5
