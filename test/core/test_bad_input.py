# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Bad input: nothing of it enters the memory or moves the robot."""

from __future__ import annotations

from collections.abc import Callable
import math
import time

from follow_anything.core.config import TrackerConfig
from follow_anything.core.errors import BadBox
from follow_anything.core.follower import TargetFollower
from follow_anything.core.protocols import Survey
from follow_anything.core.search.eye import Eye
from follow_anything.core.search.proposals import MOST, Proposals
from follow_anything.core.types import Box, Detections, Frame, TargetState, Track
from follow_anything.core.world.ego import PlanarPose
from follow_anything.testing import ScriptedTracker
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from stage import CAMERA, CONFIG, detections, DT, HERE, OUTSIDE, RGB, Stage, THERE

pytestmark = [pytest.mark.core, pytest.mark.identity]

STOP_S = 0.5
"""Within which a robot stands when nothing shows its target any more."""


def memory(stage: Stage) -> list[bytes]:
    """Return all that is remembered of looks."""
    gallery = stage.follower.judge.gallery
    views = (*gallery._anchors, *gallery._adaptive, *gallery._negatives, *gallery._refused)
    return [view.tobytes() for view in views]


def raises(frame: Frame, box: Box) -> np.ndarray:
    raise BadBox('the crop is empty')


BAD_VIEWS: dict[str, Callable[[Frame, Box], np.ndarray]] = {
    'nan': lambda frame, box: np.full(2, math.nan),
    'infinite': lambda frame, box: np.array([math.inf, 0.0]),
    'zero': lambda frame, box: np.zeros(2),
    'huge': lambda frame, box: np.array([1e30, 0.0]),
    'empty crop': raises,
}


@pytest.mark.parametrize('bad', BAD_VIEWS.values(), ids=BAD_VIEWS)
def test_bad_embedding_is_not_learnt_and_stops_the_robot(
    bad: Callable[[Frame, Box], np.ndarray],
) -> None:
    stage = Stage().tracking()
    known = memory(stage)
    stage.looks.embed = bad  # type: ignore[method-assign]
    for index in range(40):
        target = stage.step([HERE, THERE] if index % 2 else [])
        assert index * DT < STOP_S or not target.state.may_move
    assert memory(stage) == known
    assert stage.follower.life.state is not TargetState.TRACKING


@pytest.mark.parametrize('bad', ['nan', 'infinite', 'zero', 'empty crop'])
def test_target_is_not_begun_on_a_bad_embedding(bad: str) -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    stage.looks.embed = BAD_VIEWS[bad]  # type: ignore[method-assign]
    for _ in range(20):
        assert not stage.step([HERE]).state.may_move
    assert memory(stage) == []


@pytest.mark.parametrize('ago', [-1.0, -30.0, DT / 2, 0.5, 20.0, math.nan])
def test_detections_of_another_frame_move_nothing(ago: float) -> None:
    """Of the future, of between two frames, of long ago: the target is followed as before."""
    stage = Stage().tracking()
    known, started = memory(stage), list(stage.tracker.started)
    for _ in range(20):
        frame = stage.frame()
        found = detections(frame.stamp - ago, THERE)
        assert stage.follower.step(frame, found).box == HERE
    assert memory(stage) == known
    assert stage.tracker.started == started
    assert stage.follower.life.state is TargetState.TRACKING


def test_candidate_outside_the_picture_is_nobody() -> None:
    stage = Stage().tracking()
    tracks = len(stage.follower.judge.tracks.tracks)
    target = stage.step([OUTSIDE], count=20)
    assert (target.state, target.box) == (TargetState.TRACKING, HERE)
    assert len(stage.follower.judge.tracks.tracks) == tracks


@pytest.mark.parametrize(
    'box', [OUTSIDE, Box(-500, -500, -400, -300), Box(-1e6, -1e6, 1e6, 1e6), Box(5, 5, 5.2, 40)]
)
def test_lost_target_does_not_come_back_as_a_box_that_cannot_be(box: Box) -> None:
    stage = Stage().lost()
    for _ in range(20):
        assert not stage.step([box]).state.may_move
    assert len(stage.tracker.started) == 1


def test_two_hundred_candidates_are_bounded_in_number_and_time() -> None:
    stage = Stage().tracking()
    crowd = [Box(0.3 * k, 2.0, 0.3 * k + 2.5, 8.0) for k in range(200)]
    began = time.perf_counter()
    target = stage.step([HERE, *crowd], count=5)
    assert time.perf_counter() - began < 5.0
    assert (target.state, target.box) == (TargetState.TRACKING, HERE)
    assert len(stage.follower._candidates) <= MOST


