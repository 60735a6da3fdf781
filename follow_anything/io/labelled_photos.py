# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
A folder of labelled photographs, for training and for evaluation.

It holds `labels.jsonl` (a line a picture: image, source, split, boxes of a name and x y width
height), `sources.json` (a list of sources; `complete` of each: the names that are labelled
throughout) and the pictures. Labels are partial: what nobody labelled may be anything, but for the
names that are complete.
"""

from __future__ import annotations

from dataclasses import dataclass
import json
from pathlib import Path

import cv2
from follow_anything.core.errors import SourceError
from follow_anything.core.types import FloatArray, UInt8Array
import numpy as np

__all__ = ['Photo', 'read_photos']


@dataclass(frozen=True)
class Photo:
    """
    One labelled photograph.

    :param path: of the picture. :param source: its name. :param names: of the boxes.
    :param boxes: float32 (N, 4), x1 y1 x2 y2, pixels. :param complete: names labelled throughout.
    """

    path: Path
    source: str
    names: tuple[str, ...]
    boxes: FloatArray
    complete: tuple[str, ...]

    def read(self) -> UInt8Array:
        """Return the picture, uint8 (H, W, 3), RGB; SourceError when it cannot be read."""
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if image is None:
            raise SourceError(f'{self.path} is no picture that OpenCV can read')
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))


def read_photos(folder: Path, split: str = '') -> list[Photo]:
    """
    Read the labels of a folder of photographs.

    :param split: train or val; '' for all.
    :raises SourceError: there is no labels.jsonl or sources.json, or a line lacks something.
    """
    labels, sources = folder / 'labels.jsonl', folder / 'sources.json'
    for path in (labels, sources):
        if not path.is_file():
            raise SourceError(f'a folder of photographs needs {path.name}; there is no {path}')
    facts = json.loads(sources.read_text(encoding='utf-8'))
    complete = {fact['name']: tuple(fact.get('complete', ())) for fact in facts}
    result = []
    for number, line in enumerate(labels.read_text(encoding='utf-8').splitlines(), 1):
        row = json.loads(line)
        missing = {'image', 'source', 'split', 'boxes'} - set(row)
        if missing:
            raise SourceError(f'line {number} of {labels} lacks {", ".join(sorted(missing))}')
        if split and row['split'] != split:
            continue
        sides = np.array([box['xywh'] for box in row['boxes']], np.float32).reshape(-1, 4)
        boxes = np.hstack([sides[:, :2], sides[:, :2] + sides[:, 2:]])
        names = tuple(box['name'] for box in row['boxes'])
        source = row['source']
        result.append(Photo(folder / row['image'], source, names, boxes, complete.get(source, ())))
    return result
