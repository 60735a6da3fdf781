# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""SAM through segment-anything's own classes, narrow and seeded, loaded from a file."""

from __future__ import annotations

from pathlib import Path
import re
from typing import Any

from follow_anything.core.errors import BadBox, BadImage, BadWeights
from follow_anything.core.types import Box, Click, Frame
from follow_anything.models.detection.foundation.sam import (
    box_of_mask,
    EverythingConfig,
    SegmentAnything,
)
from follow_anything.models.detection.foundation.sam_build import build_sam
from follow_anything.models.registry import build_segmenter
from follow_anything.models.weights.checkpoints import load_tensors
import numpy as np
import pytest
from tiny_models import save_sam, shake, tiny_sam, torch

pytestmark = [pytest.mark.models, pytest.mark.detection]

RANDOM = np.random.default_rng(0)
FRAME = Frame(1.0, RANDOM.integers(0, 256, (60, 100, 3), np.uint8))
ANYTHING = EverythingConfig(
    points_per_side=4, min_quality=-99.0, min_stability=0.0, min_area_px=1, max_share=1.0
)


@pytest.fixture(scope='module')
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_sam(tmp_path_factory.mktemp('sam'))


@pytest.fixture
def sam(path: Path) -> SegmentAnything:
    return SegmentAnything(path, 'cpu')


def test_checkpoint_tells_the_whole_architecture(path: Path) -> None:
    built, original = build_sam(load_tensors(path), path), tiny_sam()
    image = torch.rand(1, 3, 128, 128)
    with torch.inference_mode():
        assert torch.equal(built.image_encoder(image), original.image_encoder(image))
    for mine, its in zip(built.image_encoder.blocks, original.image_encoder.blocks, strict=True):
        assert mine.window_size == its.window_size


def test_a_box_becomes_the_best_mask_by_way_of_the_registry(
    path: Path, sam: SegmentAnything
) -> None:
    box = Box(10, 5, 80, 50)
    mask = build_segmenter('sam', 'cpu', f'sam={path}').segment(FRAME, box)
    np.testing.assert_array_equal(mask, sam.in_box(FRAME, box).masks[0])
    with pytest.raises(BadBox):
        build_segmenter('sam', 'cpu', f'sam={path}').segment(FRAME, Box(900, 5, 980, 50))


@pytest.mark.parametrize(
    ('prompt', 'ask'),
    [
        ({'point_coords': np.array([[30.0, 20.0]]), 'point_labels': np.array([1])},
         lambda sam: sam.at_points(FRAME, [Click(30, 20)])),
        ({'point_coords': np.array([[30.0, 20.0], [70, 50]]), 'point_labels': np.array([1, 0])},
         lambda sam: sam.at_points(FRAME, [Click(30, 20), Click(70, 50, positive=False)])),
        ({'box': np.array([10.0, 5.0, 80.0, 50.0])},
         lambda sam: sam.in_box(FRAME, Box(10, 5, 80, 50))),
    ],
)  # fmt: skip
def test_masks_are_those_of_the_packages_own_predictor(
    sam: SegmentAnything, prompt: Any, ask: Any
) -> None:
    from segment_anything import SamPredictor

    predictor = SamPredictor(tiny_sam())
    predictor.set_image(FRAME.rgb)
    masks, quality, _ = predictor.predict(**prompt)
    order = np.argsort(-quality)
    found = ask(sam)
    np.testing.assert_allclose(found.quality, quality[order], rtol=1e-4, atol=1e-5)
    # It enlarges in two steps, we in one: the borders differ by a pixel.
    assert (found.masks == masks[order]).mean() > 0.98


def test_everything_is_distinct_and_boxed(sam: SegmentAnything) -> None:
    found = sam.everything(FRAME, ANYTHING)
    assert len(found) > 0
    assert found.masks.shape == (len(found), 60, 100)
    assert found.masks.dtype == np.bool_
    for mask, box in zip(found.masks, found.boxes, strict=True):
        np.testing.assert_array_equal(box, np.array(box_of_mask(mask), np.float32))
    assert (np.diff(found.quality) <= 0).all()
    one = sam.everything(FRAME, EverythingConfig(**{**vars(ANYTHING), 'max_overlap': 0.0}))
    assert len(one) <= len(found)


def test_batches_do_not_change_what_is_found(sam: SegmentAnything) -> None:
    found = [
        sam.everything(FRAME, EverythingConfig(**{**vars(ANYTHING), 'batch': batch}))
        for batch in (0, 3, 16)
    ]
    for other in found[1:]:
        np.testing.assert_allclose(other.quality, found[0].quality, atol=1e-4)
        assert (other.masks == found[0].masks).mean() > 0.999


@pytest.mark.parametrize(
    'stricter',
    [{'min_quality': 99.0}, {'min_stability': 1.1}, {'min_area_px': 9999}, {'max_share': 0.0}],
)
def test_what_does_not_pass_is_dropped(sam: SegmentAnything, stricter: dict[str, Any]) -> None:
    found = sam.everything(FRAME, EverythingConfig(**{**vars(ANYTHING), **stricter}))
    assert len(found) == 0
    assert found.masks.shape == (0, 60, 100)


