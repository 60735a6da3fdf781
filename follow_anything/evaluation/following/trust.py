# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Measures of identity: wrong target, re-acquisition, standing while unsure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from follow_anything.core.types import TargetState
from follow_anything.evaluation.closed_loop.log import CommandRow
from follow_anything.evaluation.following.rows import (
    FollowRow,
    HALF,
    HIDDEN,
    is_failing,
    is_right,
    is_wrong,
    seconds,
    spells,
)

__all__ = [
    'Reappearance',
    'commands_while_unsure',
    'id_changes',
    'id_switches',
    'reappearances',
    'stops',
    'time_to_failure',
]

AMBIGUOUS = 'AMBIGUOUS'
"""The state in which nothing may move; by name, for followers that do not have it."""

SEARCH_STATES = (TargetState.OCCLUDED, TargetState.LOST)
SEARCH_REASON = 'search'
"""A command whose reason begins so, in one of these states, is a permitted search."""

TOO_SHORT_S = 1.0
"""A reappearance that the episode cuts off after less says nothing, unless it was found."""

FAILURE_S = 2.0
"""A target that is not followed rightly for so long, though it is in view, is a failure."""


@dataclass(frozen=True)
class Reappearance:
    """
    The target was hidden and is half visible again.

    :param stamp: when it was, s. :param hidden_s: for how long it was hidden before.
    :param seen_s: for how long it is in view then.
    :param recovery_s: until it is followed again, the right one; None: not before it was hidden
        again or the episode ended. :param same_id: it kept its id.
    """

    stamp: float
    hidden_s: float
    seen_s: float
    recovery_s: float | None
    same_id: bool


def reappearances(rows: Sequence[FollowRow]) -> list[Reappearance]:
    """Return every time the target reappears after it was followed once."""
    found: list[Reappearance] = []
    hidden_at: float | None = None
    known_id: int | None = None
    for index, row in enumerate(rows):
        if hidden_at is None and is_right(row):
            known_id = row.target_id
        if known_id is None:
            continue
        if row.visibility < HIDDEN:
            hidden_at = row.stamp if hidden_at is None else hidden_at
        elif row.visibility >= HALF and hidden_at is not None:
            event = _follow_up(rows[index:], row.stamp - hidden_at, known_id)
            if event is not None:
                found.append(event)
            hidden_at = None
    return found


def _follow_up(rows: Sequence[FollowRow], hidden_s: float, known_id: int) -> Reappearance | None:
    """Return what became of a target that reappears in the first row; None: nobody can tell."""
    start = rows[0].stamp
    again = next((k for k, row in enumerate(rows) if row.visibility < HIDDEN), None)
    in_view = rows[:again]
    seen_s = rows[-1 if again is None else again].stamp - start
    found = next((row for row in in_view if is_right(row)), None)
    if found is not None:
        is_same = found.target_id == known_id
        return Reappearance(start, hidden_s, seen_s, found.stamp - start, is_same)
    if again is None and seen_s < TOO_SHORT_S:
        return None
    return Reappearance(start, hidden_s, seen_s, None, False)


def id_switches(rows: Sequence[FollowRow]) -> int:
    """Return how often what is followed changes from the target to something else."""
    switches, was_right = 0, False
    for row in rows:
        if is_wrong(row):
            switches += was_right
            was_right = False
        elif is_right(row):
            was_right = True
    return switches


def id_changes(rows: Sequence[FollowRow]) -> int:
    """Return how often the reported id changes, though only one target was asked for."""
    ids = [row.target_id for row in rows if row.state.may_move]
    return sum(one != other for one, other in pairwise(ids))


def stops(rows: Sequence[FollowRow], *, needless: bool = False) -> int:
    """
    Return how often the robot is no longer allowed to move.

    :param needless: only while the target is half visible.
    """
    return sum(
        before.state.may_move
        and not after.state.may_move
        and (after.visibility >= HALF or not needless)
        for before, after in pairwise(rows)
    )


def time_to_failure(rows: Sequence[FollowRow]) -> float | None:
    """
    Return the share of the episode before the first failure, [0, 1]; 1: there is none.

    A failure: for FAILURE_S something else is followed, or nothing though the target is in view.
    """
    if not rows:
        return None
    total = seconds(rows, lambda _: True)
    for spell in spells(rows, is_failing):
        if spell.seconds >= FAILURE_S:
            return (spell.start - rows[0].stamp) / total
    return 1.0


def commands_while_unsure(
    rows: Sequence[FollowRow], commands: Sequence[CommandRow]
) -> tuple[int, int]:
    """
    Return how many commands moved the robot while the target was not TRACKING.

    A permitted search does not count. The second number: those while it was AMBIGUOUS.
    """
    states = {row.stamp: row.state for row in rows}
    unsure = ambiguous = 0
    for row in commands:
        state = states.get(row.stamp)
        if state is None or row.command.is_zero or state.may_move:
            continue
        searches = state in SEARCH_STATES and row.command.reason.startswith(SEARCH_REASON)
        unsure += not searches
        ambiguous += state.value == AMBIGUOUS
    return unsure, ambiguous
