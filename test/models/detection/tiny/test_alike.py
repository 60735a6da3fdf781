# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Words mean both of two that look alike, and nothing else more than before."""

from __future__ import annotations

import math

from follow_anything.models.detection.tiny.alike import for_all_alike
import numpy as np
import pytest

pytestmark = [pytest.mark.models, pytest.mark.detection]

FIRST, ELSEWHERE = (100.0, 50.0, 140.0, 170.0), (300.0, 50.0, 340.0, 170.0)
HEAD, HALF_BEHIND = (110.0, 50.0, 130.0, 80.0), (130.0, 50.0, 170.0, 170.0)


def look(cosine: float) -> tuple[float, float]:
    return cosine, math.sqrt(1.0 - cosine**2)


@pytest.mark.parametrize(
    ('box', 'cosine', 'score', 'expected'),
    [
        (ELSEWHERE, 0.95, 0.4, 0.95 * 0.8),
        (HALF_BEHIND, 0.95, 0.4, 0.95 * 0.8),
        (ELSEWHERE, 0.95, 0.1, 0.1),  # it is of another colour, or no woman
        (ELSEWHERE, 0.8, 0.4, 0.4),  # it looks otherwise
        (HEAD, 0.95, 0.4, 0.4),  # it is a part
        (ELSEWHERE, 0.85, 0.75, 0.75),
    ],
)
def test_what_looks_like_the_best_one_is_meant_as_well(
    box: tuple[float, ...], cosine: float, score: float, expected: float
) -> None:
    boxes, looks = np.array([box, FIRST]), np.array([look(cosine), look(1.0)])
    scores = for_all_alike(boxes, looks, np.array([score, 0.8]))
    assert scores == pytest.approx([expected, 0.8])


def test_nothing_in_view() -> None:
    nothing = for_all_alike(np.zeros((0, 4)), np.zeros((0, 2)), np.zeros(0))
    assert nothing.shape == (0,)
