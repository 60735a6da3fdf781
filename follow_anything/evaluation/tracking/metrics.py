# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of one-pass evaluation (Wu, Lim & Yang 2013; GOT-10k, Huang et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.core.geometry import paired_ious
import numpy as np

__all__ = ['Curves', 'TrackingScores', 'auroc', 'center_errors', 'curves', 'measure', 'overlaps']

THRESHOLDS = np.linspace(0.0, 1.0, 21)
PRECISION_PX = 20.0
ERRORS_PX = np.arange(51.0)
ERROR_SHARES = np.linspace(0.0, 0.5, 51)

FAILURE_FRAMES = 10
FAILURE_OVERLAP = 0.1


@dataclass(frozen=True)
class TrackingScores:
    """
    What one tracker did on one sequence, over frames 2 to n in which the target is present.

    :param ao: average overlap; a frame called lost counts as zero.
    :param auc: area under the success curve, mean over 21 thresholds.
    :param p20: share of frames with a centre error of at most 20 px.
    :param norm: normalised precision: errors in target sizes, area under the curve up to one half
        (TrackingNet, Mueller et al. 2018).
    :param sr50: share of frames with an overlap above one half. :param sr75: above three quarters.
    :param failure: normalised time to failure: share of the frames before the first ten in a row
        with an overlap below a tenth; 1 when there are none.
    :param last: average overlap of the last tenth: did it finish on the target?
    :param present: frames counted. :param absent: frames without a target.
    :param false_alarms: share of absent frames with a box; None when no frame is absent.
    """

    ao: float
    auc: float
    p20: float
    norm: float
    sr50: float
    sr75: float
    failure: float
    last: float
    present: int
    absent: int
    false_alarms: float | None


def overlaps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU of paired boxes (N, 4), x y width height."""
    corners = (np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]]) for boxes in (a, b))
    return paired_ious(*corners)


def center_errors(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distance in pixels of the centres of paired boxes (N, 4), x y width height."""
    offset = (a[:, :2] + a[:, 2:] / 2) - (b[:, :2] + b[:, 2:] / 2)
    return np.hypot(offset[:, 0], offset[:, 1])


@dataclass(frozen=True)
class Curves:
    """
    Shares of frames, over the frames in which the target is present.

    :param success: (21,) with an overlap above 0, .05 ... 1.
    :param precision: (51,) with a centre error of at most 0, 1 ... 50 px.
    :param norm: (51,) with one of at most 0, .01 ... .5 target sizes.
    """

    success: np.ndarray
    precision: np.ndarray
    norm: np.ndarray


def auroc(scores: np.ndarray, positive: np.ndarray) -> float:
    """
    Area under the ROC curve: how often a positive scores higher than a negative; ties are half.

    :param scores: (N,). :param positive: bool (N,). :returns: nan when one kind is missing.
    """
    if positive.all() or not positive.any():
        return float('nan')
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    count, rest = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * rest))


def _compare(
    found: np.ndarray, truth: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Overlap, error in pixels and in target sizes where the target is present; and where not."""
    if found.shape != truth.shape or found.ndim != 2 or found.shape[1] != 4:
        raise ValueError(f'expected two arrays (N, 4), got {found.shape} and {truth.shape}')
    later = np.arange(len(truth)) > 0
    there = later & np.isfinite(truth[:, 0]) & (truth[:, 2] > 0) & (truth[:, 3] > 0)
    if not there.any():
        raise ValueError('the target is present in no frame after the first')
    boxes, wanted = found[there], truth[there]
    lost = ~np.isfinite(boxes[:, 0])
    boxes = np.nan_to_num(boxes)
    overlap = np.where(lost, 0.0, overlaps(boxes, wanted))
    error = np.where(lost, np.inf, center_errors(boxes, wanted))
    unit = np.tile(wanted[:, 2:], 2)
    share = np.where(lost, np.inf, center_errors(boxes / unit, wanted / unit))
    return overlap, error, share, later & ~there


def curves(found: np.ndarray, truth: np.ndarray) -> Curves:
    """Return what measure() sums up, for plots; the same arguments."""
    overlap, error, share, _ = _compare(found, truth)
    return Curves(
        (overlap[:, None] > THRESHOLDS).mean(0),
        (error[:, None] <= ERRORS_PX).mean(0),
        (share[:, None] <= ERROR_SHARES).mean(0),
    )


def _before_failure(overlap: np.ndarray) -> float:
    """Share of frames before the first FAILURE_FRAMES in a row without the target."""
    run = 0
    for number, value in enumerate(overlap):
        run = run + 1 if value < FAILURE_OVERLAP else 0
        if run == FAILURE_FRAMES:
            return (number + 1 - run) / len(overlap)
    return 1.0


def measure(found: np.ndarray, truth: np.ndarray) -> TrackingScores:
    """
    Compare boxes with ground truth.

    :param found: float (N, 4), x y width height; a row of nan: the tracker says lost.
    :param truth: float (N, 4); nan or a size <= 0: the target is absent.
    :raises ValueError: the shapes differ, or the target is present in no frame after the first.
    """
    overlap, error, share, gone = _compare(found, truth)
    tail = max(1, len(overlap) // 10)
    return TrackingScores(
        ao=float(overlap.mean()),
        auc=float((overlap[:, None] > THRESHOLDS).mean()),
        p20=float((error <= PRECISION_PX).mean()),
        norm=float((share[:, None] <= ERROR_SHARES).mean()),
        sr50=float((overlap > 0.5).mean()),
        sr75=float((overlap > 0.75).mean()),
        failure=_before_failure(overlap),
        last=float(overlap[-tail:].mean()),
        present=len(overlap),
        absent=int(gone.sum()),
        false_alarms=float(np.isfinite(found[gone, 0]).mean()) if gone.any() else None,
    )
