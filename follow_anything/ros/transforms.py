# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The newest transforms of /tf and /tf_static, enough to turn a clicked point into a pixel."""

from __future__ import annotations

from follow_anything.core.errors import BadQuery, InvalidInput
from follow_anything.core.geometry import rotation_matrix
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
    t, quaternion = transform.translation, _quaternion(transform)
    whole = np.eye(4)
    whole[:3, :3] = rotation_matrix(*quaternion / (np.linalg.norm(quaternion) or 1.0))
    whole[:3, 3] = t.x, t.y, t.z
    return whole


def _quaternion(transform: Transform) -> FloatArray:
    q = transform.rotation
    return np.array([q.x, q.y, q.z, q.w])


class TransformTree:
    """
    Keeps the last transform of every frame to its parent.

    Where the camera was at the very moment of a click does not matter to a person's finger, so
    there is no buffer over time; who needs one uses tf2_ros.
    """

    def __init__(self, node: FollowNode, *, only_static: bool = False) -> None:
        self._node = node
        self._to_parent: dict[str, tuple[str, FloatArray]] = {}
        self._fixed: set[str] = set()
        self.camera_frame = ''
        self.version = 0
        node.subscribe(TFMessage, '/tf_static', self._on_static, STATIC)
        if not only_static:
            node.subscribe(TFMessage, '/tf', self._on_tf, QoSProfile(depth=100))
            node.subscribe(CameraInfo, 'camera_info', self._on_info, qos.IMAGE)

    @property
    def frames(self) -> set[str]:
        """Every frame that is known."""
        return {*self._to_parent, *(parent for parent, _ in self._to_parent.values())}

    def transform(self, point: FloatArray, source: str, target: str) -> FloatArray:
        """
        Return a point (3,) of the source frame in the target frame, metres.

        :raises BadQuery: /tf does not connect the two.
        """
        return np.asarray((self._between(source, target) @ np.append(point, 1.0))[:3])

    def rotation(self, source: str, target: str) -> FloatArray:
        """
        Return the rotation (3, 3) that turns vectors of the source frame into the target frame.

        :raises BadQuery: /tf does not connect the two.
        """
        return np.asarray(self._between(source, target)[:3, :3])

    def _between(self, source: str, target: str) -> FloatArray:
        (source_root, from_source), (target_root, from_target) = (
            self._to_root(source),
            self._to_root(target),
        )
        if source_root != target_root:
            raise BadQuery(
                f'/tf does not connect {source!r} with {target!r}; known frames: '
                f'{", ".join(sorted(self._to_parent)) or "none"}'
            )
        return np.asarray(np.linalg.solve(from_target, from_source))

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
            pose = matrix(stamped.transform)
            if not np.isfinite(pose).all() or not np.linalg.norm(_quaternion(stamped.transform)):
                self._node.complain(InvalidInput(f'/tf: {child!r} has no finite rotation'))
                continue
            before = self._to_parent.get(child)
            if before is None or before[0] != parent or not np.allclose(before[1], pose):
                self._to_parent[child] = parent, pose
                self.version += 1

    def _on_static(self, message: TFMessage) -> None:
        """Take frames that never move; two that do are two robots under one name."""
        before = self.version
        self._on_tf(message)
        children = {stamped.child_frame_id.lstrip('/') for stamped in message.transforms}
        moved = children & self._fixed if self.version != before else set()
        self._fixed |= children
        if moved:
            self._node.get_logger().warning(
                f'/tf_static says different things of {", ".join(sorted(moved))}: two robots '
                'with the same frames? Give them prefixes, or remap /tf and /tf_static'
            )

    def _on_info(self, message: CameraInfo) -> None:
        self.camera_frame = message.header.frame_id
