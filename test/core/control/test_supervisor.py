# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The supervisor only ever says less, and enough less; checked by other means than its own."""

from __future__ import annotations

from dataclasses import fields, replace
import math
from typing import Any

from follow_anything.core.config import ControllerConfig, ServoConfig, SupervisorConfig
from follow_anything.core.control.supervisor import Situation, Supervisor, VehiclePose
from follow_anything.core.errors import BadConfig
from follow_anything.core.types import VelocityCommand
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.supervisor]

NOW = 100.0
AHEAD = VelocityCommand(vx=1.0, vz=0.3, yaw_rate=0.5)
FAR = np.array([20.0, 0.0, 0.0])


def config(**changes: Any) -> ControllerConfig:
    """Return limits, each in its group."""
    of_servo = {field.name for field in fields(ServoConfig)} & changes.keys()
    servo = ServoConfig(**{name: changes.pop(name) for name in of_servo})
    return ControllerConfig(servo=servo, supervisor=SupervisorConfig(**changes))


def pose(x: float = 0.0, y: float = 0.0, z: float = 3.0, yaw: float = 0.0, **more: Any) -> Any:
    velocity = np.array(more.get('velocity', (0.0, 0.0, 0.0)))
    return VehiclePose(more.get('stamp', NOW), np.array([x, y, z]), yaw, velocity)


FREE = Situation(allowed=True, confirmed=True, pose=pose(), target=FAR, battery=0.9, link_age=0.0)


def check(
    command: VelocityCommand, situation: Situation, **changes: Any
) -> tuple[VelocityCommand, tuple[str, ...]]:
    return Supervisor(config(**changes)).check(command, situation, NOW)


def test_what_is_allowed_passes_unchanged() -> None:
    command, reasons = check(AHEAD, FREE, fence_radius=100.0, max_altitude=50.0)
    assert (command, reasons) == (AHEAD, ())


def test_nothing_is_allowed_by_default() -> None:
    command, reasons = check(AHEAD, Situation())
    assert command.is_zero
    assert command.reason == reasons[0] == 'stopped by the operator'


FENCED = {'fence_radius': 50.0}
HOLDS = [
    ({}, {'allowed': False}, 'operator'),
    ({}, {'confirmed': False}, 'not confirmed'),
    (FENCED, {'pose': None}, 'pose'),
    (FENCED, {'pose': pose(stamp=NOW - 0.6)}, 'pose'),
    (FENCED, {'pose': pose(stamp=NOW + 0.6)}, 'pose'),  # the clock was set back
    (FENCED, {'pose': pose(stamp=math.nan)}, 'not finite'),
    (FENCED, {'pose': pose(x=math.nan)}, 'not finite'),
    (FENCED, {'pose': pose(yaw=math.inf)}, 'not finite'),
    (FENCED, {'pose': pose(velocity=(math.nan, 0, 0))}, 'not finite'),
    ({'max_altitude': 9.0}, {'pose': None}, 'pose'),
    ({'fence': '-9 -9, 9 -9, 0 9'}, {'pose': None}, 'pose'),
    ({}, {'target': np.array([math.nan, 0, 0])}, 'not finite'),
    ({'min_battery': 0.2}, {'battery': 0.19}, 'battery'),
    ({'min_battery': 0.2}, {'battery': None}, 'battery'),
    ({'min_battery': 0.2}, {'battery': math.nan}, 'battery'),
    ({'min_battery': 0.2}, {'battery': 85.0}, 'percent'),  # and 15.0 would be far above 0.2
    ({'min_battery': 0.2}, {'battery': 2.0}, 'percent'),
    ({'min_battery': 0.2}, {'battery': -1.0}, 'percent'),
    ({'link': 'console_node'}, {'link_age': 1.1}, 'link'),
    ({'link': 'console_node'}, {'link_age': None}, 'link'),
    ({'link': 'console_node'}, {'link_age': math.nan}, 'link'),
]


