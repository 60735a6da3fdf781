# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Who comes from behind the same wall after the target was found again may be it as well."""

from __future__ import annotations

from court import Court, DT, found_again, thing
from follow_anything.core.identity.judge import Decision
from follow_anything.core.identity.reacquisition import HOLDS_S, SECOND_COMES_S
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


def test_for_a_while_after_it_was_found_again_the_look_is_as_frequent_as_beside_a_twin() -> None:
    court = Court().followed_beside()
    assert not court.look(thing(0.0, presence=0.99), unbroken=True).is_alike_near
    court = found_again()
    assert court.look(FOUND, unbroken=True).is_alike_near
    later = court.look(FOUND, count=round(SECOND_COMES_S / DT), unbroken=True)
    assert not later.is_alike_near
