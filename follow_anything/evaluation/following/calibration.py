# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Is a probability what it says? Reliability diagram and expected calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from follow_anything.evaluation.following.rows import FollowRow, RIGHT_OVERLAP
import numpy as np

__all__ = ['BINS', 'calibration_error', 'merged', 'reliability']

BINS = 10
"""Of equal width, of the probability from 0 to 1."""


def reliability(rows: Sequence[FollowRow]) -> list[list[float]]:
    """
    Count how often the reported box was the target, by the probability reported for it.

    :return: for each of BINS bins the rows in it, those of them that were right (IoU with the
        truth), and the sum of their probabilities. Rows without a probability are left out.
    """
    counts = np.zeros((BINS, 3))
    for row in rows:
        if row.presence <= 0.0 or row.said is None:
            continue
        index = min(int(row.presence * BINS), BINS - 1)
        counts[index] += 1.0, float(row.overlap >= RIGHT_OVERLAP), row.presence
    return [[float(value) for value in line] for line in counts]


def merged(many: Sequence[Sequence[Sequence[float]]]) -> list[list[float]]:
    """Add the counts of several episodes."""
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
