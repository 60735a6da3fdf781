# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""When the detector looks, for what, and what it takes: for the pipeline and for the node."""

from __future__ import annotations

from follow_anything.core.config import DetectorConfig
from follow_anything.core.errors import BadQuery
from follow_anything.core.search.searcher import GONE_STATES, SEARCHED_STATES, Searcher
from follow_anything.core.types import Box, Click, Detections, Frame, Query, TargetState
from follow_anything.testing import ScriptedDetector
import numpy as np
import pytest

pytestmark = [pytest.mark.detection, pytest.mark.core, pytest.mark.identity]

FRAME = Frame(10.0, np.zeros((480, 640, 3), np.uint8))
CLICK, WORDS = Query(clicks=(Click(1, 2),)), Query(texts=('a red car',))
SEARCHING, TRACKING = TargetState.SEARCHING, TargetState.TRACKING


def searcher(*scores: float, **config: object) -> Searcher:
    boxes = np.array([Box(10 + 50 * k, 10, 40 + 50 * k, 40).xyxy for k in range(len(scores))])
    found = Detections(FRAME.stamp, boxes.reshape(-1, 4), np.array(scores))
    made = Searcher(ScriptedDetector(lambda _: found), DetectorConfig(**config))
    made.take(CLICK, FRAME, FRAME.stamp)
    return made


@pytest.mark.parametrize(
    ('state', 'hz'),
    [
        (TargetState.IDLE, 0.0),
        (TargetState.CONFIRMING, 2.0),
        (TargetState.TRACKING, 2.0),
        *((state, 4.0) for state in SEARCHED_STATES),
    ],
)
def test_rate_is_that_of_the_state(state: TargetState, hz: float) -> None:
    made = searcher(rate=4.0, sentinel_rate=2.0)
    assert made.rate(state) == hz
    looked = 0
    for tick in range(100):  # a second at a hundred frames
        now = 50.0 + tick * 0.01
        if made.is_due(state, now):
            made.look(FRAME, state, now)
            looked += 1
    assert looked == round(hz)


def test_sentinel_can_be_switched_off() -> None:
    made = searcher(sentinel_rate=0.0)
    assert not made.is_due(TRACKING, 1e6)
    assert made.is_due(SEARCHING, 1e6)


def test_clock_that_was_set_back_does_not_end_the_search() -> None:
    made = searcher()
    made.look(FRAME, SEARCHING, 1000.0)
    assert not made.is_due(SEARCHING, 1000.01)
    assert made.is_due(SEARCHING, 5.0)


def test_new_query_is_looked_for_at_once() -> None:
    made = searcher()
    made.look(FRAME, SEARCHING, 1000.0)
    made.take(WORDS, FRAME, 1000.0)
    assert made.is_due(SEARCHING, 1000.0)


def test_threshold_counts() -> None:
    found = searcher(0.9, 0.61, 0.59, 0.03, min_score=0.6).look(FRAME, SEARCHING, 1.0)
    assert found.scores.tolist() == [0.9, 0.61]


def test_nothing_is_accepted_without_a_query() -> None:
    made = searcher(0.9)
    made.forget()
    assert (made.query, made.understood, made.last_box) == (None, '', None)
    assert len(made.accept(Detections.single(1.0, Box(1, 1, 9, 9)))) == 0


def test_refused_query_leaves_the_old_one() -> None:
    made = searcher(0.9)
    made.detector.refuse = 'cannot read that'  # type: ignore[attr-defined]
    with pytest.raises(BadQuery):
        made.take(WORDS, FRAME, 11.0)
    assert made.query is CLICK


@pytest.mark.parametrize('state', [*GONE_STATES, SEARCHING])
def test_near_the_last_place_is_looked_first_while_it_is_hidden(state: TargetState) -> None:
    made = searcher(0.9, search_near=True)
    sizes: list[tuple[int, int]] = []
    detect = made.detector.detect

    def watched(frame: Frame) -> Detections:
        sizes.append((frame.width, frame.height))
        return detect(frame)

    made.detector.detect = watched  # type: ignore[method-assign]
    made.last_box = Box(300, 200, 330, 240)
    made.look(FRAME, state, 1.0)
    assert (sizes[0] != (640, 480)) is (state is TargetState.OCCLUDED)


@pytest.mark.parametrize(('state', 'is_told'), [(TargetState.LOST, True), (TRACKING, False)])
def test_lost_target_is_looked_for_by_its_looks_too(state: TargetState, is_told: bool) -> None:
    made = searcher(0.9)
    made.take(WORDS, FRAME, 10.0)
    made.recall.remember(Frame(11.0, np.zeros((40, 20, 3), np.uint8)))
    made.look(FRAME, state, 12.0)
    newest = made.detector.queries[-1]  # type: ignore[attr-defined]
    assert (len(newest.images) == 1) is is_told


def test_target_of_somebody_else_is_adopted_when_it_is_missed() -> None:
    made = Searcher(ScriptedDetector(lambda _: Detections.empty(1.0)), DetectorConfig())
    made.recall.remember(Frame(11.0, np.zeros((40, 20, 3), np.uint8)))
    assert made.adopt(TRACKING) is None
    adopted = made.adopt(TargetState.LOST)
    assert adopted is not None
    assert len(adopted.images) == 1
    assert made.query is adopted
