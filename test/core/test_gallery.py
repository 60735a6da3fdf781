# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The appearance memory keeps what is surely the target and still news."""

from __future__ import annotations

import math

from follow_anything.core.gallery import Gallery
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = pytest.mark.core


def view(degrees: float) -> np.ndarray:
    """Return a description; the cosine of two is that of the angle between them."""
    angle = math.radians(degrees)
    return np.array([math.cos(angle), math.sin(angle)])


@pytest.mark.parametrize(
    ('degrees', 'is_kept'),
    [
        (0, False),  # seen already
        (10, False),  # cos 0.985: no news
        (20, True),  # cos 0.940: the target from another side
        (40, False),  # cos 0.766: who knows
        (90, False),
        (180, False),
    ],
)
def test_keeps_what_is_the_target_and_news(degrees: float, is_kept: bool) -> None:
    gallery = Gallery(capacity=5)
    assert gallery.offer(view(0))
    assert gallery.offer(view(degrees)) is is_kept
    assert len(gallery) == 1 + is_kept


def test_similarity_is_to_the_nearest_view() -> None:
    gallery = Gallery(capacity=5)
    assert gallery.similarity(view(0)) == 0.0
    gallery.offer(view(0))
    gallery.offer(view(20))
    assert gallery.similarity(view(45)) == pytest.approx(math.cos(math.radians(25)))


def test_first_view_stays_and_capacity_holds() -> None:
    gallery = Gallery(capacity=3, same=0.0)
    for degrees in range(0, 90, 22):
        assert gallery.offer(view(degrees))
    assert len(gallery) == 3
    assert gallery.similarity(view(0)) == pytest.approx(1.0)


def test_memory_cannot_drift_away_step_by_step() -> None:
    gallery = Gallery(capacity=5)
    kept = [gallery.offer(view(degrees)) for degrees in (0, 20, 40, 60)]
    assert kept == [True, True, False, False]


def test_full_memory_drops_the_most_redundant_view() -> None:
    gallery = Gallery(capacity=3, same=0.3, known=0.995)
    for degrees in (0, 30, 36):  # 30 and 36 say nearly the same
        assert gallery.offer(view(degrees))
    assert gallery.offer(view(70))
    near = [gallery.similarity(view(degrees)) > 0.999 for degrees in (0, 30, 36, 70)]
    assert near[0]
    assert near[3]
    assert near[1] is not near[2]


def test_memory_of_one_keeps_the_first() -> None:
    gallery = Gallery(capacity=1)
    assert gallery.offer(view(0))
    assert not gallery.offer(view(20))
    assert gallery.similarity(view(0)) == pytest.approx(1.0)


def test_clear_forgets() -> None:
    gallery = Gallery(capacity=3)
    gallery.offer(view(0))
    gallery.clear()
    assert not gallery
    assert gallery.offer(view(90))


@given(st.integers(1, 6), st.lists(st.floats(0, 360), min_size=1, max_size=30))
def test_never_more_than_its_capacity_and_never_without_the_first(
    capacity: int, offers: list[float]
) -> None:
    gallery = Gallery(capacity)
    for degrees in offers:
        gallery.offer(view(degrees))
        assert 1 <= len(gallery) <= capacity
    assert gallery.similarity(view(offers[0])) == pytest.approx(1.0)
