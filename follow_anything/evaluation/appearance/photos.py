# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Embedders on labelled photographs: an object, a distorted copy of it, and its distractors.

The whole picture is distorted, as another moment would be; the others have the same name there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
from follow_anything.core.types import FloatArray, Frame, UInt8Array
from follow_anything.evaluation.appearance.pairs import (
    distractors_of,
    Scores,
    side_of,
    TimedEmbedder,
)
from follow_anything.io.labelled_photos import Photo
import numpy as np

__all__ = ['compare_photos', 'distort', 'jitter']

MOST_ASKED = 3
"""Things of one picture that are looked for again."""

SMALLEST_PX = 16.0
"""Size of the smallest thing that is asked about."""

SCALE, GAIN, CAST, GAMMA, BLUR_PX, NOISE = (0.5, 1.0), 0.25, 0.06, 0.2, 1.5, 4.0
"""Of the distortion: range of the scale; standard deviations of ln gain, of that for each colour
apart, and of ln gamma; largest blur; standard deviation of the noise, of 255."""

SHIFT, GROWTH = 0.06, 0.08
"""Of the boxes: standard deviation of the middle, in sides, and of ln side."""


def distort(rgb: UInt8Array, rng: np.random.Generator) -> tuple[UInt8Array, FloatArray]:
    """
    Distort a picture: smaller, shifted, in other light, blurred and noisy.

    :param rgb: uint8 (H, W, 3), RGB.
    :returns: a picture of that size, and the map (2, 3) of places into it.
    """
    height, width = rgb.shape[:2]
    scale = float(np.exp(rng.uniform(*np.log(SCALE))))
    shift = rng.uniform(0.0, 1.0, 2) * (1.0 - scale) * (width, height)
    to = np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])
    wide, tall = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(rgb, (wide, tall), interpolation=cv2.INTER_AREA)
    inside = np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])
    moved = cv2.warpAffine(small, inside, (width, height), borderMode=cv2.BORDER_REPLICATE)
    sigma = float(rng.uniform(0.0, BLUR_PX))
    if sigma > 0.3:
        moved = cv2.GaussianBlur(moved, (0, 0), sigma)
    gain = np.exp(rng.normal(0.0, GAIN) + rng.normal(0.0, CAST, 3))
    lit = 255.0 * (moved / 255.0) ** np.exp(rng.normal(0.0, GAMMA)) * gain
    noisy = lit + rng.normal(0.0, NOISE, lit.shape)
    return np.asarray(noisy.clip(0, 255), np.uint8), to


def jitter(boxes: FloatArray, rng: np.random.Generator, width: int, height: int) -> FloatArray:
    """Move and stretch boxes (N, 4) a little, as a detector would; clipped to the picture."""
    sides = boxes[:, 2:] - boxes[:, :2]
    middle = (boxes[:, 2:] + boxes[:, :2]) / 2 + sides * rng.normal(0.0, SHIFT, sides.shape)
    sides = sides * np.exp(rng.normal(0.0, GROWTH, sides.shape))
    moved = np.hstack([middle - sides / 2, middle + sides / 2])
    return np.clip(moved, 0.0, np.array([width, height] * 2, float))


def compare_photos(
    photos: Sequence[Photo], looks: Mapping[str, TimedEmbedder], seed: int = 0
) -> dict[str, Scores]:
    """Return the cosines of each embedder by its name; the same distortions for all of them."""
    scores = {name: Scores() for name in looks}
    for number, photo in enumerate(photos):
        rng = np.random.default_rng([seed, number])
        asked = _objects_with_distractors(photo)
        if not asked:
            continue
        rgb = photo.read()
        frame = Frame(0.0, rgb)
        for k, others in asked:
            later, to = distort(rgb, rng)
            target = photo.boxes[k : k + 1].astype(float)
            among = np.concatenate([target, photo.boxes[others].astype(float)])
            moved = among * to[0, 0] + np.tile(to[:, 2], 2)
            moved = jitter(moved, rng, frame.width, frame.height)
            size, size_later = (float(side_of(boxes[:1])[0]) for boxes in (target, moved))
            for name, look in looks.items():
                known = look.views(frame, target, size)[0]
                scores[name].add(look.likeness(known, Frame(0.1, later), moved, size_later))
    return scores


def _objects_with_distractors(photo: Photo) -> list[tuple[int, list[int]]]:
    """Return the objects that have distractors in the picture, and the distractors' indices."""
    asked: list[tuple[int, list[int]]] = []
    sizes = side_of(photo.boxes)
    for k, name in enumerate(photo.names):
        like = np.flatnonzero([other == name for other in photo.names])
        others = [int(like[m]) for m in distractors_of(photo.boxes[k], photo.boxes[like])]
        if sizes[k] >= SMALLEST_PX and others and len(asked) < MOST_ASKED:
            asked.append((k, others))
    return asked
