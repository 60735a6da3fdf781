# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Short synthetic scenes: three objects move over a photo for four frames.

Frames 0 and 1 give the templates, frames 2 and 3 the search regions. Every object is a target in
turn, so that the others are its distractors; half of the scenes hold two of the same asset.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
from follow_anything.models.tracking.online import crop_square
from follow_anything.training.tracker.assets import is_held_out
from follow_anything.training.tracker.augment import blob_mask, degrade, recolour, sprite_warp
import numpy as np

__all__ = ['Library', 'Scene', 'make_scene']

CANVAS_PX = 448
FRAMES = 4
OBJECTS = 3
TEMPLATE_PX, TEMPLATE_FACTOR = 96, 2.0
SEARCH_PX, SEARCH_FACTOR = 192, 4.0
TWINS = 0.45
PLAIN = 2
"""The object that may be a region of the background instead."""

PLAIN_REGION = 0.4
PART = 0.3


def _read_sprite(path: Path) -> np.ndarray:
    """Read RGBA and let the colours grow past the outline, so that no dark rim is blended in."""
    image = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
    solid = (image[..., 3] > 200).astype(np.float32)
    weight = cv2.GaussianBlur(solid, (0, 0), 2)[..., None] + 1e-4
    spread = cv2.GaussianBlur(image[..., :3] * solid[..., None], (0, 0), 2) / weight
    image[..., :3] = np.where(solid[..., None] > 0, image[..., :3], spread).astype(np.uint8)
    return image


