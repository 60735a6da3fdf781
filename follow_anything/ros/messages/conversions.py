# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Conversions between messages and the types of core/."""

from __future__ import annotations

import array
from dataclasses import dataclass
import json
import math
import re
from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import KeyValue
from follow_anything.core.control.supervisor import VehiclePose
from follow_anything.core.errors import BadImage, BadQuery, InvalidInput
from follow_anything.core.geometry import rotation_matrix, upright_size
from follow_anything.core.types import (
    BoolArray,
    Box,
    Detections,
    FloatArray,
    Query,
    UInt8Array,
    VelocityCommand,
)
from follow_anything.ros.messages.calibration import camera_from_msg, camera_to_msg
from follow_anything.ros.messages.pictures import pixels_of, rgb_from_compressed, rgb_from_msg
from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry
import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

__all__ = [
    'Accepted',
    'accepted_from_msg',
    'accepted_to_msg',
    'box_from_msg',
    'camera_from_msg',
    'camera_to_msg',
    'command_from_twist',
    'depth_from_msg',
    'depth_to_msg',
    'detections_from_msg',
    'detections_to_msg',
    'image_to_msg',
    'mask_to_msg',
    'masks_to_msg',
    'pose_from_odometry',
    'query_number_of',
    'rgb_from_compressed',
    'rgb_from_msg',
    'seconds',
    'set_box',
    'time_msg',
    'twist_from_command',
    'twist_stamped_from_command',
]

ACCEPTED = re.compile(r'(pointed|described|forgotten) ([0-9]{1,18})(?: ([0-9]{1,18}\.?[0-9]*))?')
QUERY_ID = re.compile(r'query ([0-9]{1,18})')
"""Forms of query/accepted's key and of our detections' id."""


def seconds(stamp: Time) -> float:
    """Return a stamp in seconds."""
    return float(stamp.sec + stamp.nanosec * 1e-9)


