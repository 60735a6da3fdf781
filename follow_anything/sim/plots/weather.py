# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Plots about the robot: it is turned away and back, gusts shake it, its images arrive late."""

from __future__ import annotations

from dataclasses import replace

from follow_anything.sim.actors import cast
from follow_anything.sim.actors.movers import Mover
from follow_anything.sim.plots.casting import (
    around,
    bystanders,
    daylight,
    draw_person,
    walking_speed,
)
from follow_anything.sim.plots.lane import draw_lane, START_U
from follow_anything.sim.plots.plot import Plot, START_DELAY_S
from follow_anything.sim.vehicle.disturbance import Push
from follow_anything.sim.vehicle.link import LinkModel
import numpy as np

__all__ = ['WEATHER']

_TURN_S = 0.8
"""How long a push takes."""


def _street(robot: str, rng: np.random.Generator) -> Plot:
    """Let the target walk around the garden; three people in other clothes cross its way."""
    (person, others), light = draw_person(rng), daylight(rng)
    path, _ = cast.promenade(rng)
    speed = walking_speed(robot, rng)
    start = cast.on_long_side(path, rng)
    target = Mover(person.model, 'person', path, speed, start, delay=START_DELAY_S)
    places = [cast.CROSSINGS[i] for i in rng.permutation(len(cast.CROSSINGS))[:3]]
    crossers = cast.crossers(path, others[4:], places, rng, 1.7, 1)
    return Plot(
        person.query, person.height, [target, *crossers, *around(others, rng)], light=light
    )


def leaves(robot: str, rng: np.random.Generator) -> Plot:
    """Turn the robot until the target has left the picture, and back again after a while."""
    lane, (person, others), light = draw_lane(rng), draw_person(rng), daylight(rng)
    v = float(rng.uniform(6.4, 8.6))
    path = lane.path([(START_U - 7.5, v), (-4.0, 15.5 - v), (6.0, v), (20.3, v)], 4.0)
    target = Mover(
        person.model,
        'person',
        path,
        walking_speed(robot, rng),
        path.nearest(*lane.point(START_U, v)),
        delay=START_DELAY_S,
    )
    pushes = []
    for begin in (float(rng.uniform(8.0, 10.0)), float(rng.uniform(22.0, 25.0))):
        rate = float(rng.choice([-1, 1])) * float(rng.uniform(0.95, 1.35)) / _TURN_S
        away = float(rng.uniform(1.0, 4.0))
        pushes += [Push(rate, _TURN_S, begin), Push(-rate, _TURN_S, begin + _TURN_S + away)]
    movers = [target, *bystanders(lane, others[4:], rng), *around(others, rng)]
    return Plot(person.query, person.height, movers, light=light, pushes=tuple(pushes))


def gusts(robot: str, rng: np.random.Generator) -> Plot:
    """Let strong wind, or rough ground, move the robot."""
    plot = _street(robot, rng)
    wind = float(rng.uniform(1.2, 2.2))
    return replace(plot, gusts=wind, shake=float(rng.uniform(0.25, 0.45)))


def late_frames(robot: str, rng: np.random.Generator) -> Plot:
    """Images arrive late, out of order, or not at all."""
    link = LinkModel(
        delay=float(rng.uniform(0.05, 0.12)),
        jitter=float(rng.uniform(0.01, 0.04)),
        drop=float(rng.uniform(0.05, 0.25)),
        gap_every=float(rng.uniform(5.0, 9.0)),
        gap=float(rng.uniform(0.3, 0.9)),
    )
    return replace(_street(robot, rng), link=link)


WEATHER = {'leaves': leaves, 'gusts': gusts, 'late_frames': late_frames}
"""Every plot about the robot itself, by name."""
