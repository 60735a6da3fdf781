# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The trackers of transformers at full size, once, with random weights: a few frames each."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('torch', reason='these trackers need torch: make setup-heavy')
pytest.importorskip('transformers', reason='these trackers need transformers: make setup-heavy')

from follow_anything.core.types import Box, Frame
from follow_anything.models.tracking.huggingface.build import build
from follow_anything.models.tracking.huggingface.random_folders import (
    TRACKERS,
    write_random_tracker,
)
from follow_anything.models.weights.known_folders import KNOWN_FOLDERS

pytestmark = [
    pytest.mark.models,
    pytest.mark.tracking,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        os.environ.get('FULL_SIZE') != '1',
        reason='models at 1024 px, for some minutes: FULL_SIZE=1 make test-heavy',
    ),
]

RGB = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
BOX = Box(60, 50, 160, 180)


@pytest.mark.parametrize('name', TRACKERS)
def test_a_target_is_tracked_at_full_size(name: str, tmp_path: Path) -> None:
    folder = write_random_tracker(name, tmp_path / name)
    megabytes = sum(file.stat().st_size for file in folder.glob('*.safetensors')) / 1e6
    assert megabytes == pytest.approx(KNOWN_FOLDERS[name].size_mb, rel=0.03)
    tracker = build(name, 'cpu', folder)
    tracker.initialize(Frame(0.0, RGB), BOX)
    for number in (1, 2):
        track = tracker.track(Frame(float(number), np.roll(RGB, 3 * number, 1).copy()))
        assert 0.0 <= track.presence <= 1.0
        assert track.box is not None
        assert track.box.x2 <= 320.0
        assert track.box.y2 <= 240.0
    tracker.resume(Frame(3.0, RGB), BOX)
    assert tracker.remembered == 4
    print(f'{name}: {megabytes:.0f} MB')
