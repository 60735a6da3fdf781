# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Reliability and calibration error against values computed by hand."""

from __future__ import annotations

from follow_anything.evaluation.calibration import BINS, calibration_error, merged, reliability
import pytest

pytestmark = [pytest.mark.identity, pytest.mark.detection]


def test_answers_fall_into_their_bins() -> None:
    counts = reliability([(0.95, True), (0.95, False), (1.0, True)])
    assert len(counts) == BINS
    assert counts[9] == pytest.approx([3.0, 2.0, 2.9])
    assert sum(line[0] for line in counts) == 3.0


@pytest.mark.parametrize(
    ('answers', 'wanted'),
    [
        ([(1.0, True)] * 4, 0.0),
        ([(0.9, False)] * 4, 0.9),
        ([(0.5, True), (0.5, False)], 0.0),
        ([(0.75, True)] * 3 + [(0.25, False)], 0.25),
    ],
)
def test_calibration_error(answers: list[tuple[float, bool]], wanted: float) -> None:
    assert calibration_error(reliability(answers)) == pytest.approx(wanted)


def test_nothing_has_no_error() -> None:
    assert calibration_error(reliability([])) is None
    assert calibration_error(merged([])) is None


def test_counts_of_episodes_add_up() -> None:
    one, other = reliability([(0.9, True)]), reliability([(0.9, False)])
    assert merged([one, other])[9] == pytest.approx([2.0, 1.0, 1.8])
