# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Generated people and animals, made of rounded limbs, with the gait of the catalogue's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from follow_anything.sim.meshes import gait
from follow_anything.sim.meshes.model3d import Array, MeshPart
from follow_anything.sim.meshes.shapes import blob, join, limb, moved, Shape
import numpy as np

__all__ = ['MAKERS']

Color = tuple[float, float, float]
SKIN, DARK = (0.80, 0.60, 0.48), (0.10, 0.09, 0.09)
JEANS, BROWN_HAIR = (0.20, 0.28, 0.45), (0.24, 0.14, 0.08)


def _walking(pieces: list[tuple[Shape, Color]], walk: Callable[[Array], Array]) -> list[MeshPart]:
    """Give all pieces of one body the same walk."""
    phases = walk(np.concatenate([shape[0] for shape, _ in pieces]))
    parts, start = [], 0
    for (vertices, faces, _), color in pieces:
        parts.append(MeshPart(phases[:, start : start + len(vertices)], faces, None, color))
        start += len(vertices)
    return parts


def _person(
    height: float,
    top: Color,
    legs: Color,
    hair: Color,
    long_hair: bool = False,
    shoes: Color = DARK,
) -> list[MeshPart]:
    k = height / 1.75
    trunk = [
        blob((0.25, 0.38, 0.56), (0, 0, 1.24), sides=14),
        blob((0.25, 0.35, 0.34), (0, 0, 0.98), sides=14),
    ]
    sleeves, hands = [], []
    for side in (-1, 1):
        sleeves += [
            limb((0, 0.19 * side, 1.40), (-0.02, 0.25 * side, 1.12), (0.065, 0.05)),
            limb((-0.02, 0.25 * side, 1.12), (0.05, 0.255 * side, 0.90), (0.05, 0.038)),
        ]
        hands.append(blob((0.09, 0.05, 0.15), (0.07, 0.255 * side, 0.80)))
    trousers = [blob((0.24, 0.34, 0.24), (0, 0, 0.90), sides=14)]
    feet = []
    for side in (-1, 1):
        trousers += [
            limb((0, 0.09 * side, 0.88), (0.01, 0.095 * side, 0.48), (0.095, 0.065)),
            limb((0.01, 0.095 * side, 0.48), (-0.02, 0.1 * side, 0.12), (0.062, 0.045)),
        ]
        feet.append(blob((0.27, 0.10, 0.12), (0.05, 0.1 * side, 0.055)))
    head = [
        limb((0, 0, 1.42), (0.01, 0, 1.54), (0.055, 0.05)),
        blob((0.19, 0.155, 0.24), (0.02, 0, 1.63), sides=14, rings=10),
        blob((0.05, 0.03, 0.05), (0.115, 0, 1.62)),
    ]
    locks = [blob((0.22, 0.185, 0.2), (-0.005, 0, 1.66), 0.03, 14, 9, 2)]
    if long_hair:
        locks.append(blob((0.10, 0.20, 0.36), (-0.075, 0, 1.55), 0.04, 12, 8, 3))
    pieces = [
        (trunk, top),
        (sleeves, top),
        (trousers, legs),
        (feet, shoes),
        (head + hands, SKIN),
        (locks, hair),
    ]
    scaled = [(moved(join(*shapes), scale=(k, k, k)), color) for shapes, color in pieces]
    return _walking(scaled, gait.biped)


def _animal(
    height: float, coat: Color, belly: Color, neck: float, snout: float, slim: float = 1.0
) -> list[MeshPart]:
    """Make a four-legged animal; neck and snout in body heights."""
    h = height
    wide = 0.42 * h * slim
    body = [
        blob((1.25 * h, wide, 0.5 * h), (0, 0, 0.66 * h), sides=14),
        limb(
            (0.48 * h, 0, 0.72 * h),
            (0.62 * h + 0.3 * neck * h, 0, 0.8 * h + neck * h),
            (0.17 * h * slim, 0.11 * h * slim),
        ),
        limb((-0.6 * h, 0, 0.78 * h), (-0.85 * h, 0, 0.9 * h), (0.05 * h, 0.02 * h), 6),
    ]
    top = (0.66 * h + 0.3 * neck * h, 0, 0.86 * h + neck * h)
    body.append(blob((0.34 * h, 0.27 * h * slim, 0.29 * h), top, sides=12))
    ears = [
        blob(
            (0.09 * h, 0.06 * h, 0.17 * h),
            (top[0] - 0.06 * h, s * 0.11 * h * slim, top[2] + 0.13 * h),
        )
        for s in (-1, 1)
    ]
    nose = [blob((snout * h, 0.16 * h * slim, 0.15 * h), (top[0] + 0.2 * h, 0, top[2] - 0.05 * h))]
    legs = [
        limb(
            (x * h, s * 0.30 * wide, 0.55 * h),
            (x * h, s * 0.32 * wide, 0.05 * h),
            (0.085 * h, 0.05 * h),
            7,
        )
        for x in (-0.44, 0.44)
        for s in (-1, 1)
    ]
    under = [blob((0.8 * h, 0.8 * wide, 0.3 * h), (0, 0, 0.53 * h))]
    pieces = [(join(*body), coat), (join(*legs, *nose, *under), belly), (join(*ears), DARK)]
    return _walking(pieces, gait.quadruped)


MAKERS: dict[str, Callable[[], list[MeshPart]]] = {
    'woman_orange': partial(_person, 1.68, (0.88, 0.30, 0.08), JEANS, (0.40, 0.16, 0.08), True),
    'woman_dress': partial(
        _person, 1.68, (0.12, 0.12, 0.13), (0.13, 0.13, 0.14), BROWN_HAIR, True
    ),
    'woman_brown': partial(
        _person, 1.65, (0.36, 0.20, 0.15), (0.14, 0.16, 0.30), BROWN_HAIR, True
    ),
    'man_denim': partial(_person, 1.82, (0.15, 0.33, 0.68), (0.45, 0.55, 0.68), BROWN_HAIR),
    'man_coat': partial(_person, 1.81, (0.20, 0.20, 0.21), (0.17, 0.17, 0.18), (0.35, 0.22, 0.12)),
    'man_check': partial(
        _person, 1.80, (0.52, 0.24, 0.20), (0.42, 0.50, 0.62), (0.50, 0.40, 0.25)
    ),
    'boy': partial(_person, 1.45, (0.28, 0.19, 0.15), (0.33, 0.33, 0.30), BROWN_HAIR),
    'girl': partial(_person, 1.35, (0.35, 0.60, 0.78), DARK, (0.45, 0.22, 0.10), True),
    'woman_skirt': partial(_person, 1.70, (0.75, 0.35, 0.40), (0.16, 0.18, 0.32), DARK, True),
    'man_suit': partial(_person, 1.84, (0.11, 0.12, 0.18), (0.11, 0.12, 0.18), BROWN_HAIR),
    'dog': partial(_animal, 0.55, (0.66, 0.40, 0.14), (0.86, 0.82, 0.76), 0.12, 0.26),
    'cat': partial(_animal, 0.36, (0.45, 0.40, 0.34), (0.16, 0.13, 0.11), 0.06, 0.16, 0.7),
    'horse': partial(_animal, 1.6, (0.34, 0.15, 0.09), (0.28, 0.13, 0.08), 0.42, 0.40, 0.75),
}