@pytest.mark.parametrize(('limits', 'changes', 'why'), HOLDS)
def test_unsure_means_zero_and_hold(
    limits: dict[str, Any], changes: dict[str, Any], why: str
) -> None:
    assert check(AHEAD, FREE, **limits) == (AHEAD, ())
    command, reasons = check(AHEAD, replace(FREE, **changes), **limits)
    assert command.is_zero
    assert why in command.reason
    assert reasons == (command.reason,)


def test_what_is_not_watched_need_not_be_known() -> None:
    nothing = Situation(allowed=True, confirmed=True, target=FAR)
    assert check(AHEAD, nothing) == (AHEAD, ())


def test_a_command_that_is_not_finite_is_none() -> None:
    broken = VelocityCommand(vx=1.0)
    object.__setattr__(broken, 'vx', math.nan)  # it cannot be made in an honest way
    command, reasons = check(broken, FREE)
    assert command.is_zero
    assert 'not finite' in reasons[0]


def test_zero_stays_zero_with_its_own_reason() -> None:
    stop = VelocityCommand.stop('LOST')
    assert check(stop, Situation())[0].reason == 'LOST'


def test_caps_of_each_axis() -> None:
    command, reasons = check(VelocityCommand(9.0, -9.0, -9.0, 9.0), FREE)
    limits = config()
    assert command.axes == (
        limits.servo.max_forward,
        -limits.servo.max_backward,
        -limits.servo.max_vertical,
        limits.servo.max_yaw_rate,
    )
    assert 'limit' in reasons[0]


def test_ground_robot_neither_climbs_nor_slides() -> None:
    ground = config(robot='ground', max_altitude=5.0)
    command, _ = Supervisor(ground).check(VelocityCommand(0.5, 0.5, 0.5, 0.1), FREE, NOW)
    assert command.axes == (0.5, 0.0, 0.0, 0.1)


def test_at_the_fence_it_still_turns_and_comes_back() -> None:
    at_edge = replace(FREE, pose=pose(x=9.5))
    out, reasons = check(AHEAD, at_edge, fence_radius=10.0)
    assert (out.vx, out.vz, out.yaw_rate) == (0.0, 0.3, 0.5)
    assert 'fence' in reasons[0]
    back, _ = check(VelocityCommand(vx=-1.0), at_edge, fence_radius=10.0)
    assert -0.5 <= back.vx < 0.0


def test_along_a_straight_fence_it_goes_on() -> None:
    corridor = '-100 -3, 100 -3, 100 3, -100 3'
    along = VelocityCommand(vx=1.0)
    beside = replace(FREE, pose=pose(y=1.8))
    assert check(along, beside, fence=corridor) == (along, ())
    slanted = replace(FREE, pose=pose(y=1.8, yaw=1.2))
    assert 0.0 < check(along, slanted, fence=corridor)[0].vx < 0.5


def test_turning_towards_the_fence_counts_as_going_there() -> None:
    """Beside the wall, straight on is fine; straight on in a left bend is not."""
    corridor = '-100 -3, 100 -3, 100 2.2, -100 2.2'
    beside = replace(FREE, pose=pose(y=1.0))
    assert check(VelocityCommand(vx=1.5), beside, fence=corridor)[1] == ()
    bend, reasons = check(VelocityCommand(vx=1.5, yaw_rate=1.2), beside, fence=corridor)
    assert bend.vx < 1.5
    assert 'fence' in reasons[0]


def test_being_carried_out_is_seen() -> None:
    """The wind carries it to the fence: a command along the fence does not help any more."""
    carried = replace(FREE, pose=pose(x=8.0, yaw=math.pi / 2, velocity=(4.0, 0.0, 0.0)))
    assert check(VelocityCommand(vx=1.0), carried, fence_radius=10.0)[0].is_zero


def test_an_older_pose_brakes_earlier() -> None:
    near = [replace(FREE, pose=pose(x=6.5, stamp=NOW - age)) for age in (0.0, 0.4)]
    fresh, old = (check(VelocityCommand(vx=2.5), s, fence_radius=10.0)[0].vx for s in near)
    assert 0.0 < old < fresh < 2.5


