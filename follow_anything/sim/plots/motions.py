# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Plots about the target's motion and appearance: it turns, runs, comes near, enters a shadow."""

from __future__ import annotations

from follow_anything.sim.actors.movers import Mover
from follow_anything.sim.meshes.costume import COSTUMES, SEPARATOR
from follow_anything.sim.plots.casting import (
    around,
    bystanders,
    daylight,
    draw_person,
    walking_speed,
)
from follow_anything.sim.plots.lane import draw_lane, START_U
from follow_anything.sim.plots.plot import Plot, Shade, START_DELAY_S
import numpy as np

__all__ = ['MOTIONS']

_BEND = 0.35
"""Half the width of the bend in which somebody turns round, metres."""


def _there_and_back(u: float, v: float, back: float) -> list[tuple[float, float]]:
    """Return the corners of a way that turns round at u, comes back a bit, and goes on."""
    side = v + 2 * _BEND
    return [(u, v), (u, side), (u - back, side), (u - back, v)]


def turns_round(robot: str, rng: np.random.Generator) -> Plot:
    """Turn round twice, to somebody whose clothes are of another colour in front."""
    lane, (person, others), light = draw_lane(rng), draw_person(rng), daylight(rng)
    worn = list(COSTUMES)[int(rng.integers(len(COSTUMES)))]
    v = float(rng.uniform(6.8, 8.2))
    back = {'drone': 2.5, 'ground': 1.2}[robot]
    turns = [START_U + float(rng.uniform(5.0, 7.0)), START_U + float(rng.uniform(14.0, 17.0))]
    points = [p for u in turns for p in _there_and_back(u, v, back)]
    path = lane.path([(START_U - 7.5, v), *points, (20.3, v)], _BEND)
    faces = [path.nearest(*lane.point(u - 0.7 * back, v + 2 * _BEND)) for u in turns]
    target = Mover(
        f'{person.model}{SEPARATOR}{worn}',
        'person',
        path,
        walking_speed(robot, rng),
        path.nearest(*lane.point(START_U, v)),
        delay=START_DELAY_S,
        stops=tuple((s, float(rng.uniform(1.5, 3.0))) for s in faces),
    )
    movers = [target, *bystanders(lane, others[4:], rng), *around(others, rng)]
    return Plot(person.query, person.height, movers, light=light)


def approach(robot: str, rng: np.random.Generator) -> Plot:
    """Run away, come back fast, run away again."""
    lane, (person, others), light = draw_lane(rng), draw_person(rng), daylight(rng)
    v = float(rng.uniform(6.8, 8.2))
    walk, run = walking_speed(robot, rng), {'drone': 2.4, 'ground': 1.6}[robot]
    back = {'drone': 4.0, 'ground': 2.0}[robot]
    turns = [START_U + float(rng.uniform(8.0, 9.5)), START_U + float(rng.uniform(18.0, 21.0))]
    points = [p for u in turns for p in _there_and_back(u, v, back)]
    path = lane.path([(START_U - 7.5, v), *points, (20.3, v)], _BEND)
    start = path.nearest(*lane.point(START_U, v))
    paces = [(start + 2.0, run)]
    for u in turns:
        comes = path.nearest(*lane.point(u - 0.3, v + 2 * _BEND))
        goes = path.nearest(*lane.point(u - back + 0.3, v))
        paces += [(comes - 1.2, walk), (comes, 1.4), (goes - 0.8, walk), (goes, run)]
    target = Mover(
        person.model, 'person', path, walk, start, delay=START_DELAY_S, paces=tuple(paces)
    )
    movers = [target, *bystanders(lane, others[4:], rng), *around(others, rng)]
    return Plot(person.query, person.height, movers, light=light)


def shade(robot: str, rng: np.random.Generator) -> Plot:
    """Walk from the sun into the shade and out again, three times."""
    lane, (person, others), light = draw_lane(rng), draw_person(rng), daylight(rng)
    v = float(rng.uniform(6.4, 8.6))
    path = lane.path([(START_U - 7.5, v), (0.0, 15.0 - v), (20.3, v)], 6.0)
    shades = []
    for u in (START_U + 7.5, START_U + 17.0, START_U + 27.0):
        left = float(rng.uniform(0.40, 0.62))
        x, y = lane.point(u + float(rng.uniform(-1.0, 1.0)), 8.0)
        half = float(rng.uniform(1.5, 3.2))
        shades.append(Shade(x, y, half, 3.6, (left, 1.06 * left, 1.18 * left)))
    target = Mover(
        person.model,
        'person',
        path,
        walking_speed(robot, rng),
        path.nearest(*lane.point(START_U, v)),
        delay=START_DELAY_S,
    )
    movers = [target, *bystanders(lane, others[4:], rng), *around(others, rng)]
    return Plot(person.query, person.height, movers, light=light, shades=tuple(shades))


MOTIONS = {'turns_round': turns_round, 'approach': approach, 'shade': shade}
"""Every plot about the target itself, by name."""
