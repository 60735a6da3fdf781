# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Ego motion: the camera pose in a level world, by odometry, a gyroscope, or the commands sent."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
import math

from follow_anything.core.geometry import camera_mount, wrap_angle
from follow_anything.core.types import FloatArray, VelocityCommand
from follow_anything.core.world.gyroscope import Gyroscope
import numpy as np

__all__ = ['CameraPose', 'Ego', 'PlanarPose']

Step = tuple[float, float, float, float]
"""Metres forward, left and up, and rad to the left."""

ODOMETRY_MAX_AGE_S = 0.3
"""Odometry that is further than this from a frame says nothing about it."""

JUMP_M, JUMP_M_S, JUMP_RAD, JUMP_RAD_S = 0.5, 8.0, 0.3, 4.0
"""Motion between two frames beyond a base and a rate is a jump of the estimate, not of us."""

STANDS_M, STANDS_RAD = 0.15, 0.1
"""Commanded motion after which an odometry that repeats itself to the last digit is not believed:
its node hangs, and stamps an old estimate anew."""

KEPT = 200
"""Samples of odometry and commands that are remembered."""


@dataclass(frozen=True)
class PlanarPose:
    """
    A pose of base_link in a world whose z axis points up; the base itself is level.

    :param stamp: seconds. :param x: metres. :param y: metres. :param z: metres.
    :param yaw: rad, anticlockwise.
    """

    stamp: float
    x: float
    y: float
    z: float = 0.0
    yaw: float = 0.0

    @property
    def is_finite(self) -> bool:
        """True when every number is one."""
        return all(map(math.isfinite, (self.stamp, self.x, self.y, self.z, self.yaw)))


@dataclass(frozen=True, eq=False)
class CameraPose:
    """
    The camera in the world at one moment.

    :param axes: (3, 3), columns are the optical axes (right, down, forward).
    :param position: (3,) metres.
    :param steady: (2, 3), from this picture's pixels to those of the first one, where the camera's
        geometry is unknown.
    """

    axes: FloatArray
    position: FloatArray
    steady: FloatArray = field(default_factory=lambda: np.eye(2, 3))

    def to_steady(self, x: float, y: float) -> FloatArray:
        """Map a pixel to where it would be, had the camera not moved, (2,)."""
        return np.asarray(self.steady @ np.array([x, y, 1.0]))

    def to_world(self, point: FloatArray) -> FloatArray:
        """Map a point (3,) in the optical frame to the world, metres."""
        return np.asarray(self.axes @ point + self.position)

    def to_optical(self, point: FloatArray) -> FloatArray:
        """Map a point (3,) in the world to the optical frame, metres."""
        return np.asarray(self.axes.T @ (np.asarray(point) - self.position))


def _axes(mount: FloatArray, yaw: float) -> FloatArray:
    """Return a camera's optical axes as columns (3, 3), for a level base that looks along yaw."""
    c, s = math.cos(yaw), math.sin(yaw)
    return np.asarray(np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ mount)


