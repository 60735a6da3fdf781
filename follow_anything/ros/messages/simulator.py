# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of the simulator: odometry, transforms and the ground truth."""

from __future__ import annotations

from follow_anything.ros.messages import conversions
from follow_anything.sim.truth import Truth
from follow_anything.sim.vehicle.vehicles import CameraMount, Odometry
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from nav_msgs.msg import Odometry as OdometryMsg
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D, ObjectHypothesisWithPose

__all__ = ['mount_to_msg', 'odometry_to_msg', 'pose_to_transform', 'truth_to_msg']


def _vector(values: object) -> Vector3:
    x, y, z = (float(value) for value in values)  # type: ignore[attr-defined]
    return Vector3(x=x, y=y, z=z)


def _quaternion(values: tuple[float, float, float, float]) -> Quaternion:
    x, y, z, w = (float(value) for value in values)
    return Quaternion(x=x, y=y, z=z, w=w)


def odometry_to_msg(odometry: Odometry, frame: str, child: str) -> OdometryMsg:
    """Return pose and velocity of the vehicle."""
    header = Header(stamp=conversions.time_msg(odometry.stamp), frame_id=frame)
    message = OdometryMsg(header=header, child_frame_id=child)
    place = message.pose.pose.position
    place.x, place.y, place.z = (float(value) for value in odometry.position)
    message.pose.pose.orientation = _quaternion(odometry.quaternion)
    message.twist.twist.linear = _vector(odometry.linear)
    message.twist.twist.angular = _vector(odometry.angular)
    return message


def pose_to_transform(odometry: Odometry, frame: str, child: str) -> TransformStamped:
    """Return the pose of the vehicle as a transform."""
    header = Header(stamp=conversions.time_msg(odometry.stamp), frame_id=frame)
    transform = TransformStamped(header=header, child_frame_id=child)
    transform.transform.translation = _vector(odometry.position)
    transform.transform.rotation = _quaternion(odometry.quaternion)
    return transform


def mount_to_msg(mount: CameraMount, frame: str, child: str) -> TransformStamped:
    """Return where the camera sits on the vehicle."""
    transform = TransformStamped(header=Header(frame_id=frame), child_frame_id=child)
    transform.transform.translation = _vector(mount.translation)
    transform.transform.rotation = _quaternion(mount.quaternion)
    return transform


def truth_to_msg(truth: Truth, header: Header) -> Detection2D:
    """Return the truth: its box, its visibility as the score, its place in the optical frame."""
    message = Detection2D(header=header, id='truth')
    if truth.box is not None:
        message.bbox.center.position.x, message.bbox.center.position.y = truth.box.center
        message.bbox.size_x, message.bbox.size_y = truth.box.width, truth.box.height
    result = ObjectHypothesisWithPose()
    result.hypothesis.score = truth.visibility
    place = result.pose.pose.position
    place.x, place.y, place.z = (float(value) for value in truth.position)
    message.results.append(result)
    return message
