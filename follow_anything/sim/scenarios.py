# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Named scenarios, as data: actors and their paths, obstacles, light.

    street     a woman in an orange top walks around the garden; short occlusions, one distractor
    crossing   as street, but the people who cross her way are dressed as she is
    occlusion  as street, with more and longer occlusions: people cross in single file
    cars       a red hatchback drives around; an identical one comes towards it, another is parked
    dog        a dog trots around the garden with its owner; another dog of its kind is about

The others, each about one difficulty, lie in plots/.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from follow_anything.core.errors import BadConfig
from follow_anything.sim.actors import cast
from follow_anything.sim.actors.movers import Mover
from follow_anything.sim.actors.paths import ring
from follow_anything.sim.plots import PLOTS
from follow_anything.sim.plots.plot import FOLLOW_DISTANCE, Light, Plot, Shade, START_DELAY_S
from follow_anything.sim.scenery.layout import Placement, static_things
from follow_anything.sim.vehicle.disturbance import Push
from follow_anything.sim.vehicle.link import LinkModel, PERFECT
import numpy as np

__all__ = [
    'EVERYDAY',
    'FOLLOW_DISTANCE',
    'SCENARIOS',
    'START_DELAY_S',
    'Scenario',
    'make_scenario',
]

_WOMAN = 'woman_orange'
_RED = (0.74, 0.07, 0.06)


@dataclass(frozen=True)
class Scenario:
    """
    Everything that makes one run, drawn from the seed.

    :param query: the target in words.
    :param target_height: metres.
    :param movers: the target first.
    :param things: what stands around.
    :param sun: colour of the sunlight. :param ambient: colour of the light from everywhere.
    :param start: x, y, yaw of the vehicle: behind the target, facing it.
    :param shades: where the sun does not reach.
    :param gusts: wind on the drone, m/s; None: as configured.
    :param shake: random turning of the vehicle, rad/s. :param pushes: turns of the vehicle.
    :param link: between camera and follower.
    :param seconds: length of an episode, unless the caller gives another.
    """

    name: str
    query: str
    target_height: float
    movers: tuple[Mover, ...]
    things: tuple[Placement, ...]
    sun: tuple[float, float, float]
    ambient: tuple[float, float, float]
    start: tuple[float, float, float]
    shades: tuple[Shade, ...] = ()
    gusts: float | None = None
    shake: float = 0.0
    pushes: tuple[Push, ...] = ()
    link: LinkModel = PERFECT
    seconds: float = 40.0


def _walk(
    robot: str, rng: np.random.Generator, doubles: bool, occlusions: int, company: int = 1
) -> Plot:
    """
    Return the plot in which the woman in the orange top walks around the garden.

    :param doubles: those who cross her way are dressed as she is.
    :param occlusions: places where somebody crosses. :param company: how many cross there.
    """
    path, reverse = cast.promenade(rng)
    speed = {'drone': 1.2, 'ground': 0.9}[robot] * float(rng.uniform(0.95, 1.05))
    start, pause = cast.on_long_side(path, rng), cast.on_long_side(path, rng)
    target = Mover(_WOMAN, 'person', path, speed, start, delay=START_DELAY_S, pauses=(pause,))
    counter = ring((20.4, 9.3), 3.0, not reverse)
    double = Mover(_WOMAN, 'person', counter, 1.15, float(rng.uniform(0, counter.length)))
    people = cast.people(rng, 9)
    places = [cast.CROSSINGS[i] for i in rng.permutation(len(cast.CROSSINGS))[:occlusions]]
    models = [_WOMAN] if doubles else people[4:] + people[:4]
    behind = 1.35 if company > 1 else 1.7
    crossers = cast.crossers(path, models, places, rng, behind, company)
    corners = [(1, 1), (-1, -1), (1, -1), (-1, 1)][: 2 if occlusions < 6 else 4]
    # The columns stand where a ground robot would cut the corner.
    columns = cast.columns(path, reverse, corners, rng) if robot == 'drone' else []
    cars = cast.traffic(rng, ['family_car', 'city_car'], [None, cast.PAINTS[0]])
    movers = [target, double, *crossers, *cast.passers(rng, people[:4]), *cars]
    return Plot('the woman in the orange top', 1.68, movers, columns)


