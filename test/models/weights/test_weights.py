# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The weights store against a server of our own: whole, broken off, changed, offline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
import re
import threading

from follow_anything.core.errors import BadConfig, BadWeights
from follow_anything.models.weights.known import KNOWN_WEIGHTS, Weights
from follow_anything.models.weights.store import sha256_of, WeightsStore
import numpy as np
import pytest

pytestmark = [pytest.mark.models, pytest.mark.detection]

CONTENT = np.random.default_rng(0).integers(0, 256, 3_000_000, np.uint8).tobytes()
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves CONTENT at any path; `breaks_after` bytes it hangs up, once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(('127.0.0.1', 0), Handler)
        self.content, self.breaks_after = CONTENT, 0
        self.understands_ranges = True
        self.ranges: list[str] = []

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.server_address[1]}/it.bin'


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get('Range', '')
        self.server.ranges.append(asked)
        matched = re.fullmatch(r'bytes=(\d+)-', asked) if self.server.understands_ranges else None
        begin = int(matched[1]) if matched else 0
        if matched and begin >= len(self.server.content):
            self.send_error(416)
            return
        rest = self.server.content[begin:]
        self.send_response(206 if matched else 200)
        self.send_header('Content-Length', str(len(rest)))
        self.end_headers()
        breaks_after, self.server.breaks_after = self.server.breaks_after, 0
        self.wfile.write(rest[:breaks_after] if breaks_after else rest)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    pytest.importorskip('pooch', reason='fetching weights needs pooch')
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def store(folder: Path, url: str = 'http://127.0.0.1:9/it.bin', sha256: str = DIGEST):
    entry = Weights('it', 'sam', '', 'it.bin', url, len(CONTENT), sha256, 'MIT', 'testing')
    return WeightsStore(folder, {'it': entry})


def test_fetched_file_is_whole_checked_and_not_fetched_again(
    tmp_path: Path, server: Server
) -> None:
    seen: list[tuple[int, int]] = []
    weights = store(tmp_path / 'new', server.url)
    assert weights.state('it') == 'missing'
    path = weights.fetch('it', lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert weights.state('it') == 'checked'
    assert weights.require('it') == weights.fetch('it') == path
    assert len(server.ranges) == 1
    assert not list(path.parent.glob('*.bin.part'))


@pytest.mark.parametrize('understands_ranges', [True, False])
def test_broken_download_goes_on_where_it_ended(
    tmp_path: Path, server: Server, understands_ranges: bool
) -> None:
    server.breaks_after, server.understands_ranges = 1_200_000, understands_ranges
    weights = store(tmp_path, server.url)
    with pytest.raises(BadWeights, match='models fetch it'):
        weights.fetch('it')
    assert weights.state('it') == 'missing'
    part = (tmp_path / 'it.bin.part').stat().st_size
    assert part > 0
    assert weights.fetch('it').read_bytes() == CONTENT
    assert server.ranges == ['', f'bytes={part}-']


def test_part_that_is_whole_is_not_fetched_again(tmp_path: Path, server: Server) -> None:
    (tmp_path / 'it.bin.part').write_bytes(CONTENT)
    assert store(tmp_path, server.url).fetch('it').read_bytes() == CONTENT


@pytest.mark.parametrize('sha256', [DIGEST, DIGEST[:8]])
def test_what_is_not_what_it_should_be_is_not_kept(
    tmp_path: Path, server: Server, sha256: str
) -> None:
    server.content = CONTENT[:-1] + b'?'
    with pytest.raises(BadWeights, match=r'it\.bin|something else'):
        store(tmp_path, server.url, sha256).fetch('it')
    with pytest.raises(BadWeights):
        store(tmp_path, server.url, sha256).require('it')


@pytest.mark.parametrize('sha256', ['', DIGEST[:8]])
def test_digest_that_nobody_publishes_is_pinned(
    tmp_path: Path, server: Server, sha256: str
) -> None:
    weights = store(tmp_path, server.url, sha256)
    path = weights.fetch('it')
    assert 'as pinned' in weights.verify('it')
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(BadWeights, match='pinned at its first download'):
        weights.require('it')


def test_pinning_says_so(tmp_path: Path) -> None:
    (tmp_path / 'it.bin').write_bytes(CONTENT)
    assert 'pinned now, the source publishes none' in store(tmp_path, sha256='').verify('it')
    assert store(tmp_path).verify('it') == 'it: sha256 as published'


def test_missing_file_names_file_place_and_command(tmp_path: Path) -> None:
    with pytest.raises(BadWeights) as caught:
        store(tmp_path).require('it')
    for part in ('it.bin', '3 MB', str(tmp_path), 'models fetch it', 'http://127.0.0.1:9/it.bin'):
        assert part in str(caught.value)


def test_offline_fetch_says_the_same(tmp_path: Path) -> None:
    pytest.importorskip('pooch', reason='fetching weights needs pooch')
    with pytest.raises(BadWeights, match='copy it there from'):
        store(tmp_path).fetch('it')


def test_file_is_read_again_after_it_changed(tmp_path: Path) -> None:
    path = tmp_path / 'it.bin'
    path.write_bytes(CONTENT)
    weights = store(tmp_path)
    weights.require('it')
    assert weights.state('it') == 'checked'
    path.write_bytes(CONTENT[: len(CONTENT) // 2])
    assert weights.state('it') == 'here'
    with pytest.raises(BadWeights, match=f'sha256 .* expected {DIGEST}.*models fetch it'):
        weights.require('it')


def test_path_of_ones_own_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / 'mine.pth'
    path.write_bytes(b'anything')
    assert store(tmp_path).require(str(path)) == path
    with pytest.raises(BadWeights, match='there is no file'):
        store(tmp_path).require(str(tmp_path / 'yours.pth'))


def test_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="must be one of it; got 'that'"):
        store(tmp_path).require('that')


def test_spoilt_notes_are_named(tmp_path: Path) -> None:
    (tmp_path / 'it.bin').write_bytes(CONTENT)
    (tmp_path / 'pins.json').write_text('{')
    with pytest.raises(BadWeights, match=r'pins\.json is not JSON'):
        store(tmp_path).verify('it')


@pytest.mark.parametrize('entry', KNOWN_WEIGHTS.values(), ids=list(KNOWN_WEIGHTS))
def test_known_weights_are_described_whole(entry: Weights) -> None:
    assert entry.url.startswith('https://')
    assert re.fullmatch(r'([0-9a-f]{64})?', entry.sha256)
    assert entry.kind in ('sam', 'clip', 'dino')
    assert entry.licence in ('Apache-2.0', 'MIT')
    assert entry.purpose
    assert replace(entry) == entry
    assert entry.architecture or entry.kind == 'sam'


def test_files_do_not_meet() -> None:
    files = [entry.file for entry in KNOWN_WEIGHTS.values()]
    assert len(set(files)) == len(files)
    assert sha256_of(Path(__file__)) != DIGEST
