# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Lost and found: as it was asked, and as it looked; under the same id."""

from __future__ import annotations

from follow_anything.core.config import ServoConfig, TrackerConfig
from follow_anything.core.errors import BadQuery
from follow_anything.core.follower import TargetFollower
from follow_anything.core.pipeline import FollowPipeline
from follow_anything.core.search.recall import Recall
from follow_anything.core.servo import Servo
from follow_anything.core.types import Box, Click, Detections, Frame, Query, TargetState, Track
from follow_anything.testing import ScriptedDetector, ScriptedTracker, SyntheticScene
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.detection, pytest.mark.identity]

WORDS = Query(texts=('a red car',))
VIEW = Frame(2.0, np.full((20, 30, 3), 7, np.uint8))


def recall(query: Query = WORDS, view: Frame | None = VIEW) -> Recall:
    made = Recall()
    made.asked(query, 1.0)
    made.remember(view)
    return made


def test_query_comes_back_once_with_how_it_looked() -> None:
    made = recall()
    again = made.next_query()
    assert again is not None
    assert again.texts == WORDS.texts
    np.testing.assert_array_equal(again.images[0], VIEW.rgb)
    assert made.next_query() is None


def test_first_view_stays_the_first() -> None:
    made = recall()
    made.remember(Frame(3.0, np.zeros((9, 9, 3), np.uint8)))
    again = made.next_query()
    assert again is not None
    assert again.images[0].shape == (20, 30, 3)


@pytest.mark.parametrize(
    ('query', 'view'),
    [
        (WORDS, None),
        (WORDS, Frame(0.5, VIEW.rgb)),  # of the target before
        (WORDS, Frame(2.0, VIEW.rgb[:3])),  # too small to show anything
        (Query(clicks=(Click(1, 2),)), VIEW),  # it was pointed at: the view is known
    ],
)
def test_nothing_new_is_said(query: Query, view: Frame | None) -> None:
    assert recall(query, view).next_query() is None


def test_new_query_forgets_the_old_view() -> None:
    made = recall()
    made.asked(WORDS, 5.0)
    assert made.next_query() is None
    assert Recall().next_query() is None


class Describes:
    """An embedder to which everything looks the same."""

    unrelated = 0.0

    def embed(self, frame: Frame, box: Box) -> np.ndarray:
        frame.crop(box)
        return np.array([1.0, 0.0])


class Wordy(ScriptedDetector):
    """Refuses words and a view together, where a test wants it."""

    refuses_both = False

    def set_query(self, query: Query, frame: Frame | None = None) -> str:
        if self.refuses_both and query.texts and query.images:
            raise BadQuery('one or the other')
        return super().set_query(query, frame)


@pytest.mark.parametrize('refuses_both', [False, True])
def test_lost_target_is_found_again_under_the_same_id(refuses_both: bool) -> None:
    scene = SyntheticScene(hidden=(1.0, 6.0))

    def detections(frame: Frame) -> Detections:
        return scene.detections(round((frame.stamp - scene.start) * scene.rate))

    def track(frame: Frame) -> Track:
        index = round((frame.stamp - scene.start) * scene.rate)
        seen = 0.9 if scene.is_visible(index) else 0.0
        return Track(scene.box(index), seen, seen)

    detector = Wordy(detections)
    detector.refuses_both = refuses_both
    config = TrackerConfig(auto_confirm=True, occlusion_timeout=2.0)
    follower = TargetFollower(ScriptedTracker(track), Describes(), config)
    pipeline = FollowPipeline(detector, follower, Servo(ServoConfig()))
    pipeline.query(WORDS)
    states = []
    for index in range(160):
        frame = scene.frame(index)
        states.append(pipeline.step(frame, frame.stamp).target)
    assert TargetState.LOST in {target.state for target in states}
    assert states[-1].state is TargetState.TRACKING
    assert {target.target_id for target in states} == {1}
    told = [query for query in detector.queries if query.images]
    assert len(told) == (0 if refuses_both else 1)
    if told:
        first = scene.frame(0).crop(scene.box(0))
        np.testing.assert_array_equal(told[0].images[0], first)
        assert told[0].texts == WORDS.texts


def test_target_of_somebody_who_asked_before_is_adopted_by_its_looks() -> None:
    orphaned = Recall()
    assert orphaned.adopted() is None, 'nothing to go by'
    orphaned.remember(VIEW)
    adopted = orphaned.adopted()
    assert adopted is not None
    np.testing.assert_array_equal(adopted.images[0], VIEW.rgb)
    assert recall().adopted() is None, 'the query in force goes first'
