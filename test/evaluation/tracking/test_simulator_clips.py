# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Clips filmed in the simulator: the camera follows the truth, and the truth fits the picture."""

from __future__ import annotations

import importlib.util
import math

import numpy as np
import pytest

pytestmark = pytest.mark.tracking

pytest.importorskip('cv2')

from follow_anything.core.config import ControllerConfig, preset
from follow_anything.core.types import Box
from follow_anything.evaluation.tracking.formats import open_dataset
from follow_anything.evaluation.tracking.simulator_clips import fly_by_truth, record
from follow_anything.sim.truth import Truth


def _truth(forward: float, left: float) -> Truth:
    """Return a target at the camera's height, for a level camera."""
    position = np.array([-left, 0.0, forward])
    return Truth(0.0, Box(0, 0, 9, 9), 1.0, math.hypot(forward, left), position)


@pytest.mark.parametrize(
    ('forward', 'left', 'drives', 'turns'),
    [(12.0, 0.0, 1, 0), (2.0, 0.0, -1, 0), (6.0, 2.0, None, 1), (6.0, -2.0, None, -1)],
)
def test_the_camera_turns_towards_the_target_and_keeps_its_distance(forward, left, drives, turns):
    from dataclasses import replace

    config = replace(preset('drone', ControllerConfig).servo, camera_pitch=0.0)
    command = fly_by_truth(_truth(forward, left), config)
    assert np.sign(round(command.yaw_rate, 6)) == turns
    assert drives is None or np.sign(command.vx) == drives
    assert abs(command.yaw_rate) <= config.max_yaw_rate


@pytest.mark.sim
def test_a_clip_is_a_dataset_and_is_filmed_once(tmp_path):
    # not imported here: it loads OSMesa, see record()
    if importlib.util.find_spec('mujoco') is None:
        pytest.skip('MuJoCo is not installed')
    for _ in range(2):
        folders = list(record(tmp_path, ['drone'], ['street'], [5], 1.0))
    assert [folder.name for folder in folders] == ['street-drone-5']
    sequence = open_dataset(tmp_path)[0]
    assert len(sequence) == 20
    assert sequence.language == 'the woman in the orange top'
    assert sequence.attributes == ('street', 'drone')
    visible, _ = sequence.seen()
    assert visible[0]
    frame = next(sequence.frames())
    x, y, width, height = sequence.boxes[0]
    # the woman wears orange: the upper half of her box is redder than the picture
    top = frame.rgb[int(y) : int(y + height / 2), int(x) : int(x + width)].astype(float)
    redness = (top[..., 0] - top[..., 2]).mean()
    assert redness > (frame.rgb[..., 0].astype(float) - frame.rgb[..., 2]).mean() + 10
