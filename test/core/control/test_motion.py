# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The filter tells the target's motion from our own."""

from __future__ import annotations

import math

from follow_anything.core.control.motion import RelativeMotion
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = pytest.mark.core

DT = 0.05


def run(motion: RelativeMotion, rate: float, our_rate: float, noise: float, steps: int) -> float:
    """Let the target move while we do; return the true coordinate at the end."""
    random, true = np.random.default_rng(0), 5.0
    for step in range(steps):
        true += (rate - our_rate) * DT * (step > 0)
        motion.update(step * DT, true + noise * random.standard_normal(), our_rate)
    return true


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_constant_velocity_is_recovered_while_we_move(rate: float, our_rate: float) -> None:
    motion = RelativeMotion(acceleration=1.5, noise=0.05)
    true = run(motion, rate, our_rate, noise=0.0, steps=80)
    assert motion.own_rate == pytest.approx(rate, abs=0.02)
    later = 79 * DT + 0.2
    expected = true + (rate - our_rate) * 0.2
    assert motion.predict(later, our_rate) == pytest.approx(expected, abs=0.02)


def test_prediction_takes_our_new_rate() -> None:
    motion = RelativeMotion(acceleration=1.5, noise=0.05)
    true = run(motion, rate=1.0, our_rate=0.0, noise=0.0, steps=80)
    assert motion.predict(79 * DT + 0.5, our_rate=3.0) == pytest.approx(true - 1.0, abs=0.05)


def test_noise_is_reduced() -> None:
    motion = RelativeMotion(acceleration=0.5, noise=0.4)
    random = np.random.default_rng(1)
    errors = []
    for step in range(400):
        motion.update(step * DT, 5.0 + 0.4 * random.standard_normal(), 0.0)
        errors.append(motion.predict(step * DT, 0.0) - 5.0)
    assert np.std(errors[100:]) < 0.2


@pytest.mark.parametrize('stamp', [1.0, 0.5])
def test_measurement_that_is_not_newer_starts_anew(stamp: float) -> None:
    motion = RelativeMotion(acceleration=1.5, noise=0.05)
    motion.update(0.9, 0.0, 0.0)
    motion.update(1.0, 9.0, 0.0)
    motion.update(stamp, 4.0, 0.0)
    assert motion.own_rate == 0.0
    assert motion.predict(stamp, 0.0) == 4.0


def test_first_measurement_is_believed_and_reset_forgets_it() -> None:
    motion = RelativeMotion(acceleration=1.5, noise=0.4)
    motion.update(3.0, 7.0, 0.0)
    assert motion.predict(3.0, 0.0) == 7.0
    motion.reset()
    motion.update(2.0, 1.0, 0.0)
    assert motion.predict(2.0, 0.0) == 1.0
    assert motion.own_rate == 0.0


def test_past_is_not_predicted() -> None:
    motion = RelativeMotion(acceleration=1.5, noise=0.05)
    true = run(motion, rate=1.0, our_rate=0.0, noise=0.0, steps=40)
    assert motion.predict(0.0, 0.0) == pytest.approx(true, abs=0.02)


@given(st.lists(st.tuples(st.floats(0.001, 10), st.floats(-1e3, 1e3)), min_size=1, max_size=20))
def test_stays_finite(steps: list[tuple[float, float]]) -> None:
    motion, now = RelativeMotion(acceleration=1.5, noise=0.02), 0.0
    for dt, measured in steps:
        now += dt
        motion.update(now, measured, 0.3)
    assert math.isfinite(motion.predict(now + 0.3, 0.3))
