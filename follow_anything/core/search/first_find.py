# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Target acquisition: which of the detector's first candidates to start on, if any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

from follow_anything.core.errors import BadBox
from follow_anything.core.geometry import coverage, iou
from follow_anything.core.protocols import Embedder
from follow_anything.core.types import Box, Detections, FloatArray, Frame, Rated

__all__ = ['FirstFind', 'choose_first']

SAME_PLACE, SAME_THING = 0.5, 0.8
"""Overlap (IoU) and coverage from which two candidates are one object, not two distractors."""

REFUSED = 0.9
"""Cosine to a view that the operator refused from which a candidate is that one again."""


@dataclass(frozen=True)
class FirstFind:
    """
    The outcome of target acquisition: a candidate to start on, or the reason why not.

    :param box: to start on; None for none. :param reason: why there is none.
    :param rivals: all that may be meant, where several are; the operator picks by their numbers.
    """

    box: Box | None = None
    reason: str = ''
    rivals: tuple[Rated, ...] = ()


def choose_first(
    detections: Detections,
    frame: Frame,
    embedder: Embedder,
    refused: Sequence[FloatArray],
    margin: float,
    *,
    ask: bool,
) -> FirstFind:
    """
    Choose among the candidates of a frame.

    :param refused: views that the operator has said no to, each (D,).
    :param margin: two scores nearer than this are alike.
    :param ask: the operator is asked before anything moves: then the one ahead is proposed.
    """
    boxes = [detections.box(k) for k in range(len(detections))]
    inside = [k for k, box in enumerate(boxes) if _is_inside(box, frame)]
    if not inside:
        return FirstFind(reason='what was found lies outside the image')
    kept = [k for k in inside if not (refused and _is_refused(frame, boxes[k], embedder, refused))]
    if not kept:
        return FirstFind(reason='all that was found is what the operator refused')
    best, scores = kept[0], detections.scores
    alike = [best] + [
        k
        for k in kept[1:]
        if scores[best] - scores[k] < margin
        and iou(boxes[k], boxes[best]) < SAME_PLACE
        and coverage(boxes[k], boxes[best]) < SAME_THING
    ]
    if len(alike) > 1 and not ask:
        shares = _shares([float(scores[k]) for k in alike])
        rivals = [Rated(n, boxes[k], shares[n - 1]) for n, k in enumerate(alike, 1)]
        return FirstFind(
            reason=f'ambiguous: {len(alike)} candidates look alike', rivals=tuple(rivals)
        )
    return FirstFind(boxes[min(alike, key=lambda k: _off_centre(boxes[k], frame))])


def _shares(scores: Sequence[float]) -> list[float]:
    """Return the scores as probabilities; those of a detector that gives none are equal."""
    known = [max(0.0, score) for score in scores]
    whole = sum(known)
    return [score / whole if whole > 0.0 else 1.0 / len(known) for score in known]


def _is_inside(box: Box, frame: Frame) -> bool:
    return box.x1 < frame.width and box.y1 < frame.height and box.x2 > 0 and box.y2 > 0


def _is_refused(frame: Frame, box: Box, embedder: Embedder, refused: Sequence[FloatArray]) -> bool:
    try:
        view = embedder.embed(frame, box)
    except BadBox:
        return True
    return max(float(view @ other) for other in refused) >= REFUSED


def _off_centre(box: Box, frame: Frame) -> float:
    """Return how far a box is from the middle of the picture, pixels."""
    x, y = box.center
    return math.hypot(x - frame.width / 2, y - frame.height / 2)
