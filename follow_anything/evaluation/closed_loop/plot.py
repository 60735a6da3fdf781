# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""One session at a glance: error, distance and command over time, coloured by the state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from follow_anything.core.types import TargetState
from follow_anything.evaluation.closed_loop.log import FollowLog
from follow_anything.io.overlay import COLORS
import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.patches import Patch
import numpy as np

__all__ = ['plot_session', 'shade_states', 'state_patches']

BLUE, GREEN, ORANGE, GREY = '#2b6cb0', '#38a169', '#dd6b20', '#999999'

COMMANDS = ((0, 'forward [m/s]', BLUE), (2, 'up [m/s]', GREEN), (3, 'turn [rad/s]', ORANGE))

GOAL_PERCENT = 10
"""The median centre error a session should stay below."""


def plot_session(log: FollowLog, path: Path, title: str) -> None:
    """Draw a session into a PNG."""
    mpl.use('Agg')
    from matplotlib import pyplot as plt

    figure, (top, middle, bottom) = plt.subplots(3, 1, figsize=(10, 7.5), sharex=True)
    start = log.frames[0].stamp if log.frames else 0.0
    time = np.array([row.stamp for row in log.frames]) - start
    top.set_title(title)
    top.plot(time, 100 * log.centre_errors(), color=BLUE, linewidth=1.2)
    top.axhline(GOAL_PERCENT, color=GREY, linestyle=':', linewidth=1)
    top.set(ylabel='centre error\n[% of width]', ylim=(0, 50))
    middle.plot(time, [row.distance for row in log.frames], color=BLUE, linewidth=1.2)
    middle.axhline(log.follow_distance, color=GREY, linestyle=':', linewidth=1)
    middle.set_ylabel('distance [m]')
    middle.set_ylim(bottom=0)
    when = np.array([row.stamp for row in log.commands]) - start
    commands = np.array([row.command.axes for row in log.commands]).reshape(-1, 4)
    for column, name, color in COMMANDS:
        bottom.plot(when, commands[:, column], label=name, color=color, linewidth=1.0)
    bottom.legend(loc='upper right', ncols=3, frameon=False)
    bottom.set(ylabel='command', xlabel='time [s]')
    for axes in (top, middle, bottom):
        shade_states(axes, time, [row.state for row in log.frames])
        axes.grid(alpha=0.25)
    figure.legend(
        handles=state_patches(), ncols=len(TargetState), loc='lower center', frameon=False
    )
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _color(state: TargetState) -> tuple[float, float, float]:
    red, green, blue = COLORS[state]
    return red / 255, green / 255, blue / 255


def state_patches() -> list[Patch]:
    """Return the legend of shade_states."""
    return [Patch(color=_color(state), alpha=0.4, label=state.value) for state in TargetState]


def shade_states(axes: Axes, time: np.ndarray, states: Sequence[TargetState]) -> None:
    """
    Colour the background by the state.

    :param time: of each state, s, (N,), rising.
    """
    begin = 0
    for index in range(1, len(states) + 1):
        if index == len(states) or states[index] is not states[begin]:
            color, end = _color(states[begin]), time[min(index, len(states) - 1)]
            axes.axvspan(time[begin], end, color=color, alpha=0.15, linewidth=0)
            begin = index