@dataclass
class Ego:
    """
    Adds up how the camera moved, from frame to frame.

    Only differences of the odometry are used: an estimate that jumps is bridged by the commands,
    and so is one that is late, absent or not finite, or that stands still while they move us.
    Where a gyroscope measures how we turn, that bridges it rather than the commanded yaw rate.

    :param mount: rotation (3, 3) from the camera's optical axes to those of base_link.
    :param lag: time the vehicle takes to follow a command, s.
    :param jumps: how often the odometry has jumped.
    """

    mount: FloatArray = field(default_factory=lambda: camera_mount(0.0, 0.0, 0.0))
    lag: float = 0.3
    jumps: int = 0
    _gyroscope: Gyroscope = field(default_factory=Gyroscope)
    _odometry: deque[PlanarPose] = field(default_factory=lambda: deque(maxlen=KEPT))
    _velocity: FloatArray = field(default_factory=lambda: np.zeros(4))
    _command: VelocityCommand = field(default_factory=VelocityCommand)
    _here: PlanarPose | None = None
    _steady: FloatArray = field(default_factory=lambda: np.eye(3))
    _odometry_here: PlanarPose | None = None
    _unfelt: FloatArray = field(default_factory=lambda: np.zeros(4))

    def odometry(self, pose: PlanarPose) -> None:
        """Take a pose of the base; one that is not finite, or not newer than the last, is left."""
        if not pose.is_finite:
            return
        if self._odometry and pose.stamp <= self._odometry[-1].stamp:
            if self._odometry[-1].stamp - pose.stamp < 1.0:
                return
            self._odometry.clear()  # the clock was set back
        self._odometry.append(pose)

    def command(self, command: VelocityCommand) -> None:
        """Take the command that is in force from now on."""
        self._command = command

    def yaw_rate(self, stamp: float, rate: float) -> None:
        """Take a measured rate at which base_link turns to the left, rad/s, at a time, seconds."""
        self._gyroscope.take(stamp, rate)

    def take_image_motion(self, motion: FloatArray | None) -> None:
        """Take how the picture moved since the last one, (2, 3), pixels; None: unknown."""
        if motion is None or not np.isfinite(motion).all():
            return
        step = np.vstack([motion, [0.0, 0.0, 1.0]])
        if abs(float(np.linalg.det(step[:2, :2]))) < 0.1:
            return
        self._steady = self._steady @ np.linalg.inv(step)

    def reset(self) -> None:
        """Begin a new world: what was added up means nothing any more."""
        self._here = self._odometry_here = None
        self._velocity[:] = 0.0
        self._steady = np.eye(3)

    @property
    def stands(self) -> bool:
        """True while the odometry repeats itself though the commands have moved us."""
        far = math.hypot(*self._unfelt[:3])
        return far > STANDS_M or abs(float(self._unfelt[3])) > STANDS_RAD

    def pose_at(self, stamp: float) -> CameraPose:
        """Return where the camera is at a frame's stamp, seconds; stamps do not fall."""
        before, odometry = self._here, self._odometry_at(stamp)
        here = PlanarPose(stamp, 0.0, 0.0) if before is None else before
        dt = 0.0 if before is None else max(0.0, stamp - before.stamp)
        commanded = self._commanded(dt)
        step = self._measured(commanded, stamp - dt, stamp)
        if odometry is not None and self._odometry_here is not None:
            moved = _difference(self._odometry_here, odometry)
            if not _is_plausible(moved, dt):
                self.jumps += 1
            elif not self._has_stopped(moved, commanded):
                step = moved
        if odometry is not None or dt > ODOMETRY_MAX_AGE_S:
            self._odometry_here = odometry
        elif self._odometry_here is not None:
            self._odometry_here = _moved(self._odometry_here, step, stamp)
        self._here = _moved(here, step, stamp)
        place = np.array([self._here.x, self._here.y, self._here.z])
        return CameraPose(_axes(self.mount, self._here.yaw), place, self._steady[:2])

    def _measured(self, commanded: Step, since: float, until: float) -> Step:
        """Return a step as it was commanded, with the turn that the gyroscope measured."""
        forward, left, up, turn = commanded
        measured = self._gyroscope.turn(since, until)
        return forward, left, up, turn if measured is None else measured

    def _has_stopped(self, moved: Step, commanded: Step) -> bool:
        """Take a step of the odometry and of the commands; tell whether the first has stopped."""
        if max(map(abs, moved)) > 1e-9:
            self._unfelt[:] = 0.0
        else:
            self._unfelt += commanded
        return self.stands

    def _commanded(self, dt: float) -> Step:
        """Return the step (forward, left, up, yaw) that the commands make in dt seconds."""
        share = 1.0 - math.exp(-dt / max(self.lag, 1e-3))
        before = self._velocity.copy()
        self._velocity += share * (np.array(self._command.axes) - self._velocity)
        forward, left, up, yaw = (before + self._velocity) / 2 * dt
        return float(forward), float(left), float(up), float(yaw)

    def _odometry_at(self, stamp: float) -> PlanarPose | None:
        """Return the odometry at a stamp, interpolated; None when there is none near it."""
        known = self._odometry
        if not known or stamp - known[-1].stamp > ODOMETRY_MAX_AGE_S:
            return None
        if stamp >= known[-1].stamp:
            return _extrapolated(known, stamp)
        for late, early in zip(reversed(known), list(reversed(known))[1:], strict=False):
            if early.stamp <= stamp:
                return _between(early, late, stamp)
        return None


def _between(early: PlanarPose, late: PlanarPose, stamp: float) -> PlanarPose:
    t = (stamp - early.stamp) / (late.stamp - early.stamp)
    yaw = early.yaw + t * wrap_angle(late.yaw - early.yaw)
    x, y, z = (a + t * (b - a) for a, b in zip(_xyz(early), _xyz(late), strict=True))
    return PlanarPose(stamp, x, y, z, yaw)


def _extrapolated(known: deque[PlanarPose], stamp: float) -> PlanarPose:
    """Go on from the last two poses for the moment until the frame."""
    if len(known) < 2 or known[-1].stamp - known[-2].stamp > ODOMETRY_MAX_AGE_S:
        last = known[-1]
        return PlanarPose(stamp, last.x, last.y, last.z, last.yaw)
    return _between(known[-2], known[-1], stamp)


def _xyz(pose: PlanarPose) -> tuple[float, float, float]:
    return pose.x, pose.y, pose.z


def _difference(one: PlanarPose, other: PlanarPose) -> Step:
    """Return the step from one pose to another in the axes of the first."""
    cos, sin = math.cos(one.yaw), math.sin(one.yaw)
    dx, dy = other.x - one.x, other.y - one.y
    turn = wrap_angle(other.yaw - one.yaw)
    return dx * cos + dy * sin, -dx * sin + dy * cos, other.z - one.z, turn


def _moved(pose: PlanarPose, step: Step, stamp: float) -> PlanarPose:
    cos, sin = math.cos(pose.yaw), math.sin(pose.yaw)
    forward, left, up, turn = step
    x, y = pose.x + forward * cos - left * sin, pose.y + forward * sin + left * cos
    return PlanarPose(stamp, x, y, pose.z + up, wrap_angle(pose.yaw + turn))


def _is_plausible(step: Step, dt: float) -> bool:
    forward, left, up, turn = step
    near = math.hypot(forward, left, up) <= JUMP_M + JUMP_M_S * dt
    return near and abs(turn) <= JUMP_RAD + JUMP_RAD_S * dt
