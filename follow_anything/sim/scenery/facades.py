# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""House fronts, drawn: plaster or brick, rows of windows, cornices, shops on the ground floor."""

from __future__ import annotations

from follow_anything.sim.meshes.model3d import Array
import numpy as np

__all__ = ['FACADES', 'facade']

FACADES = 5
"""How many different fronts there are."""

_SIZE = 768
"""Pixels a side; a front is 12 m x 12 m, so that a pixel is about 1.6 cm."""

_PX_PER_M = _SIZE / 12
_PLASTER = (
    (0.86, 0.80, 0.68),
    (0.66, 0.36, 0.28),
    (0.80, 0.84, 0.82),
    (0.87, 0.73, 0.62),
    (0.62, 0.66, 0.70),
)
_TRIM = (
    (0.93, 0.91, 0.86),
    (0.88, 0.84, 0.76),
    (0.96, 0.96, 0.95),
    (0.95, 0.92, 0.88),
    (0.90, 0.90, 0.88),
)
_SHOP = (
    (0.13, 0.30, 0.26),
    (0.16, 0.16, 0.20),
    (0.52, 0.13, 0.13),
    (0.13, 0.22, 0.40),
    (0.62, 0.45, 0.16),
)


class _Canvas:
    """A wall to draw on, in metres from the lower left corner."""

    def __init__(self) -> None:
        self.image = np.zeros((_SIZE, _SIZE, 3), np.float32)

    def _slice(self, x: float, z: float, width: float, height: float) -> tuple[slice, slice]:
        top, bottom = _SIZE - round((z + height) * _PX_PER_M), _SIZE - round(z * _PX_PER_M)
        left, right = round(x * _PX_PER_M), round((x + width) * _PX_PER_M)
        return slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))

    def fill(self, x: float, z: float, width: float, height: float, color: Array) -> None:
        self.image[self._slice(x, z, width, height)] = color

    def shade(self, x: float, z: float, width: float, height: float, factor: float) -> None:
        self.image[self._slice(x, z, width, height)] *= factor

    def glass(self, x: float, z: float, width: float, height: float, tone: float) -> None:
        """Fill with a pane: dark, with a reflection of the sky in its upper part."""
        rows, columns = self._slice(x, z, width, height)
        patch = self.image[rows, columns]
        h, w = patch.shape[:2]
        v, u = np.mgrid[0:h, 0:w].astype(np.float32)
        gleam = np.clip(1 - (v / max(h, 1) + 0.35 * u / max(w, 1)), 0, 1)[..., None]
        patch[:] = (
            tone * np.array([0.13, 0.16, 0.19]) + gleam * np.array([0.30, 0.36, 0.42]) * tone
        )


