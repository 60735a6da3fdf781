# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""People whose clothes have another colour in front than behind: an apron, an open jacket."""

from __future__ import annotations

from dataclasses import replace

from follow_anything.core.errors import InvalidInput
from follow_anything.core.types import BoolArray
from follow_anything.sim.meshes.model3d import MeshPart, Model3D
import numpy as np

__all__ = ['COSTUMES', 'SEPARATOR', 'dress']

SEPARATOR = '+'
"""Between the name of a person and that of a costume: woman_orange+apron."""

COSTUMES = {
    'apron': (0.90, 0.89, 0.84),
    'bib': (0.93, 0.82, 0.12),
    'green_shirt': (0.12, 0.45, 0.20),
    'lilac_shirt': (0.62, 0.45, 0.75),
    'black_shirt': (0.06, 0.06, 0.07),
}
"""Colour of what is worn in front."""

_LOW, _HIGH = 0.46, 0.82
"""From the hips to the collar, in body heights."""


def dress(model: Model3D, costume: str) -> Model3D:
    """
    Return the same person with the front of the upper body in the costume's colour.

    :raises InvalidInput: there is no such costume.
    """
    if costume not in COSTUMES:
        raise InvalidInput(f'no costume {costume!r}; there are {", ".join(COSTUMES)}')
    points = model.points()
    height = float(points[:, 2].max())
    trunk = points[(points[:, 2] > _LOW * height) & (points[:, 2] < _HIGH * height)]
    middle = float(np.median(trunk[:, 0]))
    parts: list[MeshPart] = []
    for part in model.parts:
        is_front = _in_front(part, height, middle)
        for chosen, color in ((~is_front, None), (is_front, COSTUMES[costume])):
            if chosen.any():
                parts.append(_piece(part, chosen, color, height, middle))
    return Model3D(f'{model.name}{SEPARATOR}{costume}', parts)


def _in_front(part: MeshPart, height: float, middle: float) -> BoolArray:
    """Tell which faces are the front of the upper body, (F,), in the standing pose."""
    centre = part.vertices[-1][part.faces].mean(1)
    level = centre[:, 2] / height
    return np.asarray((level > _LOW) & (level < _HIGH) & (centre[:, 0] > middle))


def _piece(
    part: MeshPart,
    chosen: BoolArray,
    color: tuple[float, float, float] | None,
    height: float,
    middle: float,
) -> MeshPart:
    """Return the chosen faces of a part as one of its own."""
    piece = replace(part, faces=part.faces[chosen], far=None)
    if color is not None:
        piece = replace(piece, color=color, texture='', uv=None)
    if part.far is not None:
        is_front = _in_front(part.far, height, middle)
        keep = is_front if color is not None else ~is_front
        if keep.any():
            piece.far = _piece(part.far, keep, color, height, middle)
    return piece
