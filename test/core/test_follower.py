# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The tracker stage: clean start, occlusion, distractors, late frames, clock jumps."""

from __future__ import annotations

from dataclasses import replace
import math

from follow_anything.core.config import IdentityConfig, TrackerConfig
from follow_anything.core.errors import BadBox
from follow_anything.core.follower import LONG_S, TargetFollower
from follow_anything.core.geometry import camera_mount
from follow_anything.core.types import Box, Frame, Target, TargetState, Track
from follow_anything.testing import ScriptedTracker
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from stage import CAMERA, CONFIG, detections, DT, HERE, OUTSIDE, RGB, Stage, THERE

pytestmark = [pytest.mark.core, pytest.mark.identity]

DOUBT_S = 0.4
"""Within which the judge's mean lets go of a tracker that is sure of something else."""


def test_nothing_happens_without_a_query() -> None:
    stage = Stage()
    target = stage.step([HERE], count=10)
    assert target.state is TargetState.IDLE
    assert (target.target_id, target.box, target.position) == (0, None, None)
    assert not stage.tracker.started
    assert not stage.tracker.stamps


def test_clean_start() -> None:
    stage = Stage()
    assert stage.follower.query(explicit=True) == 1
    assert stage.step().state is TargetState.SEARCHING
    target = stage.step([HERE])
    assert stage.tracker.started == [(target.stamp, HERE)]
    assert target.state is TargetState.CONFIRMING
    states = [stage.step().state for _ in range(4)]
    assert states[-1] is TargetState.TRACKING
    target = stage.step()
    assert (target.target_id, target.box) == (1, HERE)
    assert target.presence > 0.9
    assert target.position is not None
    np.testing.assert_allclose(target.position[0] / target.position[2], (25 - 32) / 50)


def test_tracker_is_not_asked_before_there_is_a_candidate() -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    stage.step(count=5)
    assert stage.tracker.stamps == []


def test_without_a_camera_there_is_no_position() -> None:
    target = Stage(camera=None).tracking().step()
    assert target.state is TargetState.TRACKING
    assert target.position is None


def test_described_target_does_not_move_anything_until_confirmed() -> None:
    stage = Stage()
    stage.follower.query(explicit=False)
    stage.step([HERE])
    assert stage.step(count=20).state is TargetState.CONFIRMING
    assert stage.follower.life.on_confirm()
    assert stage.step().state is TargetState.TRACKING


def test_slow_detector_starts_on_the_frame_it_saw_and_catches_up() -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    stage.step(count=6)
    stage.step([HERE], ago=4 * DT)
    seen_in, _ = stage.tracker.started[0]
    assert seen_in == pytest.approx(stage.now - 4 * DT)
    assert stage.tracker.stamps == pytest.approx([stage.now - k * DT for k in (3, 2, 1, 0)])


@pytest.mark.parametrize('ago', [CONFIG.history + 0.2, -1.0, DT / 2])
def test_detections_for_an_unknown_frame_are_ignored(ago: float) -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    stage.step(count=40)
    assert stage.step([HERE], ago=ago).state is TargetState.SEARCHING
    assert not stage.tracker.started


def test_occlusion_holds_and_resumes_with_the_same_id() -> None:
    stage = Stage().occluded()
    target = stage.step(count=5)
    assert target.state is TargetState.OCCLUDED
    assert target.position is None
    stage.answer = Track(THERE, 1.0, 1.0)
    target = stage.step(count=3)
    assert (target.state, target.target_id) == (TargetState.TRACKING, 1)


def test_tracker_that_is_sure_of_something_else_is_not_believed() -> None:
    """A score that stays high when the target is gone: the appearance does the doubting."""
    stage = Stage().tracking()
    stage.looks.like[HERE] = 0.1
    target = stage.step(count=round(DOUBT_S / DT))
    assert (target.state, target.presence) == (TargetState.OCCLUDED, 0.0)
    assert not any(stage.step().state.may_move for _ in range(40))


