# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Synthetic pictures for the detector: seven things on a free photo or on a floor before a wall.

Boxes enclose what can be seen of a thing. Every thing knows its name and, where one colour can be
told, its colour.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
import json
from pathlib import Path
from typing import Any
import zlib

import cv2
from follow_anything.training.detector.language.words import (
    color_of,
    COLORS,
    draw_color,
    Vocabulary,
)
from follow_anything.training.detector.pictures.streets import street_name
import numpy as np

__all__ = [
    'SIDE_PX',
    'Asset',
    'Library',
    'Scene',
    'bare_ground',
    'closer',
    'make_scene',
    'resized',
    'street_scene',
]

SIDE_PX = 320
OBJECTS = 7
HIDDEN = 255
"""In Scene.owner: something hardly visible is here, neither object nor background."""

SIZES_PX = (22.0, 170.0)
"""Of the longer side of a thing, in a picture of the usual side."""

MIN_VISIBLE, LEAST_PX = 0.35, 60
"""A thing counts when so much of it shows, and so many pixels."""

PLAIN, AWAY_PX = 9.0, 5.0
"""Bare ground differs by so many levels of grey at most (standard deviation) in a fortieth of the
picture around it, and lies so far from every thing, in pixels of a picture of the usual side."""

PEOPLE = {'man', 'woman', 'boy', 'girl', 'person'}


@dataclass
class Asset:
    """
    One thing that can be put into a scene.

    :param key: of its files. :param kind: mesh, emoji or clipart. :param name: a concept.
    :param views: uint8 (V, 160, 160, 6), memory-mapped; see detector_render.LAYERS.
    :param weight: how often it is drawn.
    """

    key: str
    kind: str
    name: str
    views: np.ndarray
    is_person: bool
    weight: float


@dataclass(frozen=True)
class Scene:
    """
    One picture and what is in it.

    :param image: uint8 (S, S, 3), RGB. :param boxes: float32 (N, 4), x1 y1 x2 y2, pixels.
    :param owner: uint8 (S, S): 1 + number of the object seen there, 0 none, 255 unknown.
    :param concepts: int (N,), number in the vocabulary, -1 without a name.
    :param instances: int (N,), equal for the same thing in the same paint.
    :param colors: int8 (N, 11): 1 it is of this colour, 0 it is not, -1 cannot be told.
    """

    image: np.ndarray
    boxes: np.ndarray
    owner: np.ndarray
    concepts: np.ndarray
    instances: np.ndarray
    colors: np.ndarray


class Library:
    """
    The pictures of detector_assets, in memory or mapped.

    :param folder: with sprites/, photos/, textures/.
    :param held_out: keys of assets that are kept for the evaluation.
    :param test: only the held-out assets, instead of all others.
    :raises FileNotFoundError: there are no sprites.
    """

    WEIGHTS = (
        ('person', 4.0),
        ('motor vehicle', 3.0),
        ('animal', 2.0),
        ('bag', 2.5),
        ('ball', 3.0),
        ('bicycle', 2.0),
    )

    def __init__(self, folder: Path, held_out: set[str], test: bool = False) -> None:
        self.vocabulary = Vocabulary()
        facts = [
            json.loads(p.read_text()) | {'key': p.stem}
            for p in sorted(folder.glob('sprites/*.json'))
        ]
        if not facts:
            raise FileNotFoundError(f'no sprites under {folder}: run --stage assets first')
        for fact in facts:
            if fact['kind'] != 'clipart':
                self.vocabulary.add(fact['name'])
        self.all_keys = [fact['key'] for fact in facts]
        self.assets: list[Asset] = []
        self.numbers: list[int] = []
        for number, fact in enumerate(facts):
            name = fact['name']
            if fact['kind'] == 'clipart':
                name = self.vocabulary.find(name.split()) or ''
            above = self.vocabulary.above(name) if name else set()
            weight = max([w for key, w in self.WEIGHTS if key in above], default=1.0)
            weight *= {'mesh': 1.0, 'emoji': 0.6, 'clipart': 0.25}[fact['kind']]
            if (fact['key'] in held_out) is test:
                views = np.load(folder / 'sprites' / f'{fact["key"]}.npy', mmap_mode='r')
                self.assets.append(
                    Asset(fact['key'], fact['kind'], name, views, 'person' in above, weight)
                )
                self.numbers.append(number)
        self.concept = {name: k for k, name in enumerate(self.vocabulary.names)}
        weights = np.array([asset.weight for asset in self.assets])
        self._odds = weights / weights.sum()
        self.photos = [_read(p) for p in sorted(folder.glob('photos/*.jpg'))]
        self.textures = [_read(p) for p in sorted(folder.glob('textures/*.jpg'))]

    def draw(self, rng: np.random.Generator) -> int:
        """Draw an asset, by weight: its place in `assets`."""
        return int(rng.choice(len(self.assets), p=self._odds))


