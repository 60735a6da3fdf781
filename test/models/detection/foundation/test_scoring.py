# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""One row, one claim: how cosines become scores."""

from __future__ import annotations

from follow_anything.models.detection.foundation.scoring import (
    against_background,
    best_apart,
    likeness,
)
import numpy as np
import pytest

pytestmark = [pytest.mark.models, pytest.mark.detection]


@pytest.mark.parametrize(
    ('wanted', 'others', 'probability', 'best'),
    [
        ([0.3], [0.3], 0.5, 0),
        ([0.3], [0.3, 0.3, 0.3], 0.25, 0),
        ([0.3], [0.2], 1 / (1 + np.exp(-10)), 0),
        ([0.2], [0.3], 1 / (1 + np.exp(10)), 0),
        ([0.2, 0.3], [0.3], 0.5, 1),
        ([0.3, 0.3], [0.3], 0.5, 0),  # two prompts for one thing do not halve each other
        ([1.0], [-1.0], 1.0, 0),
    ],
)
def test_prompt_stands_alone_against_all_others(
    wanted: list[float], others: list[float], probability: float, best: int
) -> None:
    score, index = against_background(np.array([wanted]), np.array([others]), 100.0)
    assert score[0] == pytest.approx(probability)
    assert index[0] == best


def test_no_candidate_is_no_trouble() -> None:
    score, index = against_background(np.zeros((0, 2)), np.zeros((0, 3)), 100.0)
    assert score.shape == index.shape == (0,)


@pytest.mark.parametrize(
    ('cosines', 'unrelated', 'expected'),
    [
        ([1.0, 0.5, 0.0], 0.5, [1.0, 0.0, 0.0]),
        ([0.75], 0.5, [0.5]),
        ([0.9, 0.8, 0.8, 0.8, 0.8], 0.5, [0.5, 0, 0, 0, 0]),  # all alike: nothing special
        ([0.9, 0.8, 0.8, 0.8], 0.5, [0.8, 0.6, 0.6, 0.6]),  # too few to tell
        ([0.9, 0.1, 0.1, 0.1, 0.1], 0.5, [0.8, 0, 0, 0, 0]),
        ([1.0] * 5, 0.5, [1.0] * 5),
    ],
)
def test_likeness(cosines: list[float], unrelated: float, expected: list[float]) -> None:
    np.testing.assert_allclose(likeness(np.array(cosines), unrelated), expected, atol=1e-6)


@pytest.mark.parametrize(
    ('boxes', 'kept'),
    [
        ([(0, 0, 10, 10), (20, 0, 30, 10)], [True, True]),
        ([(0, 0, 10, 10), (1, 1, 9, 9)], [True, False]),  # a part of it
        ([(1, 1, 9, 9), (0, 0, 10, 10)], [True, False]),  # the whole of a better part
        ([(0, 0, 10, 10), (5, 0, 15, 10)], [True, True]),  # half beside it
        ([(0, 0, 10, 10), (1, 1, 9, 9), (8, 8, 12, 12)], [True, False, True]),
    ],
)
def test_of_two_at_one_place_the_better_stays(
    boxes: list[tuple[int, ...]], kept: list[bool]
) -> None:
    rows = np.array(boxes, np.float32)
    scores = np.linspace(0.9, 0.1, len(rows))
    assert best_apart(rows, scores, 0.6).tolist() == kept
