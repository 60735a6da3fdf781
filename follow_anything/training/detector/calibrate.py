# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Calibration of the text score on held-out photographs.

What is asked: every name in a photograph, and names that are labelled throughout and are not in
it. First each box is judged (a logistic of how well it fits, of its lead over all other concepts,
and of its objectness), then the best box of each question (Platt 1999): it alone is acted upon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from follow_anything.core.geometry import ious
from follow_anything.io.labelled_photos import Photo
from follow_anything.models.detection.tiny.detector import RegionFeatures, TinyDetector
import numpy as np
from scipy.special import expit

__all__ = ['CalibrationSample', 'calibration_samples', 'fit_belief', 'logistic']

RIGHT, WRONG = 0.5, 0.3
"""IoU with a thing of the name from which on a box is right, and below which it is wrong."""

LEAST_PX = 16.0
"""Nobody asks for what is smaller."""

MOST_ABSENT = 3
STEPS, SHRINK = 40, 1e-2
"""Of Newton's method: iterations at most, and the weight of the squared factors."""

WHOLE_MOST, BELIEF_OFFSET = 2.3, 0.1
"""At most so much counts the logarithm of the objectness, and so much is added to the fitted
logit. On the photographs held back most was found so, with a twentieth of what surely was not
there accepted at the default min_score; the error of the belief stays."""


@dataclass(frozen=True)
class CalibrationSample:
    """
    The inputs of the calibration for one query, and which boxes are right.

    :param inputs: (N, 3): logit, lead over all others, logarithm of the objectness.
    :param right: bool (N,). :param counts: bool (N,), whether a box can be judged at all.
    """

    inputs: np.ndarray
    right: np.ndarray
    counts: np.ndarray


def inputs_of(detector: TinyDetector, found: RegionFeatures, name: str) -> np.ndarray:
    """Return the inputs of the calibration of a taught name, (N, 3)."""
    meaning = detector.texts.understand(name)
    if meaning.vector is None:
        return np.zeros((0, 3))
    own = detector.texts.logits(found.text, meaning.vector)
    lead = own - detector.texts.rivals(found.text, meaning)
    return np.stack([own, lead, np.log(found.scores.clip(1e-3, 1.0))], 1)


def calibration_samples(
    detector: TinyDetector, photos: Iterable[Photo], labelled: dict[str, set[str]]
) -> Iterator[CalibrationSample]:
    """
    Yield a sample for each name in photographs, and for names that are surely absent.

    :param labelled: the names that are labelled in each source.
    """
    rng = np.random.default_rng(9)
    for photo in photos:
        found = detector.look(photo.read())
        if not len(found.boxes):
            continue
        large = (photo.boxes[:, 2:] - photo.boxes[:, :2]).min(1) >= LEAST_PX
        there = sorted({name for name, ok in zip(photo.names, large, strict=True) if ok})
        away = sorted((set(photo.complete) & labelled[photo.source]) - set(photo.names))
        away = [away[k] for k in rng.permutation(len(away))[:MOST_ABSENT]]
        for name in [*there, *away]:
            inputs = inputs_of(detector, found, name)
            if not len(inputs):
                continue
            mine = photo.boxes[[n == name for n in photo.names]]
            overlap = ious(found.boxes, mine).max(1) if len(mine) else np.zeros(len(inputs))
            counts = (overlap >= RIGHT) | (overlap < WRONG)
            yield CalibrationSample(inputs, overlap >= RIGHT, counts)


def logistic(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """
    Fit a logistic regression by Newton's method.

    :param x: (N, D). :param y: bool (N,). :param weight: (N,).
    :returns: (D + 1,), factors and offset.
    """
    x = np.hstack([x, np.ones((len(x), 1))])
    theta = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = expit(np.clip(x @ theta, -30, 30))
        slope = x.T @ (weight * (p - y)) + SHRINK * theta
        curve = (x * (weight * p * (1 - p))[:, None]).T @ x + SHRINK * np.eye(x.shape[1])
        step = np.linalg.solve(curve, slope)
        theta -= step
        if np.abs(step).max() < 1e-8:
            break
    return np.asarray(theta)


def fit_belief(asked: Sequence[CalibrationSample]) -> np.ndarray:
    """
    Fit the calibration.

    :returns: (4,): factors of the logit, of the lead and of the logarithm of the objectness, and
        the offset.
    """
    x = np.concatenate([a.inputs[a.counts] for a in asked])
    y = np.concatenate([a.right[a.counts] for a in asked])
    each = np.concatenate([np.full(a.counts.sum(), 1.0 / max(a.counts.sum(), 1)) for a in asked])
    # right boxes and wrong ones weigh the same: which is better is asked, not how many there are
    each = np.where(y, each / max(each[y].sum(), 1e-9), each / max(each[~y].sum(), 1e-9))
    judge = logistic(x, y, each * len(asked))
    judge[2] = min(judge[2], WHOLE_MOST)
    best = [int((a.inputs @ judge[:3]).argmax()) for a in asked]
    score = np.array([a.inputs[k] @ judge[:3] for a, k in zip(asked, best, strict=True)])
    right = np.array([a.right[k] for a, k in zip(asked, best, strict=True)])
    slope, offset = logistic(score[:, None], right, np.ones(len(right)))
    return np.array([*(slope * judge[:3]), offset + BELIEF_OFFSET], np.float32)
