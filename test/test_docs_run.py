# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Commands of the documents that need pictures and a CPU alone are run as they stand there."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import pairwise
import os
from pathlib import Path
import subprocess
import sys

import cv2
from document_commands import Command, commands, not_run, PARSED_ALONE
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
PHOTO = ROOT / 'docs' / 'images' / 'follow.jpg'

FAMILIES = ('detect', 'track', 'models list', 'models verify', 'doctor')
ELSEWHERE = ('sam_', 'IMAGE', '/camera/', 'export', 'fetch')
"""What needs weights that are fetched, a name of the reader's own, or a camera."""

FRAMES = 8

pytestmark = [
    pytest.mark.field,
    pytest.mark.slow,
    pytest.mark.skipif(not PHOTO.is_file(), reason='the documents are not here'),
]


def own_words(command: Command) -> tuple[str, ...] | None:
    """Return the words behind the program's name, whichever is used; None for other programs."""
    words = command.after('python -m follow_anything')
    words = command.after('follow_anything') if words is None else words
    return None if words is None else tuple(words)


def to_run() -> list[Command]:
    """Return each command once, in the order of the documents."""
    found: dict[tuple[str, ...], Command] = {}
    for command in commands() if PHOTO.is_file() else ():
        words = own_words(command)
        if words is None or any(word in command.text for word in ELSEWHERE):
            continue
        if ' '.join(words).startswith(FAMILIES):
            found.setdefault(words, command)
    return list(found.values())


COMMANDS = to_run()


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the files that the documents name."""
    pytest.importorskip('onnxruntime', reason='the shipped networks need onnxruntime')
    folder = tmp_path_factory.mktemp('reader')
    picture = cv2.imread(str(PHOTO))
    # The woman who walks there comes to (320, 240), where the documents click.
    street = np.roll(picture[:420, :560], (25, 35), axis=(0, 1))
    for name in ('photo.jpg', 'other.jpg'):
        cv2.imwrite(str(folder / name), street)
    cv2.imwrite(str(folder / 'backpack.png'), street[150:270, 260:310])
    writer = cv2.VideoWriter(
        str(folder / 'video.mp4'), cv2.VideoWriter_fourcc(*'mp4v'), 10, (540, 400)
    )
    for index in range(FRAMES):
        writer.write(np.ascontiguousarray(street[20:, index : index + 540]))
    writer.release()
    return folder


def test_there_are_commands_to_run() -> None:
    assert {command.page for command in COMMANDS} >= {
        'README.md', 'docs/install.md', 'docs/detection.md', 'docs/quickstart.md',
    }  # fmt: skip
    assert len(COMMANDS) >= 10


def test_every_command_is_run_or_says_why_not() -> None:
    run = {own_words(command) for command in COMMANDS}
    texts = [command.text for command in commands() if own_words(command) not in run]
    reasons = {**not_run(PARSED_ALONE), **not_run()}
    assert [t for t in texts if not any(fnmatchcase(t, pattern) for pattern in reasons)] == []
    for pattern, reason in reasons.items():
        assert len(reason) > 10, pattern
        assert any(fnmatchcase(text, pattern) for text in texts), f'stale: {pattern}'


@pytest.mark.parametrize('command', COMMANDS, ids=str)
def test_it_runs(command: Command, folder: Path) -> None:
    words = own_words(command) or ()
    done = subprocess.run(
        [sys.executable, '-m', 'follow_anything', *words],
        cwd=folder,
        env={**os.environ, 'FOLLOW_ANYTHING_HOME': str(folder / 'home')},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert 'Traceback' not in done.stderr
    for before, word in pairwise(words):
        if before == '--save':
            assert (folder / word).stat().st_size > 1000
