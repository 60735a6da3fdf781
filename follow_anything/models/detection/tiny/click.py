# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
From a click to an object: the click network reads close-ups at several scales, which vote.

From too near it sees only a part of a large thing, from too far a small one hardly; but from most
distances it tells the same box, and that is the one. The detector's own boxes around the click
vote too: they know what people call one thing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from follow_anything.core.geometry import ious
from follow_anything.core.types import BoolArray, Click, FloatArray, Frame
from follow_anything.models.detection.tiny.close_up import CloseUpSession, SPREAD, USUAL
import numpy as np

__all__ = ['DISTANCES', 'ClickAnswer', 'Voters', 'resolve_click']

DISTANCES = (1.4, 0.95, 0.65, 0.45, 0.3, 0.2)
"""Sides of the close-ups, in longer sides of the frame."""

ALIKE = 0.7
"""Boxes that overlap (IoU) more with the best one are averaged with it."""

LEAST_SIDE_PX = 3.0
"""Nothing smaller can be followed."""

WORTHLESS = 0.3
"""Mean of the IoU expected from all distances below which it is rather bare ground, a wall or the
sky; less than a hundredth of the things of other scenes are below it too."""

STANDS_OUT = 0.4
"""Score of a box of the detector around the click, less towards its rim, from which on something
is there all the same: of the photographs held back a twelfth of the things are WORTHLESS."""

BOX_VOTES, OFF_MIDDLE = 3.0, 1.5
"""What the detector's boxes count beside the distances, and how much less (a power of e) one
counts at whose very rim the click lies. Chosen on photographs held back from the training, with
clicks at the middle of the things and beside it."""

Voters = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""Given the boxes that the distances tell (N, 4): boxes of the detector (M, 4), pixels, and their
scores (M,)."""


@dataclass(frozen=True)
class ClickAnswer:
    """
    The answer to clicks: a box, and a mask where there is one.

    :param box: (4,), x1 y1 x2 y2, pixels of the frame. :param mask: bool (H, W), of the frame.
    """

    box: FloatArray
    mask: BoolArray


def resolve_click(
    click_network: CloseUpSession,
    frame: Frame,
    clicks: Sequence[Click],
    voters: Voters | None = None,
) -> ClickAnswer | None:
    """
    Return the object at the clicks; None when there is none.

    :param close_look: the network of clicks. :param voters: what else proposes boxes.
    :param clicks: inside the frame, at least one of them positive. Each positive one is looked
        at and must be on something; all of them must lie in the box, negative ones outside.
    """
    sides = max(frame.width, frame.height) * np.array(DISTANCES)
    points = [(click.x, click.y) for click in clicks if click.positive]
    seen = [click_network.look(frame.rgb, point, sides) for point in points]
    proposed = np.concatenate([each.boxes for each in seen])
    votes = np.concatenate([each.quality for each in seen])
    votes = votes * _suits(np.tile(sides, len(points)), proposed)
    others, scores = (np.zeros((0, 4)), np.zeros(0)) if voters is None else voters(proposed)
    scores = scores * _centred(others, points)
    is_bare = min(each.quality.mean() for each in seen) < WORTHLESS
    if is_bare and scores.max(initial=0.0) < STANDS_OUT:
        return None
    boxes, ballot = np.concatenate([proposed, others]), np.concatenate([votes, BOX_VOTES * scores])
    agreement = ious(boxes, boxes) @ ballot / ballot.sum()
    score = agreement * _fits(boxes, clicks)
    if not score.any():
        return None
    overlap = ious(boxes, boxes[score.argmax()][None])[:, 0]
    weight = score * overlap**4 * (overlap > ALIKE)
    box = weight @ boxes / weight.sum()
    # of those that mean this box, the one that saw it from the best distance outlines it best
    alike = ious(proposed, box[None])[:, 0]
    best = int((votes * alike**4).argmax())
    number, turn = divmod(best, len(sides))
    mask = seen[number].views[turn].lay_back(seen[number].masks[turn], frame.width, frame.height)
    outline = np.asarray(mask > 0.5)
    if alike[best] <= ALIKE:
        x1, y1, x2, y2 = (round(float(v)) for v in box)
        inside = np.zeros_like(outline)
        inside[max(y1, 0) : y2, max(x1, 0) : x2] = True
        outline &= inside
    return ClickAnswer(np.asarray(box), outline)


def _centred(boxes: FloatArray, points: Sequence[tuple[float, float]]) -> FloatArray:
    """Return a weight, (0, 1], by the distance of box centre and click; 0 without a click."""
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).clip(1.0) / 2
    away = np.stack([(np.abs(np.array(point) - middle) / half).max(1) for point in points]).min(0)
    return np.where(away < 1.0, np.exp(-OFF_MIDDLE * away**2), 0.0)


def _suits(sides: FloatArray, boxes: FloatArray) -> FloatArray:
    """Return a weight, (0, 1], by how well the size of boxes (N, 4) fits their close-ups (N,)."""
    longer = (boxes[:, 2:] - boxes[:, :2]).max(1).clip(1.0)
    away = np.log(sides / longer / USUAL) / SPREAD
    return np.asarray(np.exp(-0.5 * away**2).clip(1e-6))


def _fits(boxes: FloatArray, clicks: Sequence[Click]) -> BoolArray:
    """Return which boxes have an area and contain the positive clicks alone, bool (N,)."""
    fits = (boxes[:, 2:] - boxes[:, :2]).min(1) >= LEAST_SIDE_PX
    for click in clicks:
        point = (click.x, click.y)
        holds = ((point >= boxes[:, :2]) & (point <= boxes[:, 2:])).all(1)
        fits &= holds == click.positive
    return np.asarray(fits)
