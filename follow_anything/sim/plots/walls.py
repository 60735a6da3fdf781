# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Plots about occlusion: the target walks behind a hoarding and is hidden for a known time.

The hoardings stand across the promenade. The target passes one end of it, crosses behind it,
perhaps stops there, and comes out at the other end; or it turns round and comes back out where
it went in. How long it is hidden from a robot that waits is set by the width of the hoarding,
the speed of the target and its stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from follow_anything.sim.actors.movers import Mover
from follow_anything.sim.actors.paths import Path
from follow_anything.sim.plots.casting import (
    around,
    bystanders,
    daylight,
    draw_person,
    Person,
    walking_speed,
)
from follow_anything.sim.plots.lane import draw_lane, FREE, Lane, START_U
from follow_anything.sim.plots.plot import FOLLOW_DISTANCE, Maker, Plot, START_DELAY_S
from follow_anything.sim.scenery.layout import Placement
from follow_anything.sim.vehicle.disturbance import Push
import numpy as np

__all__ = ['WALLS']

_CLEAR, _WIDE = 0.75, 1.5
"""How far from the end of a hoarding the target passes on its way in, and out again, metres."""

_BEHIND = 0.75
"""How far behind it the target walks, metres."""

_BEND = 0.6
"""How wide its way is where it turns round, metres."""

_SEEN_LATE = 0.30
"""How far behind the end of a hoarding somebody still shows, metres."""

_COVER = 0.9
"""How much further a hoarding reaches than the target goes behind it, metres."""

_PANEL = 0.5
_PAINTS = ((0.20, 0.33, 0.55), (0.55, 0.16, 0.14), (0.62, 0.60, 0.55), (0.16, 0.34, 0.24))


@dataclass(frozen=True)
class Wall:
    """
    One hoarding, and what the target does at it.

    :param u: where it stands along the lane. :param edge: v of the end where the target goes in.
    :param sign: 1 or -1: where v grows to behind it. :param width: metres.
    :param depth: how far behind it the target turns round, metres; None: it comes out at the
        other end.
    :param stop: how long it stands behind it, s.
    """

    u: float
    edge: float
    sign: int
    width: float
    depth: float | None
    stop: float

    @property
    def entry(self) -> float:
        """Return where across the lane the target passes on its way in."""
        return self.edge - self.sign * _CLEAR

    @property
    def outside(self) -> float:
        """Return the lateral position in the lane of a person who came out at the other end."""
        return self.edge + self.sign * (self.width + _WIDE)

    @property
    def exit(self) -> float:
        """Return where across the lane the target goes on."""
        return self.outside if self.depth is None else self.entry

    @property
    def inside(self) -> tuple[float, float]:
        """Return the place (u, v) behind it where the target stops or turns."""
        depth = self.width / 2 if self.depth is None else self.depth
        return self.u + _BEHIND, self.edge + self.sign * depth

    def way(self) -> list[tuple[float, float]]:
        """Return the corners of the way past it, (u, v)."""
        behind = self.u + _BEHIND
        way = [(self.u - 1.0, self.entry), (behind, self.entry)]
        if self.depth is None:
            return [*way, (behind, self.outside)]
        turn = self.inside[1]
        back = behind + _BEND
        return [*way, (behind, turn), (back, turn), (back, self.entry)]

    def panels(self, lane: Lane, rng: np.random.Generator) -> list[Placement]:
        """Return what it is built of."""
        paint = _PAINTS[int(rng.integers(len(_PAINTS)))]
        ends = sorted((self.edge, self.edge + self.sign * self.width))
        return lane.across('hoarding', self.u, (ends[0], ends[1]), _PANEL, paint)


