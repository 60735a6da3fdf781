# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The command line, as its users run it: in a process of its own."""

import json
from pathlib import Path
import subprocess
import sys

import cv2
from follow_anything.core.geometry import iou
from follow_anything.core.types import Box
from follow_anything.testing import SyntheticScene
import numpy as np
import pytest

FRAMES = 30


def run(*arguments, **options):
    command = [sys.executable, '-m', 'follow_anything', *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, **options)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Write a folder of images as a user would have one."""
    path = tmp_path_factory.mktemp('images')
    scene = SyntheticScene()
    for index in range(FRAMES):
        bgr = cv2.cvtColor(scene.frame(index).rgb, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(path / f'{index:04d}.png'), bgr)
    return path


def option(values):
    return ','.join(f'{value:g}' for value in values)


@pytest.mark.parametrize('how', ['box', 'click'])
def test_track_follows_through_a_folder(folder, how):
    scene = SyntheticScene()
    first = scene.box(0)
    values = first.xywh if how == 'box' else first.center
    done = run('track', folder, f'--{how}', option(values), '--json', '-')
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row['frame'] for row in rows] == list(range(FRAMES))
    assert set(rows[0]) == {'frame', 'stamp', 'state', 'box', 'score', 'latency_ms'}
    assert rows[-1]['state'] == 'TRACKING'
    assert iou(Box.from_xywh(*rows[-1]['box']), scene.box(FRAMES - 1)) > 0.5


def test_track_writes_masks_of_the_target(folder, tmp_path):
    scene = SyntheticScene()
    box = option(scene.box(0).xywh)
    done = run('track', folder, '--box', box, '--masks', tmp_path / 'm', '--mask-every', 4)
    assert done.returncode == 0, done.stderr
    written = sorted((tmp_path / 'm').iterdir())
    assert [int(path.stem) % 4 for path in written] == [0] * len(written)
    assert written
    mask = cv2.imread(str(written[-1]), cv2.IMREAD_UNCHANGED)
    truth = scene.box(int(written[-1].stem))
    rows, columns = np.nonzero(mask)
    assert set(np.unique(mask)) == {0, 255}
    assert iou(Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1), truth) > 0.4


def test_track_writes_json_and_a_video_that_opens(folder, tmp_path):
    box = option(SyntheticScene().box(0).xywh)
    lines, movie = tmp_path / 'rows.jsonl', tmp_path / 'out.mp4'
    done = run('track', folder, '--box', box, '--json', lines, '--save', movie)
    assert done.returncode == 0, done.stderr
    assert len(lines.read_text().splitlines()) == FRAMES
    capture = cv2.VideoCapture(str(movie))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == FRAMES
    capture.release()


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['/nowhere', '--box', '1,2,3,4'], 'is not there'),
        (['FOLDER'], 'say what to look for: --text'),
        (['FOLDER', '--text', 'a car', '--detector', 'classical'], 'cannot read "a car"'),
        (['FOLDER', '--text', 'ein Hund'], 'German for "dog"'),
        (['FOLDER', '--box', '1,2,3'], 'expected 4 numbers'),
        (['FOLDER', '--box', '1,2,0,4'], 'x2 > x1'),
        (['FOLDER', '--box', '900,900,20,20'], 'outside the 320 x 240 image'),
        (['FOLDER', '--click', '900,20'], 'lies outside the 320 x 240 image'),
        (['FOLDER', '--box', '1,2,30,40', '--tracker', 'oracle'], 'tracker must be one of'),
        ([str(Path(__file__)), '--box', '1,2,30,40'], 'not a video'),
    ],
)
def test_track_says_what_is_wrong(folder, arguments, said):
    arguments = [str(folder) if part == 'FOLDER' else part for part in arguments]
    done = run('track', *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert 'Traceback' not in done.stderr


def test_an_image_that_is_cut_is_named(folder, tmp_path):
    (tmp_path / '0.png').write_bytes((folder / '0000.png').read_bytes())
    (tmp_path / '1.png').write_bytes((folder / '0001.png').read_bytes()[:40])
    done = run('track', tmp_path, '--box', '100,80,36,72')
    assert done.returncode == 1
    assert '1.png cannot be read' in done.stderr


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        ('demo --robot boat', 'robot must be one of drone, ground'),
        ('demo --scenario moon', 'scenario must be one of street'),
        ('up --robot boat', 'robot must be one of drone, ground'),
        ('scenario dog --json FOLDER', 'FOLDER is a folder; expected the name of a file'),
        ('scenario run dog --json FOLDER', 'FOLDER is a folder'),
        ('scenario run dog --json FOLDER/0000.png/a', '0000.png, which is no folder'),
        ('scenario run dog --json FOLDER/a.jsonl', '.jsonl is for the rows; expected .json'),
    ],
)
def test_what_cannot_be_is_said_at_once(folder, arguments, said):
    done = run(*arguments.replace('FOLDER', str(folder)).split())
    assert done.returncode == 1
    assert said.replace('FOLDER', str(folder)) in done.stderr
    assert 'Traceback' not in done.stderr


def test_demo_says_at_once_that_its_detector_cannot_read():
    done = run('demo', '--query', 'the red car', '--detector', 'classical')
    assert done.returncode == 1
    assert 'cannot read "the red car"' in done.stderr
    assert 'Traceback' not in done.stderr


def test_bench_writes_flat_figures(tmp_path):
    path = tmp_path / 'glue.json'
    done = run('bench', 'glue', '--frames', 20, '--json', path)
    assert done.returncode == 0, done.stderr
    figures = json.loads(path.read_text())
    assert figures['frames'] == 19
    assert figures['glue_ms'] > 0


@pytest.mark.sim
def test_bench_measures_the_simulator(tmp_path):
    path = tmp_path / 'simulator.json'
    done = run('bench', 'simulator', '--seconds', 0.2, '--json', path)
    assert done.returncode == 0, done.stderr
    assert json.loads(path.read_text())['sim_320x240_real_time_factor'] > 0


@pytest.mark.sim
def test_scenario_follows_in_lock_step(tmp_path):
    path = tmp_path / 'scenario.json'
    done = run('scenario', 'street', '--seconds', 3, '--json', path)
    assert done.returncode == 0, done.stderr
    figures = json.loads(path.read_text())
    assert figures['tracking_fraction'] > 0.5
    assert figures['commands_while_stale'] == 0


def test_models_lists_what_can_be_chosen():
    done = run('models', 'list')
    assert done.returncode == 0
    assert 'csrt' in done.stdout
    assert 'classical' in done.stdout


def test_letters_that_the_terminal_lacks_are_no_error(monkeypatch):
    monkeypatch.setenv('PYTHONIOENCODING', 'ascii')
    done = run('models', 'list')
    assert done.returncode == 0, done.stderr
    assert '\\u' in done.stdout, 'there is such a letter'
    assert not done.stderr


@pytest.mark.parametrize('words', [('--scenario', 'cars'), ('--robot', 'ground'), ('--seed', 3)])
def test_console_without_a_simulator_takes_none_of_its_options(words):
    done = run('console', *words)
    assert done.returncode != 0
    assert 'add --simulator' in done.stderr
    assert 'Traceback' not in done.stderr
