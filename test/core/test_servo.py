# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What cannot be trusted becomes zero; what can becomes a bounded velocity of the right sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import math
from typing import Any

from follow_anything.core.config import preset, PRESETS, ServoConfig
from follow_anything.core.servo import ALIKE_SPEED, Servo
from follow_anything.core.types import Target, TargetState, VelocityCommand
from hypothesis import example, given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = pytest.mark.core

DRONE = ServoConfig()
GROUND = ServoConfig(
    robot='ground', camera_pitch=0.0, follow_distance=3.0, min_distance=1.2, max_forward=1.8
)
CONFIGS = [DRONE, GROUND]
TICK = 1 / DRONE.rate
NAN, INF = math.nan, math.inf


def optical(config: ServoConfig, forward: float, left: float, up: float) -> np.ndarray:
    """Return a point given in base_link axes as the pitched camera sees it."""
    cos, sin = math.cos(config.camera_pitch), math.sin(config.camera_pitch)
    return np.array([-left, forward * sin - up * cos, forward * cos + up * sin])


def on_axis(config: ServoConfig, distance: float) -> float:
    """Return the height at which a point at this distance is in the middle of the image."""
    return distance * math.tan(config.camera_pitch)


def target(
    config: ServoConfig, stamp: float, forward: float, left: float = 0.0, **changes: Any
) -> Target:
    position = optical(config, forward, left, on_axis(config, forward))
    known = Target(stamp, TargetState.TRACKING, 1, presence=1.0, position=position, range_std=0.3)
    return replace(known, **changes)


def drive(
    config: ServoConfig,
    seen: Callable[[float], Target],
    seconds: float,
    servo: Servo | None = None,
) -> list[VelocityCommand]:
    """Show the target at 15 Hz and ask for commands at the servo's rate."""
    servo = servo or Servo(config)
    commands = []
    for tick in range(round(seconds * config.rate)):
        now = 100.0 + tick / config.rate
        if tick % 2 == 0:
            servo.observe(seen(now))
        commands.append(servo.command(now))
    return commands


def moving_servo(config: ServoConfig) -> tuple[Servo, float]:
    """Return a servo that has been driving for two seconds, and the time of its last command."""
    servo = Servo(config)
    commands = drive(config, lambda now: target(config, now, 12.0, 3.0), 2.0, servo)
    assert not commands[-1].is_zero
    return servo, 100.0 + 2.0 - 1 / config.rate


@pytest.mark.parametrize('config', CONFIGS)
def test_nothing_moves_before_there_is_a_target(config: ServoConfig) -> None:
    command = Servo(config).command(5.0)
    assert command.is_zero
    assert command.reason


ZERO_PATHS = [
    *[pytest.param({'state': s}, 0.0, s.value, id=s.value) for s in TargetState if not s.may_move],
    pytest.param({'position': None}, 0.0, 'no position', id='no position'),
    pytest.param({'position': np.array([NAN, 0.0, 5.0])}, 0.0, 'not finite', id='x NaN'),
    pytest.param({'position': np.array([0.0, NAN, 5.0])}, 0.0, 'not finite', id='y NaN'),
    pytest.param({'position': np.array([0.0, 0.0, NAN])}, 0.0, 'not finite', id='z NaN'),
    pytest.param({'position': np.array([0.0, 0.0, INF])}, 0.0, 'not finite', id='z inf'),
    pytest.param({'position': np.array([0.0, 0.0, 1e308])}, 0.0, '', id='z enormous'),
    pytest.param({'position': np.array([1e308, 0.0, 1e308])}, 0.0, '', id='overflow'),
    pytest.param({'position': np.zeros(3)}, 0.0, 'not ahead', id='at the camera'),
    pytest.param({'position': np.array([0.0, 0.0, -5.0])}, 0.0, 'not ahead', id='behind'),
    pytest.param({'position': np.array([5.0, 0.0, 0.1])}, 0.0, 'not ahead', id='beside'),
    pytest.param({'stamp': NAN}, 0.0, 'stale', id='stamp NaN'),
    pytest.param({'stamp': -INF}, 0.0, 'stale', id='stamp -inf'),
    pytest.param({'stamp': INF}, 0.0, 'clock', id='stamp inf'),
    pytest.param({}, DRONE.stale_after + 0.001, 'stale', id='stale'),
    pytest.param({}, 3600.0, 'stale', id='an hour old'),
    pytest.param({}, -DRONE.stale_after - 0.001, 'clock', id='from the future'),
    pytest.param({}, -3600.0, 'clock', id='clock set back'),
    pytest.param({}, NAN, 'stale', id='now NaN'),
    pytest.param({}, INF, 'stale', id='now inf'),
]  # fmt: skip


