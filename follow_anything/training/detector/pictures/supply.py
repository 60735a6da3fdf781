# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Batches for the joint training: photographs as a camera sees them, beside drawn scenes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
from follow_anything.io.labelled_photos import Photo
from follow_anything.models.detection.tiny.image import CANVAS_PX, STRIDES
from follow_anything.training.detector.pictures.camera import boxes_to_cells, degrade, shoot
from follow_anything.training.detector.pictures.photos import Names
from follow_anything.training.detector.pictures.scene import Scene
import numpy as np
import torch
from torch import Tensor

__all__ = ['Batch', 'Drawn', 'Supply', 'cells_of', 'write_drawn']

DRAWN_SHARE = 0.5
SIDES, SIDE_ODDS = (256, 320, CANVAS_PX), (0.35, 0.35, 0.3)
"""Sides of the canvas, and how often: smaller ones cost less, and show less."""

WEAK = 0.15
"""How surely something unlabelled is no other thing that was never labelled there."""

NOBODY_LABELLED, WELL_LABELLED, MANY_COMPLETE = 0.3, 1.0, 3
"""How surely nothing is where nothing is labelled: usually, and where many names are complete."""

RARE, MOST_OFTEN = 0.03, 2.5
"""Pictures of names rarer than this share are drawn more often, up to so many times."""


@dataclass(frozen=True)
class Batch:
    """
    Pictures and what is in them.

    :param images: uint8 (B, S, S, 3). :param truth: (B, M, 4), zeros where there are fewer.
    :param counts: (B,). :param owner: uint8 (B, N), see boxes_to_cells.
    :param rest: (B,), how surely nothing is where nothing is labelled.
    :param concepts: int64 (B, M), -1: without a name.
    :param absent: (B, V), see Names.absent; for what is not labelled.
    """

    images: np.ndarray
    truth: Tensor
    counts: Tensor
    owner: Tensor
    rest: Tensor
    concepts: Tensor
    absent: Tensor


@dataclass(frozen=True)
class _Row:
    image: np.ndarray
    boxes: np.ndarray
    owner: np.ndarray
    rest: float
    concepts: np.ndarray
    absent: np.ndarray


