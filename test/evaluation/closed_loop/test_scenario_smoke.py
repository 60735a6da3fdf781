# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""`scenario run` as its users run it: three scenarios, a few seconds each."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys

import cv2
from follow_anything.evaluation.following.figures import MEANING
from follow_anything.evaluation.following.work import PARTS
import pytest

pytest.importorskip('mujoco', reason='the embedded simulator needs MuJoCo: pip install mujoco')

pytestmark = [
    pytest.mark.sim,
    pytest.mark.identity,
    pytest.mark.scenario,
    pytest.mark.slow,
]

NAMES = ('wall_1s', 'twin_crosses', 'late_frames')


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, '-m', 'follow_anything', 'scenario', *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=570)


@pytest.mark.timeout(600)
def test_three_scenarios_make_rows_figures_and_a_page(tmp_path: Path) -> None:
    page, path = tmp_path / 'report', tmp_path / 'figures.json'
    arguments = (
        'run', *NAMES, '--robot', 'ground', '--seeds', 1, '--first-seed', 7, '--seconds', 4,
        '--size', '320x240', '--json', path, '--report', page,
    )  # fmt: skip
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    figures = json.loads(path.read_text())
    assert set(figures) >= {'meta', 'total', 'scenarios', 'episodes'}
    assert set(figures['scenarios']) == set(NAMES)
    total = figures['total']
    assert set(total) == set(MEANING)
    assert (total['episodes'], total['errors']) == (3, 0)
    assert total['seconds'] == pytest.approx(12.0, abs=0.5)
    assert total['visible_fraction'] > 0.95  # for four seconds nothing happens
    assert total['tracking_fraction'] > 0.6
    assert total['wrong_target_fraction'] < 0.05
    assert total['commands_while_unsure'] == 0
    assert total['commands_while_stale'] == 0
    assert 'late_frames ground' in (page / 'index.html').read_text()
    # Again: all is done already, and the same page comes out without a single episode.
    again = run(*arguments, '--resume')
    assert again.returncode == 0, again.stderr
    assert json.loads(path.read_text())['episodes'] == figures['episodes']


@pytest.mark.timeout(300)
def test_a_sweep_has_a_row_for_each_value(tmp_path: Path) -> None:
    path = tmp_path / 'sweep.json'
    arguments = (
        'sweep', 'street', '--set', 'identity.margin=3,20', '--robot', 'ground', '--seeds', 1,
        '--seconds', 2, '--json', path,
    )  # fmt: skip
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    figures = json.loads(path.read_text())
    assert list(figures) == ['as it is', 'identity.margin 3', 'identity.margin 20']
    assert all(row['episodes'] == 1 and row['errors'] == 0 for row in figures.values())
    assert '| identity.margin 20 |' in done.stdout


@pytest.mark.timeout(300)
def test_an_ablation_has_a_row_for_each_part_that_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / 'ablation.json'
    done = run(
        'ablate', 'street', '--robot', 'ground', '--seeds', 1, '--seconds', 1, '--json', path
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(path.read_text())
    by_click = ['everything', *(f'without {part}' for part in PARTS if part != 'words')]
    by_text = ['everything', 'without words']  # words count only where something was said
    assert list(figures) == [
        *(f'click, {name}' for name in by_click),
        *(f'text, {name}' for name in by_text),
    ]
    for name, row in figures.items():
        assert (row['episodes'], row['errors']) == (1, 0), name
        assert row['seconds'] == pytest.approx(1.0, abs=0.1)
    for name in by_click:
        assert figures[f'click, {name}']['tracking_fraction'] > 0.5, name
        assert f'| click, {name} |' in done.stdout
    lines = path.with_suffix('.jsonl').read_text().splitlines()
    ran = {(row['ask'], row['without']) for row in map(json.loads, lines)}
    left_out = {('click', part) for part in ('', *PARTS) if part != 'words'}
    assert ran == left_out | {('text', ''), ('text', 'words')}


@pytest.mark.timeout(300)
def test_the_decisions_of_a_session_are_drawn(tmp_path: Path) -> None:
    done = run('street', '--robot', 'ground', '--seconds', 2, '--plot', tmp_path / 'judge.webp')
    assert done.returncode == 0, done.stderr
    assert cv2.imread(str(tmp_path / 'judge.webp')).shape[1] > 1000


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (('run',), 'names of scenarios, or --all'),
        (('run', 'street', '--all'), 'names of scenarios, or --all'),
        (('run', 'moon'), 'scenario must be one of street'),
        (('run', 'street', '--robot', 'boat'), 'robot must be one of drone'),
        (('run', 'street', '--ask', 'shout'), 'ask must be one of click'),
        (('run', 'street', '--size', 'large'), '320x240'),
        (('moon',), 'scenario must be one of street'),
        (('street', '--plot', 'judge.txt'), 'expected .png'),
        (('sweep', 'street', '--set', 'identity.luck=1'), 'no parameter'),
        (('sweep', 'street', '--set', 'identity.margin'), 'NAME=VALUE'),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_line(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 1
    assert said in ' '.join(done.stderr.split())
    assert 'Traceback' not in done.stderr
