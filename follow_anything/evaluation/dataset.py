# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Sequences on disk: <dataset>/<name>/img/*.jpg and <dataset>/<name>/groundtruth.txt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
from follow_anything.core.errors import SourceError
from follow_anything.core.types import Frame
import numpy as np

__all__ = ['Sequence', 'find_sequences', 'read_boxes', 'read_sequence']

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp')


def read_boxes(path: Path) -> np.ndarray:
    """
    Read ground truth, one box a line, separated by commas, tabs or spaces.

    :returns: float (N, 4), x y width height in pixels; nan or a size <= 0: target absent.
    :raises SourceError: a line does not hold four numbers.
    """
    rows = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip():
            continue
        fields = line.replace(',', ' ').split()
        try:
            row = [float(field) for field in fields]
        except ValueError:
            row = []
        if len(row) != 4:
            raise SourceError(f'{path}:{number}: expected x,y,width,height; got {line.strip()!r}')
        rows.append(row)
    if not rows:
        raise SourceError(f'{path} holds no boxes')
    return np.asarray(rows, float)


@dataclass(frozen=True)
class Sequence:
    """
    One video with its ground truth.

    :param images: paths of the frames, in order.
    :param boxes: float (N, 4), x y width height in pixels, one row a frame.
    """

    name: str
    images: tuple[Path, ...]
    boxes: np.ndarray

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.images)

    def frames(self, rate: float = 30.0) -> Iterator[Frame]:
        """
        Decode frame by frame.

        :param rate: frames per second, for the stamps.
        :raises SourceError: a file is not an image.
        """
        for number, path in enumerate(self.images):
            image = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if image is None:
                raise SourceError(f'{path} cannot be read as an image')
            yield Frame(number / rate, cv2.cvtColor(image, cv2.COLOR_BGR2RGB))


def read_sequence(folder: Path) -> Sequence:
    """
    Open one sequence; frames without a box and boxes without a frame are left out.

    :raises SourceError: the folder has no img/ or no groundtruth.txt.
    """
    truth, images = folder / 'groundtruth.txt', folder / 'img'
    if not truth.is_file() or not images.is_dir():
        raise SourceError(f'{folder} needs img/ and groundtruth.txt')
    paths = [p for p in sorted(images.iterdir()) if p.suffix.lower() in IMAGE_SUFFIXES]
    boxes = read_boxes(truth)
    count = min(len(paths), len(boxes))
    if count < 2:
        raise SourceError(f'{folder} needs at least two frames with boxes, got {count}')
    return Sequence(folder.name, tuple(paths[:count]), boxes[:count])


def find_sequences(dataset: Path) -> list[Path]:
    """
    List the sequence folders of a dataset, sorted by name.

    :raises SourceError: there are none.
    """
    found = sorted(p.parent for p in dataset.glob('*/groundtruth.txt')) if dataset.is_dir() else []
    if not found:
        raise SourceError(f'no sequences in {dataset}: expected <name>/img/ and groundtruth.txt')
    return found
