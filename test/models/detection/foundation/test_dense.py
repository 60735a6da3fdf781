# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A grid of vectors: pooled over masks, compared with a view."""

from __future__ import annotations

from follow_anything.models.detection.foundation.dino import DenseFeatures
import numpy as np
import pytest

pytestmark = [pytest.mark.models, pytest.mark.detection]

# Two rows of three cells over an image of 60 x 40 px: left, middle and right look different.
EYE = np.eye(3, dtype=np.float32)
DENSE = DenseFeatures(np.stack([EYE, EYE]), (60, 40))


def mask(x1: int, x2: int, y1: int = 0, y2: int = 40) -> np.ndarray:
    covered = np.zeros((40, 60), np.bool_)
    covered[y1:y2, x1:x2] = True
    return covered


@pytest.mark.parametrize(
    ('covered', 'expected'),
    [
        (mask(0, 20), (1, 0, 0)),
        (mask(20, 60), (0, 0.5**0.5, 0.5**0.5)),
        (mask(0, 60), (3**-0.5,) * 3),
        (mask(41, 43, 5, 6), (0, 0, 1)),  # much smaller than a cell
        (mask(10, 40), (1 / 5**0.5, 2 / 5**0.5, 0)),  # half a cell counts half
    ],
)
def test_mask_is_the_mean_of_its_cells(covered: np.ndarray, expected: tuple[float, ...]) -> None:
    np.testing.assert_allclose(DENSE.pool(covered[None])[0], expected, atol=1e-5)


def test_masks_are_pooled_together() -> None:
    both = DENSE.pool(np.stack([mask(0, 20), mask(40, 60)]))
    np.testing.assert_allclose(both, [[1, 0, 0], [0, 0, 1]], atol=1e-6)


def test_similarity_is_the_best_of_the_views() -> None:
    heat = DENSE.similarity(np.array([[1, 0, 0], [0.6, 0.8, 0]], np.float32))
    np.testing.assert_allclose(heat, [[1, 0.8, 0]] * 2, atol=1e-6)
