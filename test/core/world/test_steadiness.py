# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A box that jumps in place, size or depth is distinguished from one that goes on."""

from __future__ import annotations

from follow_anything.core.types import Box, Track
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.steadiness import Steadiness
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

DT = 0.05
POSE = CameraPose(np.eye(3), np.zeros(3))


def at(x: float, y: float = 100.0, scale: float = 1.0) -> Track:
    return Track(Box.from_center(x, y, 40 * scale, 80 * scale), 1.0, 1.0)


def steady(count: int = 8, depth: float | None = 5.0) -> tuple[Steadiness, float]:
    watch, now = Steadiness(), 10.0
    for index in range(count):
        now = 10.0 + index * DT
        assert watch.check(at(100.0 + index), depth, now, POSE)
    return watch, now + DT


@pytest.mark.parametrize(
    ('track', 'depth', 'goes_on'),
    [
        (at(108.0), 5.0, True),
        (at(125.0), 5.0, True),  # a third of its size: somebody who runs
        (at(200.0), 5.0, False),
        (at(108.0, 200.0), 5.0, False),
        (at(108.0, scale=1.15), 5.0, True),
        (at(108.0, scale=1.6), 5.0, False),
        (at(108.0, scale=0.6), 5.0, False),
        (at(108.0), 5.5, True),
        (at(108.0), 6.0, True),  # some background in the box
        (at(108.0), 4.2, False),  # from one frame to the next: somebody close before it
        (at(108.0), 7.0, False),
        (at(108.0), 3.0, False),  # somebody passes in front
        (at(108.0), None, True),  # depth has holes
    ],
)
def test_jump_is_told(track: Track, depth: float | None, goes_on: bool) -> None:
    watch, now = steady()
    assert watch.check(track, depth, now, POSE) is goes_on


def test_after_a_jump_the_box_must_be_steady_for_a_while_again() -> None:
    watch, now = steady()
    assert watch.is_long(now)
    assert not watch.check(at(300.0), 5.0, now, POSE)
    assert not watch.is_long(now)
    for _ in range(10):
        now += DT
        assert watch.check(at(300.0), 5.0, now, POSE)
    assert watch.is_long(now)


def test_no_box_is_a_jump() -> None:
    watch, now = steady()
    assert not watch.check(Track(None, 0.0, 0.0), None, now, POSE)
    assert not watch.is_long(now)


def test_reset_begins_anew() -> None:
    watch, now = steady()
    watch.reset()
    assert not watch.is_long(now)
    assert watch.check(at(400.0), 9.0, now, POSE)


def test_slow_camera_may_see_longer_ways() -> None:
    watch = Steadiness()
    assert watch.check(at(100.0), None, 10.0, POSE)
    assert watch.check(at(150.0), None, 10.5, POSE)
    assert not watch.check(at(100.0), None, 10.51, POSE)


def test_picture_that_moves_with_the_camera_is_steadied() -> None:
    """A shaking camera moves everything: the box of a standing target has not jumped."""
    watch, now = Steadiness(), 10.0
    for index in range(10):
        shift = 60.0 * (index % 2)
        undone = np.array([[1.0, 0.0, -shift], [0.0, 1.0, 0.0]])
        pose = CameraPose(np.eye(3), np.zeros(3), undone)
        assert watch.check(at(100.0 + shift), None, now, pose)
        now += DT


def test_how_long_it_has_been_steady_counts_from_the_last_jump() -> None:
    watch, now = Steadiness(), 10.0
    assert watch.lasts(now) == 0.0
    for k in range(30):
        watch.check(Track(Box(20, 10, 30, 30), 1.0, 1.0), None, now + 0.05 * k)
    assert watch.lasts(now + 1.45) == pytest.approx(1.45)
    watch.check(Track(Box(120, 10, 130, 30), 1.0, 1.0), None, now + 1.5)
    assert watch.lasts(now + 1.5) == 0.0
    watch.check(Track(None, 0.0, 0.0), None, now + 1.6)
    assert watch.lasts(now + 1.7) == 0.0
