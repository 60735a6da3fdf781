# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Folders of weights and which detector `auto` is: files alone, no network, no torch."""

from __future__ import annotations

from pathlib import Path
import sys
from types import ModuleType, SimpleNamespace

from follow_anything.core.errors import BadConfig, BadWeights, MissingDependency
from follow_anything.core.types import Query
from follow_anything.models.detection.advice import open_vocabulary_advice
from follow_anything.models.registry import build_detector, DETECTORS, TRACKERS
from follow_anything.models.weights.automatic import choose_detector
from follow_anything.models.weights.folders import FolderStore
from follow_anything.models.weights.known_folders import KNOWN_FOLDERS
from follow_anything.models.weights.store import WeightsStore
import pytest

pytestmark = [pytest.mark.models, pytest.mark.detection]


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / 'weights')


def put(store: FolderStore, name: str) -> Path:
    path = store.path(name)
    path.mkdir(parents=True)
    (path / 'config.json').write_text('{}')
    (path / 'model.safetensors').write_bytes(b'something')
    return path


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Stand in for the hub's client: the edge where the network begins."""
    calls = SimpleNamespace(asked=[], error=None)
    errors = ModuleType('huggingface_hub.errors')
    errors.GatedRepoError = type('GatedRepoError', (OSError,), {})

    def download(
        repository: str, revision: str, local_dir: Path, allow_patterns: list[str]
    ) -> None:
        calls.asked.append((repository, revision, allow_patterns))
        if calls.error is not None:
            raise calls.error
        Path(local_dir).mkdir(parents=True)
        (Path(local_dir) / 'config.json').write_text('{}')
        (Path(local_dir) / 'model.safetensors').write_bytes(b'weights')

    about = SimpleNamespace(model_info=lambda name, revision: SimpleNamespace(sha='c0ffee'))
    package = ModuleType('huggingface_hub')
    package.HfApi, package.snapshot_download, package.errors = lambda: about, download, errors
    monkeypatch.setitem(sys.modules, 'huggingface_hub', package)
    monkeypatch.setitem(sys.modules, 'huggingface_hub.errors', errors)
    calls.gated = errors.GatedRepoError
    return calls


def test_every_folder_has_a_reader_and_says_what_it_is() -> None:
    for entry in KNOWN_FOLDERS.values():
        assert entry.reader in DETECTORS or entry.reader in TRACKERS
        assert entry.licence
        assert entry.url.startswith('https://')
    assert [entry.name for entry in KNOWN_FOLDERS.values() if entry.gated] == ['sam3']


def test_the_state_of_a_folder(store: FolderStore) -> None:
    assert store.state('owlv2') == 'missing'
    path = put(store, 'owlv2')
    assert store.state('owlv2') == 'here'
    assert 'pinned now' in store.verify('owlv2')
    assert store.state('owlv2') == 'checked'
    assert store.require('owlv2') == path
    (path / 'model.safetensors').unlink()
    assert store.state('owlv2') == 'incomplete'


def test_what_changed_since_the_download_is_refused(store: FolderStore) -> None:
    path = put(store, 'owlv2')
    store.verify('owlv2')
    (path / 'model.safetensors').write_bytes(b'something else')
    assert store.state('owlv2') == 'here'
    with pytest.raises(BadWeights, match='models fetch owlv2'):
        store.require('owlv2')


@pytest.mark.parametrize(
    ('name', 'kind', 'said'),
    [
        (
            'owlv2',
            BadWeights,
            'models fetch owlv2.* about 620 MB|about 620 MB.*models fetch owlv2',
        ),
        ('sam3', BadWeights, 'gated: accept the SAM License'),
        ('/nowhere/owl', BadWeights, 'no config.json'),
        ('owl', BadConfig, 'must be one of owlv2'),
    ],
)
def test_what_is_missing_says_what_to_do(
    store: FolderStore, name: str, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        store.require(name)


def test_fetch_pins_the_commit_and_takes_no_pickles(
    store: FolderStore, hub: SimpleNamespace
) -> None:
    path = store.fetch('owlv2')
    ((repository, revision, patterns),) = hub.asked
    assert (repository, revision) == ('google/owlv2-base-patch16-ensemble', 'c0ffee')
    assert not {'*.bin', '*.py', '*'} & set(patterns)
    assert store.state('owlv2') == 'checked'
    assert 'commit c0ffee' in store.verify('owlv2')
    assert store.fetch('owlv2') == path
    assert len(hub.asked) == 1, 'what is here is not fetched again'


def test_fetch_says_what_a_gate_or_a_dead_network_needs(
    store: FolderStore, hub: SimpleNamespace
) -> None:
    hub.error = hub.gated('403')
    with pytest.raises(BadWeights, match='accept its licence'):
        store.fetch('sam3')
    hub.error = OSError('no route to host')
    with pytest.raises(BadWeights, match='no route to host'):
        store.fetch('owlv2')


def test_fetch_without_its_package(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'huggingface_hub', None)
    with pytest.raises(MissingDependency, match='make setup-heavy'):
        store.fetch('owlv2')


@pytest.mark.parametrize(
    ('device', 'gb', 'here', 'name', 'why'),
    [
        ('auto', 0.0, ('owlv2',), 'tiny', 'no GPU was found'),
        ('cpu', 80.0, ('owlv2',), 'tiny', 'device is cpu'),
        ('auto', 80.0, (), 'tiny', 'models fetch owlv2'),
        ('cuda', 80.0, ('owlv2',), 'owlv2', 'sam3 is not fetched'),
        ('cuda', 80.0, ('owlv2', 'sam3'), 'sam3', 'the best that is here'),
        ('cuda', 6.0, ('owlv2', 'sam3'), 'owlv2', 'sam3 wants 8 GB of 6.0'),
        ('cuda', 2.5, ('owlv2', 'omdet_turbo'), 'omdet_turbo', 'owlv2 wants 3 GB'),
    ],
)
def test_auto_is_the_best_that_is_here_for_the_device(
    store: FolderStore, device: str, gb: float, here: tuple[str, ...], name: str, why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    place = 'follow_anything.models.weights.automatic.find_spec'
    monkeypatch.setattr(place, lambda name: object())
    for each in here:
        put(store, each)
    files = WeightsStore(store.folder)
    choice = choose_detector(device, store, files, lambda: gb)
    assert choice.name == name
    assert why in choice.reason


def test_auto_says_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip('onnxruntime')
    from follow_anything.core.language.parsing import ask

    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path))
    detector = build_detector('auto', 'cpu')
    understood = ask(detector, Query(texts=('a dog',))).understood
    assert understood.startswith('auto is tiny: device is cpu')
    with pytest.raises(BadConfig, match='by name, not with auto'):
        build_detector('auto', 'cpu', 'owlv2=x')


def test_advice_names_who_is_ready(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    files = WeightsStore(store.folder)
    place = 'follow_anything.models.detection.advice.find_spec'
    monkeypatch.setattr(place, lambda name: None)
    advice = open_vocabulary_advice(store, files)
    assert 'make setup-heavy; python -m follow_anything models fetch owlv2' in advice
    monkeypatch.setattr(place, lambda name: object())
    assert 'setup-heavy' not in open_vocabulary_advice(store, files)
    put(store, 'grounding_dino')
    assert open_vocabulary_advice(store, files) == (
        'the detector grounding_dino reads any word, and is ready here'
    )
