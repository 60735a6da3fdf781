# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of the documentation say what the rows say."""

from __future__ import annotations

from typing import Any

from follow_anything.evaluation.following.docs import docs_tables
import pytest

pytestmark = [pytest.mark.sim, pytest.mark.identity]


def row(scenario: str, robot: str, seed: int, wrong: float = 0.0, **more: Any) -> dict[str, Any]:
    usual = {
        'wrong_target_fraction': wrong,
        'visible_fraction': 1.0,
        'tracking_fraction': 0.9,
        'reappearances': [],
        'false_follow_after_gone': 0,
        'commands_while_ambiguous': 0,
        'collisions': 0,
    }
    return {'scenario': scenario, 'robot': robot, 'seed': seed, **usual, **more}


def event(hidden_s: float, recovery_s: float | None, seen_s: float = 5.0) -> dict[str, Any]:
    return {'hidden_s': hidden_s, 'seen_s': seen_s, 'recovery_s': recovery_s}


ROWS = [
    row('cars', 'drone', 7, wrong=0.02, visible_fraction=0.5),
    row('cars', 'ground', 7, collisions=2),
    row('cars', 'drone', 8),
    row('wall_4s', 'drone', 7, visible_fraction=0.1, reappearances=[event(3.0, 0.2)]),
    row(
        'wall_4s',
        'drone',
        8,
        reappearances=[event(4.0, None), event(4.0, None, 0.2), event(8.0, 0.3)],
    ),
    row('twin_first', 'drone', 8, reappearances=[event(3.0, None)]),
    {'scenario': 'cars', 'robot': 'drone', 'seed': 9, 'error': 'it broke'},
]


def lines() -> dict[str, list[str]]:
    """Return the cells of each row by what stands in front."""
    cells = [line.strip('| ').split(' | ') for line in docs_tables(ROWS).splitlines() if line]
    return {first: rest for first, *rest in cells}


def test_a_scenario_has_its_mean_and_its_worst_episode() -> None:
    found = lines()
    assert found['`cars`'] == ['.0067, .0200 (drone 7)', '.833, .500 (drone 7)', '.900', '-']
    assert found['`wall_4s`'] == ['0', '.550, .100 (drone 7)', '.900', '2 of 4']
    assert found['`twin_first`'][-1] == '0 of 1'


def test_a_seed_counts_what_can_be_found_again_and_what_need_not_leave_the_picture() -> None:
    """Where nothing tells who comes out first is left out; behind a wall nobody is in view."""
    found = lines()
    assert found['7'] == [
        '.0067, .0200 (cars drone)', '1 of 1; 1 of 1; -', '.750, .500 (cars drone)', '0; 0; 2',
    ]  # fmt: skip
    assert found['8'] == ['0', '0 of 2; 0 of 1; 1 of 1', '1.000', '0; 0; 0']
    assert found['all'][1] == '1 of 3; 1 of 2; 1 of 1'
    assert '9' not in found
