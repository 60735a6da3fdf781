# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the robot does while the target is hidden, and where it goes beside it."""

from __future__ import annotations

from dataclasses import replace
import math
from typing import Any

from follow_anything.core.config import ControllerConfig, ServoConfig
from follow_anything.core.control.supervisor import Situation, Supervisor
from follow_anything.core.errors import BadConfig
from follow_anything.core.servo import ASIDE_MOST, Servo
from follow_anything.core.types import Target, TargetState, VelocityCommand
from follow_anything.testing import KinematicRobot
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

DRONE = ServoConfig(camera_pitch=0.0, search_after=0.0)
GROUND = replace(DRONE, robot='ground', follow_distance=3.0, min_distance=1.2, search_time=20.0)
TICK = 1 / DRONE.rate


class Walk:
    """A target that walks, a robot with its supervisor that follows it, and a clock."""

    def __init__(self, config: ServoConfig, place: tuple[float, float, float]) -> None:
        self.servo, self.supervisor = Servo(config), Supervisor(ControllerConfig(servo=config))
        self.robot = KinematicRobot(lag=0.2)
        self.place, self.now, self.tick = np.array(place), 100.0, TICK

    def follow(self, seconds: float, speed: float = 0.0) -> VelocityCommand:
        """Let the target go along x, in sight."""
        for _ in range(round(seconds / self.tick)):
            self.now += self.tick
            self.place = self.place + np.array([speed * self.tick, 0.0, 0.0])
            self.servo.observe(self.robot.see(self.place, self.now))
            command = self._move()
        return command

    def hide(
        self, seconds: float, state: TargetState = TargetState.LOST, number: int = 1
    ) -> list[VelocityCommand]:
        """Let the target be hidden; return the commands."""
        commands = []
        for _ in range(round(seconds / self.tick)):
            self.now += self.tick
            self.servo.observe(Target(self.now, state, number))
            commands.append(self._move())
        return commands

    def _move(self) -> VelocityCommand:
        command = self.servo.command(self.now)
        situation = Situation(allowed=True, confirmed=True, target=self.servo.target_in_base)
        command, _ = self.supervisor.check(command, situation, self.now)
        self.servo.applied(command)
        self.robot.move(command, self.tick)
        return command


@pytest.mark.parametrize('config', [DRONE, GROUND], ids=lambda c: c.robot)
@pytest.mark.parametrize('side', [1.0, -1.0])
def test_robot_goes_beside_the_path_of_a_walker(config: ServoConfig, side: float) -> None:
    away = config.follow_distance
    walk = Walk(replace(config, side_offset=side * 0.8), (away, 0.0, 0.0))
    walk.follow(40.0, speed=0.8)
    left = walk.place[1] - walk.robot.position[1]
    assert left == pytest.approx(side * 0.8, abs=0.15)
    assert walk.robot.distance_to(walk.place) == pytest.approx(away, abs=0.4)
    assert walk.robot.yaw == pytest.approx(0.0, abs=0.06), 'it goes the same way'


@given(
    side=st.floats(-20, 20),
    forward=st.floats(0.5, 40),
    left=st.floats(-5, 5),
    std=st.sampled_from([0.1, math.inf]),
)
def test_target_beside_stays_in_the_picture(
    side: float, forward: float, left: float, std: float
) -> None:
    servo = Servo(replace(DRONE, side_offset=side))
    place = np.array([-left, 0.0, forward])
    servo.observe(Target(100.0, TargetState.TRACKING, 1, position=place, range_std=std))
    assert abs(servo._aside) <= ASIDE_MOST
    assert servo._aside * side >= 0.0


WAYS: list[tuple[ServoConfig, dict[str, Any], str]] = [
    (DRONE, {'search_climb': 0.5}, 'up'),
    (DRONE, {'search_backward': 0.4}, 'back'),
    (GROUND, {'search_backward': 0.4}, 'back'),
    (GROUND, {'search_forward': 0.6}, 'there'),
    (DRONE, {'search_forward': 0.6}, 'there'),
]


@pytest.mark.parametrize('state', [TargetState.OCCLUDED, TargetState.LOST])
@pytest.mark.parametrize(('config', 'changes', 'way'), WAYS)
def test_each_way_to_search(
    config: ServoConfig, changes: dict[str, Any], way: str, state: TargetState
) -> None:
    walk = Walk(replace(config, **changes), (9.0, 1.0, 0.0))
    walk.follow(1.0)
    began = walk.robot.position.copy()
    first, *rest = walk.hide(18.0, state)
    assert abs(first.vx) < 0.05, 'it begins at rest, however fast it was'
    said = {'up': 'climbs', 'back': 'backs off', 'there': 'goes to where it was last seen'}[way]
    assert first.reason == f'searching: {said}'
    moved = walk.robot.position - began
    if way == 'up':
        assert 2.5 < moved[2] < 0.5 * config.search_time + 0.1
        assert np.hypot(*moved[:2]) < 0.3
    elif way == 'back':
        assert -0.4 * config.search_time - 0.1 < moved[0] < -2.0
    else:
        left = walk.robot.distance_to(walk.place)
        assert left > config.min_distance - 0.05
        assert moved[0] > 2.0, 'the supervisor lets it go'
        if config.search_time > 18.0:
            assert left < config.min_distance + 0.5
    assert all(abs(c.vx) <= 0.6 + 1e-9 for c in rest)


