# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Measures of trust against values that were computed by hand."""

from __future__ import annotations

from dataclasses import replace

from follow_anything.core.types import Box, TargetState, VelocityCommand
from follow_anything.evaluation.closed_loop.log import CommandRow
from follow_anything.evaluation.following.rows import (
    FollowRow,
    is_right,
    is_wrong,
    seconds,
    spells,
)
from follow_anything.evaluation.following.trust import (
    commands_while_unsure,
    id_changes,
    id_switches,
    reappearances,
    stops,
    time_to_failure,
)
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

HERE, THERE = Box(0, 0, 10, 10), Box(50, 0, 60, 10)
T, HELD, LOST = TargetState.TRACKING, TargetState.OCCLUDED, TargetState.LOST
ASKED, TWO = TargetState.CONFIRMING, TargetState.AMBIGUOUS
STEP_S = 0.1


def episode(script: str) -> list[FollowRow]:
    """
    Write an episode with one letter a tenth of a second.

    r right, w wrong, both in view; s stands in view; h hidden and held; H hidden and still
    TRACKING its last place; x hidden, something else followed; q a quarter in view, held.
    """
    kinds = {
        'r': (HERE, 1.0, T, HERE),
        'w': (HERE, 1.0, T, THERE),
        's': (HERE, 1.0, HELD, None),
        'h': (HERE, 0.0, HELD, None),
        'H': (HERE, 0.0, T, HERE),
        'x': (HERE, 0.0, T, THERE),
        'q': (HERE, 0.25, HELD, None),
    }
    rows = []
    for number, letter in enumerate(script):
        box, share, state, reported = kinds[letter]
        rows.append(
            FollowRow(number * STEP_S, box, share, 3.0, state, reported=reported, target_id=1)
        )
    return rows


@pytest.mark.parametrize(
    ('reported', 'right', 'wrong'),
    [
        (Box(0, 0, 10, 10), True, False),
        (Box(0, 0, 10, 3), True, False),  # IoU .30
        (Box(0, 0, 10, 2), False, False),  # .20: neither
        (Box(0, 0, 10, 0.9), False, True),  # .09
        (None, False, False),
    ],
)
def test_right_and_wrong_by_overlap(reported: Box | None, right: bool, wrong: bool) -> None:
    row = FollowRow(0.0, HERE, 1.0, 3.0, T, reported=reported)
    assert (is_right(row), is_wrong(row)) == (right, wrong)
    held = replace(row, state=HELD)
    assert not is_right(held)
    assert not is_wrong(held)


def test_following_anything_is_wrong_where_the_target_is_not_in_the_picture() -> None:
    assert is_wrong(FollowRow(0.0, None, 0.0, 3.0, T, reported=THERE))


def test_time_is_in_seconds_also_where_pictures_are_missing() -> None:
    rows = episode('rrwwrr')
    assert seconds(rows, is_wrong) == pytest.approx(0.2)
    late = [rows[0], rows[1], rows[2], replace(rows[4], stamp=1.2)]
    # The wrong picture at .2 s was the newest one until 1.2 s.
    assert seconds(late, is_wrong) == pytest.approx(1.0)
    assert [(s.start, s.seconds) for s in spells(rows, is_wrong)] == [
        (pytest.approx(0.2), pytest.approx(0.2))
    ]
    assert seconds([], is_wrong) == 0.0


@pytest.mark.parametrize(
    ('script', 'expected'),
    [
        ('rrrr', []),
        ('rrhhhhrr', [(0.4, 0.0)]),  # found in the very picture
        ('rrhhhhssrr', [(0.4, 0.2)]),
        ('rrHHHHrr', [(0.4, 0.0)]),  # it held on
        ('rrhhqqssrr', [(0.4, 0.2)]),  # a quarter is not yet half
        ('rrhhwwrr', [(0.2, 0.2)]),  # the wrong one first
        ('rrhhsshhrr', [(0.2, None), (0.2, 0.0)]),  # hidden again before it was found
        ('rrhhss', []),  # cut off too soon to tell
        ('rrhh' + 's' * 20, [(0.2, None)]),
        ('hhrrhhrr', [(0.2, 0.0)]),  # hidden before it was ever followed: not an event
        ('rrqqrr', []),
    ],
)
def test_reappearances(script: str, expected: list[tuple[float, float | None]]) -> None:
    found = reappearances(episode(script))
    assert [event.hidden_s for event in found] == pytest.approx([h for h, _ in expected])
    for event, (_, recovery) in zip(found, expected, strict=True):
        assert event.recovery_s == (None if recovery is None else pytest.approx(recovery))


