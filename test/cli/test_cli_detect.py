# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The detect command: every way to ask, every detector, every refusal."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys
from typing import Any

import cv2
from follow_anything.cli import app
from follow_anything.cli.asking import query_of_options
from follow_anything.core.errors import (
    BadBox,
    BadQuery,
    BadWeights,
    InvalidInput,
    MissingDependency,
    SourceError,
)
from follow_anything.core.geometry import iou
from follow_anything.core.types import Box, Click
from follow_anything.testing import SyntheticScene
import numpy as np
import pytest
from typer.testing import CliRunner

pytestmark = pytest.mark.detection

SCENE = SyntheticScene(seed=4)  # a target that `tiny` takes for one object, not for several
TARGET = SCENE.box(0)


def write(path: Path, rgb: np.ndarray, mask: np.ndarray | None = None) -> Path:
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    if mask is not None:
        bgr = np.dstack([bgr, mask.astype(np.uint8) * 255])
    assert cv2.imwrite(str(path), bgr)
    return path


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('pictures')
    write(path / 'scene.png', SCENE.frame(0).rgb)
    write(path / 'later.png', SCENE.frame(25).rgb)
    write(path / 'target.png', SCENE.frame(0).crop(TARGET).copy())
    write(path / 'pixel.png', np.zeros((1, 1, 3), np.uint8))
    (path / 'cut.png').write_bytes((path / 'scene.png').read_bytes()[:200])
    return path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep queries and weights away from the user's own."""
    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path / 'home'))
    return tmp_path / 'home'


def detect(*arguments: Any) -> dict[str, Any]:
    """Run the command in this process; return what it printed as JSON, or raise its error."""
    done = CliRunner().invoke(app, ['detect', *map(str, arguments), '--json', '-'])
    if done.exception is not None:
        raise done.exception
    return json.loads(done.stdout)


def option(values: tuple[float, ...]) -> str:
    return ','.join(f'{value:g}' for value in values)


def best(answer: dict[str, Any]) -> Box:
    return Box.from_xywh(*answer['detections'][0]['box'])


def test_it_runs_as_its_users_run_it(folder: Path, tmp_path: Path) -> None:
    drawn = tmp_path / 'drawn.png'
    command = [sys.executable, '-m', 'follow_anything', 'detect', folder / 'scene.png']
    command += ['--box', option(TARGET.xywh), '--json', '-', '--save', drawn]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert best(json.loads(done.stdout)) == TARGET
    picture, original = cv2.imread(str(drawn)), cv2.imread(str(folder / 'scene.png'))
    assert picture.shape == original.shape
    assert (picture != original).any()


def test_click_and_box_mean_the_thing(folder: Path) -> None:
    for how in (('--box', option(TARGET.xywh)), ('--click', option(TARGET.center))):
        answer = detect(folder / 'scene.png', *how, '--detector', 'classical')
        assert iou(best(answer), TARGET) > 0.6
        assert answer['detections'][0]['score'] == 1.0


def test_picture_is_found_in_another(folder: Path) -> None:
    how = ('--image', folder / 'target.png', '--detector', 'classical')
    assert iou(best(detect(folder / 'later.png', *how)), SCENE.box(25)) > 0.6
    assert detect(folder / 'target.png', '--image', folder / 'later.png')['detections'] == []


def test_query_is_kept_under_a_name(folder: Path, home: Path) -> None:
    detect(folder / 'scene.png', '--image', folder / 'target.png', '--save-query', 'it')
    assert (home / 'queries' / 'it.safetensors').exists()
    assert iou(best(detect(folder / 'later.png', '--query', 'it')), SCENE.box(25)) > 0.6


@pytest.mark.parametrize(
    ('arguments', 'error', 'reason'),
    [
        (['scene.png'], InvalidInput, 'say what to look for'),
        (['nowhere.png', '--click', '5,5'], SourceError, 'is not there'),
        (['cut.png', '--click', '5,5'], SourceError, 'cannot be read'),
        (['scene.png', '--click', '5'], InvalidInput, 'expected 2 numbers'),
        (['scene.png', '--click', '999,5'], BadQuery, 'outside the 320 x 240 image'),
        (['scene.png', '--box', '900,900,9,9'], BadBox, 'outside the 320 x 240 image'),
        (['scene.png', '--image', 'pixel.png'], BadQuery, 'at least 4 x 4 px, got 1 x 1'),
        (['pixel.png', '--click', '0,0'], BadQuery, 'nothing stands out'),
        (['scene.png', '--text', ''], BadQuery, 'at least one word'),
        (['scene.png', '--text', 'x' * 600], BadQuery, 'at most 512 characters'),
        (['scene.png', '--text', 'a car', '--detector', 'classical'], BadQuery, 'cannot read'),
        (['scene.png', '--query', 'unknown'], BadQuery, 'there is no query'),
        (['scene.png', '--click', '5,5', '--detector', 'oracle'], InvalidInput, 'must be one of'),
        (['scene.png', '--click', '5,5', '--device', 'tpu'], InvalidInput, 'device must be one'),
        (
            ['scene.png', '--click', '5,5', '--detector', 'classical', '--weights', 'sam=x.pth'],
            InvalidInput,
            'weights cannot be chosen for classical',
        ),
    ],
)
def test_refusal_says_what_to_do(
    folder: Path, arguments: list[str], error: type[Exception], reason: str
) -> None:
    places = [str(folder / part) if part.endswith('.png') else part for part in arguments]
    with pytest.raises(error, match=reason):
        detect(*places)