def _draw_wall(
    robot: str, rng: np.random.Generator, u: float, hidden_s: float, speed: float
) -> Wall:
    """Choose a wall, and what is done at it, so that the target is hidden for hidden_s."""
    unseen, sign = hidden_s * speed, int(rng.choice([-1, 1]))
    # A robot on the ground does not find its way round a wall to the other end.
    if robot == 'drone' and rng.random() < 0.5:
        away = FOLLOW_DISTANCE[robot] - _BEHIND
        width = min(2.5, max(1.0, (unseen - 0.1) / (1 + _BEHIND / away)))
        width *= float(rng.uniform(0.7, 1.0)) if width > 1.5 else 1.0
        stop = hidden_s - (width * (1 + _BEHIND / away) + 0.1) / speed
        room = FREE[1] - FREE[0] - _CLEAR - width - _WIDE
        return Wall(u, _edge(rng, sign, room), sign, width, None, max(stop, 0.0))
    depth = float(np.clip(0.5 * (unseen - _BEND) + _SEEN_LATE, 0.45, rng.uniform(0.8, 1.6)))
    stop = hidden_s - (2 * (depth - _SEEN_LATE) + _BEND) / speed
    edge = _edge(rng, sign, FREE[1] - FREE[0] - _CLEAR - depth - _COVER)
    return Wall(u, edge, sign, depth + _COVER, depth, max(stop, 0.0))


def _edge(rng: np.random.Generator, sign: int, room: float) -> float:
    """Choose where the near end of a wall is, so that all of its plot fits into the lane."""
    shift = _CLEAR + float(rng.uniform(0.0, max(room, 0.0)))
    return FREE[0] + shift if sign > 0 else FREE[1] - shift


def _past(lane: Lane, walls: Sequence[Wall], end_u: float) -> tuple[Path, list[float]]:
    """Return the way past all walls, and the distances along it where the target stops."""
    first = walls[0].entry
    points = [(START_U - 7.5, first), *(p for wall in walls for p in wall.way())]
    path = lane.path([*points, (end_u, walls[-1].exit)])
    return path, [path.nearest(*lane.point(*wall.inside)) for wall in walls]


def _target(person: Person, lane: Lane, walls: Sequence[Wall], speed: float) -> Mover:
    path, places = _past(lane, walls, 20.3)
    stops = tuple((s, wall.stop) for s, wall in zip(places, walls, strict=True) if wall.stop > 0.2)
    start = path.nearest(*lane.point(START_U, walls[0].entry))
    return Mover(person.model, 'person', path, speed, start, delay=START_DELAY_S, stops=stops)


def _draw_walls(
    robot: str, rng: np.random.Generator, hidden_s: float, count: int, speed: float
) -> list[Wall]:
    """Choose walls along the lane."""
    # Long stops leave time for a shorter walk.
    step = 26.0 / count if hidden_s < 6.0 else 9.5
    places = [START_U + 5.0 + k * step + float(rng.uniform(0.0, 1.5)) for k in range(count)]
    return [_draw_wall(robot, rng, u, hidden_s, speed) for u in places]


def hidden(
    robot: str,
    rng: np.random.Generator,
    hidden_s: float = 4.0,
    count: int = 2,
    pushed: bool = False,
) -> Plot:
    """
    Hide the target behind hoardings.

    :param hidden_s: for how long each time. :param count: how many there are.
    :param pushed: the robot is turned each time while the target is hidden.
    """
    lane, (person, others), light = draw_lane(rng), draw_person(rng), daylight(rng)
    # Hidden for a second only: the walk sets the time, there is no stop to make it up.
    speed = walking_speed(robot, rng) if hidden_s > 1.0 else float(rng.uniform(1.0, 1.2))
    walls = _draw_walls(robot, rng, hidden_s, count, speed)
    movers = [
        _target(person, lane, walls, speed),
        *bystanders(lane, others[4:], rng),
        *around(others, rng),
    ]
    things = [panel for wall in walls for panel in wall.panels(lane, rng)]
    pushes = tuple(
        Push(float(rng.choice([-1, 1])) * float(rng.uniform(0.25, 0.50)), 0.8) for _ in walls
    )
    return Plot(
        person.query,
        person.height,
        movers,
        things,
        light=light,
        pushes=pushes if pushed else (),
    )


