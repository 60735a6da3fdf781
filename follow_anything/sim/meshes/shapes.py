# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Small meshes to build things from. Every function returns (vertices, faces, uv), metres."""

from __future__ import annotations

from collections.abc import Sequence

from follow_anything.sim.meshes.model3d import Array, IntArray
import numpy as np

__all__ = ['Shape', 'blob', 'box', 'extrude', 'join', 'lathe', 'limb', 'moved', 'torus', 'wall']

Shape = tuple[Array, IntArray, Array]
Point = Sequence[float]


def join(*shapes: Shape) -> Shape:
    """Return one mesh of several."""
    offsets = np.cumsum([0] + [len(shape[0]) for shape in shapes])
    return (
        np.concatenate([shape[0] for shape in shapes]),
        np.concatenate(
            [shape[1] + offset for shape, offset in zip(shapes, offsets[:-1], strict=True)]
        ),
        np.concatenate([shape[2] for shape in shapes]),
    )


def moved(
    shape: Shape, by: Point = (0, 0, 0), yaw: float = 0.0, scale: Point = (1, 1, 1)
) -> Shape:
    """Return the mesh scaled, turned about z and moved."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    return (
        (shape[0] * np.asarray(scale, float)) @ turn.T + np.asarray(by, float),
        shape[1],
        shape[2],
    )


def _grid(rows: int, columns: int, closed: bool) -> IntArray:
    """Return the triangles of a grid of points; closed: the last column meets the first."""
    faces = []
    for row in range(rows - 1):
        for column in range(columns if closed else columns - 1):
            a = row * columns + column
            b = row * columns + (column + 1) % columns
            faces += [[a, b, b + columns], [a, b + columns, a + columns]]
    return np.array(faces)


def wall(low: Point, high: Point, tile: float = 1.0) -> Shape:
    """
    Return an upright rectangle from point to point, seen from its right hand side.

    :param low: lower left corner. :param high: upper right corner. :param tile: metres a texture.
    """
    x0, y0, z0 = low
    x1, y1, z1 = high
    vertices = np.array([[x0, y0, z0], [x1, y1, z0], [x1, y1, z1], [x0, y0, z1]], float)
    width, height = float(np.hypot(x1 - x0, y1 - y0)) / tile, (z1 - z0) / tile
    uv = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    return vertices, np.array([[0, 1, 2], [0, 2, 3]]), uv


def box(size: Point, center: Point, tile: float = 1.0) -> Shape:
    """Return a box; the texture repeats every tile metres."""
    half = np.asarray(size, float) / 2
    vertices: list[Array] = []
    uv: list[Array] = []
    faces: list[list[int]] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            a, b = (axis + 1) % 3, (axis + 2) % 3
            corner = np.zeros((4, 3))
            corner[:, axis] = sign * half[axis]
            corner[:, a] = np.array([-1, 1, 1, -1]) * half[a] * sign
            corner[:, b] = np.array([-1, -1, 1, 1]) * half[b]
            start = len(vertices)
            vertices += list(corner)
            flat = [a, b] if axis != 1 else [b, a]
            uv += list(corner[:, flat] / tile)
            faces += [[start, start + 1, start + 2], [start, start + 2, start + 3]]
    return np.array(vertices) + np.asarray(center, float), np.array(faces), np.array(uv)


def lathe(profile: Sequence[Point] | Array, sides: int = 12, tile: float = 1.0) -> Shape:
    """Return a solid of revolution about z from (radius, z) pairs, bottom to top."""
    rings = np.asarray(profile, float)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    vertices = np.concatenate([np.c_[circle * r, np.full(sides + 1, z)] for r, z in rings])
    along = np.repeat(np.cumsum(np.r_[0, np.hypot(*np.diff(rings, axis=0).T)]), sides + 1)
    around = np.tile(angle, len(rings)) * max(float(rings[:, 0].max()), 0.05)
    return vertices, _grid(len(rings), sides + 1, False), np.stack([around, along], 1) / tile


def limb(start: Point, end: Point, radii: Point, sides: int = 8) -> Shape:
    """Return a rounded, tapered limb between two points."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    axis = (b - a) / np.linalg.norm(b - a)
    side = np.cross(axis, [0.0, 1.0, 0.1])
    side /= np.linalg.norm(side)
    other = np.cross(axis, side)
    length = float(np.linalg.norm(b - a))
    r0, r1 = radii
    profile = [
        (0.05 * r0, -r0),
        (0.7 * r0, -0.7 * r0),
        (r0, 0.0),
        ((r0 + r1) / 2, length / 2),
        (r1, length),
        (0.7 * r1, length + 0.7 * r1),
        (0.05 * r1, length + r1),
    ]
    vertices, faces, uv = lathe(profile, sides)
    return a + vertices @ np.stack([side, other, axis]), faces, uv


def blob(
    size: Point,
    center: Point,
    rough: float = 0.0,
    sides: int = 12,
    rings: int = 8,
    seed: int = 0,
    tile: float = 1.0,
) -> Shape:
    """Return an ellipsoid of full size, its surface roughened by a share of the radius."""
    latitude = np.linspace(-np.pi / 2 + 0.05, np.pi / 2 - 0.05, rings)
    profile = np.stack([np.cos(latitude), np.sin(latitude)], 1)
    vertices, faces, uv = lathe(profile, sides)
    if rough:
        noise = np.random.default_rng(seed).normal(0, rough, (rings, sides + 1))
        noise[:, -1] = noise[:, 0]
        vertices = vertices * (1 + noise.reshape(-1, 1))
    half = np.asarray(size, float) / 2
    return vertices * half + np.asarray(center, float), faces, uv * float(half.mean()) / tile


def extrude(outline: Sequence[Point], width: float, narrow: float = 0.0) -> Shape:
    """
    Return a side view (x, z), counter-clockwise seen from the right, made width metres wide.

    :param narrow: metres by which each side leans in from the lowest to the highest point.
    """
    points = np.asarray(outline, float)
    low, high = points[:, 1].min(), points[:, 1].max()
    half = width / 2 - narrow * (points[:, 1] - low) / max(high - low, 1e-9)
    right = np.c_[points[:, 0], -half, points[:, 1]]
    left = np.c_[points[:, 0], half, points[:, 1]]
    count = len(points)
    center = points.mean(0)
    vertices = np.concatenate(
        [right, left, [[center[0], -half.mean(), center[1]], [center[0], half.mean(), center[1]]]]
    )
    faces = []
    for i in range(count):
        j = (i + 1) % count
        faces += [[j, i, count + i], [j, count + i, count + j]]
        faces += [[i, j, 2 * count], [count + j, count + i, 2 * count + 1]]
    return vertices, np.array(faces), vertices[:, [0, 2]].copy()


def torus(radius: float, tube: float, center: Point, sides: int = 18) -> Shape:
    """Return a tyre that rolls along x: its axle points along y."""
    around = np.linspace(0, 2 * np.pi, sides + 1)
    section = np.linspace(0, 2 * np.pi, 7)
    ring = radius + tube * np.cos(section)[:, None]
    vertices = np.stack(
        [
            ring * np.cos(around),
            np.repeat(tube * np.sin(section)[:, None], sides + 1, 1),
            ring * np.sin(around),
        ],
        -1,
    ).reshape(-1, 3)
    faces = _grid(7, sides + 1, False)[:, ::-1]
    uv = vertices[:, [0, 2]].copy()
    return vertices + np.asarray(center, float), faces, uv