def test_one_frame_of_other_looks_does_not_stop_a_robot() -> None:
    """A glare, a blur: evidence is a mean over evidence_time."""
    stage = Stage().tracking()
    stage.looks.like[HERE] = 0.1
    assert stage.step().state is TargetState.TRACKING
    stage.looks.like[HERE] = 1.0
    assert stage.step(count=5).state is TargetState.TRACKING


@pytest.mark.parametrize('box', [None, OUTSIDE])
def test_tracker_that_left_the_image_has_lost_sight(box: Box | None) -> None:
    stage = Stage().tracking()
    stage.answer = Track(box, 1.0, 1.0)
    target = stage.step()
    assert (target.state, target.presence) == (TargetState.OCCLUDED, 0.0)
    assert target.position is None


def test_somebody_who_passes_in_front_is_told_by_the_depth() -> None:
    """The tracker is sure, and he looks the same: but nobody comes two metres nearer at once."""
    stage = Stage()
    stage.depth = np.full(RGB.shape[:2], 4.0, np.float32)
    stage.tracking()
    stage.depth = np.full(RGB.shape[:2], 2.0, np.float32)
    assert stage.step().state is TargetState.OCCLUDED
    stage.depth = np.full(RGB.shape[:2], 4.1, np.float32)
    assert stage.step(count=4).state is TargetState.TRACKING


def test_background_in_the_box_does_not_hide_the_target() -> None:
    stage = Stage()
    stage.depth = np.full(RGB.shape[:2], 4.0, np.float32)
    stage.tracking()
    beside = stage.depth.copy()
    beside[:, 24:] = 12.0  # most of the box: she has turned, and is seen in profile
    stage.depth = beside
    target = stage.step(count=3)
    assert target.state is TargetState.TRACKING
    assert target.position is not None
    assert target.position[2] == pytest.approx(4.0)


def test_target_that_looks_past_somebody_is_seen_at_its_own_depth() -> None:
    """The front surface in its box is his; hers is where it was a moment ago."""
    stage = Stage()
    stage.depth = np.full(RGB.shape[:2], 4.0, np.float32)
    stage.tracking()
    stage.depth = np.full(RGB.shape[:2], 3.0, np.float32)
    stage.looks.like[HERE] = 0.1
    assert stage.step(count=3).state is TargetState.OCCLUDED
    half = stage.depth.copy()
    half[:, 26:] = 4.0
    stage.depth, stage.looks.like[HERE] = half, 1.0
    target = stage.step(count=8)
    assert target.state is TargetState.TRACKING
    assert target.position is not None
    assert target.position[2] == pytest.approx(4.0)


def test_description_that_is_no_number_is_not_the_target() -> None:
    stage = Stage().tracking()
    known = len(stage.follower.judge.gallery)
    stage.looks.like[HERE] = math.nan
    target = stage.step(count=round(DOUBT_S / DT))
    assert (target.state, target.presence) == (TargetState.OCCLUDED, 0.0)
    assert len(stage.follower.judge.gallery) == known


def test_lost_target_is_found_again_with_the_same_id() -> None:
    stage = Stage().lost()
    assert stage.follower.life.wants_detection
    stage.looks.like[HERE] = 0.1
    stage.step([HERE, THERE])
    assert stage.tracker.started[-1] == (pytest.approx(stage.now), THERE)
    stage.answer = Track(THERE, 1.0, 1.0)
    target = stage.step(count=9)
    assert (target.state, target.target_id, target.box) == (TargetState.TRACKING, 1, THERE)


class Resumed(ScriptedTracker):
    """One that keeps what it learnt."""

    resumed: list[Box]

    def resume(self, frame: Frame, box: Box) -> None:
        self.resumed.append(box.clipped(frame.width, frame.height))


