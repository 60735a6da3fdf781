# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The controller node: turns the newest track into a bounded velocity, or into zero.

    track ──▶ servo ──▶ supervisor ──▶ robot adapter ──▶ cmd_vel, MAVROS, MAVLink, Nav2

Subscribes to track, stop and heartbeats; odom and battery where a limit depends on them, and joy
where stick.button says so.
Publishes what the adapter does, ~/command (with the stamp of the picture it was computed from),
~/limits: why the robot does less than it would, ~/fence: where it may go, to look at, and
~/velocities: what drives the robot, for the watchdog. Serves
~/enable, ~/stop, ~/confirm, ~/arm and ~/engage; an operator's stop holds until ~/enable.
"""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus
from follow_anything.core.config import ControllerConfig, DetectorConfig
from follow_anything.core.control.supervisor import Supervisor, VehiclePose
from follow_anything.core.servo import Servo
from follow_anything.core.types import VelocityCommand
from follow_anything.launcher.processes import use_network_alone
from follow_anything.robots.base import Request
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions, targets
from follow_anything.ros.messages.markers import fence_markers
from follow_anything.ros.mount import CameraMountLookup
from follow_anything.ros.neighbours import rivals
from follow_anything.ros.node import FollowNode, OK, run, WARN
from follow_anything.ros.robots.background import answer_in_thread
from follow_anything.ros.robots.monitor import VehicleMonitor
from follow_anything.ros.robots.stick import Stick
from follow_anything.ros.robots.velocities import velocities_to_msg
from follow_anything.ros.robots.wiring import wire
from follow_anything.ros.transforms import TransformTree
from geometry_msgs.msg import TwistStamped
from std_msgs.msg import Empty, Header, String
from std_srvs.srv import SetBool, Trigger
from vision_msgs.msg import Detection2D
from visualization_msgs.msg import MarkerArray

__all__ = ['ControllerNode', 'main']

WATCH_PERIOD_S = 0.02
STOPPED = 'stopped by the operator'
CAMERA_ON_ITS_SIDE = (
    'the camera lies on its side: a range by the height of the box is wrong; turn the picture, or '
    'give depth'
)
NOT_WATCHED_YET = 'the watchdog does not hear this node yet: does watchdog_node run?'
UNWATCHED = 'the watchdog is gone: nobody sends zero when this node dies; start watchdog_node'
DRY_RUN = 'dry run: nothing moves until ~/enable'


class ControllerNode(FollowNode):
    """ROS wiring of servo, supervisor and robot, and the watchdogs whose clock cannot stop."""

    config_type = ControllerConfig
    config: ControllerConfig

    def build(self) -> None:
        """Make the publishers."""
        self._wiring = wire(self, self.config, self._known_pose)
        self._robot = self._wiring.robot
        driving = velocities_to_msg(self._advertised)
        self.advertise(DiagnosticStatus, '~/velocities', qos.LATCHED).publish(driving)
        self._command = self.advertise(TwistStamped, '~/command', qos.COMMAND)
        self._limits = self.advertise(String, '~/limits', qos.LATCHED)
        self._fence = self.advertise(MarkerArray, '~/fence', qos.LATCHED)

    def start(self) -> None:
        """Publish zero, and subscribe."""
        self._servo, self._supervisor = Servo(self.config.servo), Supervisor(self.config)
        self._monitor = VehicleMonitor(self, self._show_fence)
        self._enabled, self._is_active = not self.config.dry_run, True
        self._held = DRY_RUN if self.config.dry_run else STOPPED
        self._image_header = Header(frame_id=self.config.base_frame)
        self._fresh_until = float('-inf')
        self._clock_read, self._clock_moved = self.now(), self.steady_now()
        self._last = VelocityCommand.stop('just started')
        self._reasons = ''
        self._limits.publish(String())
        self._robot.open()
        self._wiring.listen()
        self.subscribe(Detection2D, 'track', self._on_track, qos.COMMAND)
        self.subscribe(Empty, 'stop', lambda _: self._stop(), qos.QUERY)
        self.serve(SetBool, '~/enable', self._on_enable)
        self.serve(Trigger, '~/stop', self._on_stop)
        self.serve(Trigger, '~/confirm', self._on_confirm)
        self.serve(SetBool, '~/arm', self._on_arm)
        self.serve(SetBool, '~/engage', self._on_engage)
        # a gimbal's adapter knows where the camera looks
        by = 'parameters' if self.config.adapter.kind == 'gimbal' else self.config.camera_mount
        tree = None if by == 'parameters' else TransformTree(self, only_static=by == 'auto')
        base, take = self.config.base_frame, self._servo.take_mount
        self._mount = CameraMountLookup(self, tree, base, 'servo.', take, required=by == 'tf')
        Stick(self)
        self._show_fence()
        self.every(1.0 / self.config.servo.rate, self._tick)
        self.every(WATCH_PERIOD_S, self._watch)

    def halt(self) -> None:
        """Leave the robot still."""
        self._is_active = False
        self._publish(VelocityCommand.stop('the controller is going down'))
        self._robot.close()

    def on_config(self) -> None:
        """Take new gains and limits; filters that they do not concern keep their state."""
        if hasattr(self, '_servo'):
            self._servo.configure(self.config.servo)
            self._supervisor.configure(self.config)
            if self._is_active:
                self._monitor.configure()
                self._show_fence()

    def _show_fence(self) -> None:
        """Publish the fence, in the frame that the pose of the robot is in."""
        header = Header(frame_id=self._monitor.frame_id)
        markers = fence_markers(self._supervisor.fence, header)
        self._fence.publish(MarkerArray(markers=markers))

    def _tick(self) -> None:
        now = self.now()
        command = self._servo.command(now)
        reason, reasons = self._why_not() or self._robot.why_not() or self._mount.why_not, ''
        if reason:
            self._servo.rest()
            command = VelocityCommand.stop(reason)
        else:
            situation = self._monitor.situation(
                self._robot, self._servo, now, allowed=self._enabled
            )
            command, less = self._supervisor.check(command, situation, now)
            self._servo.applied(command)
            reasons = '; '.join(less)
        if reasons != self._reasons:
            self._reasons = reasons
            self._limits.publish(String(data=reasons))
        if command.reason != self._last.reason:
            holds = 'holding: ' if command.reason and command.is_zero else ''
            self.get_logger().info(f'{holds}{command.reason or self._mode}')
        self._send(command)

    def _watch(self) -> None:
        """Stop when nothing can be trusted any more, and not with the next tick only."""
        if not self._last.is_zero and self._why_not():
            self._tick()

    def _send(self, command: VelocityCommand) -> None:
        """
        Send a command, or zero where it has become too old.

        On a busy machine this process may have been put aside since the checks; and where that
        was between this check and the command, zero follows at once.
        """
        late = '' if command.is_zero else self._why_not()
        if late:
            self._servo.rest()
            command = VelocityCommand.stop(late)
        self._publish(command)
        self._robot.send(command, enabled=self._enabled)
        if not command.is_zero and self._why_not():
            self._send(command)

    def _why_not(self) -> str:
        """Return why the robot must stand still, whatever the servo wants; '' when it need not."""
        now, clock = self.steady_now(), self.now()
        if clock != self._clock_read:
            self._clock_read, self._clock_moved = clock, now
        if not self._enabled:
            return self._held
        # A simulator that died: its last picture may still be on its way through the tracker.
        if now - self._clock_moved > self.config.servo.stale_after:
            return 'the clock stands still: does the simulator run?'
        if now > self._fresh_until:
            return 'no track: the tracker or the camera is silent'
        silence = self._monitor.silence(DetectorConfig.node)
        if self.config.require_detector and silence > self.config.heartbeat_timeout:
            return 'no heartbeat of the detector'
        if self.config.require_watchdog and not self._monitor.is_watched:
            return NOT_WATCHED_YET
        return ''

    def _publish(self, command: VelocityCommand) -> None:
        self._last = command
        stamped = conversions.twist_stamped_from_command(command, self._image_header)
        self._command.publish(stamped)

    def _known_pose(self) -> tuple[VehiclePose, float] | None:
        pose = self._monitor.pose
        return None if pose is None else (pose, abs(self.now() - pose.stamp))

    def _on_track(self, message: Detection2D) -> None:
        self._wiring.header = message.header
        target = targets.target_from_msg(message)
        self._mount.take_frame_id(message.header.frame_id)
        self._monitor.take_target(target)
        self._servo.observe(self._robot.observe(target))
        # The picture was not new when its track arrived; and a clock that stops hides its age.
        age = max(0.0, self.now() - conversions.seconds(message.header.stamp))
        self._fresh_until = self.steady_now() + self.config.servo.stale_after - age
        self._image_header.stamp = message.header.stamp

    def _on_enable(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._enabled, self._held = request.data, STOPPED
        response.success = True
        response.message = 'following is allowed' if request.data else 'holding until ~/enable'
        return response

    def _stop(self) -> None:
        self._enabled, self._held = False, STOPPED
        self._tick()

    def _on_stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._stop()
        response.success, response.message = True, 'holding until ~/enable'
        return response

    def _on_confirm(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = self._monitor.confirm()
        response.message = 'confirmed' if response.success else 'nothing to confirm: no target'
        return response

    async def _on_arm(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        return await self._ask(Request.ARM if request.data else Request.DISARM, response)

    async def _on_engage(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        return await self._ask(Request.ENGAGE if request.data else Request.RELEASE, response)

    async def _ask(self, request: Request, response: SetBool.Response) -> SetBool.Response:
        """Pass on what the operator asks of the robot; the ticks go on meanwhile."""
        why_not = await answer_in_thread(self, lambda: self._robot.ask(request))
        response.success, response.message = not why_not, why_not or f'done: {request.value}'
        # rclpy takes one severity a line of code, and the executor does not outlive its refusal
        if why_not:
            self.get_logger().warning(f'{request.value}: {response.message}')
        else:
            self.get_logger().info(f'{request.value}: {response.message}')
        return response

    def neighbours(self) -> str:
        """Return who else drives this robot, or which message its base subscribes to."""
        beside = super().neighbours()
        if beside or self.config.adapter.kind not in ('twist', 'gimbal'):
            return beside
        kind = 'TwistStamped' if self.config.stamped else 'Twist'
        # Behind a gimbal there may be nothing that drives.
        needs_base = self.config.adapter.kind == 'twist'
        conflict = rivals(self, 'cmd_vel', kind, needs_base=needs_base)
        return conflict or (UNWATCHED if self._monitor.lost_its_watchdog else '')

    def diagnose(self) -> tuple[bytes, str, dict[str, object]]:
        """Return the command, its reason, and the age of the picture behind it."""
        vx, vy, vz, yaw_rate = self._last.axes
        values: dict[str, object] = {
            'enabled': self._enabled,
            'mode': self._mode,
            'side_offset_m': self.config.servo.side_offset,
            'command': f'vx {vx:.2f} vy {vy:.2f} vz {vz:.2f} m/s, yaw {yaw_rate:.2f} rad/s',
            'limits': self._reasons,
            'robot': self._robot.why_not() or 'ready',
            'image_age_s': f'{self.now() - conversions.seconds(self._image_header.stamp):.3f}',
        }
        reason = (
            self._last.reason
            or self._reasons
            or (CAMERA_ON_ITS_SIDE if self._servo.camera_is_on_its_side else '')
        )
        return (WARN if reason else OK), reason or self._mode, values

    @property
    def _mode(self) -> str:
        return 'following' if self.config.servo.follow else 'looking: turns only'


def main(arguments: list[str] | None = None) -> int:
    """Run the node without shared memory, whose locks a hanging process may hold."""
    use_network_alone()
    return run(ControllerNode, arguments)


if __name__ == '__main__':
    raise SystemExit(main())
