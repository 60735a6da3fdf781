# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The one place where the benchmark builds what it measures, and calls it."""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.core.config import ControllerConfig, TrackerConfig
from follow_anything.core.follower import TargetFollower
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.pipeline import FollowPipeline, StepResult
from follow_anything.core.servo import Servo
from follow_anything.core.types import Frame, Query, VelocityCommand
from follow_anything.core.world.ego import PlanarPose
from follow_anything.evaluation.following.work import PARTS
from follow_anything.models.registry import build_detector, build_embedder, build_tracker
from follow_anything.sim.vehicle.vehicles import CameraMount, Odometry

__all__ = ['Loop', 'build_pipeline']


@dataclass
class Loop:
    """
    The real pipeline, with the controller's clock beside it.

    :param servo: the pipeline's own: it goes on while no frame arrives, as the node's does.
    :param is_still: take the robot for one that never moves: no compensation of its motion.
    """

    pipeline: FollowPipeline
    servo: Servo
    is_still: bool = False

    def query(self, query: Query, frame: Frame) -> None:
        """Ask for the target; the frame is what the operator sees."""
        self.pipeline.query(query, frame)

    def step(self, frame: Frame, now: float, odometry: Odometry) -> StepResult:
        """
        Process a frame that has arrived.

        :param now: s, on the clock of the stamps. :param odometry: the vehicle's, at now.
        """
        if self.is_still:
            return self.pipeline.step(frame, now, PlanarPose(odometry.stamp, 0.0, 0.0, 0.0, 0.0))
        x, y, z = (float(value) for value in odometry.position)
        pose = PlanarPose(odometry.stamp, x, y, z, odometry.yaw)
        return self.pipeline.step(frame, now, pose)

    def idle(self, now: float) -> VelocityCommand:
        """Return the command of a tick for which no frame has arrived."""
        return self.servo.command(now)


def build_pipeline(
    tracker: str,
    control: ControllerConfig,
    camera: PinholeCamera,
    mount: CameraMount,
    *,
    auto_confirm: bool,
    target_height: float = 0.0,
    without: str = '',
) -> Loop:
    """
    Build the real pipeline, with the shipped weights and the default thresholds.

    :param control: of the robot, its rate that of the camera. :param mount: of the camera.
    :param auto_confirm: follow what words found without asking.
    :param target_height: what the operator says of the target, metres; 0: nothing.
    :param without: part of identity that is left out, see work.PARTS.
    """
    config = TrackerConfig(
        auto_confirm=auto_confirm,
        target_height=target_height,
        camera_pitch=mount.pitch,
        **PARTS.get(without, {}),
    )
    detector = build_detector()
    embedder = build_embedder(config.embedder, detector)
    follower = TargetFollower(build_tracker(tracker), embedder, config, camera)
    servo = Servo(control)
    pipeline = FollowPipeline(detector, follower, servo)
    return Loop(pipeline, servo, is_still=without == 'motion compensation')
