# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
One-pass evaluation: initialise on the first box, never again, compare every later frame.

    python -m follow_anything.evaluation.one_pass DATASET --tracker tiny,csrt --json out.json
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
import json
from pathlib import Path
import time

import cv2
from follow_anything.core.types import Box
from follow_anything.evaluation.dataset import find_sequences, read_sequence, Sequence
from follow_anything.evaluation.metrics import measure
from follow_anything.models.base import Tracker
import numpy as np

__all__ = ['BUILDERS', 'main', 'run_sequence']


def _tiny() -> Tracker:
    from follow_anything.models.tracking.tiny import TinyTracker

    return TinyTracker()


def _csrt() -> Tracker:
    from follow_anything.models.tracking.opencv import CsrtTracker

    return CsrtTracker()


BUILDERS: dict[str, Callable[[], Tracker]] = {'tiny': _tiny, 'csrt': _csrt}


def run_sequence(
    tracker: Tracker,
    sequence: Sequence,
) -> tuple[np.ndarray, np.ndarray, float]:
    """
    Run one tracker over one sequence.

    :returns: boxes (N, 4) as x y width height, nan where it says nothing; presence (N,); frames
        per second spent in track() alone, decoding not counted.
    """
    boxes = np.full((len(sequence), 4), np.nan)
    presence = np.full(len(sequence), np.nan)
    boxes[0] = sequence.boxes[0]
    spent = 0.0
    for number, frame in enumerate(sequence.frames()):
        if number == 0:
            tracker.initialize(frame, Box.from_xywh(*sequence.boxes[0]))
            continue
        begin = time.perf_counter()
        track = tracker.track(frame)
        spent += time.perf_counter() - begin
        presence[number] = track.presence
        if track.box is not None:
            boxes[number] = track.box.xywh
    return boxes, presence, (len(sequence) - 1) / max(spent, 1e-9)


def main(arguments: list[str] | None = None) -> None:
    """Evaluate trackers on a folder of sequences and print a table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument('dataset', type=Path)
    parser.add_argument('--tracker', default='tiny', help=f'of {", ".join(BUILDERS)}, commas')
    parser.add_argument('--json', type=Path, help='write every figure to this file')
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    rows = []
    for name in options.tracker.split(','):
        for folder in find_sequences(options.dataset):
            sequence = read_sequence(folder)
            boxes, _, rate = run_sequence(BUILDERS[name](), sequence)
            row = {'tracker': name, 'sequence': sequence.name, 'fps': rate}
            row |= asdict(measure(boxes, sequence.boxes))
            rows.append(row)
            print(
                f'{name:8s} {sequence.name:20s} AO {row["ao"]:.3f} AUC {row["auc"]:.3f} '
                f'P20 {row["p20"]:.3f} last {row["last"]:.2f} fps {rate:.0f}',
                flush=True,
            )
        mine = [row for row in rows if row['tracker'] == name]
        means = ' '.join(
            f'{key.upper()} {np.mean([row[key] for row in mine]):.3f}'
            for key in ('ao', 'auc', 'p20', 'sr50')
        )
        speed = np.median([row['fps'] for row in mine])
        print(f'{name:8s} mean of {len(mine)} sequences: {means} fps {speed:.0f}')
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == '__main__':
    main()