def test_frame_is_encoded_once_whoever_asks(sam: SegmentAnything) -> None:
    sam.everything(FRAME, ANYTHING)
    sam.at_points(FRAME, [Click(3, 4)])
    sam.in_box(FRAME, Box(1, 2, 30, 40))
    sam.features(FRAME)
    assert sam.encodings == 1
    sam.at_points(Frame(2.0, FRAME.rgb.copy()), [Click(3, 4)])
    assert sam.encodings == 2


@pytest.mark.parametrize('half_resolution', [False, True])
def test_features_cover_the_picture_without_its_padding(path: Path, half_resolution: bool) -> None:
    sam = SegmentAnything(path, 'cpu', half_resolution=half_resolution)
    rows, columns, depth = sam.features(FRAME).shape
    cells = 4 if half_resolution else 8
    assert (columns, depth) == (cells, 32)
    assert rows == -(-cells * 60 // 100)
    found = sam.everything(FRAME, ANYTHING)
    assert found.masks.shape[1:] == (60, 100)


@pytest.mark.parametrize('shape', [(1, 1), (1, 100), (100, 1), (7, 5)])
def test_tiny_image_does_no_harm(sam: SegmentAnything, shape: tuple[int, int]) -> None:
    frame = Frame(0.0, np.zeros((*shape, 3), np.uint8))
    for found in (sam.everything(frame, ANYTHING), sam.at_points(frame, [Click(0, 0)])):
        assert found.masks.shape[1:] == shape


@pytest.mark.parametrize('shape', [(1, 300), (300, 1)])
def test_line_is_no_picture(sam: SegmentAnything, shape: tuple[int, int]) -> None:
    with pytest.raises(BadImage, match='cannot look at a picture'):
        sam.everything(Frame(0.0, np.zeros((*shape, 3), np.uint8)), ANYTHING)


def test_other_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'other.pth'
    torch.save(torch.nn.Linear(2, 2).state_dict(), path)
    with pytest.raises(BadWeights, match=r'other\.pth holds no SAM: it lacks'):
        SegmentAnything(path, 'cpu')


def official_names(sam: Any) -> dict[str, Any]:
    """Return a MobileSAM's tensors under the names that its authors' checkpoint has."""
    named = {}
    for name, value in sam.state_dict().items():
        if name.startswith('image_encoder.') and '.neck.' not in name:
            name = name.replace('patch_embed.conv1', 'patch_embed.seq.0')
            name = name.replace('patch_embed.conv2', 'patch_embed.seq.2')
            merged = re.match(r'(image_encoder\.)stages\.(\d)\.downsample(.*)', name)
            if merged:
                name = f'{merged[1]}layers.{int(merged[2]) - 1}.downsample{merged[3]}'
            name = name.replace('stages', 'layers').replace('.conv.weight', '.c.weight')
        named[name] = value
    named['image_encoder.norm_head.weight'] = torch.zeros(80)
    named['image_encoder.head.weight'] = torch.zeros(10, 80)
    return named


def test_mobile_sam_is_built_from_its_own_names(tmp_path: Path) -> None:
    from segment_anything.modeling.common import LayerNorm2d
    from timm.models.tiny_vit import TinyVit

    torch.manual_seed(0)
    trunk = TinyVit(
        num_classes=0, embed_dims=(16, 32, 40, 80), depths=(1, 1, 2, 1),
        num_heads=(2, 4, 5, 10), window_sizes=(7, 7, 14, 7), drop_path_rate=0.0,
    )  # fmt: skip
    mobile = tiny_sam(1024)
    mobile.image_encoder = torch.nn.Module()
    mobile.image_encoder.patch_embed, mobile.image_encoder.stages = trunk.patch_embed, trunk.stages
    mobile.image_encoder.neck = torch.nn.Sequential(
        torch.nn.Conv2d(80, 32, 1, bias=False), LayerNorm2d(32),
        torch.nn.Conv2d(32, 32, 3, padding=1, bias=False), LayerNorm2d(32),
    )  # fmt: skip
    shake(mobile)
    named = official_names(mobile)
    # As in the authors' file: the first block, a merge, an attention, a neck.
    for name in (
        'patch_embed.seq.0.c.weight', 'patch_embed.seq.2.bn.running_var',
        'layers.0.blocks.0.conv3.c.weight', 'layers.0.downsample.conv1.c.weight',
        'layers.2.downsample.conv3.bn.bias', 'layers.3.blocks.0.attn.attention_biases',
        'layers.1.blocks.0.local_conv.c.weight', 'layers.2.blocks.1.mlp.fc1.weight',
        'neck.0.weight',
    ):  # fmt: skip
        assert f'image_encoder.{name}' in named
    path = tmp_path / 'mobile_sam.pt'
    torch.save(named, path)
    sam = SegmentAnything(path, 'cpu')
    rows, columns, depth = sam.features(FRAME).shape
    assert (columns, depth) == (64, 32), 'the last stage must keep the resolution'
    assert rows == 39
    assert len(sam.at_points(FRAME, [Click(30, 20)]).quality) <= 3
