# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The newest transforms of /tf and /tf_static, enough to turn a clicked point into a pixel."""

from __future__ import annotations

from follow_anything.core.errors import BadQuery
from follow_anything.core.types import FloatArray
from follow_anything.ros import qos
from follow_anything.ros.node import FollowNode
from geometry_msgs.msg import Transform
import numpy as np
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo
from tf2_msgs.msg import TFMessage

__all__ = ['TransformTree', 'matrix']

STATIC = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
MAX_DEPTH = 64


def matrix(transform: Transform) -> FloatArray:
    """Return a transform as a homogeneous matrix (4, 4); its quaternion need not be normed."""
    q, t = transform.rotation, transform.translation
    x, y, z, w = np.array([q.x, q.y, q.z, q.w]) / (np.linalg.norm([q.x, q.y, q.z, q.w]) or 1.0)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w), t.x],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w), t.y],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y), t.z],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )


class TransformTree:
    """
    Keeps the last transform of every frame to its parent.

    Where the camera was at the very moment of a click does not matter to a person's finger, so
    there is no buffer over time; who needs one uses tf2_ros.
    """

    def __init__(self, node: FollowNode) -> None:
        self._to_parent: dict[str, tuple[str, FloatArray]] = {}
        self.camera_frame = ''
        node.hear(TFMessage, '/tf', self._on_tf, QoSProfile(depth=100))
        node.hear(TFMessage, '/tf_static', self._on_tf, STATIC)
        node.hear(CameraInfo, 'camera_info', self._on_info, qos.IMAGE)

    def transform(self, point: FloatArray, source: str, target: str) -> FloatArray:
        """
        Return a point (3,) of the source frame in the target frame, metres.

        :raises BadQuery: /tf does not connect the two.
        """
        (source_root, from_source), (target_root, from_target) = (
            self._to_root(source),
            self._to_root(target),
        )
        if source_root != target_root:
            raise BadQuery(
                f'/tf does not connect {source!r} with {target!r}; known frames: '
                f'{", ".join(sorted(self._to_parent)) or "none"}'
            )
        moved = np.linalg.solve(from_target, from_source @ np.append(point, 1.0))
        return np.asarray(moved[:3])

    def _to_root(self, frame: str) -> tuple[str, FloatArray]:
        pose = np.eye(4)
        for _ in range(MAX_DEPTH):
            if frame not in self._to_parent:
                return frame, pose
            frame, step = self._to_parent[frame]
            pose = step @ pose
        raise BadQuery(f'/tf has a loop at {frame!r}')

    def _on_tf(self, message: TFMessage) -> None:
        for stamped in message.transforms:
            parent = stamped.header.frame_id.lstrip('/')
            child = stamped.child_frame_id.lstrip('/')
            self._to_parent[child] = parent, matrix(stamped.transform)

    def _on_info(self, message: CameraInfo) -> None:
        self.camera_frame = message.header.frame_id
