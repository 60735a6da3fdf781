# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Things that move along paths: people, animals, cars. They give way, so nobody is run over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from follow_anything.sim.actors.paths import Path
from follow_anything.sim.meshes.gait import PHASES
from follow_anything.sim.meshes.model3d import Array
import numpy as np

__all__ = ['Crossing', 'Mover', 'Pose', 'advance']


@dataclass(frozen=True)
class Crossing:
    """
    Walk the (open) path once whenever the target passes, to pass between it and its follower.

    :param target_s: where on the target's path the two ways cross, metres.
    :param own_s: where on the own path they cross, metres.
    :param behind: how far the target shall be past the crossing then, metres.
    """

    target_s: float
    own_s: float
    behind: float


@dataclass(frozen=True)
class Mover:
    """
    Something that moves.

    :param model: name of the object. :param kind: 'person', 'animal' or 'car'.
    :param speed: m/s. :param start: distance along the path at time 0, metres.
    :param paint: colour of painted parts, or None.
    :param radius: of the circle it occupies, or of its half width for a car, metres.
    :param stride: metres for one cycle of the gait.
    :param delay: stands still for so long at first, s.
    :param group: not zero: walks close to the others of this group.
    :param pauses: distances along the path where it stops for two seconds, metres.
    :param stops: distances along an open path where it stops, metres, and for how long, s.
    :param paces: distances along an open path, metres, and its speed from there on, m/s.
    :param cue: starts when the target has travelled so far, metres.
    :param gone_at: leaves the world after so many metres: through a door, where nobody sees it.
    """

    model: str
    kind: str
    path: Path
    speed: float
    start: float = 0.0
    paint: tuple[float, float, float] | None = None
    radius: float = 0.28
    stride: float = 1.25
    delay: float = 0.0
    group: int = 0
    pauses: tuple[float, ...] = ()
    crossing: Crossing | None = None
    stops: tuple[tuple[float, float], ...] = ()
    paces: tuple[tuple[float, float], ...] = ()
    cue: float = -np.inf
    gone_at: float = np.inf

    def pace(self, s: float) -> float:
        """Return the walking speed, m/s."""
        passed = [speed for begin, speed in self.paces if s >= begin]
        return passed[-1] if passed else self.speed


@dataclass
class Pose:
    """Where a mover is: distance travelled, speed, remaining pause; and the resulting pose."""

    s: float
    speed: float = 0.0
    pause: float = 0.0
    forward: bool = True
    under_way: bool = False
    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0

    def is_gone(self, mover: Mover) -> bool:
        """Return whether it has left the world."""
        return self.s >= mover.gone_at

    def place(self, mover: Mover) -> None:
        """Compute x, y and yaw from the distance."""
        if self.is_gone(mover):
            self.x, self.y, self.speed = *_NOWHERE, 0.0
            return
        self.x, self.y = (float(v) for v in mover.path.point(self.s))
        self.yaw = mover.path.heading(self.s) + (0.0 if self.forward else np.pi)

    def phase(self, mover: Mover) -> int:
        """Return the gait phase: the standing one when it (nearly) stands."""
        if self.speed < 0.12:
            return PHASES
        return int(self.s / mover.stride * PHASES) % PHASES


PAUSE_S = 2.0
_NOWHERE = 0.0, -500.0
"""Where those are who have left: farther away than anything is drawn, metres."""

_TARGET = -1
_WINDOW_M = 0.15
_ACCELERATION = {'person': 1.2, 'animal': 1.5, 'car': 2.0}
_LOOK_AHEAD = {'person': 1.3, 'animal': 1.0, 'car': 5.5}


def _blocked(mover: Mover, pose: Pose, others: Sequence[tuple[float, float, float]]) -> bool:
    """Tell whether somebody (x, y, radius) stands in the way just ahead."""
    cos, sin = np.cos(pose.yaw), np.sin(pose.yaw)
    for x, y, radius in others:
        ahead = (x - pose.x) * cos + (y - pose.y) * sin
        aside = abs(-(x - pose.x) * sin + (y - pose.y) * cos)
        if 0 < ahead < _LOOK_AHEAD[mover.kind] + radius and aside < mover.radius + radius + 0.1:
            return True
    return False


def _wanted_speed(mover: Mover, pose: Pose, target: Mover, target_pose: Pose, now: float) -> float:
    if now < mover.delay or pose.pause > 0 or target_pose.s < mover.cue:
        return 0.0
    if mover.crossing is None:
        is_at_end = not mover.path.closed and pose.s >= mover.path.length
        return 0.0 if is_at_end else mover.pace(pose.s)
    if not pose.under_way:
        cross = mover.crossing
        own = cross.own_s if pose.forward else mover.path.length - cross.own_s
        start_up = 0.5 * mover.speed / _ACCELERATION[mover.kind]
        lead = target.speed * (own / mover.speed + start_up)
        due = (cross.target_s + cross.behind - lead - target_pose.s) % target.path.length
        # Only in step with a target at its full speed; otherwise not on this lap.
        is_steady = target_pose.speed > 0.95 * target.speed
        pose.under_way = is_steady and due > target.path.length - _WINDOW_M
    return mover.speed if pose.under_way else 0.0


def advance(
    movers: Sequence[Mover],
    poses: Sequence[Pose],
    vehicle: Array,
    vehicle_radius: float,
    now: float,
    dt: float,
) -> None:
    """
    Move everybody by one time step; movers[0] is the target.

    Who comes later in the list gives way to who comes earlier, and everybody to the vehicle.

    :param vehicle: (3,) position, metres. :param now: s. :param dt: s.
    """
    places: list[tuple[float, float, float]] = []
    groups: list[int] = []
    if vehicle[2] < 2.2:
        places.append((float(vehicle[0]), float(vehicle[1]), vehicle_radius))
        groups.append(0)
    for index, (mover, pose) in enumerate(zip(movers, poses, strict=True)):
        wanted = _wanted_speed(mover, pose, movers[0], poses[0], now)
        # Who crosses was told when to go: waiting for the target would spoil the timing.
        ignored = (mover.group or None, _TARGET if mover.crossing else None)
        others = [p for p, group in zip(places, groups, strict=True) if group not in ignored]
        if _blocked(mover, pose, others):
            wanted = 0.0
        limit = _ACCELERATION[mover.kind] * dt
        pose.speed += float(np.clip(wanted - pose.speed, -3 * limit, limit))
        pose.pause = max(0.0, pose.pause - dt)
        _travel(mover, pose, pose.speed * dt)
        pose.place(mover)
        places.append((pose.x, pose.y, mover.radius))
        groups.append(mover.group if index else _TARGET)


def _travel(mover: Mover, pose: Pose, distance: float) -> None:
    before = pose.s
    pose.s += distance if pose.forward else -distance
    if mover.path.closed:
        for stop in mover.pauses:
            ahead = (stop - before) % mover.path.length
            if 0 < ahead <= distance:
                pose.pause = PAUSE_S
        return
    for stop, seconds in mover.stops:
        if before < stop <= pose.s:
            pose.pause = seconds
    if not 0.0 < pose.s < mover.path.length and pose.under_way:
        pose.s = min(max(pose.s, 0.0), mover.path.length)
        pose.under_way, pose.forward, pose.speed = False, not pose.forward, 0.0
    elif mover.crossing is None and pose.s > mover.path.length:
        pose.s, pose.speed = mover.path.length, 0.0
