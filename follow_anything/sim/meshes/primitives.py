# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Generated objects: trees and street furniture always, everything else as a fall-back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from follow_anything.core.errors import InvalidInput
from follow_anything.sim.meshes import figures, machines
from follow_anything.sim.meshes.machines import BLACK, colored
from follow_anything.sim.meshes.model3d import MeshPart, Model3D
from follow_anything.sim.meshes.shapes import blob, box, join, lathe, limb, moved, Shape
import numpy as np

__all__ = ['NAMES', 'make']

Color = tuple[float, float, float]
LEAVES, BARK, WOOD = 'own_leaves', 'own_bark', 'own_wood'


def _tree(
    height: float, spread: float, seed: int, tint: Color, trunk: float = 0.36
) -> list[MeshPart]:
    """Make a trunk and a crown of leafy clumps, the lower ones darker."""
    rng = np.random.default_rng(seed)
    foot = trunk * height
    stem = limb((0, 0, 0.12), (0.1, 0.05, foot + 0.15 * height), (0.035 * height, 0.02 * height))
    boughs = [
        limb(
            (0, 0, 0.8 * foot),
            (0.55 * spread / 2 * np.cos(a), 0.55 * spread / 2 * np.sin(a), foot + 0.2 * height),
            (0.014 * height, 0.006 * height),
            6,
        )
        for a in rng.uniform(0, 6.28, 1) + np.array([0, 2.1, 4.2])
    ]
    low: list[Shape] = []
    mid: list[Shape] = []
    top: list[Shape] = []
    for i in range(13):
        level = (i + 0.5) / 13
        reach = 0.5 * spread * np.sqrt(max(0.05, 1 - (2 * level - 0.85) ** 2)) * 0.72
        angle = 2.4 * i + rng.uniform(-0.4, 0.4)
        z = foot + (height - foot) * (0.12 + 0.76 * level)
        size = rng.uniform(0.40, 0.54) * spread * (1.05 - 0.35 * level)
        clump = blob(
            (size, size, 0.72 * size),
            (reach * np.cos(angle), reach * np.sin(angle), z),
            0.08,
            9,
            7,
            seed * 31 + i,
            0.9,
        )
        fringe = _sprigs(clump, 22, rng)
        (low if level < 0.36 else mid if level < 0.7 else top).extend([clump, fringe])
    red, green, blue = tint
    shade = [(red * k, green * k, blue * k) for k in (0.72, 0.88, 1.0)]
    return [
        colored(join(stem, *boughs), (0.8, 0.75, 0.7), BARK),
        *(
            colored(join(*clumps), color, LEAVES)
            for clumps, color in zip((low, mid, top), shade, strict=True)
        ),
    ]


def _sprigs(clump: Shape, count: int, rng: np.random.Generator) -> Shape:
    """Return little leafy triangles that stick out of a clump and fray its outline."""
    center = clump[0].mean(0)
    root = clump[0][rng.choice(len(clump[0]), count)]
    out = root - center
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    side = np.cross(out, rng.normal(0, 1, (count, 3)))
    side *= 0.26 / np.linalg.norm(side, axis=1, keepdims=True)
    tip = root + out * rng.uniform(0.08, 0.22, (count, 1)) + rng.normal(0, 0.08, (count, 3))
    vertices = np.stack([root - side - 0.1 * out, root + side - 0.1 * out, tip], 1).reshape(-1, 3)
    faces = np.arange(3 * count).reshape(-1, 3)
    both = np.concatenate([faces, faces[:, ::-1]])
    return vertices, both, rng.uniform(0, 1, (3 * count, 2)).cumsum(0) * 0.3


def _lathe(
    profile: list[tuple[float, float]], color: Color, texture: str = '', sides: int = 12
) -> list[MeshPart]:
    return [colored(lathe(profile, sides), color, texture)]


def _bench() -> list[MeshPart]:
    slats = [box((0.09, 1.5, 0.035), (x, 0, 0.44)) for x in (-0.14, -0.03, 0.08, 0.19)]
    slats += [box((0.03, 1.5, 0.09), (-0.24 - 0.03 * k, 0, 0.54 + 0.13 * k)) for k in range(3)]
    feet = [box((0.5, 0.07, 0.42), (0, y, 0.21)) for y in (-0.6, 0.6)]
    feet += [box((0.06, 0.07, 0.5), (-0.29, y, 0.6)) for y in (-0.6, 0.6)]
    return [colored(join(*slats), (0.62, 0.44, 0.25)), colored(join(*feet), (0.62, 0.62, 0.6))]


def _lamp() -> list[MeshPart]:
    post = lathe([(0.16, 0), (0.15, 0.3), (0.07, 0.42), (0.05, 2.9), (0.09, 2.95), (0.02, 3.0)])
    cap = lathe([(0.24, 3.42), (0.05, 3.58), (0.01, 3.62)], 6)
    light = lathe([(0.10, 3.0), (0.19, 3.40), (0.02, 3.43)], 6)
    return [colored(join(post, cap), BLACK), colored(light, (0.95, 0.93, 0.80))]


