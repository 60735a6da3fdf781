# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Backgrounds of the training scenes: a camera that moves over a photo, plain or labelled."""

from __future__ import annotations

import cv2
from follow_anything.core.geometry import ious
from follow_anything.io.labelled_photos import Photo
from follow_anything.training.tracker.pictures.library import Library
import numpy as np

__all__ = ['CANVAS_PX', 'FRAMES', 'OBJECTS', 'Region', 'take_pictures', 'walk']

CANVAS_PX = 448
FRAMES = 4
OBJECTS = 3

PLAIN = 2
"""The object that may be a region of the background instead."""

PLAIN_REGION = 0.4

LABELLED = 0.4
"""Share of the scenes that are views of a labelled photograph, where there are some."""

MOST_ZOOM = 2.5
LEAST_SIDE_PX = 14
"""Labelled things that are smaller in the photograph are no targets."""

SAME_BOX = 0.6

Region = tuple[np.ndarray, np.ndarray]
"""Centre and sides on the first canvas, (2,) each."""


def walk(rng: np.random.Generator, sigma: float, dims: int = 1) -> np.ndarray:
    """Random walk over the frames with one random speed, (FRAMES, dims)."""
    speed = rng.normal(0, sigma, (1, dims)) * np.arange(FRAMES)[:, None] * 0.5
    return np.asarray(speed + rng.normal(0, sigma * 0.5, (FRAMES, dims)).cumsum(0))


def _place_photo(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """Choose what of a photo the first canvas shows, (3, 3)."""
    height, width = photo.shape[:2]
    zoom = np.exp(rng.uniform(np.log(0.55), np.log(1.8)))
    zoom = max(zoom, CANVAS_PX * 1.25 / min(height, width))
    span = CANVAS_PX / zoom
    x0 = rng.uniform(0, max(width - span, 1))
    y0 = rng.uniform(0, max(height - span, 1))
    return np.array([[zoom, 0, -zoom * x0], [0, zoom, -zoom * y0], [0, 0, 1]])


def _place_labelled(
    rng: np.random.Generator, photo: Photo, base: float
) -> tuple[np.ndarray, list[Region]] | None:
    """
    Choose one labelled thing of a photograph, and show it in the middle of the first canvas.

    :returns: (3, 3), and the things in it: their centres and sides on that canvas; the chosen one
        is first, then its neighbours. None where nothing is large enough.
    """
    boxes = photo.boxes
    sides = boxes[:, 2:] - boxes[:, :2]
    large = np.flatnonzero(sides.min(1) >= LEAST_SIDE_PX)
    if len(large) == 0:
        return None
    chosen = int(large[rng.integers(len(large))])
    zoom = min(MOST_ZOOM, base / float(np.sqrt(sides[chosen].prod())))
    zooms = zoom * np.exp(rng.uniform(-0.2, 0.2) * np.array([1.0, -1.0]))
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    shift = CANVAS_PX / 2 + rng.normal(0, 0.08 * CANVAS_PX, 2) - middle[chosen] * zooms
    at, extent = middle * zooms + shift, sides * zooms
    order = np.argsort(np.linalg.norm(at - at[chosen], axis=1))
    kept: list[int] = []
    for k in order:
        inside = (np.abs(at[k] - CANVAS_PX / 2) < CANVAS_PX / 2).all() and sides[
            k
        ].min() >= LEAST_SIDE_PX
        if inside and all(_iou(boxes[k], boxes[j]) < SAME_BOX for j in kept):
            kept.append(int(k))
    matrix = np.array([[zooms[0], 0, shift[0]], [0, zooms[1], shift[1]], [0, 0, 1]])
    return matrix, [(at[k], extent[k]) for k in kept[:OBJECTS]]


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    return float(ious(one[None], other[None])[0, 0])


def _move_camera(
    rng: np.random.Generator,
    photo: np.ndarray,
    base: np.ndarray,
    border: int,
    squeeze: float = 0.0,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Move a camera over a photo: (frames, homographies from the first canvas)."""
    sway = walk(rng, rng.choice([2.0, 10.0, 30.0]), 2)
    scale = np.exp(walk(rng, 0.04)[:, 0])
    angle = walk(rng, 2.5)[:, 0]
    aspect = np.exp(walk(rng, squeeze)[:, 0])
    frames, moves = [], []
    for k in range(FRAMES):
        turn = cv2.getRotationMatrix2D((CANVAS_PX / 2, CANVAS_PX / 2), angle[k], scale[k])
        turn[:, 2] += sway[k]
        turn = np.vstack([turn, [rng.normal(0, 3e-5), rng.normal(0, 3e-5), 1]])
        stretch = np.diag([aspect[k], 1 / aspect[k], 1.0])
        stretch[:2, 2] = CANVAS_PX / 2 * (1 - np.diag(stretch)[:2])
        turn = turn @ stretch
        frame = cv2.warpPerspective(
            photo, turn @ base, (CANVAS_PX, CANVAS_PX), flags=cv2.INTER_LINEAR, borderMode=border
        )
        frames.append(np.ascontiguousarray(frame))
        moves.append(turn)
    return frames, moves


def take_pictures(
    rng: np.random.Generator, library: Library, base: float
) -> tuple[list[np.ndarray], list[np.ndarray], dict[int, Region]]:
    """
    Take four pictures of a photo, labelled or not.

    :param base: side that a target has, pixels.
    :returns: frames, homographies from the first canvas, and {object: (centre, sides)} of those
        that are part of the photo.
    """
    if library.labelled and rng.random() < LABELLED:
        labelled = library.labelled_photo(rng)
        placed = _place_labelled(rng, labelled, base)
        if placed is not None:
            matrix, things = placed
            frames, moves = _move_camera(
                rng, labelled.read(), matrix, cv2.BORDER_CONSTANT, squeeze=0.04
            )
            return frames, moves, dict(enumerate(things))
    photo = library.photo(rng)
    matrix = _place_photo(rng, photo)
    frames, moves = _move_camera(rng, photo, matrix, cv2.BORDER_REFLECT_101)
    if rng.random() >= PLAIN_REGION:
        return frames, moves, {}
    aspect = np.exp(rng.uniform(-0.5, 0.5))
    at = CANVAS_PX / 2 + rng.normal(0, 1.3 * base, 2)
    return frames, moves, {PLAIN: (at, np.array([base * aspect, base / aspect]))}
