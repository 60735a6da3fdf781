# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Own motion: from odometry where it is plausible, else from the commands."""

from __future__ import annotations

import math

from follow_anything.core.geometry import camera_mount, wrap_angle
from follow_anything.core.types import VelocityCommand
from follow_anything.core.world.ego import CameraPose, Ego, PlanarPose
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

DT = 0.05
START = 100.0


def yaw_of(pose: CameraPose) -> float:
    """Return where the camera looks, rad, anticlockwise."""
    forward = pose.axes[:, 2]
    return math.atan2(forward[1], forward[0])


def pose_of(stamp: float, *, x: float = 0.0, y: float = 0.0, yaw: float = 0.0) -> PlanarPose:
    return PlanarPose(stamp, x, y, 0.0, yaw)


def run(ego: Ego, seconds: float, first: float = START) -> CameraPose:
    """Ask for the pose at every frame of a while."""
    for index in range(round(seconds / DT) + 1):
        pose = ego.pose_at(first + index * DT)
    return pose


def test_nobody_who_says_nothing_moves() -> None:
    pose = run(Ego(), 2.0)
    np.testing.assert_array_equal(pose.position, np.zeros(3))
    assert yaw_of(pose) == pytest.approx(0.0)


@pytest.mark.parametrize('mount', [(0.0, -0.6, 0.0), (math.pi, 0.4, 0.0), (0.2, 0.0, 1.5)])
def test_axes_are_those_of_the_mount(mount: tuple[float, float, float]) -> None:
    """A camera that hangs upside down, or looks to the side, is turned with the base."""
    ego = Ego(mount=camera_mount(*mount), lag=0.01)
    np.testing.assert_allclose(ego.pose_at(START).axes, camera_mount(*mount), atol=1e-12)
    ego.command(VelocityCommand(yaw_rate=0.5))
    turned = run(ego, 2.0).axes @ camera_mount(*mount).T
    assert math.atan2(turned[1, 0], turned[0, 0]) == pytest.approx(1.0, abs=0.02)
    assert turned[2, 2] == pytest.approx(1.0)


def test_world_and_camera_undo_each_other() -> None:
    ego = Ego(mount=camera_mount(0.0, -0.3, 0.0))
    ego.command(VelocityCommand(vx=1.0, yaw_rate=0.5))
    pose = run(ego, 2.0)
    point = np.array([0.3, -0.2, 5.0])
    np.testing.assert_allclose(pose.to_optical(pose.to_world(point)), point, atol=1e-12)


@pytest.mark.parametrize(
    ('command', 'x', 'y', 'yaw'),
    [
        (VelocityCommand(vx=1.0), 2.0, 0.0, 0.0),
        (VelocityCommand(vy=1.0), 0.0, 2.0, 0.0),
        (VelocityCommand(yaw_rate=0.5), 0.0, 0.0, 1.0),
    ],
)
def test_commands_are_added_up_behind_the_lag(
    command: VelocityCommand, x: float, y: float, yaw: float
) -> None:
    ego = Ego(lag=0.01)
    ego.command(command)
    pose = run(ego, 2.0)
    np.testing.assert_allclose(pose.position[:2], [x, y], atol=0.05)
    assert yaw_of(pose) == pytest.approx(yaw, abs=0.05)
    slow = Ego(lag=0.3)
    slow.command(command)
    late = run(slow, 2.0)
    behind = np.abs([*pose.position[:2], yaw_of(pose)]) - np.abs(
        [*late.position[:2], yaw_of(late)]
    )
    assert behind.max() == pytest.approx(0.3 * max(x, y, yaw) / 2.0, rel=0.15)


def fed(ego: Ego, seconds: float, walk: object, late: float = 0.0) -> CameraPose:
    """Give odometry with every frame, late by so much, and return the last pose."""
    for index in range(round(seconds / DT) + 1):
        stamp = START + index * DT
        ego.odometry(walk(stamp - late))  # type: ignore[operator]
        pose = ego.pose_at(stamp)
    return pose


def circle(stamp: float) -> PlanarPose:
    """Drive 1 m/s and turn 0.5 rad/s; the yaw wraps."""
    angle = 0.5 * (stamp - START)
    x, y = 2.0 * math.sin(angle), 2.0 * (1.0 - math.cos(angle))
    return pose_of(stamp, x=x + 40.0, y=y - 7.0, yaw=wrap_angle(angle))