def _brick(image: Array, rng: np.random.Generator) -> None:
    """Lay courses of bricks over the whole wall."""
    rows, columns = np.mgrid[0:_SIZE, 0:_SIZE]
    course = rows // 6
    stone = (columns + 8 * (course % 2)) // 16
    tone = rng.uniform(0.82, 1.14, (_SIZE // 6 + 1, _SIZE // 16 + 2)).astype(np.float32)
    image *= tone[course, stone][..., None]
    joint = (rows % 6 == 0) | ((columns + 8 * (course % 2)) % 16 == 0)
    image[joint] = image[joint] * 0.55 + 0.25


def _window(
    wall: _Canvas,
    x: float,
    z: float,
    width: float,
    height: float,
    trim: Array,
    rng: np.random.Generator,
    shutter: Array | None,
) -> None:
    wall.fill(x - 0.14, z - 0.05, width + 0.28, height + 0.20, trim)
    wall.shade(x - 0.14, z + height + 0.12, width + 0.28, 0.03, 0.7)
    wall.glass(x, z, width, height, float(rng.uniform(0.7, 1.3)))
    if rng.random() < 0.35:
        wall.fill(x, z + height * 0.55, width, height * 0.45, trim * 0.85)  # a blind
    wall.fill(x + width / 2 - 0.03, z, 0.06, height, trim * 0.95)
    wall.fill(x, z + height * 0.62, width, 0.05, trim * 0.95)
    wall.shade(x, z + height - 0.10, width, 0.10, 0.55)
    wall.shade(x, z, 0.07, height, 0.65)
    wall.fill(x - 0.2, z - 0.15, width + 0.4, 0.11, trim * 1.02)
    wall.shade(x - 0.2, z - 0.24, width + 0.4, 0.09, 0.72)
    if shutter is not None:
        for left in (x - 0.14 - width / 2, x + width + 0.14):
            wall.fill(left, z - 0.02, width / 2, height + 0.06, shutter)
            for k in range(int(height / 0.16)):
                wall.shade(left + 0.05, z + 0.05 + 0.16 * k, width / 2 - 0.1, 0.05, 0.7)


def _shop(
    wall: _Canvas, x: float, width: float, color: Array, trim: Array, rng: np.random.Generator
) -> None:
    wall.fill(x, 0, width, 3.1, color)
    wall.fill(x + 0.1, 2.55, width - 0.2, 0.42, color * 0.8)
    for k in range(int(rng.integers(3, 6))):  # a sign, without words
        wall.fill(x + 0.5 + 0.34 * k, 2.66, 0.22, 0.2, trim * 0.95)
    door = 1.0
    pane = (width - door - 0.5) / 2
    wall.glass(x + 0.15, 0.55, pane, 1.9, 1.2)
    wall.glass(x + 0.15 + pane + door + 0.2, 0.55, pane, 1.9, 1.0)
    wall.fill(x + 0.15 + pane + 0.1, 0.05, door, 2.4, color * 0.7)
    wall.glass(x + 0.25 + pane + 0.1, 0.75, door - 0.2, 1.6, 0.9)
    wall.shade(x, 0, width, 0.12, 0.6)
    for left in (x + 0.3, x + 0.3 + pane + door + 0.2):
        for _ in range(5):  # goods in the window
            goods = rng.uniform(0.15, 0.75, 3)
            wall.fill(left + rng.uniform(0, pane - 0.5), 0.6, 0.22, rng.uniform(0.15, 0.6), goods)
    stripes = int(width / 0.3)
    for k in range(stripes):  # an awning
        tone = trim if k % 2 else color * 1.35
        wall.fill(x + k * width / stripes, 2.42, width / stripes, 0.32, tone)
    wall.shade(x, 2.28, width, 0.14, 0.55)


def facade(index: int) -> np.ndarray:
    """Return a front of four floors, 12 m x 12 m, uint8 (768, 768, 3), upper row first."""
    rng = np.random.default_rng(100 + index)
    plaster, trim, shop = (np.array(table[index]) for table in (_PLASTER, _TRIM, _SHOP))
    wall = _Canvas()
    wall.image[:] = plaster
    if index in (1, 4):
        _brick(wall.image, rng)
    blotch = np.kron(rng.normal(0, 0.022, (48, 48)), np.ones((16, 16)))
    fine = rng.normal(0, 0.016, (_SIZE, _SIZE))
    wall.image *= (1 + blotch + fine)[..., None].astype(np.float32)
    shutter = np.array([0.25, 0.38, 0.36]) if index in (0, 3) else None
    bays = (5, 5, 6, 4, 6)[index]
    bay = 12 / bays
    width = min(1.25, bay - 0.9) if shutter is None else min(0.95, bay / 2 - 0.2)
    for floor in range(1, 4):
        z = 3.4 + 2.85 * (floor - 1)
        for k in range(bays):
            _window(wall, (k + 0.5) * bay - width / 2, z + 0.65, width, 1.65, trim, rng, shutter)
        wall.fill(0, z - 0.12, 12, 0.14, trim * 0.92)
        wall.shade(0, z - 0.2, 12, 0.08, 0.75)
    wall.fill(0, 11.65, 12, 0.35, trim * 0.95)
    wall.shade(0, 11.5, 12, 0.15, 0.65)
    _shop(wall, 0.5, 5.0, shop, trim, rng)
    _shop(wall, 6.5, 5.0, shop * 0.8 + 0.05, trim, rng)
    wall.fill(0, 0, 12, 0.45, plaster * 0.55) if index == 2 else wall.shade(0, 0, 12, 0.3, 0.75)
    dirt = np.linspace(0.80, 1.0, 140)[::-1][:, None, None]
    wall.image[-140:] *= dirt
    return (np.clip(wall.image, 0, 1) * 255 + 0.5).astype(np.uint8)
