# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Calibration of probabilities: reliability diagram and expected calibration error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

__all__ = ['BINS', 'calibration_error', 'merged', 'reliability']

BINS = 10
"""Of equal width, of the probability from 0 to 1."""


def reliability(answers: Iterable[tuple[float, bool]]) -> list[list[float]]:
    """
    Count how often an answer was right, by the probability that was given with it.

    :param answers: probability, [0, 1], and whether the answer was right.
    :return: for each of BINS bins the answers in it, the right ones among them, and the sum of
        their probabilities.
    """
    counts = np.zeros((BINS, 3))
    for probability, right in answers:
        counts[min(int(probability * BINS), BINS - 1)] += 1.0, float(right), probability
    return [[float(value) for value in line] for line in counts]


def merged(many: Sequence[Sequence[Sequence[float]]]) -> list[list[float]]:
    """Add the counts of several runs."""
    total = np.zeros((BINS, 3))
    for one in many:
        total += np.asarray(one, float)
    return [[float(value) for value in line] for line in total]


def calibration_error(counts: Sequence[Sequence[float]]) -> float | None:
    """
    Return the expected calibration error: mean | share of right - mean probability |.

    (Guo et al., "On calibration of modern neural networks", 2017.)

    :return: [0, 1]; None without rows.
    """
    table: Any = np.asarray(counts, float)
    total = table[:, 0].sum()
    if total == 0:
        return None
    known = table[table[:, 0] > 0]
    gaps = np.abs(known[:, 1] - known[:, 2])
    return float(gaps.sum() / total)
