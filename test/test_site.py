# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The documents become a site without a warning, and without a network."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
import re
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ('mkdocs', 'material', 'mkdocstrings', 'mkdocstrings_handlers.python')
MISSING = [name for name in NEEDED if importlib.util.find_spec(name.partition('.')[0]) is None]

pytestmark = [
    pytest.mark.field,
    pytest.mark.skipif(not (ROOT / 'docs').is_dir(), reason='the documents are not here'),
]


@pytest.fixture(scope='module')
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site once, with a proxy that refuses every connection."""
    if MISSING:
        pytest.skip(f'{", ".join(MISSING)} not installed: make setup-docs')
    folder = tmp_path_factory.mktemp('site')
    nowhere = dict.fromkeys(('http_proxy', 'https_proxy', 'all_proxy'), 'http://127.0.0.1:9')
    done = subprocess.run(
        [sys.executable, '-m', 'mkdocs', 'build', '--strict', '--site-dir', folder],
        cwd=ROOT,
        env={**os.environ, **nowhere, 'NO_MKDOCS_2_WARNING': '1'},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    pages = {f'{page.stem}.html' for page in (ROOT / 'docs').glob('*.md')}
    assert pages | {'CONTRIBUTING.html'} <= {page.name for page in site.glob('*.html')}
    assert (site / 'models' / 'tracker_tiny.html').is_file()


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    loads = re.compile(r'<(?:script|link|img)[^>]+(?:src|href)="?(https?://[^">\s]+)')
    for page in site.rglob('*.html'):
        assert loads.findall(page.read_text(encoding='utf-8')) == [], page.name


def test_the_api_comes_from_the_docstrings(site: Path) -> None:
    page = (site / 'api.html').read_text(encoding='utf-8')
    for name in ('core.pipeline.FollowPipeline.step', 'core.protocols.Detector.detect',
                 'robots.base.RobotAdapter.send', 'models.registry.build_tracker'):  # fmt: skip
        assert f'id="follow_anything.{name}"' in page
    assert re.findall(':(?:param |return:|raises ).*', page) == []


def test_the_examples_are_in_the_text(site: Path) -> None:
    page = re.sub(r'<[^>]+>', '', (site / 'extending.html').read_text(encoding='utf-8'))
    for name in ('RedDetector', 'TemplateTracker', 'CellColors', 'UdpRobot'):
        assert f'class {name}' in page


def test_links_to_sources_become_their_names(site: Path) -> None:
    page = (site / 'concepts.html').read_text(encoding='utf-8')
    assert '../follow_anything/' not in page
    assert '<code>core/servo.py</code>' in page