@pytest.mark.parametrize(('config', 'changes', 'way'), WAYS)
def test_the_robot_stands_before_it_searches(
    config: ServoConfig, changes: dict[str, Any], way: str
) -> None:
    walk = Walk(replace(config, **changes, search_after=1.5), (9.0, 1.0, 0.0))
    walk.follow(1.0)
    assert all(c.is_zero for c in walk.hide(1.4))
    assert not walk.hide(0.4)[-1].is_zero


@pytest.mark.parametrize('slower', [1.0, 1.5, 2.0])
@pytest.mark.parametrize('after', [0.0, 1.0])
@pytest.mark.parametrize('config', [DRONE, GROUND], ids=lambda c: c.robot)
def test_it_goes_no_nearer_however_fast_it_was_and_however_late_its_ticks_come(
    config: ServoConfig, after: float, slower: float
) -> None:
    """After the stop it coasts, and on a busy machine a tick is longer than 1 / rate."""
    config = replace(config, search_forward=0.6, search_after=after, search_time=25.0)
    walk = Walk(config, (12.0, 1.0, 0.0))
    walk.robot.lag = config.lag
    walk.follow(1.6)
    assert np.linalg.norm(walk.robot.velocity) > 1.5
    walk.tick = slower * TICK
    walk.hide(24.0)
    left = walk.robot.distance_to(walk.place) - config.min_distance
    assert -0.02 < left < 0.7


@pytest.mark.parametrize(('config', 'changes', 'way'), WAYS)
@pytest.mark.parametrize('what', ['another target', 'rest', 'a gap', 'a clock set back'])
def test_nothing_is_searched_where_nobody_knows_what_happened_since(
    config: ServoConfig, changes: dict[str, Any], way: str, what: str
) -> None:
    """Somebody else was asked for, or who drove the robot meanwhile is not known."""
    walk = Walk(replace(config, **changes), (9.0, 1.0, 0.0))
    walk.follow(1.0)
    assert not walk.hide(0.5)[-1].is_zero
    number = 1
    if what == 'another target':
        number = 2
    elif what == 'rest':
        walk.servo.rest()
    else:
        walk.now += 2.0 if what == 'a gap' else -0.5
    assert all(c.is_zero for c in walk.hide(2.0, number=number))


@pytest.mark.parametrize(('config', 'changes', 'way'), WAYS)
def test_search_ends_in_time_with_the_camera_and_where_nobody_was_seen(
    config: ServoConfig, changes: dict[str, Any], way: str
) -> None:
    config = replace(config, **changes, search_time=2.0)
    late = Walk(config, (9.0, 1.0, 0.0))
    late.follow(1.0)
    assert not late.hide(1.0)[-1].is_zero
    assert late.hide(1.2)[-1].is_zero
    blind = Walk(config, (9.0, 1.0, 0.0))
    blind.follow(1.0)
    blind.hide(0.5)
    blind.now += config.stale_after + 2 * TICK
    assert blind.servo.command(blind.now).is_zero
    assert all(c.is_zero for c in Walk(config, (9.0, 1.0, 0.0)).hide(0.5))


@pytest.mark.parametrize(('config', 'changes', 'way'), WAYS)
@pytest.mark.parametrize(
    'state', [TargetState.AMBIGUOUS, TargetState.CONFIRMING, TargetState.IDLE]
)
def test_who_is_unsure_does_not_search(
    config: ServoConfig, changes: dict[str, Any], way: str, state: TargetState
) -> None:
    walk = Walk(replace(config, **changes), (9.0, 1.0, 0.0))
    walk.follow(1.0)
    assert all(c.is_zero for c in walk.hide(1.0, state))


@pytest.mark.parametrize(('config', 'changes', 'way'), WAYS)
def test_who_only_looks_does_not_go_anywhere(
    config: ServoConfig, changes: dict[str, Any], way: str
) -> None:
    walk = Walk(replace(config, **changes, follow=False, search_yaw_rate=0.3), (9.0, 1.0, 0.0))
    walk.follow(1.0)
    for command in walk.hide(2.0):
        assert command.vx == command.vz == 0.0


def test_nobody_goes_where_the_range_is_unknown() -> None:
    walk = Walk(replace(GROUND, search_forward=0.6), (9.0, 1.0, 0.0))
    walk.follow(1.0)
    walk.now += TICK
    walk.servo.observe(walk.robot.see(walk.place, walk.now, range_std=math.inf))
    assert all(c.is_zero for c in walk.hide(1.0))


def test_ways_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(BadConfig, match='exclude each other'):
        ServoConfig(search_forward=0.5, search_backward=0.5)
