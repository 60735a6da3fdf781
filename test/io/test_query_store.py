# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What is saved under a name comes back as it was; what is broken says so."""

from __future__ import annotations

from dataclasses import fields
import json
from pathlib import Path

from follow_anything.core.errors import BadQuery, SourceError
from follow_anything.core.types import Box, Click, Query
from follow_anything.io.files import user_folder
from follow_anything.io.query_store import QueryStore
import numpy as np
import pytest

pytestmark = pytest.mark.models

RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.integers(0, 256, (12, 9, 3), np.uint8)
MASK = RANDOM.integers(0, 2, (12, 9)).astype(np.bool_)

QUERIES = {
    'text': Query(texts=('a red car', 'ein roter Wagen ü'), thresholds=(0.4, None)),
    'text_and_click': Query(texts=('a car',), clicks=(Click(1, 2), Click(3, 4, positive=False))),
    'contrast': Query(texts=('a car',), negatives=('a truck',), background=('a road',)),
    'box': Query(box=Box(1, 2, 3.5, 4)),
    'images': Query(images=(IMAGE, IMAGE[:8]), masks=(MASK, None)),
    'image': Query(images=(IMAGE[::-1],)),  # not contiguous
}


def assert_same(one: object, other: object) -> None:
    if isinstance(one, tuple):
        assert isinstance(other, tuple)
        assert len(one) == len(other)
        for mine, its in zip(one, other, strict=True):
            assert_same(mine, its)
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)  # type: ignore[arg-type]
    else:
        assert one == other


@pytest.mark.parametrize('name', QUERIES)
def test_query_comes_back_as_it_was(tmp_path: Path, name: str) -> None:
    QueryStore(tmp_path).save(name, QUERIES[name])
    loaded = QueryStore(tmp_path).load(name)
    for field in fields(Query):
        assert_same(getattr(QUERIES[name], field.name), getattr(loaded, field.name))


def test_new_query_replaces_the_old_one_of_that_name(tmp_path: Path) -> None:
    store = QueryStore(tmp_path)
    store.save('it', QUERIES['images'])
    store.save('it', QUERIES['text'])
    assert store.load('it').texts == QUERIES['text'].texts
    assert store.load('it').images == ()
    assert store.names() == ['it']


def test_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    store = QueryStore(tmp_path)
    store.save('bag', QUERIES['text'])
    with pytest.raises(BadQuery, match=r"no query 'bug' .* there is: bag"):
        store.load('bug')


@pytest.mark.parametrize('name', ['', '../bag', '.bag', 'a b', 'x' * 65, 'a/b'])
def test_name_that_is_none_for_a_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadQuery, match='name of a query'):
        QueryStore(tmp_path).save(name, QUERIES['text'])
    with pytest.raises(BadQuery, match='name of a query'):
        QueryStore(tmp_path).load(name)


@pytest.mark.parametrize(
    ('suffix', 'content'),
    [
        ('.json', b'{"format": 1'),
        ('.json', b'[]'),
        ('.json', b'{"format": 2}'),
        ('.json', b'\xff\xfe'),
        ('.safetensors', b''),
        ('.safetensors', b'\x80\x04K\x01.'),  # a pickle must not be loaded
    ],
)
def test_spoilt_file_is_named(tmp_path: Path, suffix: str, content: bytes) -> None:
    store = QueryStore(tmp_path)
    path = store.save('it', QUERIES['images']).with_suffix(suffix)
    path.write_bytes(content)
    with pytest.raises(SourceError, match=path.name):
        store.load('it')


def test_missing_picture_is_named(tmp_path: Path) -> None:
    store = QueryStore(tmp_path)
    path = store.save('it', QUERIES['images'])
    path.write_text(json.dumps({**json.loads(path.read_text()), 'images': 3}))
    with pytest.raises(SourceError, match=r'it\.json'):
        store.load('it')


def test_users_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path))
    assert QueryStore().folder == tmp_path / 'queries'
    monkeypatch.delenv('FOLLOW_ANYTHING_HOME')
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path / 'data'))
    assert user_folder('weights') == tmp_path / 'data' / 'follow_anything' / 'weights'
