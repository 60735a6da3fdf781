# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Measures in the manner of published benchmarks, against values computed by hand."""

from __future__ import annotations

from dataclasses import replace
import math

from follow_anything.core.types import Box, TargetState
from follow_anything.evaluation.following.protocols import (
    amr,
    dat_tsr,
    evt,
    identity_failures,
    unreal,
)
from follow_anything.evaluation.following.rows import FollowRow
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

WIDTH, HEIGHT = 640, 480
MIDDLE = Box(270, 140, 370, 340)  # 100 x 200 px, 20,000 px: 3.3 % of the picture, half filled
STATE = TargetState.TRACKING


def row(stamp: float, **changes: object) -> FollowRow:
    base = FollowRow(stamp, MIDDLE, 1.0, 2.0, STATE, reported=MIDDLE, middle=2.0, presence=0.9)
    return replace(base, **changes)  # type: ignore[arg-type]


def clip(seconds: float, **changes: object) -> list[FollowRow]:
    return [row(0.1 * k, **changes) for k in range(round(10 * seconds))]


def far(rows: list[FollowRow], begin: float, end: float, **changes: object) -> list[FollowRow]:
    """Change what holds from begin to end, seconds."""
    return [
        replace(r, **changes) if begin - 1e-6 <= r.stamp < end - 1e-6 else r  # type: ignore[arg-type]
        for r in rows
    ]


def test_evt_of_a_perfect_episode() -> None:
    done = evt(clip(30.0), 2.0, WIDTH * HEIGHT)
    assert (done.success, done.collision) == (True, False)
    assert done.followed_s == pytest.approx(30.0)
    assert done.length_s == pytest.approx(30.0)


def test_evt_ends_when_it_is_lost_and_counts_the_whole_length() -> None:
    rows = far(clip(30.0), 10.0, 30.0, middle=4.5)
    done = evt(rows, 2.0, WIDTH * HEIGHT)
    assert not done.success
    assert done.followed_s == pytest.approx(10.0)
    assert done.length_s == pytest.approx(30.0)


def test_evt_comes_back_after_less_than_two_seconds() -> None:
    rows = far(clip(30.0), 10.0, 11.8, middle=4.5)
    done = evt(rows, 2.0, WIDTH * HEIGHT)
    assert done.success
    assert done.followed_s == pytest.approx(28.2)


def test_evt_needs_the_target_large_enough_and_near_at_the_end() -> None:
    # 40 x 80 px, half filled: 1,600 px, .5 % of the picture.
    small = evt(clip(5.0, box=Box(300, 200, 340, 280)), 2.0, WIDTH * HEIGHT)
    assert (small.success, small.followed_s) == (False, 0.0)
    # At three times the distance a ninth of the area will do, and 9 m count as near.
    scaled = evt(clip(5.0, box=Box(300, 200, 340, 280), middle=8.0), 6.0, WIDTH * HEIGHT)
    assert scaled.success
    assert not evt(far(clip(5.0), 4.5, 5.0, middle=3.5), 2.0, WIDTH * HEIGHT).success


def test_evt_ends_at_a_collision_with_the_target() -> None:
    done = evt(clip(30.0), 2.0, WIDTH * HEIGHT, touched_at=6.0)
    assert (done.success, done.collision) == (False, True)
    assert done.followed_s == pytest.approx(6.0)


def test_unreal_at_the_wanted_place_and_off_it() -> None:
    best = unreal(clip(40.0, distance=2.5), 2.5)
    assert (best.reward, best.length, best.success) == (
        pytest.approx(500.0),
        pytest.approx(500.0),
        True,
    )
    # 1 - |4 - 2.5| / 7.5 - |9 deg| / 45 deg = .6
    off = unreal(clip(40.0, distance=4.0, bearing=math.radians(9)), 2.5)
    assert off.reward == pytest.approx(300.0)
    # nearer than a metre: 1 - 1.7 / 7.5 - 1 = -.2267
    near = unreal(clip(40.0, distance=0.8), 2.5)
    assert near.reward == pytest.approx(-113.3, abs=0.1)


