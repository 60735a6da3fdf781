# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""`detector: auto` builds a real class of transformers when the better one cannot be."""

from __future__ import annotations

from functools import partial
from pathlib import Path
import shutil

import numpy as np
import pytest

pytest.importorskip('torch', reason='these detectors need torch: make setup-heavy')
pytest.importorskip('transformers', reason='these detectors need transformers: make setup-heavy')

from follow_anything.core.types import Frame, Query
from follow_anything.models.detection.huggingface.random_folders import write_random_folder
from follow_anything.models.registry import build_detector
from follow_anything.models.weights import automatic
from follow_anything.models.weights.automatic import choose_detector

pytestmark = [pytest.mark.models, pytest.mark.detection]

FRAME = Frame(0.0, np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8))


@pytest.mark.parametrize('spoilt', ['weights', 'tokenizer'])
def test_a_folder_that_cannot_be_read_gives_way(
    spoilt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path))
    # stands for a GPU: the networks themselves then run where torch can
    monkeypatch.setattr(
        automatic, 'choose_detector', partial(choose_detector, memory_gb=lambda: 80.0)
    )
    store = tmp_path / 'weights'
    better = write_random_folder('sam3', store / 'sam3', small=True)
    write_random_folder('owlv2', store / 'owlv2', small=True)
    if spoilt == 'weights':
        (weights,) = better.glob('*.safetensors')
        weights.write_bytes(weights.read_bytes()[:200])
    else:
        kept = ('config.json', 'model.safetensors')
        for file in better.iterdir():
            if file.name not in kept:
                shutil.rmtree(file) if file.is_dir() else file.unlink()
    detector = build_detector('auto')
    said = detector.chosen_because  # type: ignore[attr-defined]
    assert said.startswith('auto is owlv2')
    assert f'sam3 cannot be built ({better}' in said
    detector.set_query(Query(texts=('a cat',)))
    assert len(detector.detect(FRAME)) > 0