@pytest.mark.parametrize('config', CONFIGS, ids=lambda c: c.robot)
@pytest.mark.parametrize(('changes', 'later', 'reason'), ZERO_PATHS)
def test_zero_at_once(
    config: ServoConfig, changes: dict[str, Any], later: float, reason: str
) -> None:
    """From full speed, in one tick."""
    servo, now = moving_servo(config)
    servo.observe(replace(target(config, now, 12.0, 3.0), **changes))
    command = servo.command(now + later)
    assert command.is_zero
    assert reason in command.reason
    assert command.reason


@pytest.mark.parametrize('config', CONFIGS, ids=lambda c: c.robot)
@pytest.mark.parametrize(('changes', 'later', 'reason'), ZERO_PATHS)
def test_goes_on_after_zero(
    config: ServoConfig, changes: dict[str, Any], later: float, reason: str
) -> None:
    servo, now = moving_servo(config)
    servo.observe(replace(target(config, now, 12.0, 3.0), **changes))
    servo.command(now + later)
    commands = drive(config, lambda t: target(config, t, 12.0, 3.0), 2.0, servo)
    assert commands[-1].vx > 0.5
    assert commands[-1].yaw_rate > 0.1


def test_fresh_enough_is_followed() -> None:
    servo, now = moving_servo(DRONE)
    assert not servo.command(now + 0.7 * DRONE.stale_after).is_zero


def test_camera_that_stops_stops_the_robot_in_time() -> None:
    servo, now = moving_servo(DRONE)
    moved_until = now
    for tick in range(60):
        if not servo.command(now + tick * TICK).is_zero:
            moved_until = now + tick * TICK
    assert moved_until - now <= 0.3


@pytest.mark.parametrize('config', CONFIGS, ids=lambda c: c.robot)
def test_a_second_target_of_one_picture_measures_nothing_new(config: ServoConfig) -> None:
    """A tracker may correct itself after a longer look; the filters must not begin anew."""

    def seen(now: float) -> Target:
        return target(config, now, 12.0 + 1.5 * (now - 100.0), 3.0)

    once, twice = Servo(config), Servo(config)
    drive(config, seen, 2.0, once)
    drive(config, seen, 2.0, twice)
    last = 100.0 + 2.0
    once.observe(seen(last))
    for _ in range(2):
        twice.observe(seen(last))
    assert twice.command(last) == once.command(last) != VelocityCommand()
    twice.observe(replace(seen(last), state=TargetState.AMBIGUOUS))
    assert twice.command(last + TICK).is_zero


@pytest.mark.parametrize('config', CONFIGS, ids=lambda c: c.robot)
def test_reset_forgets(config: ServoConfig) -> None:
    servo, now = moving_servo(config)
    servo.reset()
    assert servo.command(now).is_zero


@pytest.mark.parametrize('way', ['rest', 'configure'])
@pytest.mark.parametrize('config', CONFIGS, ids=lambda c: c.robot)
def test_after_a_rest_a_far_target_is_not_fled_from(config: ServoConfig, way: str) -> None:
    """The filters know nothing then; their empty state must not pass for a target at 0 m."""
    servo, now = moving_servo(config)
    servo.rest() if way == 'rest' else servo.configure(config)
    for tick in range(4):
        command = servo.command(now + tick * TICK)
        assert command.vx >= 0.0
        assert command.yaw_rate >= 0.0


SIGNS = [
    (12.0, 0.0, 'vx', +1), (12.0, 0.0, 'yaw_rate', 0), (1.0, 0.0, 'vx', -1),
    (6.0, 3.0, 'yaw_rate', +1), (6.0, -3.0, 'yaw_rate', -1),
]  # fmt: skip


@pytest.mark.parametrize('config', CONFIGS, ids=lambda c: c.robot)
@pytest.mark.parametrize(('forward', 'left', 'axis', 'sign'), SIGNS)
def test_sign(config: ServoConfig, forward: float, left: float, axis: str, sign: int) -> None:
    command = drive(config, lambda now: target(config, now, forward, left), 1.0)[-1]
    value = getattr(command, axis)
    assert value == pytest.approx(0.0, abs=1e-9) if sign == 0 else value * sign > 0.05
    assert command.vy == 0.0
    assert command.reason == ''


