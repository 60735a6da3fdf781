# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The plots about one difficulty each, and what they are made of."""

from __future__ import annotations

import math

from follow_anything.core.config import SimulatorConfig
from follow_anything.core.errors import InvalidInput
from follow_anything.core.types import Frame
from follow_anything.sim.actors.movers import advance, Mover, Pose
from follow_anything.sim.actors.paths import line, rounded
from follow_anything.sim.assets import ObjectLibrary
from follow_anything.sim.meshes.costume import COSTUMES, dress
from follow_anything.sim.plots import PLOTS
from follow_anything.sim.plots.plot import Shade
from follow_anything.sim.scenarios import EVERYDAY, make_scenario, SCENARIOS
from follow_anything.sim.vehicle.disturbance import Disturbance, Push
from follow_anything.sim.vehicle.link import FrameLink, LinkModel, PERFECT
import numpy as np
import pytest

pytest.importorskip('mujoco', reason='the embedded simulator needs MuJoCo: pip install mujoco')

from follow_anything.sim.simulator import Simulator

pytestmark = [pytest.mark.sim, pytest.mark.identity, pytest.mark.scenario]

AWAY = np.array([0.0, 0.0, 9.0])
"""A vehicle that is in nobody's way."""


def walk(movers: list[Mover], seconds: float, dt: float = 0.05) -> list[list[Pose]]:
    """Let time pass; return where everybody was."""
    poses = [Pose(mover.start) for mover in movers]
    for mover, pose in zip(movers, poses, strict=True):
        pose.place(mover)
    history = []
    for step in range(round(seconds / dt)):
        advance(movers, poses, AWAY, 0.3, step * dt, dt)
        history.append([Pose(**vars(pose)) for pose in poses])
    return history


def test_the_everyday_scenarios_keep_their_place_in_the_seed() -> None:
    assert tuple(SCENARIOS)[:5] == EVERYDAY
    assert tuple(SCENARIOS)[5:] == tuple(PLOTS)


@pytest.mark.parametrize('name', list(PLOTS))
def test_cast_place_and_light_are_drawn_from_the_seed(name: str) -> None:
    worlds = [make_scenario(name, 'ground', seed) for seed in range(12)]
    assert len({world.query for world in worlds}) >= 4
    assert len({world.sun for world in worlds}) == 12
    assert len({(world.start[0] > 0, world.start[1] > 0) for world in worlds}) >= 3


@pytest.mark.parametrize('robot', ['drone', 'ground'])
@pytest.mark.parametrize('name', ['wall_1s', 'wall_2s', 'wall_4s', 'wall_8s', 'turned_hidden'])
def test_the_target_keeps_clear_of_the_hoardings(name: str, robot: str) -> None:
    for seed in range(6):
        world = make_scenario(name, robot, seed)
        panels = np.array([(t.x, t.y) for t in world.things if t.model == 'hoarding'])
        assert len(panels) >= 4
        target = world.movers[0]
        way = np.array([target.path.point(s) for s in np.arange(0, target.path.length, 0.1)])
        gap = np.abs(way[:, None] - panels[None])
        assert not ((gap[..., 0] < 0.45) & (gap[..., 1] < 0.5)).any()
        assert (np.abs(way[:, 1]) > 5.2).all()


def test_twins_are_dressed_as_the_target() -> None:
    for name in ('twin_crosses', 'twin_first', 'gone'):
        target, twin, *_ = make_scenario(name, 'drone', 1).movers
        assert twin.model == target.model
    for name in ('group', 'gusts', 'late_frames', 'wall_4s'):
        target, *others = make_scenario(name, 'drone', 1).movers
        assert target.model not in {other.model for other in others}


def test_a_target_stops_where_it_is_told_and_at_the_end_of_its_way() -> None:
    mover = Mover('boy', 'person', line([(0, 0), (6, 0)]), 1.0, stops=((2.0, 3.0),))
    history = walk([mover], 14.0)
    stands = [pose.s for (pose,) in history if pose.speed < 0.01]
    assert min(s for s in stands if s > 1.0) == pytest.approx(2.1, abs=0.15)
    assert sum(2.0 <= s <= 2.3 for s in stands) * 0.05 == pytest.approx(3.0, abs=0.5)
    assert history[-1][0].s == pytest.approx(6.0)
    assert history[-1][0].speed == 0.0


def test_paces_and_cues() -> None:
    target = Mover('boy', 'person', line([(0, 0), (30, 0)]), 1.0, paces=((5.0, 2.0),))
    other = Mover('girl', 'person', line([(0, 9), (30, 9)]), 1.0, cue=4.0)
    history = walk([target, other], 10.0)
    assert [p.speed for p, _ in history if 2.0 < p.s < 5.0] == pytest.approx([1.0] * 60, abs=0.1)
    assert history[-1][0].speed == pytest.approx(2.0)
    assert all(o.s == 0.0 for p, o in history if p.s < 3.9)
    assert history[-1][1].s > 1.0


def test_who_has_gone_is_in_nobodys_picture() -> None:
    config = SimulatorConfig(
        robot='ground', scenario='gone', seed=2, width=64, height=48, assets='primitives'
    )
    with Simulator(config) as simulator:
        target, pose = simulator.scenario.movers[0], simulator._poses[0]
        assert not simulator.truth().gone
        pose.s = target.gone_at - 0.05
        for _ in range(90):  # it stands for three seconds first
            simulator.step()
        truth = simulator.truth()
    assert truth.gone
    assert truth.box is None
    assert truth.visibility == 0.0


