# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of one-pass evaluation (Wu, Lim & Yang 2013; GOT-10k, Huang et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ['Result', 'center_errors', 'measure', 'overlaps']

THRESHOLDS = np.linspace(0.0, 1.0, 21)
PRECISION_PX = 20.0


@dataclass(frozen=True)
class Result:
    """
    What one tracker did on one sequence, over frames 2 to n in which the target is present.

    :param ao: average overlap; a frame called lost counts as zero.
    :param auc: area under the success curve, mean over 21 thresholds.
    :param p20: share of frames with a centre error of at most 20 px.
    :param sr50: share of frames with an overlap above one half.
    :param last: average overlap of the last tenth: did it finish on the target?
    :param present: frames counted. :param absent: frames without a target.
    :param false_alarms: share of absent frames with a box; None when no frame is absent.
    """

    ao: float
    auc: float
    p20: float
    sr50: float
    last: float
    present: int
    absent: int
    false_alarms: float | None


def overlaps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU of paired boxes (N, 4), x y width height."""
    low = np.maximum(a[:, :2], b[:, :2])
    high = np.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:])
    shared = np.clip(high - low, 0.0, None).prod(1)
    union = a[:, 2:].prod(1) + b[:, 2:].prod(1) - shared
    return shared / np.maximum(union, 1e-9)


def center_errors(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distance in pixels of the centres of paired boxes (N, 4), x y width height."""
    offset = (a[:, :2] + a[:, 2:] / 2) - (b[:, :2] + b[:, 2:] / 2)
    return np.hypot(offset[:, 0], offset[:, 1])


def measure(found: np.ndarray, truth: np.ndarray) -> Result:
    """
    Compare boxes with ground truth.

    :param found: float (N, 4), x y width height; a row of nan: the tracker says lost.
    :param truth: float (N, 4); nan or a size <= 0: the target is absent.
    :raises ValueError: the shapes differ, or the target is present in no frame after the first.
    """
    if found.shape != truth.shape or found.ndim != 2 or found.shape[1] != 4:
        raise ValueError(f'expected two arrays (N, 4), got {found.shape} and {truth.shape}')
    later = np.arange(len(truth)) > 0
    there = later & np.isfinite(truth[:, 0]) & (truth[:, 2] > 0) & (truth[:, 3] > 0)
    gone = later & ~there
    if not there.any():
        raise ValueError('the target is present in no frame after the first')
    boxes, wanted = found[there], truth[there]
    lost = ~np.isfinite(boxes[:, 0])
    overlap = np.where(lost, 0.0, overlaps(np.nan_to_num(boxes), wanted))
    error = np.where(lost, np.inf, center_errors(np.nan_to_num(boxes), wanted))
    tail = max(1, len(overlap) // 10)
    return Result(
        ao=float(overlap.mean()),
        auc=float((overlap[:, None] > THRESHOLDS).mean()),
        p20=float((error <= PRECISION_PX).mean()),
        sr50=float((overlap > 0.5).mean()),
        last=float(overlap[-tail:].mean()),
        present=int(there.sum()),
        absent=int(gone.sum()),
        false_alarms=float(np.isfinite(found[gone, 0]).mean()) if gone.any() else None,
    )
