# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What a plot adds to the square: who moves, what stands in the way, light, wind and link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from follow_anything.sim.actors.movers import Mover
from follow_anything.sim.scenery.layout import Placement
from follow_anything.sim.vehicle.disturbance import Push
from follow_anything.sim.vehicle.link import LinkModel, PERFECT
import numpy as np

__all__ = ['FOLLOW_DISTANCE', 'START_DELAY_S', 'Light', 'Maker', 'Plot', 'Shade']

FOLLOW_DISTANCE = {'drone': 6.0, 'ground': 2.8}
"""How far behind the target each robot starts, metres."""

START_DELAY_S = 3.0
"""The target stands for so long, so that it can be pointed at."""

Color = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """
    Daylight.

    :param sun: colour of the sunlight. :param ambient: colour of the light from everywhere.
    """

    sun: Color
    ambient: Color


@dataclass(frozen=True)
class Shade:
    """
    A rectangle on the ground that the sun does not reach.

    :param x: of its middle, metres. :param y: metres. :param half_x: of its size, metres.
    :param half_y: metres.
    :param tint: share of red, green and blue light that is left there.
    """

    x: float
    y: float
    half_x: float
    half_y: float
    tint: Color

    def covers(self, x: float, y: float) -> bool:
        """Tell whether a point of the ground lies in it."""
        return abs(x - self.x) <= self.half_x and abs(y - self.y) <= self.half_y


@dataclass(frozen=True)
class Plot:
    """
    What one scenario adds to the square.

    :param query: the target in words. :param target_height: metres.
    :param movers: the target first. :param things: what stands in the way, or looks alike.
    :param back: from its middle to its back, for a target with a length, metres.
    :param light: None: a sunny day, drawn after the plot.
    :param shades: where the sun does not reach.
    :param gusts: wind on the drone, m/s; None: as configured.
    :param shake: random turning of the vehicle, rad/s. :param pushes: turns of the vehicle.
    :param link: between camera and follower.
    :param seconds: until all has happened, and a little more.
    """

    query: str
    target_height: float
    movers: Sequence[Mover]
    things: Sequence[Placement] = ()
    back: float = 0.0
    light: Light | None = None
    shades: tuple[Shade, ...] = ()
    gusts: float | None = None
    shake: float = 0.0
    pushes: tuple[Push, ...] = ()
    link: LinkModel = PERFECT
    seconds: float = 40.0


Maker = Callable[[str, np.random.Generator], Plot]
"""Draws a plot for a robot, 'drone' or 'ground'."""
