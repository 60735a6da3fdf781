# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Messages about everything that the tracker knows of, where it is believed to be."""

from __future__ import annotations

from collections.abc import Sequence

from follow_anything.core.types import Rated
from follow_anything.core.world.chart import Thing
from follow_anything.ros.messages import conversions
import numpy as np
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

__all__ = ['candidates_from_msg', 'things_from_msg', 'things_to_msg']


def things_to_msg(things: Sequence[Thing], header: Header) -> Detection2DArray:
    """
    Return things as a message: id of the track, class_id the kind, and the pose with its doubt.

    There is no box: most of them are not seen at the moment.
    """
    message = Detection2DArray(header=header)
    for thing in things:
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id = thing.kind
        place = result.pose.pose.position
        place.x, place.y, place.z = (float(value) for value in thing.position)
        covariance = np.zeros((6, 6))
        covariance[:3, :3] = thing.covariance
        result.pose.covariance = covariance.ravel()
        message.detections.append(
            Detection2D(header=header, id=str(thing.number), results=[result])
        )
    return message


def things_from_msg(message: Detection2DArray) -> list[Thing]:
    """Return the things of a message; rows without a number or a finite pose are left out."""
    found = []
    for row in message.detections:
        if not row.id.isdecimal() or not row.results:
            continue
        pose = row.results[0].pose
        place = pose.pose.position
        position = np.array([place.x, place.y, place.z])
        covariance = np.array(pose.covariance).reshape(6, 6)[:3, :3]
        if np.isfinite(position).all() and np.isfinite(covariance).all():
            kind = row.results[0].hypothesis.class_id
            found.append(Thing(int(row.id), kind, position, covariance))
    return found


def candidates_from_msg(message: Detection2DArray) -> tuple[Rated, ...]:
    """Return the candidates of a message; rows without a number, a box or a score are left out."""
    found = []
    for row in message.detections:
        box = conversions.box_from_msg(row)
        if box is not None and row.id.isdecimal() and row.results:
            score = float(row.results[0].hypothesis.score)
            found.append(Rated(int(row.id), box, score))
    return tuple(found)
