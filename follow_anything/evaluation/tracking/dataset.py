# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Sequences: a video with its ground truth. formats.py reads them from disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
from follow_anything.core.errors import SourceError
from follow_anything.core.types import Frame
import numpy as np

__all__ = [
    'HIDDEN_SHARE',
    'VISIBLE_SHARE',
    'Sequence',
    'list_images',
    'read_boxes',
    'read_flags',
    'read_numbers',
]

VISIBLE_SHARE = 0.25
"""A target counts as visible when at least this share of it can be seen."""

HIDDEN_SHARE = 0.02
"""And as hidden when no more than this can; in between it is neither."""

START_PX = 0.3
"""How far the edges of other first boxes are aside: less than people agree where an edge is."""

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp')


def read_numbers(path: Path) -> list[list[float]]:
    """
    Read rows of numbers, separated by commas, tabs or spaces; empty lines are left out.

    :raises SourceError: the file is not there, or a field is not a number.
    """
    try:
        lines = path.read_text(encoding='utf-8', errors='replace').splitlines()
    except OSError as error:
        raise SourceError(f'{path} cannot be read: {error.strerror}') from error
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            rows.append([float(field) for field in line.replace(',', ' ').split()])
        except ValueError as error:
            raise SourceError(
                f'{path}:{number}: expected numbers; got {line.strip()!r}'
            ) from error
    return rows


def read_boxes(path: Path) -> np.ndarray:
    """
    Read ground truth, one box a line.

    A line holds x, y, width, height, or the corners of a polygon (eight numbers), of which the
    box of the same centre and area becomes the truth, as in the evaluation of VOT's polygons.

    :returns: float (N, 4), x y width height in pixels; nan or a size <= 0: target absent.
    :raises SourceError: a line holds something else, or there is none.
    """
    rows = []
    for number, row in enumerate(read_numbers(path), start=1):
        if len(row) not in (4, 8):
            raise SourceError(f'{path}:{number}: expected x,y,width,height; got {row}')
        rows.append(row if len(row) == 4 else _upright(np.array(row)))
    if not rows:
        raise SourceError(f'{path} holds no boxes')
    return np.asarray(rows, float)


def _upright(corners: np.ndarray) -> list[float]:
    """Box around a polygon's centre with the polygon's area and its bounding box's shape."""
    x, y = corners[0::2], corners[1::2]
    area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    width, height = np.ptp(x), np.ptp(y)
    shrink = np.sqrt(area / max(width * height, 1e-9))
    width, height = width * shrink, height * shrink
    return [x.mean() - width / 2, y.mean() - height / 2, width, height]


def read_flags(path: Path) -> np.ndarray:
    """Read zeros and ones, in one line or one a line, as bool (N,)."""
    return np.asarray(np.array([v for row in read_numbers(path) for v in row], float) != 0)


def list_images(folder: Path) -> list[Path]:
    """
    Return the images of a folder by their number; names that are not numbers by name.

    :raises SourceError: there is no such folder.
    """
    if not folder.is_dir():
        raise SourceError(f'{folder} is not there; expected a folder of images')
    found = [path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES]
    return sorted(found, key=lambda p: (int(p.stem) if p.stem.isdigit() else -1, p.name))


@dataclass(frozen=True)
class Sequence:
    """
    One video with its ground truth.

    :param images: paths of the frames, in order.
    :param boxes: float (N, 4), x y width height in pixels, one row a frame; nan: absent or, after
        the first row of a sequence whose truth a server keeps, unknown.
    :param language: what the target is called, where the dataset says so.
    :param attributes: what makes it difficult, in the dataset's own words.
    :param visibility: float (N,), share of the target that can be seen, where it is known.
    """

    name: str
    images: tuple[Path, ...]
    boxes: np.ndarray
    language: str = ''
    attributes: tuple[str, ...] = ()
    visibility: np.ndarray | None = None

    def __post_init__(self) -> None:
        if len(self.images) != len(self.boxes) or len(self.images) < 2:
            raise SourceError(
                f'sequence {self.name} needs at least two frames, and a box for each; got '
                f'{len(self.images)} images and {len(self.boxes)} boxes'
            )
        if not np.isfinite(self.boxes[0]).all() or (self.boxes[0, 2:] <= 0).any():
            raise SourceError(f'sequence {self.name} has no box in its first frame')

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.images)

    @property
    def is_known(self) -> bool:
        """Whether there is truth to compare with after the first frame."""
        return bool(np.isfinite(self.boxes[1:]).any())

    def started(self, number: int) -> Sequence:
        """
        Return it with another first box, whose edges are START_PX aside (standard deviation).

        :param number: of the start, the seed of chance; 0: the first box as it is.
        """
        if number == 0:
            return self
        x, y, width, height = self.boxes[0]
        corners = np.array([x, y, x + width, y + height])
        x1, y1, x2, y2 = corners + np.random.default_rng(number).normal(0.0, START_PX, 4)
        boxes = self.boxes.copy()
        boxes[0] = x1, y1, max(x2 - x1, 1.0), max(y2 - y1, 1.0)
        return replace(self, boxes=boxes)

    def seen(self) -> tuple[np.ndarray, np.ndarray]:
        """Tell where the target is visible and where it is hidden, two bool (N,)."""
        if self.visibility is None:
            there = np.isfinite(self.boxes[:, 0]) & (self.boxes[:, 2:] > 0).all(1)
            return there, ~there
        return self.visibility >= VISIBLE_SHARE, self.visibility <= HIDDEN_SHARE

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
