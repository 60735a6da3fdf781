# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Short synthetic scenes: three objects move over a photo for four frames.

Frames 0 and 1 give the templates, frames 2 and 3 the search regions. Every object is a target in
turn, so that the others are its distractors; half of the scenes hold two of the same asset. Where
labelled photographs are given, half of the scenes are views of one: what is labelled moves with
the picture, and the neighbours of a person in it are distractors.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass

import cv2
from follow_anything.models.tracking.online import crop_square
from follow_anything.training.tracker.pictures.augment import degrade, recolour, sprite_warp
from follow_anything.training.tracker.pictures.backgrounds import (
    CANVAS_PX,
    FRAMES,
    OBJECTS,
    take_pictures,
    walk,
)
from follow_anything.training.tracker.pictures.library import Library
import numpy as np

__all__ = ['OBJECTS', 'Scene', 'coarse', 'make_scene']

COARSE, MOST_COARSE = 0.25, 4.0
LEAST_TARGET_PX = 9.0
TEMPLATE_PX, TEMPLATE_FACTOR = 96, 2.0
SEARCH_PX, SEARCH_FACTOR = 192, 4.0
TWINS = 0.45
PART, PART_OF_REGION = 0.3, 0.1

_Thing = tuple[
    list[np.ndarray],
    np.ndarray,
    Callable[[np.ndarray], np.ndarray],
    Callable[[np.ndarray, int, float], np.ndarray],
    np.ndarray,
    np.ndarray,
]
"""Sprites of an object, which of them each frame shows, tint, warp, places and sizes."""


@dataclass(frozen=True)
class Scene:
    """
    What one scene gives to training.

    :param templates: uint8 (OBJECTS, 2, 96, 96, 3), RGB; frames 0 and 1.
    :param template_boxes: float32 (OBJECTS, 2, 4), x1 y1 x2 y2 as shares of the crop.
    :param searches: uint8 (S, 192, 192, 3), RGB; region s is centred near object s % OBJECTS.
    :param boxes: float32 (S, OBJECTS, 4), shares of the crop; may reach outside it.
    :param visible: float32 (S, OBJECTS), share of the object that can be seen in the crop.
    """

    templates: np.ndarray
    template_boxes: np.ndarray
    searches: np.ndarray
    boxes: np.ndarray
    visible: np.ndarray


def _paste(
    frame: np.ndarray,
    owner: np.ndarray,
    sprite: np.ndarray,
    center: np.ndarray,
    number: int,
) -> tuple[np.ndarray, int] | None:
    """Blend an RGBA sprite; returns its box and opaque pixels outside and inside the canvas."""
    tall, wide = sprite.shape[:2]
    x, y = (round(float(c) - s / 2) for c, s in zip(center, (wide, tall), strict=True))
    ys, xs = np.nonzero(sprite[..., 3] > 100)
    if len(xs) < 12:
        return None
    box = np.array([x + xs.min(), y + ys.min(), x + xs.max() + 1, y + ys.max() + 1], np.float32)
    size = frame.shape[0]
    a, b, c, d = max(x, 0), max(y, 0), min(x + wide, size), min(y + tall, size)
    if c > a and d > b:
        part = sprite[b - y : d - y, a - x : c - x]
        alpha = part[..., 3:].astype(np.float32) / 255
        under = frame[b:d, a:c]
        under[:] = (under + (part[..., :3] - under.astype(np.float32)) * alpha).astype(np.uint8)
        owner[b:d, a:c][part[..., 3] > 100] = number
    return box, len(xs)


def _objects(rng: np.random.Generator, library: Library, base: float) -> list[_Thing]:
    """Sprites per frame and places of the objects; twins share a group."""
    groups = [library.group(rng) for _ in range(OBJECTS)]
    if rng.random() < TWINS:
        groups[1] = groups[0]
    centers = CANVAS_PX / 2 + rng.normal(0, 1.3 * base, (OBJECTS, 2))
    for _ in range(6):
        gap = centers[:, None] - centers[None]
        distance = np.linalg.norm(gap, axis=-1, keepdims=True) + 1e-6
        centers += np.where(distance < base, gap / distance * base * 0.3, 0).sum(1)
    result: list[_Thing] = []
    for k, group in enumerate(groups):
        size = base * np.exp(rng.uniform(-0.35, 0.35))
        tint = recolour(rng, 0.5 if k == 1 else 0.25)
        turn = rng.integers(-1, 2, FRAMES) * (rng.random() < 0.7)
        views = (int(rng.integers(len(group))) + np.cumsum(turn)) % len(group)
        warp = sprite_warp(rng, FRAMES)
        path = centers[k] + walk(rng, base * rng.choice([0.05, 0.2, 0.5]), 2)
        growth = np.exp(np.clip(walk(rng, 0.08)[:, 0], -0.6, 0.6))
        result.append((group, views, tint, warp, path, size * growth))
    return result


