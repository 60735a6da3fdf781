# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Vehicles alone: signs, limits, time-out, collisions. No pictures, no MuJoCo."""

from __future__ import annotations

import math

from follow_anything.core.geometry import optical_to_body
from follow_anything.core.types import VelocityCommand
from follow_anything.sim.vehicle.collisions import Bumper, Obstacle
from follow_anything.sim.vehicle.vehicles import CameraMount, GroundRobot, make_vehicle, Vehicle
import numpy as np
import pytest

pytestmark = pytest.mark.sim

DT = 0.01
ROBOTS = ('drone', 'ground')


def vehicle(robot: str, gusts: float = 0.0) -> Vehicle:
    return make_vehicle(robot, (0.0, 0.0, 0.0), 0.5, gusts, seed=0)


def drive(
    body: Vehicle, command: VelocityCommand | None, seconds: float, start: float = 0.0
) -> float:
    """Repeat a command at 20 Hz (None: send nothing); return the time afterwards."""
    for k in range(round(seconds / DT)):
        now = start + k * DT
        if command is not None and k % 5 == 0:
            body.command(command, now)
        body.step(now, DT)
    return start + seconds


@pytest.mark.parametrize(
    ('robot', 'command', 'axis', 'sign'),
    [
        ('drone', VelocityCommand(vx=1.0), 0, 1),
        ('drone', VelocityCommand(vy=1.0), 1, 1),
        ('drone', VelocityCommand(vz=-1.0), 2, -1),
        ('ground', VelocityCommand(vx=1.0), 0, 1),
        ('ground', VelocityCommand(vx=-1.0), 0, -1),
    ],
)
def test_goes_where_it_is_told(robot: str, command: VelocityCommand, axis: int, sign: int) -> None:
    body = vehicle(robot)
    before = body.position.copy()
    drive(body, command, 3.0)
    moved = body.position - before
    assert sign * moved[axis] > 1.5
    assert np.abs(np.delete(moved, axis)).max() < 0.05


@pytest.mark.parametrize('robot', ROBOTS)
def test_reaches_the_commanded_speed_and_turns_left(robot: str) -> None:
    body = vehicle(robot)
    now = drive(body, VelocityCommand(vx=1.0, yaw_rate=0.4), 4.0)
    odometry = body.odometry(now)
    assert odometry.linear[0] == pytest.approx(1.0, abs=0.1)
    assert odometry.angular[2] == pytest.approx(0.4, abs=0.03)
    assert 1.2 < odometry.yaw < 1.7


@pytest.mark.parametrize('robot', ROBOTS)
def test_brakes_to_rest_when_commands_stop(robot: str) -> None:
    body = vehicle(robot)
    now = drive(body, VelocityCommand(vx=1.5, yaw_rate=0.5), 3.0)
    coasting = drive(body, None, 0.4, now)
    assert np.linalg.norm(body.velocity) > 1.2  # still inside the time-out
    after = drive(body, None, 3.0, coasting)
    assert np.linalg.norm(body.velocity) < 0.03
    assert abs(body.yaw_rate) < 0.01
    assert body.active_command(after).is_zero


def test_drone_hovers_without_a_command() -> None:
    body = vehicle('drone')
    before = body.position.copy()
    drive(body, None, 5.0)
    assert np.linalg.norm(body.position - before) < 1e-6


@pytest.mark.parametrize('robot', ROBOTS)
def test_no_command_exceeds_the_limits(robot: str) -> None:
    body = vehicle(robot)
    limit = 8.0 if robot == 'drone' else 2.0
    pull = 4.6 if robot == 'drone' else 1.6
    now, last = 0.0, body.velocity.copy()
    for _ in range(100):
        now = drive(body, VelocityCommand(100.0, 100.0, 100.0, 100.0), 0.1, now)
        assert np.hypot(*(body.velocity - last)[:2]) / 0.1 < pull * (1 + body.yaw_rate**2)
        last = body.velocity.copy()
    assert np.hypot(*body.velocity[:2]) <= limit + 0.3
    assert body.velocity[2] <= 2.01
    assert body.yaw_rate <= 2.01


def test_wheels_do_not_go_sideways_or_up() -> None:
    body = vehicle('ground')
    drive(body, VelocityCommand(vy=1.0, vz=1.0), 2.0)
    assert np.abs(body.position).max() == 0.0


