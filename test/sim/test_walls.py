# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""For how long the hoardings hide the target, and who comes out first: by lines of sight alone."""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.sim.actors.movers import advance, Mover, Pose
from follow_anything.sim.meshes.primitives import make
from follow_anything.sim.scenarios import FOLLOW_DISTANCE, make_scenario, Scenario
from follow_anything.sim.vehicle.vehicles import make_vehicle
import numpy as np
import pytest

pytestmark = [pytest.mark.sim, pytest.mark.identity, pytest.mark.scenario]

DT, SECONDS = 0.05, 60.0
SEEDS = range(10)
NOBODY = np.array([500.0, 500.0, 0.0])
BOARD = make('hoarding').size
NEAR_M = 2.5
"""Who is further behind a wall than this has left it."""


def walk(movers: list[Mover]) -> np.ndarray:
    """Let time pass; return where everybody was, (steps, movers, 2)."""
    poses = [Pose(mover.start) for mover in movers]
    for mover, pose in zip(movers, poses, strict=True):
        pose.place(mover)
    history = []
    for step in range(round(SECONDS / DT)):
        advance(movers, poses, NOBODY, 0.3, step * DT, DT)
        history.append([(pose.x, pose.y) for pose in poses])
    return np.array(history)


@dataclass(frozen=True)
class Wall:
    """A wall at x, from y = low to high; along: 1 or -1, the way past it."""

    x: float
    low: float
    high: float
    along: float

    def behind(self, way: np.ndarray) -> np.ndarray:
        """Return how far behind it somebody is, metres; negative: still before it."""
        return (way[:, 0] - self.x) * self.along

    def hides(self, way: np.ndarray, eye: np.ndarray, top: float) -> np.ndarray:
        """Tell when somebody of a height cannot be seen from an eye (3,) before the wall."""
        share = (self.x - eye[0]) / (way[:, 0] - eye[0])
        across = eye[1] + (way[:, 1] - eye[1]) * share
        height = eye[2] + (top - eye[2]) * share
        behind = self.behind(way)
        is_covered = (across > self.low) & (across < self.high) & (height < BOARD[2])
        return is_covered & (behind > 0.0) & (behind < NEAR_M)


def walls_of(world: Scenario) -> list[Wall]:
    """Return them in the order in which the target comes to them."""
    path = world.movers[0].path
    along = float(np.sign(path.point(path.length)[0] - path.point(0.0)[0]))
    panels = np.array([(t.x, t.y) for t in world.things if t.model == 'hoarding'])
    walls = []
    for x in np.unique(panels[:, 0])[:: int(along)]:
        y, half = np.sort(panels[panels[:, 0] == x, 1]), BOARD[1] / 2
        assert np.diff(y).max() <= BOARD[1] + 1e-6, 'there is a gap in it'
        walls.append(Wall(float(x), float(y.min()) - half, float(y.max()) + half, along))
    return walls


def eye_of(robot: str, wall: Wall, target: np.ndarray) -> np.ndarray:
    """Return the eye of a robot that waits where it was when the target passed the wall, (3,)."""
    passes = target[int((wall.behind(target) > 0.0).argmax())]
    start = (wall.x - wall.along * FOLLOW_DISTANCE[robot], float(passes[1]), 0.0)
    body = make_vehicle(robot, start, 0.5, 0.0, 0)
    return np.array([*start[:2], body.camera_pose()[0][2]])


def spells(hidden: np.ndarray) -> list[tuple[float, float]]:
    """Return from when until when each time, s."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hidden.astype(int), [0]])))
    return [(DT * float(a), DT * float(b)) for a, b in edges.reshape(-1, 2)]


@pytest.mark.parametrize('robot', ['drone', 'ground'])
@pytest.mark.parametrize(
    ('name', 'hidden_s', 'count'),
    [
        ('wall_1s', 1.0, 3),
        ('wall_2s', 2.0, 3),
        ('wall_4s', 4.0, 2),
        ('wall_8s', 8.0, 2),
        ('turned_hidden', 3.0, 2),
    ],
)
def test_a_wall_hides_the_target_for_its_time_from_a_robot_that_waits(
    name: str, hidden_s: float, count: int, robot: str
) -> None:
    lasting = []
    for seed in SEEDS:
        world = make_scenario(name, robot, seed)
        walls = walls_of(world)
        assert len(walls) == count
        (target,) = walk([world.movers[0]]).swapaxes(0, 1)
        for wall in walls:
            eye = eye_of(robot, wall, target)
            first, *_ = spells(wall.hides(target, eye, world.target_height))
            lasting.append(first[1] - first[0])
            assert lasting[-1] == pytest.approx(hidden_s, abs=min(0.5, 0.25 * hidden_s)), seed
    assert np.median(lasting) == pytest.approx(hidden_s, rel=0.2)


@pytest.mark.parametrize('robot', ['drone', 'ground'])
@pytest.mark.parametrize('name', ['wall_1s', 'wall_2s', 'wall_4s', 'wall_8s', 'turned_hidden'])
def test_an_episode_lasts_until_the_target_is_out_again(name: str, robot: str) -> None:
    """Who is out for less than a second at the end, and not found yet, does not count."""
    spare = []
    for seed in SEEDS:
        world = make_scenario(name, robot, seed)
        (target,) = walk([world.movers[0]]).swapaxes(0, 1)
        last = walls_of(world)[-1]
        hidden = last.hides(target, eye_of(robot, last, target), world.target_height)
        spare.append(world.seconds - spells(hidden)[0][1])
    assert np.sort(spare)[1] > 1.0, spare  # all but one in ten


@pytest.mark.parametrize('robot', ['drone', 'ground'])
def test_a_twin_goes_behind_the_wall_first_and_comes_out_first(robot: str) -> None:
    for seed in SEEDS:
        world = make_scenario('twin_first', robot, seed)
        walls = walls_of(world)
        assert len(walls) == 2
        target, *twins = walk(list(world.movers[:3])).swapaxes(0, 1)
        for wall, twin in zip(walls, twins, strict=True):
            eye = eye_of(robot, wall, target)
            mine, other = (
                spells(wall.hides(way, eye, world.target_height)) for way in (target, twin)
            )
            assert len(mine) == len(other) == 1, seed
            (gone, back), (twin_gone, twin_back) = mine[0], other[0]
            went_in = twin[: round(twin_gone / DT)]
            assert (wall.behind(went_in) < 0.0).any(), 'it came from before the wall'
            assert twin_gone < gone - 1.0, seed
            assert gone + 1.0 < twin_back < back - 0.3, seed  # while the target is hidden
