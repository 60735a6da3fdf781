# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A follower with a scripted tracker and scripted looks, and a clock."""

from __future__ import annotations

from collections.abc import Sequence
import math

from follow_anything.core.config import TrackerConfig
from follow_anything.core.follower import TargetFollower
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.types import Box, Detections, Frame, Target, TargetState, Track
from follow_anything.testing import ScriptedTracker
import numpy as np

DT = 0.05
RGB = np.zeros((48, 64, 3), np.uint8)
CAMERA = PinholeCamera(64, 48, 50.0, 50.0, 32.0, 24.0)
HERE, THERE = Box(20, 10, 30, 30), Box(40, 10, 50, 30)
OUTSIDE = Box(100, 100, 110, 120)
CONFIG = TrackerConfig(
    confirm_time=0.1, presence_low=0.3, presence_high=0.6, occlusion_timeout=1.0
)


class Looks:
    """An embedder with scripted likeness of each place to the target."""

    unrelated = 0.0

    def __init__(self) -> None:
        self.like: dict[Box, float] = {}

    def embed(self, frame: Frame, box: Box) -> np.ndarray:
        box.clipped(frame.width, frame.height)
        cosine = self.like.get(box, 1.0)
        return np.array([cosine, math.sqrt(max(0.0, 1.0 - cosine * cosine))])


class Stage:
    """A follower, a world of two boxes and a clock."""

    def __init__(
        self, config: TrackerConfig = CONFIG, camera: PinholeCamera | None = CAMERA
    ) -> None:
        self.looks = Looks()
        self.tracker = ScriptedTracker(lambda _: self.answer)
        self.answer = Track(HERE, 1.0, 1.0)
        self.follower = TargetFollower(self.tracker, self.looks, config, camera)
        self.now = 10.0
        self.depth: np.ndarray | None = None

    def frame(self) -> Frame:
        self.now += DT
        return Frame(self.now, RGB, self.depth)

    def step(self, found: Sequence[Box] = (), count: int = 1, ago: float = 0.0) -> Target:
        for _ in range(count):
            frame = self.frame()
            target = self.follower.step(frame, detections(frame.stamp - ago, *found))
        return target

    def tracking(self) -> Stage:
        self.follower.query(explicit=True)
        self.step([HERE])
        assert self.step(count=3).state is TargetState.TRACKING
        return self

    def occluded(self) -> Stage:
        self.tracking().answer = Track(HERE, 1.0, 0.0)
        assert self.step().state is TargetState.OCCLUDED
        return self

    def lost(self) -> Stage:
        assert self.occluded().step(count=25).state is TargetState.LOST
        return self


def detections(stamp: float, *boxes: Box, scores: Sequence[float] = ()) -> Detections | None:
    if not boxes:
        return None
    rows = np.array([box.xyxy for box in boxes])
    return Detections(stamp, rows, np.array(scores or [0.9] * len(boxes)))
