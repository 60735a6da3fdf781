# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A folder of labelled photographs, drawn by the tests themselves."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

__all__ = ['BLUE', 'RED', 'write_photos']

RED, BLUE = (210, 30, 30), (30, 60, 210)


def write_photos(folder: Path, count: int = 8) -> Path:
    """Write photographs: a red box that is labelled, and a blue disc that nobody labelled."""
    rng = np.random.default_rng(0)
    (folder / 'images').mkdir(parents=True)
    lines = []
    for number in range(count):
        image = rng.integers(90, 130, (120, 160, 3)).astype(np.uint8)
        x, y, w, h = (int(v) for v in (*rng.integers(5, 50, 2), *rng.integers(30, 60, 2)))
        image[y : y + h, x : x + w] = RED
        cv2.circle(image, (135, 30), 18, BLUE, -1)
        name = f'images/{number}.png'
        cv2.imwrite(str(folder / name), image[..., ::-1])
        row = {'image': name, 'source': 'boxes', 'split': 'train' if number else 'val'}
        row['boxes'] = [{'name': 'box', 'xywh': [x, y, w, h]}]
        lines.append(json.dumps(row))
    (folder / 'labels.jsonl').write_text('\n'.join(lines) + '\n')
    facts = [{'name': 'boxes', 'complete': ['box']}]
    (folder / 'sources.json').write_text(json.dumps(facts))
    return folder
