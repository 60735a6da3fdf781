# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Words mean both of two that look alike: one may be seen from behind, or be half hidden."""

from __future__ import annotations

from follow_anything.core.geometry import intersections
from follow_anything.core.types import FloatArray
import numpy as np

__all__ = ['for_all_alike']

LOOKS_ALIKE = 0.85
"""Cosine of two things from which they look alike."""

MAY_BE_MEANT = 0.2
"""Probability from which the words may mean the second one at all."""

ELSEWHERE = 0.3
"""Share of the smaller box that both have in common at most: it is no part of the first one."""


def for_all_alike(boxes: FloatArray, instance: FloatArray, scores: FloatArray) -> FloatArray:
    """
    Return how surely each box is meant, given what looks like the best one.

    Without that, whoever names one of two would get the one that turns its face to the camera.

    :param boxes: (N, 4), x1 y1 x2 y2. :param instance: (N, D), of unit length.
    :param scores: (N,), probability that each is what the words say.
    :return: (N,), nowhere lower, and highest where it was.
    """
    if len(scores) == 0:
        return scores
    best = int(scores.argmax())
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    shared = intersections(boxes, boxes[best]) / np.minimum(areas, areas[best])
    cosines = instance @ instance[best]
    is_meant = (cosines >= LOOKS_ALIKE) & (scores >= MAY_BE_MEANT) & (shared <= ELSEWHERE)
    return np.where(is_meant, np.maximum(scores, cosines * scores[best]), scores)
