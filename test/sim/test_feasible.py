# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The default scenario can be followed: a plain servo on true boxes keeps the target in view."""

from __future__ import annotations

import math

from follow_anything.core.config import SimulatorConfig
from follow_anything.core.types import VelocityCommand
import pytest

pytest.importorskip('mujoco', reason='the embedded simulator needs MuJoCo: pip install mujoco')

from follow_anything.sim.scenarios import FOLLOW_DISTANCE
from follow_anything.sim.simulator import Simulator
from follow_anything.sim.truth import Truth

pytestmark = pytest.mark.sim

SECONDS = 40


def servo(simulator: Simulator, truth: Truth) -> VelocityCommand | None:
    """Turn a true box into a velocity: bearing to turn, height of the box to range."""
    if truth.box is None:
        return None
    camera, robot = simulator.camera, simulator.config.robot
    x, y = truth.box.center
    turn = -1.6 * math.atan2(x - camera.cx, camera.fx)
    depth = simulator.scenario.target_height * camera.fy / truth.box.height
    forward = 0.9 * (depth - FOLLOW_DISTANCE[robot]) + 0.8 * simulator.scenario.movers[0].speed
    climb = -0.6 * depth * math.atan2(y - camera.cy, camera.fy) if robot == 'drone' else 0.0
    return VelocityCommand(
        vx=min(max(forward, -0.6), 1.8),
        vz=min(max(climb, -0.8), 0.8),
        yaw_rate=min(max(turn, -1.2), 1.2),
    )


@pytest.mark.parametrize('robot', ['drone', 'ground'])
def test_a_plain_servo_on_true_boxes_keeps_the_target_in_view(robot: str) -> None:
    with Simulator(SimulatorConfig(robot=robot, assets='primitives')) as simulator:
        for seed in range(3):
            simulator.reset(seed)
            seen, steps = 0, round(SECONDS * simulator.config.rate)
            for _ in range(steps):
                truth = simulator.truth()
                seen += truth.visibility >= 0.3
                simulator.step(servo(simulator, truth))
            assert seen / steps >= 0.90, f'seed {seed}'
            assert simulator.collisions == 0, f'seed {seed}: {simulator.collided_with}'
