# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
A quadrotor and a differential-drive robot that take velocity commands, and their cameras.

base_link is level: it turns with the vehicle's yaw and never tilts. The drone's camera hangs on
a mount that is stabilised in roll and pitch, as on most camera drones, so that the way from
base_link to the camera is constant; the tilt of the airframe is reported apart from it.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

from follow_anything.core.errors import BadConfig
from follow_anything.core.types import VelocityCommand
from follow_anything.core.world.ego import PlanarPose
from follow_anything.sim.meshes.model3d import Array
import numpy as np

__all__ = ['CameraMount', 'GroundRobot', 'Odometry', 'Quadrotor', 'Vehicle', 'make_vehicle']

GRAVITY = 9.81


@dataclass(frozen=True)
class CameraMount:
    """
    Where the camera sits: the pose of the camera in base_link.

    :param x: forward, metres. :param z: up, metres. :param pitch: looks up, rad; down negative.
    """

    x: float
    z: float
    pitch: float

    @property
    def translation(self) -> tuple[float, float, float]:
        """Position of the optical centre in base_link, metres."""
        return self.x, 0.0, self.z

    @property
    def rotation(self) -> Array:
        """Columns are the optical axes (x right, y down, z forward) in base_link, (3, 3)."""
        cos, sin = math.cos(self.pitch), math.sin(self.pitch)
        return np.array([[0.0, sin, cos], [-1.0, 0.0, 0.0], [0.0, -cos, sin]])

    @property
    def quaternion(self) -> tuple[float, float, float, float]:
        """The same rotation as (x, y, z, w)."""
        # (-0.5, 0.5, -0.5, 0.5) for a level camera, then the pitch about base_link's y.
        half = -self.pitch / 2
        c, s = 0.5 * math.cos(half), 0.5 * math.sin(half)
        return -c - s, c + s, -c + s, c - s


@dataclass(frozen=True)
class Odometry:
    """
    Where the vehicle is, without error.

    :param stamp: s.
    :param position: (3,) of base_link in the world, metres.
    :param yaw: rad. :param linear: (3,) velocity in base_link axes, m/s.
    :param angular: (3,) in base_link axes, rad/s.
    :param tilt: roll and pitch of the airframe, rad; base_link itself stays level.
    """

    stamp: float
    position: Array
    yaw: float
    linear: Array
    angular: Array
    tilt: tuple[float, float]

    @property
    def quaternion(self) -> tuple[float, float, float, float]:
        """Orientation of base_link in the world as (x, y, z, w)."""
        return 0.0, 0.0, math.sin(self.yaw / 2), math.cos(self.yaw / 2)

    @property
    def planar(self) -> PlanarPose:
        """The pose of base_link, as the pipeline takes it."""
        x, y, z = (float(value) for value in self.position)
        return PlanarPose(self.stamp, x, y, z, self.yaw)


class Vehicle:
    """
    Base of the simulated vehicles: a state, the newest command and its time-out.

    :param start: x, y, yaw. :param timeout: a command older than this is zero, s.
    """

    mount = CameraMount(0.0, 0.0, 0.0)
    radius = 0.3
    low, high = 0.0, 1.0
    """Lowest and highest part of the body, against base_link, metres."""

    def __init__(self, start: tuple[float, float, float], height: float, timeout: float) -> None:
        self.position: Array = np.array([start[0], start[1], height])
        self.velocity: Array = np.zeros(3)
        self.yaw = start[2]
        self.yaw_rate = 0.0
        self.push_rate = 0.0
        """Turning that nobody commanded, by wind or rough ground, rad/s."""
        self.timeout = timeout
        self._command = VelocityCommand()
        self._commanded_at = -math.inf

    @property
    def tilt(self) -> tuple[float, float]:
        """Roll and pitch of the airframe, rad."""
        return 0.0, 0.0

    def command(self, command: VelocityCommand, now: float) -> None:
        """Take a new command, in base_link axes."""
        self._command, self._commanded_at = command, now

    def active_command(self, now: float) -> VelocityCommand:
        """Return the newest command, or zero when it is too old."""
        is_fresh = now - self._commanded_at <= self.timeout
        return self._command if is_fresh else VelocityCommand()

    def step(self, now: float, dt: float) -> None:
        """Move on by dt seconds."""
        raise NotImplementedError

    def _turn(self, dt: float) -> None:
        self.yaw = math.remainder(self.yaw + (self.yaw_rate + self.push_rate) * dt, 2 * math.pi)

    def forward(self) -> tuple[float, float]:
        """Return cosine and sine of the yaw."""
        return math.cos(self.yaw), math.sin(self.yaw)

    def odometry(self, now: float) -> Odometry:
        """Return pose and velocity."""
        cos, sin = self.forward()
        vx, vy, vz = self.velocity
        linear = np.array([cos * vx + sin * vy, -sin * vx + cos * vy, vz])
        angular = np.array([0.0, 0.0, self.yaw_rate + self.push_rate])
        return Odometry(now, self.position.copy(), self.yaw, linear, angular, self.tilt)

    def camera_pose(self) -> tuple[Array, Array]:
        """Return position (3,) and optical axes as columns (3, 3) of the camera in the world."""
        cos, sin = self.forward()
        turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
        return self.position + turn @ self.mount.translation, turn @ self.mount.rotation


