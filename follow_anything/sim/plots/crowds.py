# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Plots about other people: twins who cross, groups who walk by."""

from __future__ import annotations

from follow_anything.sim.actors import cast
from follow_anything.sim.actors.movers import Mover
from follow_anything.sim.plots.casting import (
    around,
    daylight,
    draw_person,
    Person,
    walking_speed,
)
from follow_anything.sim.plots.lane import draw_lane, Lane, START_U
from follow_anything.sim.plots.plot import Plot, START_DELAY_S
import numpy as np

__all__ = ['CROWDS']


def _stroller(robot: str, rng: np.random.Generator, person: Person) -> Mover:
    """Make a person who walks around the garden, as in the scenario `street`."""
    path, _ = cast.promenade(rng, 0.5)
    start = cast.on_long_side(path, rng)
    speed = walking_speed(robot, rng)
    return Mover(person.model, 'person', path, speed, start, delay=START_DELAY_S)


def twin_crosses(robot: str, rng: np.random.Generator) -> Plot:
    """Somebody in the same clothes crosses between the target and the robot, again and again."""
    (person, others), light = draw_person(rng), daylight(rng)
    target = _stroller(robot, rng, person)
    places = [cast.CROSSINGS[i] for i in rng.permutation(len(cast.CROSSINGS))]
    behind = float(rng.uniform(1.4, 1.8))
    twins = cast.crossers(target.path, [person.model], places, rng, behind, 1)
    return Plot(person.query, person.height, [target, *twins, *around(others, rng)], light=light)


def group(robot: str, rng: np.random.Generator) -> Plot:
    """People in other clothes come along on both sides of the target, others cross in file."""
    lane, (person, others), light = draw_lane(rng), draw_person(rng), daylight(rng)
    speed = walking_speed(robot, rng)
    v = float(rng.uniform(7.4, 8.2))
    path = lane.path([(START_U - 7.5, v), (20.3, v)])
    start = path.nearest(*lane.point(START_U, v))
    target = Mover(person.model, 'person', path, speed, start, delay=START_DELAY_S)
    movers = [target, *_oncoming(lane, others, target, v, rng), *_files(lane, others, target, rng)]
    return Plot(person.query, person.height, [*movers, *around(others, rng)], light=light)


def _oncoming(
    lane: Lane, others: list[str], target: Mover, v: float, rng: np.random.Generator
) -> list[Mover]:
    """Make two groups of three to five people who pass the target on both sides."""
    movers, speed, run_up = [], 1.1, 9.0
    for number, meet in enumerate((START_U + 7.0, START_U + 18.0)):
        # They start so that all are where the target is when it gets there.
        ahead = meet - START_U - run_up * target.speed / speed
        cue = target.start + max(0.1, ahead)
        for k in range(int(rng.integers(3, 6))):
            place = v + (1 if k % 2 else -1) * (0.78 + 0.9 * (k // 2))
            begin = meet + run_up + float(rng.uniform(-0.7, 0.7))  # not quite in line
            path = lane.path([(begin, place), (-20.5, place)])
            model = others[(number * 4 + k) % len(others)]
            movers.append(Mover(model, 'person', path, speed, group=10 + number, cue=cue))
    return movers


def _files(lane: Lane, others: list[str], target: Mover, rng: np.random.Generator) -> list[Mover]:
    """Make two files of three or four people who cross just behind the target."""
    movers = []
    for number, u in enumerate((-1.5, 10.25)):
        cue = target.path.nearest(*lane.point(u, 7.8)) - 0.9
        company, inwards = int(rng.integers(3, 5)), bool(rng.integers(2))
        for k in range(company):
            late = 0.4 * k if inwards else -0.4 * k
            ends = [(u, 10.4 + late), (u, 5.3 + late)]
            path = lane.path(ends if inwards else ends[::-1])
            model = others[(5 + number * company + k) % len(others)]
            movers.append(Mover(model, 'person', path, 1.15, group=20 + number, cue=cue))
    return movers


CROWDS = {'twin_crosses': twin_crosses, 'group': group}
"""Every plot about other people, by name."""
