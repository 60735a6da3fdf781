# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The recipe we compare with does what the paper says, and ours does less of the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from follow_anything.core.types import Frame
from follow_anything.evaluation.detection.original import (
    clip_one_by_one,
    OriginalDino,
    OriginalSam,
)
from follow_anything.models.detection.foundation.clip import ClipEncoder
from follow_anything.models.detection.foundation.sam import SegmentAnything
import numpy as np
import pytest
from tiny_models import save_clip, save_sam, shake, tiny_sam, torch

pytestmark = [
    pytest.mark.detection,
    pytest.mark.models,
    # segment-anything's generator hands tensors to NumPy in a way that NumPy 2 calls old.
    pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning'),
]

RGB = np.random.default_rng(0).integers(0, 256, (64, 80, 3), np.uint8)


class Counted:
    """Counts how many pictures a network is given, and in how many calls."""

    def __init__(self, module: Any) -> None:
        self.batches: list[int] = []
        module.register_forward_pre_hook(lambda _, given: self.batches.append(len(given[0])))


def test_original_encodes_five_times_and_ours_once(tmp_path: Path) -> None:
    network = tiny_sam()
    theirs = Counted(network.image_encoder)
    OriginalSam(network, 0.0, 0.0).everything(RGB)
    assert theirs.batches == [1] * 5, 'the whole and four crops'
    sam = SegmentAnything(save_sam(tmp_path), 'cpu')
    ours = Counted(sam.network.image_encoder)
    sam.everything(Frame(0.0, RGB))
    assert ours.batches == [1]


def test_original_asks_256_points_of_each_crop() -> None:
    network = tiny_sam()
    asked: list[int] = []
    forward = network.mask_decoder.forward

    def count(**given: Any) -> Any:
        asked.append(len(given['sparse_prompt_embeddings']))
        return forward(**given)

    network.mask_decoder.forward = count
    OriginalSam(network, 0.0, 0.0).everything(RGB)
    assert sum(asked) == 5 * 16 * 16


def test_crops_one_by_one_are_the_same_vectors_in_more_calls(tmp_path: Path) -> None:
    path, architecture, _ = save_clip(tmp_path)
    clip = ClipEncoder(path, architecture, 'cpu')
    counted = Counted(clip._model.visual)
    boxes = np.array([[0, 0, 30, 30], [10, 20, 60, 50], [40, 5, 79, 63]], np.float32)
    vectors = clip_one_by_one(clip, RGB, boxes)
    assert vectors.shape == (3, 16)
    assert counted.batches == [1, 1, 1]
    clip.describe(RGB, boxes, None)
    assert counted.batches[3:] == [3]


def test_dino_at_stride_four_has_a_vector_for_every_mask() -> None:
    from timm.models.vision_transformer import VisionTransformer

    torch.manual_seed(0)
    model = shake(
        VisionTransformer(
            img_size=32, patch_size=8, embed_dim=16, depth=1, num_heads=2, num_classes=0,
            dynamic_img_size=True,
        )
    )  # fmt: skip
    masks = np.zeros((2, 64, 80), np.bool_)
    masks[0, :30], masks[1, 30:] = True, True
    vectors = OriginalDino(model, torch.device('cpu')).pool(RGB, masks)
    assert vectors.shape == (2, 16)
    assert np.isfinite(vectors).all()
    assert (np.linalg.norm(vectors, axis=1) <= 1.0 + 1e-5).all()
