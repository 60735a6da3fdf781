# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Benchmarks: figures for the documentation, never assertions of a test."""

from __future__ import annotations

import statistics
import time

from follow_anything.core.config import ServoConfig, TrackerConfig
from follow_anything.core.follower import TargetFollower
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.servo import Servo
from follow_anything.core.types import Detections, Frame, Track
from follow_anything.models.registry import build_embedder, build_tracker
from follow_anything.testing import SyntheticScene

__all__ = ['bench_glue']


class _Stopwatch:
    """A tracker that notes how long the tracker inside it takes."""

    def __init__(self, tracker: str) -> None:
        self._tracker = build_tracker(tracker)
        self.initialize = self._tracker.initialize
        self.spent = 0.0

    def track(self, frame: Frame) -> Track:
        began = time.perf_counter()
        track = self._tracker.track(frame)
        self.spent = time.perf_counter() - began
        return track


def bench_glue(tracker: str, frames: int) -> dict[str, float | int | str]:
    """
    Measure the time of the pipeline without tracker: target state, memory, position, servo.

    :return: flat keys: tracker_ms and glue_ms, medians over the frames, and their ratio.
    """
    scene = SyntheticScene(width=640, height=480, target_size=(48, 96))
    camera = PinholeCamera.from_horizontal_fov(scene.width, scene.height, 1.2)
    stopwatch = _Stopwatch(tracker)
    follower = TargetFollower(stopwatch, build_embedder('bands'), TrackerConfig(), camera)
    servo = Servo(ServoConfig())
    follower.query(explicit=True)
    tracking, glue = [], []
    for index in range(frames):
        frame = scene.frame(index)
        first = Detections.single(frame.stamp, scene.box(index)) if index == 0 else None
        began = time.perf_counter()
        servo.observe(follower.step(frame, first))
        servo.command(frame.stamp)
        whole = time.perf_counter() - began
        if index > 0:
            tracking.append(stopwatch.spent * 1e3)
            glue.append(whole * 1e3 - tracking[-1])
    return {
        'tracker': tracker,
        'frames': len(glue),
        'tracker_ms': statistics.median(tracking),
        'glue_ms': statistics.median(glue),
        'glue_ms_p90': statistics.quantiles(glue, n=10)[-1],
        'glue_share': statistics.median(glue) / statistics.median(tracking),
    }
