# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
THE hot path. What the ROS nodes do in three processes, FollowPipeline does in one.

    frame ──▶ detector ──▶ follower ──▶ servo ──▶ command
              (only while    (every       (every
              searching)      frame)       tick)
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
import math

from follow_anything.core.errors import BadQuery
from follow_anything.core.follower import TargetFollower
from follow_anything.core.protocols import Detector
from follow_anything.core.recall import Recall
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
        self._recall = Recall()
        self._seen_at = -math.inf

    def query(self, query: Query, frame: Frame | None = None) -> str:
        """
        Ask for a new target.

        :param frame: the image that clicks and boxes refer to.
        :return: what was understood.
        :raises BadQuery: it cannot be used; the old target stays.
        """
        understood = self._detector.set_query(query, frame)
        self._follower.query(explicit=query.is_explicit)
        self._recall.asked(query, self._seen_at)
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
        detections = self._search(frame) if wanted else None
        target = self._follower.step(frame, detections)
        self._recall.saw(self._follower.first_view)
        self._seen_at = frame.stamp
        self._servo.observe(target)
        return StepResult(detections, target, self._servo.command(now))

    def _search(self, frame: Frame) -> Detections:
        """Look for what was asked for; a target that was seen before, as it looked too."""
        again = self._recall.due()
        if again is not None:
            # Not every detector can take both: it then goes on with what was asked for.
            with contextlib.suppress(BadQuery):
                self._detector.set_query(again, frame)
        return self._detector.detect(frame)