def test_of_two_hundred_candidates_none_is_taken_when_the_target_is_lost() -> None:
    stage = Stage().lost()
    crowd = [Box(0.3 * k, 10.0, 0.3 * k + 4.0, 30.0) for k in range(190)]
    stage.looks.like = dict.fromkeys(crowd, 0.2)
    for _ in range(10):
        assert not stage.step(crowd).state.may_move
    assert len(stage.tracker.started) == 1


def odometry(kind: str, stamp: float) -> PlanarPose:
    jump = 500.0 * math.sin(1e3 * stamp)
    return {
        'jumps': PlanarPose(stamp, jump, -jump, 0.0, jump),
        'stands still': PlanarPose(10.0, 0.0, 0.0),
        'comes late': PlanarPose(stamp - 5.0, stamp, 0.0),
        'from the future': PlanarPose(stamp + 5.0, stamp, 0.0),
        'nan': PlanarPose(stamp, math.nan, math.inf, math.nan, math.nan),
    }[kind]


@pytest.mark.parametrize('kind', ['jumps', 'stands still', 'comes late', 'from the future', 'nan'])
def test_bad_odometry_neither_moves_nor_stops_the_robot(kind: str) -> None:
    """We stand, and the target stands: that is what the pictures say."""
    stage = Stage().tracking()
    for _ in range(40):
        stage.follower.ego.odometry(odometry(kind, stage.now + DT))
        target = stage.step()
        assert (target.state, target.box) == (TargetState.TRACKING, HERE)
    assert len(memory(stage)) == 1


@pytest.mark.parametrize('kind', ['jumps', 'comes late', 'from the future', 'nan'])
def test_bad_odometry_brings_no_somebody_else(kind: str) -> None:
    stage = Stage().lost()
    stage.looks.like[THERE] = 0.3
    for _ in range(40):
        stage.follower.ego.odometry(odometry(kind, stage.now + DT))
        assert not stage.step([THERE]).state.may_move


class Everything:
    """A surveyor with scripted answers."""

    unrelated = 0.0

    def __init__(self, boxes: np.ndarray, views: np.ndarray, words: np.ndarray) -> None:
        self.found = Survey(boxes, views, words)

    def embed(self, frame: Frame, box: Box) -> np.ndarray:
        return np.array([1.0, 0.0])

    def survey(self, frame: Frame, boxes: np.ndarray, size_px: float = 0.0) -> Survey:
        own = np.tile([1.0, 0.0], (len(boxes), 1))
        return Survey(
            np.concatenate([boxes, self.found.boxes]),
            np.concatenate([own, self.found.views]),
            np.concatenate([np.zeros(len(boxes)), self.found.words]),
        )


ANY = st.floats(allow_nan=True, allow_infinity=True, width=32)
ROW = st.tuples(*[ANY] * 7)


@given(st.lists(ROW, max_size=40))
def test_whatever_a_surveyor_says_the_candidates_are_usable(rows: list[tuple]) -> None:
    table = np.array(rows, float).reshape(-1, 7)
    with np.errstate(all='ignore'):
        proposals = Proposals(Everything(table[:, :4], table[:, 4:6], table[:, 6]))
        follower = TargetFollower(
            ScriptedTracker(lambda _: Track(HERE, 1.0, 1.0)), Stage().looks, CONFIG, CAMERA
        )
        frame = Frame(10.0, RGB)
        eye = Eye(frame, CAMERA, follower.ego.pose_at(10.0))
        candidates = proposals.gather(eye, Track(HERE, 1.0, 1.0), None, HERE)
    assert len(candidates) <= MOST
    assert candidates[0].box == HERE
    for candidate in candidates:
        box = candidate.box
        assert 0 <= box.x1 < box.x2 <= frame.width
        assert 0 <= box.y1 < box.y2 <= frame.height
        if candidate.view is not None:
            assert np.linalg.norm(candidate.view) == pytest.approx(1.0)
        if candidate.place is not None:
            assert np.isfinite(candidate.place.mean).all()
            assert np.linalg.eigvalsh(candidate.place.covariance).min() > 0.0


def test_depth_that_is_no_number_is_no_depth() -> None:
    stage = Stage(TrackerConfig(confirm_time=0.1, target_height=1.7))
    stage.depth = np.full(RGB.shape[:2], math.nan, np.float32)
    stage.tracking()
    for bad in (math.nan, math.inf, -1.0, 0.0):
        stage.depth = np.full(RGB.shape[:2], bad, np.float32)
        target = stage.step(count=3)
        assert target.state is TargetState.TRACKING
        assert target.position is not None
        assert np.isfinite(target.position).all()


def test_empty_answer_is_no_answer() -> None:
    stage = Stage().tracking()
    frame = stage.frame()
    target = stage.follower.step(frame, Detections.empty(frame.stamp))
    assert (target.state, target.box) == (TargetState.TRACKING, HERE)
