# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Building blocks of the scenarios: paths, people, traffic, columns, parked cars."""

from __future__ import annotations

from follow_anything.sim.actors.movers import Crossing, Mover
from follow_anything.sim.actors.paths import line, Path, ring
from follow_anything.sim.scenery.layout import PARKED, parked_places, Placement
import numpy as np

__all__ = [
    'CROSSINGS',
    'PAINTS',
    'columns',
    'crossers',
    'dog',
    'on_long_side',
    'parked',
    'passers',
    'people',
    'promenade',
    'traffic',
]

Paint = tuple[float, float, float]

PAINTS: tuple[Paint, ...] = (
    (0.86, 0.86, 0.85),
    (0.60, 0.61, 0.63),
    (0.12, 0.12, 0.13),
    (0.16, 0.25, 0.42),
    (0.24, 0.34, 0.28),
    (0.50, 0.46, 0.38),
    (0.55, 0.62, 0.68),
)
OTHERS = (
    'woman_dress',
    'woman_brown',
    'man_denim',
    'man_coat',
    'man_check',
    'boy',
    'girl',
    'woman_skirt',
    'man_suit',
)

CROSSINGS = [(x, side) for side in (1, -1) for x in (-8.0, 0.3, 10.25)]
"""Where one can cross the promenade between benches and hedges: x, and side of the garden."""


def promenade(rng: np.random.Generator, weave: float = 0.5) -> tuple[Path, bool]:
    """Return a way around the garden that weaves a little, and whether it goes clockwise."""
    reverse = bool(rng.integers(2))
    path = ring((18.5, 7.2), 2.2, reverse, weave, 17.0, rng.uniform(0, 6.28))
    return path, reverse


def on_long_side(path: Path, rng: np.random.Generator) -> float:
    """Choose a place on a long side: the robot behind stands on the promenade too."""
    return path.nearest(float(rng.uniform(-6, 6)), 7.2 * float(rng.choice([-1, 1])))


def crossers(
    path: Path,
    models: list[str],
    places: list[tuple[float, int]],
    rng: np.random.Generator,
    behind: float,
    company: int,
) -> list[Mover]:
    """Make people who cross the target's way just behind it, alone or in single file."""
    movers = []
    for number, (x, side) in enumerate(places):
        inwards, speed = bool(rng.integers(2)), float(rng.uniform(1.0, 1.2))
        own_s = 0.0
        for follower in range(company):
            shift = (0.36 if inwards else -0.36) * follower
            aside = 0.12 * (follower % 2)
            ends = [(x + aside, (10.3 + shift) * side), (x + aside, (5.4 + shift) * side)]
            own = line(ends if inwards else ends[::-1])
            target_s = path.nearest(x, 7.2 * side)
            own_s = own_s or own.nearest(*path.point(target_s))
            model = models[(number * company + follower) % len(models)]
            movers.append(
                Mover(
                    model,
                    'person',
                    own,
                    speed,
                    group=number + 1,
                    crossing=Crossing(target_s, own_s, behind),
                )
            )
    return movers


def passers(rng: np.random.Generator, models: list[str]) -> list[Mover]:
    """Make people on the pavement in front of the houses."""
    movers = []
    for index, model in enumerate(models):
        lane = (30.2, 19.4) if index % 2 else (32.2, 21.2)
        path = ring(lane, 1.5, bool(index % 2))
        movers.append(
            Mover(
                model,
                'person',
                path,
                float(rng.uniform(1.0, 1.5)),
                float(rng.uniform(0, path.length)),
            )
        )
    return movers


def traffic(
    rng: np.random.Generator, models: list[str], colors: list[Paint | None]
) -> list[Mover]:
    """Make cars in the outer lane, against the inner one."""
    path = ring((25.5, 14.9), 4.0, True)
    first = float(rng.uniform(0, path.length))
    return [
        Mover(model, 'car', path, 4.0, first + k * path.length / len(models), color, 0.95)
        for k, (model, color) in enumerate(zip(models, colors, strict=True))
    ]


def columns(
    path: Path, reverse: bool, corners: list[tuple[int, int]], rng: np.random.Generator
) -> list[Placement]:
    """Put advertising columns on the inside just after corners; a drone flies over them."""
    things = []
    for sx, sy in corners:
        s = path.nearest(18.5 * sx, 7.2 * sy) + float(rng.uniform(1.5, 2.5))
        x, y = path.point(s)
        inward = path.heading(s) + (-np.pi / 2 if reverse else np.pi / 2)
        things.append(
            Placement(
                'column',
                float(x + 1.05 * np.cos(inward)),
                float(y + 1.05 * np.sin(inward)),
                float(rng.uniform(0, 6.28)),
            )
        )
    return things


def dog(path: Path, speed: float, start: float, delay: float) -> Mover:
    """Make a dog that trots along a way."""
    return Mover('dog', 'animal', path, speed, start, radius=0.3, stride=0.55, delay=delay)


def parked(rng: np.random.Generator) -> list[Placement]:
    """Fill four of five parking places with cars of all kinds and colours."""
    things = []
    for x, y, yaw in parked_places():
        if rng.random() < 0.8:
            model = str(rng.choice(PARKED))
            paint = PAINTS[int(rng.integers(len(PAINTS)))]
            turn = np.pi if rng.random() < 0.3 else 0.0
            things.append(Placement(model, x, y, yaw + turn, paint))
    return things


def people(rng: np.random.Generator, count: int) -> list[str]:
    """Choose different people."""
    return [str(name) for name in rng.permutation(OTHERS)[:count]]
