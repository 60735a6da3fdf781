# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Paths, people who cross, people who give way; and the scenarios as data."""

from __future__ import annotations

from collections.abc import Callable
import math

from follow_anything.core.errors import BadConfig
from follow_anything.sim.actors.movers import advance, Crossing, Mover, Pose
from follow_anything.sim.actors.paths import line, ring
from follow_anything.sim.meshes.gait import PHASES
from follow_anything.sim.scenarios import FOLLOW_DISTANCE, make_scenario, SCENARIOS
import numpy as np
import pytest

pytestmark = pytest.mark.sim

DT = 0.05
NOBODY = np.array([500.0, 500.0, 0.0])


def walk(
    movers: list[Mover],
    seconds: float,
    vehicle: np.ndarray = NOBODY,
    look: Callable[[float, list[Pose]], None] = lambda now, poses: None,
) -> list[Pose]:
    poses = [Pose(mover.start) for mover in movers]
    for mover, pose in zip(movers, poses, strict=True):
        pose.place(mover)
    for k in range(round(seconds / DT)):
        advance(movers, poses, vehicle, 0.3, k * DT, DT)
        look(k * DT, poses)
    return poses


def test_ring_is_closed_round_and_goes_anticlockwise() -> None:
    path = ring((10.0, 5.0), 2.0)
    assert path.length == pytest.approx(4 * 15 - 8 * 2 + 2 * math.pi * 2, rel=0.01)
    assert path.point(0.0) == pytest.approx(path.point(path.length), abs=0.01)
    south = path.nearest(0.0, -5.0)
    assert path.heading(south) == pytest.approx(0.0, abs=0.05)
    turns = np.diff(np.unwrap([path.heading(s) for s in np.arange(0, path.length, 0.1)]))
    assert np.abs(turns).max() < 0.12  # no kink


def test_a_walker_keeps_its_speed_and_looks_ahead() -> None:
    mover = Mover('boy', 'person', ring((10.0, 5.0), 2.0), 1.2, delay=1.0)
    standing = walk([mover], 0.9)[0]
    assert standing.speed == 0.0
    assert standing.phase(mover) == PHASES
    pose = walk([mover], 11.0)[0]
    assert pose.s == pytest.approx(1.2 * (10.0 - 0.5), abs=0.15)
    assert pose.phase(mover) < PHASES


def test_a_walker_pauses_where_it_should() -> None:
    mover = Mover('boy', 'person', ring((10.0, 5.0), 2.0), 1.0, pauses=(5.0,))
    resting = []
    walk([mover], 12.0, look=lambda now, poses: resting.append(poses[0].speed < 0.01 and now > 1))
    assert 1.0 < DT * sum(resting) < 2.5


def test_people_wait_for_the_vehicle_and_go_on() -> None:
    mover = Mover('boy', 'person', line([(0, 0), (20, 0)]), 1.0, crossing=None)
    blocked = walk([mover], 10.0, np.array([5.0, 0.0, 0.0]))[0]
    assert 3.0 < blocked.x < 4.4
    above = walk([mover], 10.0, np.array([5.0, 0.0, 3.0]))[0]
    assert above.x > 8.0


def test_a_crosser_passes_just_behind_the_target() -> None:
    target = Mover(
        'girl', 'person', ring((18.0, 8.0), 2.0), 1.0, ring((18.0, 8.0), 2.0).nearest(0, 8)
    )
    place = target.path.nearest(-6.0, 8.0)
    way = line([(-6.0, 11.0), (-6.0, 5.0)])
    crosser = Mover('boy', 'person', way, 1.2, crossing=Crossing(place, 3.0, 1.5))
    gaps = []

    def look(now: float, poses: list[Pose]) -> None:
        if abs(poses[1].s - 3.0) < 0.04 and poses[1].under_way:
            gaps.append(poses[0].s - place)

    poses = walk([target, crosser], 16.0, look=look)
    assert gaps
    assert np.mean(gaps) == pytest.approx(1.5, abs=0.35)
    assert poses[1].speed == 0.0  # and waits on the other side
    assert not poses[1].forward


@pytest.mark.parametrize('robot', list(FOLLOW_DISTANCE))
@pytest.mark.parametrize('name', list(SCENARIOS))
def test_scenarios_obey_the_seed_and_start_behind_the_target(name: str, robot: str) -> None:
    one, same, other = (make_scenario(name, robot, seed) for seed in (3, 3, 4))
    assert one.start == same.start
    assert one.things == same.things
    assert one.start != other.start
    x, y, yaw = one.start
    tx, ty = one.movers[0].path.point(one.movers[0].start)
    back = 2.1 if name == 'cars' else 0.0  # the follower keeps away from the bumper
    assert math.hypot(tx - x, ty - y) == pytest.approx(FOLLOW_DISTANCE[robot] + back, abs=0.5)
    assert math.atan2(ty - y, tx - x) == pytest.approx(yaw)


def test_look_alikes_are_really_alike() -> None:
    for name in ('street', 'crossing', 'cars', 'dog'):
        scenario = make_scenario(name, 'drone', 0)
        target, *others = scenario.movers
        assert any((o.model, o.paint) == (target.model, target.paint) for o in others)


def test_unknown_names_say_what_there_is() -> None:
    with pytest.raises(BadConfig, match='street'):
        make_scenario('moon', 'drone', 0)
    with pytest.raises(BadConfig, match='ground'):
        make_scenario('street', 'boat', 0)
