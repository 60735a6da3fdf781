# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""However the camera sits, the robot turns and climbs towards what it sees."""

from __future__ import annotations

from dataclasses import replace
import math
from typing import Any

from follow_anything.core.config import ServoConfig
from follow_anything.core.errors import BadConfig
from follow_anything.core.geometry import camera_mount, optical_to_body
from follow_anything.core.servo import Servo
from follow_anything.core.types import FloatArray, Target, TargetState, VelocityCommand
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.field]

GROUND = ServoConfig(
    robot='ground', camera_pitch=0.0, follow_distance=3.0, min_distance=1.2, max_forward=1.8
)
DRONE = ServoConfig(camera_pitch=0.0)

MOUNTS = {
    'as usual': (0.0, -0.35, 0.0),
    'upside down': (math.pi, 0.0, 0.0),
    'upside down, the other way': (-math.pi, -0.2, 0.0),
    'on its side': (math.pi / 2, 0.0, 0.0),
    'tilted': (0.3, -0.2, 0.1),
    'to the left': (0.0, 0.0, 0.6),
    'to the right, hanging': (math.pi, -0.3, -0.6),
}


def target(stamp: float, position: FloatArray, range_std: float = 0.3) -> Target:
    return Target(
        stamp, TargetState.TRACKING, 1, presence=1.0, position=position, range_std=range_std
    )


def drive(
    servo: Servo, position: FloatArray, seconds: float = 1.0, **about: Any
) -> VelocityCommand:
    """Show a target that stands still for a while; return the last command."""
    command = VelocityCommand.stop('not asked')
    for tick in range(round(seconds * servo.config.rate)):
        now = 100.0 + tick / servo.config.rate
        servo.observe(target(now, position, **about))
        command = servo.command(now)
    return command


def config_of(base: ServoConfig, mount: tuple[float, float, float]) -> ServoConfig:
    roll, pitch, yaw = mount
    return replace(base, camera_roll=roll, camera_pitch=pitch, camera_yaw=yaw)


@pytest.mark.parametrize('mount', MOUNTS.values(), ids=MOUNTS)
@pytest.mark.parametrize('left', [-3.0, 3.0])
def test_robot_turns_towards_the_target_however_the_camera_hangs(
    mount: tuple[float, float, float], left: float
) -> None:
    seen = camera_mount(*mount).T @ np.array([8.0, left, 0.0])
    command = drive(Servo(config_of(GROUND, mount)), seen)
    assert command.yaw_rate * left > 0.5
    assert command.vx > 0.5


@pytest.mark.parametrize('mount', MOUNTS.values(), ids=MOUNTS)
@pytest.mark.parametrize('rise', [-2.0, 2.0])
def test_drone_climbs_towards_the_target_however_the_camera_hangs(
    mount: tuple[float, float, float], rise: float
) -> None:
    _, pitch, yaw = mount
    # Beside the point that is in the middle of the picture at this distance.
    place = np.array([8.0 * math.cos(yaw), 8.0 * math.sin(yaw), 8.0 * math.tan(pitch) + rise])
    command = drive(Servo(config_of(DRONE, mount)), camera_mount(*mount).T @ place)
    assert command.vz * rise > 0.5


def test_mount_agrees_with_the_pitched_camera() -> None:
    point = np.array([1.0, -2.0, 5.0])
    assert camera_mount(0.0, -0.35, 0.0) @ point == pytest.approx(optical_to_body(point, -0.35))


def test_roll_is_clockwise_and_yaw_is_left() -> None:
    upside_down = camera_mount(math.pi, 0.0, 0.0)
    assert upside_down @ [1.0, 0.0, 0.0] == pytest.approx([0.0, 1.0, 0.0], abs=1e-12)
    # Turned clockwise by a quarter, the picture's right side looks down.
    assert camera_mount(math.pi / 2, 0, 0) @ [1.0, 0, 0] == pytest.approx([0, 0, -1.0], abs=1e-12)
    assert camera_mount(0, 0, math.pi / 2) @ [0, 0, 1.0] == pytest.approx([0, 1.0, 0], abs=1e-12)