def test_flight_into_the_fence_stops_before_it() -> None:
    """Fly straight out at full speed, with lag, as fast as the supervisor lets us."""
    limits = config(fence_radius=20.0, fence_margin=1.0)
    supervisor, dt = Supervisor(limits), 1.0 / limits.servo.rate
    x, speed, fastest = 0.0, 0.0, 0.0
    for tick in range(1500):
        now = NOW + tick * dt
        here = pose(x=x, velocity=(speed, 0.0, 0.0), stamp=now)
        situation = replace(FREE, pose=here)
        command, _ = supervisor.check(VelocityCommand(vx=3.0), situation, now)
        change = (command.vx - speed) * dt / limits.servo.lag
        speed += min(max(change, -limits.supervisor.braking * dt), limits.supervisor.braking * dt)
        x += speed * dt
        fastest = max(fastest, x)
    assert 17.0 < fastest < 19.2
    assert speed < 0.05


def test_band_of_altitudes() -> None:
    band = {'min_altitude': 2.0, 'max_altitude': 5.0}
    up, down = VelocityCommand(vz=0.8), VelocityCommand(vz=-0.8)
    for z, rising, sinking in (
        (1.0, 0.8, 0.0),
        (3.5, 0.8, -0.8),
        (4.95, None, -0.8),
        (6.0, 0, -0.8),
    ):
        there = replace(FREE, pose=pose(z=z))
        if rising is not None:
            assert check(up, there, **band)[0].vz == pytest.approx(rising)
        else:
            assert 0.0 < check(up, there, **band)[0].vz < 0.2
        assert check(down, there, **band)[0].vz == pytest.approx(sinking)
    assert check(up, replace(FREE, pose=pose(z=13.0)), home_z=10.0, **band)[0].vz == 0.8


def test_not_nearer_than_the_least_distance() -> None:
    limits = {'min_distance': 2.0}
    near = replace(FREE, target=np.array([1.8, 0.0, 0.0]))
    stopped, reasons = check(VelocityCommand(vx=1.0, yaw_rate=0.2), near, **limits)
    assert stopped.axes == (0.0, 0.0, 0.0, 0.2)
    assert 'target' in reasons[0]
    away = VelocityCommand(vx=-1.0)
    assert check(away, near, **limits) == (away, ())
    beside = replace(FREE, target=np.array([0.0, 1.8, 0.0]))
    assert check(VelocityCommand(vx=1.0), beside, **limits)[0].vx == 1.0
    unknown = replace(FREE, target=None)
    assert check(VelocityCommand(vx=1.0), unknown, **limits)[0].is_zero
    assert check(VelocityCommand(yaw_rate=1.0), unknown, **limits)[0].yaw_rate == 1.0


@pytest.mark.parametrize(
    ('changes', 'why'),
    [
        ({'fence': '0 0, 1 1'}, 'corners'),
        ({'min_altitude': 5.0, 'max_altitude': 4.0}, 'max_altitude'),
        ({'fence_radius': -1.0}, 'fence_radius'),
    ],
)
def test_limits_that_contradict_are_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(BadConfig, match=why):
        config(**changes)


# Ten thousand situations drawn at random.