def _read(path: Path) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def _plane(rng: np.random.Generator, texture: np.ndarray, floor: bool, side: int) -> np.ndarray:
    """Draw a tiled plane: the floor seen at a slant, or a wall seen straight."""
    tile = cv2.resize(texture, (128, 128), interpolation=cv2.INTER_AREA)
    wide = np.tile(tile, (5, 5, 1))
    size = wide.shape[0]
    if not floor:
        x, y = rng.integers(0, size - side, 2)
        return wide[y : y + side, x : x + side]
    squeeze = rng.uniform(0.15, 0.4)
    source = np.float32([[0, 0], [size, 0], [size, size], [0, size]])
    middle = side / 2
    target = np.float32(
        [
            [middle - size * squeeze * 1.4, 0],
            [middle + size * squeeze * 1.4, 0],
            [middle + size, side],
            [middle - size, side],
        ]
    )
    matrix = cv2.getPerspectiveTransform(source, target)
    return cv2.warpPerspective(
        wide, matrix, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT
    )


def _crop(rng: np.random.Generator, photo: np.ndarray, side: int) -> np.ndarray:
    height, width = photo.shape[:2]
    part = int(min(height, width) * rng.uniform(0.35, 1.0))
    y, x = rng.integers(0, height - part + 1), rng.integers(0, width - part + 1)
    cut = photo[y : y + part, x : x + part]
    kind = cv2.INTER_AREA if part > side else cv2.INTER_CUBIC
    cut = cv2.resize(cut, (side, side), interpolation=kind)
    return cut[:, ::-1] if rng.random() < 0.5 else cut


def _background(rng: np.random.Generator, library: Library, side: int) -> np.ndarray:
    kind = rng.random()
    if kind < 0.5 and library.photos:
        image = _crop(rng, library.photos[rng.integers(len(library.photos))], side)
    elif kind < 0.88 and library.textures:
        wall, floor = (library.textures[rng.integers(len(library.textures))] for _ in range(2))
        image = _plane(rng, wall, False, side).copy()
        horizon = int(side * rng.uniform(0.0, 0.6))
        ground = _plane(rng, floor, True, side)
        image[horizon:] = ground[: side - horizon]
        tint = rng.uniform(0.55, 1.15, (2, 1)) * np.exp(rng.normal(0, 0.08, (2, 3)))
        image[:horizon] = np.clip(image[:horizon] * tint[0], 0, 255)
        image[horizon:] = np.clip(image[horizon:] * tint[1], 0, 255)
    else:
        coarse = rng.uniform(0, 255, (3, 3, 3)) * 0.4 + rng.uniform(20, 150)
        image = cv2.resize(coarse.astype(np.float32), (side, side)).clip(0, 255)
    return np.ascontiguousarray(image).astype(np.uint8)


def _dress(rng: np.random.Generator, sprite: np.ndarray, color: np.ndarray) -> np.ndarray:
    """Colour the clothes of a person: what is not skin, below the head."""
    hsv = cv2.cvtColor(np.ascontiguousarray(sprite[..., :3]), cv2.COLOR_RGB2HSV)
    skin = (hsv[..., 0] < 16) & (hsv[..., 1] > 45) & (hsv[..., 1] < 170) & (hsv[..., 2] > 90)
    rows = np.nonzero(sprite[..., 3].max(1) > 64)[0]
    top, height = rows[0], rows[-1] - rows[0] + 1
    end = 0.55 if rng.random() < 0.6 else 1.0
    band = np.zeros(skin.shape, bool)
    band[top + int(0.17 * height) : top + int(end * height)] = True
    mask = cv2.GaussianBlur((band & ~skin).astype(np.float32), (0, 0), 0.8)[..., None]
    light = sprite[..., :3].astype(np.float32).mean(-1, keepdims=True)
    usual = np.median(light[band & (sprite[..., 3] > 128)]) if band.any() else 128.0
    cloth = 255 * color * np.clip(0.9 * light / max(usual, 20.0), 0.25, 1.25)
    out = sprite.copy()
    out[..., :3] = (sprite[..., :3] * (1 - mask) + cloth * mask).clip(0, 255)
    return out


