# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Embedders on sequences: the target's first view against later pictures.

In each picture the true box is the same thing, and what else stands out, by the tiny detector and
of the target's size, is another: the same boxes for every embedder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from follow_anything.core.geometry import ious
from follow_anything.core.protocols import Surveyor
from follow_anything.core.search.proposals import SAME_BOX
from follow_anything.core.types import FloatArray, Frame
from follow_anything.evaluation.appearance.pairs import (
    distractors_of,
    LEAST_PX,
    Scores,
    side_of,
    TimedEmbedder,
)
from follow_anything.evaluation.tracking.dataset import Sequence
import numpy as np

__all__ = ['SequenceView', 'compare_sequence', 'sample_views']


@dataclass(frozen=True, eq=False)
class SequenceView:
    """
    The target and the other objects in one picture of a sequence.

    :param boxes: (1 + N, 4), xyxy, pixels: the target, then other things of its size.
    """

    frame: Frame
    boxes: FloatArray

    @property
    def size_px(self) -> float:
        """Size of the target, square root of its area."""
        return float(side_of(self.boxes[:1])[0])


def sample_views(sequence: Sequence, proposer: Surveyor, most: int) -> Iterator[SequenceView]:
    """
    Yield the first picture and others, evenly spaced, in which the target is visible.

    :param proposer: its survey says what else stands out. :param most: pictures.
    """
    there, _ = sequence.seen()
    wide = np.nan_to_num(sequence.boxes[:, 2:]).min(1) >= LEAST_PX
    wide[0] = True
    usable = np.flatnonzero(there & wide & np.isfinite(sequence.boxes).all(1))
    chosen = usable[np.unique(np.linspace(0, len(usable) - 1, most).round().astype(int))]
    chosen = np.unique(np.append(0, chosen))
    if len(chosen) < 2:
        return
    images = tuple(sequence.images[k] for k in chosen)
    visible = None if sequence.visibility is None else sequence.visibility[chosen]
    part = replace(sequence, images=images, boxes=sequence.boxes[chosen], visibility=visible)
    for frame, (x, y, w, h) in zip(part.frames(), part.boxes, strict=True):
        limit = np.array([frame.width, frame.height] * 2, float)
        target = np.clip(np.array([x, y, x + w, y + h], float), 0.0, limit)
        size = float(side_of(target[None])[0])
        if size <= 0.0:
            continue  # the truth is outside the picture
        found = proposer.survey(frame, target[None], size).boxes[1:]
        others = _different(found[distractors_of(target, found)])
        yield SequenceView(frame, np.concatenate([target[None], others]))


def _different(boxes: FloatArray) -> FloatArray:
    """Return boxes (N, 4) without those that overlap an earlier one."""
    overlap = ious(boxes, boxes)
    keep: list[int] = []
    for k in range(len(boxes)):
        if not keep or overlap[k, keep].max() < SAME_BOX:
            keep.append(k)
    return boxes[keep]


def compare_sequence(
    sequence: Sequence, proposer: Surveyor, looks: Mapping[str, TimedEmbedder], most: int
) -> dict[str, Scores]:
    """Return the cosines with the first view, of each embedder by its name."""
    scores = {name: Scores() for name in looks}
    known: dict[str, FloatArray] = {}
    for seen in sample_views(sequence, proposer, most):
        for name, look in looks.items():
            if name not in known:
                known[name] = look.views(seen.frame, seen.boxes[:1], seen.size_px)[0]
            else:
                likeness = look.likeness(known[name], seen.frame, seen.boxes, seen.size_px)
                scores[name].add(likeness)
    return scores
