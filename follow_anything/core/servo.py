# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The visual servo: from the newest target to a bounded velocity, or to zero.

Position-based on three decoupled errors (bearing, range, height), each a PD law with the
target's own motion fed forward; the limits come after the law, so nothing gets past them
(Chaumette and Hutchinson, "Visual servo control, part I", 2006, for the family of laws).
"""

from __future__ import annotations

import math

from follow_anything.core.config import ServoConfig
from follow_anything.core.control.limits import AxisLimiter
from follow_anything.core.control.motion import RelativeMotion
from follow_anything.core.control.search import Search
from follow_anything.core.geometry import camera_mount
from follow_anything.core.types import FloatArray, Target, VelocityCommand
import numpy as np

__all__ = ['Servo']

SURE_PRESENCE, LEAST_SPEED = (0.5, 0.9), 0.3
"""Between these probabilities the speed towards the target falls to this share of its cap."""

ALIKE_SPEED = 0.5
"""With somebody alike at the target's side the speed towards it falls to this share of its cap."""

VISIBLE_FORWARD = 0.1
"""A target less than this far ahead of the camera, at unit distance, is not ahead at all."""

ASIDE_MOST = 0.35
"""Bearing, rad, up to which side_offset lets the target go: it has to stay in the picture."""

MOUNT_TOLERANCE = 0.05
"""Change of a camera's rotation that the filters go along with: a mast that sways, TF's noise."""

LATE_S = 1.0
"""After a gap between two commands longer than this nobody knows where the robot has gone."""

ON_ITS_SIDE_COS = 0.7
"""Cosine below which a direction counts as level."""


