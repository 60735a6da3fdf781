# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
THE hot path: what the ROS nodes do in three processes, FollowPipeline does in one.

    frame ──▶ searcher ──▶ follower ──▶ servo ──▶ command
              (detector:   (tracker     (every
               while        and judge:   tick)
               searching)   every frame)
"""

from __future__ import annotations

from dataclasses import dataclass
import math

from follow_anything.core.config import DetectorConfig
from follow_anything.core.follower import TargetFollower
from follow_anything.core.protocols import Detector
from follow_anything.core.search.searcher import Searcher
from follow_anything.core.search.stature import height_of
from follow_anything.core.servo import Servo
from follow_anything.core.types import Detections, Frame, Query, Target, VelocityCommand
from follow_anything.core.world.ego import PlanarPose

__all__ = ['FollowPipeline', 'StepResult']


@dataclass(frozen=True, eq=False)
class StepResult:
    """The result of one frame; detections is None when the detector did not run."""

    detections: Detections | None
    target: Target
    command: VelocityCommand


class FollowPipeline:
    """
    Follows one target, frame by frame, without ROS.

    :param detector: answers where the thing asked for is.
    :param follower: keeps it. :param servo: turns it into motion.
    :param config: when the detector looks, and what it takes to be a candidate.
    """

    def __init__(
        self,
        detector: Detector,
        follower: TargetFollower,
        servo: Servo,
        config: DetectorConfig | None = None,
    ) -> None:
        self.follower, self.servo = follower, servo
        self._searcher = Searcher(detector, config or DetectorConfig())
        self._seen_at = -math.inf
        # one network for both: what it surveys is all that it would find
        self._is_surveyed = getattr(follower.embedder, 'detector', None) is detector

    def query(self, query: Query, frame: Frame | None = None) -> str:
        """
        Ask for a new target.

        :param frame: the image that clicks and boxes refer to.
        :return: what was understood.
        :raises BadQuery: it cannot be used; the old target stays.
        """
        understood = self._searcher.take(query, frame, self._seen_at)
        asked = self._searcher.query or query  # without the places
        self.follower.query(explicit=query.is_explicit, height_m=height_of(asked.texts))
        return understood

    def confirm(self) -> bool:
        """Let the operator confirm the candidate; False when none is waiting."""
        return self.follower.life.on_confirm()

    def reject(self) -> bool:
        """Let the operator say 'not this one'; False when there is no candidate."""
        return self.follower.reject()

    def pick(self, number: int) -> bool:
        """Let the operator pick a candidate by its id; False when it is not there any more."""
        return self.follower.pick(number)

    def stop(self) -> None:
        """Forget the target and stand still."""
        self.follower.stop()
        self._searcher.forget()
        self.servo.reset()

    def step(self, frame: Frame, now: float, odometry: PlanarPose | None = None) -> StepResult:
        """
        Process one frame.

        :param frame: the newest one. :param now: seconds, on the clock of its stamp.
        :param odometry: newest pose of base_link, where there is one.
        :return: what was seen, and a bounded command; zero whenever it is not safe to move.
        """
        if odometry is not None:
            self.follower.ego.odometry(odometry)
        detections = self._search(frame)
        target = self.follower.step(frame, detections)
        self._searcher.recall.remember(self.follower.first_view)
        if target.state.may_move:
            self._searcher.last_box = target.box
        self._seen_at = frame.stamp
        self.servo.observe(target)
        return StepResult(detections, target, self.tick(now))

    def tick(self, now: float) -> VelocityCommand:
        """
        Return the command of now, also between two frames: bounded, and zero in time.

        :param now: seconds, on the clock of the frames' stamps.
        """
        command = self.servo.command(now)
        self.follower.ego.command(command)
        return command

    def _search(self, frame: Frame) -> Detections | None:
        """Run the detector where it is due, and the follower does not propose boxes by itself."""
        state, searcher = self.follower.life.state, self._searcher
        if searcher.query is None or not searcher.is_due(state, frame.stamp):
            return None
        if self._is_surveyed and self.follower.has_target:
            return None
        return searcher.look(frame, state, frame.stamp)