def test_tracker_that_can_goes_on_with_the_first_view_it_learnt() -> None:
    stage = Stage()
    tracker = Resumed(lambda _: stage.answer)
    tracker.resumed = []
    stage.follower = TargetFollower(tracker, stage.looks, CONFIG, CAMERA)
    stage.lost().step([THERE])
    assert (len(tracker.started), tracker.resumed) == (1, [THERE])
    stage.follower.query(explicit=True)  # somebody else: nothing that was learnt is of use
    stage.step([THERE])
    assert [box for _, box in tracker.started] == [HERE, THERE]
    assert len(tracker.resumed) == 1


class Learning(ScriptedTracker):
    """A scripted tracker that notes what it is given to learn."""

    def learn(self, frame: Frame, box: Box) -> None:
        self.learnt.append(box)

    def unlearn(self) -> None:
        self.learnt.clear()


@pytest.mark.parametrize(('presence', 'is_learnt'), [(1.0, True), (0.7, False)])
def test_tracker_learns_what_the_judge_is_sure_of(presence: float, is_learnt: bool) -> None:
    """And not a box that somebody may be covering."""
    stage = Stage()
    tracker = Learning(lambda _: stage.answer)
    tracker.learnt = []
    stage.follower = TargetFollower(tracker, stage.looks, CONFIG, CAMERA)
    stage.tracking()
    tracker.learnt.clear()
    stage.answer = Track(HERE, 1.0, presence)
    stage.step([HERE], count=10)
    assert bool(tracker.learnt) is is_learnt
    assert set(tracker.learnt) <= {HERE}


def test_tracker_drops_what_it_learnt_when_somebody_alike_comes() -> None:
    """The more views it knows, the easier it takes that one."""
    stage = Stage()
    tracker = Learning(lambda _: stage.answer)
    tracker.learnt = []
    stage.follower = TargetFollower(tracker, stage.looks, CONFIG, CAMERA)
    stage.tracking()
    stage.step([HERE], count=10)
    assert tracker.learnt
    stage.step([HERE, THERE], count=5)
    assert not tracker.learnt
    stage.step([HERE], count=10)  # that one is out of sight, and may come back
    assert not tracker.learnt


def test_something_else_is_not_taken_for_the_lost_target() -> None:
    stage = Stage().lost()
    stage.looks.like[THERE] = 0.3
    target = stage.step([THERE], count=10)
    assert target.state is TargetState.LOST
    assert len(stage.tracker.started) == 1


def test_look_alikes_make_the_robot_hold() -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    target = stage.step([HERE, THERE], count=10)
    assert target.state is TargetState.AMBIGUOUS
    assert 'ambiguous: 2' in target.reason
    assert not stage.tracker.started


CENTRAL, ASIDE = Box(27, 14, 37, 34), Box(2, 10, 12, 30)


@pytest.mark.parametrize('boxes', [[ASIDE, CENTRAL], [CENTRAL, ASIDE]])
def test_of_described_look_alikes_the_one_ahead_is_asked_about(boxes: list[Box]) -> None:
    stage = Stage()
    stage.follower.query(explicit=False)
    stage.answer = Track(CENTRAL, 1.0, 1.0)
    target = stage.step(boxes, count=9)
    assert (target.state, target.box) == (TargetState.CONFIRMING, CENTRAL)
    assert stage.follower.life.awaits_operator
    assert [box for _, box in stage.tracker.started] == [CENTRAL]


def test_without_an_operator_to_ask_described_look_alikes_make_the_robot_hold() -> None:
    stage = Stage(replace(CONFIG, auto_confirm=True))
    stage.follower.query(explicit=False)
    target = stage.step([HERE, THERE], count=10)
    assert target.state is TargetState.AMBIGUOUS
    assert 'ambiguous: 2' in target.reason


def test_look_alikes_of_a_lost_target_make_the_robot_hold() -> None:
    stage = Stage().lost()
    target = stage.step([HERE, THERE], count=3)
    assert target.state is TargetState.AMBIGUOUS
    assert 'ambiguous' in target.reason
    assert len(stage.tracker.started) == 1


