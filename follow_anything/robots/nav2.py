# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
A robot that Nav2 drives: it gets poses to follow, not velocities.

opennav_following's FollowObject has no eyes of its own; it eats the poses published here. While
servo and supervisor would let the robot move there are poses and a goal; otherwise neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from follow_anything.core.types import Target, VelocityCommand
from follow_anything.robots.base import RobotAdapter

__all__ = ['Following', 'Nav2Robot']


class Following(Protocol):
    """The action FollowObject; where Nav2's messages are missing, somebody else starts it."""

    def start(self) -> None:
        """Ask Nav2 to follow the poses."""

    def cancel(self) -> None:
        """Ask it to stop."""

    def why_not(self) -> str:
        """Return why Nav2 would not follow; '' when it would."""


class Nav2Robot(RobotAdapter):
    """
    Publishes the target's pose at the controller's rate.

    :param publish: takes the target whose pose is to be published.
    """

    def __init__(self, publish: Callable[[Target], None], following: Following) -> None:
        self._publish, self._following = publish, following
        self._target: Target | None = None
        self._is_active = False

    def observe(self, target: Target) -> Target:
        """Take the newest target."""
        self._target = target
        return target

    def send(self, command: VelocityCommand, *, enabled: bool = True) -> None:
        """Start, continue or cancel the action; the velocity itself comes from Nav2."""
        target = self._target
        may_follow = (
            enabled
            and not command.reason
            and target is not None
            and target.state.may_move
            and target.position is not None
        )
        if not may_follow or target is None:
            self._cancel()
            return
        self._publish(target)
        if not self._is_active:
            self._is_active = True
            self._following.start()

    def _cancel(self) -> None:
        if self._is_active:
            self._is_active = False
            self._following.cancel()

    def why_not(self) -> str:
        """Return why Nav2 would not follow."""
        return self._following.why_not()

    def close(self) -> None:
        """Cancel."""
        self._cancel()