def _paint(
    rng: np.random.Generator, asset: Asset, view: np.ndarray, color: int
) -> tuple[np.ndarray, np.ndarray]:
    """
    Give a view a colour.

    :param color: index into COLORS, -1: as it is.
    :returns: RGBA and the colours that can be told, int8 (11,).
    """
    sprite = np.ascontiguousarray(view[..., :4])
    solid = view[..., 3] > 128
    painted = False
    if color >= 0:
        tone = draw_color(rng, COLORS[color])
        share = view[..., 5].astype(np.float32)[..., None] / 255
        if asset.is_person and asset.kind == 'mesh':
            sprite, painted = _dress(rng, sprite, tone), True
        elif solid.any() and view[..., 5][solid].mean() > 0.22 * 255:
            light = view[..., 4].astype(np.float32)[..., None] / 255
            mixed = sprite[..., :3] * (1 - share) + 255 * tone * light * rng.uniform(0.95, 1.15)
            sprite[..., :3] = mixed.clip(0, 255)
            painted = True
    names = color_of(sprite[..., :3][solid])
    shares = np.bincount(names[names >= 0], minlength=len(COLORS)) / max(solid.sum(), 1)
    told = np.full(len(COLORS), -1, np.int8)
    told[shares < (0.08 if painted else 0.05)] = 0
    if painted:
        told[color] = 1
    else:
        told[shares > (0.18 if asset.is_person else 0.35)] = 1
    return sprite, told


