# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""evaluate, bench memory and train tracker as their users run them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

cv2 = pytest.importorskip('cv2')

from follow_anything.testing import SyntheticScene

FRAMES = 12


def run(*arguments):
    command = [sys.executable, '-m', 'follow_anything', *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=280)


@pytest.fixture(scope='module')
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp('data')
    for seed in (3, 4):
        scene, folder = SyntheticScene(seed=seed), root / f'scene{seed}'
        (folder / 'img').mkdir(parents=True)
        rows = []
        for number in range(FRAMES):
            path = folder / 'img' / f'{number:04d}.png'
            cv2.imwrite(str(path), cv2.cvtColor(scene.frame(number).rgb, cv2.COLOR_RGB2BGR))
            rows.append(','.join(f'{value:g}' for value in scene.box(number).xywh))
        (folder / 'groundtruth.txt').write_text('\n'.join(rows))
    return root


def test_evaluate_writes_figures_results_and_a_page(dataset, tmp_path):
    figures = tmp_path / 'figures.json'
    options = ['--trackers', 'csrt', '--out', tmp_path / 'out', '--json', figures]
    done = run('evaluate', dataset, *options)
    assert done.returncode == 0, done.stderr
    saved = json.loads(figures.read_text())
    assert saved['trackers']['csrt']['sequences'] == 2
    assert saved['trackers']['csrt']['ao'] > 0.6
    assert [row['sequence'] for row in saved['sequences']] == ['scene3', 'scene4']
    assert (tmp_path / 'out' / 'results' / 'csrt' / 'scene3.txt').is_file()
    assert '<img' in (tmp_path / 'out' / 'report.html').read_text()


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['/nowhere'], 'no sequences in /nowhere'),
        (['DATA', '--format', 'coco'], 'format must be one of'),
        (['DATA', '--trackers', 'oracle'], 'tracker must be one of'),
        (['DATA', '--names', 'scene9'], 'has no sequence scene9'),
        (['simulator', '--seeds', 'one'], 'expected whole numbers'),
    ],
)
def test_evaluate_says_what_is_wrong(dataset, tmp_path, arguments, said):
    arguments = [str(dataset) if part == 'DATA' else part for part in arguments]
    done = run('evaluate', *arguments, '--out', tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    assert 'Traceback' not in done.stderr


def test_memory_is_watched(tmp_path):
    path = tmp_path / 'memory.json'
    done = run('bench', 'memory', '--tracker', 'csrt', '--frames', 100, '--json', path)
    assert done.returncode == 0, done.stderr
    assert json.loads(path.read_text())['frames'] == 100


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--steps', 'data,magic'], 'steps must be some of assets, data, train, export'),
        (['--steps', 'assets'], 'needs --photos'),
    ],
)
def test_train_says_what_is_wrong(tmp_path, arguments, said):
    done = run('train', 'tracker', '--out', tmp_path, *arguments)
    assert done.returncode == 1
    assert said in done.stderr
