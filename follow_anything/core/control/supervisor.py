# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The supervisor between servo and robot: it can only reduce a command, and says why.

    servo ──command──▶ supervisor ──less or the same──▶ robot
                           ▲
                       situation: operator, pose, target, battery, link
"""

from __future__ import annotations

from dataclasses import dataclass
import math

from follow_anything.core.config import ControllerConfig
from follow_anything.core.fence import Fence, parse_corners
from follow_anything.core.types import FloatArray, VelocityCommand
import numpy as np

__all__ = ['Situation', 'Supervisor', 'VehiclePose']

RETURN_SPEED = 0.5
"""From outside, or from too near, one comes back no faster than this, m/s."""

ROUNDING = 0.02
"""By which a charge that drivers compute themselves may be beyond empty and full."""

PROBE_M = 0.05
"""A direction leads back inside when the clearance grows by half of such a step or more."""


@dataclass(frozen=True, eq=False)
class VehiclePose:
    """
    Where the vehicle is, in the frame of the fence: z up, any origin.

    :param stamp: seconds. :param position: (3,) metres. :param yaw: radians, left positive.
    :param velocity: (3,) m/s, along the axes of that frame.
    """

    stamp: float
    position: FloatArray
    yaw: float
    velocity: FloatArray

    @property
    def is_finite(self) -> bool:
        """True when every number is finite."""
        numbers = (self.stamp, self.yaw, *self.position, *self.velocity)
        return all(math.isfinite(value) for value in numbers)


@dataclass(frozen=True, eq=False)
class Situation:
    """
    Inputs of the supervisor. Unknown values are None, and nothing is allowed by default.

    :param allowed: False from an operator's stop on, until the operator allows motion again.
    :param confirmed: the operator has confirmed this target.
    :param target: (3,) in base_link axes, metres; None: its range is not known.
    :param battery: charge, [0, 1]. :param link_age: seconds since the operator's last heartbeat.
    """

    allowed: bool = False
    confirmed: bool = False
    pose: VehiclePose | None = None
    target: FloatArray | None = None
    battery: float | None = None
    link_age: float | None = None


class Supervisor:
    """
    Limits a command, or replaces it by zero, and gives the reason.

    No axis ever grows or changes its sign, so whatever is wrong in here, the robot does less
    than the servo asked for. What cannot be known is treated as the worst.
    """

    fence: Fence
    """Where the vehicle may go; read by those who draw it."""

    def __init__(self, control: ControllerConfig) -> None:
        self.configure(control)

    def configure(self, control: ControllerConfig) -> None:
        """Take new limits: the supervisor's own, and the servo's, which are checked again."""
        self.config, self.servo = config, servo = control.supervisor, control.servo
        radius = config.fence_radius or math.inf
        home = (config.home_x, config.home_y)
        self.fence = Fence(parse_corners(config.fence), home, radius)
        is_drone = servo.robot == 'drone'
        self._climb = servo.max_vertical if is_drone else 0.0
        self._sideways = servo.max_backward if is_drone else 0.0
        self._has_band = is_drone and (config.min_altitude > 0.0 or config.max_altitude > 0.0)

    def check(
        self, command: VelocityCommand, situation: Situation, now: float
    ) -> tuple[VelocityCommand, tuple[str, ...]]:
        """
        Return what may be sent to the robot, and why it is less than what was asked for.

        :param command: of the servo, in base_link axes. :param now: seconds, the poses' clock.
        :return: the same command and no reason, or a smaller one and each reason for it.
        """
        if command.is_zero:
            return command, ()
        why_not = self._refusal(command, situation, now)
        if why_not:
            return VelocityCommand.stop(why_not), (why_not,)
        reasons: list[str] = []
        vx, vy, vz, yaw_rate = self._capped(command, reasons)
        share = self._share_at_target(vx, vy, situation.target, reasons)
        pose = situation.pose
        if pose is not None and self.needs_pose:
            reaction = self._reaction(max(0.0, now - pose.stamp))
            share = min(share, self._share_at_fence(vx, vy, yaw_rate, pose, reaction, reasons))
            vz = self._within_band(vz, pose, reaction, reasons)
        if not reasons:
            return command, ()
        less = VelocityCommand(vx * share, vy * share, vz, yaw_rate, command.reason)
        return (VelocityCommand.stop('; '.join(reasons)) if less.is_zero else less), tuple(reasons)

    @property
    def needs_pose(self) -> bool:
        """True when a limit cannot be kept without knowing where the vehicle is."""
        return self.fence.exists or self._has_band

    def _refusal(self, command: VelocityCommand, situation: Situation, now: float) -> str:
        """Return why nothing may move at all; '' when it may."""
        if not situation.allowed:
            return 'stopped by the operator'
        if not situation.confirmed:
            return 'not confirmed: the operator has not confirmed this target'
        if not all(math.isfinite(value) for value in (*command.axes, now)):
            return 'not finite: the command or the time'
        if situation.target is not None and not np.isfinite(situation.target).all():
            return 'not finite: the position of the target'
        return (
            self._why_no_power(situation)
            or self._why_no_link(situation)
            or self._why_no_pose(situation.pose, now)
        )

    def _why_no_power(self, situation: Situation) -> str:
        if self.config.min_battery <= 0.0:
            return ''
        if situation.battery is None or not math.isfinite(situation.battery):
            return 'battery: its charge is not known'
        if not -ROUNDING <= situation.battery <= 1.0 + ROUNDING:
            return f'battery: {situation.battery:g} is no share from 0 to 1: is it in percent?'
        if situation.battery < self.config.min_battery:
            return f'battery: below {self.config.min_battery:.0%}'
        return ''

    def _why_no_link(self, situation: Situation) -> str:
        config, age = self.config, situation.link_age
        if config.link and not (age is not None and age <= config.link_timeout):
            return f'link: no heartbeat of {config.link}'
        return ''

    def _why_no_pose(self, pose: VehiclePose | None, now: float) -> str:
        if not self.needs_pose:
            return ''
        if pose is None:
            return 'pose: not known, and there is a fence'
        if not pose.is_finite:
            return 'not finite: the pose'
        limit = self.config.pose_timeout
        if not abs(now - pose.stamp) <= limit:
            return f'pose: not of the last {limit:g} s, and there is a fence'
        return ''

    def _capped(self, command: VelocityCommand, reasons: list[str]) -> tuple[float, ...]:
        servo = self.servo
        bounds = (
            (-servo.max_backward, servo.max_forward),
            (-self._sideways, self._sideways),
            (-self._climb, self._climb),
            (-servo.max_yaw_rate, servo.max_yaw_rate),
        )
        axes = tuple(
            min(max(value, lo), hi) for value, (lo, hi) in zip(command.axes, bounds, strict=True)
        )
        if axes != command.axes:
            reasons.append('limit: faster than the vehicle may be')
        return axes

    def _reaction(self, age: float) -> float:
        """Return how long the vehicle keeps its velocity, whatever the command, seconds."""
        return self.servo.lag + 1.0 / self.servo.rate + age

    def _stopping_distance(self, speed: float, reaction: float) -> float:
        return speed * reaction + speed * speed / (2.0 * self.config.braking)

    def _speed_within(self, room: float, reaction: float) -> float:
        """Return the speed whose stopping distance, v t + v^2 / (2 a), is the room."""
        a = self.config.braking
        return a * (math.sqrt(reaction * reaction + 2.0 * max(0.0, room) / a) - reaction)

    def _share_at_target(
        self, vx: float, vy: float, target: FloatArray | None, reasons: list[str]
    ) -> float:
        """Return the share of the horizontal speed that keeps the distance to the target."""
        if self.servo.min_distance <= 0.0:
            return 1.0
        if target is None:
            if vx > 0.0 or vy != 0.0:
                reasons.append('target: its range is not known')
                return 0.0
            return 1.0
        distance = math.hypot(float(target[0]), float(target[1]))
        if distance > 0.0:
            closing = (vx * float(target[0]) + vy * float(target[1])) / distance
        else:
            closing = math.hypot(vx, vy)
        room = distance - self.servo.min_distance
        limit = self._speed_within(room, self._reaction(0.0)) if room > 0.0 else 0.0
        if closing <= limit:
            return 1.0
        reasons.append('target: too near to go nearer')
        return limit / closing

    def _share_at_fence(
        self,
        vx: float,
        vy: float,
        yaw_rate: float,
        pose: VehiclePose,
        reaction: float,
        reasons: list[str],
    ) -> float:
        """
        Return the share of the horizontal speed from which one stops inside the fence.

        The way is looked at from here and from where the vehicle will be before it reacts, as it
        points now and as it will point by then: a vehicle that turns drives a bend.
        """
        speed = math.hypot(vx, vy)
        if speed == 0.0 or not self.fence.exists:
            return 1.0
        here, heading = pose.position[:2], pose.yaw + math.atan2(vy, vx)
        starts = (here, here + pose.velocity[:2] * reaction)
        headings = (heading, heading + yaw_rate * reaction)
        limit = min(
            self._speed_along(start, angle, speed, reaction)
            for start in starts
            for angle in headings
        )
        if limit >= speed:
            return 1.0
        reasons.append('fence: too near to go on' if limit == 0.0 else 'fence: slower near it')
        return limit / speed

    def _speed_along(
        self, start: FloatArray, angle: float, speed: float, reaction: float
    ) -> float:
        margin = self.config.fence_margin
        direction = np.array([math.cos(angle), math.sin(angle)])
        if self.fence.clearance(start) <= margin:
            return RETURN_SPEED if self._leads_back(start, direction, reaction) else 0.0
        wanted = self._stopping_distance(speed, reaction)
        free = self.fence.free_way(start, direction, wanted, margin)
        return speed if free >= wanted else self._speed_within(free, reaction)

    def _leads_back(self, start: FloatArray, direction: FloatArray, reaction: float) -> bool:
        """Tell whether a way leads back from every fence that is too near, and out of no other."""
        fence, margin = self.fence, self.config.fence_margin
        stop = self._stopping_distance(RETURN_SPEED, reaction)
        here, next_to, end = (
            fence.clearances(start + way * direction) for way in (0.0, PROBE_M, stop)
        )
        return all(
            (a > margin or b - a >= PROBE_M / 2) and c >= min(a, margin)
            for a, b, c in zip(here, next_to, end, strict=True)
        )

    def _within_band(
        self, vz: float, pose: VehiclePose, reaction: float, reasons: list[str]
    ) -> float:
        """Return the climb rate from which one stops within the band of altitudes."""
        config = self.config
        if vz == 0.0 or not self._has_band:
            return vz
        height = float(pose.position[2]) - config.home_z
        drift = float(pose.velocity[2]) * reaction
        if vz > 0.0:
            top = config.max_altitude or math.inf
            room = top - height - max(0.0, drift)
        else:
            bottom = config.min_altitude or -math.inf
            room = height + min(0.0, drift) - bottom
        limit = self._speed_within(room, reaction) if room > 0.0 else 0.0
        if abs(vz) <= limit:
            return vz
        reasons.append(f'altitude: {"top" if vz > 0.0 else "bottom"} of the band')
        return math.copysign(limit, vz) if limit > 0.0 else 0.0
