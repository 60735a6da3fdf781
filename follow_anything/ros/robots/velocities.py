# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
What a controller drives: topics and types of its velocities, as a message to the watchdog.

The graph does not tell: behind a discovery server a node hears of those topics alone that it has
itself, and who was killed stays on the graph for some seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from follow_anything.core.errors import InvalidInput
from geometry_msgs.msg import Twist, TwistStamped, Vector3Stamped
from rclpy.exceptions import InvalidTopicNameException
from rclpy.validate_full_topic_name import validate_full_topic_name

__all__ = ['velocities_from_msg', 'velocities_to_msg']

TYPES = {
    'geometry_msgs/msg/Twist': Twist,
    'geometry_msgs/msg/TwistStamped': TwistStamped,
    'geometry_msgs/msg/Vector3Stamped': Vector3Stamped,  # the rates of a gimbal
}
"""Types of the velocities that a controller may publish; all zero when just made."""


def velocities_to_msg(publishers: Iterable[Any]) -> DiagnosticStatus:
    """Return topics and types of those publishers that drive something."""
    names = {kind: name for name, kind in TYPES.items()}
    values = [
        KeyValue(key=publisher.topic_name, value=names[publisher.msg_type])
        for publisher in publishers
        if publisher.msg_type in names
    ]
    return DiagnosticStatus(level=DiagnosticStatus.OK, name='velocities', values=values)


def velocities_from_msg(message: DiagnosticStatus) -> dict[str, Any]:
    """
    Return the types of the velocities, by topic.

    :raises InvalidInput: one is no topic, or of a type that drives nothing.
    """
    found = {}
    for pair in message.values:
        if pair.value not in TYPES:
            raise InvalidInput(
                f'velocities: expected one of {", ".join(TYPES)}, got {pair.value!r}'
            )
        try:
            validate_full_topic_name(pair.key)
        except InvalidTopicNameException as error:
            raise InvalidInput(f'velocities: {pair.key!r} is no name of a topic') from error
        found[pair.key] = TYPES[pair.value]
    return found
