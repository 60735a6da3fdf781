# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The work list on a Ray cluster: the same rows, also when a worker is killed."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import signal
import sys
from typing import Any

from follow_anything.core.errors import FollowAnythingError, MissingDependency
from follow_anything.evaluation.cluster import LOCAL, on_ray
from follow_anything.evaluation.following.runner import run_all
from follow_anything.evaluation.following.work import Episode, Journal, work_list
import pytest

pytestmark = pytest.mark.identity


def square(number: int) -> int:
    return number * number


def make_row(episode: Episode) -> dict[str, Any]:
    return {'key': episode.key, 'seed': episode.seed, 'seconds': episode.seconds}


def die_once(episode: Episode) -> dict[str, Any]:
    """Be killed at seed 1, the first time."""
    mark = Path(episode.films) / 'died'
    if episode.seed == 1 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return make_row(episode)


def die_always(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def episodes(count: int, films: str = '') -> list[Episode]:
    template = Episode('', '', 0, seconds=5.0, films=films)
    return work_list(['street'], ['drone'], range(count), template)


@pytest.mark.core
def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'ray', None)
    with pytest.raises(MissingDependency, match=r'requirements/cluster\.txt'):
        list(on_ray(square, [1, 2], LOCAL))


@pytest.fixture(scope='module')
def _by_value() -> Iterator[None]:
    """Let workers have the functions of this file, which they cannot import."""
    ray = pytest.importorskip(
        'ray', reason='Ray is not installed: pip install -r requirements/cluster.txt'
    )
    module = sys.modules[__name__]
    ray.cloudpickle.register_pickle_by_value(module)
    yield
    ray.cloudpickle.unregister_pickle_by_value(module)


@pytest.fixture(scope='module')
def head(_by_value: None) -> Iterator[str]:
    """Begin a cluster of two workers, as `ray start --head` does; give its address."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={'num_cpus': 2})
    yield cluster.address
    cluster.shutdown()


def on_a_cluster(test: Any) -> Any:
    """Mark a test that begins a Ray cluster of its own."""
    for mark in (
        pytest.mark.slow,
        pytest.mark.usefixtures('_by_value'),
        # Ray's own warnings are not ours to mend.
        pytest.mark.filterwarnings('ignore::FutureWarning', 'ignore::ResourceWarning'),
    ):
        test = mark(test)
    return test


@on_a_cluster
def test_they_make_the_same_rows(tmp_path: Path) -> None:
    here = run_all(episodes(5), Journal(tmp_path / 'a.jsonl', resume=False), work=make_row)
    journal = Journal(tmp_path / 'b.jsonl', resume=False)
    there = run_all(episodes(5), journal, 2, work=make_row, ray=LOCAL)
    assert there == here


@on_a_cluster
def test_a_killed_workers_episodes_are_done_again(tmp_path: Path, head: str) -> None:
    jobs = episodes(4, str(tmp_path))
    journal = Journal(tmp_path / 'rows.jsonl', resume=False)
    rows = run_all(jobs, journal, 2, work=die_once, ray=head)
    assert (tmp_path / 'died').exists()
    assert [row['seed'] for row in rows] == [0, 1, 2, 3]
    assert len(journal.path.read_text().splitlines()) == 4


@on_a_cluster
def test_a_job_that_kills_every_worker_is_named(head: str) -> None:
    with pytest.raises(FollowAnythingError, match='17: its worker died 3 times'):
        list(on_ray(die_always, [17], head))


@on_a_cluster
def test_no_cluster_at_the_address() -> None:
    with pytest.raises(FollowAnythingError, match='ray start --head'):
        list(on_ray(square, [1], '127.0.0.1:9'))
    with pytest.raises(FollowAnythingError, match='HOST:PORT or local'):
        list(on_ray(square, [1], 'somewhere'))
