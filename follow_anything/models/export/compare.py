# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How far two versions of a network are apart, output by output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from follow_anything.core.geometry import ious
from follow_anything.core.types import FloatArray
from follow_anything.models.export.shipped import Feed
import numpy as np

__all__ = ['Difference', 'Runner', 'compare']

Runner = Callable[[Feed], dict[str, FloatArray]]
"""Runs a network once: the outputs by name."""

SAME_BOX = 0.5
"""Overlap (IoU) from which on a box is found again."""


@dataclass(frozen=True)
class Difference:
    """
    Of one output, over all pictures.

    :param most: the largest absolute difference. :param mean: the mean one.
    :param scale: the largest absolute value of the original.
    """

    output: str
    most: float
    mean: float
    scale: float


def compare(original: Runner, other: Runner, feeds: Sequence[Feed]) -> list[Difference]:
    """
    Compare two versions on the same inputs.

    Of a detector, whose boxes may come in another number and order, the rows of the boxes that
    it was asked to describe are compared; 'boxes missed' then is the share that is not found.
    """
    before, after = [original(feed) for feed in feeds], [other(feed) for feed in feeds]
    given_boxes = len(feeds[0]['interest']) if 'interest' in feeds[0] else None
    result = []
    for name in before[0]:
        ours, theirs = (
            np.concatenate([outputs[name][:given_boxes].ravel() for outputs in version])
            for version in (before, after)
        )
        ours = ours.astype(np.float64)
        apart = np.abs(ours - theirs)
        apart[~np.isfinite(theirs)] = np.inf
        result.append(
            Difference(name, float(apart.max()), float(apart.mean()), float(np.abs(ours).max()))
        )
    if given_boxes is not None:
        missed = [_missed(a['boxes'], b['boxes']) for a, b in zip(before, after, strict=True)]
        result.append(Difference('boxes missed', max(missed), float(np.mean(missed)), 1.0))
    return result


def _missed(boxes: FloatArray, others: FloatArray) -> float:
    """Return the share of boxes (N, 4) that overlap with none of the others (M, 4)."""
    return float((ious(boxes, others).max(1, initial=0.0) < SAME_BOX).mean())
