# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The page of a benchmark: tables, plots, and every failure as a filmstrip."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from follow_anything.evaluation.following.figures import is_failure, MEANING, WRONG_SHARE
from follow_anything.evaluation.following.plots import (
    draw_recovery,
    draw_reliability,
    draw_scenarios,
)
from follow_anything.evaluation.html import table, write_html
from follow_anything.evaluation.tables import number

__all__ = ['FILMS', 'PLOTS', 'write_page']

FILMS, PLOTS = 'films', 'plots'
"""Folders of the filmstrips and of the plots, beside the page."""

Row = dict[str, Any]

COLUMNS = {
    'episodes': 'episodes',
    'visible_fraction': 'in view',
    'centre_error_median': 'centre',
    'range_error_median': 'range [m]',
    'wrong_target_fraction': 'wrong',
    'wrong_target_s': 'wrong [s]',
    'id_switches': 'switches',
    'false_follow_after_gone': 'after gone',
    'reacquired_events': 'events',
    'reacquired_rate': 'found again',
    'recovery_s_median': 'median [s]',
    'recovery_s_p90': 'p90 [s]',
    'stops_per_minute': 'stops/min',
    'needless_stops_per_minute': 'needless/min',
    'time_to_failure': 'to failure',
    'collisions': 'collisions',
    'commands_while_unsure': 'unsure',
}
"""What the first table shows of a summary."""

WORLD = {
    'evt_sr': 'EVT SR',
    'evt_tr': 'EVT TR',
    'evt_cr': 'EVT CR',
    'unreal_ar': 'UnrealCV AR',
    'unreal_el': 'EL',
    'unreal_sr': 'SR',
    'dat_tsr': 'DAT TSR',
    'identity_failures': 'identity failures',
    'amr': 'AMR',
}
"""What the second one shows: measures of published benchmarks."""

GOAL = {
    'wrong_target_fraction': (0.0, WRONG_SHARE),
    'false_follow_after_gone': (0, 0),
    'commands_while_unsure': (0, 0),
}
"""What must lie between two values; it is red where it does not."""

WORLD_NOTE = (
    'In the manner of published benchmarks, on our own scenes: to compare in kind, not in rank. '
    'STT, DT and AT are the scenarios that resemble the splits of EVT-Bench: one alone, others '
    'in other clothes, twins.'
)
FILM_NOTE = (
    'Pictures: green the truth, blue what is followed, red where that is something else, grey '
    'what is reported and not followed. Bands: how much of the target is seen (green half or '
    'more, yellow less, dark hidden); what is followed (blue the target, red something else, '
    'grey nothing); the state. Black lines: when the pictures were taken.'
)


def _cell(key: str, value: Any) -> str:
    if value is None:
        return '-'
    if isinstance(value, int):
        text = str(value)
    elif key.endswith('_s') or 'per_minute' in key or key in ('unreal_ar', 'unreal_el'):
        text = f'{value:.1f}' if key in ('unreal_ar', 'unreal_el') else f'{value:.2f}'
    else:
        text = number(value, 4 if key == 'wrong_target_fraction' else 3)
    low, high = GOAL.get(key, (value, value))
    return text if low <= value <= high else f'<span class="bad">{text}</span>'


def _summaries(title: str, chosen: dict[str, Row], columns: dict[str, str]) -> str:
    lines = [
        [escape(name), *(_cell(key, summary.get(key)) for key in columns)]
        for name, summary in chosen.items()
    ]
    return f'<div class="wide">{table([escape(title), *columns.values()], lines)}</div>'


def reasons(row: Row) -> list[str]:
    """Return in words why an episode is a failure."""
    if 'error' in row:
        return [str(row['error'])]
    lost = [event for event in row['reappearances'] if event['recovery_s'] is None]
    causes = []
    if row['wrong_target_fraction'] > WRONG_SHARE:
        causes.append(f'something else followed for {row["wrong_target_s"]:.1f} s')
    if row['false_follow_after_gone']:
        causes.append(f'followed after it had gone for {row["false_follow_after_gone_s"]:.1f} s')
    causes += [
        f'not found again at {event["stamp"]:.1f} s, hidden for {event["hidden_s"]:.1f} s'
        for event in lost
    ]
    if row['time_to_failure'] < 1.0 and not causes:
        causes.append(f'stands before a target in view, first at {row["time_to_failure"]:.0%}')
    if row['collisions']:
        causes.append(f'ran into {", ".join(row["collided_with"])}')
    if row['commands_while_unsure']:
        causes.append(f'{row["commands_while_unsure"]} commands while unsure')
    return causes