def test_holding_ends_when_the_look_alike_is_gone() -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    stage.step([HERE, THERE])
    assert stage.step([HERE]).state is TargetState.CONFIRMING


def test_two_boxes_on_one_object_are_no_look_alikes() -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    stage.step([HERE, Box(21, 10, 31, 30)])
    assert stage.tracker.started


@pytest.mark.parametrize(
    ('second', 'is_ambiguous'), [(0.9, True), (0.85, True), (0.7, False), (0.1, False)]
)
def test_margin_decides(second: float, is_ambiguous: bool) -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    frame = stage.frame()
    stage.follower.step(frame, detections(frame.stamp, HERE, THERE, scores=[0.9, second]))
    assert bool(stage.tracker.started) is not is_ambiguous


def test_candidate_outside_the_image_is_passed_over() -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    assert stage.step([OUTSIDE]).state is TargetState.SEARCHING
    stage.step([OUTSIDE, HERE])
    assert [box for _, box in stage.tracker.started] == [HERE]


def test_tracker_that_cannot_start_says_why() -> None:
    stage = Stage()

    def refuse(frame: Frame, box: Box) -> None:
        raise BadBox('too little to learn from')

    stage.tracker.initialize = refuse  # type: ignore[method-assign]
    stage.follower.query(explicit=True)
    target = stage.step([HERE])
    assert (target.state, target.reason) == (TargetState.SEARCHING, 'too little to learn from')


def test_described_candidate_that_vanished_does_not_bar_the_next_one() -> None:
    """The first find may be a mistake; what comes next may look quite different."""
    stage = Stage()
    stage.follower.query(explicit=False)
    stage.step([HERE])
    stage.answer = Track(None, 0.0, 0.0)
    assert stage.step().state is TargetState.SEARCHING
    stage.looks.like[THERE] = 0.1
    stage.answer = Track(THERE, 1.0, 1.0)
    target = stage.step([THERE])
    assert (target.state, target.box) == (TargetState.CONFIRMING, THERE)


def test_pointed_at_target_that_vanished_bars_others() -> None:
    stage = Stage()
    stage.follower.query(explicit=True)
    stage.step([HERE])
    stage.answer = Track(None, 0.0, 0.0)
    assert stage.step().state is TargetState.SEARCHING
    stage.looks.like[THERE] = 0.1
    assert stage.step([THERE], count=5).state is TargetState.SEARCHING


@pytest.mark.parametrize('late', [0.0, DT, 0.5, 0.99])
def test_late_frame_changes_nothing(late: float) -> None:
    stage = Stage().tracking()
    last = stage.step()
    asked = len(stage.tracker.stamps)
    target = stage.follower.step(Frame(stage.now - late, RGB))
    assert target is last
    assert stage.follower.late_frames == 1
    assert len(stage.tracker.stamps) == asked


@pytest.mark.parametrize('late', [0.0, 0.2])
def test_late_frame_does_not_bring_a_stopped_target_back(late: float) -> None:
    stage = Stage().tracking()
    stage.follower.stop()
    target = stage.follower.step(Frame(stage.now - late, RGB))
    assert target.state is TargetState.IDLE
    assert (target.box, target.position) == (None, None)


@pytest.mark.parametrize('late', [0.0, 0.2])
def test_late_frame_does_not_bring_the_previous_target_back(late: float) -> None:
    stage = Stage().tracking()
    number = stage.follower.query(explicit=True)
    target = stage.follower.step(Frame(stage.now - late, RGB))
    assert (target.state, target.target_id) == (TargetState.SEARCHING, number)
    assert target.position is None


def test_clock_set_back_loses_the_target_and_goes_on() -> None:
    stage = Stage().tracking()
    stage.now -= 5.0
    stage.answer = Track(HERE, 1.0, 0.0)
    target = stage.step()
    assert (target.state, target.stamp) == (TargetState.LOST, stage.now)
    stage.answer = Track(HERE, 1.0, 1.0)
    stage.step([HERE])
    target = stage.step(count=3)
    assert (target.state, target.target_id) == (TargetState.TRACKING, 1)
    assert stage.follower.late_frames == 0


