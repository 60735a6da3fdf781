# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The mesh of one object: parts with one colour or texture each."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from follow_anything.core.geometry import unit
import numpy as np
import numpy.typing as npt

__all__ = ['Array', 'IntArray', 'MeshPart', 'Model3D', 'shaded', 'weld_places']

Array = npt.NDArray[np.floating]
IntArray = npt.NDArray[np.integer]

CREASE_COS = np.cos(np.radians(50.0))
"""Edges sharper than this stay sharp in the shading."""


@dataclass
class MeshPart:
    """
    A triangle mesh of one material. x forward, y left, z up, metres, standing on z = 0.

    :param vertices: (P, V, 3), one row a phase of the gait, the last one standing; P = 1 for
        a rigid thing.
    :param faces: (F, 3), indices into V, counter-clockwise from outside.
    :param uv: (V, 2), v up, or None without a texture.
    :param color: RGB in [0, 1]; multiplies the texture.
    :param texture: file name beside the model, or ''.
    :param role: 'paint' for the part a scenario may colour, else ''.
    :param shininess: 0 (cloth) to 1 (car paint).
    :param far: the same part with fewer triangles, for seeing from far away.
    """

    vertices: Array
    faces: IntArray
    uv: Array | None
    color: tuple[float, float, float]
    texture: str = ''
    role: str = ''
    shininess: float = 0.0
    far: MeshPart | None = None


@dataclass
class Model3D:
    """
    An object of the world by name, made of parts.

    :param packed: meshes as the world packed them for the renderer, to be used again.
    """

    name: str
    parts: list[MeshPart] = field(default_factory=list)
    packed: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def phases(self) -> int:
        """Number of gait phases, the standing one included; 1 for a rigid thing."""
        return max(len(part.vertices) for part in self.parts)

    @property
    def triangles(self) -> int:
        """Triangles drawn for one instance."""
        return sum(len(part.faces) for part in self.parts)

    def points(self, phase: int = -1) -> Array:
        """Return all vertices (N, 3) at a phase of the gait (default: standing), metres."""
        return np.concatenate([part.vertices[phase] for part in self.parts])

    @cached_property
    def size(self) -> tuple[float, float, float]:
        """Extent along x, y and z, standing, metres."""
        x, y, z = np.ptp(self.points(), axis=0)
        return float(x), float(y), float(z)

    def save(self, path: Path) -> None:
        """Write the model as one .npz file."""
        data: dict[str, Any] = {'count': np.array(len(self.parts))}
        numbered = [(f'{i}', part) for i, part in enumerate(self.parts)]
        numbered += [(f'{i}far', part.far) for i, part in enumerate(self.parts) if part.far]
        for i, part in numbered:
            data[f'v{i}'] = part.vertices.astype(np.float32)
            data[f'f{i}'] = part.faces.astype(np.int32)
            if part.uv is not None:
                data[f't{i}'] = part.uv.astype(np.float32)
            data[f'c{i}'] = np.array([*part.color, part.shininess], np.float32)
            data[f's{i}'] = np.array([part.texture, part.role])
        np.savez(path, **data)

    @classmethod
    def load(cls, path: Path) -> Model3D:
        """Read a model written by save()."""
        with np.load(path) as data:

            def read(i: str) -> MeshPart:
                red, green, blue, shininess = (float(x) for x in data[f'c{i}'])
                texture, role = (str(x) for x in data[f's{i}'])
                uv = data.get(f't{i}')
                far = read(f'{i}far') if f'v{i}far' in data else None
                return MeshPart(
                    data[f'v{i}'],
                    data[f'f{i}'],
                    uv,
                    (red, green, blue),
                    texture,
                    role,
                    shininess,
                    far,
                )

            return cls(path.stem, [read(f'{i}') for i in range(int(data['count']))])


def shaded(part: MeshPart) -> tuple[Array, Array, IntArray, Array | None]:
    """
    Give every vertex one normal: smooth over seams, sharp over creases.

    Where a crease runs is decided once, in the standing pose, so that all phases of a gait
    share their topology.

    :return: vertices (P, N, 3), normals (P, N, 3) of unit length, faces (F, 3), uv (N, 2) or None.
    """
    standing, faces = part.vertices[-1], part.faces
    vertex = faces.reshape(-1)
    place = weld_places(standing)[vertex]
    smooth, flat = _face_normals(standing, faces, place)
    is_sharp = np.einsum('cx,cx->c', smooth[place], np.repeat(flat, 3, 0)) < CREASE_COS
    # A smooth corner shares its vertex; a sharp one gets a vertex of its own.
    key = np.where(is_sharp, len(standing) + np.arange(len(vertex)), vertex)
    _, first, index = np.unique(key, return_index=True, return_inverse=True)
    normals = []
    for vertices in part.vertices:
        smooth, flat = _face_normals(vertices, faces, place)
        normals.append(np.where(is_sharp[first, None], flat[first // 3], smooth[place[first]]))
    uv = None if part.uv is None else part.uv[vertex[first]]
    return part.vertices[:, vertex[first]], np.array(normals), index.reshape(faces.shape), uv


def weld_places(vertices: Array, digits: int = 4) -> IntArray:
    """Return one number (V,) for all vertices at the same point."""
    grid = np.round((vertices - vertices.min(0)) * 10**digits).astype(np.int64)
    size = grid.max(0) + 1
    flat = (grid[:, 0] * size[1] + grid[:, 1]) * size[2] + grid[:, 2]
    return np.asarray(np.unique(flat, return_inverse=True)[1].reshape(-1))


def _face_normals(vertices: Array, faces: IntArray, place: IntArray) -> tuple[Array, Array]:
    """Return unit normals of the points (N, 3), by place, and of the faces (F, 3)."""
    a, b, c = (vertices[faces[:, k]].T for k in range(3))
    (ux, uy, uz), (vx, vy, vz) = b - a, c - a
    area = np.stack([uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx])
    sums = [np.bincount(place, np.repeat(axis, 3)) for axis in area]
    total = np.asarray(sums, float)  # bincount() adds floats, though it is typed for counts
    return unit(total.T), unit(area.T)