@pytest.mark.parametrize(
    ('script', 'seen_s'),
    [('rrhhsshhrr', [0.2, 0.1]), ('rrhhssrrqqhh', [0.6]), ('rrhh' + 's' * 20, [1.9])],
)
def test_for_how_long_it_is_in_view_then(script: str, seen_s: list[float]) -> None:
    assert [event.seen_s for event in reappearances(episode(script))] == pytest.approx(seen_s)


def test_the_id_is_compared_with_that_of_before() -> None:
    rows = episode('rrhhrr')
    assert reappearances(rows)[0].same_id
    other = [*rows[:4], *(replace(row, target_id=2) for row in rows[4:])]
    assert not reappearances(other)[0].same_id
    assert (id_changes(rows), id_changes(other)) == (0, 1)


@pytest.mark.parametrize(
    ('script', 'expected'),
    [('rrrr', 0), ('rrww', 1), ('rrwwrrww', 2), ('wwrr', 0), ('rrhhww', 1), ('rrhhxx', 1)],
)
def test_id_switches(script: str, expected: int) -> None:
    assert id_switches(episode(script)) == expected


@pytest.mark.parametrize(
    ('script', 'all_', 'needless'),
    [('rrrr', 0, 0), ('rrsrrs', 2, 2), ('rrhhrr', 1, 0), ('rrhsrr', 1, 0)],
)
def test_stops(script: str, all_: int, needless: int) -> None:
    rows = episode(script)
    assert stops(rows) == all_
    assert stops(rows, needless=True) == needless


@pytest.mark.parametrize(
    ('script', 'expected'),
    [
        ('r' * 40, 1.0),
        ('r' * 20 + 's' * 20, 0.5),
        ('r' * 21 + 's' * 19, 1.0),  # 1.9 s is not yet a failure
        ('r' * 10 + 'w' * 30, 0.25),
        ('r' * 10 + 'h' * 30, 1.0),  # hidden: nobody could follow
        ('r' * 10 + 'x' * 30, 0.25),
    ],
)
def test_time_to_failure(script: str, expected: float) -> None:
    assert time_to_failure(episode(script)) == pytest.approx(expected)


def test_nothing_measured_is_none() -> None:
    assert time_to_failure([]) is None


GO, TURN = VelocityCommand(vx=1.0), VelocityCommand(yaw_rate=0.5, reason='searching')
STAND = VelocityCommand()


@pytest.mark.parametrize(
    ('state', 'command', 'unsure', 'ambiguous'),
    [
        (T, GO, 0, 0),
        (HELD, STAND, 0, 0),
        (HELD, GO, 1, 0),
        (LOST, GO, 1, 0),
        (HELD, TURN, 0, 0),  # a permitted search
        (LOST, TURN, 0, 0),
        (ASKED, TURN, 1, 0),  # nobody searches while it confirms
        (ASKED, GO, 1, 0),
        (TWO, STAND, 0, 0),
        (TWO, GO, 1, 1),
        (TWO, TURN, 1, 1),  # nor while two are in question
    ],
)
def test_commands_while_unsure(
    state: TargetState, command: VelocityCommand, unsure: int, ambiguous: int
) -> None:
    row = FollowRow(1.0, HERE, 1.0, 3.0, state)
    commands = [CommandRow(1.0, command, 0.0), CommandRow(9.0, GO, 0.0)]
    assert commands_while_unsure([row], commands) == (unsure, ambiguous)


def test_commands_while_unsure_are_counted_one_by_one() -> None:
    story = [(T, GO), (TWO, GO), (TWO, STAND), (TWO, TURN), (HELD, TURN), (LOST, GO), (TWO, GO)]
    rows = [FollowRow(float(k), HERE, 1.0, 3.0, state) for k, (state, _) in enumerate(story)]
    commands = [CommandRow(float(k), command, 0.0) for k, (_, command) in enumerate(story)]
    assert commands_while_unsure(rows, commands) == (4, 3)
