# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The track command by words and pictures: two balls that drift to the right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip('onnxruntime')
cv2 = pytest.importorskip('cv2')

from follow_anything.cli import app
from typer.testing import CliRunner

pytestmark = [pytest.mark.tracking, pytest.mark.models, pytest.mark.detection]

FRAMES = 14
RED, BLUE = (205, 25, 20), (25, 50, 200)
LEFT, RIGHT = (120, 250, 55), (400, 230, 70)
STEP_PX = 4


def _ball(image: np.ndarray, x: int, y: int, size: int, color: tuple[int, int, int]) -> None:
    for radius in range(size, 0, -1):
        light = 0.65 + 0.45 * (1 - radius / size)
        tone = tuple(int(min(255, light * c)) for c in color)
        shift = int(0.25 * (size - radius))
        cv2.circle(image, (x - shift, y - shift), radius, tone, -1)


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('balls')
    (path / 'video').mkdir()
    for index in range(FRAMES):
        image = np.full((480, 640, 3), (150, 150, 140), np.uint8)
        for (x, y, size), color in ((LEFT, RED), (RIGHT, BLUE)):
            _ball(image, x + STEP_PX * index, y, size, color)
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        assert cv2.imwrite(str(path / 'video' / f'{index:03d}.png'), bgr)
        if index == 0:
            x, y, size = RIGHT
            view = bgr[y - size : y + size, x - size : x + size]
            assert cv2.imwrite(str(path / 'view.png'), view)
    return path


def track(folder: Path, *options: str) -> tuple[list[dict[str, Any]], str]:
    """Return the rows and what people read."""
    arguments = [part.replace('FOLDER', str(folder)) for part in options]
    done = CliRunner().invoke(app, ['track', str(folder / 'video'), *arguments, '--json', '-'])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.mark.parametrize(
    ('options', 'place'),
    [
        (['--text', 'the red ball'], LEFT),
        (['--text', 'the ball on the right'], RIGHT),
        (['--text', 'a ball, not a red one'], RIGHT),
        (['--text', 'a ball', '--negative', 'a blue ball'], LEFT),
        (['--image', 'FOLDER/view.png'], RIGHT),
        (['--image', 'FOLDER/view.png', '--detector', 'classical'], RIGHT),
        (['--click', '120,250'], LEFT),
    ],
)
def test_what_is_said_or_shown_is_followed(
    folder: Path, options: list[str], place: tuple[int, int, int]
) -> None:
    rows, said = track(folder, *options, '--min-score', '0.4')
    assert [row['frame'] for row in rows] == list(range(FRAMES))
    assert rows[-1]['state'] == 'TRACKING', said
    x, y, width, height = rows[-1]['box']
    middle = (x + width / 2, y + height / 2)
    wanted = (place[0] + STEP_PX * (FRAMES - 1), place[1])
    assert np.hypot(middle[0] - wanted[0], middle[1] - wanted[1]) < 0.5 * place[2]
    assert f'of {FRAMES} frames' in said


def test_what_is_not_there_is_not_followed(folder: Path) -> None:
    rows, said = track(folder, '--text', 'a dog')
    assert {row['state'] for row in rows} == {'SEARCHING'}
    assert f'followed in 0 of {FRAMES} frames; at the end SEARCHING' in said
