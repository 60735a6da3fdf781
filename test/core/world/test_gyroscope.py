# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Yaw rates are added up; where there was none, nobody knows."""

from __future__ import annotations

import math

from follow_anything.core.world.gyroscope import Gyroscope
from hypothesis import given
from hypothesis import strategies as st
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]


def swinging(seconds: float, rate: float = 100.0, start: float = 5.0) -> Gyroscope:
    """Return one that was fed cos(t), whose integral is sin(t)."""
    gyroscope = Gyroscope()
    for index in range(round(seconds * rate) + 1):
        gyroscope.take(start + index / rate, math.cos(index / rate))
    return gyroscope


@given(st.floats(0.0, 3.0), st.floats(0.0, 3.0))
def test_turn_is_the_integral_of_the_rate(since: float, until: float) -> None:
    turn = swinging(3.0).turn(5.0 + since, 5.0 + until)
    assert turn == pytest.approx(math.sin(until) - math.sin(since), abs=1e-3)


def test_the_last_rate_goes_on_for_a_moment() -> None:
    gyroscope = swinging(1.0)
    assert gyroscope.turn(6.0, 6.2) == pytest.approx(0.2 * math.cos(1.0), abs=1e-3)
    assert gyroscope.turn(6.0, 6.4) is None


def test_before_the_first_rate_nobody_knows() -> None:
    assert Gyroscope().turn(5.0, 5.1) is None
    assert swinging(1.0).turn(4.9, 5.1) is None


def test_over_a_gap_nobody_knows() -> None:
    gyroscope = swinging(1.0)
    gyroscope.take(6.5, 1.0)
    gyroscope.take(6.6, 1.0)
    assert gyroscope.turn(5.9, 6.6) is None
    assert gyroscope.turn(6.5, 6.6) == pytest.approx(0.1)


@pytest.mark.parametrize('rate', [math.nan, math.inf, -math.inf, 60.0])
def test_a_rate_that_no_robot_turns_at_is_left(rate: float) -> None:
    gyroscope = swinging(1.0)
    gyroscope.take(6.01, rate)
    assert gyroscope.turn(6.0, 6.1) == pytest.approx(0.1 * math.cos(1.0), abs=1e-3)


def test_out_of_order_is_left_and_a_clock_set_back_begins_anew() -> None:
    gyroscope = swinging(3.0)
    gyroscope.take(7.5, 9.0)
    assert gyroscope.turn(7.0, 8.0) == pytest.approx(math.sin(3.0) - math.sin(2.0), abs=1e-3)
    gyroscope.take(1.0, 0.5)
    gyroscope.take(1.2, 0.5)
    assert gyroscope.turn(1.0, 1.2) == pytest.approx(0.1)
    assert gyroscope.turn(7.0, 8.0) is None
