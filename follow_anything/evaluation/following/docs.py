# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of the documentation, made of the episodes of one run: by scenario and by seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from follow_anything.evaluation.following.figures import GLIMPSE_S, SHORT_S
from follow_anything.evaluation.tables import markdown_table, number

__all__ = ['docs_tables']

Row = dict[str, Any]

IN_VIEW = ('street', 'occlusion', 'cars', 'dog')
"""Scenarios in which the target need never leave the picture."""

UNDECIDABLE = 'twin_first'
"""Nothing tells who comes out first there: left out where finding again is counted."""


def docs_tables(rows: Sequence[Row]) -> str:
    """Return two tables, Markdown: each scenario over all seeds, each seed over all scenarios."""
    known = [row for row in rows if 'error' not in row]
    scenarios = list(dict.fromkeys(row['scenario'] for row in known))
    seeds = sorted({row['seed'] for row in known})
    by_scenario = [
        _scenario(name, [row for row in known if row['scenario'] == name]) for name in scenarios
    ]
    by_seed = [_seed(str(seed), [row for row in known if row['seed'] == seed]) for seed in seeds]
    return '\n\n'.join(
        (
            markdown_table(
                [
                    'scenario',
                    'wrong-target time: mean, worst',
                    'in view: mean, worst',
                    'TRACKING: mean',
                    're-acquired',
                ],
                by_scenario,
            ),
            markdown_table(
                [
                    'seed',
                    'wrong-target time: mean, worst',
                    f're-acquired, hidden to {SHORT_S:g} s; if seen for {GLIMPSE_S:g} s; longer',
                    'in view: mean, worst',
                    'false follows; commands while AMBIGUOUS; collisions',
                ],
                [*by_seed, _seed('all', known)],
            ),
        )
    )


def _scenario(name: str, rows: Sequence[Row]) -> list[str]:
    return [
        f'`{name}`',
        _spread(rows, 'wrong_target_fraction', 4, max, ('robot', 'seed')),
        _spread(rows, 'visible_fraction', 3, min, ('robot', 'seed')),
        number(_mean(rows, 'tracking_fraction')),
        _found(_events(rows)),
    ]


def _seed(seed: str, rows: Sequence[Row]) -> list[str]:
    decidable = [row for row in rows if row['scenario'] != UNDECIDABLE]
    events = _events(decidable)
    short = [event for event in events if event['hidden_s'] <= SHORT_S]
    long = [event for event in events if event['hidden_s'] > SHORT_S]
    seen = [event for event in short if event['seen_s'] >= GLIMPSE_S]
    near = [row for row in rows if row['scenario'] in IN_VIEW]
    counted = ('false_follow_after_gone', 'commands_while_ambiguous', 'collisions')
    return [
        seed,
        _spread(rows, 'wrong_target_fraction', 4, max, ('scenario', 'robot')),
        '; '.join(_found(some) for some in (short, seen, long)),
        _spread(near, 'visible_fraction', 3, min, ('scenario', 'robot')),
        '; '.join(str(sum(row[key] for row in rows)) for key in counted),
    ]


def _events(rows: Sequence[Row]) -> list[Row]:
    return [event for row in rows for event in row['reappearances']]


def _found(events: Sequence[Row]) -> str:
    if not events:
        return '-'
    return f'{sum(event["recovery_s"] is not None for event in events)} of {len(events)}'


def _mean(rows: Sequence[Row], key: str) -> float | None:
    return sum(row[key] for row in rows) / len(rows) if rows else None


def _spread(rows: Sequence[Row], key: str, digits: int, worst: Any, names: tuple[str, str]) -> str:
    """Return the mean over episodes and the worst of them, with what that is called."""
    if not rows:
        return '-'
    extreme = worst(rows, key=lambda row: row[key])
    values = (_mean(rows, key), extreme[key])
    mean, most = ('0' if value == 0.0 else number(value, digits) for value in values)
    called = ' '.join(str(extreme[name]) for name in names)
    return f'{mean}, {most} ({called})' if most != mean else mean
