# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Procedural textures: leaves, bark, wood, ribs, posters, roofs and the sky. uint8 (H, W, 3)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache, partial

from follow_anything.sim.meshes.model3d import Array
from follow_anything.sim.scenery.facades import facade, FACADES
import numpy as np

__all__ = ['NAMES', 'make_texture', 'noise', 'sky', 'to_uint8']


def noise(height: int, width: int, cell: float, rng: np.random.Generator) -> Array:
    """
    Return smooth periodic noise, float32 (height, width), mean 0, about [-1, 1].

    :param cell: size of a blotch, pixels.
    """
    rows, columns = max(2, round(height / cell)), max(2, round(width / cell))
    grid = rng.uniform(-1, 1, (rows, columns)).astype(np.float32)

    def along(values: Array, count: int, axis: int) -> Array:
        place = np.arange(count, dtype=np.float32) * (values.shape[axis] / count)
        low = place.astype(int)
        t = place - low
        t = t * t * (3 - 2 * t)
        high = (low + 1) % values.shape[axis]
        t = t.reshape(-1, 1) if axis == 0 else t
        return np.asarray(np.take(values, low, axis) * (1 - t) + np.take(values, high, axis) * t)

    return along(along(grid, width, 1), height, 0)


def to_uint8(image: Array) -> np.ndarray:
    """Clip an image in [0, 1] to bytes."""
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def _leaves() -> np.ndarray:
    """Draw overlapping leaves from dark below to light on top."""
    rng = np.random.default_rng(11)
    size = 256
    image = np.full((size, size, 3), (0.13, 0.21, 0.06), np.float32)
    yy, xx = np.mgrid[-9:10, -9:10]
    for layer in range(1500):
        light = layer / 1500
        angle, cx, cy = rng.uniform(0, 3.14), rng.integers(size), rng.integers(size)
        along = xx * np.cos(angle) + yy * np.sin(angle)
        across = -xx * np.sin(angle) + yy * np.cos(angle)
        length, wide = rng.uniform(5, 8.5), rng.uniform(2.4, 3.6)
        inside = (along / length) ** 2 + (across / wide) ** 2 < 1
        green = np.array([0.22 + 0.30 * light, 0.34 + 0.38 * light, 0.10 + 0.12 * light])
        green = green * rng.uniform(0.75, 1.25, 3)
        shade = (1 - 0.35 * (across > 0))[inside][:, None]
        image[(yy[inside] + cy) % size, (xx[inside] + cx) % size] = green * shade
    return to_uint8(image)


def _bark() -> np.ndarray:
    rng = np.random.default_rng(12)
    streaks = noise(128, 128, 5, rng) * 0.5 + noise(128, 32, 16, rng).repeat(4, 1) * 0.5
    base = np.array([0.42, 0.35, 0.28])
    return to_uint8(base * (1 + 0.45 * streaks[..., None]))


def _wood() -> np.ndarray:
    rng = np.random.default_rng(13)
    image = np.empty((128, 128, 3), np.float32)
    for plank in range(4):
        grain = noise(128, 32, 40, rng)[:, :1] * 0.2 + noise(128, 32, 3, rng) * 0.1
        tone = rng.uniform(0.85, 1.1)
        image[:, 32 * plank : 32 * plank + 32] = (
            np.array([0.56, 0.40, 0.25]) * tone * (1 + grain[..., None])
        )
        image[:, 32 * plank : 32 * plank + 2] *= 0.35
    return to_uint8(image)


def _ribs() -> np.ndarray:
    """Draw corrugated sheet: upright ribs with light and shade, a little rust."""
    rng = np.random.default_rng(14)
    x = np.arange(128) / 128 * 2 * np.pi * 5
    rib = 0.85 + 0.22 * np.tanh(2.5 * np.sin(x)) * np.cos(x * 0.5) ** 2 + 0.08 * np.sin(x)
    image = np.ones((128, 128, 3), np.float32) * rib[None, :, None]
    return to_uint8(image * (1 + 0.08 * noise(128, 128, 20, rng)[..., None]))