@pytest.mark.parametrize(('rise', 'sign'), [(+1.5, +1), (-1.5, -1)])
def test_drone_climbs_towards_the_middle_of_the_image(rise: float, sign: int) -> None:
    position = optical(DRONE, 6.0, 0.0, on_axis(DRONE, 6.0) + rise)
    command = drive(DRONE, lambda now: target(DRONE, now, 6.0, position=position), 1.0)[-1]
    assert command.vz * sign > 0.05


@pytest.mark.parametrize('rise', [+1.0, -1.0])
def test_ground_robot_never_climbs(rise: float) -> None:
    position = optical(GROUND, 6.0, 0.0, rise)
    commands = drive(GROUND, lambda now: target(GROUND, now, 6.0, position=position), 1.0)
    assert {command.vz for command in commands} == {0.0}


@pytest.mark.parametrize('config', CONFIGS, ids=lambda c: c.robot)
def test_small_errors_move_nothing(config: ServoConfig) -> None:
    forward = config.follow_distance + 0.8 * config.range_dead_band
    left = 0.8 * config.bearing_dead_band * forward
    commands = drive(config, lambda now: target(config, now, forward, left), 2.0)
    assert commands[-1].axes == pytest.approx((0.0, 0.0, 0.0, 0.0), abs=1e-6)


@pytest.mark.parametrize('config', CONFIGS, ids=lambda c: c.robot)
def test_looking_only_turns(config: ServoConfig) -> None:
    """The operator looks before the robot may move."""
    look = replace(config, follow=False)
    commands = drive(look, lambda now: target(look, now, 12.0, 4.0), 1.0)
    assert commands[-1].yaw_rate > 0.1
    assert {(command.vx, command.vy, command.vz) for command in commands} == {(0.0, 0.0, 0.0)}


@pytest.mark.parametrize('config', CONFIGS, ids=lambda c: c.robot)
def test_robot_is_slower_towards_a_target_that_is_less_sure(config: ServoConfig) -> None:
    def speed(presence: float) -> float:
        return drive(config, lambda now: target(config, now, 40.0, presence=presence), 4.0)[-1].vx

    assert speed(1.0) == pytest.approx(config.max_forward, rel=0.05)
    assert 0.0 < speed(0.6) < 0.5 * speed(1.0)
    assert speed(0.6) < speed(0.8) < speed(1.0)


@pytest.mark.parametrize('config', CONFIGS, ids=lambda c: c.robot)
def test_robot_is_slower_while_somebody_alike_is_near(config: ServoConfig) -> None:
    def speed(alike: float) -> float:
        far = lambda now: target(config, now, 40.0, presence=1.0, alike_near=alike)  # noqa: E731
        return drive(config, far, 4.0)[-1].vx

    assert speed(1.0) == pytest.approx(ALIKE_SPEED * config.max_forward, rel=0.05)
    assert speed(1.0) < speed(0.5) < speed(0.0)


@pytest.mark.parametrize('std', [INF, NAN, 100.0])
@pytest.mark.parametrize('config', CONFIGS, ids=lambda c: c.robot)
def test_unknown_range_only_turns(config: ServoConfig, std: float) -> None:
    commands = drive(config, lambda now: target(config, now, 9.0, 4.0, range_std=std), 1.0)
    assert commands[-1].yaw_rate > 0.1
    assert {command.vx for command in commands} == {0.0}


@pytest.mark.parametrize('config', CONFIGS, ids=lambda c: c.robot)
@given(forward=st.floats(0.2, 1.1), left=st.floats(-0.5, 0.5), walks=st.floats(0.0, 3.0))
def test_never_forward_when_the_target_is_too_near(
    config: ServoConfig, forward: float, left: float, walks: float
) -> None:
    """Even at full speed towards a target that runs away, from the tick in which it is known."""
    servo, now = moving_servo(config)
    for tick in range(20):
        now += 1 / config.rate
        distance = min(1.1, forward + walks * tick / config.rate)
        std = 0.15 * distance
        servo.observe(target(config, now, distance, left * distance, range_std=std))
        assert servo.command(now).vx <= 0.0


