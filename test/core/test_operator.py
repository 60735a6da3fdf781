# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the operator says counts: this one (pick), not this one (reject, for ever)."""

from __future__ import annotations

from dataclasses import replace

from follow_anything.core.config import DetectorConfig, ServoConfig, with_values
from follow_anything.core.follower import TargetFollower
from follow_anything.core.pipeline import FollowPipeline, StepResult
from follow_anything.core.servo import Servo
from follow_anything.core.types import (
    Box,
    Click,
    Detections,
    Frame,
    Query,
    Target,
    TargetState,
    Track,
)
from follow_anything.testing import ScriptedDetector, ScriptedTracker
import numpy as np
import pytest
from stage import CAMERA, CONFIG, DT, HERE, Looks, RGB, Stage, THERE

pytestmark = [pytest.mark.core, pytest.mark.identity]

LEFT, RIGHT = Box(10, 10, 20, 30), Box(30, 10, 40, 30)
OTHER = Box(50, 10, 60, 30)


def unsure() -> Stage:
    """Return a stage where two that look alike stand beside where the target was lost."""
    stage = Stage().lost()
    stage.step([LEFT, RIGHT], count=4)
    assert stage.follower.life.state is TargetState.AMBIGUOUS
    return stage


def number_of(stage: Stage, box: Box) -> int:
    target = stage.step([LEFT, RIGHT])
    (number,) = [one.number for one in target.candidates if one.box == box]
    return number


@pytest.mark.parametrize('chosen', [LEFT, RIGHT])
def test_picked_candidate_is_followed_under_the_same_id(chosen: Box) -> None:
    stage = unsure()
    assert stage.follower.pick(number_of(stage, chosen))
    assert stage.tracker.started[-1][1] == chosen
    stage.answer = Track(chosen, 1.0, 1.0)
    target = stage.step([LEFT, RIGHT], count=10)  # the other one is still there
    assert (target.state, target.box, target.target_id) == (TargetState.TRACKING, chosen, 1)


def test_ids_of_the_candidates_stay_while_nobody_moves() -> None:
    stage = unsure()
    numbers = {number_of(stage, RIGHT) for _ in range(10)}
    assert len(numbers) == 1


@pytest.mark.parametrize('number', [999, -1, 0])
def test_nobody_is_picked_who_is_not_there(number: int) -> None:
    stage = unsure()
    assert not stage.follower.pick(number)
    assert stage.follower.life.state is TargetState.AMBIGUOUS


def test_there_is_nothing_to_pick_or_reject_without_a_target() -> None:
    stage = Stage()
    for explicit in (None, True):
        if explicit is not None:
            stage.follower.query(explicit=explicit)
        stage.step(count=3)
        assert not stage.follower.pick(1)
        assert not stage.follower.reject()


def test_first_find_that_is_ambiguous_can_be_picked_from() -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    target = stage.step([LEFT, RIGHT], count=3)
    assert target.state is TargetState.AMBIGUOUS
    assert len(target.candidates) == 2
    assert stage.follower.pick(number_of(stage, LEFT))


def shown(target: Target) -> dict[Box, int]:
    return {one.box: one.number for one in target.candidates}


def test_ids_of_a_first_find_stay_whoever_is_likelier_and_moves() -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    first = shown(stage.step([LEFT, RIGHT]))
    for step in range(1, 5):
        left, right = (Box(b.x1 + step, b.y1, b.x2 + step, b.y2) for b in (LEFT, RIGHT))
        order = [left, right] if step % 2 else [right, left]
        assert shown(stage.step(order)) == {left: first[LEFT], right: first[RIGHT]}
        stage.step()  # between two answers of the detector
    assert stage.follower.pick(first[LEFT])
    assert stage.tracker.started[-1][1] == left


def test_only_an_id_that_is_shown_can_be_picked() -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    first = shown(stage.step([LEFT, RIGHT]))
    assert not any(map(stage.follower.pick, (0, -1, max(first.values()) + 1)))
    stage.step([RIGHT, OTHER])
    assert not stage.follower.pick(first[LEFT]), 'that one is gone'
    assert stage.follower.life.state is TargetState.AMBIGUOUS
    assert not stage.tracker.started
    frame = stage.frame()
    target = stage.follower.step(frame, Detections.empty(frame.stamp))
    assert not target.candidates, 'nobody is left'
    assert not stage.follower.pick(first[RIGHT])


