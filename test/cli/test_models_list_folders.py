# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The table of folders in `models list`: where each comes from, under which terms, how large."""

from __future__ import annotations

import os
import subprocess
import sys

from follow_anything.models.weights.known_folders import KNOWN_FOLDERS
import pytest

pytestmark = pytest.mark.detection

COLUMNS = ['folder', 'is', 'MB', 'licence', 'gated', 'source', 'revision', 'for']

SOURCES = {
    'owlv2': 'google/owlv2-base-patch16-ensemble',
    'owlv2_large': 'google/owlv2-large-patch14-ensemble',
    'grounding_dino': 'IDEA-Research/grounding-dino-tiny',
    'grounding_dino_base': 'IDEA-Research/grounding-dino-base',
    'omdet_turbo': 'omlab/omdet-turbo-swin-tiny-hf',
    'sam3': 'facebook/sam3',
    'sam2': 'facebook/sam2.1-hiera-tiny',
    'sam2_large': 'facebook/sam2.1-hiera-large',
    'edgetam': 'yonigozlan/EdgeTAM-hf',
}

PUBLISHED_MB = {
    'owlv2_large': 1750, 'grounding_dino_base': 933, 'omdet_turbo': 462, 'sam2_large': 898,
    'edgetam': 56,
}  # fmt: skip
"""Sizes of files as huggingface.co lists them, tables of indices included; edgetam: edgetam.pt."""


@pytest.fixture(scope='module')
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Return the cells of each row by the names of their columns."""
    home = tmp_path_factory.mktemp('home')
    half = home / 'weights' / 'edgetam'
    half.mkdir(parents=True)
    (half / 'config.json').write_text('{}')
    done = subprocess.run(
        [sys.executable, '-m', 'follow_anything', 'models', 'list'],
        env=os.environ | {'FOLLOW_ANYTHING_HOME': str(home), 'COLUMNS': '300'},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    lines = [
        [cell.strip() for cell in line.strip('│┃').replace('┃', '│').split('│')]
        for line in done.stdout.splitlines()
    ]
    assert COLUMNS in lines
    return {
        line[0]: dict(zip(COLUMNS, line, strict=True))
        for line in lines[lines.index(COLUMNS) :]
        if len(line) == len(COLUMNS)
    }


def test_every_folder_has_a_row(rows: dict[str, dict[str, str]]) -> None:
    assert set(rows) == {'folder', *KNOWN_FOLDERS}


@pytest.mark.parametrize('name', sorted(KNOWN_FOLDERS))
def test_a_row_says_where_it_comes_from_and_on_which_terms(
    rows: dict[str, dict[str, str]], name: str
) -> None:
    row = rows[name]
    assert row['source'] == SOURCES[name]
    assert row['revision'] == 'main'
    assert row['licence'] == ('SAM License' if name == 'sam3' else 'Apache-2.0')
    assert row['gated'] == ('yes' if name == 'sam3' else 'no')
    assert row['is'] == ('incomplete' if name == 'edgetam' else 'missing')
    assert row['for']


@pytest.mark.parametrize('name', sorted(KNOWN_FOLDERS))
def test_a_row_has_a_size(rows: dict[str, dict[str, str]], name: str) -> None:
    assert int(rows[name]['MB']) > 50
    if name in PUBLISHED_MB:
        assert int(rows[name]['MB']) == pytest.approx(PUBLISHED_MB[name], rel=0.01)
