# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Embedders by name: what can be configured can be built, or says what it lacks."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
import sys

from follow_anything.core.config import IdentityConfig
from follow_anything.core.errors import BadWeights, MissingDependency
from follow_anything.models.registry import build_embedder, EMBEDDERS
import pytest

pytestmark = [pytest.mark.models, pytest.mark.identity]


def test_what_can_be_chosen_is_what_there_is() -> None:
    declared = next(field for field in fields(IdentityConfig) if field.name == 'embedder')
    assert sorted(declared.metadata['choices']) == sorted(EMBEDDERS)


@pytest.mark.parametrize('name', ['dinov2', 'clip'])
def test_without_torch_it_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'torch', None)
    with pytest.raises(MissingDependency, match=f'embedder {name} needs torch.*make setup-heavy'):
        build_embedder(name)


@pytest.mark.parametrize(('name', 'file'), [('dinov2', 'dinov2_vit_s'), ('clip', 'clip_vit_b32')])
def test_without_weights_it_says_what_to_fetch(
    name: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip('torch', reason='the large models need torch: make setup-heavy')
    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path))
    with pytest.raises(BadWeights, match=f'models fetch {file}'):
        build_embedder(name)