def test_clock_set_back_does_not_let_a_robot_move_in_that_frame() -> None:
    stage = Stage().tracking()
    stage.now -= 5.0
    assert not stage.step().state.may_move


def test_stop_forgets_and_a_new_query_has_a_new_id() -> None:
    stage = Stage().tracking()
    stage.follower.stop()
    assert stage.step([HERE], count=5).state is TargetState.IDLE
    assert stage.follower.query(explicit=True) == 2
    stage.looks.like[THERE] = 0.1  # the old appearance does not count any more
    stage.answer = Track(THERE, 1.0, 1.0)
    stage.step([THERE])
    assert stage.step(count=3).target_id == 2


def test_new_thresholds_apply_at_once() -> None:
    stage = Stage().tracking()
    stage.answer = Track(HERE, 1.0, 0.5)
    assert stage.step().state is TargetState.TRACKING
    stage.follower.configure(TrackerConfig(presence_low=1.0, presence_high=1.0))
    assert stage.step().state is TargetState.OCCLUDED


def test_memory_can_be_resized_on_the_live_follower() -> None:
    """With room for one view only the first one is known."""
    stage = Stage().tracking()
    gallery = stage.follower.judge.gallery
    stage.looks.like[HERE] = 0.94  # another side of the target: seen, and kept
    stage.step(count=3)
    assert len(gallery) > 1
    stage.follower.configure(TrackerConfig(identity=IdentityConfig(memory=1, adaptive_memory=0)))
    assert len(gallery) == 1
    assert gallery.nearest(np.array([[1.0, 0.0]]))[0] == pytest.approx(1.0)


ACTS = ('step', 'find', 'lookalikes', 'query', 'ask', 'stop', 'late', 'jump', 'pick', 'reject')


@given(
    st.lists(
        st.tuples(
            st.sampled_from(ACTS),
            st.one_of(st.none(), st.sampled_from([HERE, THERE, OUTSIDE])),
            st.floats(0, 1),
            st.one_of(st.floats(-1, 1), st.just(math.nan)),
        ),
        max_size=40,
    )
)
def test_whatever_happens_the_answer_is_usable(story: list[tuple]) -> None:
    stage, highest = Stage(), 0
    for act, box, presence, likeness in story:
        stage.answer = Track(box, 1.0, presence)
        stage.looks.like[THERE] = likeness
        if act in ('query', 'ask'):
            stage.follower.query(explicit=act == 'query')
        elif act == 'stop':
            stage.follower.stop()
        elif act == 'pick':
            stage.follower.pick(2)
        elif act == 'reject':
            stage.follower.reject()
        stage.now += {'late': -0.3, 'jump': -3.0}.get(act, 0.0)
        found = {'find': [HERE], 'lookalikes': [HERE, THERE]}.get(act, [])
        target = stage.step(found)
        assert 0.0 <= target.presence <= 1.0
        assert target.target_id >= highest
        assert target.position is None or np.isfinite(target.position).all()
        if target.state.may_move:
            assert target.box is not None
            assert highest > 0 or act == 'query'
        if act in ('query', 'ask', 'stop', 'jump'):
            assert not target.state.may_move
        highest = target.target_id


def test_target_that_is_out_of_sight_is_not_moved_before_it_is_confirmed() -> None:
    stage = Stage().occluded()
    stage.answer = Track(THERE, 1.0, 1.0)
    track = stage.follower.judge.tracks.target
    assert track is not None
    seen_at = track.stamp
    while stage.step([THERE]).state is TargetState.OCCLUDED:
        assert stage.follower.judge.tracks.target is track
        assert track.stamp == seen_at
    assert stage.step([THERE], count=2).state is TargetState.TRACKING
    track = stage.follower.judge.tracks.target
    assert track is not None
    assert track.stamp == stage.now