def draw(rng: np.random.Generator) -> tuple[ControllerConfig, Situation, VelocityCommand]:
    """Draw limits, a situation near them, and a command that may break all of them."""

    def maybe(value: Any, nothing: Any, share: float = 0.8) -> Any:
        return value if rng.random() < share else nothing

    angles = np.sort(rng.uniform(0, 2 * math.pi, rng.integers(3, 9)))
    gaps = np.diff(np.append(angles, angles[0] + 2 * math.pi))
    radii = rng.uniform(3, 15, len(angles))
    around = [
        f'{r * math.cos(a):.3f} {r * math.sin(a):.3f}' for r, a in zip(radii, angles, strict=True)
    ]
    is_star = gaps.max() < 3.0 and gaps.min() > 0.05
    limits = config(
        robot=str(rng.choice(['drone', 'ground'])),
        fence=maybe(', '.join(around), '', 0.7) if is_star else '',
        fence_radius=maybe(float(rng.uniform(2, 15)), 0.0, 0.5),
        fence_margin=float(rng.choice([0.0, 0.3, 1.0, 2.0])),
        home_x=float(rng.uniform(-2, 2)),
        home_y=float(rng.uniform(-2, 2)),
        home_z=float(rng.uniform(-2, 2)),
        min_altitude=maybe(float(rng.uniform(0.5, 3)), 0.0, 0.5),
        max_altitude=maybe(float(rng.uniform(3.5, 8)), 0.0, 0.5),
        braking=float(rng.uniform(0.3, 4)),
        min_distance=maybe(float(rng.uniform(0, 4)), 0.0),
        min_battery=maybe(0.3, 0.0, 0.3),
        link=maybe('console_node', '', 0.3),
        lag=float(rng.uniform(0, 0.8)),
        max_forward=float(rng.uniform(0, 5)),
        max_backward=float(rng.uniform(0, 3)),
    )
    here = VehiclePose(
        NOW - maybe(float(rng.uniform(0, 0.4)), 0.7, 0.95),
        rng.normal(0, 6, 3) + np.array([0, 0, maybe(2.0, math.nan, 0.99)]),
        float(rng.uniform(-4, 4)),
        rng.normal(0, 1.5, 3) * maybe(1.0, 0.0, 0.5),
    )
    situation = Situation(
        allowed=rng.random() < 0.95,
        confirmed=rng.random() < 0.95,
        pose=maybe(here, None, 0.97),
        target=maybe(rng.normal(0, 4, 3), None, 0.9),
        battery=maybe(float(rng.uniform(0.2, 1)), None, 0.95),
        link_age=maybe(float(rng.uniform(0, 1.2)), None, 0.95),
    )
    axes = rng.normal(0, 2, 4) * (rng.random(4) < 0.8)
    return limits, situation, VelocityCommand(*(float(value) for value in axes))


def polygon_of(limits: ControllerConfig) -> np.ndarray:
    return np.array([pair.split() for pair in limits.supervisor.fence.split(', ')], float)


def in_polygon(points: np.ndarray, limits: ControllerConfig) -> np.ndarray:
    """Tell which points (N, 2) are inside, by the winding number."""
    ways = polygon_of(limits)[None] - points[:, None]
    turns = np.arctan2(ways[..., 1], ways[..., 0])
    steps = np.diff(turns, axis=1, append=turns[:, :1])
    around = ((steps + math.pi) % (2 * math.pi) - math.pi).sum(axis=1)
    return np.abs(around) > math.pi


def to_polygon(point: np.ndarray, limits: ControllerConfig) -> float:
    """Return the distance to the sides, by points on them two centimetres apart or less."""
    corners = polygon_of(limits)
    share = np.linspace(0, 1, 1500)[:, None, None]
    sides = corners + share * (np.roll(corners, -1, axis=0) - corners)
    return float(np.linalg.norm(sides - point, axis=-1).min())