class Library:
    """The assets in memory: photos and groups of sprites (views of one thing), RGB(A) uint8."""

    def __init__(self, folder: Path, held_out: bool) -> None:
        photos = sorted((folder / 'photos').iterdir())
        photos = [p for p in photos if is_held_out(p.stem) is held_out]
        self.photos = [cv2.cvtColor(cv2.imread(str(p)), cv2.COLOR_BGR2RGB) for p in photos]
        groups: dict[str, list[np.ndarray]] = {}
        for path in sorted((folder / 'sprites').iterdir()):
            name = path.stem.rsplit('_', 1)[0]
            if is_held_out(name) is held_out:
                groups.setdefault(name, []).append(_read_sprite(path))
        self.meshes = [g for n, g in groups.items() if n.startswith('m')]
        self.clipart = [g for n, g in groups.items() if not n.startswith('m')]
        if not self.photos or not (self.meshes or self.clipart):
            raise FileNotFoundError(f'no photos or no sprites under {folder}: run tracker_assets')

    def photo(self, rng: np.random.Generator) -> np.ndarray:
        """Return one photo at random."""
        return self.photos[rng.integers(len(self.photos))]

    def patch(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Cut a random shape out of a photo: a group of one RGBA sprite."""
        photo = self.photo(rng)
        height, width = photo.shape[:2]
        tall, wide = (int(rng.integers(60, 260)) for _ in range(2))
        wide = int(np.clip(wide, tall / 3, tall * 3))
        y, x = rng.integers(0, height - tall), rng.integers(0, max(width - wide, 1))
        cut = cv2.resize(photo[y : y + tall, x : x + wide], None, fx=0.7, fy=0.7)
        return [np.dstack([cut, blob_mask(rng, *cut.shape[:2])])]

    def group(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Return the views of one thing: a mesh, a clip-art picture or a cut-out photo patch."""
        kind = rng.random()
        if kind < 0.4 and self.meshes:
            return self.meshes[rng.integers(len(self.meshes))]
        if kind < 0.72 and self.clipart:
            return self.clipart[rng.integers(len(self.clipart))]
        return self.patch(rng)


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


def _walk(rng: np.random.Generator, sigma: float, dims: int = 1) -> np.ndarray:
    """Random walk over the frames with one random speed, (FRAMES, dims)."""
    speed = rng.normal(0, sigma, (1, dims)) * np.arange(FRAMES)[:, None] * 0.5
    return speed + rng.normal(0, sigma * 0.5, (FRAMES, dims)).cumsum(0)


def _background(rng, library, size):
    """Move a camera over a photo: (frames, homographies from the first canvas, mirrored)."""
    photo = library.photo(rng)
    height, width = photo.shape[:2]
    zoom = np.exp(rng.uniform(np.log(0.55), np.log(1.8)))
    zoom = max(zoom, size * 1.25 / min(height, width))
    span = size / zoom
    x0 = rng.uniform(0, max(width - span, 1))
    y0 = rng.uniform(0, max(height - span, 1))
    flip = rng.random() < 0.5
    sway = _walk(rng, rng.choice([2.0, 10.0, 30.0]), 2)
    scale = np.exp(_walk(rng, 0.04)[:, 0])
    angle = _walk(rng, 2.5)[:, 0]
    frames, moves = [], []
    base = np.array([[zoom, 0, -zoom * x0], [0, zoom, -zoom * y0], [0, 0, 1]])
    for k in range(FRAMES):
        turn = cv2.getRotationMatrix2D((size / 2, size / 2), angle[k], scale[k])
        turn[:, 2] += sway[k]
        turn = np.vstack([turn, [rng.normal(0, 3e-5), rng.normal(0, 3e-5), 1]])
        matrix = turn @ base
        frame = cv2.warpPerspective(
            photo, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        frames.append(np.ascontiguousarray(frame))
        moves.append(turn)
    return frames, moves, flip


def _paste(frame, owner, sprite, center, number):
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
        if number is not None:
            owner[b:d, a:c][part[..., 3] > 100] = number
    return box, len(xs)


def _objects(rng, library, base):
    """Sprites per frame and places of the objects; twins share a group."""
    groups = [library.group(rng) for _ in range(OBJECTS)]
    if rng.random() < TWINS:
        groups[1] = groups[0]
    centers = CANVAS_PX / 2 + rng.normal(0, 1.3 * base, (OBJECTS, 2))
    for _ in range(6):
        gap = centers[:, None] - centers[None]
        distance = np.linalg.norm(gap, axis=-1, keepdims=True) + 1e-6
        centers += np.where(distance < base, gap / distance * base * 0.3, 0).sum(1)
    result = []
    for k, group in enumerate(groups):
        size = base * np.exp(rng.uniform(-0.35, 0.35))
        tint = recolour(rng, 0.5 if k == 1 else 0.25)
        turn = rng.integers(-1, 2, FRAMES) * (rng.random() < 0.7)
        views = (int(rng.integers(len(group))) + np.cumsum(turn)) % len(group)
        warp = sprite_warp(rng, FRAMES)
        path = centers[k] + _walk(rng, base * rng.choice([0.05, 0.2, 0.5]), 2)
        growth = np.exp(np.clip(_walk(rng, 0.08)[:, 0], -0.6, 0.6))
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


def _visible(owner: np.ndarray, area: np.ndarray, boxes: np.ndarray, plain: bool) -> np.ndarray:
    """
    Return the share of each object that can be seen, (OBJECTS,).

    :param owner: number of the object on top at each pixel, from 1. :param area: of each, pixels.
    """
    shares = np.zeros(OBJECTS, np.float32)
    for k in range(OBJECTS):
        if plain and k == PLAIN:
            x1, y1, x2, y2 = boxes[k]
            rows, columns = (
                slice(max(int(a), 0), max(int(b), 0)) for a, b in ((y1, y2), (x1, x2))
            )
            shares[k] = (owner[rows, columns] == 0).sum() / max((x2 - x1) * (y2 - y1), 1)
        elif area[k]:
            shares[k] = (owner == k + 1).sum() / area[k]
    return shares


def make_scene(rng: np.random.Generator, library: Library, searches: int = 3) -> Scene:
    """
    Draw one scene.

    :param rng: the only source of chance.
    :param searches: search regions to cut, one object after the other.
    """
    base = float(np.exp(rng.uniform(np.log(26), np.log(105))))
    frames, moves, flip = _background(rng, library, CANVAS_PX)
    things = _objects(rng, library, base)
    plain = rng.random() < PLAIN_REGION
    count = rng.choice([0, 1, 2, 3], p=[0.3, 0.35, 0.2, 0.15])
    occluders = [library.group(rng)[0] for _ in range(count)]
    boxes = np.zeros((FRAMES, OBJECTS, 4), np.float32)
    seen = np.zeros((FRAMES, OBJECTS), np.float32)
    aspect = np.exp(rng.uniform(-0.5, 0.5))
    sides = np.array([base * aspect, base / aspect])
    for f, frame in enumerate(frames):
        owner = np.zeros(frame.shape[:2], np.uint8)
        area = np.zeros(OBJECTS)
        for k, (group, views, tint, warp, path, size) in enumerate(things):
            if plain and k == PLAIN:
                boxes[f, k] = _moved_region(path[0], sides, moves[f])
                continue
            sprite = warp(tint(group[views[f]]), f, size[f])
            pasted = _paste(frame, owner, sprite, path[f], k + 1)
            if pasted is not None:
                boxes[f, k], area[k] = pasted
        for sprite in occluders:
            if f == 0 and rng.random() < 0.8:
                continue
            near = boxes[f, rng.integers(OBJECTS)]
            at = (near[:2] + near[2:]) / 2 + rng.normal(0, base * 0.5, 2)
            warp = sprite_warp(rng, 1)
            _paste(frame, owner, warp(sprite, 0, base * rng.uniform(0.4, 1.1)), at, 200)
        seen[f] = _visible(owner, area, boxes[f], plain)
    for k in range(OBJECTS):
        if rng.random() < PART:
            boxes[:, k] = _part_of(rng, boxes[:, k])
    boxes = boxes.clip(0, CANVAS_PX)
    look = degrade(rng, FRAMES)
    frames = [look(frame, f, base) for f, frame in enumerate(frames)]
    if flip:
        frames = [np.ascontiguousarray(frame[:, ::-1]) for frame in frames]
        boxes[..., [0, 2]] = CANVAS_PX - boxes[..., [2, 0]]
    return _cut(rng, frames, boxes, seen, searches)


def _cut(rng, frames, boxes, seen, searches: int) -> Scene:
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
            templates[k, t] = crop_square(frames[t], at, side, TEMPLATE_PX)
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
        regions[s] = crop_square(frames[f], at, side, SEARCH_PX)
        origin = np.tile(at - side / 2, 2)
        found[s] = (boxes[f] - origin) / side
        whole = (found[s, :, 2:] - found[s, :, :2]).prod(-1).clip(1e-6)
        inside = (found[s, :, 2:].clip(0, 1) - found[s, :, :2].clip(0, 1)).prod(-1)
        visible[s] = seen[f] * inside / whole
    # an object whose first template shows little of it, or nothing but sky, cannot be asked for
    middle = templates[:, 0, 24:72, 24:72].std((1, 2)).mean(-1)
    visible[:, (seen[0] < 0.6) | (middle < 6.0)] = -1.0
    return Scene(templates, template_boxes, regions, found, visible)
