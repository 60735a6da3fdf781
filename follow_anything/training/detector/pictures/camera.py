# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Augmentation of photographs as by a robot's camera: scale, blur, light, noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
from follow_anything.models.detection.tiny.image import CANVAS_PX
from follow_anything.training.detector.pictures.scene import HIDDEN
import numpy as np

__all__ = ['Shot', 'boxes_to_cells', 'degrade', 'shoot']

SQUEEZE = (0.7, 1.45)
FARTHER, NEARER = 0.55, 2.2
"""Bounds of the enlargement."""

LEAST_SHARE, LEAST_PX = 0.4, 7.0
"""Of a box so much must be inside, and its shorter side be so long; else it is unknown."""

BEYOND = 127
"""Grey beyond the picture, as on the detector's canvas."""

NIGHT = 0.1


@dataclass(frozen=True)
class Shot:
    """
    A part of a photograph on a square canvas.

    :param image: uint8 (S, S, 3). :param boxes: float32 (N, 4), pixels. :param kept: int (N,),
        which boxes of the photograph these are. :param unknown: float32 (M, 4), boxes of what is
        hardly to be seen. :param inside: (x1, y1, x2, y2) of the picture on the canvas.
    """

    image: np.ndarray
    boxes: np.ndarray
    kept: np.ndarray
    unknown: np.ndarray
    inside: tuple[float, float, float, float]


def shoot(rng: np.random.Generator, image: np.ndarray, boxes: np.ndarray, side: int) -> Shot:
    """
    Draw a crop of a photograph: squeezed, scaled, mirrored.

    :param image: uint8 (H, W, 3). :param boxes: (N, 4), pixels. :param side: of the canvas; on a
        smaller one than the detector's the whole is smaller, or only a part is shown.
    """
    height, width = image.shape[:2]
    stretch = np.exp(rng.uniform(*np.log(SQUEEZE)))
    # the scale at which the stretched picture has as many pixels as the canvas
    usual = rng.uniform(side, CANVAS_PX) / np.sqrt(height * width * stretch)
    zoom = 1.0
    chance = rng.random()
    if chance < 0.35:
        zoom = np.exp(rng.uniform(0.0, np.log(NEARER)))
    elif chance < 0.6:
        zoom = np.exp(rng.uniform(np.log(FARTHER), 0.0))
    across, down = usual * zoom * stretch, usual * zoom
    size = np.array([width * across, height * down])
    spare = side - size
    corner = np.where(spare > 0, 0.0, rng.uniform(0.0, 1.0, 2) * spare)
    if rng.random() < 0.5:
        corner = np.where(spare > 0, rng.uniform(0.0, 1.0, 2) * spare, corner)
    if len(boxes) and (spare < 0).any():
        # a thing stays in sight
        box = boxes[rng.integers(len(boxes))] * np.tile([across, down], 2)
        middle = (box[:2] + box[2:]) / 2
        corner = np.where(
            spare > 0, corner, np.clip(rng.uniform(0.2, 0.8, 2) * side - middle, spare, 0.0)
        )
    kind = cv2.INTER_AREA if min(across, down) < 0.8 else cv2.INTER_LINEAR
    if kind == cv2.INTER_AREA:  # warped smaller, it would alias
        small = cv2.resize(
            image, (max(1, round(size[0])), max(1, round(size[1]))), interpolation=kind
        )
        matrix = np.array([[1.0, 0.0, corner[0]], [0.0, 1.0, corner[1]]])
    else:
        small = image
        # the middle of the first pixel is half a pixel from the corner of the picture
        x, y = corner[0] + (across - 1) / 2, corner[1] + (down - 1) / 2
        matrix = np.array([[across, 0.0, x], [0.0, down, y]])
    canvas = cv2.warpAffine(small, matrix, (side, side), borderValue=(BEYOND,) * 3)
    placed = boxes * np.tile([across, down], 2) + np.tile(corner, 2)
    inside = np.array([*corner, *(corner + size)])
    if rng.random() < 0.5:
        canvas = canvas[:, ::-1]
        placed[:, [2, 0]] = side - placed[:, [0, 2]]
        inside[[2, 0]] = side - inside[[0, 2]]
    cut = placed.clip(0.0, side)
    sizes = cut[:, 2:] - cut[:, :2]
    share = sizes.prod(1) / (placed[:, 2:] - placed[:, :2]).prod(1).clip(1e-6)
    good = (share >= LEAST_SHARE) & (sizes.min(1) >= LEAST_PX) if len(cut) else np.zeros(0, bool)
    seen = (sizes.min(1) > 0) & ~good if len(cut) else good
    x1, y1, x2, y2 = (float(v) for v in inside.clip(0.0, side))
    return Shot(
        np.ascontiguousarray(canvas),
        cut[good].astype(np.float32),
        np.flatnonzero(good),
        cut[seen].astype(np.float32),
        (x1, y1, x2, y2),
    )


