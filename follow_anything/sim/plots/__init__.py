# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Scenarios about one difficulty each; target, place and light are drawn from the seed.

    wall_1s .. wall_8s   a hoarding hides the target for 1, 2, 4, 8 s; it may stop or turn there
    leaves               the target leaves the picture and returns: the robot is turned and back
    twin_crosses         somebody in the same clothes crosses between target and robot
    twin_first           behind the wall go a twin and the target, and out comes the twin first
    gone                 the target goes behind a wall for good; a twin stays in view
    group                people in other clothes walk by on both sides, others cross in file
    turns_round          the target turns round; its clothes have other colours in front
    shade                from the sun into the shade and back
    approach             it runs away, comes back fast, and runs away again
    gusts                strong wind, rough ground
    late_frames          pictures come late, out of order, or not at all
    turned_hidden        the robot is turned while the target is hidden
"""

from __future__ import annotations

from dataclasses import replace

from follow_anything.sim.plots.crowds import CROWDS
from follow_anything.sim.plots.motions import MOTIONS
from follow_anything.sim.plots.plot import Maker, Plot
from follow_anything.sim.plots.walls import WALLS
from follow_anything.sim.plots.weather import WEATHER
import numpy as np

__all__ = ['PLOTS']


def _for(seconds: float, make: Maker) -> Maker:
    """Return a function that sets how long the episodes of a plot last."""

    def plot(robot: str, rng: np.random.Generator) -> Plot:
        return replace(make(robot, rng), seconds=seconds)

    return plot


PLOTS: dict[str, Maker] = {
    'wall_1s': _for(37.0, WALLS['wall_1s']),
    'wall_2s': _for(43.0, WALLS['wall_2s']),
    'wall_4s': _for(38.0, WALLS['wall_4s']),
    'wall_8s': _for(46.0, WALLS['wall_8s']),
    'leaves': _for(30.0, WEATHER['leaves']),
    'twin_crosses': _for(32.0, CROWDS['twin_crosses']),
    'twin_first': _for(43.0, WALLS['twin_first']),
    'gone': _for(25.0, WALLS['gone']),
    'group': _for(32.0, CROWDS['group']),
    'turns_round': _for(32.0, MOTIONS['turns_round']),
    'approach': _for(30.0, MOTIONS['approach']),
    'shade': _for(30.0, MOTIONS['shade']),
    'gusts': _for(30.0, WEATHER['gusts']),
    'late_frames': _for(30.0, WEATHER['late_frames']),
    'turned_hidden': _for(36.0, WALLS['turned_hidden']),
}
"""How each is made, in an order that stays: the place in it is part of the seed."""