def time_msg(stamp: float) -> Time:
    """Return seconds as a stamp."""
    whole = math.floor(stamp)
    nanoseconds = round((stamp - whole) * 1e9)
    return Time(sec=whole + nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


def image_to_msg(rgb: UInt8Array, header: Header) -> Image:
    """Return a picture, uint8 (H, W, 3), RGB, as a message."""
    height, width = rgb.shape[:2]
    message = Image(header=header, height=height, width=width, encoding='rgb8', step=3 * width)
    message.data = _bytes(rgb)
    return message


def depth_from_msg(image: Image) -> FloatArray:
    """Return a depth image (32FC1 metres or 16UC1 millimetres) as float32 (H, W), metres."""
    if image.encoding == '32FC1':
        return pixels_of(image, np.float32, 1)[..., 0]
    if image.encoding in ('16UC1', 'mono16'):
        raw = pixels_of(image, np.uint16, 1)[..., 0]
        return np.where(raw < 65535, raw, 0).astype(np.float32) * 1e-3  # 65535: no reading, as 0
    raise BadImage(f'cannot read depth encoding {image.encoding!r}; expected 32FC1 or 16UC1')


def depth_to_msg(depth: FloatArray, header: Header) -> Image:
    """Return depth, float32 (H, W), metres, as a message."""
    height, width = depth.shape
    message = Image(header=header, height=height, width=width, encoding='32FC1', step=4 * width)
    message.data = _bytes(depth.astype('<f4', copy=False))
    return message


def _bytes(pixels: npt.NDArray[Any]) -> array.array[int]:
    # rclpy takes an array.array as it is; anything else is copied element by element (46 ms).
    data = array.array('B')
    data.frombytes(np.ascontiguousarray(pixels).data.cast('B'))
    return data


def set_box(message: Detection2D, box: Box) -> None:
    """Put a box, pixels, into a message."""
    # A whole number would go on the wire as the bits of an integer, and arrive as next to nothing.
    x, y, width, height = (float(value) for value in (*box.center, box.width, box.height))
    message.bbox.center.position.x, message.bbox.center.position.y = x, y
    message.bbox.size_x, message.bbox.size_y = width, height


def box_from_msg(message: Detection2D) -> Box | None:
    """Return the box of a message, None when its size is 0; BadBox when it is not finite."""
    has_size = (message.bbox.size_x, message.bbox.size_y) != (0.0, 0.0)
    return _box_from(message) if has_size else None


def _box_from(message: Detection2D) -> Box:
    bbox, at = message.bbox, message.bbox.center
    size = upright_size(bbox.size_x, bbox.size_y, at.theta)  # some detectors turn their boxes
    return Box.from_center(at.position.x, at.position.y, *size)


@dataclass(frozen=True)
class Accepted:
    """
    The detector's message to the tracker: a query was accepted, or forgotten.

    :param number: counts queries; detections carry it too, so that none is mistaken.
    :param explicit: the operator pointed at the target. :param understood: for people, one line.
    :param at: when it was accepted, seconds of the ROS clock; 0: nobody knows.
    :param forgotten: no query is in force any more.
    :param texts: what it is, any of them. :param negatives: what it is not.
    """

    number: int
    explicit: bool
    understood: str
    at: float = 0.0
    forgotten: bool = False
    texts: tuple[str, ...] = ()
    negatives: tuple[str, ...] = ()


def accepted_to_msg(accepted: Accepted) -> KeyValue:
    """
    Return what was understood as a message.

    Its key is such as 'pointed 3 1712.250', the first line of its value for people, the second,
    where there are words, JSON: {"texts": [...], "negatives": [...]}.
    """
    how = 'pointed' if accepted.explicit else 'described'
    how = 'forgotten' if accepted.forgotten else how
    lines = [' '.join(accepted.understood.split('\n'))]
    if accepted.texts:
        lines.append(json.dumps({'texts': accepted.texts, 'negatives': accepted.negatives}))
    return KeyValue(key=f'{how} {accepted.number} {accepted.at:.6f}', value='\n'.join(lines))


def accepted_from_msg(message: KeyValue) -> Accepted:
    """Return what was understood; InvalidInput when key or value is not one of ours."""
    found = ACCEPTED.fullmatch(message.key)
    if found is None:
        raise InvalidInput(
            "query/accepted: expected a key like 'pointed 3 1712.250', 'described 3' or "
            f"'forgotten 3', got {message.key!r}"
        )
    how, number, at = found[1], int(found[2]), float(found[3] or 0.0)
    understood, _, words = message.value.partition('\n')
    return Accepted(
        number, how == 'pointed', understood, at, how == 'forgotten', *_words_from(words)
    )


def _words_from(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return texts and negatives of the second line of query/accepted, none where it is empty."""
    if not text:
        return (), ()
    try:
        found = json.loads(text)
        texts, negatives = found['texts'], found['negatives']
        if not all(isinstance(word, str) for word in [*texts, *negatives]):
            raise TypeError('a word is no text')
        query = Query(texts=tuple(texts), negatives=tuple(negatives))
    except (ValueError, KeyError, TypeError, RecursionError, BadQuery) as error:
        raise InvalidInput(
            'query/accepted: expected JSON with "texts" and "negatives" in the second line, '
            f'got {text[:80]!r} ({error})'
        ) from error
    return query.texts, query.negatives


def detections_to_msg(
    detections: Detections, header: Header, query_number: int
) -> Detection2DArray:
    """Return candidates as a message; every id is 'query N' with N their query's, '' without."""
    message = Detection2DArray(header=header)
    for index, score in enumerate(detections.scores):
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id = detections.label_of(index)
        result.hypothesis.score = float(score)
        detection = Detection2D(header=header, results=[result])
        detection.id = f'query {query_number}' if query_number else ''
        set_box(detection, detections.box(index))
        message.detections.append(detection)
    return message


def query_number_of(message: Detection2DArray) -> int | None:
    """
    Return the number of the query that candidates answer; None when they do not say.

    Other detectors put the ids of their own tracks there, numbers too: those say nothing.
    """
    found = QUERY_ID.fullmatch(message.detections[0].id) if message.detections else None
    return None if found is None else int(found[1])


def detections_from_msg(message: Detection2DArray) -> Detections:
    """
    Return candidates from any detector; a missing score counts as 0, the order does not matter.

    :raises InvalidInput: a box is not finite or has no area, or a score is no probability.
    """
    stamp, found = seconds(message.header.stamp), message.detections
    if not found:
        return Detections.empty(stamp)
    boxes = np.array([_box_from(d).xyxy for d in found])
    if all(Box(*row).is_in_shares for row in boxes):
        raise InvalidInput(f'boxes must be in pixels, are these shares of the picture? {boxes[0]}')
    scores = np.array([max((r.hypothesis.score for r in d.results), default=0.0) for d in found])
    if (scores > 1.0 + 1e-6).any():
        raise InvalidInput(f'scores must be in [0, 1], got {scores.max():g}; is it in percent?')
    order = np.argsort(-scores, kind='stable')
    labels = tuple(r[0].hypothesis.class_id if (r := found[i].results) else '' for i in order)
    return Detections(stamp, boxes[order], scores[order], labels[0], labels=labels)


def mask_to_msg(mask: BoolArray, header: Header) -> Image:
    """Return a mask (H, W) as a mono8 picture: 255 is the target, 0 is not."""
    height, width = mask.shape
    message = Image(header=header, height=height, width=width, encoding='mono8', step=width)
    message.data = _bytes(mask.astype(np.uint8) * 255)
    return message


def masks_to_msg(detections: Detections, size: tuple[int, int], header: Header) -> Image:
    """
    Return masks as one mono8 picture: 0 is nothing, n the n-th detection; the best on top.

    :param size: (width, height) of the frame, pixels, for when there are no masks.
    """
    width, height = size
    labels = np.zeros((height, width), np.uint8)
    masks = () if detections.masks is None else detections.masks[:255]
    for number in range(len(masks), 0, -1):
        labels[masks[number - 1]] = number
    message = Image(header=header, height=height, width=width, encoding='mono8', step=width)
    message.data = _bytes(labels)
    return message


def pose_from_odometry(message: Odometry) -> VehiclePose:
    """
    Return where the vehicle is, in the parent frame of the odometry.

    :raises InvalidInput: a number is not finite, or the orientation is no rotation.
    """
    place, turn = message.pose.pose.position, message.pose.pose.orientation
    norm = math.hypot(turn.x, turn.y, turn.z, turn.w)
    if not abs(norm - 1.0) < 0.1:
        raise InvalidInput(f'odom: the orientation must be a unit quaternion, its norm is {norm}')
    rotation = rotation_matrix(*(value / norm for value in (turn.x, turn.y, turn.z, turn.w)))
    linear = message.twist.twist.linear  # in the child frame, as nav_msgs says
    pose = VehiclePose(
        seconds(message.header.stamp),
        np.array([place.x, place.y, place.z]),
        math.atan2(rotation[1, 0], rotation[0, 0]),
        rotation @ np.array([linear.x, linear.y, linear.z]),
    )
    if not pose.is_finite:
        raise InvalidInput('odom: position and velocity must be finite')
    return pose


def command_from_twist(twist: Twist) -> VelocityCommand:
    """Return a Twist as a command; InvalidInput when it is not finite."""
    linear, angular = twist.linear, twist.angular
    return VelocityCommand(linear.x, linear.y, linear.z, angular.z)


def twist_from_command(command: VelocityCommand) -> Twist:
    """Return a command as a Twist."""
    twist = Twist()
    twist.linear.x, twist.linear.y, twist.linear.z, twist.angular.z = command.axes
    return twist


def twist_stamped_from_command(command: VelocityCommand, header: Header) -> TwistStamped:
    """Return a command as a TwistStamped."""
    return TwistStamped(header=header, twist=twist_from_command(command))
