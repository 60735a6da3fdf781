# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
What the robot has beside our nodes: a camera, wheels, and somebody who notes what happens.

A program for the robot's machine. Words on stdin: `click`, `hide`, `show`, `drive`, `end`. A line
of JSON on stdout for every command of the controller, every answer of the detector, every word of
the controller's diagnostics, and every change of the target's state.
"""

from __future__ import annotations

import json
import sys
import threading
import time

import cv2
from diagnostic_msgs.msg import DiagnosticArray
from follow_anything.core.geometry import PinholeCamera
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from follow_anything.testing import SyntheticScene
from geometry_msgs.msg import PointStamped, Twist
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header, String
from vision_msgs.msg import Detection2D, Detection2DArray

RATE_HZ = 10.0
JPEG_QUALITY = 80


class RobotSide(Node):
    """Camera, operator and scribe."""

    def __init__(self) -> None:
        super().__init__('robot_side')
        self._scene = SyntheticScene(seed=1, rate=RATE_HZ)
        self._empty = SyntheticScene(seed=1, rate=RATE_HZ, target_size=(1, 1))
        self._camera = PinholeCamera.from_horizontal_fov(self._scene.width, self._scene.height, 1)
        self._index = 0
        self._is_hidden = False
        self._images = self.create_publisher(Image, 'image', qos.IMAGE)
        self._small = self.create_publisher(CompressedImage, 'image/compressed', qos.IMAGE)
        self._infos = self.create_publisher(CameraInfo, 'camera_info', qos.IMAGE)
        self._clicks = self.create_publisher(PointStamped, 'query/click', qos.QUERY)
        self.create_subscription(Twist, 'cmd_vel', self._on_command, qos.QUERY)
        self.create_subscription(String, 'state', self._on_state, qos.LATCHED)
        self.create_subscription(Detection2D, 'track', self._on_track, qos.COMMAND)
        self.create_subscription(
            Detection2DArray, 'detections', lambda _: self._note(answer=True), qos.COMMAND
        )
        self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, qos.QUERY)
        self._target = ''
        self.create_timer(1 / RATE_HZ, self._on_tick)

    def obey(self, word: str) -> None:
        """Do what the test says."""
        if word == 'click':
            click = PointStamped()
            click.point.x, click.point.y = self._scene.box(self._index).center
            self._clicks.publish(click)
        elif word in ('hide', 'show'):
            self._is_hidden = word == 'hide'
        elif word == 'drive':  # a second driver, who says nothing yet
            self.create_publisher(Twist, 'cmd_vel', qos.COMMAND)

    def _on_tick(self) -> None:
        self._index += 1
        frame = (self._empty if self._is_hidden else self._scene).frame(self._index)
        header = Header(frame_id='camera', stamp=self.get_clock().now().to_msg())
        self._infos.publish(conversions.camera_to_msg(self._camera, header))
        self._images.publish(conversions.image_to_msg(frame.rgb, header))
        bgr = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR)
        _, jpeg = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        small = CompressedImage(header=header, format='rgb8; jpeg compressed bgr8')
        small.data.frombytes(jpeg.tobytes())
        self._small.publish(small)

    def _on_command(self, twist: Twist) -> None:
        moves = any((twist.linear.x, twist.linear.y, twist.linear.z, twist.angular.z))
        self._note(moves=moves)

    def _on_state(self, message: String) -> None:
        self._note(state=message.data)

    def _on_track(self, message: Detection2D) -> None:
        if message.id != self._target:
            self._target = message.id
            self._note(target=message.id)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name == '/controller_node':
                self._note(controller=status.message)

    def _note(self, **what: object) -> None:
        print(json.dumps({'time': time.monotonic(), **what}), flush=True)


def main() -> None:
    """Run until stdin ends."""
    rclpy.init()
    node = RobotSide()
    threading.Thread(target=rclpy.spin, args=(node,), daemon=True).start()
    for line in sys.stdin:
        if line.strip() == 'end':
            break
        node.obey(line.strip())
    rclpy.shutdown()


if __name__ == '__main__':
    main()
