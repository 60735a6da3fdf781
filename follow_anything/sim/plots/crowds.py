# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Plots about other people: twins who cross, groups who walk by."""

from __future__ import annotations

from follow_anything.sim import cast
from follow_anything.sim.movers import Mover
from follow_anything.sim.plot import Plot, START_DELAY_S
from follow_anything.sim.plots.casting import (
    around,
    daylight,
    draw_person,
    Person,
    walking_speed,
)
from follow_anything.sim.plots.lane import draw_lane, START_U
import numpy as np

__all__ = ['CROWDS']


def _stroller(robot: str, rng: np.random.Generator, person: Person, weave: float = 0.5) -> Mover:
    """Let somebody walk around the garden, as in the scenarios of every day."""
    path, _ = cast.promenade(rng, weave)
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
    movers = [target]
    for number, meet in enumerate((START_U + 7.0, START_U + 18.0)):
        size = int(rng.integers(3, 6))
        aside = 0.78 + 0.62 * np.arange(size)[::2].repeat(2)[:size]
        for k in range(size):
            # Both sides by turns, not quite in line; they start so that all meet the target.
            place = v + float(aside[k // 2 * 2] if k % 2 else -aside[k // 2 * 2])
            begin = meet + 9.0 + float(rng.uniform(-0.7, 0.7))
            own = lane.path([(begin, place), (-20.5, place)])
            cue = start + max(0.1, meet - START_U - 9.0 * speed / 1.1)
            model = others[(number * 4 + k) % len(others)]
            movers.append(Mover(model, 'person', own, 1.1, 0.0, group=10 + number, cue=cue))
    movers += _files(rng, others, target, lane_side=lane.side, along=lane.along)
    return Plot(person.query, person.height, [*movers, *around(others, rng)], light=light)


def _files(
    rng: np.random.Generator, others: list[str], target: Mover, lane_side: int, along: int
) -> list[Mover]:
    """Let two files of three or four cross just behind the target."""
    movers = []
    for number, u in enumerate((-1.5, 10.25)):
        company = int(rng.integers(3, 5))
        cue_s = target.path.nearest(along * u, lane_side * 7.8)
        models = [others[(5 + number * company + k) % len(others)] for k in range(company)]
        inwards = bool(rng.integers(2))
        for k, model in enumerate(models):
            ends = [(along * u, lane_side * 10.4), (along * u, lane_side * 5.3)]
            shift = (0.4 if inwards else -0.4) * k * lane_side
            way = [(x, y + shift) for x, y in ends]
            movers.append(
                Mover(
                    model,
                    'person',
                    cast.line(way if inwards else way[::-1]),
                    1.15,
                    group=20 + number,
                    cue=cue_s - 0.9,
                )
            )
    return movers


CROWDS = {'twin_crosses': twin_crosses, 'group': group}
"""Every plot about other people, by name."""
