# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""From cosines to scores an operator can put a threshold on. NumPy only; (N,) candidates."""

from __future__ import annotations

from follow_anything.core.geometry import intersections
from follow_anything.core.types import BoolArray, FloatArray
import numpy as np

__all__ = ['against_background', 'best_apart', 'likeness']

FEW = 5
"""With fewer candidates the frame itself says nothing about what is usual."""


def against_background(
    wanted: FloatArray, others: FloatArray, scale: float
) -> tuple[FloatArray, FloatArray]:
    """
    Return how surely each candidate is what a prompt says, rather than any other thing.

    :param wanted: cosines with the prompts, (N, P). :param others: with negatives and
        background, (N, B), B > 0. :param scale: what CLIP multiplies cosines with.
    :return: probability (N,) of the best prompt, and its index (N,).

    Each prompt stands alone against all others (a softmax of 1 + B): two prompts for the same
    thing do not take probability from each other.
    """
    logits, rivals = scale * wanted, scale * others
    top = np.maximum(logits, rivals.max(1, keepdims=True))
    mine = np.exp(logits - top)
    theirs = np.exp(rivals[:, None, :] - top[:, :, None]).sum(2)
    probability = mine / (mine + theirs)
    best = probability.argmax(1)
    return probability[np.arange(len(best)), best], best


def likeness(cosines: FloatArray, unrelated: float) -> FloatArray:
    """
    Return how alike each candidate is, [0, 1], from its cosine with the best view, (N,).

    0 is what unrelated things have in common: the network's usual value, or what is usual in
    this frame where there are enough candidates to tell.
    """
    usual = unrelated
    if len(cosines) >= FEW:
        usual = max(unrelated, float(np.median(cosines)))
    usual = min(usual, 0.99)
    return np.clip((cosines - usual) / (1.0 - usual), 0.0, 1.0)


def best_apart(boxes: FloatArray, scores: FloatArray, max_coverage: float) -> BoolArray:
    """
    Return which candidates stay, bool (N,): of two that share a place, the better one.

    :param boxes: (N, 4), xyxy, sorted by score. :param max_coverage: share of the smaller box.

    A part of a thing is not its rival: the red bonnet would make the red car ambiguous.
    """
    keep = np.ones(len(scores), np.bool_)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for index in range(1, len(scores)):
        better = np.flatnonzero(keep[:index])
        shared = intersections(boxes[better], boxes[index])
        keep[index] = not (shared > max_coverage * np.minimum(areas[better], areas[index])).any()
    return keep
