# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The tracker stage: one target from the first candidate to the last sight of it."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
import math

from follow_anything.core.config import TrackerConfig
from follow_anything.core.errors import BadBox
from follow_anything.core.gallery import Gallery
from follow_anything.core.geometry import iou, PinholeCamera
from follow_anything.core.motion import is_reachable
from follow_anything.core.protocols import Embedder, Resumable, Tracker
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

SIGHTING_S, SIGHTINGS_S = 0.25, 1.0
"""Where the target was is remembered so often, for so long: sizes are compared with all."""

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
        self._learnt_at: float | None = None
        self._seen: deque[Target] = deque()
        self._last: Target | None = None
        self._explicit = False
        self._first: Frame | None = None

    @property
    def first_view(self) -> Frame | None:
        """The target's pixels where it was first found, once it has been followed."""
        return self._first if self.life.was_followed else None

    def configure(self, config: TrackerConfig) -> None:
        """Take new thresholds; the target stays."""
        self.config = self.life.config = config
        self._gallery.resize(config.memory)

    def query(self, *, explicit: bool) -> int:
        """Begin a new target; return its id. explicit: the operator pointed at it."""
        self._forget()
        self._explicit = explicit
        self.life.on_query(explicit=explicit)
        return self.life.target_id

    def stop(self) -> None:
        """Forget the target."""
        self._forget()
        self.life.on_stop()

    def step(self, frame: Frame, detections: Detections | None = None) -> Target:
        """
        Look at the next frame.

        :param detections: candidates from this frame or from a recent one, when there are new.
        :return: the target as of this frame; a frame older than the last changes nothing.
        """
        if self._is_late(frame):
            self.late_frames += 1
            return self._last or self._report(frame, 0.0)
        self._remember(frame)
        presence = 0.0
        if detections is not None and self.life.wants_detection:
            self._consider(detections)
        if self._gallery:  # there was a candidate; the tracker never gives up looking for it
            just_learnt = self._learnt_at == frame.stamp
            presence = 1.0 if just_learnt else self._track(frame)
            self.life.on_presence(presence, frame.stamp)
            if self.life.state is TargetState.SEARCHING and not self._explicit:
                self._forget()  # only a find of the detector: the next one may look different
        self._last = self._report(frame, presence)
        if self.life.state.may_move:
            self._sighted(self._last)
        return self._last

    def _sighted(self, target: Target) -> None:
        """Keep a sighting, one now and then for a second: a box breathes, a target does not."""
        seen = self._seen
        if len(seen) > 1 and seen[-1].stamp - seen[-2].stamp < SIGHTING_S:
            seen.pop()
        seen.append(target)
        while seen[-1].stamp - seen[0].stamp > SIGHTINGS_S:
            seen.popleft()

    def _forget(self) -> None:
        """Drop all that is known of the target, its last report included."""
        self._gallery.clear()
        self._seen.clear()
        self._box = self._last = self._first = None

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
        if not self._is_reachable(frame, track.box):
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
        view = views[best]
        if view is None:
            self.life.on_hold('what was found lies outside the image')
            return
        if self._gallery and merits[best] < self.config.presence_high:
            return
        rivals = [
            index
            for index in range(len(merits))
            if merits[best] - merits[index] < self.config.ambiguity_margin
            and iou(detections.box(index), detections.box(best)) < SAME_PLACE
        ]
        if rivals and not self.life.needs_word:
            self.life.on_hold(f'ambiguous: {len(rivals) + 1} candidates look alike')
            return
        # The operator is asked anyway: about the one that the robot faces.
        best = min((best, *rivals), key=lambda index: _off_centre(detections.box(index), seen_in))
        box = detections.box(best)
        try:
            if self._gallery and isinstance(self._tracker, Resumable):
                self._tracker.resume(seen_in, box)
            else:
                self._tracker.initialize(seen_in, box)
        except BadBox as error:
            self.life.on_hold(str(error))
            return
        self._box, self._learnt_at = box, seen_in.stamp
        view = views[best]
        if not self._gallery and view is not None:
            self._gallery.offer(view)
            self._first = Frame(seen_in.stamp, seen_in.crop(box).copy())
        self.life.on_found(seen_in.stamp)
        self._catch_up(seen_in.stamp)

    def _judge(
        self, frame: Frame, detections: Detections
    ) -> tuple[FloatArray, list[FloatArray | None]]:
        """Return each candidate's merit, its likeness to the memory once there is one."""
        merits = np.full(len(detections), -np.inf)
        views: list[FloatArray | None] = [None] * len(detections)
        for index, score in enumerate(detections.scores):
            try:
                view = self._embedder.embed(frame, detections.box(index))
            except BadBox:  # outside the image: not a candidate
                continue
            views[index], merits[index] = view, score
            if self._gallery:
                likeness = self._identity(self._gallery.similarity(view))
                near = self._is_reachable(frame, detections.box(index))
                merits[index] = likeness if near else 0.0
        return merits, views

    def _is_reachable(self, frame: Frame, box: Box) -> bool:
        """Tell whether the target can have come so far since it was last believed to be seen."""
        candidate = Target(frame.stamp, self.life.state, box=box)
        return not self._seen or is_reachable(self._seen, self._located(candidate, frame))

    def _located(self, target: Target, frame: Frame) -> Target:
        """Return the target with the position of its box, where the camera is known."""
        if self.camera is None or target.box is None:
            return target
        position, std = locate(
            frame, target.box, self.camera, self.config.target_height, self._depth_before()
        )
        return replace(target, position=position, range_std=std)

    def _depth_before(self) -> float | None:
        """Return the depth the target had a frame ago, metres; None when that says nothing."""
        if not self._seen or self.life.state is not TargetState.TRACKING:
            return None
        seen = self._seen[-1]
        if seen.position is None or not math.isfinite(seen.range_std):
            return None
        return float(seen.position[2])

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
        return self._located(target, frame) if life.state.is_visible else target


def _off_centre(box: Box, frame: Frame) -> float:
    """Return how far a box is from the middle of the picture, pixels."""
    x, y = box.center
    return math.hypot(x - frame.width / 2, y - frame.height / 2)
