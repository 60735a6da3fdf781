# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Wavefront OBJ and MTL files: triangles, texture coordinates and colours."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

from follow_anything.core.errors import SourceError
from follow_anything.sim.meshes.model3d import Array, IntArray
import numpy as np

__all__ = ['Material', 'RawMesh', 'read_obj']


@dataclass
class Material:
    """Colour (RGB in [0, 1]), texture file ('' for none) and opacity of a material."""

    color: tuple[float, float, float] = (0.8, 0.8, 0.8)
    texture: str = ''
    opacity: float = 1.0


@dataclass
class RawMesh:
    """Triangles as read: position and texture indices are separate, -1 for no texture."""

    vertices: Array
    uv: Array
    faces: IntArray
    uv_faces: IntArray
    material: IntArray
    names: list[str]
    materials: dict[str, Material]


def _read_mtl(path: Path) -> dict[str, Material]:
    materials: dict[str, Material] = {}
    current = Material()
    for line in path.read_text(encoding='latin-1').splitlines():
        words = line.split()
        if len(words) < 2:
            continue
        if words[0] == 'newmtl':
            current = materials[line.split(None, 1)[1].strip()] = Material()
        elif words[0] == 'Kd':
            red, green, blue = (float(word) for word in words[1:4])
            current.color = (red, green, blue)
        elif words[0] == 'd':
            current.opacity = float(words[1])
        elif words[0] == 'map_Kd':
            current.texture = PurePosixPath(words[-1].replace('\\', '/')).name
    return materials


def _corner(word: str, vertex_count: int, uv_count: int) -> tuple[int, int]:
    parts = word.split('/')
    vertex = int(parts[0])
    vertex = vertex - 1 if vertex > 0 else vertex_count + vertex
    if len(parts) < 2 or not parts[1]:
        return vertex, -1
    uv = int(parts[1])
    return vertex, uv - 1 if uv > 0 else uv_count + uv


def read_obj(path: Path) -> RawMesh:
    """
    Read an OBJ file and the MTL files it names; polygons become fans of triangles.

    :raises SourceError: the file holds no triangle.
    """
    vertices: list[list[float]] = []
    uv: list[list[float]] = []
    faces, uv_faces, material = [], [], []
    index = {'': 0}
    materials = {'': Material()}
    current = 0
    for line in path.read_text(encoding='latin-1').splitlines():
        words = line.split()
        if not words:
            continue
        kind = words[0]
        if kind == 'v':
            vertices.append([float(word) for word in words[1:4]])
        elif kind == 'vt':
            uv.append([float(word) for word in words[1:3]])
        elif kind == 'f':
            corners = [_corner(word, len(vertices), len(uv)) for word in words[1:]]
            for fan in pairwise(corners[1:]):
                faces.append([corners[0][0], fan[0][0], fan[1][0]])
                uv_faces.append([corners[0][1], fan[0][1], fan[1][1]])
                material.append(current)
        elif kind == 'usemtl':
            name = line.split(None, 1)[1].strip()
            current = index.setdefault(name, len(index))
        elif kind == 'mtllib':
            materials.update(_read_mtl(path.parent / line.split(None, 1)[1].strip()))
    if not faces:
        raise SourceError(f'{path} holds no triangle; expected a Wavefront OBJ file')
    return RawMesh(
        np.array(vertices),
        np.array(uv).reshape(-1, 2),
        np.array(faces),
        np.array(uv_faces),
        np.array(material),
        list(index),
        materials,
    )