def _posters() -> np.ndarray:
    """Draw a ring of invented posters: flat colours, shapes and lines instead of words."""
    rng = np.random.default_rng(15)
    image = np.full((256, 512, 3), 0.85, np.float32)
    yy, xx = np.mgrid[0:200, 0:112]
    palette = np.array(
        [
            [0.20, 0.55, 0.60],
            [0.12, 0.30, 0.55],
            [0.90, 0.80, 0.40],
            [0.15, 0.45, 0.35],
            [0.93, 0.90, 0.82],
            [0.35, 0.25, 0.50],
            [0.10, 0.12, 0.15],
            [0.55, 0.70, 0.80],
        ]
    )
    for slot in range(4):
        back, front, third = palette[rng.permutation(len(palette))[:3]]
        poster = np.broadcast_to(back, (200, 112, 3)).copy()
        circle = (xx - rng.integers(30, 80)) ** 2 + (yy - rng.integers(60, 110)) ** 2
        poster[circle < rng.integers(25, 42) ** 2] = front
        poster[np.abs(yy - xx * rng.uniform(-0.8, 0.8) - rng.integers(60, 150)) < 9] = third
        for line in range(3):
            top = 150 + 14 * line
            poster[top : top + 7, 12 : 12 + int(rng.integers(45, 88))] = third
        image[28:228, 8 + 128 * slot : 120 + 128 * slot] = poster
    return to_uint8(image * (1 + 0.05 * noise(256, 512, 30, rng)[..., None]))


def _roof() -> np.ndarray:
    """Draw rows of clay tiles."""
    rng = np.random.default_rng(16)
    yy, xx = np.mgrid[0:256, 0:256]
    row = yy // 16
    tone = rng.uniform(0.75, 1.15, (16, 16))[row, ((xx + 8 * (row % 2)) // 16) % 16]
    edge = np.where(yy % 16 < 3, 0.55, 1.0) * (
        0.85 + 0.2 * np.sin((xx + 8 * row) * np.pi / 8) ** 2
    )
    return to_uint8(np.array([0.50, 0.27, 0.20]) * (tone * edge)[..., None])


_MAKERS: dict[str, Callable[[], np.ndarray]] = {
    'own_leaves': _leaves,
    'own_bark': _bark,
    'own_wood': _wood,
    'own_ribs': _ribs,
    'own_posters': _posters,
    'own_roof': _roof,
    **{f'own_facade{index}': partial(facade, index) for index in range(FACADES)},
}

NAMES = tuple(_MAKERS)


@cache
def make_texture(name: str) -> np.ndarray:
    """Return a texture by name, uint8 (H, W, 3), upper row first; made once per process."""
    return _MAKERS[name]()


@lru_cache(maxsize=2)
def sky(size: int = 256) -> np.ndarray:
    """
    Return the six faces of a sky with clouds, uint8 (6 * size, size, 3).

    The order is MuJoCo's: right, left, up, down, front, back of a cube with y up.
    """
    rng = np.random.default_rng(21)
    t = (np.arange(size) + 0.5) / size * 2 - 1
    a, b = np.meshgrid(t, t)
    one = np.ones_like(a)
    faces = [
        (one, -b, -a),
        (-one, -b, a),
        (a, one, b),
        (a, -one, -b),
        (a, -b, one),
        (-a, -b, -one),
    ]
    waves = [
        (rng.normal(0, 1, 3) * k, rng.uniform(0, 6.28), 1 / k)
        for k in (2.5, 3.5, 5, 7, 10, 14, 20, 28)
        for _ in range(4)
    ]
    out = []
    for x, y, z in faces:
        d = np.stack([x, y, z], -1) / np.sqrt(x * x + y * y + z * z)[..., None]
        up = np.clip(d[..., 1], 0, 1)
        plane = d / (up + 0.25)[..., None]  # clouds lie on a layer, so they crowd at the horizon
        value = sum(w * np.sin(plane @ k + p) for k, p, w in waves)
        cloud = np.clip((value - 0.1) * 0.9, 0, 1)[..., None] * np.clip(up * 5, 0, 1)[..., None]
        blend = np.sqrt(up)[..., None]
        blue = (1 - blend) * np.array([0.80, 0.86, 0.91]) + blend * np.array([0.33, 0.54, 0.82])
        out.append((1 - 0.75 * cloud) * blue + 0.75 * cloud * np.array([0.97, 0.97, 0.98]))
    return to_uint8(np.concatenate(out))
