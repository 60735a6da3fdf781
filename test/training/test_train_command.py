# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""train tracker calls the steps it was asked for, in order, with arguments they understand."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip('torch')
pytest.importorskip('cv2')

from follow_anything.cli.train import commands
from follow_anything.training.tracker import assets as tracker_assets
from follow_anything.training.tracker import data as tracker_data
from follow_anything.training.tracker import export as tracker_export
from follow_anything.training.tracker import train as tracker
from typer.testing import CliRunner


@pytest.fixture
def calls(monkeypatch):
    made = []
    for name, module in (
        ('assets', tracker_assets),
        ('data', tracker_data),
        ('train', tracker),
        ('export', tracker_export),
    ):
        monkeypatch.setattr(
            module, 'main', lambda arguments, name=name: made.append((name, arguments))
        )
    return made


def _run(*arguments: object) -> None:
    done = CliRunner().invoke(commands, ['tracker', *map(str, arguments)])
    assert done.exit_code == 0, done.output


def test_all_steps_run_in_order(calls, tmp_path):
    _run('--out', tmp_path, '--photos', 'a', '--photos', 'b', '--meshes', 'c', '--shards', 7)
    assert [name for name, _ in calls] == ['assets', 'data', 'data', 'train', 'export']
    assets, held_out, scenes = (arguments for _, arguments in calls[:3])
    assert assets[-5:] == ['--photos', 'a', 'b', '--meshes', 'c']
    assert '--held-out' in held_out
    assert scenes[-2:] == ['--shards', '7']


def test_the_training_understands_its_arguments(calls, tmp_path):
    _run('--out', tmp_path, '--steps', 'train', '--minutes', 12, '--seed', 3, '--start', 'w.st')
    options = tracker.parser().parse_args(calls[0][1])
    assert (options.minutes, options.seed, options.start) == (12.0, 3, Path('w.st'))
    assert options.out == tmp_path / 'tracker'


def test_assets_that_are_there_are_not_made_again(calls, tmp_path):
    (tmp_path / 'assets' / 'photos').mkdir(parents=True)
    _run('--out', tmp_path, '--steps', 'assets')
    assert calls == []
