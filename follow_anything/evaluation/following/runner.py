# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a work list: in this process, in several, or on the machines of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
import multiprocessing
import os
import threading
import time
from typing import Any

from follow_anything.core.errors import FollowAnythingError
from follow_anything.evaluation.cluster import on_ray
from follow_anything.evaluation.following.episode import try_episode
from follow_anything.evaluation.following.work import Episode, Journal

__all__ = ['run_all']

Row = dict[str, Any]
Progress = Callable[[int, int, Row], None]
Work = Callable[[Episode], Row]

ATTEMPTS = 3
"""Worker processes that die are replaced, and their episodes done again, so often."""


def run_all(
    episodes: Sequence[Episode],
    journal: Journal,
    jobs: int = 1,
    progress: Progress | None = None,
    work: Work = try_episode,
    ray: str = '',
) -> list[Row]:
    """
    Run the episodes that the journal does not hold yet.

    :param jobs: worker processes; 1: in this process.
    :param progress: called with episodes done, all episodes, and the row just made.
    :param work: makes the row of an episode; a function that a new process can import.
    :param ray: address of a Ray cluster instead, or 'local': one of so many jobs.
    :return: all rows, in the order of the episodes.
    :raises FollowAnythingError: workers died again and again.
    """
    done = journal.rows()
    left = [episode for episode in episodes if _is_open(episode, done)]
    count = len(episodes) - len(left)
    for row in _rows(left, jobs, work, ray):
        journal.add(row)
        count += 1
        if progress is not None:
            progress(count, len(episodes), row)
    return journal.collect(episodes)


def _rows(episodes: Sequence[Episode], jobs: int, work: Work, ray: str) -> Iterator[Row]:
    if not episodes:
        return iter(())
    if ray:
        return on_ray(work, episodes, ray, jobs)
    return map(work, episodes) if jobs <= 1 else _parallel(episodes, jobs, work)


def _is_open(episode: Episode, done: dict[str, Row]) -> bool:
    """Tell whether an episode is still to be run: an error is tried again."""
    row = done.get(episode.key)
    return row is None or 'error' in row


def _die_with(parent: int) -> None:
    """End this worker when its parent process is killed (PR_SET_PDEATHSIG)."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _parallel(episodes: Sequence[Episode], jobs: int, work: Work) -> Iterator[Row]:
    left = {episode.key: episode for episode in episodes}
    for _ in range(ATTEMPTS):
        # fork would copy the state of cv2's and onnxruntime's threads
        spawn = multiprocessing.get_context('spawn')
        with ProcessPoolExecutor(jobs, spawn, _die_with, (os.getpid(),)) as pool:
            futures = [pool.submit(work, episode) for episode in left.values()]
            try:
                for future in as_completed(futures):
                    row = future.result()
                    left.pop(row['key'])
                    yield row
                return
            except BrokenProcessPool:
                continue
    names = ', '.join(episode.name for episode in left.values())
    raise FollowAnythingError(
        f'worker processes died {ATTEMPTS} times (out of memory?); not done: {names}; '
        'try fewer --jobs, and --resume'
    )