def _part_of(rng: np.random.Generator, boxes: np.ndarray) -> np.ndarray:
    """Ask for a part of an object (a face, a jacket): the same share of its box in each frame."""
    sides = rng.uniform(0.45, 0.85, 2)
    low = rng.uniform(0, 1, 2) * (1 - sides)
    size = boxes[:, 2:] - boxes[:, :2]
    corner = boxes[:, :2] + size * low
    return np.hstack([corner, corner + size * sides])


def _moved_region(at: np.ndarray, sides: np.ndarray, move: np.ndarray) -> np.ndarray:
    """Return the box, x1 y1 x2 y2, of a region of the background after the background moved."""
    half = sides / 2
    corners = np.array([[at + half * s for s in ((-1, -1), (1, -1), (1, 1), (-1, 1))]])
    moved = cv2.perspectiveTransform(corners.astype(np.float64), move)[0]
    return np.array([*moved.min(0), *moved.max(0)])


def _visible(
    owner: np.ndarray, area: np.ndarray, boxes: np.ndarray, regions: Container[int]
) -> np.ndarray:
    """
    Return the share of each object that can be seen, (OBJECTS,).

    :param owner: number of the object on top at each pixel, from 1. :param area: of each, pixels.
    :param regions: the objects that are part of the background.
    """
    shares = np.zeros(OBJECTS, np.float32)
    for k in range(OBJECTS):
        if k in regions:
            x1, y1, x2, y2 = boxes[k]
            rows, columns = (
                slice(max(int(a), 0), max(int(b), 0)) for a, b in ((y1, y2), (x1, x2))
            )
            shares[k] = (owner[rows, columns] == 0).sum() / max((x2 - x1) * (y2 - y1), 1)
        elif area[k]:
            shares[k] = (owner == k + 1).sum() / area[k]
    return shares


def _occlude(
    rng: np.random.Generator,
    frame: np.ndarray,
    owner: np.ndarray,
    sprite: np.ndarray,
    near: np.ndarray,
    base: float,
) -> None:
    """Paste something over a box or beside it."""
    at = (near[:2] + near[2:]) / 2 + rng.normal(0, base * 0.5, 2)
    warp = sprite_warp(rng, 1)
    _paste(frame, owner, warp(sprite, 0, base * rng.uniform(0.4, 1.1)), at, 200)


def coarse(rng: np.random.Generator, crop: np.ndarray, target_px: float) -> np.ndarray:
    """Take away detail from one crop of four: a target that has gone far, or was far at first."""
    if rng.random() >= COARSE:
        return crop
    most = max(1.0, min(MOST_COARSE, target_px / LEAST_TARGET_PX))
    size = max(4, round(len(crop) / rng.uniform(1.0, most)))
    small = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, crop.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def make_scene(rng: np.random.Generator, library: Library, searches: int = 3) -> Scene:
    """
    Draw one scene.

    :param rng: the only source of chance.
    :param searches: search regions to cut, one object after the other.
    """
    base = float(np.exp(rng.uniform(np.log(16), np.log(110))))
    frames, moves, regions = take_pictures(rng, library, base)
    flip = rng.random() < 0.5
    things = _objects(rng, library, base)
    count = rng.choice([0, 1, 2, 3], p=[0.3, 0.35, 0.2, 0.15])
    occluders = [library.group(rng)[0] for _ in range(count)]
    boxes: np.ndarray = np.zeros((FRAMES, OBJECTS, 4), np.float32)
    seen = np.zeros((FRAMES, OBJECTS), np.float32)
    for f, frame in enumerate(frames):
        owner = np.zeros(frame.shape[:2], np.uint8)
        area = np.zeros(OBJECTS)
        for k, (group, views, tint, warp, path, size) in enumerate(things):
            if k in regions:
                boxes[f, k] = _moved_region(*regions[k], moves[f])
                continue
            sprite = warp(tint(group[views[f]]), f, size[f])
            pasted = _paste(frame, owner, sprite, path[f], k + 1)
            if pasted is not None:
                boxes[f, k], area[k] = pasted
        for sprite in occluders:
            if f > 0 or rng.random() >= 0.8:
                _occlude(rng, frame, owner, sprite, boxes[f, rng.integers(OBJECTS)], base)
        seen[f] = _visible(owner, area, boxes[f], regions)
    for k in range(OBJECTS):
        if rng.random() < (PART_OF_REGION if k in regions else PART):
            boxes[:, k] = _part_of(rng, boxes[:, k])
    boxes = boxes.clip(0, CANVAS_PX)
    look = degrade(rng, FRAMES)
    frames = [look(frame, f, base) for f, frame in enumerate(frames)]
    if flip:
        frames = [np.ascontiguousarray(frame[:, ::-1]) for frame in frames]
        boxes[..., [0, 2]] = CANVAS_PX - boxes[..., [2, 0]]
    return _cut(rng, frames, boxes, seen, searches)


