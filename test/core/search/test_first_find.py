# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Which of the first candidates is taken, and what is asked where several may be meant."""

from __future__ import annotations

from follow_anything.core.search.first_find import choose_first, FirstFind
from follow_anything.core.types import Box, Detections, FloatArray, Frame
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.detection]

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
    return choose_first(detections, FRAME, Blind(), (), 0.1, ask=ask)


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
