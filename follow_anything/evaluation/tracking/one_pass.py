# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
One-pass evaluation: initialise on the first box, never again, compare every later frame.

A work list of (tracker, sequence) is run by worker processes; what is on disk already is not run
again, so an evaluation that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as SequenceOf
from concurrent.futures import as_completed, Executor, ProcessPoolExecutor
from dataclasses import asdict, dataclass
import multiprocessing
from pathlib import Path
import time
from typing import Any

import cv2
from follow_anything.core.errors import BadConfig, MissingDependency
from follow_anything.core.protocols import Tracker
from follow_anything.core.types import Box
from follow_anything.evaluation.calibration import calibration_error, merged
from follow_anything.evaluation.cluster import on_ray
from follow_anything.evaluation.tracking.dataset import Sequence
from follow_anything.evaluation.tracking.followed import (
    FIGURES,
    follow_figures,
    reliability_of,
    run_followed,
)
from follow_anything.evaluation.tracking.formats import find_sequences
from follow_anything.evaluation.tracking.metrics import auroc, measure
from follow_anything.evaluation.tracking.results import (
    is_done,
    load_run,
    peak_memory_mb,
    Run,
    save_run,
)
from follow_anything.models.registry import build_tracker, TRACKERS
import numpy as np

__all__ = [
    'MEANS',
    'Job',
    'evaluate',
    'presence_auroc',
    'read_runs',
    'report_figures',
    'row_of',
    'run_job',
    'run_sequence',
    'summarize',
    'work_list',
]

MEANS = ('ao', 'auc', 'p20', 'norm', 'sr50', 'sr75', 'failure', 'last')
"""What a summary averages over sequences."""


@dataclass(frozen=True)
class Job:
    """
    One tracker on one sequence; small, because it travels to a worker.

    :param follow: with the judge and the detector, as `track` follows; else the tracker alone.
    :param start: of Sequence.started().
    """

    dataset: Path
    layout: str
    sequence: str
    tracker: str
    out: Path
    follow: bool = False
    start: int = 0

    @property
    def label(self) -> str:
        """Return what its results are called."""
        return f'{self.tracker}-followed' if self.follow else self.tracker

    @property
    def folder(self) -> str:
        """Return where its results are: each start has its own."""
        return f'{self.label}-start{self.start}' if self.start else self.label


def run_sequence(tracker: Tracker, sequence: Sequence) -> Run:
    """Run a tracker over a sequence; decoding is not counted in its time."""
    count = len(sequence)
    boxes, presence = np.full((count, 4), np.nan), np.full(count, np.nan)
    seconds = np.zeros(count)
    boxes[0] = sequence.boxes[0]
    for number, frame in enumerate(sequence.frames()):
        began = time.perf_counter()
        if number == 0:
            tracker.initialize(frame, Box.from_xywh(*sequence.boxes[0]))
            seconds[0] = time.perf_counter() - began
            continue
        track = tracker.track(frame)
        seconds[number] = time.perf_counter() - began
        presence[number] = track.presence
        if track.box is not None:
            boxes[number] = track.box.xywh
    return Run(boxes, presence, seconds, peak_memory_mb())


def run_job(job: Job) -> Job:
    """Do one job, in whatever process this is: on one thread, so that speeds can be compared."""
    cv2.setNumThreads(1)
    sequence = find_sequences(job.dataset, job.layout)[job.sequence]().started(job.start)
    if job.follow:
        run = run_followed(job.tracker, sequence)
    else:
        run = run_sequence(build_tracker(job.tracker), sequence)
    save_run(job.out, job.layout, job.folder, job.sequence, run)
    return job


def work_list(
    dataset: Path,
    layout: str,
    trackers: SequenceOf[str],
    out: Path,
    names: SequenceOf[str] = (),
    *,
    follow: bool = False,
    starts: int = 1,
) -> list[Job]:
    """
    Return every job, done or not.

    :param names: of sequences; none: all. :param follow: as `track` follows.
    :param starts: first boxes of each sequence: that of the dataset, and some a little aside.
    :raises BadConfig: a tracker or a sequence does not exist.
    """
    unknown = [name for name in trackers if name not in TRACKERS]
    if unknown or not trackers:
        raise BadConfig(f'tracker must be one of {", ".join(sorted(TRACKERS))}; got {unknown}')
    found = list(find_sequences(dataset, layout))
    strange = sorted(set(names) - set(found))
    if strange:
        raise BadConfig(f'{dataset} has no sequence {", ".join(strange)}; it has {found}')
    wanted = [name for name in found if not names or name in names]
    return [
        Job(dataset, layout, name, tracker, out, follow, start)
        for tracker in trackers
        for name in wanted
        for start in range(starts)
    ]


def _executor(processes: int, dask: str) -> Executor:
    """Return local processes, or the workers of a Dask cluster that see the same folders."""
    if not dask:
        # fork would copy the state of cv2's and onnxruntime's threads
        return ProcessPoolExecutor(processes, multiprocessing.get_context('spawn'))
    try:
        from dask.distributed import Client
    except ImportError as error:
        raise MissingDependency(
            'a cluster needs Dask; install it with: pip install "dask[distributed]"'
        ) from error
    executor: Executor = Client(dask).get_executor()
    return executor


