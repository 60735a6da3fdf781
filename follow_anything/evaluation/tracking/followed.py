# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A sequence as `track` follows it: tracker, judge and detector; would the robot have moved?"""

from __future__ import annotations

from follow_anything.core.types import Box, Query
from follow_anything.evaluation.calibration import reliability
from follow_anything.evaluation.tracking.dataset import Sequence
from follow_anything.evaluation.tracking.metrics import overlaps
from follow_anything.evaluation.tracking.results import peak_memory_mb, Run
from follow_anything.evaluation.tracking.video import VideoFollower
import numpy as np

__all__ = ['FIGURES', 'follow_figures', 'reliability_of', 'run_followed']

ON_IT = 0.1
"""Overlap from which a robot that moves follows the target, and nothing else."""

FIGURES = ('right', 'wrong', 'stands', 'stops')
"""Shares of the frames in which the robot follows the target, follows something else, and stands;
and how often it stops, in a hundred frames."""


def run_followed(tracker: str, sequence: Sequence) -> Run:
    """
    Follow the first box through a sequence; the time is that of tracker, judge and detector.

    :raises FollowAnythingError: a model cannot be built.
    """
    count = len(sequence)
    boxes, presence = np.full((count, 4), np.nan), np.full(count, np.nan)
    seconds, moves = np.zeros(count), np.zeros(count, bool)
    query = Query(box=Box.from_xywh(*sequence.boxes[0]))
    rows = VideoFollower(query, tracker).follow(sequence.frames())
    for number, (_, target, row) in enumerate(rows):
        seconds[number] = row.latency_ms * 1e-3
        moves[number], presence[number] = target.state.may_move, target.presence
        if target.box is not None:
            boxes[number] = target.box.xywh
    boxes[0], presence[0] = sequence.boxes[0], np.nan
    return Run(boxes, presence, seconds, peak_memory_mb(), moves)


def follow_figures(moves: np.ndarray, found: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """
    Return what the robot would have done, by the names of FIGURES.

    :param moves: bool (N,). :param found: float (N, 4), x y width height; nan: no box.
    :param truth: float (N, 4); nan or a size <= 0: the target is absent.
    """
    is_on = _is_on(found, truth)
    stops = moves[:-1] & ~moves[1:]
    return {
        'right': float((moves & is_on).mean()),
        'wrong': float((moves & ~is_on).mean()),
        'stands': float((~moves).mean()),
        'stops': 100.0 * float(stops.sum()) / len(moves),
    }


def reliability_of(run: Run, truth: np.ndarray) -> list[list[float]]:
    """
    Count how often the box that was reported is on the target, by the probability reported.

    :param truth: float (N, 4); nan or a size <= 0: the target is absent.
    :return: as evaluation.calibration.reliability().
    """
    said = np.isfinite(run.presence) & np.isfinite(run.boxes[:, 0]) & (run.presence > 0.0)
    is_on = _is_on(run.boxes, truth)
    return reliability(zip(run.presence[said].tolist(), is_on[said].tolist(), strict=True))


def _is_on(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Tell for each picture whether there is a box, and it is on the target, bool (N,)."""
    there = np.isfinite(truth[:, 0]) & (truth[:, 2] > 0) & (truth[:, 3] > 0)
    known = there & np.isfinite(found[:, 0])
    is_on = np.zeros(len(found), bool)
    is_on[known] = overlaps(found[known], truth[known]) >= ON_IT
    return is_on
