# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The watchdog node: sends zero velocity when the controller is killed or hangs while it drives.

    controller ──▶ cmd_vel ◀── watchdog, for a second, when controller_node/command falls silent

It has no topics to be set: what it stops is every velocity that the controller publishes, under
the name and of the type that the graph tells. Robots that are not driven by a topic (MAVLink,
Nav2) have a time-out of their own. Subscribes to controller_node/command. Its heartbeat says that
it hears the controller.
"""

from __future__ import annotations

import math
from typing import Any

from follow_anything.core.config import ControllerConfig, WatchdogConfig
from follow_anything.launcher.processes import use_network_alone
from follow_anything.ros import qos
from follow_anything.ros.node import FollowNode, OK, run, WARN
from geometry_msgs.msg import Twist, TwistStamped, Vector3Stamped
from rclpy.duration import Duration

__all__ = ['WatchdogNode', 'main']

COMMAND = f'{ControllerConfig.node}/command'
VELOCITIES = {
    'geometry_msgs/msg/Twist': Twist,
    'geometry_msgs/msg/TwistStamped': TwistStamped,
    'geometry_msgs/msg/Vector3Stamped': Vector3Stamped,  # the rates of a gimbal
}
"""Types of the velocities that a controller may publish; all zero when just made."""

DRIVING_S = 0.5
"""Who sent a velocity so shortly before falling silent may have left one in force."""

ZEROS_S = 1.0
"""Zeros go on for so long; then somebody else may drive, through a multiplexer, say."""

CHECK_PERIOD_S, LOOK_PERIOD_S = 0.02, 0.5


class WatchdogNode(FollowNode):
    """Listens to the controller, and stops the robot in its place; its clock cannot stop."""

    config_type = WatchdogConfig
    config: WatchdogConfig

    def build(self) -> None:
        """Know no velocity yet: the controller may start later."""
        self._drives: dict[str, Any] = {}

    def start(self) -> None:
        """Listen to the controller."""
        self._heard_at = self._moved_at = -math.inf
        self._frame_id, self._is_stopping, self._silences = '', False, 0
        self.subscribe(TwistStamped, COMMAND, self._on_command, qos.COMMAND)
        self.every(LOOK_PERIOD_S, self._look_for_velocities)
        self.every(CHECK_PERIOD_S, self._watch)

    def halt(self) -> None:
        """Leave the robot still: this node may be ended because the controller is dead."""
        if self._was_driving:
            self._stop_robot()
            for publisher in self._drives.values():
                publisher.wait_for_all_acked(Duration(seconds=0.2))

    @property
    def _was_driving(self) -> bool:
        return self._moved_at > self._heard_at - DRIVING_S

    def _beat(self) -> None:
        """Say that the controller is heard: a new one may wait for that before it drives."""
        if self.steady_now() - self._heard_at <= self.config.silence:
            super()._beat()

    def _look_for_velocities(self) -> None:
        """Make a publisher for each velocity that the controller publishes."""
        try:
            published = self.get_publisher_names_and_types_by_node(
                ControllerConfig.node, self.get_namespace()
            )
        except RuntimeError:  # rclpy's NodeNameNonExistentError: it is not there yet, or dead
            return
        for topic, types in published:
            known = [VELOCITIES[name] for name in types if name in VELOCITIES]
            if known and topic not in self._drives and topic != self.resolve_topic_name(COMMAND):
                self._drives[topic] = self.advertise(known[0], topic, qos.COMMAND)

    def _on_command(self, message: TwistStamped) -> None:
        self._heard_at, self._frame_id = self.steady_now(), message.header.frame_id
        if self._is_stopping:
            self._is_stopping = False
            self.get_logger().info('the controller is back')
        if message.twist != Twist():
            self._moved_at = self._heard_at

    def _watch(self) -> None:
        silence = self.steady_now() - self._heard_at
        if silence <= self.config.silence or not self._was_driving:
            return
        if not self._is_stopping:
            self._is_stopping = True
            self._silences += 1
            self.get_logger().error(f'the controller fell silent while it drove: {self._says}')
        if silence <= self.config.silence + ZEROS_S:
            self._stop_robot()

    @property
    def _says(self) -> str:
        topics = ', '.join(sorted(self._drives))
        return f'zero velocity on {topics}' if topics else 'and it drives by no topic known here'

    def _stop_robot(self) -> None:
        for publisher in self._drives.values():
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
            return WARN, f'the controller fell silent while it drove: {self._says}', values
        if self._heard_at == -math.inf:
            return OK, 'no controller yet', values
        if not self._drives:
            return OK, "nothing to guard: the robot's own time-out counts", values
        return OK, f'watching what drives {", ".join(sorted(self._drives))}', values


def main(arguments: list[str] | None = None) -> int:
    """Run the node without shared memory, whose locks a hanging process may hold."""
    use_network_alone()
    return run(WatchdogNode, arguments)


if __name__ == '__main__':
    raise SystemExit(main())
