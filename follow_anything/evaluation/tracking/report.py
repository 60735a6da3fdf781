# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""One self-contained page about an evaluation: tables, plots, and the worst as filmstrips."""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf
from html import escape
import io
from pathlib import Path
from typing import Any

import cv2
from follow_anything.evaluation.html import picture, table, write_html
from follow_anything.evaluation.tables import number
from follow_anything.evaluation.tracking.dataset import Sequence
from follow_anything.evaluation.tracking.filmstrip import filmstrip
from follow_anything.evaluation.tracking.followed import FIGURES
from follow_anything.evaluation.tracking.metrics import (
    Curves,
    curves,
    ERROR_SHARES,
    ERRORS_PX,
    THRESHOLDS,
)
from follow_anything.evaluation.tracking.one_pass import Job, read_runs, report_figures
from follow_anything.evaluation.tracking.results import Run
import matplotlib as mpl
import numpy as np

__all__ = ['write_report']

WORST = 3
"""Sequences shown as filmstrips, for each tracker."""

COLORS = ('#2b6cb0', '#dd6b20', '#38a169', '#805ad5', '#e53e3e', '#718096', '#d69e2e', '#319795')

NAMES = {
    'ao': 'AO',
    'ao_spread': 'AO ±',
    'auc': 'AUC',
    'p20': 'P20',
    'norm': 'P norm',
    'sr50': 'SR50',
    'sr75': 'SR75',
    'failure': 'time to failure',
    'last': 'last tenth',
    **{key: key for key in FIGURES},
    'ece': 'ECE',
    'presence_auroc': 'presence AUROC',
    'fps': 'frames/s',
    'memory_mb': 'MB',
}


LEGEND = (
    'AO: average overlap; ±: standard deviation over first boxes that are a little aside, where '
    'there are several. AUC: area under the success curve. P20: share of centre errors up to 20 '
    'px. P norm: the same in target sizes, area up to one half. SR50, SR75: share of overlaps '
    'above .50, .75. Time to failure: share of a sequence before the first ten frames in a row '
    'with an overlap below .1. Last tenth: AO there. Presence AUROC: how well the score '
    'separates visible frames from hidden ones, sequences together. Right, wrong, stands: '
    'shares of the frames in which a robot would have followed the target (overlap .1), would '
    'have followed something else, and would have stood; stops: how often in 100 frames it '
    'would have stopped. ECE: how far the probability reported is from the share of boxes on '
    'the target. All others are means over sequences; frames a second are the median, on one '
    'thread, without decoding.'
)


def _cells(values: SequenceOf[float | None]) -> list[str]:
    """Write a row of shares, the best of them in bold."""
    known = [value for value in values if value is not None]
    best = max(known) if len(known) > 1 else None
    return [
        f'<span class="best">{number(value)}</span>' if value == best else number(value)
        for value in values
    ]


def _plots(lines: dict[str, list[Curves]]) -> bytes:
    """Draw success, precision and normalised precision, averaged over sequences; PNG."""
    mpl.use('Agg')
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(13, 4.2))
    parts = (
        ('success', THRESHOLDS, 'overlap above', 'Success'),
        ('precision', ERRORS_PX, 'centre error up to [px]', 'Precision'),
        ('norm', ERROR_SHARES, 'error up to [target sizes]', 'Normalised precision'),
    )
    for panel, (name, across, label, title) in zip(axes, parts, strict=True):
        for number_, (tracker, many) in enumerate(lines.items()):
            mean = np.mean([getattr(one, name) for one in many], axis=0)
            value = mean[20] if name == 'precision' else mean.mean()
            color = COLORS[number_ % len(COLORS)]
            panel.plot(across, mean, color=color, label=f'{tracker} [{number(value)}]')
        panel.set(xlabel=label, title=title, ylim=(0, 1), xlim=(across[0], across[-1]))
        panel.grid(alpha=0.25)
        panel.legend(frameon=False, loc='lower left' if name == 'success' else 'lower right')
    axes[0].set_ylabel('share of frames')
    figure.tight_layout()
    target = io.BytesIO()
    figure.savefig(target, format='png', dpi=110)
    plt.close(figure)
    return target.getvalue()


