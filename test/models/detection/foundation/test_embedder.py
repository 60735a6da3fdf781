# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The embedders on DINO and CLIP: the real classes, narrow, with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from follow_anything.core.config import DetectorConfig, IdentityConfig, TrackerConfig
from follow_anything.core.errors import BadBox, BadConfig
from follow_anything.core.protocols import Embedder, Surveyor
from follow_anything.core.types import Box, Frame
from follow_anything.models.detection.foundation.dino import DinoEncoder
from follow_anything.models.detection.foundation.embedder import DinoEmbedder
from follow_anything.models.detection.tiny.surveyed import Surveyed
from follow_anything.models.pipeline import build_pipeline
from follow_anything.models.registry import build_embedder
import numpy as np
import pytest
from tiny_models import CLIP, DINO, save_clip, save_dino

pytestmark = [pytest.mark.detection, pytest.mark.models, pytest.mark.identity]

BOX = Box(20.0, 30.0, 60.0, 110.0)
PLACES = (
    Box(20.0, 30.0, 60.0, 110.0),
    Box(-30.0, 5.0, 12.0, 40.0),
    Box(150.0, 100.0, 400.0, 300.0),
)
WIDTHS = {'dinov2': DINO['embed_dim'], 'clip': CLIP['embed_dim']}


def frame(seed: int = 0) -> Frame:
    return Frame(0.0, np.random.default_rng(seed).integers(0, 256, (120, 160, 3), np.uint8))


@pytest.fixture(scope='module')
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp('embedders')
    dino, dino_form, _ = save_dino(folder)
    clip, clip_form, _ = save_clip(folder)
    return {'dinov2': f'dino={dino}@{dino_form}', 'clip': f'clip={clip}@{clip_form}'}


@pytest.fixture(scope='module', params=sorted(WIDTHS))
def named(request: pytest.FixtureRequest, weights: dict[str, str]) -> tuple[str, Embedder]:
    name = request.param
    return name, build_embedder(name, device='cpu', weights=weights[name])


@pytest.mark.parametrize('box', PLACES, ids=['inside', 'over the left', 'over the lower right'])
def test_views_have_unit_length_in_32_bits(named: tuple[str, Embedder], box: Box) -> None:
    name, embedder = named
    view = embedder.embed(frame(), box)
    assert view.shape == (WIDTHS[name],)
    assert view.dtype == np.float32
    assert np.linalg.norm(view) == pytest.approx(1.0, abs=1e-5)


def test_a_view_is_of_the_box_and_its_context_alone(named: tuple[str, Embedder]) -> None:
    _, embedder = named
    before, after = frame(), frame().rgb.copy()
    after[:, 110:] = 0  # beyond the context
    view = embedder.embed(before, BOX)
    np.testing.assert_allclose(embedder.embed(Frame(0.1, after), BOX), view, atol=1e-5)
    after[40:100, 30:50] = (250, 0, 0)
    assert view @ embedder.embed(Frame(0.2, after), BOX) < 0.9999


def test_each_is_an_embedder_that_proposes_nothing(named: tuple[str, Embedder]) -> None:
    _, embedder = named
    assert isinstance(embedder, Embedder)
    assert not isinstance(embedder, Surveyor)
    assert 0.0 <= embedder.unrelated < 1.0


def test_box_outside_is_refused(named: tuple[str, Embedder]) -> None:
    with pytest.raises(BadBox):
        named[1].embed(frame(), Box(1000, 10, 1100, 90))


def test_dino_pools_the_cells_of_the_box(tmp_path: Path) -> None:
    """A tall box fills the middle columns of its square; a cell at its edge counts in part."""
    path, architecture, _ = save_dino(tmp_path)
    dino = DinoEncoder(path, architecture, 'cpu', side_px=56)
    shown: list[Any] = []

    class Noting:
        side_px = 56

        def features(self, rgb: Any) -> Any:
            shown.append(dino.features(rgb))
            return shown[-1]

    view = DinoEmbedder(Noting()).embed(frame(), BOX)  # type: ignore[arg-type]
    grid = shown[0].grid
    assert grid.shape == (4, 4, 32)
    # 40 x 80 in a square of 92: 24 x 49 of 56 pixels, a cell has 14
    across, down = np.array([0, 12, 12, 0]) / 14, np.array([10, 14, 14, 10]) / 14
    pooled = np.einsum('h,w,hwd->d', down, across, grid)
    assert view @ pooled / np.linalg.norm(pooled) > 0.999


@pytest.mark.parametrize(
    ('name', 'wanted', 'said'),
    [
        ('instance', 'dino=dinov2_vit_b', 'cannot be chosen for instance'),
        ('bands', 'clip=clip_vit_b16', 'cannot be chosen for bands'),
        ('dinov2', 'dino=clip_vit_b32', 'are weights of clip, not of dino'),
        ('clip', 'eyes=good', 'weights: expected'),
    ],
)
def test_wrong_weights_are_named(name: str, wanted: str, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        build_embedder(name, weights=wanted)


def test_the_pipeline_takes_it(weights: dict[str, str]) -> None:
    pipeline = build_pipeline(
        detection=DetectorConfig(detector='classical'),
        tracking=TrackerConfig(
            device='cpu',
            tracker='csrt',
            identity=IdentityConfig(embedder='dinov2', embedder_weights=weights['dinov2']),
        ),
    )
    embedder = pipeline.follower.embedder
    assert isinstance(embedder, Surveyed)  # the tiny detector finds the others for it
    assert isinstance(embedder.embedder, DinoEmbedder)
