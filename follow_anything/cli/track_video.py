# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Follow something through a video: the tracker stage without a robot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
import time
from typing import Any

from follow_anything.core.config import ServoConfig, TrackerConfig
from follow_anything.core.follower import TargetFollower
from follow_anything.core.pipeline import FollowPipeline
from follow_anything.core.servo import Servo
from follow_anything.core.types import Frame, Query, Target
from follow_anything.models.registry import build_detector, build_embedder, build_tracker
from follow_anything.models.sparse_flow import SparseFlow

__all__ = ['VideoRow', 'follow_video']


@dataclass(frozen=True)
class VideoRow:
    """
    One frame of the answer.

    :param frame: number, from 0. :param stamp: seconds from the start.
    :param state: of the target's life. :param box: [x, y, w, h] in pixels: where the tracker
        thinks the target is, believed or not (state says which); None when it has no idea.
    :param score: belief that the target is visible, [0, 1].
    :param latency_ms: spent on this frame, without reading it.
    """

    frame: int
    stamp: float
    state: str
    box: list[float] | None
    score: float
    latency_ms: float

    def as_dict(self) -> dict[str, Any]:
        """Return the row as plain values for JSON."""
        return asdict(self)


def follow_video(
    frames: Iterable[Frame], query: Query, tracker: str
) -> Iterator[tuple[Frame, Target, VideoRow]]:
    """
    Follow what a click or a box points at in the first frame through all others.

    :param query: explicit: a click or a box in the first frame.
    :param tracker: name in the registry.
    :raises FollowAnythingError: the query points at nothing, or a frame cannot be read.
    """
    # nobody is there to be asked: what was found again after long is followed again
    config = TrackerConfig(reconfirm_after=0.0, auto_confirm=True)
    detector = build_detector()
    follower = TargetFollower(
        build_tracker(tracker),
        build_embedder(config.embedder, detector),
        config,
        camera_motion=SparseFlow(),
    )
    pipeline = FollowPipeline(detector, follower, Servo(ServoConfig()))
    for number, frame in enumerate(frames):
        began = time.perf_counter()
        if number == 0:
            pipeline.query(query, frame)
        target = pipeline.step(frame, frame.stamp).target
        spent = (time.perf_counter() - began) * 1e3
        box = None if target.box is None else [round(value, 3) for value in target.box.xywh]
        yield (
            frame,
            target,
            VideoRow(
                number,
                round(frame.stamp, 6),
                target.state.value,
                box,
                round(target.presence, 4),
                round(spent, 3),
            ),
        )