def _by_attribute(rows: SequenceOf[dict[str, Any]], trackers: SequenceOf[str]) -> str:
    names = sorted({name for row in rows for name in row['attributes']})
    lines = []
    for name in names:
        chosen = [row for row in rows if name in row['attributes']]
        count = len({row['sequence'] for row in chosen})
        means = [
            float(np.mean([row['auc'] for row in chosen if row['tracker'] == tracker]))
            for tracker in trackers
        ]
        lines.append([f'{escape(name)} ({count})', *_cells(means)])
    return table(['AUC by attribute', *trackers], lines) if lines else ''


def _per_sequence(rows: SequenceOf[dict[str, Any]], trackers: SequenceOf[str]) -> str:
    value = {(row['sequence'], row['tracker']): row['ao'] for row in rows}
    names = sorted({row['sequence'] for row in rows})
    lines = [[escape(n), *_cells([value.get((n, t)) for t in trackers])] for n in names]
    return table(['AO by sequence', *trackers], lines)


def _worst(
    tracker: str, rows: SequenceOf[dict[str, Any]], data: dict[str, Sequence], runs: dict[Any, Run]
) -> str:
    parts = [f'<h2>Where {escape(tracker)} fails</h2>']
    for row in sorted(rows, key=lambda row: float(row['ao']))[:WORST]:
        name = row['sequence']
        strip = filmstrip(data[name], runs[tracker, name].boxes)
        _, packed = cv2.imencode('.jpg', strip[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
        caption = f'{name}: AO {number(row["ao"])}'
        parts.append(f'<p>{escape(caption)}</p>{picture("jpeg", packed.tobytes(), caption)}')
    return '\n'.join(parts)


def write_report(path: Path, jobs: SequenceOf[Job], title: str) -> None:
    """
    Write the page about every job that is done.

    Means are over all starts; rows, curves and pictures are of the first box of the dataset.

    :param path: of the HTML file; pictures are inside it.
    """
    data, runs = {}, {}
    for job, run, sequence in read_runs([job for job in jobs if job.start == 0]):
        data[job.sequence] = sequence
        runs[job.label, job.sequence] = run
    figures = report_figures(jobs)
    summary = figures['trackers']
    rows = [row for row in figures['sequences'] if row['start'] == 0]
    known = [row for row in rows if 'ao' in row]
    keys = [key for key in NAMES if any(s.get(key) is not None for s in summary.values())]
    means_of = [
        [
            escape(tracker),
            str(means['sequences']),
            *(
                f'{means[key]:.0f}' if key in ('fps', 'memory_mb') else number(means.get(key))
                for key in keys
            ),
        ]
        for tracker, means in summary.items()
    ]
    trackers = list(summary)
    lines = {
        tracker: [
            curves(runs[tracker, row['sequence']].boxes, data[row['sequence']].boxes)
            for row in known
            if row['tracker'] == tracker
        ]
        for tracker in trackers
    }
    parts = [
        f'<h1>{escape(title)}</h1>',
        table(['tracker', 'sequences', *(NAMES[key] for key in keys)], means_of),
        f'<p class="note">{LEGEND}</p>',
    ]
    if known:
        parts += [
            picture('png', _plots(lines), 'success and precision'),
            _by_attribute(known, trackers),
            _per_sequence(known, trackers),
            '<p class="note">Filmstrips: green the truth, orange what the tracker said; the frame '
            'and its overlap above.</p>',
        ]
        for tracker in trackers:
            mine = [row for row in known if row['tracker'] == tracker]
            parts.append(_worst(tracker, mine, data, runs))
    write_html(path, title, parts)
