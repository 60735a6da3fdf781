# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Contacts of the vehicle, a disc with a height, with boxes and cylinders. Plain geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from follow_anything.sim.meshes.model3d import Array, Model3D
from follow_anything.sim.scenery.layout import GROUND
from follow_anything.sim.vehicle.vehicles import Vehicle
import numpy as np

__all__ = ['Bumper', 'Obstacle', 'footprint']

SEPARATE_AFTER_S = 1.0
"""A touch counts as a new collision when the last one with the same thing is this long ago."""


@dataclass
class Obstacle:
    """
    An upright prism: a rectangle with rounded corners, or a circle when half sizes are 0.

    :param half_x: along yaw, metres. :param half_y: across, metres. :param round: radius added.
    :param low: metres. :param high: metres.
    """

    name: str
    x: float
    y: float
    yaw: float
    half_x: float
    half_y: float
    round: float
    low: float
    high: float


def footprint(model: Model3D, name: str, x: float, y: float, yaw: float) -> list[Obstacle]:
    """Return the prisms that stand for an object in contacts."""
    length, width, height = model.size
    if model.name.startswith('tree'):
        return [
            Obstacle(name, x, y, 0, 0, 0, 0.24, 0, 0.36 * height),
            Obstacle(name, x, y, 0, 0, 0, 0.42 * min(length, width), 0.36 * height, height),
        ]
    if model.name == 'lamp':
        return [Obstacle(name, x, y, 0, 0, 0, 0.12, 0, height)]
    if model.phases > 1 and max(length, width) < 0.85:
        return [Obstacle(name, x, y, 0, 0, 0, 0.25, 0, height)]
    if abs(length - width) < 0.15 * length:
        return [Obstacle(name, x, y, 0, 0, 0, 0.5 * length, 0, height)]
    corner = min(0.15, 0.25 * min(length, width))
    return [Obstacle(name, x, y, yaw, length / 2 - corner, width / 2 - corner, corner, 0, height)]


class Bumper:
    """Stops the vehicle at obstacles and counts the separate collisions."""

    def __init__(self, fixed: Sequence[Obstacle]) -> None:
        self.fixed = list(fixed)
        self._fixed_xy = np.array([(o.x, o.y) for o in fixed]).reshape(-1, 2)
        self._reach = np.array([np.hypot(o.half_x, o.half_y) + o.round for o in fixed])
        self._last_touch: dict[str, float] = {}
        self.collisions = 0
        self.names: list[str] = []

    def near(self, vehicle: Vehicle) -> list[Obstacle]:
        """Return the fixed obstacles worth a closer look during the next tenths of a second."""
        if not self.fixed:
            return []
        distance = np.hypot(*(self._fixed_xy - vehicle.position[:2]).T)
        return [self.fixed[i] for i in np.flatnonzero(distance < self._reach + 2.0)]

    def resolve(self, vehicle: Vehicle, obstacles: Sequence[Obstacle], now: float) -> None:
        """Push the vehicle out of everything it touches and take away the speed towards it."""
        low, high = vehicle.position[2] + vehicle.low, vehicle.position[2] + vehicle.high
        for obstacle in obstacles:
            if low < obstacle.high and high > obstacle.low:
                self._push(vehicle, obstacle, now)
        for axis, limit in ((0, GROUND[0] - 0.3), (1, GROUND[1] - 0.3)):
            over = abs(vehicle.position[axis]) + vehicle.radius - limit
            if over > 0:
                normal = np.zeros(2)
                normal[axis] = -np.sign(vehicle.position[axis])
                self._touch(vehicle, 'house', normal, over, now)
        if vehicle.position[2] + vehicle.low < 0:
            vehicle.position[2] = -vehicle.low
            vehicle.velocity[2] = max(0.0, vehicle.velocity[2])
            self._count('ground', now)

    def _push(self, vehicle: Vehicle, obstacle: Obstacle, now: float) -> None:
        cos, sin = np.cos(obstacle.yaw), np.sin(obstacle.yaw)
        dx, dy = vehicle.position[0] - obstacle.x, vehicle.position[1] - obstacle.y
        local = np.array([cos * dx + sin * dy, -sin * dx + cos * dy])
        half = np.array([obstacle.half_x, obstacle.half_y])
        outside = local - np.clip(local, -half, half)
        distance = float(np.hypot(*outside))
        depth = vehicle.radius + obstacle.round - distance
        if depth <= 0:
            return
        if distance > 1e-9:
            normal = outside / distance
        else:  # the middle is inside: leave through the nearest side
            axis = int(np.argmin(half - np.abs(local)))
            normal = np.zeros(2)
            normal[axis] = 1.0 if local[axis] >= 0 else -1.0
            depth += float(half[axis] - abs(local[axis]))
        world = np.array([cos * normal[0] - sin * normal[1], sin * normal[0] + cos * normal[1]])
        self._touch(vehicle, obstacle.name, world, depth, now)

    def _touch(self, vehicle: Vehicle, name: str, normal: Array, depth: float, now: float) -> None:
        vehicle.position[:2] += depth * normal
        into = float(vehicle.velocity[:2] @ normal)
        if into < 0:
            vehicle.velocity[:2] -= into * normal
        self._count(name, now)

    def _count(self, name: str, now: float) -> None:
        if now - self._last_touch.get(name, -np.inf) > SEPARATE_AFTER_S:
            self.collisions += 1
            self.names.append(name)
        self._last_touch[name] = now
