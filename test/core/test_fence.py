# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How far it is to the fence, and along a way; and which texts are no fence."""

from __future__ import annotations

import math

from follow_anything.core.errors import BadConfig
from follow_anything.core.fence import Fence, parse_corners
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.supervisor]

L_SHAPE = '0 0, 10 0, 10 4, 4 4, 4 10, 0 10'


def polygon(text: str = L_SHAPE, **circle: object) -> Fence:
    return Fence(parse_corners(text), **circle)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('point', 'clearance'),
    [
        ((2.0, 2.0), 2.0),  # in the corner of the L
        ((5.0, 3.0), 1.0),  # in its arm, nearest to the inner side
        ((5.0, 5.0), -1.0),  # outside, in the notch
        ((-3.0, -4.0), -5.0),  # outside, nearest to a corner
        ((12.0, 2.0), -2.0),
        ((4.0, 4.0), 0.0),  # on the inner corner
    ],
)
def test_clearance_of_a_concave_polygon(point: tuple[float, float], clearance: float) -> None:
    assert polygon().clearance(np.array(point)) == pytest.approx(clearance)


def test_direction_of_the_corners_does_not_matter() -> None:
    backwards = ', '.join(reversed(L_SHAPE.split(', ')))
    for point in np.random.default_rng(0).uniform(-5, 15, (50, 2)):
        one, other = polygon().clearance(point), polygon(backwards).clearance(point)
        assert one == pytest.approx(other)


def test_circle_and_polygon_hold_together() -> None:
    fence = polygon(center=(0.0, 0.0), radius=5.0)
    assert fence.clearance(np.array([2.0, 2.0])) == pytest.approx(2.0)
    assert fence.clearance(np.array([6.0, 2.0])) == pytest.approx(5.0 - math.hypot(6, 2))


def test_free_way_ends_where_the_margin_begins() -> None:
    start, ahead = np.array([2.0, 2.0]), np.array([1.0, 0.0])
    assert polygon().free_way(start, ahead, 20.0, 1.0) == pytest.approx(7.0, abs=0.01)
    assert polygon().free_way(start, ahead, 3.0, 1.0) == 3.0
    across = np.array([1.0, 1.0]) / math.sqrt(2)  # towards the inner corner at (4, 4)
    free = polygon().free_way(start, across, 20.0, 0.5)
    assert free == pytest.approx(2 * math.sqrt(2) - 0.5, abs=0.01)


def test_no_way_is_free_from_outside_or_within_the_margin() -> None:
    for point in ((5.0, 5.0), (0.5, 5.0)):
        for angle in np.linspace(0, 2 * math.pi, 9):
            direction = np.array([math.cos(angle), math.sin(angle)])
            assert polygon().free_way(np.array(point), direction, 5.0, 1.0) == 0.0


def test_a_tangent_of_the_circle_leads_out() -> None:
    fence = Fence(radius=10.0)
    free = fence.free_way(np.array([9.0, 0.0]), np.array([0.0, 1.0]), 50.0, 0.5)
    assert free == pytest.approx(math.sqrt(9.5**2 - 9.0**2), abs=0.02)


@pytest.mark.parametrize(
    ('text', 'why'),
    [
        ('0 0, 1 0', '3 to'),
        ('0 0, 1 0, x 1', 'expected'),
        ('0 0, 1 0, 1', 'expected'),
        ('0 0, 1 0, nan 1', 'expected'),
        ('0 0, 2 2, 2 0, 0 2', 'cross'),
        ('0 0, 1 0, 1 0, 0 1', 'twice'),
    ],
)
def test_what_is_no_fence_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadConfig, match=why):
        parse_corners(text)


def test_no_text_is_no_fence() -> None:
    assert parse_corners(' ') is None
    assert not Fence().exists
    assert Fence().clearance(np.zeros(2)) == math.inf