def _toward(value: float, goal: float, limit: float) -> float:
    return value + min(max(goal - value, -limit), limit)


class Quadrotor(Vehicle):
    """
    A velocity-commanded quadrotor: velocity loop, second-order tilt, drag, gusts.

    :param gusts: standard deviation of the wind along each horizontal axis, m/s.
    """

    mount = CameraMount(0.12, 0.0, -0.35)
    radius, low, high = 0.32, -0.12, 0.12
    start_height = 3.0
    max_horizontal, max_vertical, max_yaw_rate = 8.0, 2.0, 2.0
    max_acceleration, max_climb_acceleration, max_yaw_acceleration = 4.0, 3.0, 6.0
    drag = 0.25
    """Deceleration per m/s of airspeed, 1/s."""

    def __init__(
        self,
        start: tuple[float, float, float],
        timeout: float,
        gusts: float,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(start, self.start_height, timeout)
        self._gusts, self._rng = gusts, rng
        self._wind = np.zeros(2)
        self._lean = np.zeros(2)
        self._lean_rate = np.zeros(2)

    @property
    def tilt(self) -> tuple[float, float]:
        """Roll and pitch, rad: forward acceleration pitches the nose down (positive)."""
        cos, sin = self.forward()
        x, y = self._lean
        return float(-(-sin * x + cos * y)), float(cos * x + sin * y)

    def step(self, now: float, dt: float) -> None:
        """Integrate: command -> acceleration -> tilt -> velocity -> position."""
        command = self.active_command(now)
        cos, sin = self.forward()
        wanted = np.array([command.vx, command.vy])
        wanted *= min(1.0, self.max_horizontal / max(float(np.hypot(*wanted)), 1e-9))
        world = np.array([cos * wanted[0] - sin * wanted[1], sin * wanted[0] + cos * wanted[1]])
        goal = 2.4 * (world - self.velocity[:2]) + self.drag * self.velocity[:2]
        goal *= min(1.0, self.max_acceleration / max(float(np.hypot(*goal)), 1e-9))
        # Attitude loop: natural frequency 9 rad/s, damping 0.8.
        spring = 81.0 * (goal / GRAVITY - self._lean) - 14.4 * self._lean_rate
        self._lean_rate += spring * dt
        self._lean += self._lean_rate * dt
        # Gusts: an Ornstein-Uhlenbeck process with a memory of 1.5 s.
        shock = self._rng.standard_normal(2) * self._gusts * math.sqrt(2 * dt / 1.5)
        self._wind += -self._wind * dt / 1.5 + shock
        self.velocity[:2] += dt * (
            GRAVITY * self._lean - self.drag * (self.velocity[:2] - self._wind)
        )
        climb = min(max(command.vz, -self.max_vertical), self.max_vertical)
        limit = self.max_climb_acceleration
        push = min(max(3.0 * (climb - self.velocity[2]), -limit), limit)
        self.velocity[2] += push * dt
        turn = min(max(command.yaw_rate, -self.max_yaw_rate), self.max_yaw_rate)
        push = 6.0 * (turn - self.yaw_rate)
        self.yaw_rate += dt * min(max(push, -self.max_yaw_acceleration), self.max_yaw_acceleration)
        self._turn(dt)
        self.position += self.velocity * dt


class GroundRobot(Vehicle):
    """A differential-drive robot: forward speed and turning rate, both with limits."""

    mount = CameraMount(0.10, 0.90, -0.02)
    radius, low, high = 0.30, 0.0, 1.0
    max_speed, max_yaw_rate = 2.0, 2.0
    max_acceleration, max_braking, max_yaw_acceleration = 1.5, 2.5, 4.0

    def __init__(self, start: tuple[float, float, float], timeout: float) -> None:
        super().__init__(start, 0.0, timeout)
        self.speed = 0.0

    def step(self, now: float, dt: float) -> None:
        """Integrate; the wheels cannot go sideways or up, whatever is commanded."""
        command = self.active_command(now)
        cos, sin = self.forward()
        # A collision may have taken speed away.
        self.speed = float(cos * self.velocity[0] + sin * self.velocity[1])
        wanted = min(max(command.vx, -self.max_speed), self.max_speed)
        slows = abs(wanted) < abs(self.speed) or wanted * self.speed < 0
        limit = self.max_braking if slows else self.max_acceleration
        self.speed = _toward(self.speed, wanted, limit * dt)
        turn = min(max(command.yaw_rate, -self.max_yaw_rate), self.max_yaw_rate)
        self.yaw_rate = _toward(self.yaw_rate, turn, self.max_yaw_acceleration * dt)
        self._turn(dt)
        cos, sin = self.forward()
        self.velocity = np.array([cos * self.speed, sin * self.speed, 0.0])
        self.position = self.position + self.velocity * dt


def make_vehicle(
    robot: str, start: tuple[float, float, float], timeout: float, gusts: float, seed: int
) -> Vehicle:
    """
    Return the vehicle of that name at its start, hovering or standing.

    :raises BadConfig: there is no such robot.
    """
    if robot == 'drone':
        return Quadrotor(start, timeout, gusts, np.random.default_rng([seed, 77]))
    if robot == 'ground':
        return GroundRobot(start, timeout)
    raise BadConfig(f'robot must be drone or ground; got {robot!r}')