def test_odometry_is_followed_wherever_its_world_begins() -> None:
    pose = fed(Ego(), 10.0, circle)
    end = circle(START + 10.0)
    np.testing.assert_allclose(pose.position[:2], [end.x - 40.0, end.y + 7.0], atol=0.02)
    assert yaw_of(pose) == pytest.approx(end.yaw, abs=0.01)


def test_turning_on_the_spot_wraps() -> None:
    def turn(stamp: float) -> PlanarPose:
        return pose_of(stamp, yaw=wrap_angle(3.0 + 1.2 * (stamp - START)))

    pose = fed(Ego(), 8.0, turn)
    assert wrap_angle(yaw_of(pose) - 1.2 * 8.0) == pytest.approx(0.0, abs=0.02)
    np.testing.assert_allclose(pose.position, np.zeros(3), atol=1e-9)


@pytest.mark.parametrize('late', [0.05, 0.1, 0.2])
def test_odometry_that_comes_late_is_gone_on_with(late: float) -> None:
    pose = fed(Ego(), 6.0, circle, late)
    end = circle(START + 6.0)
    reach = 0.05 + late  # what was driven before the first pose came is not known
    np.testing.assert_allclose(pose.position[:2], [end.x - 40.0, end.y + 7.0], atol=reach)
    assert wrap_angle(yaw_of(pose) - end.yaw) == pytest.approx(0.0, abs=0.03 + late / 2)


def test_odometry_that_stands_still_is_bridged_by_the_commands() -> None:
    """Its node died: the last pose stays the last one, and we turn."""
    ego = Ego(lag=0.01)
    fed(ego, 1.0, lambda stamp: pose_of(stamp))
    ego.command(VelocityCommand(yaw_rate=0.5))
    pose = run(ego, 2.0, START + 1.0 + DT)
    assert yaw_of(pose) == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize(
    ('command', 'x', 'yaw'),
    [
        (VelocityCommand(yaw_rate=0.5), 0.0, 1.0),
        (VelocityCommand(vx=1.0), 2.0, 0.0),
        (VelocityCommand(vx=0.05), 0.0, 0.0),  # slower than anybody could tell
        (VelocityCommand(), 0.0, 0.0),
    ],
)
def test_odometry_that_repeats_itself_under_new_stamps_is_bridged_by_the_commands(
    command: VelocityCommand, x: float, yaw: float
) -> None:
    """Its node hangs, and stamps the last pose anew."""
    ego = Ego(lag=0.01)
    ego.command(command)
    pose = fed(ego, 2.0, lambda stamp: pose_of(stamp, x=3.0, yaw=0.3))
    assert yaw_of(pose) == pytest.approx(yaw, abs=0.2)
    assert pose.position[0] == pytest.approx(x, abs=0.2)
    assert ego.stands is (abs(x) + abs(yaw) > 0.0)
    ego.odometry(pose_of(START + 2.1, x=3.001, yaw=0.3))
    ego.pose_at(START + 2.1)
    assert not ego.stands


@pytest.mark.parametrize('late', [0.0, 0.1])
def test_a_gyroscope_rather_than_the_commands_tells_how_we_turn(late: float) -> None:
    """The commands say that we turn, the robot is held; or somebody turns it by hand."""
    ego = Ego(lag=0.01)
    ego.command(VelocityCommand(vx=1.0, yaw_rate=0.5))
    for index in range(200):
        stamp = START + index * 0.01
        ego.yaw_rate(stamp - late, -0.25)
        if index % 5 == 0:
            pose = ego.pose_at(stamp)
    assert yaw_of(pose) == pytest.approx(-0.25 * 1.95, abs=0.01 + 0.5 * late)
    assert np.linalg.norm(pose.position) > 1.8


def test_the_gyroscope_bridges_odometry_that_has_gone() -> None:
    ego = Ego(lag=0.01)
    fed(ego, 1.0, lambda stamp: pose_of(stamp))
    for index in range(41):
        stamp = START + 1.0 + DT * (index + 1)
        ego.yaw_rate(stamp, 0.3)
        pose = ego.pose_at(stamp)
    assert yaw_of(pose) == pytest.approx(0.3 * 41 * DT, abs=0.15)


def test_odometry_outranks_the_gyroscope() -> None:
    """A sensor with a bias would turn the world while we stand."""
    ego = Ego()
    for index in range(41):
        ego.yaw_rate(START + DT * index, 0.1)
        ego.odometry(pose_of(START + DT * index, x=1e-4 * index))
        pose = ego.pose_at(START + DT * index)
    assert yaw_of(pose) == pytest.approx(0.0, abs=1e-9)
    assert not ego.stands


