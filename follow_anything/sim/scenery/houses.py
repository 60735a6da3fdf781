# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The ring of houses around the square: fronts, party walls and roofs."""

from __future__ import annotations

from follow_anything.sim.meshes.shapes import join, Shape, wall
from follow_anything.sim.scenery.facades import FACADES
from follow_anything.sim.scenery.layout import GROUND, HOUSES
from follow_anything.sim.scenery.mjcf import Mjcf
import numpy as np

__all__ = ['add_houses']

_DEPTH, _RISE = 4.0, 3.2


def _roof(a: np.ndarray, b: np.ndarray, back: np.ndarray, eaves: float) -> Shape:
    """Return a slope from the eaves at a-b back and up to the ridge."""
    out = -0.35 * back / np.linalg.norm(back)
    low = [np.r_[p + out, eaves - 0.1] for p in (a, b)]
    high = [np.r_[p + back, eaves + _RISE] for p in (b, a)]
    width = float(np.linalg.norm(b - a)) / 3
    uv = np.array([[0, 0], [width, 0], [width, 1.7], [0, 1.7]])
    return np.array(low + high), np.array([[0, 1, 2], [0, 2, 3]]), uv


def add_houses(mjcf: Mjcf, group: str) -> None:
    """Add all houses; the same ones in every world."""
    rng = np.random.default_rng(41)
    x, y = GROUND
    corners = np.array([[x, -y], [-x, -y], [-x, y], [x, y]])
    sides = [(corners[k], corners[(k + 1) % 4], count) for k, count in enumerate((6, 4, 6, 4))]
    number = 0
    for start, end, count in sides:
        along = (end - start) / count
        back = np.array([along[1], -along[0]]) / np.linalg.norm(along)
        back = back * np.sign(back @ start) * _DEPTH  # away from the square
        for k in range(count):
            a, b = start + k * along, start + (k + 1) * along
            eaves = HOUSES + float(rng.uniform(0, 2.8))
            # Seen from the square the left end comes first.
            wide = b - a
            left, right = (a, b) if wide[0] * back[1] > wide[1] * back[0] else (b, a)
            front = wall((*left, 0), (*right, eaves), 1.0)
            front = (front[0], front[1], np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float))
            red, green, blue = rng.uniform(0.88, 1.0) * rng.uniform(0.96, 1.0, 3)
            tint = float(red), float(green), float(blue)
            texture = f'own_facade{(number + number // FACADES) % FACADES}'
            mjcf.blank_texture(texture, 768, 768)
            mjcf.add_shape(
                mjcf.worldbody,
                f'front{number}',
                front,
                mjcf.material(tint, texture, emission=0.25),
                group,
            )
            mjcf.blank_texture('own_roof', 256, 256)
            mjcf.add_shape(
                mjcf.worldbody,
                f'roof{number}',
                _roof(left, right, back, eaves),
                mjcf.material((1, 1, 1), 'own_roof', emission=0.2),
                group,
            )
            gables = join(
                wall((*(left + back), eaves - 4), (*left, eaves + 0.4)),
                wall((*right, eaves - 4), (*(right + back), eaves + 0.4)),
            )
            mjcf.add_shape(
                mjcf.worldbody, f'gable{number}', gables, mjcf.material((0.62, 0.58, 0.52)), group
            )
            number += 1
