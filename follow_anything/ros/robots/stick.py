# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A gamepad edits where the robot keeps: how far behind the target, how far beside its path."""

from __future__ import annotations

from collections.abc import Sequence
import math

from follow_anything.core.config import ControllerConfig, parameters
from follow_anything.core.errors import InvalidInput
from follow_anything.core.servo import ASIDE_MOST
from follow_anything.ros import qos
from follow_anything.ros.node import FollowNode
from rclpy.parameter import Parameter
from sensor_msgs.msg import Joy

__all__ = ['Stick']

DEAD_ZONE = 0.1
"""A stick at rest says up to this."""

LONGEST_S = 0.2
"""Time between two messages that counts: after a silence no edit jumps."""

DISTANCE, SIDE = 'servo.follow_distance', 'servo.side_offset'
"""The parameters that are edited."""


class Stick:
    """
    Sets servo.side_offset and servo.follow_distance while its button is held and the node active.

    The stick says where the robot goes: forward is nearer to the target, left is to the left of
    it, so that the target is kept to the right. Whether the robot moves is not for it to say.
    """

    def __init__(self, node: FollowNode) -> None:
        self._node, self._heard_at = node, -math.inf
        config: ControllerConfig = node.config
        if config.stick.button >= 0:
            node.subscribe(Joy, 'joy', self._on_joy, qos.COMMAND)

    def _on_joy(self, message: Joy) -> None:
        config: ControllerConfig = self._node.config
        how, servo = config.stick, config.servo
        now = self._node.steady_now()
        dt, self._heard_at = min(now - self._heard_at, LONGEST_S), now
        if not _at(message.buttons, how.button, 'button'):
            return
        ahead, left = (
            _deflection(_at(message.axes, axis, 'axis'))
            for axis in (how.distance_axis, how.side_axis)
        )
        if not (ahead or left):
            return
        step = how.speed * dt
        distance = max(servo.min_distance, servo.follow_distance - ahead * step)
        reach = distance * math.sin(ASIDE_MOST)  # further, the target would leave the picture
        side = min(reach, max(-reach, servo.side_offset - left * step))
        edits = {DISTANCE: distance, SIDE: side}
        result = self._node.set_parameters_atomically(
            [Parameter(name, value=_bounded(name, value)) for name, value in edits.items()]
        )
        if not result.successful:
            raise InvalidInput(f'joy: {result.reason}')


def _bounded(name: str, value: float) -> float:
    """Return the nearest value that a parameter takes."""
    about = parameters(ControllerConfig)[name].metadata
    return float(min(about['hi'], max(about['lo'], value)))


def _at(values: Sequence[float], index: int, what: str) -> float:
    if index >= len(values):
        raise InvalidInput(
            f'joy: expected {what} {index}, as the parameters stick.* say; the gamepad has '
            f'{len(values)} of them'
        )
    return float(values[index])


def _deflection(value: float) -> float:
    if not abs(value) <= 1.0:
        raise InvalidInput(f'joy: expected an axis from -1 to 1, got {value}')
    return 0.0 if abs(value) < DEAD_ZONE else value
