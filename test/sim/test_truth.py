# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The truth about a target that is beside the robot, or longer than it is wide."""

from __future__ import annotations

import math

from follow_anything.core.config import SimulatorConfig
import numpy as np
import pytest

pytest.importorskip('mujoco', reason='the embedded simulator needs MuJoCo: pip install mujoco')

from follow_anything.sim.simulator import Simulator

pytestmark = [pytest.mark.sim, pytest.mark.identity]

NEAR_M = 0.1


def small(**changes: object) -> SimulatorConfig:
    fixed = {'width': 160, 'height': 120, 'assets': 'primitives', 'depth': False}
    return SimulatorConfig(**{**fixed, **changes})


def depths(simulator: Simulator) -> np.ndarray:
    """Return how far ahead of the camera every vertex of the target is, metres."""
    pose = simulator._poses[0]
    cos, sin = math.cos(pose.yaw), math.sin(pose.yaw)
    model = simulator._library.get(simulator.scenario.movers[0].model)
    points = model.points() @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1.0]])
    place = np.array([pose.x, pose.y, 0.0])
    return (points + place - simulator._eye) @ simulator._axes[:, 2]


def test_a_car_of_which_one_point_is_ahead_is_out_of_view() -> None:
    """As in `cars` on the ground, seed 10004, when the robot drives beside the car."""
    with Simulator(small(scenario='cars', robot='ground', seed=10004)) as simulator:
        pose, vehicle = simulator._poses[0], simulator._vehicle
        vehicle.yaw = pose.yaw + 0.13
        vehicle.position[:2] = pose.x - 1.6 * math.sin(pose.yaw), pose.y + 1.6 * math.cos(pose.yaw)
        simulator._place()
        # Drive on until the foremost point is all that is left ahead of the camera.
        ahead = np.sort(depths(simulator))
        other = ahead[ahead < ahead[-1] - 1e-9][-1]
        way = (ahead[-1] + other) / 2 - NEAR_M
        vehicle.position += way * simulator._axes[:, 2]
        simulator._place()
        left = depths(simulator)
        assert len(np.unique(np.round(left[left > NEAR_M], 9))) == 1
        truth = simulator.truth()
    assert truth.box is None
    assert truth.visibility == 0.0
    assert truth.distance < 2.5


@pytest.mark.parametrize('robot', ['drone', 'ground'])
def test_the_distance_to_a_car_is_that_to_its_near_side(robot: str) -> None:
    with Simulator(small(scenario='cars', robot=robot)) as simulator:
        truth, odometry = simulator.truth(), simulator.odometry
        pose = simulator._poses[0]
        middle = math.hypot(pose.x - simulator._eye[0], pose.y - simulator._eye[1])
        length = simulator._library.get('hatchback').size[0]
    # From above, the rear window belongs to what is seen first.
    deeper = {'drone': 0.7, 'ground': 0.2}[robot]
    assert truth.distance == pytest.approx(middle - length / 2 + deeper, abs=0.4)
    assert truth.distance < middle - 1.0
    assert math.hypot(*(odometry.position[:2] - (pose.x, pose.y))) > truth.distance


def test_the_distance_to_a_person_is_that_to_the_person() -> None:
    with Simulator(small(robot='ground')) as simulator:
        truth = simulator.truth()
        pose = simulator._poses[0]
        middle = math.hypot(pose.x - simulator._eye[0], pose.y - simulator._eye[1])
    assert truth.distance == pytest.approx(middle, abs=0.3)
