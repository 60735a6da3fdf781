# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Listens to what tells how the robot itself moves: odom, imu, and the controller's commands."""

from __future__ import annotations

from contextlib import AbstractContextManager
import math
from typing import Any

from follow_anything.core.config import ControllerConfig
from follow_anything.core.errors import BadQuery, InvalidInput
from follow_anything.core.world.ego import Ego, PlanarPose
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from follow_anything.ros.node import FollowNode
from follow_anything.ros.transforms import TransformTree
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
import numpy as np
from sensor_msgs.msg import Imu

__all__ = ['OwnMotion']


class OwnMotion:
    """
    Feeds the ego motion while the node is active; every topic is optional.

    :param ego: what is fed. :param guard: held while it is.
    :param tree: knows how the imu sits. :param base: frame of the robot.
    """

    def __init__(
        self,
        node: FollowNode,
        ego: Ego,
        guard: AbstractContextManager[Any],
        tree: TransformTree,
        base: str,
    ) -> None:
        self._node, self._ego, self._guard = node, ego, guard
        self._tree, self._base = tree, base
        self._said = ''
        node.subscribe(Odometry, 'odom', self._on_odom, qos.IMAGE)
        node.subscribe(Imu, 'imu', self._on_imu, qos.IMAGE)
        node.subscribe(
            TwistStamped, f'{ControllerConfig.node}/command', self._on_command, qos.COMMAND
        )

    def _on_odom(self, message: Odometry) -> None:
        pose = conversions.pose_from_odometry(message)
        x, y, z = (float(value) for value in pose.position)
        with self._guard:
            self._ego.odometry(PlanarPose(pose.stamp, x, y, z, pose.yaw))

    def _on_imu(self, message: Imu) -> None:
        """Take how fast we turn; how the sensor sits is known from /tf_static."""
        if message.angular_velocity_covariance[0] == -1.0:
            return  # it has no gyroscope, says sensor_msgs
        rate = message.angular_velocity
        turning = np.array([rate.x, rate.y, rate.z])
        frame = message.header.frame_id.lstrip('/')
        if frame not in ('', self._base):
            try:
                turning = self._tree.rotation(frame, self._base) @ turning
            except BadQuery as error:
                self._complain_once(f'imu: {error}; its yaw rate is left out')
                return
        yaw_rate = float(turning[2])
        if not math.isfinite(yaw_rate):
            raise InvalidInput(f'imu: the angular velocity must be finite, got {turning}')
        with self._guard:
            self._ego.yaw_rate(conversions.seconds(message.header.stamp), yaw_rate)

    def _complain_once(self, why: str) -> None:
        if why != self._said:
            self._said = why
            self._node.complain(InvalidInput(why))

    def _on_command(self, message: TwistStamped) -> None:
        """Take the command of the robot: it bridges an odometry that is absent or late."""
        command = conversions.command_from_twist(message.twist)
        with self._guard:
            self._ego.command(command)