@pytest.mark.parametrize('jump', [pose_of(0.0, x=30.0), pose_of(0.0, yaw=2.0)])
def test_estimate_that_jumps_does_not_move_us(jump: PlanarPose) -> None:
    """A loop was closed: the map moved, and not the robot."""
    ego = Ego(lag=0.01)

    def walk(stamp: float) -> PlanarPose:
        x = stamp - START
        if stamp < START + 1.0 - 1e-9:
            return pose_of(stamp, x=x)
        cos, sin = math.cos(jump.yaw), math.sin(jump.yaw)
        return pose_of(stamp, x=jump.x + cos * x, y=sin * x, yaw=jump.yaw)

    ego.command(VelocityCommand(vx=1.0))
    pose = fed(ego, 3.0, walk)
    assert ego.jumps == 1
    np.testing.assert_allclose(pose.position[:2], [3.0, 0.0], atol=0.1)
    assert yaw_of(pose) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize('bad', [math.nan, math.inf])
@pytest.mark.parametrize('field', ['stamp', 'x', 'y', 'z', 'yaw'])
def test_odometry_that_is_no_number_is_left(field: str, bad: float) -> None:
    ego = Ego()
    values = {'stamp': START, 'x': 0.0, 'y': 0.0, 'z': 0.0, 'yaw': 0.0, field: bad}
    ego.odometry(PlanarPose(**values))
    pose = run(ego, 0.5)
    np.testing.assert_array_equal(pose.position, np.zeros(3))


def test_odometry_out_of_order_is_left() -> None:
    ego = Ego()
    ego.odometry(pose_of(START))
    ego.pose_at(START)
    ego.odometry(pose_of(START + DT, x=0.1))
    ego.odometry(pose_of(START + DT / 2, x=-9.0))
    np.testing.assert_allclose(ego.pose_at(START + DT).position[:2], [0.1, 0.0], atol=1e-9)


def test_clock_of_the_odometry_may_be_set_back() -> None:
    ego = Ego()
    fed(ego, 1.0, lambda stamp: pose_of(stamp))
    ego.reset()
    for index in range(21):
        stamp = 5.0 + index * DT
        ego.odometry(pose_of(stamp, x=index * DT))
        pose = ego.pose_at(stamp)
    assert pose.position[0] == pytest.approx(1.0, abs=0.06)


def test_reset_begins_a_new_world() -> None:
    ego = Ego(lag=0.01)
    ego.command(VelocityCommand(vx=1.0))
    assert run(ego, 1.0).position[0] > 0.9
    ego.reset()
    np.testing.assert_array_equal(ego.pose_at(3.0).position, np.zeros(3))


def test_after_a_gap_without_odometry_its_difference_is_no_step() -> None:
    """Nobody knows how it came there; the commands say what they can."""
    ego = Ego()
    fed(ego, 0.5, lambda stamp: pose_of(stamp))
    run(ego, 2.0, START + 0.55)
    ego.odometry(pose_of(START + 2.6, x=1.0))
    pose = ego.pose_at(START + 2.6)
    assert abs(pose.position[0]) <= 1.0 + 1e-9


NUMBER = st.one_of(st.floats(-50, 50), st.sampled_from([math.nan, math.inf, -math.inf]))
EVENT = st.one_of(
    st.tuples(st.just('odometry'), st.floats(-2, 2), NUMBER, NUMBER, NUMBER),
    st.tuples(st.just('command'), *[st.floats(-3, 3)] * 4),
    st.tuples(st.just('gyroscope'), st.floats(-2, 2), NUMBER, *[st.just(0.0)] * 2),
    st.tuples(st.just('frame'), st.floats(0, 0.5), *[st.just(0.0)] * 3),
)


@given(st.lists(EVENT, max_size=60))
def test_whatever_comes_the_pose_is_finite_and_moves_plausibly(events: list[tuple]) -> None:
    ego, now = Ego(), START
    before = ego.pose_at(now).position
    for kind, a, b, c, d in events:
        if kind == 'odometry':
            ego.odometry(PlanarPose(now + a, b, c, 0.0, d))
        elif kind == 'command':
            ego.command(VelocityCommand(a, b, c, d))
        elif kind == 'gyroscope':
            ego.yaw_rate(now + a, b)
        else:
            now += a
            pose = ego.pose_at(now)
            assert np.isfinite(pose.position).all()
            np.testing.assert_allclose(pose.axes.T @ pose.axes, np.eye(3), atol=1e-9)
            assert np.linalg.norm(pose.position - before) <= 0.5 + 8.0 * a + 1e-6
            before = pose.position