def check_fence(limits: ControllerConfig, known: VehiclePose, out: VelocityCommand) -> None:
    speed = math.hypot(out.vx, out.vy)
    if speed < 1e-9:
        return
    angle = known.yaw + math.atan2(out.vy, out.vx)
    reaction = limits.servo.lag + 1 / limits.servo.rate + NOW - known.stamp
    length = speed * reaction + speed**2 / (2 * limits.supervisor.braking)
    here, direction = known.position[:2], np.array([math.cos(angle), math.sin(angle)])
    ways = here + np.linspace(0, length, 40)[:, None] * direction
    probe = here + 0.2 * direction
    if limits.supervisor.fence_radius:
        radii = np.hypot(*(ways - (limits.supervisor.home_x, limits.supervisor.home_y)).T)
        if radii[0] <= limits.supervisor.fence_radius:
            assert (radii <= limits.supervisor.fence_radius + 1e-9).all(), (
                'it leaves before it can stop'
            )
        else:
            assert (
                math.dist(probe, (limits.supervisor.home_x, limits.supervisor.home_y)) < radii[0]
            )
            assert speed <= 0.5 + 1e-9
    if limits.supervisor.fence:
        inside = in_polygon(ways, limits)
        if inside[0]:
            assert inside.all(), 'it leaves before it can stop'
        else:
            comes_in = in_polygon(probe[None], limits)[0]
            assert comes_in or to_polygon(probe, limits) < to_polygon(here, limits)
            assert speed <= 0.5 + 1e-9


def check_height(limits: ControllerConfig, known: VehiclePose, out: VelocityCommand) -> None:
    reaction = limits.servo.lag + 1 / limits.servo.rate + NOW - known.stamp
    height = known.position[2] - limits.supervisor.home_z
    stop = abs(out.vz) * reaction + out.vz**2 / (2 * limits.supervisor.braking)
    if out.vz > 0 and limits.supervisor.max_altitude:
        assert height + stop <= limits.supervisor.max_altitude + 1e-6
    if out.vz < 0 and limits.supervisor.min_altitude:
        assert height - stop >= limits.supervisor.min_altitude - 1e-6


def check_target(limits: ControllerConfig, target: Any, out: VelocityCommand) -> None:
    if not limits.servo.min_distance:
        return
    if target is None:
        assert out.vx <= 0.0
        assert out.vy == 0.0
        return
    distance = math.hypot(target[0], target[1])
    closing = (out.vx * target[0] + out.vy * target[1]) / distance
    if closing > 1e-9:
        stop = closing * (limits.servo.lag + 1 / limits.servo.rate) + closing**2 / (
            2 * limits.supervisor.braking
        )
        assert distance - stop >= limits.servo.min_distance - 1e-6


def test_ten_thousand_random_situations() -> None:
    rng = np.random.default_rng(2026)
    moved = reduced = 0
    for _ in range(10_000):
        limits, situation, command = draw(rng)
        out, reasons = Supervisor(limits).check(command, situation, NOW)
        for wanted, got in zip(command.axes, out.axes, strict=True):
            assert abs(got) <= abs(wanted)
            assert got * wanted >= 0.0
        assert bool(reasons) == (out.axes != command.axes)
        if out.is_zero:
            continue
        moved, reduced = moved + 1, reduced + bool(reasons)
        assert situation.allowed
        assert situation.confirmed
        is_drone = limits.servo.robot == 'drone'
        assert -limits.servo.max_backward <= out.vx <= limits.servo.max_forward
        assert abs(out.vy) <= (limits.servo.max_backward if is_drone else 0.0)
        assert abs(out.vz) <= (limits.servo.max_vertical if is_drone else 0.0)
        assert abs(out.yaw_rate) <= limits.servo.max_yaw_rate
        if limits.supervisor.min_battery:
            assert situation.battery is not None
            assert situation.battery >= limits.supervisor.min_battery
        if limits.supervisor.link:
            assert situation.link_age is not None
            assert situation.link_age <= limits.supervisor.link_timeout
        has_band = is_drone and (limits.supervisor.min_altitude or limits.supervisor.max_altitude)
        if limits.supervisor.fence or limits.supervisor.fence_radius or has_band:
            assert situation.pose is not None
            assert np.isfinite(situation.pose.position).all()
            assert NOW - situation.pose.stamp <= limits.supervisor.pose_timeout
            check_fence(limits, situation.pose, out)
            if is_drone:
                check_height(limits, situation.pose, out)
        check_target(limits, situation.target, out)
    # Neither everything nor nothing was let through.
    assert moved > 4000
    assert 2000 < reduced < moved