def test_drone_leans_into_its_acceleration() -> None:
    body = vehicle('drone')
    drive(body, VelocityCommand(vx=2.0), 0.4)
    roll, pitch = body.tilt
    assert pitch > 0.1  # nose down is positive (REP 103)
    assert abs(roll) < 0.01
    other = vehicle('drone')
    drive(other, VelocityCommand(vy=2.0), 0.4)
    assert other.tilt[0] < -0.1  # to the left


def test_gusts_push_the_drone_and_obey_the_seed() -> None:
    def end(seed: int) -> np.ndarray:
        body = make_vehicle('drone', (0.0, 0.0, 0.0), 0.5, 1.0, seed)
        drive(body, None, 3.0)
        return body.position

    assert np.array_equal(end(1), end(1))
    assert not np.array_equal(end(1), end(2))
    assert 0.001 < np.hypot(*end(1)[:2]) < 2.0


def test_mount_agrees_with_the_geometry_of_the_house() -> None:
    mount = CameraMount(0.1, 0.2, -0.35)
    point = np.array([0.3, -0.2, 4.0])
    assert mount.rotation @ point == pytest.approx(optical_to_body(point, -0.35))
    x, y, z, w = mount.quaternion
    by_quaternion = point + 2 * np.cross([x, y, z], np.cross([x, y, z], point) + w * point)
    assert by_quaternion == pytest.approx(mount.rotation @ point)


def box_ahead(distance: float) -> Obstacle:
    return Obstacle('box', distance, 0.0, 0.0, 0.5, 2.0, 0.0, 0.0, 2.0)


def run_into(
    body: Vehicle, bumper: Bumper, command: VelocityCommand, seconds: float, now: float
) -> float:
    for _ in range(round(seconds / DT)):
        body.command(command, now)
        body.step(now, DT)
        bumper.resolve(body, bumper.near(body), now)
        now += DT
    return now


def test_a_long_push_is_one_collision_and_a_second_visit_is_another() -> None:
    body, bumper = GroundRobot((0.0, 0.0, 0.0), 0.5), Bumper([box_ahead(3.0)])
    now = run_into(body, bumper, VelocityCommand(vx=1.0), 6.0, 0.0)
    assert bumper.collisions == 1
    assert body.position[0] == pytest.approx(3.0 - 0.5 - body.radius, abs=0.02)
    assert abs(body.velocity[0]) < 0.05
    now = run_into(body, bumper, VelocityCommand(vx=-1.0), 2.5, now)
    run_into(body, bumper, VelocityCommand(vx=1.0), 6.0, now)
    assert bumper.collisions == 2
    assert bumper.names == ['box', 'box']


def test_drone_passes_over_what_is_lower_and_hits_what_is_not() -> None:
    low = Obstacle('hedge', 4.0, 0.0, 0.0, 0.5, 0.5, 0.1, 0.0, 1.0)
    tall = Obstacle('crown', 9.0, 0.0, 0.0, 0.0, 0.0, 1.5, 2.5, 6.0)
    body, bumper = vehicle('drone'), Bumper([low, tall])
    run_into(body, bumper, VelocityCommand(vx=2.0), 8.0, 0.0)
    assert bumper.names == ['crown']
    assert body.position[0] < 9.0


def test_slides_along_a_slanted_wall_and_never_enters_it() -> None:
    wall = Obstacle('wall', 3.0, 0.0, math.radians(30), 0.2, 6.0, 0.0, 0.0, 3.0)
    body, bumper = vehicle('drone'), Bumper([wall])
    body.position[2] = 1.0
    run_into(body, bumper, VelocityCommand(vx=1.0), 6.0, 0.0)
    normal = np.array([math.cos(math.radians(30)), math.sin(math.radians(30))])
    gap = -(body.position[:2] - (3.0, 0.0)) @ normal
    assert gap == pytest.approx(0.2 + body.radius, abs=0.02)
    assert abs(body.position[1]) > 0.5
    assert bumper.collisions == 1


def test_the_ring_of_houses_ends_the_world() -> None:
    body, bumper = vehicle('drone'), Bumper([])
    run_into(body, bumper, VelocityCommand(vx=4.0), 14.0, 0.0)
    assert bumper.names == ['house']
    assert body.position[0] < 33.5