def _column() -> list[MeshPart]:
    """Make an advertising column, lower than a drone flies."""
    return [
        colored(
            lathe([(0.39, 0.0), (0.42, 0.05), (0.42, 0.3), (0.37, 0.32)], 20), (0.25, 0.27, 0.27)
        ),
        colored(lathe([(0.37, 0.3), (0.37, 2.0)], 20, 1.7), (1.0, 1.0, 1.0), 'own_posters'),
        colored(
            lathe([(0.37, 2.0), (0.44, 2.02), (0.44, 2.1), (0.24, 2.25), (0.01, 2.3)], 20),
            (0.16, 0.33, 0.28),
        ),
    ]


def _container() -> list[MeshPart]:
    shell = box((6.06, 2.44, 2.5), (0, 0, 1.34), 1.2)
    bars = [box((0.12, 0.12, 2.59), (x, y, 1.295)) for x in (-3, 3) for y in (-1.2, 1.2)]
    rails = [box((6.1, 0.1, 0.14), (0, y, z)) for y in (-1.2, 1.2) for z in (0.07, 2.54)]
    return [
        colored(shell, (0.20, 0.33, 0.55), 'own_ribs', 'paint'),
        colored(join(*bars, *rails), (0.15, 0.24, 0.42)),
    ]


def _crate() -> list[MeshPart]:
    edges = [box((0.1, 0.92, 0.1), (x, 0, z)) for x in (-0.41, 0.41) for z in (0.05, 0.85)] + [
        box((0.92, 0.1, 0.1), (0, y, z)) for y in (-0.41, 0.41) for z in (0.05, 0.85)
    ]
    return [
        colored(box((0.86, 0.86, 0.86), (0, 0, 0.45)), (0.8, 0.75, 0.7), WOOD),
        colored(join(*edges), (0.42, 0.29, 0.17)),
    ]


def _hoarding() -> list[MeshPart]:
    """Make half a metre of a boarded fence, higher than a person and lower than a drone flies."""
    board = box((0.08, 0.5, 2.2), (0, 0, 1.1), 1.2)
    rail = box((0.12, 0.5, 0.1), (0, 0, 2.2))
    return [
        colored(board, (0.20, 0.33, 0.55), 'own_ribs', 'paint'),
        colored(rail, (0.35, 0.35, 0.36)),
    ]


_BARREL = [(0.30, 0), (0.33, 0.02), (0.40, 0.45), (0.33, 0.88), (0.30, 0.9), (0.01, 0.88)]
_BIN = [(0.22, 0), (0.24, 0.05), (0.30, 0.8), (0.31, 0.86), (0.2, 0.84), (0.01, 0.7)]
_HYDRANT = [
    (0.14, 0),
    (0.14, 0.06),
    (0.09, 0.1),
    (0.09, 0.5),
    (0.13, 0.52),
    (0.12, 0.62),
    (0.05, 0.7),
    (0.04, 0.76),
    (0.01, 0.76),
]
_CYPRESS = [
    (0.08, 0),
    (0.09, 0.2),
    (0.30, 0.25),
    (0.38, 0.7),
    (0.3, 1.4),
    (0.16, 2.0),
    (0.02, 2.4),
]

_MAKERS: dict[str, Callable[[], list[MeshPart]]] = {
    'tree_lime': partial(_tree, 6.8, 4.6, 3, (0.92, 1.0, 0.80)),
    'tree_oak': partial(_tree, 7.6, 5.4, 8, (0.86, 0.86, 0.62)),
    'tree_maple': partial(_tree, 6.2, 4.2, 5, (1.0, 0.88, 0.62)),
    'column': _column,
    'container': _container,
    'cypress': partial(_lathe, _CYPRESS, (0.55, 0.66, 0.5), LEAVES, 14),
    'hedge': lambda: [
        colored(box((0.55, 1.5, 0.95), (0, 0, 0.475), 0.9), (0.75, 0.82, 0.6), LEAVES)
    ],
    'bench': _bench,
    'lamp': _lamp,
    'bin': partial(_lathe, _BIN, (0.10, 0.36, 0.16)),
    'wheelie_bin': lambda: [
        colored(moved(box((0.6, 0.58, 0.95), (0, 0, 0.5))), (0.18, 0.36, 0.25)),
        colored(box((0.7, 0.66, 0.07), (0, 0, 1.0)), BLACK),
    ],
    'hydrant': partial(_lathe, _HYDRANT, (0.75, 0.08, 0.06)),
    'barrel': partial(_lathe, _BARREL, (0.85, 0.75, 0.65), WOOD, 14),
    'crate': _crate,
    'hoarding': _hoarding,
    'rock': lambda: [
        colored(blob((0.5, 0.8, 0.6), (0, 0, 0.2), 0.08, 9, 7, 4), (0.5, 0.48, 0.45))
    ],
    **machines.MAKERS,
    **figures.MAKERS,
}

NAMES = tuple(_MAKERS)
"""Every object there is."""


def make(name: str) -> Model3D:
    """
    Return one of our own objects.

    :raises InvalidInput: there is no object of that name.
    """
    if name not in _MAKERS:
        raise InvalidInput(f'no object {name!r}; there are {", ".join(NAMES)}')
    return Model3D(name, _MAKERS[name]())