def test_candidate_without_a_track_cannot_be_picked() -> None:
    """All of those share the id 0."""
    stage = Stage().lost()
    numbers = shown(stage.step([LEFT, RIGHT]))
    assert not stage.follower.pick(0), numbers
    assert stage.follower.life.state is TargetState.AMBIGUOUS


def test_no_id_is_given_twice_within_a_query() -> None:
    """Neither by the next first find nor by the judge, once there is a target."""
    stage = Stage(with_values(CONFIG, {'auto_confirm': True}))
    stage.follower.query(explicit=False)
    given = shown(stage.step([LEFT, RIGHT]))
    stage.step([HERE])
    stage.answer = Track(HERE, 1.0, 0.0)
    assert stage.step(count=2).state is TargetState.SEARCHING  # that was nobody
    again = shown(stage.step([LEFT, RIGHT]))
    assert set(again.values()).isdisjoint(given.values())
    assert stage.follower.pick(again[RIGHT])
    stage.answer = Track(RIGHT, 1.0, 1.0)
    assert stage.step(count=10).state is TargetState.TRACKING
    stage.answer = Track(RIGHT, 1.0, 0.0)
    assert stage.step(count=40).state is TargetState.LOST
    later = shown(stage.step([RIGHT, LEFT], count=4))
    assert len(later) == 2
    assert set(later.values()).isdisjoint({*given.values(), *again.values()})


def test_first_find_that_is_gone_is_searched_for_again() -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    stage.step([LEFT, RIGHT], count=3)
    frame = stage.frame()
    target = stage.follower.step(frame, Detections.empty(frame.stamp))
    assert target.state is TargetState.SEARCHING


def test_rejected_target_stops_the_robot_at_once() -> None:
    stage = Stage().tracking()
    number = stage.follower.life.target_id
    assert stage.follower.reject()
    assert not stage.follower.life.state.may_move
    assert stage.step().target_id == number + 1, 'for the controller it is another target'


@pytest.mark.parametrize('doubt_rate', [20.0, 5.0, 1.0])
def test_rejected_target_is_not_followed_again(doubt_rate: float) -> None:
    """However often it is looked at: between two looks nothing older counts."""
    stage = Stage(with_values(CONFIG, {'identity.doubt_rate': doubt_rate})).tracking()
    assert stage.follower.reject()
    for _ in range(round(20.0 / DT)):
        assert not stage.step([HERE]).state.may_move


@pytest.mark.parametrize('likeness', [1.0, 0.8])
@pytest.mark.parametrize('speed', [0.0, 0.2])
def test_rejected_target_that_moves_and_turns_is_not_followed_again(
    likeness: float, speed: float
) -> None:
    """What was believed of it before the word came counts for nothing."""
    stage = Stage(with_values(CONFIG, {'identity.doubt_rate': 5.0})).tracking()
    stage.step(count=10)
    assert stage.follower.reject()
    for index in range(round(20.0 / DT)):
        way = speed * min(index, 40)
        box = Box(HERE.x1 + way, HERE.y1, HERE.x2 + way, HERE.y2)
        stage.looks.like[box] = likeness
        stage.answer = Track(box, 1.0, 1.0)
        assert not stage.step().state.may_move


@pytest.mark.parametrize('state', [TargetState.OCCLUDED, TargetState.LOST])
def test_reject_while_nothing_is_offered_means_the_one_that_was_followed(
    state: TargetState,
) -> None:
    """A passer-by whom the last look saw, and whom nobody showed to the operator, may be it."""
    stage = Stage().occluded() if state is TargetState.OCCLUDED else Stage().lost()
    stage.looks.like[LEFT] = 0.3
    assert stage.step([LEFT]).state is state
    assert stage.follower.reject()
    (refused,) = stage.follower.judge.gallery.refused
    assert refused == pytest.approx([1.0, 0.0])
    assert not stage.follower.reject(), 'nothing is left that could be refused'
    stage.answer = Track(HERE, 1.0, 1.0)
    for _ in range(100):
        assert not stage.step([HERE]).state.may_move


def test_of_two_the_rejected_one_leaves_the_other() -> None:
    stage = unsure()
    target = stage.step([LEFT, RIGHT])
    worse = target.candidates[0].box
    other = LEFT if worse == RIGHT else RIGHT
    assert stage.follower.reject()
    for _ in range(60):
        target = stage.step([LEFT, RIGHT])
        if target.state.may_move:
            assert target.box == other
        if stage.tracker.started[-1][1] == other:
            stage.answer = Track(other, 1.0, 1.0)
    assert target.state is not TargetState.TRACKING or target.box == other


