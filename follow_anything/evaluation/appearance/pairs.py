# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs for the benchmark of embedders: target and target again, target and distractors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
import time

from follow_anything.core.geometry import ious
from follow_anything.core.protocols import Embedder, Surveyor
from follow_anything.core.types import Box, FloatArray, Frame
from follow_anything.evaluation.tracking.metrics import auroc
import numpy as np

__all__ = [
    'APART',
    'LEAST_PX',
    'MOST',
    'SIMILAR',
    'Scores',
    'TimedEmbedder',
    'distractors_of',
    'side_of',
]

APART = 0.1
"""Other things overlap the target by less: IoU."""

SIMILAR = 2.0
"""And are at most so many times as large or as small, square root of the area. A part of the
target of that size overlaps it by a quarter, so no part of it is another thing."""

MOST = 16
"""Other things of one picture, those nearest in size."""

LEAST_PX = 8.0
"""Shorter sides tell nothing."""


def side_of(boxes: FloatArray) -> FloatArray:
    """Return the square root of the area of boxes (N, 4), (N,), pixels."""
    return np.asarray(np.sqrt((boxes[:, 2:] - boxes[:, :2]).clip(0.0).prod(1)))


def distractors_of(target: FloatArray, others: FloatArray) -> list[int]:
    """
    Return the indices of the distractors: boxes of similar size, the nearest in size first.

    :param target: (4,), xyxy, pixels. :param others: (N, 4).
    """
    if not len(others):
        return []
    ratio = np.abs(np.log(np.maximum(side_of(others), 1e-6) / side_of(target[None])[0]))
    large = (others[:, 2:] - others[:, :2]).min(1) >= LEAST_PX
    apart = ious(target[None], others)[0] < APART
    fit = np.flatnonzero(apart & large & (ratio <= np.log(SIMILAR)))
    return [int(k) for k in fit[np.argsort(ratio[fit], kind='stable')][:MOST]]


class TimedEmbedder:
    """
    Calls an embedder as the judge does, and measures the time.

    :param embedder: a Surveyor describes all boxes of a picture in one pass.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.spent_ms: list[float] = []
        """Processor time of each comparison."""
        self.boxes: list[int] = []
        """How many boxes each had."""

    def views(self, frame: Frame, boxes: FloatArray, size_px: float) -> FloatArray:
        """
        Describe boxes (N, 4) of a picture, float (N, D).

        :param size_px: of the target, square root of its area.
        """
        if isinstance(self._embedder, Surveyor):
            return self._embedder.survey(frame, boxes, size_px).views[: len(boxes)]
        places = [Box(*(float(value) for value in box)) for box in boxes]
        return np.stack([self._embedder.embed(frame, place) for place in places])

    def likeness(
        self, known: FloatArray, frame: Frame, boxes: FloatArray, size_px: float
    ) -> FloatArray:
        """Return the cosine of each box with a known view (D,), (N,)."""
        began = time.process_time()
        views = self.views(frame, boxes, size_px)
        self.spent_ms.append((time.process_time() - began) * 1e3)
        self.boxes.append(len(boxes))
        return np.asarray(views @ known, float)


@dataclass
class Scores:
    """Cosines of the target's first view with its later views and with the distractors'."""

    same: list[float] = field(default_factory=list)
    others: list[FloatArray] = field(default_factory=list)

    def add(self, likeness: FloatArray) -> None:
        """Add the cosines of one picture, (1 + N,): the target's first."""
        self.same.append(float(likeness[0]))
        self.others.append(likeness[1:])

    def extend(self, more: Scores) -> None:
        """Add all cosines of another one."""
        self.same += more.same
        self.others += more.others

    def figures(self) -> dict[str, float | None]:
        """
        Return pictures, others, AUROC, rank-1 and the mean cosines.

        `rank1` is the share of the pictures with others in which none is more alike than the
        same thing; None, as `auroc`, where there are no others.
        """
        same = np.array(self.same)
        others = np.concatenate(self.others) if self.others else np.zeros(0)
        cosines = np.concatenate([same, others])
        is_same = np.arange(len(cosines)) < len(same)
        won = [s > o.max() for s, o in zip(self.same, self.others, strict=True) if len(o)]
        return {
            'pictures': len(same),
            'others': len(others),
            'auroc': auroc(cosines, is_same) if len(same) and len(others) else None,
            'rank1': _mean(won),
            'cosine_same': _mean(self.same),
            'cosine_other': _mean(others.tolist()),
        }


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None