def _failures(rows: Sequence[Row]) -> str:
    failed = sorted(
        (row for row in rows if is_failure(row)),
        key=lambda row: -row.get('wrong_target_fraction', 1.0),
    )
    parts = [f'<h2>Failures: {len(failed)} of {len(rows)} episodes</h2>']
    if failed:
        parts.append(f'<p class="note">{FILM_NOTE}</p>')
    for row in failed:
        name = f'{row["scenario"]} {row["robot"]} {row["seed"]}'
        parts.append(f'<p><b>{escape(name)}</b>: {escape("; ".join(reasons(row)))}</p>')
        if row.get('film'):
            source = f'{FILMS}/{row["film"]}'
            parts.append(f'<img loading="lazy" alt="{escape(name)}" src="{escape(source)}">')
    return '\n'.join(parts)


def _episodes(rows: Sequence[Row]) -> str:
    columns = (
        'visible_fraction',
        'tracking_fraction',
        'wrong_target_fraction',
        'id_switches',
        'time_to_failure',
        'stops',
        'collisions',
        'commands_while_unsure',
    )
    lines = [
        [
            escape(f'{row["scenario"]} {row["robot"]} {row["seed"]}'),
            *(_cell(key, row.get(key)) for key in columns),
        ]
        for row in rows
    ]
    header = ['episode', *(key.replace('_', ' ') for key in columns)]
    return f'<details><summary>Every episode</summary>{table(header, lines)}</details>'


def _plot(folder: Path, name: str, data: bytes, caption: str) -> str:
    """Write a plot beside the page; return what shows it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f'{name}.png').write_bytes(data)
    return f'<img alt="{escape(caption)}" src="{folder.name}/{name}.png">'


def write_page(path: Path, figures: Row) -> None:
    """
    Write the page and its plots; filmstrips stay in the folder FILMS beside it.

    :param path: of the HTML file. :param figures: what figures.report() returns.
    """
    meta, rows = figures['meta'], figures['episodes']
    first, last = meta['seeds']
    title = f'Following in the simulator: seeds {first} to {last}'
    length = f'{meta["seconds"]:g} s each' if meta['seconds'] else 'each as long as it says'
    about = (
        f'{", ".join(meta["robots"])}; {length}; {meta["width"]} x '
        f'{meta["height"]} pixels, {"with" if meta["depth"] else "without"} depth; asked by '
        f'{meta["ask"]}; tracker {meta["tracker"]}; version {meta["version"]}, {meta["date"]}.'
    )
    parts = [f'<h1>{escape(title)}</h1>', f'<p class="note">{escape(about)}</p>']
    robots = {f'all, {robot}': summary for robot, summary in figures['robots'].items()}
    totals = {'all': figures['total'], **robots}
    parts.append(_summaries('scenario', {**totals, **figures['cells']}, COLUMNS))
    meaning = '. '.join(f'<b>{COLUMNS[key]}</b>: {escape(MEANING[key])}' for key in COLUMNS)
    parts.append(f'<p class="note">{meaning}.</p>')
    if any('error' not in row for row in rows):
        counts = figures['total']['reliability']
        parts += [
            _plot(path.parent / PLOTS, name, data, caption)
            for name, data, caption in (
                ('scenarios', draw_scenarios(rows), 'wrong-target time and time in view'),
                ('recovery', draw_recovery(rows), 'time until it is followed again'),
                ('reliability', draw_reliability(counts), 'is the probability what it says?'),
            )
        ]
        parts.append(_summaries('benchmark', {**totals, **figures['evt']}, WORLD))
        parts.append(f'<p class="note">{WORLD_NOTE}</p>')
    parts += [_failures(rows), _episodes(rows)]
    write_html(path, title, parts)
