# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Noise of places in a picture follows how surprising the sightings of the target are."""

from __future__ import annotations

from follow_anything.core.world.shake import MOST, Shake
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]


def settled(spread: float, seed: int = 0) -> float:
    """Return the factor after places that scatter so many times as much as expected."""
    rng, shake = np.random.default_rng(seed), Shake()
    for _ in range(400):
        step = spread * rng.normal(size=2)
        shake.take(float(step @ step) / shake.factor)
    return shake.factor


def test_steady_picture_keeps_its_noise() -> None:
    assert settled(0.5) == 1.0


@pytest.mark.parametrize('seed', range(5))
def test_factor_settles_near_the_true_variance(seed: int) -> None:
    assert 3.0 < settled(3.0, seed) < 20.0


def test_factor_is_bounded_and_comes_back() -> None:
    shake = Shake()
    for _ in range(100):
        shake.take(1e9)
    assert shake.factor == MOST
    for _ in range(100):
        shake.take(0.0)
    assert shake.factor == 1.0
    shake.take(100.0)
    shake.reset()
    assert shake.factor == 1.0
