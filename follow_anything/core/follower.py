# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The tracker stage: one target from the first candidate to the last sight of it."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from follow_anything.core.config import TrackerConfig
from follow_anything.core.errors import BadBox
from follow_anything.core.gallery import Gallery
from follow_anything.core.geometry import iou, PinholeCamera
from follow_anything.core.protocols import Embedder, Tracker
from follow_anything.core.ranging import locate
from follow_anything.core.target import TargetLife
from follow_anything.core.types import (
    Box,
    Detections,
    FloatArray,
    Frame,
    Target,
    TargetState,
    Track,
)
import numpy as np

__all__ = ['TargetFollower']

SAME_PLACE = 0.5
"""Two candidates that overlap more than this (IoU) are one object, not two look-alikes."""

CLOCK_JUMP_S = 1.0
"""A frame older than the last one by more is a clock set back, not a late packet."""


class TargetFollower:
    """
    Runs a tracker on every frame and decides what its answer is worth.

    :param tracker: finds the box again. :param embedder: describes what is in it.
    :param config: thresholds and times.
    :param camera: for the target's position; None until camera_info arrived.
    """

    def __init__(
        self,
        tracker: Tracker,
        embedder: Embedder,
        config: TrackerConfig,
        camera: PinholeCamera | None = None,
    ) -> None:
        self._tracker, self._embedder = tracker, embedder
        self.camera = camera
        self.config = config
        self.life = TargetLife(config)
        self.late_frames = 0
        self._gallery = Gallery(config.memory)
        self._history: deque[Frame] = deque()
        self._box: Box | None = None
        self._last: Target | None = None

    def configure(self, config: TrackerConfig) -> None:
        """Take new thresholds; the target stays."""
        self.config = self.life.config = config

    def query(self, *, explicit: bool) -> int:
        """Begin a new target; return its id. explicit: the operator pointed at it."""
        self._gallery.clear()
        self._box = None
        self.life.on_query(explicit=explicit)
        return self.life.target_id

    def stop(self) -> None:
        """Forget the target."""
        self._gallery.clear()
        self._box = None
        self.life.on_stop()

    def step(self, frame: Frame, detections: Detections | None = None) -> Target:
        """
        Look at the next frame.

        :param detections: candidates from this frame or from a recent one, when there are new.
        :return: the target as of this frame; a frame older than the last changes nothing.
        """
        if self._is_late(frame) and self._last is not None:
            self.late_frames += 1
            return self._last
        self._remember(frame)
        presence = 0.0
        if detections is not None and self.life.wants_detection:
            self._consider(detections)
        if self._gallery:  # there was a candidate; the tracker never gives up looking for it
            presence = self._track(frame)
            self.life.on_presence(presence, frame.stamp)
        self._last = self._report(frame, presence)
        return self._last

    def _track(self, frame: Frame) -> float:
        """Run the tracker on a frame; return the belief that what it found is the target."""
        track: Track = self._tracker.track(frame)
        self._box = track.box
        if track.box is None or track.presence == 0.0:
            return 0.0
        try:
            view = self._embedder.embed(frame, track.box)
        except BadBox:  # the tracker left the image: there is nothing to compare
            return 0.0
        identity = self._identity(self._gallery.similarity(view))
        if self.life.state is TargetState.TRACKING and identity >= self.config.presence_high:
            self._gallery.offer(view)
        return min(track.presence, identity)

    def _identity(self, cosine: float) -> float:
        """Turn a cosine into a belief: 0 for what two unrelated things have in common."""
        return max(0.0, (cosine - self._embedder.unrelated) / (1.0 - self._embedder.unrelated))

    def _consider(self, detections: Detections) -> None:
        """Start on the best candidate, unless there is none, or two that could be it."""
        seen_in = self._frame_of(detections.stamp)
        if len(detections) == 0 or seen_in is None:
            if self.life.state is TargetState.SEARCHING:
                self.life.on_hold('not found yet')
            return
        merits, views = self._judge(seen_in, detections)
        best = int(merits.argmax())
        if self._gallery and merits[best] < self.config.presence_high:
            return
        rivals = [
            index
            for index in range(len(merits))
            if merits[best] - merits[index] < self.config.ambiguity_margin
            and iou(detections.box(index), detections.box(best)) < SAME_PLACE
        ]
        if rivals:
            self.life.on_hold(f'ambiguous: {len(rivals) + 1} candidates look alike')
            return
        box = detections.box(best)
        try:
            self._tracker.initialize(seen_in, box)
        except BadBox as error:
            self.life.on_hold(str(error))
            return
        self._box = box
        if not self._gallery:
            self._gallery.offer(views[best])
        self.life.on_found(seen_in.stamp)
        self._catch_up(seen_in.stamp)

    def _judge(self, frame: Frame, detections: Detections) -> tuple[FloatArray, list[FloatArray]]:
        """Return each candidate's merit, its likeness to the memory once there is one."""
        views = [self._embedder.embed(frame, detections.box(i)) for i in range(len(detections))]
        if not self._gallery:
            return np.asarray(detections.scores), views
        return np.array([self._identity(self._gallery.similarity(v)) for v in views]), views

    def _catch_up(self, since: float) -> None:
        """Track through the frames that passed while the detector was looking."""
        for frame in list(self._history)[:-1]:
            if frame.stamp > since:
                self._box = self._tracker.track(frame).box

    def _is_late(self, frame: Frame) -> bool:
        if not self._history or frame.stamp > self._history[-1].stamp:
            return False
        if self._history[-1].stamp - frame.stamp > CLOCK_JUMP_S:
            self._history.clear()
            self.life.on_clock_jump(frame.stamp)
            return False
        return True

    def _remember(self, frame: Frame) -> None:
        self._history.append(frame)
        while frame.stamp - self._history[0].stamp > self.config.history:
            self._history.popleft()

    def _frame_of(self, stamp: float) -> Frame | None:
        return next((f for f in reversed(self._history) if abs(f.stamp - stamp) < 1e-6), None)

    def _report(self, frame: Frame, presence: float) -> Target:
        life = self.life
        target = Target(
            frame.stamp, life.state, life.target_id, self._box, presence, reason=life.reason
        )
        if self.camera is None or self._box is None or not life.state.is_visible:
            return target
        position, std = locate(frame, self._box, self.camera, self.config.target_height)
        return replace(target, position=position, range_std=std)