def _cut(
    rng: np.random.Generator,
    frames: list[np.ndarray],
    boxes: np.ndarray,
    seen: np.ndarray,
    searches: int,
) -> Scene:
    templates = np.zeros((OBJECTS, 2, TEMPLATE_PX, TEMPLATE_PX, 3), np.uint8)
    template_boxes = np.zeros((OBJECTS, 2, 4), np.float32)
    sizes = np.sqrt(((boxes[..., 2:] - boxes[..., :2]).clip(4)).prod(-1))
    centers = (boxes[..., :2] + boxes[..., 2:]) / 2
    for k in range(OBJECTS):
        for t in range(2):
            # the second template is cut where a tracker thinks the object is, not where it is
            slack = 0.0 if t == 0 else 0.06
            drift = np.exp(rng.normal(0, slack, 2)) if slack else np.ones(2)
            shift = rng.normal(0, slack, 2) * (boxes[t, k, 2:] - boxes[t, k, :2]) if slack else 0.0
            at = centers[t, k] + shift
            half = (boxes[t, k, 2:] - boxes[t, k, :2]).clip(2) / 2 * drift
            side = TEMPLATE_FACTOR * 2 * np.sqrt(half.prod())
            crop = crop_square(frames[t], at, side, TEMPLATE_PX)
            templates[k, t] = crop if t else coarse(rng, crop, TEMPLATE_PX / TEMPLATE_FACTOR)
            template_boxes[k, t] = np.concatenate([0.5 - half / side, 0.5 + half / side])
    regions = np.zeros((searches, SEARCH_PX, SEARCH_PX, 3), np.uint8)
    found = np.zeros((searches, OBJECTS, 4), np.float32)
    visible = np.zeros((searches, OBJECTS), np.float32)
    for s in range(searches):
        f = 2 + s % 2
        k = s % OBJECTS
        side = SEARCH_FACTOR * sizes[f, k] * np.exp(rng.normal(0, 0.2))
        # mostly near the middle, as the tracker will find it; sometimes far off
        spread = rng.choice([0.15, 0.5, 1.0], p=[0.45, 0.35, 0.2])
        at = centers[f, k] + rng.normal(0, spread, 2).clip(-1.5, 1.5) * sizes[f, k]
        crop = crop_square(frames[f], at, side, SEARCH_PX)
        regions[s] = coarse(rng, crop, SEARCH_PX / SEARCH_FACTOR)
        origin = np.tile(at - side / 2, 2)
        found[s] = (boxes[f] - origin) / side
        whole = (found[s, :, 2:] - found[s, :, :2]).prod(-1).clip(1e-6)
        inside = (found[s, :, 2:].clip(0, 1) - found[s, :, :2].clip(0, 1)).prod(-1)
        visible[s] = seen[f] * inside / whole
    # an object whose first template shows little of it, or nothing but sky, cannot be asked for
    middle = templates[:, 0, 24:72, 24:72].std((1, 2)).mean(-1)
    visible[:, (seen[0] < 0.6) | (middle < 6.0)] = -1.0
    return Scene(templates, template_boxes, regions, found, visible)
