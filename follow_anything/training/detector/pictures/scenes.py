# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Synthetic scenes for the detector: seven objects on a photo or on a floor before a wall.

Boxes enclose what can be seen of a thing. Every thing knows its name and, where one colour can be
told, its colour.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
import zlib

import cv2
from follow_anything.training.detector.language.words import (
    color_of,
    COLORS,
    draw_color,
)
from follow_anything.training.detector.pictures.library import Asset, Library, read_rgb
from follow_anything.training.detector.pictures.scene import (
    HIDDEN,
    LEAST_PX,
    MIN_VISIBLE,
    Scene,
    SIDE_PX,
    visible_things,
)
from follow_anything.training.detector.pictures.streets import street_name
import numpy as np

__all__ = [
    'make_scene',
    'street_scene',
]

OBJECTS = 7
SIZES_PX = (22.0, 170.0)
"""Of the longer side of a thing, in a picture of the usual side."""

PEOPLE = {'man', 'woman', 'boy', 'girl', 'person'}


def _plane(rng: np.random.Generator, texture: np.ndarray, floor: bool, side: int) -> np.ndarray:
    """Draw a tiled plane: the floor seen at a slant, or a wall seen straight."""
    tile = cv2.resize(texture, (128, 128), interpolation=cv2.INTER_AREA)
    wide = np.tile(tile, (5, 5, 1))
    size = wide.shape[0]
    if not floor:
        x, y = rng.integers(0, size - side, 2)
        return wide[y : y + side, x : x + side]
    squeeze = rng.uniform(0.15, 0.4)
    source = np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32)
    middle = side / 2
    target = np.array(
        [
            [middle - size * squeeze * 1.4, 0],
            [middle + size * squeeze * 1.4, 0],
            [middle + size, side],
            [middle - size, side],
        ],
        np.float32,
    )
    matrix = cv2.getPerspectiveTransform(source, target)
    ground = cv2.warpPerspective(
        wide, matrix, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(ground)


def _crop(rng: np.random.Generator, photo: np.ndarray, side: int) -> np.ndarray:
    height, width = photo.shape[:2]
    part = int(min(height, width) * rng.uniform(0.35, 1.0))
    y, x = rng.integers(0, height - part + 1), rng.integers(0, width - part + 1)
    cut = photo[y : y + part, x : x + part]
    kind = cv2.INTER_AREA if part > side else cv2.INTER_CUBIC
    cut = cv2.resize(cut, (side, side), interpolation=kind)
    return np.asarray(cut[:, ::-1] if rng.random() < 0.5 else cut)


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
    :returns: RGBA and the known colours, int8 (11,): 1, 0, -1 unknown.
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
    color_labels = np.full(len(COLORS), -1, np.int8)
    color_labels[shares < (0.08 if painted else 0.05)] = 0
    if painted:
        color_labels[color] = 1
    else:
        color_labels[shares > (0.18 if asset.is_person else 0.35)] = 1
    return sprite, color_labels


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
    """Simulate a camera: light, white balance, blur, noise, compression."""
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
    return np.asarray(result)


def _choose(
    rng: np.random.Generator, library: Library, count: int, twins: bool
) -> list[tuple[int, int]]:
    """Draw (asset, colour) of each object; with twins, half of them are a second colour."""
    result: list[tuple[int, int]] = []
    while len(result) < count:
        asset = library.draw(rng)
        color = -1
        if rng.random() < 0.55:
            # mostly one of four colours of its own, so that the same object comes again
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
    kept, boxes = visible_things(
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


def street_scene(
    rng: np.random.Generator, folder: Path, record: dict[str, Any], library: Library
) -> Scene:
    """
    Cut a square out of a picture of the street.

    :param folder: where streets.py wrote. :param record: one entry of its list.
    """
    image = read_rgb(folder / f'{record["stem"]}.jpg')
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
    kept, boxes = visible_things(owner, least)
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