def cells_of(side: int) -> np.ndarray:
    """Return x, y of the middle and stride of every cell of a square canvas, float32 (N, 3)."""
    parts = []
    for stride in STRIDES:
        middle = (np.arange(side // stride) + 0.5) * stride
        x, y = np.meshgrid(middle, middle)
        parts.append(np.stack([x.ravel(), y.ravel(), np.full(x.size, stride)], 1))
    return np.asarray(np.concatenate(parts).astype(np.float32))


def write_drawn(scenes: Iterator[Scene], out: Path, count: int, most: int) -> None:
    """
    Keep drawn scenes as pictures with their labels, once.

    :param count: of the scenes. :param most: boxes of each that are kept.
    """
    if (out / 'counts.npy').exists():
        return
    out.mkdir(parents=True, exist_ok=True)
    shape = (count, CANVAS_PX, CANVAS_PX)
    mapped: Callable[..., np.ndarray] = np.lib.format.open_memmap  # numpy leaves it untyped
    images = mapped(out / 'images.npy', 'w+', np.uint8, (*shape, 3))
    owners = mapped(out / 'owners.npy', 'w+', np.uint8, shape)
    boxes = np.zeros((count, most, 4), np.float32)
    concepts = np.full((count, most), -1, np.int64)
    counts = np.zeros(count, np.int64)
    for number, scene in zip(range(count), scenes, strict=False):
        kept = min(len(scene.boxes), most)
        images[number], owners[number] = scene.image, scene.owner
        boxes[number, :kept], concepts[number, :kept] = scene.boxes[:kept], scene.concepts[:kept]
        counts[number] = kept
    np.save(out / 'boxes.npy', boxes)
    np.save(out / 'concepts.npy', concepts)
    np.save(out / 'counts.npy', counts)


class Drawn:
    """
    Drawn scenes of a folder.

    :param folder: of write_drawn. :param numbers: of the concepts that its numbers mean.
    """

    def __init__(self, folder: Path, numbers: np.ndarray) -> None:
        self.images = np.load(folder / 'images.npy', mmap_mode='r')
        self._owners = np.load(folder / 'owners.npy', mmap_mode='r')
        self._boxes, self._counts = np.load(folder / 'boxes.npy'), np.load(folder / 'counts.npy')
        concepts = np.load(folder / 'concepts.npy')
        self._concepts = np.where(concepts >= 0, numbers[concepts.clip(0)], -1)

    def row(self, number: int, side: int, concepts: int, flip: bool) -> _Row:
        """Return one scene on a canvas of some side."""
        image, owner = np.asarray(self.images[number]), np.asarray(self._owners[number])
        count = self._counts[number]
        boxes = self._boxes[number, :count] * np.float32(side / CANVAS_PX)
        if flip:
            image, owner = image[:, ::-1], owner[:, ::-1]
            boxes[:, [2, 0]] = side - boxes[:, [0, 2]]
        if side != CANVAS_PX:
            image = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
            owner = cv2.resize(owner, (side, side), interpolation=cv2.INTER_NEAREST)
        seen = np.concatenate([owner[s // 2 :: s, s // 2 :: s].ravel() for s in STRIDES])
        # more things than were kept are unknown
        seen = np.where(seen > count, 255, seen).astype(np.uint8)
        named = self._concepts[number, :count]
        return _Row(image, boxes, seen, 1.0, named, np.ones(concepts, np.float32))


class Supply:
    """
    An endless supply of batches.

    :param photos: to learn from. :param names: what their names teach. :param drawn: scenes.
    """

    def __init__(self, photos: Sequence[Photo], names: Names, drawn: Drawn | None) -> None:
        self._photos, self._names, self._drawn = photos, names, drawn
        self._cells = {side: cells_of(side) for side in SIDES}
        odds = np.array(_odds(photos))
        self._odds = odds / odds.sum()

    def batch(self, rng: np.random.Generator, count: int) -> Batch:
        """Draw so many pictures, all on canvases of one side."""
        side = int(rng.choice(SIDES, p=SIDE_ODDS))
        rows = []
        for _ in range(count):
            if self._drawn is not None and rng.random() < DRAWN_SHARE:
                number = int(rng.integers(len(self._drawn.images)))
                flip = bool(rng.random() < 0.5)
                width = self._names.targets.shape[0]
                rows.append(self._drawn.row(number, side, width, flip))
            else:
                rows.append(self._photo(rng, side))
        return _joined(rows)

    def _photo(self, rng: np.random.Generator, side: int) -> _Row:
        photo = self._photos[rng.choice(len(self._photos), p=self._odds)]
        shot = shoot(rng, photo.read(), photo.boxes, side)
        many = len(photo.complete) >= MANY_COMPLETE
        return _Row(
            degrade(rng, shot.image),
            shot.boxes,
            boxes_to_cells(shot, self._cells[side]),
            WELL_LABELLED if many else NOBODY_LABELLED,
            self._names.concepts(photo)[shot.kept],
            self._names.absent(photo, WEAK),
        )


def _odds(photos: Sequence[Photo]) -> list[float]:
    """Return how often each photograph is drawn: those of rare names more often."""
    met = Counter(name for photo in photos for name in set(photo.names))
    share = {name: count / len(photos) for name, count in met.items()}
    return [
        max(
            (min(MOST_OFTEN, max(1.0, (RARE / share[n]) ** 0.5)) for n in photo.names), default=1.0
        )
        for photo in photos
    ]


def _joined(rows: list[_Row]) -> Batch:
    most = max(1, *(len(row.boxes) for row in rows))
    truth = np.zeros((len(rows), most, 4), np.float32)
    concepts = np.full((len(rows), most), -1, np.int64)
    for number, row in enumerate(rows):
        truth[number, : len(row.boxes)] = row.boxes
        concepts[number, : len(row.boxes)] = row.concepts
    return Batch(
        np.stack([row.image for row in rows]),
        torch.from_numpy(truth),
        torch.tensor([len(row.boxes) for row in rows]),
        torch.from_numpy(np.stack([row.owner for row in rows])),
        torch.tensor([row.rest for row in rows]),
        torch.from_numpy(concepts),
        torch.from_numpy(np.stack([row.absent for row in rows])),
    )
