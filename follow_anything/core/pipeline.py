# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
THE hot path. What the ROS nodes do in three processes, FollowPipeline does in one.

    frame ──▶ detector ──▶ follower ──▶ servo ──▶ command
              (only while    (every       (every
              searching)      frame)       tick)
"""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.core.follower import TargetFollower
from follow_anything.core.protocols import Detector
from follow_anything.core.servo import Servo
from follow_anything.core.types import Detections, Frame, Query, Target, VelocityCommand

__all__ = ['FollowPipeline', 'StepResult']


@dataclass(frozen=True, eq=False)
class StepResult:
    """What one frame led to; detections is None when the detector was not asked."""

    detections: Detections | None
    target: Target
    command: VelocityCommand


class FollowPipeline:
    """
    Follows one target, frame by frame, without ROS.

    :param detector: answers where the thing asked for is.
    :param follower: keeps it. :param servo: turns it into motion.
    """

    def __init__(self, detector: Detector, follower: TargetFollower, servo: Servo) -> None:
        self._detector, self._follower, self._servo = detector, follower, servo

    def query(self, query: Query, frame: Frame | None = None) -> str:
        """
        Ask for a new target.

        :param frame: the image that clicks and boxes refer to.
        :return: what was understood.
        :raises BadQuery: it cannot be used; the old target stays.
        """
        understood = self._detector.set_query(query, frame)
        self._follower.query(explicit=query.is_explicit)
        return understood

    def confirm(self) -> bool:
        """Let the operator confirm the candidate; False when none is waiting."""
        return self._follower.life.on_confirm()

    def stop(self) -> None:
        """Forget the target and stand still."""
        self._follower.stop()
        self._servo.reset()

    def step(self, frame: Frame, now: float) -> StepResult:
        """
        Process one frame.

        :param frame: the newest one. :param now: seconds, on the clock of its stamp.
        :return: what was seen, and a bounded command; zero whenever it is not safe to move.
        """
        wanted = self._follower.life.wants_detection
        detections = self._detector.detect(frame) if wanted else None
        target = self._follower.step(frame, detections)
        self._servo.observe(target)
        return StepResult(detections, target, self._servo.command(now))
