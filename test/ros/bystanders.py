# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Camera and robot in processes of their own, so that a test can kill and stop them too.

    python test/ros/bystanders.py camera NAMESPACE BEGAN    # a synthetic scene since that moment
    python test/ros/bystanders.py robot NAMESPACE           # prints what it receives on cmd_vel
"""

from __future__ import annotations

import sys
import time

from follow_anything.core.geometry import PinholeCamera
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from follow_anything.testing import SyntheticScene
from geometry_msgs.msg import Twist
import rclpy
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

SCENE = SyntheticScene(seed=1, rate=10.0)


def frame_number(began: float) -> int:
    """Return the frame of the scene now: it goes on while its camera is dead or stopped."""
    return int((time.monotonic() - began) * SCENE.rate)


def show_scene(namespace: str, began: float) -> None:
    """Publish the scene as image and camera_info until the process is ended."""
    node = rclpy.create_node('camera', namespace=namespace)
    images = node.create_publisher(Image, 'image', qos.IMAGE)
    infos = node.create_publisher(CameraInfo, 'camera_info', qos.IMAGE)
    camera = PinholeCamera.from_horizontal_fov(SCENE.width, SCENE.height, 1.22)

    def tick() -> None:
        header = Header(frame_id='camera', stamp=node.get_clock().now().to_msg())
        infos.publish(conversions.camera_to_msg(camera, header))
        rgb = SCENE.frame(frame_number(began)).rgb
        images.publish(conversions.image_to_msg(rgb, header))

    node.create_timer(1.0 / SCENE.rate, tick)
    rclpy.spin(node)


def obey(namespace: str) -> None:
    """Print a line for each command: when it arrived, on the monotonic clock; 1: it moves."""
    node = rclpy.create_node('robot', namespace=namespace)

    def take(twist: Twist) -> None:
        linear, angular = twist.linear, twist.angular
        moves = any((linear.x, linear.y, linear.z, angular.x, angular.y, angular.z))
        print(f'{time.monotonic():.6f} {moves:d}', flush=True)

    node.create_subscription(Twist, 'cmd_vel', take, qos.COMMAND)
    rclpy.spin(node)


if __name__ == '__main__':
    rclpy.init(args=[])
    if sys.argv[1] == 'camera':
        show_scene(sys.argv[2], float(sys.argv[3]))
    else:
        obey(sys.argv[2])