def _place(
    rng: np.random.Generator, sprite: np.ndarray, size: float
) -> tuple[np.ndarray, np.ndarray]:
    """Scale, mirror and tilt a sprite; returns RGB float and opacity float, tight."""
    ys, xs = np.nonzero(sprite[..., 3] > 32)
    sprite = sprite[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    if rng.random() < 0.5:
        sprite = sprite[:, ::-1]
    tall, wide = sprite.shape[:2]
    scale = size / max(tall, wide)
    aspect = np.exp(rng.normal(0, 0.06))
    target = (max(3, round(wide * scale * aspect)), max(3, round(tall * scale / aspect)))
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    alpha = sprite[..., 3:].astype(np.float32) / 255
    both = np.dstack([sprite[..., :3] * alpha, alpha])
    both = cv2.resize(both, target, interpolation=kind)
    if rng.random() < 0.35:
        angle = rng.normal(0, 8)
        height, width = both.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
        grow = int(0.12 * max(height, width)) + 1
        turn[:, 2] += grow
        both = cv2.warpAffine(both, turn, (width + 2 * grow, height + 2 * grow))
    return both[..., :3], both[..., 3].clip(0, 1)


def _camera(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Do what a camera does: light, white balance, blur, noise, compression."""
    gain = np.exp(rng.normal(0, 0.15)) * np.exp(rng.normal(0, 0.04, 3))
    out = image.astype(np.float32) * gain
    if rng.random() < 0.3:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.2))
    if rng.random() < 0.5:
        out += rng.normal(0, rng.uniform(1, 8), out.shape)
    result = out.clip(0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = int(rng.integers(40, 95))
        data = cv2.imencode('.jpg', result, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        result = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return result


def _choose(
    rng: np.random.Generator, library: Library, count: int, twins: bool
) -> list[tuple[int, int]]:
    """Draw (asset, colour) of each object; with twins, half of them are a second colour."""
    result: list[tuple[int, int]] = []
    while len(result) < count:
        asset = library.draw(rng)
        color = -1
        if rng.random() < 0.55:
            # mostly one of four colours of its own, so that the same thing is met again
            own = (7 * asset + 3 * int(rng.integers(4))) % len(COLORS)
            color = own if rng.random() < 0.6 else int(rng.integers(len(COLORS)))
        result.append((asset, color))
        if twins and len(result) < count and rng.random() < 0.5:
            other = int(rng.integers(len(COLORS)))
            result.append((asset, other if other != color else (other + 1) % len(COLORS)))
    return result


def make_scene(
    rng: np.random.Generator,
    library: Library,
    things: list[tuple[int, int]] | None = None,
    side: int = SIDE_PX,
) -> Scene:
    """
    Draw one scene.

    :param rng: the only source of chance.
    :param things: (place in library.assets, colour or -1) of each object; None: draw them.
    :param side: of the picture, pixels; things are 0.07 to 0.53 of it.
    """
    things = things or _choose(rng, library, OBJECTS, twins=rng.random() < 0.35)
    canvas = _background(rng, library, side).astype(np.float32)
    owner = np.zeros((side, side), np.uint8)
    areas = np.zeros(len(things))
    colors = np.full((len(things), len(COLORS)), -1, np.int8)
    for number, (place, color) in enumerate(things):
        asset = library.assets[place]
        view = np.asarray(asset.views[rng.integers(len(asset.views))])
        if (view[..., 3] > 128).sum() < 100:
            continue
        sprite, colors[number] = _paint(rng, asset, view, color)
        size = side / SIDE_PX * np.exp(rng.uniform(*np.log(SIZES_PX)))
        rgb, alpha = _place(rng, sprite, size)
        tall, wide = alpha.shape
        best, least = (0, 0), np.inf
        for _ in range(8):
            x = int(rng.integers(-wide // 6, max(side - wide + wide // 6, 1)))
            y = int(rng.integers(-tall // 6, max(side - tall + tall // 6, 1)))
            under = owner[max(y, 0) : y + tall, max(x, 0) : x + wide]
            taken = np.count_nonzero(under) / max(under.size, 1)
            if taken < least:
                best, least = (x, y), taken
            if least < rng.uniform(0, 0.2):
                break
        x, y = best
        a, b, c, d = max(x, 0), max(y, 0), min(x + wide, side), min(y + tall, side)
        cover = alpha[b - y : d - y, a - x : c - x]
        light = np.exp(rng.normal(0, 0.12))
        part = rgb[b - y : d - y, a - x : c - x] * light
        region = canvas[b:d, a:c]
        region[:] = region * (1 - cover[..., None]) + part
        owner[b:d, a:c][cover > 0.5] = number + 1
        areas[number] = (alpha > 0.5).sum()
    image = _camera(rng, canvas.clip(0, 255))
    kept, boxes = _visible(
        owner, np.maximum(areas * MIN_VISIBLE, LEAST_PX * (side / SIDE_PX) ** 2)
    )
    chosen = [library.assets[things[k][0]] for k in kept]
    return Scene(
        image,
        boxes,
        owner,
        np.array([library.concept.get(asset.name, -1) for asset in chosen], np.int64),
        np.array([16 * library.numbers[things[k][0]] + things[k][1] + 1 for k in kept], np.int64),
        colors[kept],
    )


def _visible(owner: np.ndarray, least: np.ndarray) -> tuple[list[int], np.ndarray]:
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
    Tell where nothing is: plain ground, a wall, the sky, bool (S, S).

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
    kept, boxes = _visible(owner, np.maximum(areas * MIN_VISIBLE, 1))
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


def street_scene(
    rng: np.random.Generator, folder: Path, record: dict[str, Any], library: Library
) -> Scene:
    """
    Cut a square out of a picture of the street.

    :param folder: where detector_streets wrote. :param record: one entry of its list.
    """
    image = _read(folder / f'{record["stem"]}.jpg')
    seen = cv2.imread(str(folder / f'{record["stem"]}.png'), cv2.IMREAD_UNCHANGED)
    height, width = seen.shape
    side = int(rng.uniform(0.5, 1.0) * height)
    things = record['things']
    y, x = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
    if things and rng.random() < 0.7:
        box = things[rng.integers(len(things))]['box']
        x = int(np.clip((box[0] + box[2]) / 2 - side * rng.uniform(0.3, 0.7), 0, width - side))
        y = int(np.clip((box[1] + box[3]) / 2 - side * rng.uniform(0.3, 0.7), 0, height - side))
    cut = cv2.resize(image[y : y + side, x : x + side], (SIDE_PX, SIDE_PX))
    part = cv2.resize(
        seen[y : y + side, x : x + side], (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_NEAREST
    )
    owner = np.where(part > 0, HIDDEN, 0).astype(np.uint8)
    least = np.zeros(len(things))
    for number, thing in enumerate(things):
        owner[part == thing['number'] + 1] = number + 1
        whole = np.count_nonzero(seen == thing['number'] + 1) * (SIDE_PX / side) ** 2
        least[number] = max(120.0, 0.3 * whole)
    kept, boxes = _visible(owner, least)
    names = [street_name(things[k]['model']) for k in kept]
    colors = np.full((len(kept), len(COLORS)), -1, np.int8)
    concepts, instances = [], []
    for new, name in enumerate(names):
        tones = color_of(cut[owner == new + 1])
        shares = np.bincount(tones[tones >= 0], minlength=len(COLORS)) / len(tones)
        colors[new, shares < 0.05] = 0
        is_person = (
            'person' in library.vocabulary.above(name) if name in library.concept else False
        )
        colors[new, shares > (0.18 if is_person else 0.35)] = 1
        concepts.append(library.concept.get(name, -1))
        model = things[kept[new]]['model']
        main = int(np.bincount(tones[tones >= 0], minlength=12).argmax())
        instances.append(-1 - (zlib.crc32(f'{model} {main}'.encode()) % (1 << 30)))
    return Scene(
        _camera(rng, cut), boxes, owner, np.array(concepts, int), np.array(instances, int), colors
    )
