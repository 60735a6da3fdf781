# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The action FollowObject of opennav_following, where Nav2's messages are installed."""

from __future__ import annotations

import importlib
from typing import Any

from follow_anything.ros.node import FollowNode

__all__ = ['Nav2Client']

ACTION = 'follow_object'
PACKAGES = ('nav2_msgs', 'opennav_following_msgs')
"""Where the type may be: in Nav2 itself, or in the package of its own for Humble."""


class Nav2Client:
    """
    Starts and cancels the action; the ROS side of robots.nav2.Following.

    :param topic: of the poses.
    """

    def __init__(self, node: FollowNode, topic: str) -> None:
        self._node, self._topic = node, topic
        self._client: Any = None
        self._wanted = False
        self._handle: Any = None
        self._action: Any = None

    def listen(self) -> None:
        """Look for the action, where its type is installed."""
        self._handle, self._client = None, None
        self._action = _find_action()
        if self._action is None:
            self._node.get_logger().info(
                f'FollowObject is not installed here: start it yourself, pose_topic {self._topic}'
            )
            return
        client = importlib.import_module('rclpy.action').ActionClient
        self._client = client(self._node, self._action, ACTION)
        self._node.until_deactivated(self._client.destroy)

    def why_not(self) -> str:
        """Return why Nav2 would not follow; '' when it would, or when it is not ours to know."""
        if self._client is not None and not self._client.server_is_ready():
            return f'nobody offers the action {ACTION}'
        return ''

    def start(self) -> None:
        """Ask Nav2 to follow the poses."""
        self._wanted = True
        if self._client is not None:
            goal = self._action.Goal(pose_topic=self._node.resolve_topic_name(self._topic))
            self._client.send_goal_async(goal).add_done_callback(self._on_answer)

    def cancel(self) -> None:
        """Ask it to stop."""
        self._wanted = False
        if self._handle is not None:
            self._handle.cancel_goal_async()
            self._handle = None

    def _on_answer(self, future: Any) -> None:
        handle = future.result()
        if not handle.accepted:
            self._node.get_logger().warning(f'{ACTION} refuses the goal')
            return
        self._handle = handle
        if not self._wanted:  # lost while the goal was on its way
            self.cancel()


def _find_action() -> Any:
    """Return the type of the action; None where no package has it."""
    for package in PACKAGES:
        try:
            return importlib.import_module(f'{package}.action').FollowObject
        except (ImportError, AttributeError):  # not installed, or a Nav2 before October 2025
            continue
    return None
