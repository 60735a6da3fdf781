# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The servo drives a robot that integrates its commands: it comes, keeps its distance, follows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
import math

from follow_anything.core.config import ControllerConfig, preset, PRESETS, ServoConfig
from follow_anything.core.servo import Servo
from follow_anything.core.types import Target
from follow_anything.testing import KinematicRobot
import numpy as np
import pytest

pytestmark = pytest.mark.core

CAMERA_PERIOD_S = 0.05
LATENCY_S = 0.1
VEHICLE_LAG_S = 0.3


@dataclass
class Run:
    """What was true at every tick: bearing in degrees, distance and height in metres."""

    bearing: np.ndarray
    distance: np.ndarray
    rise: np.ndarray
    path: np.ndarray

    def last(self, seconds: float) -> Run:
        ticks = round(seconds * 30)
        parts = (self.bearing, self.distance, self.rise, self.path)
        return Run(*(part[-ticks:] for part in parts))


def config_of(robot: str) -> ServoConfig:
    return preset(robot, ControllerConfig).servo


def follow(
    robot: str,
    walk: Callable[[float], tuple[float, float]],
    seconds: float,
    *,
    height: float = 0.0,
    noise_m: float = 0.0,
) -> Run:
    """
    Close the loop: camera at 20 Hz, a tenth of a second old, a vehicle that lags.

    :param walk: ground position (x, y) of the target at a time. :param height: of the start.
    """
    config = config_of(robot)
    servo, random = Servo(config), np.random.default_rng(0)
    body = KinematicRobot(
        np.array([0.0, 0.0, height]), camera_pitch=config.camera_pitch, lag=VEHICLE_LAG_S
    )
    on_the_way: deque[Target] = deque()
    rows, next_picture = [], 0.0
    for tick in range(round(seconds * config.rate)):
        now = tick / config.rate
        point = np.array([*walk(now), 0.0])
        if now >= next_picture:
            blur = noise_m * random.standard_normal(3)
            on_the_way.append(body.see(point + blur, now))
            next_picture += CAMERA_PERIOD_S
        while on_the_way and on_the_way[0].stamp + LATENCY_S <= now:
            servo.observe(on_the_way.popleft())
        body.move(servo.command(now), 1 / config.rate)
        rows.append(
            (math.degrees(body.bearing_to(point)), body.distance_to(point), body.position[2])
        )
        rows[-1] += (body.position[0],)
    return Run(*np.array(rows).T)


@pytest.mark.parametrize('robot', PRESETS)
@pytest.mark.parametrize('place', [(15.0, 0.0), (9.0, 4.0), (9.0, -4.0), (2.5, 0.5)])
def test_comes_to_its_distance_and_stays(robot: str, place: tuple[float, float]) -> None:
    config = config_of(robot)
    height = 2.0 if robot == 'drone' else 0.0
    end = follow(robot, lambda _: place, 20.0, height=height).last(3.0)
    assert np.abs(end.bearing).max() <= math.degrees(config.bearing_dead_band) + 0.5
    assert np.abs(end.distance - config.follow_distance).max() <= config.range_dead_band + 0.15
    assert np.ptp(end.distance) < 0.05, 'it must stand still'


def test_drone_finds_its_height() -> None:
    """Its camera looks down; the target is in the middle of the image at one height only."""
    config = config_of('drone')
    for height in (1.0, 5.0):
        end = follow('drone', lambda _: (8.0, 0.0), 20.0, height=height).last(3.0)
        wanted = -config.follow_distance * math.tan(config.camera_pitch)
        assert end.rise == pytest.approx(wanted, abs=config.range_dead_band + 0.25)


def straight(now: float) -> tuple[float, float]:
    return 7.0 + 1.4 * now, 0.0


def across(now: float) -> tuple[float, float]:
    """Walk 1.4 m/s, at right angles to the first view."""
    return 7.0, 1.4 * now - 2.0


def around(now: float) -> tuple[float, float]:
    """Walk 1.2 m/s on a circle with a radius of 5 m."""
    angle = 1.2 * now / 5.0
    return 7.0 + 5.0 * math.sin(angle), 5.0 - 5.0 * math.cos(angle)


@pytest.mark.parametrize('noise_m', [0.0, 0.05])
@pytest.mark.parametrize('walk', [straight, across, around], ids=lambda w: w.__name__)
@pytest.mark.parametrize('robot', PRESETS)
def test_walking_target_stays_within_five_degrees(
    robot: str, walk: Callable[[float], tuple[float, float]], noise_m: float
) -> None:
    config = config_of(robot)
    height = 2.0 if robot == 'drone' else 0.0
    run = follow(robot, walk, 30.0, height=height, noise_m=noise_m)
    assert np.abs(run.last(20.0).bearing).max() <= 5.0
    # A ground robot at 1.8 m/s needs a while to catch up with somebody who walks at 1.4 m/s.
    assert np.abs(run.last(8.0).distance - config.follow_distance).max() <= 1.0
    assert run.distance.min() > config.min_distance / 2


@pytest.mark.parametrize('robot', PRESETS)
def test_target_that_comes_near_is_backed_away_from(robot: str) -> None:
    config = config_of(robot)
    near = config.min_distance * 0.8
    run = follow(robot, lambda _: (near, 0.0), 15.0)
    assert run.path.max() <= 1e-6, 'it went towards a target that was too near'
    assert run.distance[-1] > config.min_distance


@pytest.mark.parametrize('robot', PRESETS)
def test_target_out_of_view_stops_the_robot(robot: str) -> None:
    def vanish(now: float) -> tuple[float, float]:
        return (10.0, 0.0) if now < 3.0 else (-50.0, 0.0)

    run = follow(robot, vanish, 8.0, height=2.0 if robot == 'drone' else 0.0)
    assert np.ptp(run.last(2.0).path) < 0.02