def evaluate(
    jobs: SequenceOf[Job],
    processes: int = 1,
    dask: str = '',
    progress: Callable[[int, int, Job], None] | None = None,
    ray: str = '',
) -> None:
    """
    Do the jobs that are not done.

    :param processes: workers; 1: in this process. :param dask: address of a scheduler instead.
    :param progress: called with jobs done, all jobs, and the job just done.
    :param ray: address of a Ray cluster instead, or 'local'.
    """
    left = [job for job in jobs if not is_done(job.out, job.folder, job.sequence)]
    done = len(jobs) - len(left)

    def report(job: Job) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, len(jobs), job)

    if ray:
        for job in on_ray(run_job, left, ray, processes) if left else ():
            report(job)
        return
    if processes <= 1 and not dask:
        for job in left:
            report(run_job(job))
        return
    with _executor(processes, dask) as executor:
        for future in as_completed([executor.submit(run_job, job) for job in left]):
            report(future.result())


def row_of(run: Run, sequence: Sequence, tracker: str) -> dict[str, Any]:
    """
    Compare a run with the truth: flat figures of one sequence.

    :returns: without figures of accuracy where a server keeps the truth.
    """
    row: dict[str, Any] = {'tracker': tracker, 'sequence': sequence.name}
    row |= {'frames': len(sequence), 'fps': run.fps, 'memory_mb': run.memory_mb}
    row['attributes'] = list(sequence.attributes)
    if not sequence.is_known:
        return row
    row |= asdict(measure(run.boxes, sequence.boxes))
    if run.moves is not None:
        row |= follow_figures(run.moves, run.boxes, sequence.boxes)
    return row


def presence_auroc(pairs: Iterable[tuple[Run, Sequence]]) -> float:
    """
    Tell how well presence separates visible frames from hidden ones, all sequences together.

    :returns: nan when the target is never hidden.
    """
    scores, labels = [np.zeros(0)], [np.zeros(0, bool)]
    for run, sequence in pairs:
        visible, hidden = (flags[1:] for flags in sequence.seen())
        known = visible | hidden
        scores.append(run.presence[1:][known])
        labels.append(visible[known])
    return auroc(np.concatenate(scores), np.concatenate(labels))


def summarize(rows: SequenceOf[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """
    Return, for each tracker, means over sequences, median speed and largest memory.

    With several starts also 'ao_spread', the standard deviation of their means.
    """
    result: dict[str, dict[str, Any]] = {}
    for tracker in dict.fromkeys(row['tracker'] for row in rows):
        mine = [row for row in rows if row['tracker'] == tracker]
        known = [row for row in mine if 'ao' in row]
        first = [row for row in mine if row['start'] == 0]
        result[tracker] = {
            'sequences': len(first),
            'frames': sum(row['frames'] for row in first),
            **{key: _mean(known, key) for key in (*MEANS, *FIGURES) if known and key in known[0]},
            'fps': float(np.median([row['fps'] for row in mine])),
            'memory_mb': max(row['memory_mb'] for row in mine),
        }
        starts = {row['start'] for row in known}
        if len(starts) > 1:
            means = [_mean([r for r in known if r['start'] == start], 'ao') for start in starts]
            result[tracker]['ao_spread'] = float(np.std(means, ddof=1))
    return result


def _mean(rows: SequenceOf[dict[str, Any]], key: str) -> float:
    return float(np.mean([row[key] for row in rows]))


def read_runs(jobs: SequenceOf[Job]) -> Iterator[tuple[Job, Run, Sequence]]:
    """Yield what is done: the job, what the tracker said, and the truth."""
    data: dict[tuple[Path, str], Sequence] = {}
    for job in jobs:
        run = load_run(job.out, job.folder, job.sequence)
        if run is None:
            continue
        key = job.dataset, job.sequence
        if key not in data:
            data[key] = find_sequences(job.dataset, job.layout)[job.sequence]()
        yield job, run, data[key]


def report_figures(jobs: SequenceOf[Job]) -> dict[str, Any]:
    """
    Return everything measured: 'trackers' (means, presence_auroc) and 'sequences' (rows).

    Of what was followed also 'ece', the expected calibration error of the probability reported,
    over all pictures, and 'reliability', the counts that it was computed of.
    """
    rows: list[dict[str, Any]] = []
    pairs: dict[str, list[tuple[Run, Sequence]]] = {}
    for job, run, sequence in read_runs(jobs):
        rows.append(row_of(run, sequence, job.label) | {'start': job.start})
        pairs.setdefault(job.label, []).append((run, sequence))
    summary = summarize(rows)
    for tracker, mine in pairs.items():
        value = presence_auroc(mine)
        summary[tracker]['presence_auroc'] = None if np.isnan(value) else value
        if all(run.moves is not None for run, _ in mine):
            counts = merged([reliability_of(run, sequence.boxes) for run, sequence in mine])
            summary[tracker] |= {'ece': calibration_error(counts), 'reliability': counts}
    return {'trackers': summary, 'sequences': rows}
