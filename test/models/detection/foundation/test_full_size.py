# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The networks at their full size, once, with random weights: shapes, memory, time, one search."""

from __future__ import annotations

from pathlib import Path
import resource
import time
from typing import Any

from follow_anything.core.types import Box, Frame, Query
import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='the large models need torch: make setup-heavy')
pytest.importorskip('segment_anything', reason='SAM needs segment-anything')

from follow_anything.evaluation.detection.foundation import write_random_weights
from follow_anything.models.detection.foundation.build import dino_coarse, sam_clip
from follow_anything.models.detection.foundation.sam_build import build_sam
from follow_anything.models.weights.checkpoints import load_tensors

pytestmark = [
    pytest.mark.detection,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]

FRAME = Frame(0.0, np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8))
MOST_GB = 8.0


@pytest.fixture(scope='module')
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('full')
    write_random_weights(folder)
    return folder


def choice(folder: Path) -> str:
    return (
        f'sam={folder}/sam.pth clip={folder}/clip.pth@ViT-B-32 '
        f'dino={folder}/dino.pth@vit_small_patch14_dinov2'
    )


@pytest.mark.parametrize(
    ('build', 'query', 'stages'),
    [
        (sam_clip, Query(texts=('a red car',)), {'sam_encode', 'sam_decode'}),
        (dino_coarse, Query(box=Box(40, 40, 120, 120)), {'dino'}),
    ],
)
def test_whole_search_runs_at_full_size(
    weights: Path, build: Any, query: Query, stages: set[str]
) -> None:
    begin = time.perf_counter()
    detector = build('cpu', choice(weights))
    detector.set_query(query, FRAME)
    found = detector.detect(Frame(1.0, FRAME.rgb.copy()))
    spent = time.perf_counter() - begin
    assert stages <= set(detector.stopwatch.stages_ms)
    assert found.masks is None or found.masks.shape[1:] == (240, 320)
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f'{detector.name}: {spent:.1f} s with loading; {detector.stopwatch}; {peak_gb:.1f} GB')
    assert peak_gb < MOST_GB


@pytest.mark.parametrize(('name', 'width', 'depth'), [('vit_l', 1024, 24), ('vit_h', 1280, 32)])
def test_larger_sams_are_told_from_their_tensors(name: str, width: int, depth: int) -> None:
    """Built on torch's meta device: the shapes alone, without their gigabytes."""
    from segment_anything import sam_model_registry

    with torch.device('meta'):
        original = sam_model_registry[name]()
        tensors = original.state_dict()
        from follow_anything.models.detection.foundation.sam_build import vit_encoder

        encoder, patch_px = vit_encoder(tensors)
    assert (len(encoder.blocks), encoder.pos_embed.shape[-1], patch_px) == (depth, width, 16)
    built = {key: value.shape for key, value in encoder.state_dict().items()}
    assert built == {
        key: value.shape for key, value in original.image_encoder.state_dict().items()
    }
    windows = [block.window_size for block in encoder.blocks]
    assert windows == [block.window_size for block in original.image_encoder.blocks]


def test_published_default_is_vit_b(weights: Path) -> None:
    sam = build_sam(load_tensors(weights / 'sam.pth'), weights / 'sam.pth')
    assert sam.image_encoder.img_size == 1024
    assert len(sam.image_encoder.blocks) == 12
