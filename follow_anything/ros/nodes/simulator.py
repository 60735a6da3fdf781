# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The simulator node: a robot with a camera in the embedded simulator, and its clock.

Subscribes to cmd_vel. Publishes /clock, image, camera_info, depth, odom, /tf and /tf_static; and,
for the score alone, truth and truth/collisions.
"""

from __future__ import annotations

import threading
import time

from follow_anything.core.config import SimulatorConfig
from follow_anything.core.types import VelocityCommand
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from follow_anything.ros.messages import simulator as messages
from follow_anything.ros.node import FollowNode, OK, run
from follow_anything.sim.simulator import Simulator
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.qos import DurabilityPolicy, QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header, UInt32
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection2D

__all__ = ['SimNode', 'main']

CAMERA_FRAME, BASE_FRAME, ODOM_FRAME = 'camera_optical_frame', 'base_link', 'odom'

STATIC = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)

CATCH_UP_S = 0.2
"""Time lost to a busy machine beyond this is not made up for: the clock just runs slower."""


class SimNode(FollowNode):
    """Steps the world in a thread of its own, at the speed asked for or as fast as it can."""

    config_type = SimulatorConfig
    config: SimulatorConfig
    niceness = 5

    def build(self) -> None:
        """Make the publishers."""
        self._time = self.advertise(Clock, '/clock', qos.COMMAND)
        self._image = self.advertise(Image, 'image', qos.IMAGE)
        self._info = self.advertise(CameraInfo, 'camera_info', qos.IMAGE)
        self._depth = self.advertise(Image, 'depth', qos.IMAGE)
        self._odom = self.advertise(Odometry, 'odom', qos.COMMAND)
        self._tf = self.advertise(TFMessage, '/tf', qos.QUERY)
        self._tf_static = self.advertise(TFMessage, '/tf_static', STATIC)
        self._truth = self.advertise(Detection2D, 'truth', qos.COMMAND)
        self._collisions = self.advertise(UInt32, 'truth/collisions', qos.COMMAND)

    def start(self) -> None:
        """Build the world and start its thread."""
        self._command: VelocityCommand | None = None
        self._running = True
        self._steps = 0
        self._thread = threading.Thread(target=self._guarded, name='world', daemon=True)
        self._thread.start()
        self.until_deactivated(self._stop)
        self.subscribe(Twist, 'cmd_vel', self._on_command, qos.COMMAND)

    def _on_command(self, message: Twist) -> None:
        self._command = conversions.command_from_twist(message)

    def _stop(self) -> None:
        self._running = False
        self._thread.join(timeout=5.0)

    def _guarded(self) -> None:
        try:
            self._run()
        except Exception as error:  # the border of the thread: without a world there is no node
            self.fail(error)

    def _run(self) -> None:
        """Create, step and close the simulator in one thread, as OpenGL contexts need it."""
        with Simulator(self.config) as simulator:
            mount = messages.mount_to_msg(simulator.mount, BASE_FRAME, CAMERA_FRAME)
            self._tf_static.publish(TFMessage(transforms=[mount]))
            due = time.monotonic()
            while self._running:
                self._step(simulator)
                due = max(due + self._period(), time.monotonic() - CATCH_UP_S)
                time.sleep(max(0.0, due - time.monotonic()))

    def _period(self) -> float:
        return 1.0 / (self.config.rate * self.config.speed) if self.config.speed > 0 else 0.0

    def _step(self, simulator: Simulator) -> None:
        command, self._command = self._command, None
        simulator.step(command)
        frame = simulator.frame()
        stamp = conversions.time_msg(frame.stamp)
        header = Header(stamp=stamp, frame_id=CAMERA_FRAME)
        self._time.publish(Clock(clock=stamp))
        self._info.publish(conversions.camera_to_msg(simulator.camera, header))
        if frame.depth is not None:
            self._depth.publish(conversions.depth_to_msg(frame.depth, header))
        self._image.publish(conversions.image_to_msg(frame.rgb, header))
        odometry = simulator.odometry
        self._odom.publish(messages.odometry_to_msg(odometry, ODOM_FRAME, BASE_FRAME))
        pose = messages.pose_to_transform(odometry, ODOM_FRAME, BASE_FRAME)
        self._tf.publish(TFMessage(transforms=[pose]))
        self._truth.publish(messages.truth_to_msg(simulator.truth(), header))
        self._collisions.publish(UInt32(data=simulator.collisions))
        self._steps += 1

    def diagnose(self) -> tuple[bytes, str, dict[str, object]]:
        """Return the simulated time, and how fast it runs."""
        return OK, f'{self.config.scenario}, {self.config.robot}', {'steps': self._steps}


def main(arguments: list[str] | None = None) -> int:
    """Run the node."""
    return run(SimNode, arguments)


if __name__ == '__main__':
    raise SystemExit(main())