def _street(robot: str, rng: np.random.Generator) -> Plot:
    return _walk(robot, rng, doubles=False, occlusions=3)


def _crossing(robot: str, rng: np.random.Generator) -> Plot:
    return _walk(robot, rng, doubles=True, occlusions=4)


def _occlusion(robot: str, rng: np.random.Generator) -> Plot:
    return _walk(robot, rng, doubles=False, occlusions=6, company=3)


def _cars(robot: str, rng: np.random.Generator) -> Plot:
    path = ring((23.7, 12.7), 3.2)
    speed = {'drone': 2.0, 'ground': 1.1}[robot] * float(rng.uniform(0.95, 1.05))
    start = cast.on_long_side(path, rng)
    target = Mover('hatchback', 'car', path, speed, start, _RED, 0.95, delay=START_DELAY_S)
    oncoming = cast.traffic(rng, ['hatchback', 'family_car', 'suv'], [_RED, None, cast.PAINTS[3]])
    movers = [target, *oncoming, *cast.passers(rng, cast.people(rng, 6))]
    parked = Placement('hatchback', 2.7, 16.95, np.pi, _RED)
    return Plot('the red hatchback', 1.46, movers, [parked], back=2.1)


def _dog(robot: str, rng: np.random.Generator) -> Plot:
    path, reverse = cast.promenade(rng, 0.3)
    start = cast.on_long_side(path, rng)
    speed = {'drone': 1.0, 'ground': 0.8}[robot]
    beside = ring((20.0, 8.7), 2.8, reverse)
    beside_s = beside.nearest(*path.point(start)) + 0.4
    counter = ring((21.2, 10.2), 3.0, not reverse)
    target = cast.dog(path, speed, start, START_DELAY_S)
    owner = Mover('man_check', 'person', beside, 1.03 * speed, beside_s, delay=START_DELAY_S)
    other = cast.dog(counter, 0.9, float(rng.uniform(0, counter.length)), 0.0)
    people = [name for name in cast.people(rng, 8) if name != 'man_check']
    return Plot('the dog', 0.55, [target, owner, other, *cast.passers(rng, people[:5])])


SCENARIOS: dict[str, Callable[[str, np.random.Generator], Plot]] = {
    'street': _street,
    'crossing': _crossing,
    'occlusion': _occlusion,
    'cars': _cars,
    'dog': _dog,
    **PLOTS,
}
"""Every scenario by name; a seed gives the same world as long as the order stays."""

EVERYDAY = ('street', 'crossing', 'occlusion', 'cars', 'dog')
"""The five of every day; each of the others is about one difficulty."""


def make_scenario(name: str, robot: str, seed: int) -> Scenario:
    """
    Draw a scenario from its seed.

    :param robot: 'drone' or 'ground'.
    :raises BadConfig: there is no such scenario or robot.
    """
    if name not in SCENARIOS:
        raise BadConfig(f'scenario must be one of {", ".join(SCENARIOS)}; got {name!r}')
    if robot not in FOLLOW_DISTANCE:
        raise BadConfig(f'robot must be one of {", ".join(FOLLOW_DISTANCE)}; got {robot!r}')
    rng = np.random.default_rng([seed, list(SCENARIOS).index(name), robot == 'drone'])
    plot = SCENARIOS[name](robot, rng)
    taken = [(thing.x, thing.y) for thing in plot.things]
    parked = [thing for thing in cast.parked(rng) if (thing.x, thing.y) not in taken]
    warm, bright = float(rng.uniform(-0.05, 0.05)), float(rng.uniform(0.90, 1.05))
    sunny = Light(
        (0.62 * bright * (1 + warm), 0.60 * bright, 0.56 * bright * (1 - warm)),
        (0.44, 0.455, 0.48),
    )
    light = plot.light or sunny
    target = plot.movers[0]
    x, y = target.path.point(target.start - plot.back - FOLLOW_DISTANCE[robot])
    tx, ty = target.path.point(target.start)
    return Scenario(
        name,
        plot.query,
        plot.target_height,
        tuple(plot.movers),
        (*static_things(), *parked, *plot.things),
        light.sun,
        light.ambient,
        (float(x), float(y), float(np.arctan2(ty - y, tx - x))),
        plot.shades,
        plot.gusts,
        plot.shake,
        plot.pushes,
        plot.link,
        plot.seconds,
    )