def test_a_push_turns_the_vehicle_and_odometry_knows() -> None:
    config = SimulatorConfig(
        robot='ground', scenario='leaves', seed=1, width=64, height=48, assets='primitives'
    )
    with Simulator(config) as simulator:
        first = simulator.scenario.pushes[0]
        yaw = []
        while simulator.time < first.at + 0.5 * first.seconds:  # nobody commands anything
            simulator.step()
            yaw.append(simulator.odometry.yaw)
        assert simulator.odometry.angular[2] == pytest.approx(first.rate)
        while simulator.time < first.at + first.seconds + 0.2:
            simulator.step()
        turned = math.remainder(simulator.odometry.yaw - yaw[0], 2 * math.pi)
    assert turned == pytest.approx(first.rate * first.seconds, abs=0.06)
    assert simulator.odometry.angular[2] == 0.0


def test_a_push_waits_until_the_target_is_hidden_and_comes_once() -> None:
    disturbance = Disturbance([Push(0.5, 0.4)], 0.0, 0)
    shares = [1.0] * 10 + [0.0] * 3 + [0.5] + [0.0] * 30  # hidden too briefly, then for good
    rates = [disturbance.rate(0.1 * k, 0.1, share) for k, share in enumerate(shares)]
    pushed = [k for k, rate in enumerate(rates) if rate]
    assert 17 <= pushed[0] <= 18
    assert len(pushed) == 4
    assert not disturbance.needs_visibility


def test_shaking_has_the_spread_it_was_given() -> None:
    disturbance = Disturbance([], 0.3, 5)
    rates = [disturbance.rate(0.05 * k, 0.05, 1.0) for k in range(8000)]
    assert np.std(rates) == pytest.approx(0.3, rel=0.12)
    assert abs(np.mean(rates)) < 0.05


def frame(stamp: float) -> Frame:
    return Frame(stamp, np.zeros((4, 4, 3), np.uint8))


def through(link: LinkModel, count: int, seed: int = 0) -> list[tuple[float, float]]:
    """Send a frame every 50 ms; return when something arrived, and how old it was."""
    channel, came = FrameLink(link, seed), []
    for k in range(count):
        channel.send(frame(0.05 * k))
        got = channel.receive(0.05 * k)
        if got is not None:
            came.append((0.05 * k, 0.05 * k - got.stamp))
    return came


def test_a_perfect_link_gives_every_frame_at_once() -> None:
    assert through(PERFECT, 40) == [(pytest.approx(0.05 * k), 0.0) for k in range(40)]


def test_a_bad_link_delays_drops_and_falls_silent() -> None:
    late = through(LinkModel(delay=0.1), 40)
    assert {round(age, 3) for _, age in late} == {0.1}
    dropped = through(LinkModel(drop=0.25), 2000)
    assert len(dropped) == pytest.approx(1500, rel=0.05)
    gaps = np.diff([when for when, _ in through(LinkModel(gap_every=5.0, gap=0.6), 2000)])
    assert gaps.max() == pytest.approx(0.65, abs=0.06)
    assert 8 <= (gaps > 0.5).sum() <= 30
    assert through(LinkModel(delay=0.1, jitter=0.05, drop=0.2), 99, 3) == through(
        LinkModel(delay=0.1, jitter=0.05, drop=0.2), 99, 3
    )


def test_a_costume_colours_the_front_and_leaves_the_back() -> None:
    person = ObjectLibrary().get('man_denim')
    worn = dress(person, 'bib')
    assert worn.triangles == person.triangles
    assert worn.size == person.size
    front = [part for part in worn.parts if part.color == COSTUMES['bib']]
    middles = np.concatenate([p.vertices[-1][p.faces].mean(1) for p in front])
    assert len(middles) > 20
    assert (middles[:, 0] > -0.05).all()
    assert ObjectLibrary().get('man_denim+bib').triangles == person.triangles
    with pytest.raises(InvalidInput, match='apron'):
        dress(person, 'tiara')


def test_a_shade_covers_its_rectangle() -> None:
    shade = Shade(10.0, 8.0, 2.0, 1.0, (0.5, 0.5, 0.6))
    assert shade.covers(11.9, 7.1)
    assert not shade.covers(12.1, 8.0)


def test_the_target_is_darker_in_the_shade_and_as_before_behind_it() -> None:
    config = SimulatorConfig(scenario='shade', seed=3, width=160, height=120, assets='primitives')
    with Simulator(config) as simulator:
        world, pose = simulator._world, simulator._poses[0]
        geoms = world.target_geoms
        sunny = world.model.geom_rgba[geoms].copy()
        path, shades = simulator.scenario.movers[0].path, simulator.scenario.shades
        tints = []
        for s in np.arange(pose.s, path.length, 0.25):
            pose.s = float(s)
            pose.place(simulator.scenario.movers[0])
            simulator._place()
            inside = any(shade.covers(pose.x, pose.y) for shade in shades)
            same = np.array_equal(world.model.geom_rgba[geoms], sunny)
            assert inside != same
            tints.append(inside)
    assert 0.1 < np.mean(tints) < 0.7
    assert np.count_nonzero(np.diff(tints)) >= 4


def test_rounded_ways_keep_their_ends_and_cut_their_corners() -> None:
    path = rounded([(0, 0), (4, 0), (4, 3)], 1.0)
    assert path.point(0.0) == pytest.approx((0, 0))
    assert path.point(path.length) == pytest.approx((4, 3))
    assert 6.0 < path.length < 7.0
    assert np.hypot(*(path.point(path.nearest(4, 0)) - (4, 0))) > 0.3