targets = st.builds(
    Target,
    stamp=st.one_of(st.floats(-0.5, 0.5), st.just(NAN), st.floats(-1e9, 1e9)),
    state=st.sampled_from([TargetState.TRACKING] * 6 + list(TargetState)),
    target_id=st.integers(0, 3),
    presence=st.floats(0, 1),
    position=st.one_of(
        st.none(),
        st.tuples(st.floats(-20, 20), st.floats(-5, 5), st.floats(-2, 40)).map(np.array),
        st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 3).map(np.array),
    ),
    range_std=st.one_of(st.floats(0, 2), st.floats(allow_nan=True, allow_infinity=True)),
)
configs = st.builds(
    ServoConfig,
    robot=st.sampled_from(['drone', 'ground']),
    camera_pitch=st.floats(-1.6, 1.6),
    camera_roll=st.sampled_from([0.0, 0.4, 3.1416]),
    camera_yaw=st.sampled_from([0.0, -0.7, 1.6]),
    follow_distance=st.floats(0.3, 100),
    min_distance=st.floats(0.0, 0.3),
    kp_yaw=st.floats(0, 20),
    kd_yaw=st.floats(0, 5),
    kp_range=st.floats(0, 20),
    kd_range=st.floats(0, 5),
    feed_forward=st.floats(0, 1),
    lag=st.floats(0, 2),
    max_forward=st.floats(0, 15),
    max_backward=st.floats(0, 15),
    max_yaw_rate=st.floats(0, 6),
    max_acceleration=st.floats(0.01, 20),
    max_jerk=st.floats(0.01, 200),
    search_yaw_rate=st.floats(0, 2),
    rate=st.floats(10, 200),
)


def check_limits(config: ServoConfig, commands: list[VelocityCommand]) -> None:
    """Check speed, acceleration and jerk, axis by axis; a drop to zero is free."""
    climb = config.max_vertical if config.robot == 'drone' else 0.0
    axes = [
        ('vx', -config.max_backward, config.max_forward, False),
        ('vz', -climb, climb, False),
        ('yaw_rate', -config.max_yaw_rate, config.max_yaw_rate, True),
    ]
    for name, lo, hi, is_angular in axes:
        acceleration = config.max_yaw_acceleration if is_angular else config.max_acceleration
        jerk = config.max_yaw_jerk if is_angular else config.max_jerk
        pasts = [(0.0, 0.0)]  # (speed, acceleration) the vehicle may be at
        for command in commands:
            value = getattr(command, name)
            assert math.isfinite(value)
            assert lo - 1e-9 <= value <= hi + 1e-9
            smooth = [
                new
                for speed, rate in pasts
                for new in [(value - speed) * config.rate]
                if abs(new) <= acceleration + 1e-6 and abs(new - rate) * config.rate <= jerk + 1e-4
            ]
            assert smooth or value == 0.0, f'{name} jumped to {value} from {pasts}'
            pasts = [(value, rate) for rate in smooth]
            if value == 0.0:
                pasts.append((0.0, 0.0))
    assert {command.vy for command in commands} == {0.0}


@given(configs, st.lists(st.tuples(targets, st.floats(-0.3, 0.3)), min_size=1, max_size=25))
def test_any_sequence_of_targets_gives_bounded_finite_commands(
    config: ServoConfig, seen: list[tuple[Target, float]]
) -> None:
    servo, now, commands = Servo(config), 100.0, []
    for shown, jump in seen:
        if abs(jump) > 0.25:
            now += 4 * jump
        servo.observe(replace(shown, stamp=now + shown.stamp))
        for _ in range(5):
            now += 1 / config.rate
            commands.append(servo.command(now))
    check_limits(config, commands)


@pytest.mark.parametrize('robot', PRESETS)
@given(
    st.lists(
        st.tuples(st.floats(0.5, 30), st.floats(-1, 1), st.booleans()), min_size=2, max_size=40
    )
)
@example([(20.0, 1.0, True), (0.5, -1.0, True), (20.0, 1.0, False)] * 8)
def test_jumping_target_gives_bounded_commands(
    robot: str, places: list[tuple[float, float, bool]]
) -> None:
    config = preset(robot, ServoConfig) if robot == 'drone' else GROUND
    assert isinstance(config, ServoConfig)
    servo, now, commands = Servo(config), 100.0, []
    for forward, share, is_near in places:
        std = 0.3 if is_near else INF
        servo.observe(target(config, now, forward, share * forward, range_std=std))
        for _ in range(3):
            now += 1 / config.rate
            commands.append(servo.command(now))
    check_limits(config, commands)


