# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Which of the first candidates is taken, and what is asked where several may be meant."""

from __future__ import annotations

from itertools import count

from follow_anything.core.search.first_find import choose_first, FirstFind, FirstIds
from follow_anything.core.types import Box, Detections, FloatArray, Frame
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.detection, pytest.mark.identity]

FRAME = Frame(0.0, np.zeros((480, 640, 3), np.uint8))
LEFT, AHEAD = (20.0, 100.0, 120.0, 300.0), (300.0, 100.0, 400.0, 300.0)


class Blind:
    """An embedder that nobody should need here."""

    unrelated = 0.5

    def embed(self, frame: Frame, box: Box) -> FloatArray:
        raise AssertionError('nothing was refused')


def found(*scores: float, ask: bool = False) -> FirstFind:
    boxes = np.array([LEFT, AHEAD][: len(scores)])
    detections = Detections(0.0, boxes, np.array(scores), 'person')
    ids = FirstIds(count(1).__next__)
    return choose_first(detections, FRAME, Blind(), (), 0.1, ids=ids, ask=ask)


class Looks:
    """Look after look at boxes of 100 x 200 px, by where they begin at the left."""

    def __init__(self) -> None:
        self.ids = FirstIds(count(1).__next__)

    def see(
        self, *lefts: float, scores: tuple[float, ...] = (), size: tuple[float, float] = (100, 200)
    ) -> dict[float, int]:
        """Return the id of each box that is shown; likeliest first unless the scores say it."""
        boxes = np.array([(x, 100.0, x + size[0], 100.0 + size[1]) for x in lefts])
        detections = Detections(0.0, boxes, np.array(scores or [0.9] * len(lefts)), 'person')
        find = choose_first(detections, FRAME, Blind(), (), 0.1, ids=self.ids, ask=False)
        return {rival.box.x1: rival.number for rival in find.rivals}


@pytest.mark.parametrize(
    ('scores', 'shares'),
    [
        ((0.5, 0.5), (0.5, 0.5)),
        ((0.6, 0.52), (0.536, 0.464)),
        ((0.0, 0.0), (0.5, 0.5)),  # a detector that gives no scores
        ((-0.1, -0.15), (0.5, 0.5)),  # or gives something else
    ],
)
def test_two_that_are_alike_are_asked_about(
    scores: tuple[float, float], shares: tuple[float, float]
) -> None:
    find = found(*scores)
    assert find.box is None
    assert 'ambiguous: 2 candidates' in find.reason
    assert [rival.probability for rival in find.rivals] == pytest.approx(shares, abs=1e-3)


def test_one_that_is_better_is_taken() -> None:
    assert found(0.9, 0.5).box == Box(*LEFT)


def test_of_two_that_are_alike_the_one_ahead_is_proposed() -> None:
    assert found(0.5, 0.5, ask=True).box == Box(*AHEAD)


def test_ids_stay_with_their_boxes_whatever_the_scores_say() -> None:
    looks = Looks()
    assert looks.see(0, 250, 500) == {0: 1, 250: 2, 500: 3}
    assert looks.see(500, 0, 250) == {500: 3, 0: 1, 250: 2}
    assert looks.see(250, 500) == {250: 2, 500: 3}


@pytest.mark.parametrize('step', [5.0, 50.0, 89.0, -89.0])
def test_who_moves_by_less_than_its_width_keeps_its_id(step: float) -> None:
    looks = Looks()
    before = looks.see(100, 400)
    after = looks.see(400 + step, 100 + step)
    assert after == {400 + step: before[400], 100 + step: before[100]}


def test_who_comes_gets_a_new_id_and_nobody_an_old_one() -> None:
    looks = Looks()
    assert looks.see(0, 250) == {0: 1, 250: 2}
    assert looks.see(500, 0) == {500: 3, 0: 1}  # one went, another one came
    assert looks.see(250, 500, 0) == {250: 4, 500: 3, 0: 1}
    looks.ids.look([])
    assert looks.see(0, 250) == {0: 5, 250: 6}


def test_who_comes_before_somebody_has_another_id() -> None:
    """Twice as large, at the very place: the operator's pick must not mean that one."""
    looks = Looks()
    assert looks.see(0, 300) == {0: 1, 300: 2}
    assert looks.see(0, 300, size=(200, 340)) == {0: 3, 300: 4}


def test_nobody_has_an_id_where_two_may_be_the_same_one() -> None:
    """A row that moves by half of its spacing may have moved to either side."""
    looks = Looks()
    assert looks.see(0, 120, 240) == {0: 1, 120: 2, 240: 3}
    assert looks.see(60, 180, 300) == {60: 4, 180: 5, 300: 6}
    assert looks.see(90, 210, 330) == {90: 4, 210: 5, 330: 6}


def test_two_boxes_of_one_thing_do_not_take_its_id() -> None:
    looks = Looks()
    before = looks.see(0, 300, 304)
    assert looks.see(0, 300, 304)[300] == before[300]


def test_who_is_less_like_it_for_one_look_keeps_its_id() -> None:
    looks = Looks()
    before = looks.see(0, 250, 500)
    shown = looks.see(0, 250, 500, scores=(0.9, 0.9, 0.4))
    assert shown == {0: before[0], 250: before[250]}
    assert looks.see(500, 250, 0) == before


def test_look_at_nobody_ends_all_ids() -> None:
    looks = Looks()
    assert looks.see(0, 250) == {0: 1, 250: 2}
    assert looks.see(1000, 1300) == {}  # outside the picture
    assert looks.see(0, 250) == {0: 3, 250: 4}