@pytest.mark.parametrize(
    ('name', 'reason'), [('found.xyz', 'no kind of picture'), ('no/found.png', 'is no folder')]
)
def test_a_picture_that_cannot_be_written_is_refused_before_the_search(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, reason: str
) -> None:
    where = str(folder / 'scene.png'), '--save', str(tmp_path / name)
    with pytest.raises(SourceError, match=reason):
        detect(*where, '--click', f'{TARGET.center[0]},{TARGET.center[1]}')
    assert 'looking for' not in ''.join(capsys.readouterr())


LARGE = ('sam_clip', 'sam_dino', 'dino_coarse', 'sam_prompt')


@pytest.fixture(scope='module')
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give tiny weights of the real classes, as the command takes them."""
    sys.path.insert(0, str(Path(__file__).parents[1] / 'models'))
    try:
        from tiny_models import save_clip, save_dino, save_sam
    finally:
        sys.path.pop(0)
    folder = tmp_path_factory.mktemp('weights')
    clip, clip_form, _ = save_clip(folder)
    dino, dino_form, _ = save_dino(folder)
    return f'sam={save_sam(folder)} clip={clip}@{clip_form} dino={dino}@{dino_form}'


@pytest.mark.parametrize('detector', LARGE)
def test_large_detectors_answer_through_their_own_classes(
    folder: Path, weights: str, detector: str
) -> None:
    """Random weights see nothing: what counts is that every stage runs, and a box is a box."""
    common = ('--detector', detector, '--weights', weights, '--device', 'cpu', '--profile')
    answer = detect(folder / 'scene.png', '--box', option(TARGET.xywh), *common)
    assert iou(best(answer), TARGET) > 0.4
    assert {'sam_encode', 'sam_decode'} <= set(answer['stages_ms']['query'])
    answer = detect(folder / 'later.png', '--image', folder / 'target.png', *common)
    assert 'query' in answer
    assert all(0 <= row['score'] <= 1 for row in answer['detections'])
    stage = {'sam_clip': 'clip_image', 'sam_prompt': 'sam_encode'}.get(detector, 'dino')
    assert answer['stages_ms']['query'][stage] > 0


def test_words_go_through_clips_own_class(folder: Path, weights: str) -> None:
    common = ('--detector', 'sam_clip', '--weights', weights, '--device', 'cpu', '--profile')
    asked = ('--text', 'a red car; a van > 0.2', '--negative', 'a bus', '--background', 'a road')
    answer = detect(folder / 'scene.png', *asked, *common)
    assert answer['query'] == 'looking for "a red car" or "a van" from 0.2 and not "a bus"'
    assert answer['stages_ms']['query']['clip_text'] > 0


@pytest.mark.parametrize('detector', LARGE)
def test_missing_weights_name_file_place_and_command(
    folder: Path, home: Path, detector: str
) -> None:
    pytest.importorskip('torch', reason='the large models need torch: make setup-heavy')
    with pytest.raises(BadWeights, match=f'in {home}/weights. With a network: .*models fetch'):
        detect(folder / 'scene.png', '--click', '5,5', '--detector', detector, '--device', 'cpu')


@pytest.mark.parametrize(
    ('choice', 'reason'),
    [
        ('sam', 'expected sam=NAME_OR_PATH'),
        ('dino=clip_vit_b32', 'are weights of clip, not of dino'),
        ('dino=/nowhere/x.pth', 'needs its architecture'),
        ('dino=/nowhere/x.pth@vit_base_patch14_dinov2', 'there is no file'),
    ],
)
def test_choice_of_weights_that_cannot_be(folder: Path, choice: str, reason: str) -> None:
    pytest.importorskip('torch', reason='the large models need torch: make setup-heavy')
    common = ('--detector', 'sam_dino', '--weights', choice, '--device', 'cpu')
    with pytest.raises((InvalidInput, BadWeights), match=reason):
        detect(folder / 'scene.png', '--click', '5,5', *common)


@pytest.mark.parametrize('detector', LARGE)
def test_without_torch_the_install_line_is_given(
    folder: Path, detector: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'torch', None)
    with pytest.raises(MissingDependency, match='make setup-heavy'):
        detect(folder / 'scene.png', '--click', '5,5', '--detector', detector)


def test_what_options_say_is_added_to_what_was_said() -> None:
    asked = query_of_options(
        texts=['a car; at 3,4; - a truck; ~ a road'],
        clicks=['5,6'],
        negatives=['a van'],
        background=['a tree'],
    )
    assert asked.texts == ('a car',)
    assert asked.clicks == (Click(3, 4), Click(5, 6))
    assert asked.negatives == ('a truck', 'a van')
    assert asked.background == ('a road', 'a tree')
    with pytest.raises(InvalidInput, match='give one of them'):
        query_of_options(texts=['a car; box 1,2,30,40'], box='5,6,30,40')
