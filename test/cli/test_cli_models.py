# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands about weights, in a folder of their own."""

from __future__ import annotations

from pathlib import Path

from follow_anything.cli import app
from follow_anything.core.errors import BadConfig, BadWeights
import pytest
from typer.testing import CliRunner

pytestmark = pytest.mark.detection


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path))
    monkeypatch.setenv('COLUMNS', '200')
    return tmp_path / 'weights'


def models(*arguments: str) -> str:
    """Run `models ...` in this process; return what it printed, or raise its error."""
    done = CliRunner().invoke(app, ['models', *arguments])
    if done.exception is not None:
        raise done.exception
    return done.stdout


def test_list_says_what_is_here_and_what_is_not(home: Path) -> None:
    home.mkdir()
    (home / 'mobile_sam.pt').write_bytes(b'something')
    rows = {
        line.split('│')[1].strip(): line for line in models('list').splitlines() if '│' in line
    }
    assert 'missing' in rows['sam_vit_b']
    assert '375' in rows['sam_vit_b']
    assert 'Apache-2.0' in rows['sam_vit_b']
    assert 'here' in rows['mobile_sam'], 'it is there, and nobody has looked at it yet'


def test_list_has_what_embeds() -> None:
    rows = [line.split('│')[1:3] for line in models('list').splitlines() if '│' in line]
    embedders = [name.strip() for kind, name in rows if kind.strip() == 'embedder']
    assert embedders == ['bands', 'clip', 'dinov2', 'instance']


def test_path_is_where_the_file_belongs(home: Path) -> None:
    assert models('path', 'sam_vit_b').strip() == str(home / 'sam_vit_b_01ec64.pth')


def test_verify_looks_at_all_that_is_here(home: Path) -> None:
    assert 'no weights' in models('verify')
    home.mkdir()
    (home / 'clip_vit_b32.safetensors').write_bytes(b'something')
    assert 'pinned now' in models('verify')
    assert 'as pinned' in models('verify', 'clip_vit_b32')
    (home / 'mobile_sam.pt').write_bytes(b'something')
    with pytest.raises(BadWeights, match=r'mobile_sam\.pt has sha256 .*expected 6dbb90523a35'):
        models('verify')


def test_wrong_names_and_missing_files_say_what_to_do(home: Path) -> None:
    with pytest.raises(BadConfig, match='weights must be one of sam_vit_b'):
        models('fetch', 'sam_vit_z')
    with pytest.raises(BadWeights, match='models fetch sam_vit_l'):
        models('verify', 'sam_vit_l')
