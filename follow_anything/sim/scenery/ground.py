# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The ground as one picture from above: grass, paving, kerbs, asphalt, markings and all shadows.

One large texture on two triangles is the cheapest ground there is, and shadows painted into it
cost nothing while the world runs.
"""

from __future__ import annotations

from follow_anything.sim.meshes.model3d import Array
from follow_anything.sim.scenery.layout import GRASS, GROUND, ISLAND, PARKING_X, ROAD, SUN
from follow_anything.sim.scenery.textures import noise
import numpy as np

__all__ = [
    'GROUND_SIZE',
    'PX_PER_M',
    'SUN_YAW',
    'paint_ground',
    'shade_object',
    'sun_shift',
    'tint',
]

PX_PER_M = 61
GROUND_SIZE = (round(2 * GROUND[0] * PX_PER_M), round(2 * GROUND[1] * PX_PER_M))
"""Width and height of the picture, pixels; upper row is the far side (y positive)."""

SUN_YAW = float(np.arctan2(SUN[1], SUN[0]))

_LINE = np.array([0.86, 0.86, 0.83], np.float32)


def _window(x0: float, y0: float, x1: float, y1: float) -> tuple[slice, slice]:
    """Return rows and columns of a rectangle given in metres."""
    width, height = GROUND_SIZE
    left, right = ((x + GROUND[0]) * PX_PER_M for x in (x0, x1))
    top, bottom = ((GROUND[1] - y) * PX_PER_M for y in (y1, y0))
    return (
        slice(max(round(top), 0), max(min(round(bottom), height), 0)),
        slice(max(round(left), 0), max(min(round(right), width), 0)),
    )


def _slabs(shape: tuple[int, int], slab: tuple[int, int], rng: np.random.Generator) -> Array:
    """Return the brightness of a pavement of slabs with joints, in courses (running bond)."""
    rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])[None]
    course = rows // slab[0]
    shifted = columns + (course % 2) * (slab[1] // 2)
    tone = rng.normal(1, 0.045, (shape[0] // slab[0] + 1, shape[1] // slab[1] + 2))
    value = tone.astype(np.float32)[course, shifted // slab[1]]
    joint = (rows % slab[0] < 2) | (shifted % slab[1] < 2)
    light = (rows % slab[0] == 2) | (shifted % slab[1] == 2)
    return np.asarray(value * np.where(joint, 0.72, np.where(light, 1.06, 1.0)).astype(np.float32))


def _ring(half: tuple[float, float], wide: float) -> list[tuple[float, float, float, float]]:
    """Return the four strips just outside a rectangle."""
    x, y = half
    return [
        (-x - wide, y, x + wide, y + wide),
        (-x - wide, -y - wide, x + wide, -y),
        (-x - wide, -y, -x, y),
        (x, -y, x + wide, y),
    ]


def _markings(image: Array, wear: Array) -> None:
    """Paint lane lines, parking bays, zebra crossings and gully covers on the road."""

    def mark(x0: float, y0: float, x1: float, y1: float) -> None:
        place = _window(x0, y0, x1, y1)
        cover = wear[place][..., None]
        image[place] = image[place] * (1 - cover) + _LINE * cover

    middle_x, middle_y = ISLAND[0] + 2.9, ISLAND[1] + 2.9
    for sign in (-1, 1):
        for x in np.arange(-24, 24, 3.0).tolist():
            mark(x, sign * middle_y - 0.06, x + 1.5, sign * middle_y + 0.06)
        for y in np.arange(-12, 12, 3.0).tolist():
            mark(sign * middle_x - 0.06, y, sign * middle_x + 0.06, y + 1.5)
        for x in (place + side for place in PARKING_X for side in (-3.25, 3.25)):
            low, high = sorted((sign * 15.95, sign * 17.95))
            mark(x - 0.05, low, x + 0.05, high)
        for edge in (-15.2, 15.2):  # zebra crossings at the ends of the long sides
            for k in range(8):
                y = sign * (11.45 + 0.85 * k)
                mark(edge - 1.6, y - 0.22, edge + 1.6, y + 0.22)
    for x, y in ((-9, 11.4), (4, 11.4), (18, -11.4), (-2, -11.4), (-26, 17.6), (12, 17.6)):
        place = _window(x - 0.25, y - 0.2, x + 0.25, y + 0.2)
        image[place] *= np.where(np.arange(image[place].shape[1]) % 6 < 3, 0.35, 0.8)[
            None, :, None
        ]


def paint_ground() -> np.ndarray:
    """Return the ground without shadows of things, uint8 (H, W, 3); takes seconds."""
    rng = np.random.default_rng(31)
    width, height = GROUND_SIZE
    image = np.empty((height, width, 3), np.float32)
    fine = rng.standard_normal((height // 2 + 1, width), dtype=np.float32) * 0.055
    fine = np.repeat(fine, 2, 0)[:height]
    broad = 0.5 * noise(height, width, 260, rng) + 0.5 * noise(height, width, 60, rng)

    image[:] = (0.63, 0.61, 0.58)  # outer pavement
    image *= _slabs((height, width), (30, 45), rng)[..., None]
    image *= (1 + 0.06 * broad + 0.5 * fine)[..., None]

    road = _window(-ROAD[0], -ROAD[1], ROAD[0], ROAD[1])
    asphalt = 0.335 * (1 + 0.09 * broad[road] + 1.5 * fine[road])
    image[road] = asphalt[..., None] * np.array([0.98, 1.0, 1.03], np.float32)
    for x0, y0, x1, y1 in ((-24, 11.6, -18, 13.4), (6, -14.8, 11, -12.2), (23.2, -6, 24.6, 3)):
        image[_window(x0, y0, x1, y1)] *= 0.80  # patches of newer asphalt
    cracks = np.abs(noise(height, width, 130, rng) + 0.4 * noise(height, width, 31, rng)) < 0.008
    image[road][cracks[road]] *= 0.72
    _markings(image, np.clip(0.82 + 0.25 * broad + 2.2 * fine, 0.25, 0.95))

    island = _window(-ISLAND[0], -ISLAND[1], ISLAND[0], ISLAND[1])
    rows, columns = image[island].shape[:2]
    paving = _slabs((rows, columns), (24, 24), rng)
    paving = paving * (1 + 0.08 * broad[island] + 0.45 * fine[island])
    image[island] = paving[..., None] * np.array([0.70, 0.655, 0.58], np.float32)
    for half in ((ISLAND[0] - 1.1, ISLAND[1] - 1.1), (GRASS[0] + 0.9, GRASS[1] + 0.9)):
        for strip in _ring(half, 0.35):  # darker bands that frame the promenade
            image[_window(*strip)] *= np.array([0.80, 0.74, 0.70], np.float32)

    for half, wide in ((ISLAND, 0.16), ((ROAD[0], ROAD[1]), 0.16)):
        for strip in _ring(half, wide):
            image[_window(*strip)] = (0.74, 0.73, 0.70)
    for x0, y0, x1, y1 in _ring((ISLAND[0] + 0.16, ISLAND[1] + 0.16), 0.35):
        image[_window(x0, y0, x1, y1)] *= 0.70  # the gutter makes the kerb look raised
    inner = (ROAD[0] - 0.35, ROAD[1] - 0.35)
    for strip in _ring(inner, 0.35):
        image[_window(*strip)] *= 0.74

    grass = _window(-GRASS[0], -GRASS[1], GRASS[0], GRASS[1])
    rows, columns = image[grass].shape[:2]
    blades = rng.standard_normal((rows // 4 + 1, columns), dtype=np.float32)
    blades = 0.15 * np.repeat(blades, 4, 0)[:rows] + 2.0 * fine[grass]
    dry = np.clip(0.5 + 0.8 * noise(rows, columns, 90, rng), 0, 1)[..., None]
    green = (1 - dry) * np.array([0.25, 0.40, 0.13]) + dry * np.array([0.37, 0.45, 0.19])
    image[grass] = green * (1 + blades + 0.12 * broad[grass])[..., None]
    for strip in _ring((GRASS[0] - 0.12, GRASS[1] - 0.12), 0.12):
        image[_window(*strip)] = (0.55, 0.53, 0.50)
    _foot_of_houses(image)
    _litter(image, rng)
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def _foot_of_houses(image: Array) -> None:
    """Darken the pavement towards the walls, most on the side away from the sun."""
    depth = round(2.6 * PX_PER_M)
    ramp = np.linspace(0.62, 1.0, depth, dtype=np.float32)
    image[:depth] *= ramp[:, None, None]
    image[-depth:] *= ramp[::-1, None, None]
    image[:, :depth] *= ramp[None, :, None]
    image[:, -depth:] *= ramp[None, ::-1, None]
    shadow = round(3.1 * PX_PER_M)  # the houses in the south and west stand before the sun
    image[-shadow:] *= 0.72
    image[:-shadow, :shadow] *= 0.72


def _litter(image: Array, rng: np.random.Generator) -> None:
    """Scatter fallen leaves under the trees."""
    height, width = image.shape[:2]
    for _ in range(1500):
        x, y = rng.normal(0, 9.5), rng.normal(0, 3.6)
        row, column = int((GROUND[1] - y) * PX_PER_M), int((x + GROUND[0]) * PX_PER_M)
        if 4 < row < height - 4 and 4 < column < width - 4:
            tone = np.array([0.48, 0.33, 0.12]) * rng.uniform(0.7, 1.4)
            image[
                row : row + int(rng.integers(2, 5)), column : column + int(rng.integers(2, 5))
            ] = tone


def shade(
    image: np.ndarray,
    x: float,
    y: float,
    length: float,
    width: float,
    yaw: float,
    dark: float,
    soft: float = 0.35,
    leafy: int = 0,
) -> None:
    """
    Darken a rounded patch of the ground, in place.

    :param x: middle, metres. :param y: middle, metres. :param length: along yaw, metres.
    :param width: across, metres. :param dark: share of the light taken away in the middle.
    :param soft: share of the half size over which the edge fades.
    :param leafy: not zero: a seed of light spots, as under a tree.
    """
    reach = float(np.hypot(length, width)) / 2 * (1 + soft)
    place = _window(x - reach, y - reach, x + reach, y + reach)
    patch = image[place]
    if patch.size == 0:
        return
    rows, columns = patch.shape[:2]
    px = (np.arange(columns) + place[1].start + 0.5) / PX_PER_M - GROUND[0] - x
    py = GROUND[1] - (np.arange(rows) + place[0].start + 0.5) / PX_PER_M - y
    along = px[None] * np.cos(yaw) + py[:, None] * np.sin(yaw)
    across = -px[None] * np.sin(yaw) + py[:, None] * np.cos(yaw)
    power = 2.0 if leafy else 4.0
    radius = (np.abs(2 * along / length) ** power + np.abs(2 * across / width) ** power) ** (
        1 / power
    )
    if leafy:
        rng = np.random.default_rng(leafy)
        radius = (
            radius + 0.35 * noise(rows, columns, 34, rng) + 0.22 * noise(rows, columns, 12, rng)
        )
    cover = np.clip((1 + soft - radius) / (2 * soft), 0, 1)
    light = 1 - dark * cover * cover * (3 - 2 * cover)
    tint = 1 - (1 - light[..., None]) * np.array([1.0, 0.96, 0.88])  # shadows are bluish
    patch[:] = (patch * tint).astype(np.uint8)


def tint(
    image: np.ndarray,
    x: float,
    y: float,
    half: tuple[float, float],
    color: tuple[float, float, float],
) -> None:
    """
    Take light away from a rectangle of the ground, in place.

    :param half: its half sizes, metres. :param color: share of red, green and blue that is left.
    """
    place = _window(x - half[0], y - half[1], x + half[0], y + half[1])
    image[place] = (image[place] * np.array(color, np.float32)).astype(np.uint8)


def shade_object(
    image: np.ndarray,
    kind: str,
    x: float,
    y: float,
    yaw: float,
    size: tuple[float, float, float],
    seed: int,
) -> None:
    """
    Paint the shadow of one object, and the darkness at its foot, in place.

    :param kind: 'tree' for a stem with a crown, else 'thing'.
    :param size: length, width and height, metres. :param seed: not zero, for the leaves.
    """
    length, width, height = size
    if kind == 'tree':
        dx, dy = sun_shift(0.66 * height)
        shade(image, x + dx, y + dy, length, width, 0.0, 0.50, 0.2, leafy=seed)
        dx, dy = sun_shift(0.2 * height)
        shade(image, x + dx, y + dy, 0.45 * height, 0.35, SUN_YAW, 0.42, 0.3)
        return
    if height > 1.2 * max(length, width):
        dx, dy = sun_shift(0.5 * height)
        reach = float(np.hypot(*sun_shift(height)))
        shade(image, x + dx, y + dy, reach + width, 0.8 * width, SUN_YAW, 0.42, 0.2)
    else:
        dx, dy = sun_shift(0.3 * height)
        shade(image, x + dx, y + dy, length, width, yaw, 0.40, 0.2)
    shade(image, x, y, length, width, yaw, 0.45, 0.3)


def sun_shift(height: float) -> tuple[float, float]:
    """Return where the shadow of a point at this height falls: x and y shift, metres."""
    return float(-SUN[0] / SUN[2] * height), float(-SUN[1] / SUN[2] * height)