@pytest.mark.parametrize('has_depth', [True, False])
def test_target_that_is_in_doubt_is_not_moved_before_the_doubt_is_over(has_depth: bool) -> None:
    """With depth one clear look between doubtful ones carried its track over to its twin."""
    stage = Stage().lost()
    stage.depth = np.full(RGB.shape[:2], 5.0, np.float32) if has_depth else None
    stage.answer = Track(None, 0.0, 0.0)
    assert stage.step([HERE, THERE], count=2).state is TargetState.AMBIGUOUS
    track = stage.follower.judge.tracks.target
    assert track is not None
    seen_at = track.stamp
    moved = []
    while stage.step([HERE]).state is TargetState.AMBIGUOUS:
        moved.append(track.stamp != seen_at)
    assert any(moved) is not has_depth
    assert stage.follower.life.state is TargetState.TRACKING
    stage.step([HERE], count=2)
    assert track.stamp == stage.now


def test_looks_that_were_never_learnt_are_learnt_once_it_has_been_steady_for_long() -> None:
    """A can that turns: after a jump of its box nothing but time makes the track whole again."""
    stage = Stage().tracking()
    stage.looks.like[THERE] = 0.63  # even, by looks alone
    known = len(stage.follower.judge.gallery)
    stage.answer = Track(THERE, 1.0, 1.0)
    stage.step(count=round(0.4 * LONG_S / DT))
    assert len(stage.follower.judge.gallery) == known
    stage.step(count=round(2.0 * LONG_S / DT))
    assert len(stage.follower.judge.gallery) > known


def test_tracker_that_is_steady_on_something_else_does_not_find_the_target_again() -> None:
    """A bin beside the wall looks just as much like the target as not: it was beside it."""
    stage = Stage().tracking()
    stage.looks.like[THERE] = 0.1
    stage.answer = Track(THERE, 1.0, 1.0)
    assert stage.step(count=round(DOUBT_S / DT)).state is TargetState.OCCLUDED
    stage.looks.like[THERE] = 0.56
    stage.step(count=round(2.5 * LONG_S / DT))
    assert not any(stage.step().state.may_move for _ in range(40))


def early(stage: Stage, frames: int) -> list[tuple[Target, Target]]:
    """Step, and return what was reported before a look, with what came of that look."""
    pairs = []
    for _ in range(frames):
        before: list[Target] = []
        target = stage.follower.step(stage.frame(), on_tracked=before.append)
        pairs += [(one, target) for one in before]
    return pairs


def test_target_is_reported_before_a_look_that_takes_long() -> None:
    stage = Stage().tracking()
    pairs = early(stage, 10)
    assert len(pairs) == 10  # without a survey, a look at every frame
    for before, target in pairs:
        assert (before.stamp, before.state, before.box) == (target.stamp, target.state, HERE)
        assert before.position is not None


def test_nothing_is_reported_before_a_look_while_the_target_is_in_doubt() -> None:
    stage = Stage().occluded()
    assert early(stage, 10) == []
    stage = Stage().tracking()
    stage.answer = Track(HERE, 1.0, 0.0)
    assert early(stage, 10) == []


def test_the_mount_of_tf_outlasts_new_parameters_until_it_is_gone() -> None:
    """What TF says of the camera is not undone by a threshold that the operator sets."""
    follower = Stage().follower
    follower.configure(replace(CONFIG, camera_roll=0.3, camera_pitch=-0.5, camera_yaw=1.0))
    np.testing.assert_allclose(follower.ego.mount, camera_mount(0.3, -0.5, 1.0))
    upside_down = camera_mount(math.pi, 0.0, 0.0)
    follower.take_mount(upside_down)
    follower.configure(replace(CONFIG, camera_pitch=0.1))
    np.testing.assert_allclose(follower.ego.mount, upside_down)
    follower.take_mount(None)
    np.testing.assert_allclose(follower.ego.mount, camera_mount(0.0, 0.1, 0.0))
