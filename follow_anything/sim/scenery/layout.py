# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The square: a garden with a promenade around it, a ring road, pavements, a ring of houses.

    |x| <= 15.5, |y| <= 4.5     grass, with trees and hedges
    |x| <= 22,   |y| <= 11      promenade: where the target and the robots go
    |x| <= 29,   |y| <= 18      road: inner lane, outer lane, parked cars
    |x| <= 33.5, |y| <= 22.5    pavement, and the house fronts at its end
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = [
    'GRASS',
    'GROUND',
    'HOUSES',
    'ISLAND',
    'PARKED',
    'PARKING_X',
    'ROAD',
    'SUN',
    'Placement',
    'parked_places',
    'static_things',
]

GRASS, ISLAND, ROAD, GROUND = (15.5, 4.5), (22.0, 11.0), (29.0, 18.0), (33.5, 22.5)
"""Half sizes of the nested rectangles, metres."""

SUN = np.array([0.42, 0.30, -1.0])
"""Direction in which the light falls."""

HOUSES = 10.5
"""Height of the lowest eaves, metres."""

PARKING_X = (-20.5, -10.3, -3.8, 2.7, 9.2, 20.5)
"""Middles of the parking bays along the long sides; the zebra crossings lie between."""

PARKED = ('suv', 'city_car', 'family_car', 'sports_car', 'van', 'hatchback', 'motorbike', 'truck')


@dataclass(frozen=True)
class Placement:
    """
    One thing that stands in the world.

    :param model: name of the object. :param x: metres. :param y: metres. :param yaw: rad.
    :param paint: colour of its painted parts, or None.
    """

    model: str
    x: float
    y: float
    yaw: float = 0.0
    paint: tuple[float, float, float] | None = None


def _pairs(model: str, places: list[tuple[float, float]], yaw: float = 0.0) -> list[Placement]:
    return [Placement(model, x, y, yaw) for x, y in places]


def static_things() -> list[Placement]:
    """Return what never changes: trees, hedges, benches, lamps, bins."""
    quarter = np.pi / 2
    things = _pairs('tree_lime', [(-10.5, 0.4), (0.2, -0.5), (10.6, 0.3)])
    things += _pairs('tree_oak', [(-5.3, -0.6), (5.6, 0.5)])
    things += _pairs('tree_maple', [(-31.5, 15.5), (-31.5, -15.5), (31.5, 15.5), (31.5, -15.5)])
    things += _pairs(
        'tree_lime',
        [
            (-20.5, 20.3),
            (-4.5, 20.3),
            (12.0, 20.3),
            (24.5, 20.3),
            (-13.0, -20.3),
            (4.0, -20.3),
            (20.0, -20.3),
        ],
    )
    things += [
        Placement('hedge', x, y, quarter)
        for y in (-4.1, 4.1)
        for x in (-12.4, -10.9, -9.4, -3.4, -1.9, 5.9, 7.4, 8.9)
    ]
    things += [
        Placement('bench', x, 4.95 * s, quarter * s) for s in (-1, 1) for x in (-6.6, 2.4, 11.6)
    ]
    things += [Placement('bench', 15.9 * s, 0.0, 0.0 if s > 0 else np.pi) for s in (-1, 1)]
    things += [
        Placement('bin', x, y, 0.0, (0.16, 0.24, 0.19))
        for x, y in ((-5.2, 5.0), (3.9, -5.0), (13.2, 5.0))
    ]
    things += _pairs('lamp', [(x, y) for y in (-10.6, 10.6) for x in (-16.0, -5.5, 5.5, 16.0)])
    things += _pairs('lamp', [(-21.6, 0.0), (21.6, 0.0)])
    things += _pairs('lamp', [(x, y) for y in (-18.6, 18.6) for x in (-22.0, -8.0, 8.0, 22.0)])
    things += _pairs('cypress', [(x, y) for x in (-13.2, 13.2) for y in (-1.7, 1.7)])
    things += _pairs(
        'wheelie_bin', [(-32.9, 6.0), (-32.9, 7.0), (9.5, -21.9), (10.4, -21.9)], quarter
    )
    things += _pairs('hydrant', [(3.0, 18.5), (-29.4, -9.0)])
    things += [Placement('bicycle', x, -21.7, 0.1) for x in (-7.6, -5.4)]
    things += _pairs('crate', [(15.3, 21.7), (16.3, 21.6)], 0.3)
    things += _pairs('barrel', [(17.3, 21.7), (-32.8, -4.0)])
    things += _pairs('rock', [(-8.0, 1.9), (3.0, -2.2), (8.3, 2.0)], 0.7)
    return things


def parked_places() -> list[tuple[float, float, float]]:
    """Return the parking places along the outer kerb: x, y, yaw."""
    quarter = np.pi / 2
    rows = [(x, 16.95 * s, 0.0 if s < 0 else np.pi) for s in (-1, 1) for x in PARKING_X]
    rows += [(27.95 * s, y, quarter * s) for s in (-1, 1) for y in (-8.0, -1.0, 6.0)]
    return [(float(x), float(y), float(yaw)) for x, y, yaw in rows]
