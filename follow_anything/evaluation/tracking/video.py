# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Follow a target through a video: the tracker stage without a robot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
import time
from typing import Any

from follow_anything.core.config import DetectorConfig, TrackerConfig
from follow_anything.core.types import Frame, Query, Target
from follow_anything.models.pipeline import build_pipeline
from follow_anything.models.sparse_flow import SparseFlow

__all__ = ['VideoFollower', 'VideoRow']


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


class VideoFollower:
    """
    Follows what a query means through the frames of one video.

    :param query: clicks and boxes are of the first frame; words and pictures are looked for.
    :param tracker: name in the registry. :param detector: name in the registry.
    :param device: of all networks: 'auto', 'cpu' or 'cuda'.
    :param weights: of the detector, '' for its defaults.
    :param min_score: candidates with less are none.
    :raises FollowAnythingError: a model cannot be built.
    """

    def __init__(
        self,
        query: Query,
        tracker: str = TrackerConfig.tracker,
        detector: str = DetectorConfig.detector,
        device: str = 'auto',
        weights: str = '',
        min_score: float = DetectorConfig.min_score,
    ) -> None:
        self._pipeline = build_pipeline(
            detection=DetectorConfig(
                detector=detector, device=device, weights=weights, min_score=min_score
            ),
            # nobody is there to be asked: what was found again after long is followed again
            tracking=TrackerConfig(
                tracker=tracker, device=device, reconfirm_after=0.0, auto_confirm=True
            ),
            camera_motion=SparseFlow(),
        )
        self._query = query
        self.understood, self._reason = '', ''
        self._frames = self._followed = 0

    def follow(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Target, VideoRow]]:
        """
        Yield each frame, the target in it, and the same as a row.

        :raises FollowAnythingError: the query points at nothing, the detector cannot read it, or
            a frame cannot be read.
        """
        for number, frame in enumerate(frames):
            began = time.perf_counter()
            if number == 0:
                self.understood = self._pipeline.query(self._query, frame)
            target = self._pipeline.step(frame, frame.stamp).target
            spent = (time.perf_counter() - began) * 1e3
            self._frames += 1
            self._followed += target.state.may_move
            self._reason = f'{target.state.value}: {target.reason}'
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

    def summary(self) -> str:
        """Return what was understood, how long it was followed, and what it ended with."""
        followed = f'followed in {self._followed} of {self._frames} frames'
        return f'{self.understood}; {followed}; at the end {self._reason.rstrip(": ")}'
