# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""`train tracker` runs the steps it was asked for, in order, with the plan it was given."""

from __future__ import annotations

from pathlib import Path

from follow_anything.cli.train import commands
from follow_anything.core.errors import BadConfig, SourceError
from follow_anything.training.tracker import stages
import pytest
from typer.testing import CliRunner

pytestmark = [pytest.mark.detection, pytest.mark.tracking]


@pytest.fixture
def calls(monkeypatch):
    made = []
    for name in stages.STEPS:
        monkeypatch.setitem(stages.STEPS, name, lambda plan, name=name: made.append((name, plan)))
    return made


def _run(*arguments: object) -> None:
    done = CliRunner().invoke(commands, ['tracker', *map(str, arguments)])
    assert done.exit_code == 0, done.output


def test_all_steps_run_in_order(calls, tmp_path):
    _run('--out', tmp_path, '--photos', 'a', '--photos', 'b', '--meshes', 'c', '--shards', 7)
    assert [name for name, _ in calls] == ['assets', 'data', 'train', 'export']
    plan = calls[0][1]
    assert (plan.photos, plan.clipart, plan.meshes) == ((Path('a'), Path('b')), (), (Path('c'),))
    assert (plan.out, plan.shards) == (tmp_path, 7)


def test_some_steps_run_alone_whatever_their_order(calls, tmp_path):
    _run('--out', tmp_path, '--steps', 'train, data', '--minutes', 12, '--seed', 3)
    assert [name for name, _ in calls] == ['data', 'train']
    assert (calls[0][1].minutes, calls[0][1].seed) == (12.0, 3)


@pytest.mark.parametrize('steps', ['', 'fly', 'data,fly'])
def test_a_strange_step_is_refused(calls, steps):
    with pytest.raises(BadConfig, match='steps must be some of'):
        stages.run_steps(steps, stages.Plan())
    assert calls == []


def test_assets_that_are_there_are_not_made_again(tmp_path, capsys):
    (tmp_path / 'assets' / 'photos').mkdir(parents=True)
    stages.run_steps('assets', stages.Plan(out=tmp_path))
    assert 'is there already' in capsys.readouterr().out


def test_assets_need_photos(tmp_path):
    with pytest.raises(SourceError, match='--photos'):
        stages.run_steps('assets', stages.Plan(out=tmp_path))
