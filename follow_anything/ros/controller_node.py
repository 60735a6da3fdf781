# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
What should the robot do? Turns the newest track into a bounded velocity, or into zero.

Hears track and the detector's heartbeat. Publishes cmd_vel, and ~/command: the same, with the
stamp of the picture it was computed from. Serves ~/enable and ~/stop; an operator's stop holds
until ~/enable.
"""

from __future__ import annotations

from follow_anything.core.config import ControllerConfig, DetectorConfig
from follow_anything.core.servo import Servo
from follow_anything.core.types import VelocityCommand
from follow_anything.ros import conversions, qos
from follow_anything.ros.node import FollowNode, OK, run, WARN
from geometry_msgs.msg import Twist, TwistStamped
from rclpy.duration import Duration
from std_msgs.msg import Empty, Header
from std_srvs.srv import SetBool, Trigger
from vision_msgs.msg import Detection2D

__all__ = ['ControllerNode', 'main']


class ControllerNode(FollowNode):
    """ROS wiring of core.servo.Servo, and the watchdogs that need a clock that cannot stop."""

    config_type = ControllerConfig
    config: ControllerConfig

    def build(self) -> None:
        """Make the publishers."""
        kind = TwistStamped if self.config.stamped else Twist
        self._cmd_vel = self.advertise(kind, 'cmd_vel', qos.COMMAND)
        self._command = self.advertise(TwistStamped, '~/command', qos.COMMAND)

    def start(self) -> None:
        """Stand still and listen."""
        self._servo = Servo(self.config)
        self._enabled = True
        self._image_header = Header(frame_id=self.config.base_frame)
        self._fresh_until = float('-inf')
        self._clock_read, self._clock_moved = self.now(), self.steady_now()
        self._detector_arrived = float('-inf')
        self._last = VelocityCommand.stop('just started')
        self.hear(Detection2D, 'track', self._on_track, qos.COMMAND)
        self.hear(Empty, f'{DetectorConfig.node}/heartbeat', self._on_heartbeat, qos.COMMAND)
        self.serve(SetBool, '~/enable', self._on_enable)
        self.serve(Trigger, '~/stop', self._on_stop)
        self.every(1.0 / self.config.rate, self._tick)

    def halt(self) -> None:
        """Publish zero, and wait until it has arrived."""
        self._publish(VelocityCommand.stop('the controller is going down'))
        self._cmd_vel.wait_for_all_acked(Duration(seconds=0.2))

    def on_config(self) -> None:
        """Take new gains and limits; from rest."""
        if hasattr(self, '_servo'):
            self._servo.configure(self.config)

    def _tick(self) -> None:
        command = self._servo.command(self.now())
        reason = self._why_not()
        if reason:
            self._servo.rest()
            command = VelocityCommand.stop(reason)
        if command.reason != self._last.reason:
            doing = f'holding: {command.reason}' if command.reason else 'following'
            self.get_logger().info(doing)
        self._publish(command)

    def _why_not(self) -> str:
        """Return why the robot must stand still, whatever the servo wants; '' when it need not."""
        now, clock = self.steady_now(), self.now()
        if clock != self._clock_read:
            self._clock_read, self._clock_moved = clock, now
        if not self._enabled:
            return 'stopped by the operator'
        # A simulator that died: its last picture may still be on its way through the tracker.
        if now - self._clock_moved > self.config.stale_after:
            return 'the clock stands still: does the simulator run?'
        if now > self._fresh_until:
            return 'no track: the tracker or the camera is silent'
        if (
            self.config.require_detector
            and now - self._detector_arrived > self.config.heartbeat_timeout
        ):
            return 'no heartbeat of the detector'
        return ''

    def _publish(self, command: VelocityCommand) -> None:
        self._last = command
        stamped = conversions.twist_stamped_from_command(command, self._image_header)
        self._command.publish(stamped)
        if self.config.stamped:
            header = Header(frame_id=self.config.base_frame)
            header.stamp = self.get_clock().now().to_msg()
            stamped = conversions.twist_stamped_from_command(command, header)
        self._cmd_vel.publish(stamped if self.config.stamped else stamped.twist)

    def _on_track(self, message: Detection2D) -> None:
        self._servo.observe(conversions.target_from_msg(message))
        # The picture was not new when its track arrived; and a clock that stops hides its age.
        age = max(0.0, self.now() - conversions.seconds(message.header.stamp))
        self._fresh_until = self.steady_now() + self.config.stale_after - age
        self._image_header.stamp = message.header.stamp

    def _on_heartbeat(self, _: Empty) -> None:
        self._detector_arrived = self.steady_now()

    def _on_enable(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._enabled = request.data
        response.success = True
        response.message = 'following is allowed' if request.data else 'holding until ~/enable'
        return response

    def _on_stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._enabled = False
        self._tick()
        response.success, response.message = True, 'holding until ~/enable'
        return response

    def diagnose(self) -> tuple[bytes, str, dict[str, object]]:
        """Return what the robot is told, why, and how old the picture behind it is."""
        vx, vy, vz, yaw_rate = self._last.axes
        values: dict[str, object] = {
            'enabled': self._enabled,
            'command': f'vx {vx:.2f} vy {vy:.2f} vz {vz:.2f} m/s, yaw {yaw_rate:.2f} rad/s',
            'image_age_s': f'{self.now() - conversions.seconds(self._image_header.stamp):.3f}',
        }
        reason = self._last.reason
        return (WARN if reason else OK), reason or 'following', values


def main(arguments: list[str] | None = None) -> int:
    """Run the node."""
    return run(ControllerNode, arguments)


if __name__ == '__main__':
    raise SystemExit(main())
