# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Documents can be read in a terminal, and their links lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import re

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *sorted(ROOT.glob('docs/*.md'))]
COLUMNS = 120

pytestmark = [
    pytest.mark.core,
    pytest.mark.skipif(not (ROOT / 'docs').is_dir(), reason='the documents are not here'),
]


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are neither code, table, heading nor comment."""
    inside = False
    for number, line in enumerate(page.read_text(encoding='utf-8').splitlines(), 1):
        if line.lstrip().startswith('```'):
            inside = not inside
        elif not inside and not re.match(r'\s*[|#<!]| {4}', line):
            yield number, line


@pytest.mark.parametrize('page', PAGES, ids=[page.name for page in PAGES])
def test_lines_are_short(page: Path) -> None:
    long = [f'{n}: {line}' for n, line in prose(page) if len(line) > COLUMNS and ' ' in line]
    assert not long, f'{page.name}: lines of more than {COLUMNS} columns'


@pytest.mark.parametrize('page', PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r'\]\(([^)#\s]+)(?:#[^)]*)?\)', page.read_text(encoding='utf-8')):
        if '://' not in target:
            assert (page.parent / target).exists(), f'{page.name}: {target}'
