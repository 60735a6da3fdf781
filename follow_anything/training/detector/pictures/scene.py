# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A training scene: one picture and what is in it, and what can be cut out of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

__all__ = [
    'HIDDEN',
    'LEAST_PX',
    'MIN_VISIBLE',
    'SIDE_PX',
    'Scene',
    'bare_ground',
    'closer',
    'resized',
    'visible_things',
]

SIDE_PX = 320
"""Of a usual scene."""

HIDDEN = 255
"""In Scene.owner: something hardly visible is here, neither object nor background."""

MIN_VISIBLE, LEAST_PX = 0.35, 60
"""A thing counts when so much of it shows, and so many pixels."""

PLAIN, AWAY_PX = 9.0, 5.0
"""Bare ground differs by so many levels of grey at most (standard deviation) in a fortieth of the
picture around it, and lies so far from every thing, in pixels of a picture of the usual side."""


@dataclass(frozen=True)
class Scene:
    """
    One picture and what is in it.

    :param image: uint8 (S, S, 3), RGB. :param boxes: float32 (N, 4), x1 y1 x2 y2, pixels.
    :param owner: uint8 (S, S): 1 + number of the object seen there, 0 none, 255 unknown.
    :param concepts: int (N,), number in the vocabulary, -1 without a name.
    :param instances: int (N,), equal for the same thing in the same paint.
    :param colors: int8 (N, 11): 1 it is of this colour, 0 it is not, -1 unknown.
    """

    image: np.ndarray
    boxes: np.ndarray
    owner: np.ndarray
    concepts: np.ndarray
    instances: np.ndarray
    colors: np.ndarray


def visible_things(owner: np.ndarray, least: np.ndarray) -> tuple[list[int], np.ndarray]:
    """
    Keep what shows at least so many pixels; renumber the owners in place.

    :returns: old numbers and boxes (N, 4).
    """
    kept, boxes = [], []
    numbers = np.zeros(256, np.uint8)
    numbers[HIDDEN] = HIDDEN
    for number in range(len(least)):
        mask = owner == number + 1
        seen = np.count_nonzero(mask)
        if seen >= least[number]:
            ys, xs = np.nonzero(mask)
            boxes.append([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
            kept.append(number)
            numbers[number + 1] = len(kept)
        elif seen:
            numbers[number + 1] = HIDDEN
    owner[:] = numbers[owner]
    return kept, np.array(boxes, np.float32).reshape(-1, 4)


def bare_ground(scene: Scene) -> np.ndarray:
    """
    Return where there is no object: plain ground, a wall, the sky, bool (S, S).

    Plain, because a photo in the background shows things that nobody has outlined.
    """
    grey = cv2.cvtColor(scene.image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    size = (len(grey) // 40 * 2 + 1,) * 2
    spread = cv2.blur(grey**2, size) - cv2.blur(grey, size) ** 2
    away = cv2.distanceTransform((scene.owner == 0).astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray((spread < PLAIN**2) & (away > AWAY_PX * len(grey) / SIDE_PX))


def closer(rng: np.random.Generator, scene: Scene) -> Scene:
    """Cut a part out of a scene, around one of its things, as a second, closer picture does."""
    box = scene.boxes[rng.integers(len(scene.boxes))]
    whole = len(scene.image)
    side = int(
        np.clip((box[2:] - box[:2]).max() * rng.uniform(1.6, 4.0), 0.2 * whole, 0.8 * whole)
    )
    middle = (box[:2] + box[2:]) / 2 + rng.normal(0, 0.1 * side, 2)
    x, y = np.clip(middle - side / 2, 0, whole - side).astype(int)
    cut = (slice(y, y + side), slice(x, x + side))
    owner = scene.owner[cut].copy()
    areas = np.bincount(scene.owner.ravel(), minlength=256)[1 : len(scene.boxes) + 1]
    kept, boxes = visible_things(owner, np.maximum(areas * MIN_VISIBLE, 1))
    return Scene(
        scene.image[cut],
        boxes,
        owner,
        scene.concepts[kept],
        scene.instances[kept],
        scene.colors[kept],
    )


def resized(scene: Scene, side: int) -> Scene:
    """Scale a scene as a detector's canvas scales a frame."""
    scale = side / len(scene.image)
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return replace(
        scene,
        image=cv2.resize(scene.image, (side, side), interpolation=kind),
        boxes=scene.boxes * np.float32(scale),
        owner=cv2.resize(scene.owner, (side, side), interpolation=cv2.INTER_NEAREST),
    )
