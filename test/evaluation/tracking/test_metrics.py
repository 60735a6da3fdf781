# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of one-pass evaluation against values worked out by hand."""

from __future__ import annotations

from follow_anything.evaluation.tracking.metrics import (
    auroc,
    center_errors,
    curves,
    measure,
    overlaps,
)
import numpy as np
import pytest

pytestmark = pytest.mark.tracking

NAN = [np.nan] * 4


@pytest.mark.parametrize(
    ('a', 'b', 'iou'),
    [
        ([0, 0, 10, 10], [0, 0, 10, 10], 1.0),
        ([0, 0, 10, 10], [5, 0, 10, 10], 50 / 150),
        ([0, 0, 10, 10], [10, 0, 10, 10], 0.0),
        ([0, 0, 10, 10], [2, 2, 5, 5], 0.25),
        ([0, 0, 0, 0], [0, 0, 10, 10], 0.0),
    ],
)
def test_overlap(a, b, iou):
    assert overlaps(np.array([a], float), np.array([b], float))[0] == pytest.approx(iou)


def test_center_error():
    a, b = np.array([[0.0, 0, 10, 10]]), np.array([[3.0, 4, 10, 10]])
    assert center_errors(a, b)[0] == pytest.approx(5.0)


def test_a_perfect_run():
    truth = np.tile([10.0, 10, 20, 20], (11, 1))
    result = measure(truth.copy(), truth)
    assert (result.ao, result.p20, result.sr50, result.last) == (1.0, 1.0, 1.0, 1.0)
    # an overlap of 1 is above 20 of the 21 thresholds
    assert result.auc == pytest.approx(20 / 21)
    assert (result.present, result.absent, result.false_alarms) == (10, 0, None)


def test_the_first_frame_does_not_count():
    truth = np.tile([10.0, 10, 20, 20], (5, 1))
    found = truth + np.array([200.0, 0, 0, 0])
    found[0] = truth[0]
    assert measure(found, truth).ao == 0.0


def test_a_lost_frame_counts_as_zero_overlap():
    truth = np.tile([10.0, 10, 20, 20], (5, 1))
    found = truth.copy()
    found[3:] = NAN
    result = measure(found, truth)
    assert result.ao == pytest.approx(0.5)
    assert result.p20 == pytest.approx(0.5)
    assert result.last == 0.0


def test_absent_frames_only_count_as_false_alarms():
    truth = np.tile([10.0, 10, 20, 20], (5, 1))
    found = truth.copy()
    truth[3] = NAN
    truth[4] = [0, 0, 0, 0]
    found[4] = NAN
    result = measure(found, truth)
    assert (result.ao, result.present, result.absent) == (1.0, 2, 2)
    assert result.false_alarms == pytest.approx(0.5)


@pytest.mark.parametrize(
    ('found', 'truth', 'says'),
    [
        (np.zeros((3, 4)), np.zeros((4, 4)), 'two arrays'),
        (np.zeros((3, 5)), np.zeros((3, 5)), 'two arrays'),
        (np.ones((3, 4)), np.full((3, 4), np.nan), 'present in no frame'),
    ],
)
def test_what_cannot_be_measured_is_refused(found, truth, says):
    with pytest.raises(ValueError, match=says):
        measure(found, truth)


def test_against_a_frame_by_frame_computation():
    rng = np.random.default_rng(3)
    truth = np.hstack([rng.uniform(0, 200, (300, 2)), rng.uniform(10, 60, (300, 2))])
    found = truth + rng.normal(0, 12, truth.shape)
    found[:, 2:] = found[:, 2:].clip(1)
    found[50:60] = NAN
    ious, near = [], []
    for a, b in zip(found[1:], truth[1:], strict=True):
        if np.isnan(a[0]):
            ious.append(0.0)
            near.append(False)
            continue
        width = max(0.0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
        height = max(0.0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
        shared = width * height
        ious.append(shared / (a[2] * a[3] + b[2] * b[3] - shared))
        dx, dy = a[0] + a[2] / 2 - b[0] - b[2] / 2, a[1] + a[3] / 2 - b[1] - b[3] / 2
        near.append((dx * dx + dy * dy) ** 0.5 <= 20)
    success = [np.mean([iou > k / 20 for iou in ious]) for k in range(21)]
    result = measure(found, truth)
    assert result.ao == pytest.approx(np.mean(ious), abs=1e-9)
    assert result.auc == pytest.approx(np.mean(success), abs=1e-9)
    assert result.p20 == pytest.approx(np.mean(near), abs=1e-9)


@pytest.mark.parametrize(
    ('scores', 'positive', 'area'),
    [
        ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], 1.0),
        ([0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1], 0.0),
        ([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 1], 0.5),
        ([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.75),
        ([0.2, 0.2, 0.1], [1, 0, 0], 0.75),
    ],
)
def test_auroc(scores, positive, area):
    assert auroc(np.array(scores), np.array(positive, bool)) == pytest.approx(area)


def test_auroc_of_one_kind_is_unknown():
    assert np.isnan(auroc(np.ones(3), np.ones(3, bool)))


def test_normalised_precision_measures_in_target_sizes():
    truth = np.tile([100.0, 100, 20, 40], (11, 1))
    # a tenth of the width and of the height: an error of .1 sqrt(2) target sizes
    found = truth + np.array([2.0, 4.0, 0, 0])
    thresholds = np.arange(51) / 100
    assert measure(found, truth).norm == pytest.approx((thresholds >= 0.1 * 2**0.5).mean())
    assert measure(truth, truth).norm == 1.0


@pytest.mark.parametrize(
    ('lost', 'share'),
    [((), 1.0), (range(61, 101), 0.6), (range(20, 29), 1.0), (range(20, 30), 19 / 100)],
)
def test_time_to_failure(lost, share):
    truth = np.tile([10.0, 10, 20, 20], (101, 1))
    found = truth.copy()
    found[list(lost)] = NAN
    assert measure(found, truth).failure == pytest.approx(share)


def test_curves_sum_up_to_the_figures():
    rng = np.random.default_rng(5)
    truth = np.hstack([rng.uniform(0, 200, (80, 2)), rng.uniform(10, 60, (80, 2))])
    found = truth + rng.normal(0, 8, truth.shape)
    found[:, 2:] = found[:, 2:].clip(1)
    shape, result = curves(found, truth), measure(found, truth)
    assert shape.success.mean() == pytest.approx(result.auc)
    assert shape.precision[20] == pytest.approx(result.p20)
    assert shape.norm.mean() == pytest.approx(result.norm)
    assert shape.success[10] == pytest.approx(result.sr50)
