# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The whole pipeline, built from what the configuration names."""

from __future__ import annotations

from follow_anything.core.config import DetectorConfig, ServoConfig, TrackerConfig
from follow_anything.core.follower import TargetFollower
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.pipeline import FollowPipeline
from follow_anything.core.protocols import CameraMotion
from follow_anything.core.servo import Servo
from follow_anything.models.registry import build_detector, build_surveyor, build_tracker

__all__ = ['build_pipeline']


def build_pipeline(
    camera: PinholeCamera | None = None,
    *,
    detection: DetectorConfig | None = None,
    tracking: TrackerConfig | None = None,
    control: ServoConfig | None = None,
    camera_motion: CameraMotion | None = None,
) -> FollowPipeline:
    """
    Build detector, tracker, embedder and servo by their names, each with its thresholds.

    :param camera: for directions and ranges; None: the robot holds until `follower.camera` is set.
    :param detection: None, as for the two after it: the defaults.
    :param camera_motion: steadies the picture where no camera is known.
    :raises BadConfig: nothing has a name that is asked for.
    :raises BadWeights: weights are missing, cut or changed; says what to do.
    :raises MissingDependency: a model needs a package that is not installed.
    """
    detection, tracking = detection or DetectorConfig(), tracking or TrackerConfig()
    detector = build_detector(
        detection.detector,
        detection.device,
        detection.weights,
        half_resolution=detection.half_resolution,
    )
    follower = TargetFollower(
        build_tracker(tracking.tracker, tracking.device),
        build_surveyor(
            tracking.identity.embedder,
            detector,
            tracking.device,
            tracking.identity.embedder_weights,
        ),
        tracking,
        camera,
        camera_motion,
    )
    return FollowPipeline(detector, follower, Servo(control or ServoConfig()), detection)
