# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The watchdog node: sends zero velocity when the controller is killed or hangs while it drives.

    controller ──▶ cmd_vel ◀── watchdog, for a second, when controller_node/command falls silent

It has no topics to be set: what it stops is every velocity that the controller publishes, which it
is told on controller_node/velocities. Robots that are not driven by a topic (MAVLink, Nav2) have a
time-out of their own. Subscribes to controller_node/command, too. Its heartbeat says that it hears
the controller, and knows what that publishes.
"""

from __future__ import annotations

import math
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from follow_anything.core.config import ControllerConfig, WatchdogConfig
from follow_anything.launcher.processes import use_network_alone
from follow_anything.ros import qos
from follow_anything.ros.node import FollowNode, OK, run, WARN
from follow_anything.ros.robots.velocities import velocities_from_msg
from geometry_msgs.msg import Twist, TwistStamped, Vector3Stamped
from rclpy.duration import Duration

__all__ = ['WatchdogNode', 'main']

COMMAND = f'{ControllerConfig.node}/command'
DRIVEN = f'{ControllerConfig.node}/velocities'

DRIVING_S = 0.5
"""Who sent a velocity so shortly before falling silent may have left one in force."""

ZEROS_S = 1.0
"""Zeros go on for so long; then somebody else may drive, through a multiplexer, say."""

CHECK_PERIOD_S, MAKE_PERIOD_S = 0.02, 0.5

ASIDE_S = 0.1
"""A check that comes so late was put aside itself, and blames nobody for so long."""


class WatchdogNode(FollowNode):
    """Listens to the controller, and stops the robot in its place; its clock cannot stop."""

    config_type = WatchdogConfig
    config: WatchdogConfig

    def build(self) -> None:
        """Know no velocity yet: the controller may start later."""
        self._made: dict[str, Any] = {}
        self._wanted: dict[str, Any] = {}

    def start(self) -> None:
        """Listen to the controller."""
        self._heard_at = self._moved_at = -math.inf
        self._frame_id, self._is_stopping, self._is_told = '', False, False
        self._moves = False
        self._checked_at, self._excused_until, self._excused_for = self.steady_now(), 0.0, 0.0
        self._silences = self._silences_told = 0
        self.subscribe(TwistStamped, COMMAND, self._on_command, qos.COMMAND)
        self.subscribe(DiagnosticStatus, DRIVEN, self._on_velocities, qos.LATCHED)
        self.every(MAKE_PERIOD_S, self._make_publishers)
        self.every(CHECK_PERIOD_S, self._watch)

    def halt(self) -> None:
        """Leave the robot still: this node may be ended because the controller is dead."""
        if self._silence <= self.config.silence + ZEROS_S:
            self._stop_robot()
            for publisher in self._drives.values():
                publisher.wait_for_all_acked(Duration(seconds=0.2))

    @property
    def _silence(self) -> float:
        return self.steady_now() - self._heard_at

    @property
    def _drives(self) -> dict[str, Any]:
        return {topic: self._made[topic] for topic in self._wanted if topic in self._made}

    @property
    def _was_driving(self) -> bool:
        return self._moved_at > self._heard_at - DRIVING_S

    def _beat(self) -> None:
        """Say that the controller is watched: a new one may wait for that before it drives."""
        is_known = self._is_told and self._drives.keys() == self._wanted.keys()
        if is_known and self._silence <= self.config.silence:
            super()._beat()

    def _on_velocities(self, message: DiagnosticStatus) -> None:
        self._wanted, self._is_told = velocities_from_msg(message), True
        self._make_publishers()

    def _make_publishers(self) -> None:
        """Have a publisher for each velocity that the controller publishes, and no other."""
        old = {t for t, p in self._made.items() if self._wanted.get(t, p.msg_type) != p.msg_type}
        for topic in old:  # made anew the next time: in this callback it is not gone yet
            publisher = self._made.pop(topic)
            self._advertised.remove(publisher)
            self.destroy_publisher(publisher)
        for topic in self._wanted.keys() - self._made.keys() - old:
            try:
                self._made[topic] = self.advertise(self._wanted[topic], topic, qos.COMMAND)
            except RuntimeError as error:  # rclpy's RCLError: this node has it with another type
                self.complain(error)

    def _on_command(self, message: TwistStamped) -> None:
        self._heard_at, self._frame_id = self.steady_now(), message.header.frame_id
        if self._is_stopping:
            self._is_stopping = False
            self.get_logger().info('the controller is back')
        self._moves = message.twist != Twist()
        if self._moves:
            self._moved_at = self._heard_at

    def _watch(self) -> None:
        now, before = self.steady_now(), self._checked_at
        self._checked_at, silence = now, now - self._heard_at
        if now - before > ASIDE_S and self._excused_for != self._heard_at:  # once: it may go on
            self._excused_until, self._excused_for = now + ASIDE_S, self._heard_at
        if silence <= self.config.silence:
            return
        # Zero is the last command of who goes in order.
        if self._moves and not self._is_stopping and now >= self._excused_until:
            self._is_stopping = True
            self._silences += 1
            self.get_logger().warning(f'the controller fell silent while it drove: {self._says}')
        if silence <= self.config.silence + ZEROS_S:
            self._stop_robot()

    @property
    def _says(self) -> str:
        topics = ', '.join(sorted(self._drives))
        return f'zero velocity on {topics}' if topics else 'and it drives by no topic known here'

    def _stop_robot(self) -> None:
        for publisher in self._drives.values():
            # A camera turns while the body stands, too.
            if not self._was_driving and publisher.msg_type is not Vector3Stamped:
                continue
            message = publisher.msg_type()
            if hasattr(message, 'header'):
                message.header.frame_id = self._frame_id
                message.header.stamp = self.get_clock().now().to_msg()
            publisher.publish(message)

    def diagnose(self) -> tuple[bytes, str, dict[str, object]]:
        """Return what is guarded, and whether the controller speaks."""
        values: dict[str, object] = {
            'topics': ' '.join(sorted(self._drives)),
            'silences': self._silences,
        }
        if self._is_stopping:
            self._silences_told = self._silences
            return WARN, f'the controller fell silent while it drove: {self._says}', values
        if self._heard_at == -math.inf:
            return OK, 'no controller yet', values
        if not self._is_told:
            return WARN, f'the controller is heard, and says nothing on {DRIVEN}', values
        if self._silences > self._silences_told:  # since the last time
            self._silences_told = self._silences
            return WARN, 'the controller fell silent while it drove, and is back', values
        if self._silence > self.config.silence:
            return OK, 'the controller is silent; its last command was zero', values
        if not self._drives:
            return OK, "nothing to guard: the robot's own time-out counts", values
        return OK, f'watching what drives {", ".join(sorted(self._drives))}', values


def main(arguments: list[str] | None = None) -> int:
    """Run the node without shared memory, whose locks a hanging process may hold."""
    use_network_alone()
    return run(WatchdogNode, arguments)


if __name__ == '__main__':
    raise SystemExit(main())