class Servo:
    """
    Follows one target with one vehicle.

    observe() takes the newest target, command() is asked at a fixed rate. Both may be called
    at any time and with anything; what cannot be trusted becomes zero with a reason.
    """

    def __init__(self, config: ServoConfig) -> None:
        dt = 1.0 / config.rate
        self._forward, self._up, self._yaw = (AxisLimiter(0, 0, 1, 1, dt) for _ in range(3))
        self._bearing = RelativeMotion(acceleration=1.5, noise=0.02)
        self._range = RelativeMotion(acceleration=1.5, noise=0.4)
        self._height = RelativeMotion(acceleration=0.5, noise=0.2)
        self._moved = np.zeros(3)
        self._commanded_at: float | None = None
        self._lag_share = 0.0
        self._target: Target | None = None
        self._search = Search(config)
        self._is_searching = False
        self._measured_mount: FloatArray | None = None
        self._mount = _mount_of(config)
        self.configure(config)

    def configure(self, config: ServoConfig) -> None:
        """Take new gains and limits; the vehicle goes on, unless its camera sits elsewhere."""
        self.config = self._search.config = config
        linear = (config.max_acceleration, config.max_jerk)
        angular = (config.max_yaw_acceleration, config.max_yaw_jerk)
        climb = config.max_vertical if config.robot == 'drone' else 0.0
        self._forward.limit(-config.max_backward, config.max_forward, *linear)
        self._up.limit(-climb, climb, *linear)
        self._yaw.limit(-config.max_yaw_rate, config.max_yaw_rate, *angular)
        self.take_mount(self._measured_mount)

    def take_mount(self, measured: FloatArray | None) -> None:
        """
        Take the rotation of the camera on the robot.

        :param measured: rotation (3, 3) from optical to base_link axes, such as TF's; None: the
            one of the parameters camera_roll, camera_pitch and camera_yaw.
        """
        self._measured_mount = measured
        mount = _mount_of(self.config) if measured is None else measured
        is_same = np.allclose(mount, self._mount, atol=MOUNT_TOLERANCE)
        self._mount = mount
        if not is_same:
            self.rest()  # what the filters know was measured with another camera

    def reset(self) -> None:
        """Forget the target and stand still."""
        self._target = None
        self.rest()

    def observe(self, target: Target) -> None:
        """Take the newest target; one of the same picture again measures nothing new."""
        is_new = self._target is None or target.stamp != self._target.stamp
        if self._target is not None and target.target_id != self._target.target_id:
            self._search.forget()  # that was somebody else's place
        self._target = target
        position = target.position
        if not (is_new and target.state.may_move) or position is None:
            return
        if not (math.isfinite(target.stamp) and np.isfinite(position).all()):
            return
        forward, left, _ = self._mount @ position
        bearing = math.atan2(left, forward)
        has_range = self._has_range(target)
        self._search.saw(target.stamp, float(forward), float(left), has_range=has_range)
        distance = math.hypot(forward, left) if has_range else math.nan
        scale = float(np.linalg.norm(position)) if has_range else self._nominal
        length = float(np.linalg.norm(position))
        rise = scale * float(self._upright @ position) / length if length > 0.0 else 0.0
        turned, advanced, climbed = self._moved
        self._bearing.update(target.stamp, bearing, turned)
        self._height.update(target.stamp, rise, climbed)
        if math.isfinite(distance):
            self._range.update(target.stamp, distance, advanced)

    def command(self, now: float) -> VelocityCommand:
        """
        Return what the robot should do now.

        :param now: seconds, on the clock of the targets' stamps; one call a tick.
        :return: bounded in speed, acceleration and jerk; zero at once when it is not safe.
        """
        dt = self._elapsed(now)
        command = self._command(now)
        # What we believe to be doing: the commands, seen through the vehicle's lag. After a stop
        # it coasts.
        self._lag_share = min(1.0, dt / max(self.config.lag, 1e-3))
        self._moved += self._lag_share * (self._velocity - self._moved)
        self._search.moved(*(self._moved[:2] * dt).tolist())
        return command

    def _elapsed(self, now: float) -> float:
        """Return the time since the last command, s: a busy machine's ticks come late."""
        before, self._commanded_at = self._commanded_at, now
        if before is not None:
            if 0.0 <= now - before <= LATE_S:
                return now - before
            self._search.forget()  # nobody knows where the robot has gone meanwhile
        return 1.0 / self.config.rate

    def _command(self, now: float) -> VelocityCommand:
        reason = self._refusal(now)
        searched = self._search.motion(self._target, now) if reason else None
        if searched is not None:
            if not self._is_searching:  # whatever it did before, it begins to search at rest
                for axis in (self._forward, self._up):
                    axis.reset()
            self._is_searching = True
            return self._tick(*searched[0], searched[1])
        self._is_searching = False
        if reason:
            self._brake()
            return VelocityCommand.stop(reason)
        return self._tick(*self._law(now), reason='')

    def _refusal(self, now: float) -> str:
        target = self._target
        if target is None:
            return 'no target yet'
        if not target.state.may_move:
            return (
                f'{target.state.value}: {target.reason}' if target.reason else target.state.value
            )
        age = now - target.stamp
        if not age <= self.config.stale_after:  # true for NaN too
            return f'stale: the newest target is older than {self.config.stale_after} s'
        if age < -self.config.stale_after:
            return 'clock: the newest target comes from the future'
        if target.position is None:
            return 'no position: the tracker does not know its camera (see its diagnostics)'
        if not np.isfinite(target.position).all():
            return 'not finite: the position of the target'
        forward, left, _ = self._mount @ target.position
        if forward <= VISIBLE_FORWARD * max(1e-6, abs(left)):
            return 'geometry: the target is not ahead of the robot'
        if not self._bearing.is_known:
            return 'resting: the target was not seen since'
        return ''

    def _law(self, now: float) -> tuple[float, float, float]:
        """Return the wanted (forward, up, yaw rate), not yet limited."""
        config, (turned, advanced, climbed) = self.config, self._moved
        bearing = self._bearing.predict(now, turned)
        yaw = (
            config.kp_yaw * _dead_band(bearing - self._aside, config.bearing_dead_band)
            + config.kd_yaw * (self._bearing.own_rate - turned)
            + config.feed_forward * self._bearing.own_rate
        )
        rise = self._height.predict(now, climbed)
        up = config.kp_height * _dead_band(rise, config.range_dead_band)
        up += config.feed_forward * self._height.own_rate
        forward = 0.0
        if self._measured_distance is not None and self._range.is_known:
            distance = self._range.predict(now, advanced)
            error = distance - config.follow_distance
            forward = (
                config.kp_range * _dead_band(error, config.range_dead_band)
                + config.kd_range * (self._range.own_rate - advanced)
                + config.feed_forward * self._range.own_rate
            )
            forward = min(forward, config.max_forward * self._caution)
            # Turn first, drive then: what is beside us is not reached by driving forward.
            forward *= max(0.0, math.cos(bearing))
            # Believe the nearer of filter and eye, and do not coast on towards it.
            if min(distance, self._measured_distance) < config.min_distance:
                forward = min(forward, 0.0)
                if self._forward.velocity > 0.0:
                    self._forward.reset()
                    forward = 0.0
        return (forward, up, yaw) if config.follow else (0.0, 0.0, yaw)

    def _tick(self, forward: float, up: float, yaw: float, reason: str) -> VelocityCommand:
        if not all(math.isfinite(value) for value in (forward, up, yaw)):
            self.rest()
            return VelocityCommand.stop('not finite: the servo law gave no number')
        vx, vz, yaw_rate = self._forward.step(forward), self._up.step(up), self._yaw.step(yaw)
        return VelocityCommand(vx=vx, vz=vz, yaw_rate=yaw_rate, reason=reason)

    @property
    def _velocity(self) -> FloatArray:
        """The newest command: yaw rate, forward, up."""
        return np.array([self._yaw.velocity, self._forward.velocity, self._up.velocity])

    def applied(self, command: VelocityCommand) -> None:
        """Take the command that was sent: where it was limited, the next one starts from it."""
        proposed, sent = self._velocity, (command.yaw_rate, command.vx, command.vz)
        for axis, value in zip((self._yaw, self._forward, self._up), sent, strict=True):
            if axis.velocity != value:
                axis.velocity, axis.rate = value, 0.0
        self._moved += self._lag_share * (np.array(sent) - proposed)

    def rest(self) -> None:
        """
        Stop at once, since somebody else says so; the target stays known.

        Who may drive the robot meanwhile is not known: nothing is searched for before the target
        was seen again.
        """
        self._search.forget()
        self.applied(VelocityCommand.stop('at rest'))
        self._brake()

    def _brake(self) -> None:
        for axis in (self._forward, self._up, self._yaw):
            axis.reset()
        for motion in (self._bearing, self._range, self._height):
            motion.reset()

    @property
    def _caution(self) -> float:
        """Share of the speed towards a target that the judge is, or may soon be, unsure of."""
        if self._target is None:
            return 1.0
        low, high = SURE_PRESENCE
        sure = min(1.0, max(LEAST_SPEED, (self._target.presence - low) / (high - low)))
        return sure * (1.0 - (1.0 - ALIKE_SPEED) * self._target.alike_near)

    @property
    def target_in_base(self) -> FloatArray | None:
        """
        The target (3,) in base_link axes, metres, as last seen; None without a range.

        During a search it is where the target was last seen, as far as that is known.
        """
        if self._is_searching and self._search.place is not None:
            return np.array([*self._search.place, 0.0])
        if self._target is None or self._target.position is None:
            return None
        if not self._has_range(self._target):
            return None
        return np.asarray(self._mount @ self._target.position)

    @property
    def _upright(self) -> FloatArray:
        """
        The direction (3,), optical axes, in which the target is too high in the picture.

        Across the optical axis, in the vertical plane through it: the picture's own upwards for a
        camera that does not roll.
        """
        axis, up = self._mount[:, 2], np.array([0.0, 0.0, 1.0])
        across = up - float(up @ axis) * axis
        length = float(np.linalg.norm(across))
        return np.asarray(self._mount.T @ across / length) if length > 1e-3 else np.zeros(3)

    @property
    def camera_is_on_its_side(self) -> bool:
        """True when the camera is rolled so far that a box's height is not the target's."""
        axis, down = self._mount[:, 2], self._mount[:, 1]
        return abs(float(axis[2])) < ON_ITS_SIDE_COS and abs(float(down[2])) < ON_ITS_SIDE_COS

    @property
    def _measured_distance(self) -> float | None:
        """Horizontal distance as last seen, metres; None when it is not known."""
        place = self.target_in_base
        return None if place is None else math.hypot(place[0], place[1])

    @property
    def _aside(self) -> float:
        """Bearing at which the target is kept, rad to the left."""
        away = max(self._measured_distance or self._nominal, self.config.min_distance, 0.1)
        aside = math.asin(min(1.0, max(-1.0, self.config.side_offset / away)))
        return min(ASIDE_MOST, max(-ASIDE_MOST, aside))

    @property
    def _nominal(self) -> float:
        """Distance assumed where none is known, only to turn an angle into metres."""
        return self.config.follow_distance

    @staticmethod
    def _has_range(target: Target) -> bool:
        if target.position is None:
            return False
        return target.range_std < float(np.linalg.norm(target.position))


def _mount_of(config: ServoConfig) -> FloatArray:
    return camera_mount(config.camera_roll, config.camera_pitch, config.camera_yaw)


def _dead_band(error: float, width: float) -> float:
    """Return the error beyond the dead band; zero inside, continuous at its border."""
    return math.copysign(max(0.0, abs(error) - width), error)
