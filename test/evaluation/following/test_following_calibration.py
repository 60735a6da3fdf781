# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Reliability and calibration error against values computed by hand."""

from __future__ import annotations

from follow_anything.core.types import Box, TargetState
from follow_anything.evaluation.following.calibration import (
    BINS,
    calibration_error,
    merged,
    reliability,
)
from follow_anything.evaluation.following.rows import FollowRow
import pytest

pytestmark = pytest.mark.identity

HERE, THERE = Box(0, 0, 10, 10), Box(50, 0, 60, 10)


def row(presence: float, said: Box | None) -> FollowRow:
    state = TargetState.TRACKING
    return FollowRow(0.0, HERE, 1.0, 5.0, state, said=said, presence=presence)


def test_rows_fall_into_their_bins() -> None:
    rows = [row(0.95, HERE), row(0.95, THERE), row(1.0, HERE), row(0.0, None), row(0.31, None)]
    counts = reliability(rows)
    assert len(counts) == BINS
    assert counts[9] == pytest.approx([3.0, 2.0, 2.9])
    assert sum(line[0] for line in counts) == 3.0


@pytest.mark.parametrize(
    ('rows', 'wanted'),
    [
        ([row(1.0, HERE)] * 4, 0.0),
        ([row(0.9, THERE)] * 4, 0.9),
        ([row(0.5, HERE), row(0.5, THERE)], 0.0),
        ([row(0.75, HERE)] * 3 + [row(0.25, THERE)], 0.25),
    ],
)
def test_calibration_error(rows: list[FollowRow], wanted: float) -> None:
    assert calibration_error(reliability(rows)) == pytest.approx(wanted)


def test_nothing_has_no_error() -> None:
    assert calibration_error(reliability([])) is None
    assert calibration_error(merged([])) is None


def test_counts_of_episodes_add_up() -> None:
    one, other = reliability([row(0.9, HERE)]), reliability([row(0.9, THERE)])
    assert merged([one, other])[9] == pytest.approx([2.0, 1.0, 1.8])
