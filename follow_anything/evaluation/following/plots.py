# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The plots of the benchmark's page."""

from __future__ import annotations

from collections.abc import Sequence
import io
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
import numpy as np

__all__ = ['draw_recovery', 'draw_reliability', 'draw_scenarios']

COLORS = {'drone': '#2b6cb0', 'ground': '#dd6b20'}
GREY = '#718096'

GOAL_WRONG, GOAL_VIEW = 0.005, 0.97

Row = dict[str, Any]


def _png(figure: Any) -> bytes:
    target = io.BytesIO()
    figure.savefig(target, format='png', dpi=110)
    figure.clear()
    return target.getvalue()


def _figure(rows: int, columns: int, size: tuple[float, float], **more: Any) -> Any:
    mpl.use('Agg')
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(rows, columns, figsize=size, **more)
    plt.close(figure)
    return figure, axes


def draw_scenarios(episodes: Sequence[Row]) -> bytes:
    """Draw wrong-target time and time in view of every episode, by scenario; PNG."""
    known = [row for row in episodes if 'error' not in row]
    names = list(dict.fromkeys(row['scenario'] for row in known))
    height = 1.4 + 0.36 * len(names)
    figure, (left, right) = _figure(1, 2, (11, height), sharey=True)
    for axes, key in ((left, 'wrong_target_fraction'), (right, 'visible_fraction')):
        _strip(axes, known, names, key)
    left.set_xscale('symlog', linthresh=0.01)
    left.set_xlim(-0.0008, 1.0)
    left.set_xticks([0.0, 0.005, 0.1, 1.0], ['0', '.005', '.1', '1'])
    left.axvline(GOAL_WRONG, color=GREY, linestyle=':', linewidth=1)
    left.set_xlabel('share of the time in which something else is followed')
    right.axvline(GOAL_VIEW, color=GREY, linestyle=':', linewidth=1)
    right.set(xlabel='share of the time in view', xlim=(0, 1.02))
    left.set_yticks(range(len(names)), names)
    left.invert_yaxis()
    handles = [
        mpl.lines.Line2D([], [], color=color, marker='o', linestyle='', label=robot)
        for robot, color in COLORS.items()
    ]
    right.legend(handles=handles, frameon=False, loc='lower left')
    figure.tight_layout()
    return _png(figure)


def _strip(axes: Axes, rows: Sequence[Row], names: Sequence[str], key: str) -> None:
    """Draw one dot an episode, and a bar at the mean of each robot."""
    rng = np.random.default_rng(0)
    for robot, shift in (('drone', -0.17), ('ground', 0.17)):
        for place, name in enumerate(names):
            values = [r[key] for r in rows if (r['scenario'], r['robot']) == (name, robot)]
            if not values:
                continue
            spread = place + shift + rng.uniform(-0.09, 0.09, len(values))
            axes.plot(values, spread, 'o', color=COLORS[robot], markersize=3.5, alpha=0.5)
            mean = [float(np.mean(values))] * 2
            ends = [place + shift - 0.15, place + shift + 0.15]
            axes.plot(mean, ends, color=COLORS[robot], linewidth=2.5)
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)


def draw_reliability(counts: Sequence[Sequence[float]]) -> bytes:
    """Draw how often the box reported is the target, by the probability reported; PNG."""
    table = np.asarray(counts, float)
    known = table[table[:, 0] > 0]
    figure, (left, right) = _figure(1, 2, (11, 3.6))
    left.plot([0, 1], [0, 1], color=GREY, linestyle=':', linewidth=1)
    left.plot(known[:, 2] / known[:, 0], known[:, 1] / known[:, 0], 'o-', color='#2b6cb0')
    left.set(xlabel='probability reported', ylabel='share that is the target')
    left.set(xlim=(0, 1.02), ylim=(0, 1.02))
    middles = (np.arange(len(table)) + 0.5) / len(table)
    right.bar(
        middles, table[:, 0] / max(1.0, table[:, 0].sum()), 0.9 / len(table), color='#2b6cb0'
    )
    right.set(xlabel='probability reported', ylabel='share of the pictures', xlim=(0, 1))
    for axes in (left, right):
        axes.grid(alpha=0.25)
        axes.set_axisbelow(True)
    figure.tight_layout()
    return _png(figure)


def draw_recovery(episodes: Sequence[Row]) -> bytes:
    """Draw how soon a target that reappears is followed again, and how often at all; PNG."""
    events = [
        (event['hidden_s'], event['recovery_s'])
        for row in episodes
        if 'error' not in row
        for event in row['reappearances']
    ]
    figure, (left, right) = _figure(1, 2, (11, 3.6))
    limits = ((0.0, 1.5), (1.5, 3.0), (3.0, 4.5), (4.5, 7.0), (7.0, np.inf))
    labels, rates, counts = [], [], []
    for low, high in limits:
        chosen = [found for hidden, found in events if low < hidden <= high]
        if not chosen:
            continue
        label = f'{low:g} to {high:g} s' if np.isfinite(high) else f'more than {low:g} s'
        times = np.sort([found for found in chosen if found is not None])
        share = np.arange(1, len(times) + 1) / len(chosen)
        line = np.r_[0.0, times, max(5.0, float(times[-1]) if len(times) else 5.0)]
        steps = np.r_[0.0, share, share[-1] if len(times) else 0.0]
        left.step(line, steps, where='post', label=f'hidden {label}')
        labels.append(label)
        rates.append(len(times) / len(chosen))
        counts.append(len(chosen))
    left.set(xlabel='seconds since half visible', ylabel='share followed again', xlim=(0, 5))
    left.set_ylim(0, 1.02)
    left.axvline(0.5, color=GREY, linestyle=':', linewidth=1)
    right.bar(labels, rates, color='#2b6cb0', width=0.6)
    for place, (rate, count) in enumerate(zip(rates, counts, strict=True)):
        right.text(place, rate + 0.01, f'{count}', ha='center', va='bottom', color=GREY)
    right.set(ylabel='followed again', ylim=(0, 1.1), xlabel='hidden for (above: events)')
    for axes in (left, right):
        axes.grid(alpha=0.25)
        axes.set_axisbelow(True)
    if labels:
        left.legend(frameon=False, loc='lower right')
    figure.tight_layout()
    return _png(figure)