def test_a_measured_mount_wins_over_the_parameters() -> None:
    servo = Servo(GROUND)
    servo.take_mount(camera_mount(math.pi, 0.0, 0.0))
    assert drive(servo, np.array([3.0, 0.0, 8.0])).yaw_rate > 0.5
    servo.take_mount(None)
    assert drive(servo, np.array([3.0, 0.0, 8.0])).yaw_rate < -0.5


@pytest.mark.parametrize(
    ('mount', 'lies'),
    [
        ((0.0, 0.0, 0.0), False), ((math.pi, 0.0, 0.0), False), ((0.0, -0.4, 1.0), False),
        ((0.0, -math.pi / 2, 0.0), False), ((0.3, 0.0, 0.0), False),
        ((math.pi / 2, 0.0, 0.0), True), ((-math.pi / 2, -0.3, 0.5), True),
    ],
)  # fmt: skip
def test_a_camera_on_its_side_is_told(mount: tuple[float, float, float], lies: bool) -> None:
    """What is high there is wide in the picture: the height of a box says nothing of the range."""
    assert Servo(config_of(GROUND, mount)).camera_is_on_its_side is lies


def test_a_camera_that_looks_sideways_holds_what_it_could_not_keep_in_view() -> None:
    servo = Servo(replace(GROUND, camera_yaw=math.pi / 2))
    command = drive(servo, np.array([0.0, 0.0, 8.0]))
    assert command.is_zero
    assert 'not ahead' in command.reason


@pytest.mark.parametrize('degrees', [0, 20, 45, 60])
@pytest.mark.parametrize('down', [-2.0, 0.0, 1.0, 3.0])
def test_the_height_error_is_in_metres_off_axis_too(degrees: int, down: float) -> None:
    """As high as the target is below the camera, wherever it is in the picture."""
    angle = math.radians(degrees)
    servo = Servo(replace(DRONE, max_yaw_rate=0.0))
    position = np.array([10.0 * math.sin(angle), down, 10.0 * math.cos(angle)])
    servo.observe(target(1.0, position))
    assert servo._height.predict(1.0, 0.0) == pytest.approx(-down)


def running() -> tuple[Servo, VelocityCommand]:
    servo = Servo(replace(DRONE, robot='drone'))
    command = drive(servo, np.array([1.0, -0.5, 20.0]), seconds=2.0)
    assert command.vx > 2.5
    return servo, command


@pytest.mark.parametrize(
    'changes',
    [
        {'fence_nothing': None},
        {'stale_after': 0.2},
        {'kp_yaw': 1.7},
        {'max_vertical': 0.5},
        {'search_time': 3.0},
        {'max_forward': 5.0},
        {'follow_distance': 7.0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_live_parameter_does_not_stop_a_robot_that_it_does_not_concern(
    changes: dict[str, Any],
) -> None:
    servo, before = running()
    changed = servo.config if 'fence_nothing' in changes else replace(servo.config, **changes)
    servo.configure(changed)
    now = 100.0 + 2.0
    servo.observe(target(now, np.array([1.0, -0.5, 20.0])))
    after = servo.command(now)
    assert after.vx == pytest.approx(before.vx, abs=0.1)
    assert after.yaw_rate == pytest.approx(before.yaw_rate, abs=0.15)


def test_a_lower_cap_holds_from_the_very_next_command() -> None:
    servo, _ = running()
    servo.configure(replace(servo.config, max_forward=0.5, max_vertical=0.1))
    command = servo.command(102.0)
    assert 0.0 < command.vx <= 0.5
    assert abs(command.vz) <= 0.1


def test_another_mount_starts_from_rest() -> None:
    servo, _ = running()
    servo.configure(replace(servo.config, camera_roll=math.pi))
    assert servo.command(102.0).is_zero


def test_a_contradiction_is_refused() -> None:
    with pytest.raises(BadConfig, match=r'min_distance \(50.0\) must not exceed servo.follow'):
        replace(GROUND, min_distance=50.0)
