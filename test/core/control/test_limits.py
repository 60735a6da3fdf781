# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Speed, acceleration and jerk stay inside their limits, whatever is wanted."""

from __future__ import annotations

from dataclasses import dataclass
import math

from follow_anything.core.control.limits import AxisLimiter
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = pytest.mark.core

ROUNDING = 1e-6


@dataclass
class Limits:
    lo: float
    hi: float
    acceleration: float
    jerk: float
    dt: float

    def axis(self) -> AxisLimiter:
        return AxisLimiter(self.lo, self.hi, self.acceleration, self.jerk, self.dt)

    @property
    def grain(self) -> float:
        """What the velocity changes by in one tick at one step of acceleration."""
        return self.jerk * self.dt * self.dt


limits = st.builds(
    Limits,
    lo=st.floats(-15, 0),
    hi=st.floats(0, 15),
    acceleration=st.floats(0.01, 40),
    jerk=st.floats(0.01, 400),
    dt=st.sampled_from([1 / 10, 1 / 20, 1 / 30, 1 / 50, 1 / 200]),
)
PRESETS = [
    Limits(-1.5, 3.0, 2.5, 15.0, 1 / 30),
    Limits(-0.6, 1.8, 1.5, 10.0, 1 / 30),
    Limits(-1.2, 1.2, 4.0, 40.0, 1 / 30),
    Limits(-0.8, 0.8, 2.5, 15.0, 1 / 30),
]


def check_limits(limit: Limits, velocities: list[float]) -> None:
    speed = np.array(velocities)
    slack = ROUNDING * max(1.0, limit.jerk)
    assert speed.min() >= limit.lo - ROUNDING
    assert speed.max() <= limit.hi + ROUNDING
    rate = np.diff(speed) / limit.dt
    assert np.abs(rate).max(initial=0.0) <= limit.acceleration + slack
    jerk = np.diff(np.concatenate([[0.0], rate])) / limit.dt
    assert np.abs(jerk).max(initial=0.0) <= limit.jerk + slack / limit.dt


@given(
    limits,
    st.lists(st.tuples(st.floats(-30, 30), st.integers(1, 30)), min_size=1, max_size=12),
)
def test_any_sequence_of_wishes_stays_inside(
    limit: Limits, wishes: list[tuple[float, int]]
) -> None:
    axis = limit.axis()
    velocities = [0.0]
    for wanted, ticks in wishes:
        velocities += [axis.step(wanted) for _ in range(ticks)]
    check_limits(limit, velocities)


@pytest.mark.parametrize('limit', PRESETS)
@given(st.lists(st.floats(-5, 5), min_size=5, max_size=80))
def test_a_new_wish_every_tick_stays_inside(limit: Limits, wishes: list[float]) -> None:
    axis = limit.axis()
    check_limits(limit, [0.0] + [axis.step(wanted) for wanted in wishes])


@given(limits, st.floats(-15, 15))
def test_constant_wish_is_reached_without_overshoot(limit: Limits, wanted: float) -> None:
    axis = limit.axis()
    goal = min(max(wanted, limit.lo), limit.hi)
    # Ramp up, run, ramp down, and the last grain tick by tick.
    needed = abs(goal) / limit.acceleration + 2 * limit.acceleration / limit.jerk
    needed = min(needed, 4 * math.sqrt(abs(goal) / limit.jerk) + abs(goal) / limit.acceleration)
    ticks = math.ceil(1.5 * needed / limit.dt) + 60
    if ticks > 20_000:
        return
    velocities = [0.0] + [axis.step(wanted) for _ in range(ticks)]
    check_limits(limit, velocities)
    beyond = max((v - goal) * math.copysign(1.0, goal) for v in velocities)
    assert beyond <= ROUNDING + limit.grain / 8
    assert velocities[-1] == pytest.approx(goal, abs=ROUNDING + limit.grain)


@pytest.mark.parametrize('limit', PRESETS)
@pytest.mark.parametrize('wanted', [-9.0, -0.31, -0.001, 0.0, 0.001, 0.05, 0.31, 1.0, 9.0])
def test_presets_reach_what_is_wanted_and_stay(limit: Limits, wanted: float) -> None:
    axis = limit.axis()
    goal = min(max(wanted, limit.lo), limit.hi)
    for _ in range(150):
        axis.step(wanted)
    assert [axis.step(wanted) for _ in range(10)] == pytest.approx([goal] * 10, abs=ROUNDING)


@pytest.mark.parametrize('limit', PRESETS)
def test_as_fast_as_the_limits_allow(limit: Limits) -> None:
    """The fastest ramp takes v / a + a / j; a tick at either end is the price of sampling."""
    axis, ticks = limit.axis(), 0
    while axis.step(limit.hi) < limit.hi - 1e-3:
        ticks += 1
    triangular = limit.hi < limit.acceleration**2 / limit.jerk
    fastest = (
        2 * math.sqrt(limit.hi / limit.jerk)
        if triangular
        else limit.hi / limit.acceleration + limit.acceleration / limit.jerk
    )
    assert ticks * limit.dt <= 1.1 * fastest + 4 * limit.dt


def test_reset_stands_still_at_once() -> None:
    axis = PRESETS[0].axis()
    for _ in range(20):
        axis.step(3.0)
    axis.reset()
    assert (axis.velocity, axis.rate) == (0.0, 0.0)
    assert axis.step(0.0) == 0.0