def degrade(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Change light, colour, sharpness, noise and compression of a picture (H, W, 3)."""
    out = image.astype(np.float32)
    if rng.random() < NIGHT:
        out = 255.0 * (out / 255.0) ** rng.uniform(1.3, 2.4) * rng.uniform(0.35, 0.9)
        out += rng.normal(0.0, rng.uniform(2.0, 10.0), out.shape).astype(np.float32)
    elif rng.random() < 0.7:
        gain = np.exp(rng.normal(0.0, 0.2)) * np.exp(rng.normal(0.0, 0.06, 3))
        out = 255.0 * (out.clip(0.0, None) / 255.0) ** np.exp(rng.normal(0.0, 0.15)) * gain
        out += rng.normal(0.0, 10.0)
    if rng.random() < 0.07:
        out = np.repeat(out.mean(-1, keepdims=True), 3, -1)
    if rng.random() < 0.25:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.6))
    elif rng.random() < 0.08:
        out = _shaken(rng, out)
    if rng.random() < 0.25:
        out = out + rng.standard_normal(out.shape, np.float32) * np.float32(rng.uniform(1.0, 8.0))
    result = out.clip(0.0, 255.0).astype(np.uint8)
    if rng.random() < 0.3:
        quality = int(rng.integers(25, 90))
        data = cv2.imencode('.jpg', result, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        result = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.asarray(result)


def _shaken(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Blur along a line, as a moving camera does."""
    length = int(rng.integers(3, 9))
    kernel = np.zeros((length, length), np.float32)
    if rng.random() < 0.5:
        kernel[length // 2] = 1.0 / length
    else:
        kernel[:, length // 2] = 1.0 / length
    return np.asarray(cv2.filter2D(image, -1, kernel))


def boxes_to_cells(shot: Shot, cells: np.ndarray) -> np.ndarray:
    """
    Return the box of each cell, uint8 (N,): 1 + its number, 0 none, 255 unknown.

    A box says nothing of its corners, so that only the ellipse in it counts; of several boxes the
    smallest. Beyond the picture nothing is to be found.

    :param cells: (N, 3), x, y and stride.
    """
    owner = np.zeros(len(cells), np.uint8)
    for box in shot.unknown:
        owner[_away(cells, box) <= 2.0] = HIDDEN
    order = np.argsort(-(shot.boxes[:, 2:] - shot.boxes[:, :2]).prod(1))
    for number in order:
        away = _away(cells, shot.boxes[number])
        corner = (
            np.abs(cells[:, :2] - shot.boxes[number].reshape(2, 2).mean(0)) * 2
            <= np.diff(shot.boxes[number].reshape(2, 2), axis=0)
        ).all(1)
        owner[corner & (owner == 0)] = HIDDEN
        owner[away <= 1.0] = number + 1
    return owner


def _away(cells: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return the squared distance of cells from the middle of a box, in its half sides."""
    middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]).clip(1.0) / 2
    return np.asarray((((cells[:, :2] - middle) / half) ** 2).sum(1))
