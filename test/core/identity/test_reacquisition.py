# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Who comes from behind the same wall after the target was found again may be it as well."""

from __future__ import annotations

from dataclasses import replace

from court import Court, DT, found_again, thing, view
from follow_anything.core.identity.judge import Candidate, Decision, Size
from follow_anything.core.identity.reacquisition import HOLDS_S, SECOND_COMES_S
from follow_anything.core.types import Box
from follow_anything.core.world.track import BESIDE_LOOKS, Place, WorldTrack
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

FOUND = thing(0.5, presence=0.98)


def test_one_look_at_a_second_one_holds_the_robot_for_a_while() -> None:
    """It came out at the edge of the picture, and the robot turned on after the twin."""
    court = found_again()
    assert court.look(FOUND, thing(-1.0), unbroken=True).decision is Decision.AMBIGUOUS
    held = round(HOLDS_S / DT) - 1
    assert court.look(FOUND, count=held, unbroken=True).decision is Decision.AMBIGUOUS
    assert court.look(FOUND, count=3, unbroken=True).decision is Decision.TARGET


def test_several_looks_at_a_second_one_are_for_the_operator() -> None:
    court = found_again()
    court.look(FOUND, thing(-1.0), count=3, unbroken=True)
    verdict = court.look(FOUND, count=round(2 * HOLDS_S / DT), unbroken=True)
    assert verdict.decision is Decision.AMBIGUOUS


@pytest.mark.parametrize(('x', 'is_asked'), [(375.0, False), (440.0, True)])
def test_what_shows_of_it_in_the_box_of_something_far_behind_is_no_second_one(
    x: float, is_asked: bool
) -> None:
    """The red container behind the man in the red shirt: its box holds some of that."""
    court, spot = found_again(), Place(np.array([(x - 320.0) / 55.0, 9.0]), 0.15**2 * np.eye(2))
    box, size = Box.from_center(x, 240.0, 30.0, 50.0), Size(39.0, 1.1)
    behind = replace(thing(0.0), box=box, place=spot, size=size, depth=9.0)
    verdict = court.look(FOUND, behind, count=5, unbroken=True)
    assert (verdict.decision is Decision.AMBIGUOUS) is is_asked


@pytest.mark.parametrize(('is_learnt', 'is_asked'), [(False, False), (True, True)])
def test_who_is_a_little_like_a_target_that_was_found_half_hidden_is_a_passer_by(
    is_learnt: bool, is_asked: bool
) -> None:
    """How it looks now counts, but for what was learnt since: that is of whoever was found."""
    court = Court().followed_beside()
    court.look(count=60)
    assert court.look(thing(0.5, 35.0), count=20).decision is Decision.TARGET
    if is_learnt:
        court.look(FOUND, count=20, unbroken=True)
    verdict = court.look(thing(0.5), thing(-0.5, 45.0), count=6)
    assert (verdict.decision is Decision.AMBIGUOUS) is is_asked


def test_a_look_at_a_part_of_both_is_like_it_by_chance() -> None:
    """Who stands before it has the looks of both for a moment."""
    court = Court().followed_beside()
    court.look(count=60)
    assert court.look(thing(0.5), count=20).decision is Decision.TARGET
    assert court.look(thing(0.5), thing(-0.5, 50.0), count=10).decision is Decision.TARGET
    assert court.look(thing(0.5), thing(-0.5, 28.0)).decision is Decision.TARGET
    verdict = court.look(thing(0.5), thing(-0.5, 28.0), count=10)
    assert verdict.decision is Decision.AMBIGUOUS, 'unless it goes on'


@pytest.mark.parametrize(('degrees', 'is_asked'), [(55.0, False), (120.0, True)])
def test_who_looks_more_like_somebody_known_who_stands_there_was_not_hidden_with_it(
    degrees: float, is_asked: bool
) -> None:
    """A bystander was a little like a target that was found half hidden, and had no track then."""
    court = Court().followed_beside()
    court.look(count=32)
    assert court.look(thing(0.3, 30.0), count=20).decision is Decision.TARGET
    stands = thing(1.5, 40.0)
    assert stands.place is not None
    known = court.judge.tracks.new(stands.place, court.now - 1.0, view(degrees))
    known.beside = BESIDE_LOOKS
    unfit = replace(stands, size=Size(200.0, 2.0))  # with the lamp post beside him
    verdict = court.look(thing(0.3, 30.0), unfit, count=5)
    assert (verdict.decision is Decision.AMBIGUOUS) is is_asked


def test_for_a_while_after_it_was_found_again_the_look_is_as_frequent_as_beside_a_twin() -> None:
    court = Court().followed_beside()
    assert not court.look(thing(0.0, presence=0.99), unbroken=True).is_alike_near
    court = found_again()
    assert court.look(FOUND, unbroken=True).is_alike_near
    later = court.look(FOUND, count=round(SECOND_COMES_S / DT), unbroken=True)
    assert not later.is_alike_near


def comes_back(*found: Candidate) -> WorldTrack:
    """Return the target's track after a second behind a column, and one look at what is found."""
    court = Court().followed_beside()
    court.look(count=20, half_view=0.8)
    verdict = court.look(*found, half_view=0.8)
    assert verdict.decision is Decision.TARGET
    target = court.judge.tracks.target
    assert target is not None
    return target


def at(ahead: float, degrees: float = 0.0, aside_px: float = 0.0) -> Candidate:
    """Return a box before the place where the target went out of sight."""
    return replace(
        thing(0.0, degrees),
        box=Box.from_center(320 + aside_px, 240, 40, 100),
        place=Place(np.array([0.0, ahead]), 0.15**2 * np.eye(2)),
        depth=ahead,
    )


@pytest.mark.parametrize(('degrees', 'ahead', 'is_moved'), [(90.0, 3.6, False), (0.0, 3.6, True)])
def test_target_that_comes_back_has_not_the_depth_of_what_it_was_behind(
    degrees: float, ahead: float, is_moved: bool
) -> None:
    """Its track stayed at the column, and its twin's track took the target instead."""
    target = comes_back(at(ahead), at(3.6, degrees, 25.0))
    assert (float(target.mean[1]) < 4.5) is is_moved


def test_depth_of_what_it_was_behind_counts_where_nothing_else_is_in_the_box() -> None:
    assert float(comes_back(at(3.6)).mean[1]) < 4.5


def test_of_two_boxes_of_a_target_that_comes_back_the_one_where_it_is_expected_counts() -> None:
    own = replace(at(4.2), presence=0.99)
    assert float(comes_back(own, at(5.0, 5.0, 6.0)).mean[1]) > 4.8