SEARCHER = replace(DRONE, search_yaw_rate=0.5, search_after=0.0, search_time=3.0)


@pytest.mark.parametrize('state', [TargetState.LOST, TargetState.OCCLUDED])
def test_nobody_searches_unasked(state: TargetState) -> None:
    servo, now = moving_servo(DRONE)
    servo.observe(Target(now, state, 1))
    assert servo.command(now).is_zero


@pytest.mark.parametrize('side', [+1.0, -1.0])
def test_search_turns_to_where_the_target_left_for_a_limited_time(side: float) -> None:
    servo = Servo(SEARCHER)
    drive(SEARCHER, lambda now: target(SEARCHER, now, 6.0, side * 3.0), 1.0, servo)
    lost_at, turns = 101.0, []
    for tick in range(round(6 * SEARCHER.rate)):
        now = lost_at + tick / SEARCHER.rate
        servo.observe(Target(now, TargetState.LOST, 1))
        command = servo.command(now)
        assert command.vx == command.vz == 0.0, 'a search only turns'
        assert abs(command.yaw_rate) <= SEARCHER.max_yaw_rate
        turns.append(command.yaw_rate * side)
    second = round(SEARCHER.rate)
    assert turns[2 * second] == pytest.approx(SEARCHER.search_yaw_rate, abs=1e-3)
    assert max(turns[round(3.1 * second) :]) == 0.0


def test_search_needs_a_target_that_was_seen() -> None:
    servo = Servo(SEARCHER)
    servo.observe(Target(100.0, TargetState.LOST, 1))
    assert servo.command(100.0).is_zero


@pytest.mark.parametrize('age', [1.0, -1.0, NAN])
def test_search_ends_with_the_camera(age: float) -> None:
    servo, now = moving_servo(SEARCHER)
    servo.observe(Target(now - age, TargetState.LOST, 1))
    assert servo.command(now).is_zero


def test_search_stays_bounded_when_the_clock_is_set_back() -> None:
    servo, _ = moving_servo(SEARCHER)
    turned = 0.0
    for tick in range(round(10 * SEARCHER.rate)):
        now = 20.0 + tick / SEARCHER.rate
        servo.observe(Target(now, TargetState.LOST, 1, reason='the clock was set back'))
        turned += abs(servo.command(now).yaw_rate) / SEARCHER.rate
    assert turned <= SEARCHER.search_time * SEARCHER.search_yaw_rate + 0.1


@pytest.mark.parametrize(
    'state', [TargetState.IDLE, TargetState.SEARCHING, TargetState.CONFIRMING]
)
def test_no_search_without_a_lost_target(state: TargetState) -> None:
    servo, now = moving_servo(SEARCHER)
    servo.observe(Target(now, state, 1))
    assert servo.command(now).is_zero


def test_next_command_begins_where_less_was_allowed() -> None:
    """Held at a fence, then let go: it speeds up as from a standstill, and does not jump."""
    servo, now = moving_servo(DRONE)
    before = servo.command(now + TICK)
    assert before.vx > 0.5
    servo.applied(replace(before, vx=0.0))
    after = servo.command(now + 2 * TICK)
    assert 0.0 < after.vx <= DRONE.max_jerk * TICK**2 + 1e-9
    assert after.yaw_rate == pytest.approx(before.yaw_rate, abs=DRONE.max_yaw_acceleration * TICK)


def test_a_command_that_passed_changes_nothing() -> None:
    (one, now), (other, _) = moving_servo(DRONE), moving_servo(DRONE)
    for tick in range(1, 5):
        command = one.command(now + tick * TICK)
        one.applied(command)
        assert other.command(now + tick * TICK) == command


def test_target_in_base_is_known_with_its_range_only() -> None:
    servo = Servo(DRONE)
    assert servo.target_in_base is None
    servo.observe(target(DRONE, 1.0, 5.0, 1.0))
    assert servo.target_in_base is not None
    assert servo.target_in_base[:2] == pytest.approx([5.0, 1.0])
    servo.observe(target(DRONE, 1.1, 5.0, 1.0, range_std=INF))
    assert servo.target_in_base is None
