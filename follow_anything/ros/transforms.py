# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The newest transforms of /tf and /tf_static, enough to turn a clicked point into a pixel.

Two robots whose frames have the same names, on one /tf, are told from one that moves: what is
said of such a frame is believed no more.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

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

__all__ = ['ContestedFrame', 'TransformTree', 'matrix']

STATIC = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
MAX_DEPTH = 64

SAME_M, SAME_RAD = 0.5, 0.1
"""Two sources say the same of a frame up to here: a nominal mount and a calibrated one."""

BACK_AND_FORTH, WITHIN_S = 4, 2.0
"""So many jumps back and forth within this time: two robots, and not a correction of one."""

TURNED_BACK = 1.2
"""Two steps that lead less far than this, times the larger one, do not lead on."""

REMEDY = (
    'two robots with the same frames? Give them prefixes, or each a TF in its namespace (tf:=tf)'
)

Pose = tuple[str, FloatArray]
"""The parent of a frame, and the homogeneous matrix (4, 4) to it."""


class ContestedFrame(BadQuery):
    """What is said of a frame contradicts itself: two things have its name."""


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


def _apart(a: Pose, b: Pose) -> float:
    """Return how far apart two poses of one frame are, in multiples of what counts as the same."""
    if a[0] != b[0]:
        return float('inf')
    shift = float(np.linalg.norm(a[1][:3, 3] - b[1][:3, 3]))
    cosine = (np.trace(a[1][:3, :3].T @ b[1][:3, :3]) - 1.0) / 2.0
    return max(shift / SAME_M, float(np.arccos(np.clip(cosine, -1.0, 1.0))) / SAME_RAD)


@dataclass
class _Course:
    """The last poses of a frame that moves, and when it jumped back and forth."""

    poses: deque[Pose] = field(default_factory=lambda: deque(maxlen=3))
    jumps: deque[float] = field(default_factory=lambda: deque(maxlen=BACK_AND_FORTH))

    def add(self, pose: Pose, now: float) -> None:
        """Take the newest pose; now in steady seconds."""
        self.poses.append(pose)
        if len(self.poses) < 3:
            return
        first, second, third = self.poses
        steps = _apart(first, second), _apart(second, third)
        if min(steps) > 1.0 and _apart(first, third) < TURNED_BACK * max(steps):
            self.jumps.append(now)

    def is_of_two(self, now: float) -> bool:
        """Tell whether it jumps back and forth."""
        return len(self.jumps) == BACK_AND_FORTH and now - self.jumps[0] < WITHIN_S


class TransformTree:
    """
    Keeps the last transform of every frame to its parent.

    Where the camera was at the very moment of a click does not matter to a person's finger, so
    there is no buffer over time; who needs one uses tf2_ros.
    """

    def __init__(self, node: FollowNode, *, only_static: bool = False) -> None:
        self._node = node
        self._to_parent: dict[str, Pose] = {}
        self._fixed: dict[str, Pose] = {}
        self._contested: set[str] = set()
        self._courses: dict[str, _Course] = {}
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
            self._check(frame)
            frame, step = self._to_parent[frame]
            pose = step @ pose
        raise BadQuery(f'/tf has a loop at {frame!r}')

    def _check(self, frame: str) -> None:
        if frame in self._contested:
            raise ContestedFrame(
                f'/tf_static says different things of {frame!r}: {REMEDY}; where the camera was '
                'moved, start this node anew'
            )
        course = self._courses.get(frame)
        if course is not None and course.is_of_two(self._node.steady_now()):
            raise ContestedFrame(f'/tf moves {frame!r} back and forth: {REMEDY}')

    def _on_tf(self, message: TFMessage) -> None:
        """Take frames that move."""
        for child, pose in self._poses(message):
            self._courses.setdefault(child, _Course()).add(pose, self._node.steady_now())
            self._take(child, pose)

    def _on_static(self, message: TFMessage) -> None:
        """Take frames that never move; of what is said twice and differs, nothing is believed."""
        for child, pose in self._poses(message):
            first = self._fixed.setdefault(child, pose)
            if child not in self._contested and _apart(first, pose) > 1.0:
                self._contested.add(child)
                self.version += 1
                self._node.get_logger().warning(
                    f'/tf_static says different things of {child}: {REMEDY}'
                )
            self._take(child, pose)

    def _poses(self, message: TFMessage) -> list[tuple[str, Pose]]:
        """Return the frames and poses that can be used."""
        usable = []
        for stamped in message.transforms:
            parent = stamped.header.frame_id.lstrip('/')
            child = stamped.child_frame_id.lstrip('/')
            pose = matrix(stamped.transform)
            if not np.isfinite(pose).all() or not np.linalg.norm(_quaternion(stamped.transform)):
                self._node.complain(InvalidInput(f'/tf: {child!r} has no finite rotation'))
                continue
            usable.append((child, (parent, pose)))
        return usable

    def _take(self, child: str, pose: Pose) -> None:
        before = self._to_parent.get(child)
        if before is None or before[0] != pose[0] or not np.allclose(before[1], pose[1]):
            self._to_parent[child] = pose
            self.version += 1

    def _on_info(self, message: CameraInfo) -> None:
        self.camera_frame = message.header.frame_id
