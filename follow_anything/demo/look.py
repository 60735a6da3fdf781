# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Somebody who looks at a picture of the graph, until the process is ended.

    python -m follow_anything.demo.look debug_image
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys

from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from follow_anything.ros.startup import begin
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import Image
from visualization_msgs.msg import ImageMarker, MarkerArray

__all__ = ['Viewer', 'main']


class Viewer(Node):
    """Decodes every picture of a topic, and takes what is drawn in space, as RViz does."""

    def __init__(self, topic: str) -> None:
        super().__init__('viewer')
        self.pictures = self.markers = 0
        self.create_subscription(Image, topic, self._on_image, qos.IMAGE)
        self.create_subscription(MarkerArray, 'markers', self._on_markers, qos.COMMAND)
        self.create_subscription(ImageMarker, 'annotations', self._on_lines, qos.COMMAND)

    def _on_image(self, message: Image) -> None:
        conversions.rgb_from_msg(message)
        self.pictures += 1

    def _on_markers(self, message: MarkerArray) -> None:
        self.markers += len(message.markers)

    def _on_lines(self, message: ImageMarker) -> None:
        self.markers += bool(message.points)


def main(arguments: list[str]) -> None:
    """Look until somebody ends the process; then say how many pictures there were."""
    begin([])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    viewer = Viewer(arguments[0])
    with contextlib.suppress(KeyboardInterrupt):  # how it ends
        while True:
            rclpy.spin_once(viewer, timeout_sec=0.2)  # or no signal would be handled
    print(json.dumps({'pictures': viewer.pictures, 'markers': viewer.markers}), flush=True)


if __name__ == '__main__':
    main(sys.argv[1:])
