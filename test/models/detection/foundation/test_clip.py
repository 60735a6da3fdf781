# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""CLIP through open_clip's own class, narrow and seeded, loaded from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadConfig, BadWeights
from follow_anything.models.detection.foundation.clip import ClipEncoder, crop_to_square, TEMPLATES
import numpy as np
import pytest
from tiny_models import save_clip, save_dino, torch

pytestmark = [pytest.mark.models, pytest.mark.detection]


@pytest.fixture(scope='module')
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Any]:
    return save_clip(tmp_path_factory.mktemp('clip'))


@pytest.fixture(scope='module')
def clip(saved: tuple[Path, str, Any]) -> ClipEncoder:
    return ClipEncoder(saved[0], saved[1], 'cpu')


def test_text_is_the_mean_of_its_sentences(saved: Any, clip: ClipEncoder) -> None:
    import open_clip

    sentences = [template.format('a red car') for template in TEMPLATES]
    tokens = open_clip.SimpleTokenizer()(sentences)
    with torch.inference_mode():
        vectors = saved[2].encode_text(tokens, normalize=True).mean(0)
    expected = (vectors / vectors.norm()).numpy()
    found = clip.encode_texts(['a red car', 'a blue car'])
    np.testing.assert_allclose(found[0], expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)
    assert abs(found[0] - found[1]).max() > 1e-4


def test_scale_is_the_networks_own(saved: Any, clip: ClipEncoder) -> None:
    assert clip.scale == pytest.approx(float(saved[2].logit_scale.detach().exp()), rel=1e-5)


def test_network_gets_red_first(clip: ClipEncoder) -> None:
    seen: list[Any] = []
    hook = clip._model.visual.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 255
    clip.encode_crops([red])
    hook.remove()
    means = seen[0].mean((0, 2, 3))
    assert seen[0].shape == (1, 3, 32, 32)
    assert means[0] > 1.5
    assert (means[1:] < -1.0).all()


def test_batch_and_one_by_one_agree(clip: ClipEncoder) -> None:
    crops = list(np.random.default_rng(0).integers(0, 256, (70, 32, 32, 3), np.uint8))
    together = clip.encode_crops(crops)
    assert together.shape == (70, 16)
    alone = np.concatenate([clip.encode_crops([crop]) for crop in crops[:3] + crops[-3:]])
    np.testing.assert_allclose(together[[0, 1, 2, -3, -2, -1]], alone, atol=1e-4)


def test_things_are_described_by_mask(clip: ClipEncoder) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    box = np.array([[10, 10, 40, 50]], np.float32)
    mask = np.zeros((1, 60, 90), np.bool_)
    mask[0, 10:50, 10:40] = True
    whole, masked = clip.describe(rgb, box, None), clip.describe(rgb, box, mask)
    assert whole.shape == masked.shape == (1, 16)
    assert abs(whole - masked).max() > 1e-5, 'the surroundings fade'


@pytest.mark.parametrize(
    ('box', 'expected'),
    [
        ((40, 20, 60, 40), 0.7),  # a square in the middle: a little more than itself
        ((45, 10, 55, 50), 0.2),  # a tall thing keeps its shape
        ((90, 50, 100, 60), 0.7),  # at the border: grey beyond it
    ],
)
def test_crop_shows_the_whole_thing_in_its_shape(box: tuple[int, ...], expected: float) -> None:
    rgb = np.zeros((60, 100, 3), np.uint8)
    x1, y1, x2, y2 = box
    rgb[y1:y2, x1:x2] = 255
    crop = crop_to_square(rgb, np.array(box, np.float32), None, 64)
    assert crop.shape == (64, 64, 3)
    assert (crop[..., 0] > 200).mean() == pytest.approx(expected, abs=0.1)


def test_surroundings_fade_but_the_thing_does_not() -> None:
    rgb = np.full((40, 40, 3), 255, np.uint8)
    mask = np.zeros((40, 40), np.bool_)
    mask[10:30, 10:20] = True
    crop = crop_to_square(rgb, np.array([10, 10, 30, 30], np.float32), mask, 46)
    assert crop[23, 12].min() > 250
    assert 180 < crop[23, 34].max() < 200


def test_crop_of_one_pixel_does_no_harm() -> None:
    rgb = np.zeros((1, 1, 3), np.uint8)
    assert crop_to_square(rgb, np.array([0, 0, 1, 1], np.float32), None, 32).shape == (32, 32, 3)


@pytest.mark.parametrize(
    ('architecture', 'error', 'reason'),
    [
        ('ViT-Z-99', BadConfig, 'no architecture'),
        ('ViT-B-16-SigLIP', BadConfig, 'fetched from the network'),
    ],
)
def test_architecture_that_cannot_be_is_refused(
    saved: Any, architecture: str, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        ClipEncoder(saved[0], architecture, 'cpu')


def test_weights_of_another_network_are_refused(saved: Any, tmp_path: Path) -> None:
    path, _, _ = save_dino(tmp_path)
    with pytest.raises(BadWeights, match='another network'):
        ClipEncoder(path, saved[1], 'cpu')
