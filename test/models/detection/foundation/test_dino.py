# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""DINO through timm's own class, narrow and seeded; pooling and similarity by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadConfig, BadWeights
from follow_anything.models.detection.foundation.dino import DinoEncoder
import numpy as np
import pytest
from tiny_models import save_dino, torch

pytestmark = [pytest.mark.models, pytest.mark.detection]

RGB = np.random.default_rng(0).integers(0, 256, (42, 56, 3), np.uint8)


@pytest.fixture(scope='module')
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Any]:
    return save_dino(tmp_path_factory.mktemp('dino'))


def encoder(saved: tuple[Path, str, Any]) -> DinoEncoder:
    return DinoEncoder(saved[0], saved[1], 'cpu', side_px=56)


def test_features_are_the_networks_tokens(saved: Any) -> None:
    image = torch.from_numpy(RGB).permute(2, 0, 1)[None].float() / 255
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    with torch.inference_mode():
        tokens = saved[2].forward_features((image - mean) / std)[0, 1:]
    expected = torch.nn.functional.normalize(tokens, dim=-1).reshape(3, 4, 32).numpy()
    np.testing.assert_allclose(encoder(saved).features(RGB).grid, expected, atol=1e-4)


def test_frame_is_encoded_once(saved: Any) -> None:
    dino = encoder(saved)
    assert dino.features(RGB) is dino.features(RGB)
    assert dino.features(RGB) is not dino.features(RGB.copy())


@pytest.mark.parametrize('shape', [(1, 1), (1, 500), (500, 1), (480, 640)])
def test_any_shape_has_cells(saved: Any, shape: tuple[int, int]) -> None:
    grid = encoder(saved).features(np.zeros((*shape, 3), np.uint8)).grid
    assert grid.shape[0] >= 1
    assert grid.shape[1] >= 1
    assert max(grid.shape[:2]) == 4


def test_dinov2_names_are_understood(tmp_path: Path) -> None:
    """The authors' files carry a token for training, and older ones a classifier."""
    extra = {'mask_token': torch.zeros(1, 32), 'head.weight': torch.zeros(10, 32)}
    path, architecture, _ = save_dino(tmp_path, **extra)
    assert DinoEncoder(path, architecture, 'cpu', side_px=56).features(RGB).grid.shape == (
        3,
        4,
        32,
    )


@pytest.mark.parametrize('architecture', ['vit_imaginary', 'resnet18', ''])
def test_other_architectures_are_refused(saved: Any, architecture: str) -> None:
    with pytest.raises(BadConfig, match='no vision transformer'):
        DinoEncoder(saved[0], architecture, 'cpu')


def test_cut_weights_are_refused(tmp_path: Path) -> None:
    path, architecture, _ = save_dino(tmp_path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(BadWeights, match='was cut'):
        DinoEncoder(path, architecture, 'cpu')
