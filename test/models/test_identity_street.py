# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The closed loop on a rendered street: light, scale, turning and the camera's motion vary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import product
import math

from follow_anything.core.config import preset, ServoConfig, TrackerConfig
from follow_anything.core.follower import TargetFollower
from follow_anything.core.geometry import iou
from follow_anything.core.pipeline import FollowPipeline
from follow_anything.core.servo import Servo
from follow_anything.core.types import Box, Query, TargetState
from follow_anything.models.registry import build_detector, build_embedder, build_tracker
from follow_anything.testing import KinematicRobot
import numpy as np
import pytest
from street import CAMERA, odometry_of, Street, Walker

pytestmark = [
    pytest.mark.models,
    pytest.mark.identity,
    pytest.mark.slow,
    pytest.mark.timeout(900),  # on a very busy machine
]

DT = 0.1
ORANGE, GREEN, BLUE = (225, 120, 40), (60, 150, 70), (50, 80, 190)
DARK, GRAY, KHAKI = (45, 45, 60), (110, 110, 115), (130, 120, 80)
Light = Callable[[float], tuple[float, float]]


def changing(now: float) -> tuple[float, float]:
    """Sun and shade, from 0.6 to 1.2, warm and cold."""
    return 0.9 + 0.3 * math.sin(1.3 * now), 0.08 * math.sin(0.7 * now)


def ahead(now: float) -> tuple[float, float]:
    """Walk away at 0.8 m/s, winding, so that distance and bearing change."""
    return 3.5 + 0.8 * now, 0.8 * math.sin(0.5 * now)


def target(**more: object) -> Walker:
    return Walker(ahead, (ORANGE, ORANGE), DARK, **more)  # type: ignore[arg-type]


@dataclass
class Report:
    """What a run led to; every list has one entry a frame."""

    states: list[TargetState] = field(default_factory=list)
    is_seen: list[bool] = field(default_factory=list)
    is_right: list[bool] = field(default_factory=list)
    is_wrong: list[bool] = field(default_factory=list)
    moves: list[bool] = field(default_factory=list)
    ids: set[int] = field(default_factory=set)
    robot: KinematicRobot = field(default_factory=KinematicRobot)

    @property
    def followed(self) -> float:
        """Share of the frames with the target in view in which it was followed."""
        seen = np.array(self.is_seen)
        return float(np.array(self.is_right)[seen].mean())


def run(people: list[Walker], seconds: float, light: Light = changing, seed: int = 0) -> Report:
    """Box the target in the first picture, and let the robot follow by itself."""
    street, report = Street(people, light, seed), Report()
    robot = report.robot
    detector = build_detector('tiny')
    config = TrackerConfig(camera_pitch=0.0)
    embedder = build_embedder('instance', detector)
    follower = TargetFollower(build_tracker('tiny'), embedder, config, CAMERA)
    control = preset('ground', ServoConfig)
    assert isinstance(control, ServoConfig)
    pipeline = FollowPipeline(detector, follower, Servo(control))
    for index in range(round(seconds / DT)):
        now = index * DT
        frame, boxes = street.frame(robot, now)
        if index == 0:
            assert boxes[0] is not None
            pipeline.query(Query(box=boxes[0]), frame)
        result = pipeline.step(frame, frame.stamp, odometry_of(robot, frame.stamp))
        robot.move(result.command, DT)
        _note(report, boxes, result.target.state, result.target.box)
        report.moves.append(not result.command.is_zero)
        report.ids.add(result.target.target_id)
    return report


def _note(report: Report, boxes: list[Box | None], state: TargetState, box: Box | None) -> None:
    share = [0.0 if b is None or box is None else iou(b, box) for b in boxes]
    followed = state.may_move
    report.states.append(state)
    report.is_seen.append(boxes[0] is not None)
    report.is_right.append(followed and share[0] > 0.3)
    report.is_wrong.append(followed and share[0] < 0.1 and max(share[1:], default=0.0) > 0.3)


NOTICED_S = 0.1
"""Somebody else in the target's place is noticed so fast: a frame, at ten frames a second."""


def never_wrong(report: Report) -> None:
    assert sum(report.is_wrong) * DT <= NOTICED_S + 1e-9, [s.value for s in report.states]
    assert report.ids == {1}
    holds_while_unsure(report)


def holds_while_unsure(report: Report) -> None:
    for state, moves in zip(report.states, report.moves, strict=True):
        assert state is TargetState.TRACKING or not moves


@pytest.mark.parametrize('seed', [0, 1])
def test_target_is_followed_through_light_scale_and_the_robots_own_turns(seed: int) -> None:
    stroller = Walker(lambda now: (12.0 - 0.4 * now, 2.5), (BLUE, BLUE), GRAY, seed=9)
    report = run([target(seed=seed), stroller], 9.0, seed=seed)
    never_wrong(report)
    assert report.followed > 0.8
    assert report.robot.position[0] > 2.5, 'it must have gone after the target'


def test_target_that_turns_round_is_still_the_target() -> None:
    """Its back has another colour than its front."""
    turning = Walker(ahead, (ORANGE, GREEN), DARK, turn=lambda now: max(0.0, 0.7 * (now - 3.0)))
    report = run([turning], 9.0)
    never_wrong(report)
    assert report.followed > 0.7


def _across(speed: float, before: float, now: float) -> tuple[float, float]:
    """Cross the target's way from the left, so many metres nearer than it is after 4 s."""
    return ahead(4.0)[0] - before, 3.0 - speed * now


Colour = tuple[int, int, int]
CROSSING_S = 8.0


def _crossings(top: tuple[Colour, Colour], legs: Colour, seed: int) -> list[Report]:
    """
    Let somebody cross nine times: at three speeds, 1 to 1.8 m in front of the target.

    One crossing is chance: a pixel decides.
    """
    paths = [
        partial(_across, speed, before)
        for speed, before in product((0.6, 0.9, 1.2), (1.0, 1.4, 1.8))
    ]
    return [run([target(), Walker(path, top, legs, seed=seed)], CROSSING_S) for path in paths]


def _wrong_share(reports: list[Report]) -> float:
    return sum(sum(report.is_wrong) for report in reports) * DT / (CROSSING_S * len(reports))


def test_somebody_who_crosses_in_front_is_not_followed() -> None:
    """And the target is followed on. The goal is half a hundredth of the time."""
    reports = _crossings((BLUE, BLUE), KHAKI, seed=5)
    assert _wrong_share(reports) <= 0.005
    assert all(report.states[-1] is TargetState.TRACKING for report in reports)
    assert all(report.followed > 0.6 for report in reports)


def test_twin_that_crosses_is_not_followed() -> None:
    """
    The same clothes and no depth: place and motion are all that tells the two apart.

    The goal without depth is a hundredth of the time.
    """
    reports = _crossings((ORANGE, ORANGE), DARK, seed=0)
    for report in reports:
        holds_while_unsure(report)
    assert _wrong_share(reports) <= 0.01


def test_when_the_target_is_gone_nobody_is_followed_instead() -> None:
    """It leaves to the side; a stranger and its twin stay."""

    def leaves(now: float) -> tuple[float, float]:
        return ahead(now) if now < 3.0 else (-20.0, 0.0)

    people = [
        Walker(leaves, (ORANGE, ORANGE), DARK),
        Walker(lambda now: (9.0, 1.5), (BLUE, BLUE), GRAY, seed=4),
        Walker(lambda now: (9.0, -1.5), (ORANGE, ORANGE), DARK, seed=0),
    ]
    report = run(people, 7.0)
    never_wrong(report)
    assert not any(report.moves[round(4.5 / DT) :])