def _twin(wall: Wall, person: Person, lane: Lane, target: Mover, nearby: bool) -> Mover:
    """
    Make a twin who goes behind the wall before the target, in view, and comes out first.

    :param target: who follows. :param nearby: it comes out where the target went in, else where
        it went in itself.
    """
    behind, out = wall.u + _BEHIND, wall.edge + wall.sign * (wall.width + 0.8)
    waits = wall.edge + wall.sign * (wall.width - 0.45)
    goes = [(wall.u - 2.5, out), (behind + 0.2, out), (behind + 0.2, waits)]
    past = behind + 1.1  # with room for the target, who stands behind the wall
    if nearby:
        comes = [(past, waits), (past, wall.entry), (wall.u + 7.0, wall.entry)]
        comes += [(wall.u + 9.0, wall.entry - 2.5 * wall.sign)]
    else:
        comes = [(past, waits), (past, out), (wall.u + 5.0, out + 2.0 * wall.sign)]
    path = lane.path([*goes, *comes])
    waits_at = path.nearest(*lane.point(behind + 0.2, waits))
    # It goes when the target is this far away, and waits until the target has come in.
    way = 6.5
    inside = target.path.nearest(*lane.point(*wall.inside))
    stop = max(0.5, way / target.speed - waits_at / 1.2 + 0.6)
    return Mover(
        person.model, 'person', path, 1.2, 0.3, cue=inside - way, stops=((waits_at, stop),)
    )


def _for_two(wall: Wall, stop: float) -> Wall:
    """Return a wall wide enough for two, where the target turns round after a while."""
    return replace(wall, width=2.0, depth=0.6, stop=stop)


def twin_first(robot: str, rng: np.random.Generator) -> Plot:
    """Send a twin and the target behind a wall, in view; the twin comes out first."""
    lane, (person, others), light = draw_lane(rng), draw_person(rng), daylight(rng)
    speed = walking_speed(robot, rng)
    walls = [
        _for_two(wall, float(rng.uniform(2.0, 5.0)))
        for wall in _draw_walls(robot, rng, 3.0, 2, speed)
    ]
    target = _target(person, lane, walls, speed)
    twins = [
        _twin(wall, person, lane, target, robot == 'ground' or bool(rng.random() < 0.5))
        for wall in walls
    ]
    movers = [target, *twins, *bystanders(lane, others[4:], rng), *around(others, rng)]
    things = [panel for wall in walls for panel in wall.panels(lane, rng)]
    return Plot(person.query, person.height, movers, things, light=light)


def gone(robot: str, rng: np.random.Generator) -> Plot:
    """Let the target go behind a wall for good; a twin was in view before, and stays."""
    lane, (person, others), light = draw_lane(rng), draw_person(rng), daylight(rng)
    speed = walking_speed(robot, rng)
    wall = _for_two(_draw_walls(robot, rng, 3.0, 1, speed)[0], 0.0)
    path, (inside,) = _past(lane, [wall], 20.3)
    start = path.nearest(*lane.point(START_U, wall.entry))
    target = Mover(person.model, 'person', path, speed, start, delay=START_DELAY_S, gone_at=inside)
    # The twin is in view before, beside the way that the target comes.
    u = wall.u + float(rng.uniform(2.0, 4.5))
    v = wall.entry - wall.sign * float(rng.uniform(1.0, 1.8))
    v = min(max(v, FREE[0] - 0.1), FREE[1] + 2.0)
    twin = Mover(person.model, 'person', lane.path([(u, v), (u, v + 1.0)]), 0.0, 0.5)
    if rng.random() < 0.5:  # or it walks up and down, slowly
        back = v + 0.7 * wall.sign
        path = lane.path([(u, v), (u + 5.0, v), (u + 5.0, back), (u + 0.5, back)], 0.35)
        twin = Mover(person.model, 'person', path, 0.5, 0.3)
    movers = [target, twin, *bystanders(lane, others[4:], rng), *around(others, rng)]
    return Plot(person.query, person.height, movers, wall.panels(lane, rng), light=light)


WALLS: dict[str, Maker] = {
    'wall_1s': partial(hidden, hidden_s=1.0, count=3),
    'wall_2s': partial(hidden, hidden_s=2.0, count=3),
    'wall_4s': partial(hidden, hidden_s=4.0, count=2),
    'wall_8s': partial(hidden, hidden_s=8.0, count=2),
    'twin_first': twin_first,
    'gone': gone,
    'turned_hidden': partial(hidden, hidden_s=3.0, count=2, pushed=True),
}
"""Every plot with a wall, by name."""
