# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The simulator as a library: lock step, seeded, as fast as the CPU allows.

    with Simulator(SimulatorConfig(robot='drone')) as simulator:
        while simulator.time < 60.0:
            simulator.step(command_from(simulator.frame()))
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
import math
from typing import Any

from follow_anything.core.config import SimulatorConfig
from follow_anything.core.errors import NotReady
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.types import Frame, VelocityCommand
from follow_anything.sim.actors.movers import advance, Pose
from follow_anything.sim.assets import ObjectLibrary, open_library
from follow_anything.sim.meshes.model3d import Array
from follow_anything.sim.renderer import Renderer
from follow_anything.sim.scenarios import make_scenario, Scenario
from follow_anything.sim.truth import Truth, TruthMeter
from follow_anything.sim.vehicle.collisions import Bumper, footprint, Obstacle
from follow_anything.sim.vehicle.disturbance import Disturbance
from follow_anything.sim.vehicle.vehicles import CameraMount, make_vehicle, Odometry, Vehicle
from follow_anything.sim.world import World
import numpy as np

__all__ = ['Simulator']

_STEP_S = 0.01
"""Longest step of the vehicle's dynamics."""


@cache
def _library(assets: str) -> ObjectLibrary:
    """Return the objects; they are read and packed for the renderer once in a process."""
    return open_library(assets)


class Simulator:
    """
    A world with a vehicle in it. Time moves by exactly one period at each step().

    :param config: robot, scenario, seed, camera, rate.
    :raises BadConfig: there is no such scenario.
    :raises MissingDependency: MuJoCo, its back end, or furniture that was asked for is missing.
    """

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.camera = PinholeCamera.from_horizontal_fov(
            config.width, config.height, config.horizontal_fov
        )
        self._library: ObjectLibrary = _library(config.assets)
        self._renderer: Renderer | None = None
        self.reset(config.seed)

    def reset(self, seed: int) -> None:
        """Start again at time 0 with another (or the same) draw of the scenario."""
        self.close()
        config = self.config
        self.scenario: Scenario = make_scenario(config.scenario, config.robot, seed)
        drawn = self.scenario.gusts
        gusts = config.gusts if drawn is None else drawn
        self._vehicle: Vehicle = make_vehicle(
            config.robot, self.scenario.start, config.command_timeout, gusts, seed
        )
        self._disturbance = Disturbance(self.scenario.pushes, self.scenario.shake, seed)
        self._poses = [Pose(mover.start) for mover in self.scenario.movers]
        for mover, pose in zip(self.scenario.movers, self._poses, strict=True):
            pose.place(mover)
        self._world = World(self.scenario, self._library, self.camera)
        target = self._library.get(self.scenario.movers[0].model)
        self._meter = TruthMeter(self._world, target, self.camera)
        self._bumper = Bumper(
            [
                part
                for number, thing in enumerate(self.scenario.things)
                for part in footprint(
                    self._library.get(thing.model),
                    f'{thing.model} {number}',
                    thing.x,
                    thing.y,
                    thing.yaw,
                )
            ]
        )
        self._closed = False
        self._steps = 0
        self._place()

    @property
    def time(self) -> float:
        """Simulated time, s."""
        return self._steps / self.config.rate

    @property
    def assets(self) -> str:
        """'furniture' or 'primitives': what the world is made of."""
        return self._library.kind

    @property
    def mount(self) -> CameraMount:
        """Where the camera sits on base_link."""
        return self._vehicle.mount

    @property
    def odometry(self) -> Odometry:
        """Pose and velocity of the vehicle, without error."""
        return self._vehicle.odometry(self.time)

    @property
    def collisions(self) -> int:
        """Separate collisions of the vehicle with anything, so far."""
        return self._bumper.collisions

    @property
    def collided_with(self) -> tuple[str, ...]:
        """Names of what the vehicle ran into, in order."""
        return tuple(self._bumper.names)

    def step(self, command: VelocityCommand | None = None) -> None:
        """
        Advance by one period, 1 / rate seconds.

        :param command: the newest one, or None when none came; too old a one means zero.
        """
        self._check_open()
        now, period = self.time, 1.0 / self.config.rate
        if command is not None:
            self._vehicle.command(command, now)
        advance(
            self.scenario.movers,
            self._poses,
            self._vehicle.position,
            self._vehicle.radius,
            now,
            period,
        )
        self._vehicle.push_rate = self._disturbance.rate(now, period, self._visibility())
        obstacles = self._bumper.near(self._vehicle) + self._moving_obstacles()
        count = math.ceil(period / _STEP_S - 1e-9)
        for k in range(count):
            moment = now + k * period / count
            self._vehicle.step(moment, period / count)
            self._bumper.resolve(self._vehicle, obstacles, moment)
        self._steps += 1
        self._place()

    def _visibility(self) -> float:
        """Return how much of the target is seen, where a push waits for it to be hidden."""
        return self.truth().visibility if self._disturbance.needs_visibility else 1.0

    def _moving_obstacles(self) -> list[Obstacle]:
        here = self._vehicle.position
        return [
            part
            for number, (mover, pose) in enumerate(
                zip(self.scenario.movers, self._poses, strict=True)
            )
            if math.hypot(pose.x - here[0], pose.y - here[1]) < 6.0
            for part in footprint(
                self._library.get(mover.model),
                f'{mover.model} moving {number}',
                pose.x,
                pose.y,
                pose.yaw,
            )
        ]

    def _place(self) -> None:
        self._world.update(self._poses)
        self._eye, self._axes = self._vehicle.camera_pose()
        self._world.look(self._eye, self._axes)

    def frame(self) -> Frame:
        """
        Take a picture now; it holds nothing but what a camera would see.

        The first call makes the OpenGL context, which belongs to the calling thread.
        """
        self._check_open()
        if self._renderer is None:
            self._renderer = Renderer(self._world.model, self.config.width, self.config.height)
        rgb, depth = self._renderer.render(
            self._world.data, self.config.depth, self._world.sees_sky
        )
        return Frame(self.time, rgb, depth)

    def truth(self) -> Truth:
        """Measure the target now."""
        pose = self._poses[0]
        place = pose.x, pose.y, pose.yaw
        truth = self._meter.measure(self.time, place, self._eye, self._axes)
        if pose.is_gone(self.scenario.movers[0]):
            return replace(truth, box=None, visibility=0.0, gone=True)
        return truth

    def in_world(self, position: Array) -> Array:
        """Return a point (3,) of the optical frame in the world, metres: truth, for scoring."""
        return self._eye + self._axes @ position

    def places(self) -> Array:
        """Return where all movers stand now, the target first, (N, 2), metres: for scoring."""
        return np.array([(pose.x, pose.y) for pose in self._poses])

    def _check_open(self) -> None:
        if self._closed:
            raise NotReady('the simulator was closed; call reset() or make a new one')

    def close(self) -> None:
        """Free the renderer; safe to call twice."""
        self._closed = True
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def __enter__(self) -> Simulator:
        """Return itself."""
        return self

    def __exit__(self, *_: Any) -> None:
        """Close."""
        self.close()