def test_unreal_ends_after_fifty_lost_steps_in_a_row() -> None:
    rows = far(clip(40.0, distance=2.5), 20.0, 40.0, bearing=math.radians(60))
    done = unreal(rows, 2.5)
    assert not done.success
    assert done.length == pytest.approx(300.0)  # 20 s and 4 s more, of 40 s
    # 1 - 60 / 45 = -1/3 a step, for 50 steps
    assert done.reward == pytest.approx(250.0 - 50 / 3)
    short = unreal(far(clip(40.0, distance=2.5), 20.0, 23.9, bearing=math.radians(60)), 2.5)
    assert short.success


def test_a_short_episode_is_scaled_up_to_500_steps() -> None:
    assert unreal(clip(10.0, distance=2.5), 2.5).reward == pytest.approx(500.0)


def test_dat_rewards_a_target_in_the_middle() -> None:
    assert dat_tsr(clip(15.0), WIDTH) == pytest.approx(1.0)
    aside = Box(430, 140, 530, 340)  # 160 px off of 320
    assert dat_tsr(clip(15.0, box=aside), WIDTH) == pytest.approx(0.5)
    # Hidden for 1 s of 15, the fifteenth that ends it; what comes after does not count.
    rows = far(clip(15.0), 5.0, 6.0, visibility=0.0)
    assert dat_tsr(rows, WIDTH) == pytest.approx(5.0 / 15.0)
    rows = far(clip(15.0), 5.0, 5.9, visibility=0.0)
    assert dat_tsr(rows, WIDTH) == pytest.approx(14.1 / 15.0)


@pytest.mark.parametrize(
    ('seconds', 'changes', 'expected'),
    [
        (5.1, {'off_true': 8.0, 'off_other': 0.5}, 1),
        (4.5, {'off_true': 8.0, 'off_other': 0.5}, 0),  # not long enough
        (9.0, {'off_true': 6.0, 'off_other': 0.5}, 0),  # not far enough
        (9.0, {'off_true': 8.0, 'off_other': 2.0}, 0),  # nobody there
        (9.0, {'off_true': None, 'off_other': None}, 0),
        (9.0, {'off_true': 8.0, 'off_other': 0.5, 'state': TargetState.OCCLUDED}, 0),
    ],
)
def test_identity_failures(seconds: float, changes: dict[str, object], expected: int) -> None:
    rows = far(clip(20.0, off_true=0.2, off_other=3.0), 5.0, 5.0 + seconds, **changes)
    assert identity_failures(rows) == expected


def test_amr_of_an_oracle_and_of_one_sure_mistake() -> None:
    assert amr(clip(2.0)) == pytest.approx(1.0)
    # A mistake more sure than everything else: nothing can be trusted.
    rows = far(clip(2.0), 1.0, 1.1, reported=Box(0, 0, 50, 50), presence=0.95)
    assert amr(rows) == pytest.approx(0.0)
    # A mistake less sure than the rest: 19 of 20 are had without it.
    rows = far(clip(2.0), 1.0, 1.1, reported=Box(0, 0, 50, 50), presence=0.5)
    assert amr(rows) == pytest.approx(0.95)


def test_amr_counts_answers_about_an_absent_target_as_mistakes() -> None:
    rows = far(clip(2.0), 1.0, 1.5, box=None, visibility=0.0, presence=0.8)
    assert amr(rows) == pytest.approx(1.0)  # 15 visible, all surer than .8
    rows = far(clip(2.0, presence=0.7), 1.0, 1.5, box=None, visibility=0.0, presence=0.8)
    assert amr(rows) == pytest.approx(0.0)
    held = far(rows, 1.0, 1.5, state=TargetState.OCCLUDED)
    assert amr(held) == pytest.approx(1.0)  # not an answer
    assert amr(clip(1.0, visibility=0.0)) is None


def test_amr_averages_over_eleven_overlaps() -> None:
    # IoU .55 throughout: right up to .5, that is 6 of 11 thresholds.
    reported = Box(270, 140, 370, 250)
    assert amr(clip(1.0, reported=reported)) == pytest.approx(6 / 11)
