# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The detectors of transformers at full size, once, with random weights: one search each."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('torch', reason='these detectors need torch: make setup-heavy')
pytest.importorskip('transformers', reason='these detectors need transformers: make setup-heavy')

from follow_anything.core.types import Frame, Query
from follow_anything.models.detection.huggingface.random_folders import write_random_folder
from follow_anything.models.registry import build_detector
from follow_anything.models.weights.known_folders import KNOWN_FOLDERS

pytestmark = [
    pytest.mark.models,
    pytest.mark.detection,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        os.environ.get('FULL_SIZE') != '1',
        reason='models of gigabytes, for a quarter of an hour: FULL_SIZE=1 make test-heavy',
    ),
]

FRAME = Frame(0.0, np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8))


@pytest.mark.parametrize('name', ['omdet_turbo', 'owlv2', 'grounding_dino', 'sam3'])
def test_a_whole_search_runs_at_full_size(name: str, tmp_path: Path) -> None:
    folder = write_random_folder(name, tmp_path / name)
    megabytes = sum(file.stat().st_size for file in folder.glob('*.safetensors')) / 1e6
    assert megabytes == pytest.approx(KNOWN_FOLDERS[name].size_mb, rel=0.03)
    detector = build_detector(name, 'cpu', f'{name}={folder}')
    detector.set_query(Query(texts=('a person', 'a red car')))
    found = detector.detect(FRAME)
    assert np.isfinite(found.scores).all()
    print(f'{name}: {megabytes:.0f} MB; {detector.stopwatch}')
