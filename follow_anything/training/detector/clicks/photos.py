# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Close-ups of photographs for the click network.

A photograph's label is a box: it tells the box, and of the mask that nothing of it lies outside
and that it reaches every row and column inside (BoxInst, Tian et al. 2021). Outlines come from
drawn scenes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
from follow_anything.io.labelled_photos import Photo
from follow_anything.models.detection.tiny.close_up import SPREAD, USUAL
from follow_anything.models.detection.tiny.image import CLOSE_UP_PX, CloseUp
from follow_anything.training.detector.pictures.camera import degrade, SQUEEZE
import numpy as np

__all__ = ['PhotoClicks', 'Row']

FROM_A_PHOTO, LEAST_PX = 3, 14.0
"""Things of one photograph that are clicked, and the least shorter side of them."""

AT_THE_MIDDLE, AWAY = 0.4, 0.55
"""Share of clicks in the very middle; how far from it the others are, in half sides."""

LEAST_SIDE, MOST_SIDE = 0.06, 1.8
"""Bounds of the side of a close-up, in longer sides of the picture."""

Row = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.float32, np.float32]
"""Image, mask, known, box, is_object and has_mask of a close-up, as in train.Examples."""


class PhotoClicks:
    """An endless supply of close-ups of photographs."""

    def __init__(self, photos: Sequence[Photo]) -> None:
        self._photos = [photo for photo in photos if len(photo.boxes)]

    def draw(self, rng: np.random.Generator, cells: int) -> Iterator[Row]:
        """
        Yield close-ups of one photograph.

        :param cells: of the mask, along a side.
        """
        photo = self._photos[rng.integers(len(self._photos))]
        image = photo.read()
        stretch = float(np.exp(rng.uniform(*np.log(SQUEEZE))))
        height, width = image.shape[:2]
        wide = max(8, round(width * stretch))
        image = cv2.resize(image, (wide, height), interpolation=cv2.INTER_LINEAR)
        boxes = photo.boxes * np.array([wide / width, 1.0] * 2, np.float32)
        for number in rng.permutation(len(boxes))[:FROM_A_PHOTO]:
            box = boxes[number]
            point = _click(rng, boxes, int(number))
            if (box[2:] - box[:2]).min() < LEAST_PX or point is None:
                continue
            yield _close_up(rng, image, box, point, cells)


def _click(rng: np.random.Generator, boxes: np.ndarray, number: int) -> np.ndarray | None:
    """Draw a click on an object that no smaller object covers; None without such a pixel."""
    box = boxes[number]
    middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    sizes = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    smaller = boxes[sizes < sizes[number]]
    for _ in range(4):
        step = rng.normal(0.0, AWAY / 2, 2).clip(-AWAY, AWAY) * half
        point = middle + (0.0 if rng.random() < AT_THE_MIDDLE else step)
        inside = (point >= smaller[:, :2]) & (point <= smaller[:, 2:])
        if not inside.all(1).any():
            return np.asarray(point)
    return None


def _close_up(
    rng: np.random.Generator, image: np.ndarray, box: np.ndarray, point: np.ndarray, cells: int
) -> Row:
    longer = max(image.shape[:2])
    side = (box[2:] - box[:2]).max() * USUAL * np.exp(rng.normal(0.0, SPREAD))
    side = float(np.clip(side, LEAST_SIDE * longer, MOST_SIDE * longer))
    view = CloseUp(float(point[0]), float(point[1]), side)
    seen = degrade(rng, view.cut(image))
    goal = view.from_picture(box[None])[0]
    if rng.random() < 0.5:
        seen = np.ascontiguousarray(seen[:, ::-1])
        goal[[2, 0]] = CLOSE_UP_PX - goal[[0, 2]]
    middles = (np.arange(cells) + 0.5) * CLOSE_UP_PX / cells
    across = (middles > goal[0]) & (middles < goal[2])
    down = (middles > goal[1]) & (middles < goal[3])
    known = 1.0 - np.outer(down, across).astype(np.float32)
    mask = np.zeros((cells, cells), np.float32)
    return seen, mask, known, goal.astype(np.float32), np.float32(1.0), np.float32(0.0)
