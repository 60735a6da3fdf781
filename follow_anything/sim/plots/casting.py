# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What a plot draws from the seed: the target and its description, bystanders, the light."""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.sim.actors import cast
from follow_anything.sim.actors.movers import Mover
from follow_anything.sim.actors.paths import line
from follow_anything.sim.plots.lane import Lane
from follow_anything.sim.plots.plot import Light
import numpy as np

__all__ = ['PEOPLE', 'Person', 'around', 'bystanders', 'daylight', 'draw_person', 'walking_speed']


@dataclass(frozen=True)
class Person:
    """
    Somebody to be followed.

    :param model: name of the object. :param query: who it is, in words.
    :param height: metres.
    """

    model: str
    query: str
    height: float


PEOPLE = (
    Person('woman_orange', 'the woman in the orange top', 1.68),
    Person('woman_dress', 'the woman in black', 1.68),
    Person('woman_brown', 'the woman in the brown top', 1.65),
    Person('man_denim', 'the man in the blue jacket', 1.82),
    Person('man_check', 'the man in the red shirt', 1.80),
    Person('girl', 'the girl in the light blue top', 1.35),
    Person('woman_skirt', 'the woman in the pink top', 1.70),
    Person('man_suit', 'the man in the dark suit', 1.84),
)
"""Who may be followed; the others of cast.OTHERS only walk about."""


def draw_person(rng: np.random.Generator) -> tuple[Person, list[str]]:
    """Choose who is followed; return the models of everybody else too, in random order."""
    person = PEOPLE[int(rng.integers(len(PEOPLE)))]
    others = [name for name in cast.people(rng, len(cast.OTHERS)) if name != person.model]
    return person, others


def walking_speed(robot: str, rng: np.random.Generator) -> float:
    """Draw the walking speed of the target, m/s; slower where a ground robot must keep up."""
    return {'drone': 1.15, 'ground': 0.95}[robot] * float(rng.uniform(0.9, 1.1))


def daylight(rng: np.random.Generator) -> Light:
    """Draw the light, between an overcast noon and a low, warm sun."""
    sun, warm = float(rng.uniform(0.30, 1.10)), float(rng.uniform(-0.10, 0.14))
    sky = float(rng.uniform(1.0, 1.2)) * (1.30 - 0.32 * sun)
    return Light(
        (0.62 * sun * (1 + warm), 0.60 * sun, 0.56 * sun * (1 - warm)),
        (0.44 * sky, 0.455 * sky, 0.48 * sky),
    )


def bystanders(lane: Lane, others: list[str], rng: np.random.Generator) -> list[Mover]:
    """Make a few people who stand at the edge of the road, in view of the robot."""
    movers = []
    for model in others[: int(rng.integers(1, 4))]:
        u, v = float(rng.uniform(-12.0, 19.0)), float(rng.uniform(11.6, 13.0))
        x, y = lane.point(u, v)
        facing = float(rng.uniform(0.0, 6.28))
        path = line([(x, y), (x + float(np.cos(facing)), y + float(np.sin(facing)))])
        movers.append(Mover(model, 'person', path, 0.0, 0.5))
    return movers


def around(others: list[str], rng: np.random.Generator) -> list[Mover]:
    """Make people who pass on the pavement, and cars on the road."""
    paints = [None, cast.PAINTS[int(rng.integers(len(cast.PAINTS)))]]
    models = ['family_car', str(rng.choice(['city_car', 'suv', 'van', 'sports_car']))]
    return [*cast.passers(rng, others[:4]), *cast.traffic(rng, models, paints)]