def test_rejected_find_of_a_text_is_not_proposed_again() -> None:
    stage = Stage()
    stage.follower.query(explicit=False)
    stage.step([HERE])
    assert stage.step(count=5).state is TargetState.CONFIRMING
    assert stage.follower.reject()
    stage.step(count=3)
    for _ in range(20):
        assert stage.step([HERE]).state is not TargetState.CONFIRMING


def test_a_refused_one_stays_refused_when_somebody_else_was_found_meanwhile() -> None:
    stage = Stage()
    stage.looks.like[THERE] = 0.2
    stage.follower.query(explicit=False)
    stage.step([HERE])
    stage.step(count=5)
    assert stage.follower.reject()
    stage.answer = Track(THERE, 1.0, 0.0)
    stage.step(count=3)
    stage.answer = Track(THERE, 1.0, 1.0)
    stage.step([THERE])
    assert stage.step(count=3).state is TargetState.CONFIRMING
    stage.answer = Track(THERE, 1.0, 0.0)
    assert stage.step(count=30).state is TargetState.SEARCHING
    stage.answer = Track(HERE, 1.0, 1.0)
    for _ in range(20):
        assert stage.step([HERE]).state is not TargetState.CONFIRMING
    stage.follower.query(explicit=False)  # another question: nothing is refused any more
    stage.step([HERE])
    assert stage.step(count=3).state is TargetState.CONFIRMING


class Two:
    """A pipeline that is shown the target, then nothing, then two that look like it."""

    def __init__(self, rate: float = 60.0) -> None:
        self.now, self.boxes = 100.0, [HERE]
        self.tracker = ScriptedTracker(lambda _: self.answer)
        self.answer = Track(HERE, 1.0, 1.0)
        follower = TargetFollower(self.tracker, Looks(), CONFIG, CAMERA)
        detector = ScriptedDetector(self.found)
        servo = Servo(ServoConfig(camera_pitch=0.0))
        self.pipeline = FollowPipeline(detector, follower, servo, DetectorConfig(rate=rate))
        self.pipeline.query(Query(clicks=(Click(25, 20),)))

    def found(self, frame: Frame) -> Detections:
        each = [Detections.single(frame.stamp, box, 0.9) for box in self.boxes]
        if not each:
            return Detections.empty(frame.stamp)
        return Detections(
            frame.stamp, np.concatenate([d.boxes for d in each]), np.full(len(each), 0.9)
        )

    def step(self, count: int) -> list[StepResult]:
        results = []
        for _ in range(count):
            self.now += DT
            results.append(self.pipeline.step(Frame(self.now, RGB), self.now))
        return results

    def lose_among_two(self) -> list[StepResult]:
        """Follow, lose, and see two that look like the target; return the last part."""
        assert not self.step(20)[-1].command.is_zero
        self.boxes, self.answer = [], Track(HERE, 1.0, 0.0)
        assert self.step(40)[-1].target.state is TargetState.LOST
        self.boxes = [LEFT, RIGHT]
        return self.step(60)


def test_ambiguity_lasts_from_one_answer_of_the_detector_to_the_next() -> None:
    """The operator needs longer than a frame to pick."""
    results = Two(rate=5.0).lose_among_two()[20:]
    assert {result.target.state for result in results} == {TargetState.AMBIGUOUS}


def test_ambiguity_commands_zero_until_the_operator_has_picked() -> None:
    two = Two()
    results = two.lose_among_two()
    assert all(result.command.is_zero for result in results)
    asked = results[-1]
    assert asked.target.state is TargetState.AMBIGUOUS
    assert 'AMBIGUOUS' in asked.command.reason
    assert 'ambiguous: 2 candidates' in asked.command.reason
    (number,) = [one.number for one in asked.target.candidates if one.box == LEFT]
    assert two.pipeline.pick(number)
    two.answer = Track(LEFT, 1.0, 1.0)
    result = two.step(30)[-1]
    assert result.target.state is TargetState.TRACKING
    assert result.command.yaw_rate > 0.0  # to the left


@pytest.mark.parametrize('search', [{}, {'search_yaw_rate': 0.4}, {'search_climb': 0.5}])
def test_reject_commands_zero_through_the_pipeline(search: dict[str, float]) -> None:
    """Nor is the refused one searched for: it stands in plain view."""
    two = Two()
    two.pipeline.servo.configure(replace(two.pipeline.servo.config, search_after=0.0, **search))
    assert not two.step(20)[-1].command.is_zero
    assert two.pipeline.reject()
    assert all(result.command.is_zero for result in two.step(100))
