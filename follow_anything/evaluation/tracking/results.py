# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Results of trackers as files, in the layout of each dataset's own toolkit.

    lasot, otb, uav123, tlp, folders   TRACKER/NAME.txt                      x,y,w,h a line
    trackingnet                        TRACKER/NAME.txt                      for the server
    got10k                             TRACKER/NAME/NAME_001.txt, NAME_time.txt
    vot                                TRACKER/unsupervised/NAME/NAME_001.txt

Beside them, TRACKER/run/NAME.npz holds boxes, presence and times as they were: it is written last,
and a sequence that has it is not run again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import resource
from typing import Any
import zipfile

from follow_anything.io.files import replaced
import numpy as np

__all__ = ['Run', 'is_done', 'load_run', 'peak_memory_mb', 'save_run']


@dataclass(frozen=True)
class Run:
    """
    One tracker on one sequence.

    :param boxes: float (N, 4), x y width height; nan where it said nothing.
    :param presence: float (N,), its belief that the target is visible; nan in the first frame.
    :param seconds: float (N,), spent in track(); in initialize() for the first frame.
    :param memory_mb: peak memory of the process, MB.
    :param moves: bool (N,), the robot would have moved; None for a tracker alone.
    """

    boxes: np.ndarray
    presence: np.ndarray
    seconds: np.ndarray
    memory_mb: float
    moves: np.ndarray | None = None

    @property
    def fps(self) -> float:
        """Frames a second in track()."""
        return (len(self.seconds) - 1) / max(float(self.seconds[1:].sum()), 1e-9)


def peak_memory_mb() -> float:
    """Return the most memory that this process has had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _run_file(out: Path, tracker: str, name: str) -> Path:
    return out / tracker / 'run' / f'{name}.npz'


def is_done(out: Path, tracker: str, name: str) -> bool:
    """Tell whether a sequence was run to its end."""
    return _run_file(out, tracker, name).is_file()


def _carried_forward(boxes: np.ndarray) -> np.ndarray:
    """Repeat the last box where there is none: evaluation servers want one in every line."""
    said = np.isfinite(boxes[:, 0])
    return np.asarray(boxes[np.maximum.accumulate(np.where(said, np.arange(len(boxes)), 0))])


def _write(path: Path, rows: np.ndarray, head: str = '') -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    body = '\n'.join(','.join(f'{value:.4f}' for value in row) for row in rows)
    path.write_text(f'{head}{body}\n', encoding='utf-8')


def save_run(out: Path, layout: str, tracker: str, name: str, run: Run) -> None:
    """Write the toolkit's files, then our own; the last in one step, so that it is whole."""
    folder = out / tracker
    if layout == 'got10k':
        _write(folder / name / f'{name}_001.txt', _carried_forward(run.boxes))
        _write(folder / name / f'{name}_time.txt', run.seconds[:, None])
    elif layout == 'vot':
        place = folder / 'unsupervised' / name
        # the first line says that the tracker was initialised there
        _write(place / f'{name}_001.txt', _carried_forward(run.boxes)[1:], head='1\n')
        _write(place / f'{name}_001_time.value', run.seconds[:, None])
    elif layout == 'trackingnet':
        _write(folder / f'{name}.txt', _carried_forward(run.boxes))
    else:
        _write(folder / f'{name}.txt', run.boxes)
    path = _run_file(out, tracker, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {
        'boxes': run.boxes,
        'presence': run.presence,
        'seconds': run.seconds,
        'memory_mb': np.array(run.memory_mb),
    }
    if run.moves is not None:
        arrays['moves'] = run.moves
    with replaced(path) as fresh, fresh.open('wb') as file:
        np.savez_compressed(file, **arrays)


def load_run(out: Path, tracker: str, name: str) -> Run | None:
    """Read a run; None when there is none, or its file was cut."""
    try:
        with _run_file(out, tracker, name).open('rb') as file, np.load(file) as saved:
            boxes, presence, seconds = (saved[key] for key in ('boxes', 'presence', 'seconds'))
            moves = saved.get('moves')
            return Run(boxes, presence, seconds, float(saved['memory_mb']), moves)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None
