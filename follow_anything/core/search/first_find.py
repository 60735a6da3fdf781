# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Target acquisition: which of the detector's first candidates to start on, if any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import math

from follow_anything.core.errors import BadBox
from follow_anything.core.geometry import coverage, iou, ious
from follow_anything.core.protocols import Embedder
from follow_anything.core.types import Box, Detections, FloatArray, Frame, Rated
import numpy as np

__all__ = ['FirstFind', 'FirstIds', 'choose_first']

SAME_PLACE, SAME_THING = 0.5, 0.8
"""Overlap (IoU) and coverage from which two candidates are one object, not two distractors."""

REFUSED = 0.9
"""Cosine to a view that the operator refused from which a candidate is that one again."""

GOES_ON = 0.05
"""Overlap (IoU) with a box of the look before from which a box is its continuation: that of a box
which has moved by nine tenths of its width."""

GROWN = 2.5
"""Ratio of two areas from which one is not the continuation of the other: somebody else has come
before it."""

CLEAR = 0.9
"""Share of the best overlap from which the next one is as good: nobody can tell who is who, and an
operator's pick must rather be refused than mean somebody else."""


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


class FirstIds:
    """
    Ids of the candidates before there is a target: a box that goes on from look to look keeps its.

    An id is given when its candidate is first shown, and to nobody else afterwards.

    :param new_id: returns an id that nobody has had.
    """

    def __init__(self, new_id: Callable[[], int]) -> None:
        self._new_id = new_id
        self.forget()

    def forget(self) -> None:
        """Take whatever is seen next for something new."""
        self._boxes: FloatArray = np.zeros((0, 4))
        self._ids: list[int | None] = []

    def look(self, boxes: Sequence[Box]) -> None:
        """Take all candidates of the next look, also those that are not shown."""
        new = np.array([box.xyxy for box in boxes]).reshape(-1, 4)
        before = continued(new, self._boxes)
        self._ids = [None if k is None else self._ids[k] for k in before]
        self._boxes = new

    def of(self, index: int) -> int:
        """Return the id of a candidate of the last look, by its index there."""
        known = self._ids[index]
        if known is None:
            known = self._ids[index] = self._new_id()
        return known


def continued(boxes: FloatArray, before: FloatArray) -> list[int | None]:
    """
    Return of which box of the look before each box is the continuation; None: of none for sure.

    Greedy, the largest overlap first.

    :param boxes: (N, 4), x1 y1 x2 y2, pixels. :param before: (M, 4).
    """
    found: list[int | None] = [None] * len(boxes)
    areas, areas_before = ((some[:, 2:] - some[:, :2]).prod(1) for some in (boxes, before))
    growth = areas[:, None] / areas_before[None]
    overlaps = np.where(np.maximum(growth, 1.0 / growth) < GROWN, ious(boxes, before), 0.0)
    left = overlaps.copy()  # without those that have found each other
    is_same, was_same = ious(boxes, boxes) >= SAME_PLACE, ious(before, before) >= SAME_PLACE
    for pair in np.argsort(-overlaps, axis=None, kind='stable'):
        one, other = (int(k) for k in np.unravel_index(pair, overlaps.shape))
        overlap = overlaps[one, other]
        if overlap < GOES_ON:
            break
        rivals = np.concatenate([left[one, ~was_same[other]], left[~is_same[one], other]])
        if left[one, other] > 0.0 and rivals.max(initial=0.0) < CLEAR * overlap:
            found[one] = other
            left[one], left[:, other] = 0.0, 0.0
    return found


def choose_first(
    detections: Detections,
    frame: Frame,
    embedder: Embedder,
    refused: Sequence[FloatArray],
    margin: float,
    *,
    ids: FirstIds,
    ask: bool,
) -> FirstFind:
    """
    Choose among the candidates of a frame.

    :param refused: views that the operator has said no to, each (D,).
    :param margin: two scores nearer than this are alike.
    :param ids: of the candidates, from look to look; they take this look.
    :param ask: the operator is asked before anything moves: then the one ahead is proposed.
    """
    found = [detections.box(k) for k in range(len(detections))]
    inside = [k for k, box in enumerate(found) if _is_inside(box, frame)]
    kept = [k for k in inside if not (refused and _is_refused(frame, found[k], embedder, refused))]
    boxes, scores = [found[k] for k in kept], [float(detections.scores[k]) for k in kept]
    ids.look(boxes)
    if not inside:
        return FirstFind(reason='what was found lies outside the image')
    if not kept:
        return FirstFind(reason='all that was found is what the operator refused')
    alike = [0] + [
        k
        for k in range(1, len(boxes))
        if scores[0] - scores[k] < margin
        and iou(boxes[k], boxes[0]) < SAME_PLACE
        and coverage(boxes[k], boxes[0]) < SAME_THING
    ]
    if len(alike) > 1 and not ask:
        shares = _shares([scores[k] for k in alike])
        rivals = [
            Rated(ids.of(k), boxes[k], share) for k, share in zip(alike, shares, strict=True)
        ]
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
