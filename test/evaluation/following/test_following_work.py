# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The work list and its journal: each episode once, whatever happens to the processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import json
import os
from pathlib import Path
import subprocess
import sys
import time
from typing import Any

from follow_anything.core.config import TrackerConfig, with_values
from follow_anything.core.errors import BadConfig, FollowAnythingError
from follow_anything.evaluation.following.runner import run_all
from follow_anything.evaluation.following.work import Episode, Journal, PARTS, work_list
import pytest

pytestmark = pytest.mark.identity

TEMPLATE = Episode('', '', 0, seconds=5.0)


def make_row(episode: Episode) -> dict[str, Any]:
    """Stand in for an episode: the row says which process made it."""
    return {'key': episode.key, 'seed': episode.seed, 'process': os.getpid()}


def die_once(episode: Episode) -> dict[str, Any]:
    """Kill the worker at seed 1, the first time: what a kernel short of memory does."""
    mark = Path(episode.films) / 'died'
    if episode.seed == 1 and not mark.exists():
        mark.touch()
        os._exit(9)
    return make_row(episode)


def die_always(episode: Episode) -> dict[str, Any]:
    os._exit(9)


def episodes(count: int = 3, films: str = '') -> list[Episode]:
    template = Episode('', '', 0, seconds=5.0, films=films)
    return work_list(['street'], ['drone'], range(count), template)


def test_every_scenario_robot_and_seed_once() -> None:
    jobs = work_list(['street', 'gone'], ['drone', 'ground'], range(5, 8), TEMPLATE)
    assert len({job.key for job in jobs}) == len(jobs) == 12
    assert {job.seed for job in jobs} == {5, 6, 7}
    assert {job.seconds for job in jobs} == {5.0}
    assert [job.seed for job in jobs[:4]] == [5, 5, 5, 5]  # a run that is stopped is balanced


@pytest.mark.parametrize(
    ('names', 'robots', 'other', 'said'),
    [
        (['moon'], ['drone'], {}, 'wall_4s'),
        (['street'], ['boat'], {}, 'ground'),
        (['street'], ['drone'], {'ask': 'shout'}, 'click, text'),
        (['street'], ['drone'], {'tracker': 'nope'}, 'csrt, tiny'),
    ],
)
def test_what_does_not_exist_is_refused(
    names: list[str], robots: list[str], other: dict[str, str], said: str
) -> None:
    with pytest.raises(BadConfig, match=said):
        work_list(names, robots, [0], Episode('', '', 0, **other))  # type: ignore[arg-type]


def test_a_key_says_all_that_the_result_depends_on() -> None:
    one = Episode('street', 'drone', 0)
    assert one.key == Episode('street', 'drone', 0, films='/elsewhere').key
    for other in (
        Episode('street', 'drone', 1),
        Episode('street', 'drone', 0, depth=False),
        Episode('street', 'drone', 0, ask='text'),
        Episode('street', 'drone', 0, width=320),
        Episode('street', 'drone', 0, seconds=20.0),
    ):
        assert other.key != one.key


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    jobs, told = episodes(), []
    journal = Journal(tmp_path / 'rows.jsonl', resume=False)
    journal.add(make_row(jobs[1]) | {'process': 'earlier'})
    with journal.path.open('a') as file:
        file.write('{"key": "cut sho')  # killed while it wrote
    again = Journal(journal.path, resume=True)
    # The line that was cut short must not swallow the next one.
    rows = run_all(jobs, again, work=make_row, progress=lambda *said: told.append(said[:2]))
    assert [row['seed'] for row in rows] == [0, 1, 2]
    assert rows[1]['process'] == 'earlier'
    assert told == [(2, 3), (3, 3)]
    assert len(Journal(journal.path, resume=True).rows()) == 3


@pytest.mark.parametrize(
    'spoilt',
    [
        b'\xff\xfe\x00',
        b'[1, 2]',
        b'{"key": [1]}',
        b'{"key": {}}',
        b'[' * 5000,
        b'nan',
        b'9' * 5000,
    ],
    ids=lambda spoilt: repr(spoilt[:8]),
)
def test_a_spoilt_line_is_an_episode_to_run_again(tmp_path: Path, spoilt: bytes) -> None:
    journal = Journal(tmp_path / 'rows.jsonl', resume=False)
    journal.path.write_bytes(spoilt + b'\n')
    journal.add(make_row(episodes()[1]) | {'process': 'earlier'})
    rows = run_all(episodes(), Journal(journal.path, resume=True), work=make_row)
    assert [row['seed'] for row in rows] == [0, 1, 2]
    assert rows[1]['process'] == 'earlier'


def test_without_resume_it_begins_anew(tmp_path: Path) -> None:
    journal = Journal(tmp_path / 'rows.jsonl', resume=False)
    journal.add(make_row(episodes()[0]) | {'process': 'earlier'})
    rows = run_all(episodes(), Journal(journal.path, resume=False), work=make_row)
    assert {row['process'] for row in rows} == {os.getpid()}


