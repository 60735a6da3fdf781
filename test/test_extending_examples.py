# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/extending.md run, are short, and fit the protocols that they show."""

from __future__ import annotations

from pathlib import Path
import runpy
from typing import Any

from follow_anything.core.config import TrackerConfig
from follow_anything.core.errors import BadQuery
from follow_anything.core.follower import TargetFollower
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.pipeline import FollowPipeline
from follow_anything.core.protocols import Detector, Embedder, Tracker
from follow_anything.core.servo import Servo, ServoConfig
from follow_anything.core.types import Query, TargetState
from follow_anything.robots.base import RobotAdapter
from follow_anything.testing import SyntheticScene
import numpy as np
import pytest

pytestmark = pytest.mark.models

EXAMPLES = Path(__file__).resolve().parents[1] / 'examples'
NAMES = ('own_detector', 'own_tracker', 'own_embedder', 'own_robot')


@pytest.fixture(scope='module')
def ran() -> dict[str, dict[str, Any]]:
    """Run every example once, and give the names that it leaves."""
    return {name: runpy.run_path(str(EXAMPLES / f'{name}.py')) for name in NAMES}


@pytest.mark.parametrize('name', NAMES)
def test_examples_are_short(name: str) -> None:
    lines = (EXAMPLES / f'{name}.py').read_text().splitlines()
    assert sum(bool(line.strip()) for line in lines) <= 30


def test_detector_finds_the_red_box(ran: dict[str, dict[str, Any]]) -> None:
    detector, scene = ran['own_detector']['detector'], ran['own_detector']['scene']
    assert isinstance(detector, Detector)
    found = detector.detect(scene.frame(5))
    assert np.abs(found.boxes[0] - scene.box(5).xyxy).max() < 8
    with pytest.raises(BadQuery, match='expected a text'):
        detector.set_query(Query(texts=('a dog',)))


def test_tracker_follows(ran: dict[str, dict[str, Any]]) -> None:
    assert isinstance(ran['own_tracker']['tracker'], Tracker)
    assert max(ran['own_tracker']['errors']) < 4.0


def test_embedder_separates_target_and_background(ran: dict[str, dict[str, Any]]) -> None:
    example = ran['own_embedder']
    assert isinstance(example['embedder'], Embedder)
    assert np.linalg.norm(example['first']) == pytest.approx(1.0)
    assert example['same'] > 0.9 > 0.5 > example['other']


def test_robot_stops_when_it_is_closed(ran: dict[str, dict[str, Any]]) -> None:
    assert isinstance(ran['own_robot']['robot'], RobotAdapter)
    assert ran['own_robot']['received'] == [[0.5, 0.0, 0.0, -0.2], [0.0, 0.0, 0.0, 0.0]]


def test_the_three_follow_together(ran: dict[str, dict[str, Any]]) -> None:
    """Detector, tracker and embedder of the examples are all that the pipeline needs."""
    scene = SyntheticScene(seed=0)
    camera = PinholeCamera.from_horizontal_fov(scene.width, scene.height, 1.22)
    tracker, embedder = ran['own_tracker']['tracker'], ran['own_embedder']['embedder']
    follower = TargetFollower(tracker, embedder, TrackerConfig(auto_confirm=True), camera)
    detector = ran['own_detector']['detector']
    pipeline = FollowPipeline(detector, follower, Servo(ServoConfig()))
    pipeline.query(Query(texts=('the red thing',)))
    for index in range(30):
        frame = scene.frame(index)
        result = pipeline.step(frame, frame.stamp)
    assert result.target.state is TargetState.TRACKING
    assert not result.command.is_zero
