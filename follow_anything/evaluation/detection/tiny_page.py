# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of the tiny detector as tables of the documentation, and a sheet of failures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
from follow_anything.evaluation.detection.tiny import DetectorBench
from follow_anything.evaluation.tables import markdown_table, number
import numpy as np

__all__ = ['FIGURES', 'docs_tables', 'failure_sheet']

FIGURES = (
    ('held_out_recall_20', 0.87, 'recall at IoU 0.5, 20 boxes, meshes never seen'),
    ('image_end', 0.75, 'picture of another view, end to end'),
    ('click_end', 0.95, 'click, end to end'),
    ('held_out_text_known_end', 0.60, 'text, known names on meshes never seen, end to end'),
    ('trained_text_known_end', 0.80, 'text, trained meshes in new scenes, end to end'),
    ('color_name_end', 0.65, 'colour and name, end to end'),
    ('photos_text_top1', 0.65, 'text to photo'),
    ('ms_per_frame', 40.0, 'milliseconds of processor time a frame, one thread'),
)
"""What is wanted: key, target, words."""


def failure_sheet(bench: DetectorBench, path: Path, count: int = 24) -> None:
    """Draw failures, as many of each kind: the truth green, the answer red, the query above."""
    each = count // max(1, len(bench.failures))
    chosen = [row for rows in bench.failures.values() for row in rows[:: -(-len(rows) // each)]]
    tiles = []
    for label, rgb, truth, answer in chosen:
        tile = rgb.copy()
        for box, color in ((truth, (0, 220, 0)), (answer, (230, 0, 0))):
            x1, y1, x2, y2 = (round(v) for v in box)
            cv2.rectangle(tile, (x1, y1), (x2, y2), color, 2)
        bar = np.full((26, tile.shape[1], 3), 255, np.uint8)
        cv2.putText(bar, label, (4, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (0, 0, 0), 1, cv2.LINE_AA)
        tile = np.vstack([bar, tile])
        tiles.append(cv2.resize(tile, (176, 190), interpolation=cv2.INTER_AREA))
    while len(tiles) % 6:
        tiles.append(np.full((190, 176, 3), 255, np.uint8))
    rows = [np.hstack(tiles[k : k + 6]) for k in range(0, len(tiles), 6)]
    if rows:
        sheet = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(path), sheet, [cv2.IMWRITE_JPEG_QUALITY, 82])


def docs_tables(figures: dict[str, Any]) -> str:
    """Return the tables of the documentation: what is wanted and what was measured."""
    rows = []
    for key, target, words in FIGURES:
        value = figures.get(key)
        if value is None:
            continue
        met = value <= target if key.startswith('ms_') else value >= target
        digits = 1 if key.startswith('ms_') else 3
        rows.append((words, number(target, digits), number(value, digits), 'yes' if met else 'no'))
    parts = [markdown_table(('measure', 'wanted', 'measured', 'reached'), rows)]
    listed = {key for key, *_ in FIGURES}
    rest = [
        (f'`{key}`', number(value))
        for key, value in figures.items()
        if isinstance(value, float) and key not in listed
    ]
    parts.append(markdown_table(('other figures', 'measured'), rest))
    for kind in ('held_out', 'trained'):
        header = ('threshold', 'present found', 'absent accepted', '1 s: found', '1 s: accepted')
        single, confirmed = (figures[f'{kind}_curve_{name}'] for name in ('single', 'confirmed'))
        curve = [
            (number(a[0], 2), *(number(v) for v in (*a[1:], *b[1:])))
            for a, b in zip(single, confirmed, strict=True)
        ]
        what = 'meshes never seen' if kind == 'held_out' else 'trained meshes'
        parts.append(f'Present and absent names, {what}:\n\n{markdown_table(header, curve)}')
    if figures.get('photos_missed'):
        parts.append(f'Photos, text -> what was chosen instead: {figures["photos_missed"]}.')
    parts.append(f'{figures["concepts_taught"]} concepts taught; {figures["scenes"]} scenes.')
    return '\n\n'.join(parts)
