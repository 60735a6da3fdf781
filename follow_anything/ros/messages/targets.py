# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The target as messages: on `track`, with its candidates, as a pose; and back."""

from __future__ import annotations

import math

from follow_anything.core.errors import InvalidInput
from follow_anything.core.types import Target, TargetState
from follow_anything.ros.messages.conversions import box_from_msg, seconds, set_box
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
import numpy as np
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

__all__ = [
    'candidates_to_msg',
    'pose_to_msg',
    'pose_with_covariance_to_msg',
    'target_from_msg',
    'target_to_msg',
]

BEARING_STD_RAD = 0.02
"""How well the middle of a box gives the direction of the target's middle."""

UNKNOWN_RANGE_VARIANCE = 1e12
"""Variance that says: only the direction is known. Messages travel better without inf."""

ALIKE = 'alike'
"""class_id of the result that says how near something is that looks like the target."""


def candidates_to_msg(target: Target, header: Header) -> Detection2DArray:
    """Return the candidates as a message: id of the track, box, probability as the score."""
    message = Detection2DArray(header=header)
    for candidate in target.candidates:
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id = 'candidate'
        result.hypothesis.score = candidate.probability
        row = Detection2D(header=header, id=str(candidate.number), results=[result])
        set_box(row, candidate.box)
        message.detections.append(row)
    return message


def target_to_msg(target: Target, header: Header) -> Detection2D:
    """
    Return the target as a message.

    id: the target's number, '' when there is none. bbox: where it is believed to be, or may be
    where it is AMBIGUOUS; size 0 when hidden. results: one entry, with score and pose, only while
    a robot may follow it; then perhaps a second one, 'alike', whose score says how near to it
    something is that looks like it.
    """
    message = Detection2D(header=header)
    if target.state is TargetState.IDLE:
        return message
    message.id = str(target.target_id)
    box = target.box if target.state.is_visible else None
    if target.state is TargetState.AMBIGUOUS:  # never as hidden: that one may be searched for
        box = target.box or next((one.box for one in target.candidates), None)
    if box is None:
        return message
    set_box(message, box)
    if not target.state.may_move:
        return message
    result = ObjectHypothesisWithPose()
    result.hypothesis.class_id = 'target'
    result.hypothesis.score = target.presence
    if target.position is not None:
        place = result.pose.pose.position
        place.x, place.y, place.z = (float(value) for value in target.position)
        known = math.isfinite(target.range_std)
        # Along the optical axis: for one box, that is where nearly all the doubt lies.
        variance = target.range_std**2 if known else UNKNOWN_RANGE_VARIANCE
        result.pose.covariance[14] = variance
    message.results.append(result)
    if target.alike_near > 0.0:
        beside = ObjectHypothesisWithPose()
        beside.hypothesis.class_id, beside.hypothesis.score = ALIKE, target.alike_near
        message.results.append(beside)
    return message


def target_from_msg(message: Detection2D) -> Target:
    """
    Return the target a tracker published.

    :raises InvalidInput: the box, the position or the id is unusable.
    """
    stamp = seconds(message.header.stamp)
    if not message.id:
        return Target(stamp, TargetState.IDLE, reason='no target was asked for')
    if not message.id.isdecimal():
        raise InvalidInput(f'track id must be a whole number, got {message.id!r}')
    number = int(message.id)
    box = box_from_msg(message)
    if not message.results:
        state = TargetState.LOST if box is None else TargetState.CONFIRMING
        return Target(stamp, state, number, box, reason='the tracker does not vouch for it')
    best = message.results[0]
    place, variance = best.pose.pose.position, float(best.pose.covariance[14])
    position = np.array([place.x, place.y, place.z])
    if not np.isfinite(position).all() or not variance >= 0.0:
        raise InvalidInput(
            f'track position must be finite and its variance >= 0; got {position}, {variance}'
        )
    alike = [r.hypothesis.score for r in message.results[1:] if r.hypothesis.class_id == ALIKE]
    is_known = variance < UNKNOWN_RANGE_VARIANCE
    return Target(
        stamp,
        TargetState.TRACKING,
        number,
        box,
        presence=float(best.hypothesis.score),
        position=position if position.any() else None,
        range_std=math.sqrt(variance) if is_known else math.inf,
        alike_near=max(alike, default=0.0),
    )


def pose_to_msg(target: Target, header: Header) -> PoseStamped:
    """Return the target's position as a pose in the camera's optical frame, without a turn."""
    pose = PoseStamped(header=header)
    if target.position is not None:
        x, y, z = (float(value) for value in target.position)
        pose.pose.position.x, pose.pose.position.y, pose.pose.position.z = x, y, z
    pose.pose.orientation.w = 1.0
    return pose


def pose_with_covariance_to_msg(target: Target, header: Header) -> PoseWithCovarianceStamped:
    """
    Return the target's position, and how sure it is, in the camera's optical frame.

    Along the ray lies the doubt of the range, across it that of the bearing; which way the
    target faces is not known. With a direction alone the position is at 1 m, and the doubt along
    the ray UNKNOWN_RANGE_VARIANCE.
    """
    message = PoseWithCovarianceStamped(header=header)
    message.pose.pose = pose_to_msg(target, header).pose
    covariance = np.zeros((6, 6))
    covariance[3:, 3:] = np.eye(3) * UNKNOWN_RANGE_VARIANCE
    if target.position is not None:
        distance = float(np.linalg.norm(target.position)) or 1.0
        ray = np.asarray(target.position, float) / distance
        known = math.isfinite(target.range_std)
        along = target.range_std**2 if known else UNKNOWN_RANGE_VARIANCE
        across = (BEARING_STD_RAD * distance) ** 2
        shadow = np.outer(ray, ray)
        covariance[:3, :3] = along * shadow + across * (np.eye(3) - shadow)
    message.pose.covariance = covariance.ravel()
    return message
