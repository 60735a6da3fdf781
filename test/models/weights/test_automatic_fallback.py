# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""`detector: auto` passes over what cannot be built, and says why: files alone, no torch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from follow_anything.core.errors import BadWeights, MissingDependency
from follow_anything.models import registry
from follow_anything.models.registry import build_detector
from follow_anything.models.weights import automatic
from follow_anything.models.weights.automatic import choose_detector
from follow_anything.models.weights.folders import FolderStore
from follow_anything.models.weights.store import WeightsStore
import pytest

pytestmark = [pytest.mark.models, pytest.mark.detection]

GPU_GB = 80.0
Installed = Callable[..., None]


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[FolderStore, WeightsStore]:
    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path))
    folder = tmp_path / 'weights'
    folder.mkdir()
    return FolderStore(folder), WeightsStore(folder)


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> Installed:
    """Return what makes packages look missing; all the others look installed."""

    def lack(*packages: str) -> None:
        monkeypatch.setattr(
            automatic, 'find_spec', lambda name: None if name in packages else object()
        )

    lack()
    return lack


def put(store: FolderStore, name: str, *, whole: bool = True) -> Path:
    """Write a folder that looks fetched, or one whose download broke off."""
    path = store.path(name)
    path.mkdir(parents=True)
    (path / 'config.json').write_text('{}')
    if whole:
        (path / 'model.safetensors').write_bytes(b'something')
    return path


@pytest.mark.parametrize(
    ('whole', 'half', 'name', 'why'),
    [
        ((), ('owlv2',), 'tiny', 'owlv2 is fetched in part'),
        (('owlv2',), ('sam3',), 'owlv2', 'sam3 is fetched in part'),
        (('omdet_turbo',), ('sam3', 'owlv2'), 'omdet_turbo', 'models fetch owlv2 goes on'),
    ],
)
def test_a_download_that_broke_off_is_passed_over(
    stores: tuple[FolderStore, WeightsStore],
    lacking: Installed,
    whole: tuple[str, ...],
    half: tuple[str, ...],
    name: str,
    why: str,
) -> None:
    for each in (*whole, *half):
        put(stores[0], each, whole=each in whole)
    choice = choose_detector('cuda', *stores, lambda: GPU_GB)
    assert choice.name == name
    assert why in choice.reason


@pytest.mark.parametrize(
    ('lacks', 'name', 'why'),
    [
        ((), 'sam3', 'the best that is here'),
        (('torchvision',), 'owlv2', 'sam3 needs torchvision, not installed (make setup-heavy)'),
        (('transformers',), 'sam_clip', 'owlv2 needs transformers, not installed'),
        (('transformers', 'open_clip'), 'tiny', 'sam_clip needs open_clip, not installed'),
        (('transformers', 'segment_anything'), 'tiny', 'sam_clip needs segment_anything'),
    ],
)
def test_what_lacks_a_package_is_passed_over(
    stores: tuple[FolderStore, WeightsStore],
    lacking: Installed,
    lacks: tuple[str, ...],
    name: str,
    why: str,
) -> None:
    folders, files = stores
    for each in ('sam3', 'owlv2'):
        put(folders, each)
    for each in ('sam_vit_b', 'clip_vit_b32'):
        files.path(each).write_bytes(b'something')
    lacking(*lacks)
    choice = choose_detector('auto', folders, files, lambda: GPU_GB)
    assert choice.name == name
    assert why in choice.reason
    assert 'fetch owlv2' not in choice.reason, 'it is here: another download would not help'


def test_timm_is_asked_for_by_omdet_turbo_alone(
    stores: tuple[FolderStore, WeightsStore], lacking: Installed
) -> None:
    put(stores[0], 'omdet_turbo')
    lacking('timm')
    assert 'needs timm' in choose_detector('auto', *stores, lambda: GPU_GB).reason
    put(stores[0], 'grounding_dino')
    assert choose_detector('auto', *stores, lambda: GPU_GB).name == 'grounding_dino'


def test_notes_that_cannot_be_read_pass_over_their_folder_alone(
    stores: tuple[FolderStore, WeightsStore], lacking: Installed
) -> None:
    (put(stores[0], 'sam3') / 'pinned.json').write_text('{cut')
    put(stores[0], 'owlv2')
    choice = choose_detector('auto', *stores, lambda: GPU_GB)
    assert choice.name == 'owlv2'
    assert 'sam3 cannot be read' in choice.reason


@pytest.mark.parametrize(
    'error', [BadWeights('model.safetensors is cut'), MissingDependency('transformers is too old')]
)
def test_what_fails_to_build_gives_way_to_the_next_best(
    stores: tuple[FolderStore, WeightsStore],
    lacking: Installed,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only the attempt tells that a shard is missing, or a package too old."""
    for each in ('sam3', 'owlv2'):
        put(stores[0], each)
    on_a_gpu = partial(choose_detector, memory_gb=lambda: GPU_GB)
    monkeypatch.setattr(automatic, 'choose_detector', on_a_gpu)
    tried: list[str] = []

    def building(name: str) -> Callable[..., object]:
        def build(**_: object) -> object:
            tried.append(name)
            if name == 'sam3':
                raise error
            return type('Built', (), {})()

        return build

    monkeypatch.setattr(registry, '_load', lambda name, known, kind: building(name))
    detector = build_detector('auto')
    assert tried == ['sam3', 'owlv2']
    said = detector.chosen_because  # type: ignore[attr-defined]
    assert said.startswith('auto is owlv2: the best that is here')
    assert f'sam3 cannot be built ({error})' in said