def test_an_error_is_tried_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / 'rows.jsonl', resume=False)
    journal.add({'key': episodes()[0].key, 'error': 'no memory'})
    rows = run_all(episodes(1), Journal(journal.path, resume=True), work=make_row)
    assert 'error' not in rows[0]


def test_workers_make_the_same_rows(tmp_path: Path) -> None:
    here = run_all(episodes(4), Journal(tmp_path / 'a.jsonl', resume=False), work=make_row)
    there = run_all(episodes(4), Journal(tmp_path / 'b.jsonl', resume=False), 2, work=make_row)
    assert [row['seed'] for row in there] == [row['seed'] for row in here]
    assert os.getpid() not in {row['process'] for row in there}


def test_the_episodes_of_a_killed_worker_are_done_again(tmp_path: Path) -> None:
    jobs = episodes(3, films=str(tmp_path))
    rows = run_all(jobs, Journal(tmp_path / 'rows.jsonl', resume=False), 2, work=die_once)
    assert (tmp_path / 'died').exists()
    assert [row['seed'] for row in rows] == [0, 1, 2]
    lines = (tmp_path / 'rows.jsonl').read_text().splitlines()
    assert len(lines) == len({json.loads(line)['key'] for line in lines}) == 3


def test_workers_of_a_killed_process_end(tmp_path: Path) -> None:
    """A benchmark that is killed leaves nothing behind that goes on for hours."""
    script = (
        'import sys; sys.path.insert(0, sys.argv[1])\n'
        'from pathlib import Path\n'
        'import test_following_work as here\n'
        'if __name__ == "__main__":\n'
        '    journal = here.Journal(Path(sys.argv[2]) / "rows.jsonl", resume=False)\n'
        '    here.run_all(here.episodes(4, sys.argv[2]), journal, 2, work=here.note_and_sleep)\n'
    )
    path = tmp_path / 'main.py'
    path.write_text(script)
    command = [sys.executable, str(path), str(Path(__file__).parent), str(tmp_path)]
    parent = subprocess.Popen(command)
    try:
        assert wait_for(lambda: len(list(tmp_path.glob('*.pid'))) == 2, 60.0)
    finally:
        parent.kill()
        parent.wait()
    workers = [int(path.stem) for path in tmp_path.glob('*.pid')]
    assert wait_for(lambda: not any(Path(f'/proc/{pid}').exists() for pid in workers), 20.0)


def note_and_sleep(episode: Episode) -> dict[str, Any]:
    """Leave this process's number in a file, and take longer than any test."""
    (Path(episode.films) / f'{os.getpid()}.pid').touch()
    time.sleep(600.0)
    return make_row(episode)


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.parametrize('part', PARTS)
def test_a_part_is_left_out_by_parameters_that_exist(part: str) -> None:
    left_out = with_values(TrackerConfig(), PARTS[part])
    assert (left_out != TrackerConfig()) is (part != 'motion compensation')
    (episode,) = work_list(['street'], ['drone'], [0], replace(TEMPLATE, without=part))
    assert episode.name == f'street-drone-0-without-{part}'.replace(' ', '_')
    assert episode.key != work_list(['street'], ['drone'], [0], TEMPLATE)[0].key


def test_a_setting_is_one_parameter_with_another_value() -> None:
    (usual,) = work_list(['street'], ['drone'], [0], TEMPLATE)
    (episode,) = work_list(
        ['street'], ['drone'], [0], replace(TEMPLATE, setting='identity.margin=2')
    )
    assert with_values(TrackerConfig(), episode.changes()).identity.margin == 2.0
    assert usual.changes() == {}
    assert episode.name == 'street-drone-0-identity.margin=2'
    assert episode.key != usual.key
    assert 'setting' not in usual.key  # journals from before there were settings go on


@pytest.mark.parametrize(
    ('setting', 'said'),
    [
        ('identity.margin', 'expected NAME=VALUE'),
        ('identity.margin=much', 'expected NAME=VALUE'),
        ('identity.margin=-1', 'margin must be'),
        ('identity.margin="2"', 'margin'),
        ('identity.luck=2', 'identity.luck.*no parameter'),
        ('luck.margin=2', 'luck.margin.*no parameter'),
    ],
)
def test_a_setting_that_cannot_be_is_refused_before_anything_runs(setting: str, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        work_list(['street'], ['drone'], [0], replace(TEMPLATE, setting=setting))


def test_workers_that_always_die_are_an_error_that_names_the_episodes(tmp_path: Path) -> None:
    journal = Journal(tmp_path / 'rows.jsonl', resume=False)
    with pytest.raises(FollowAnythingError, match='street-drone-0'):
        run_all(episodes(1), journal, 2, work=die_always)
