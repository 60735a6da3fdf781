# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Mesh decimation: drop the hidden faces, then collapse edges.

Triangles are what a software renderer pays for. Texture coordinates are looked up again on the
original surface after the collapse, because collapsing by position alone smears clothing.
"""

from __future__ import annotations

from follow_anything.core.errors import MissingDependency
from follow_anything.sim.meshes.model3d import Array, IntArray, weld_places
import numpy as np

__all__ = ['compact', 'outer_faces', 'simplify', 'weld']

_GRID = 220
_VIEWS = 32
_SEEN_SHARE = 0.004
"""A triangle seen less, over all points and views, was seen through a gap between points."""
_MAX_INCIDENT = 14


def compact(vertices: Array, faces: IntArray) -> tuple[Array, IntArray]:
    """Drop the vertices that no face uses: vertices (V, D), faces (F, 3)."""
    used, index = np.unique(faces, return_inverse=True)
    return vertices[used], index.reshape(faces.shape)


def weld(rows: Array, faces: IntArray) -> tuple[Array, IntArray]:
    """Merge equal vertices (rows of (V, D)) and drop the triangles that lose their area by it."""
    unique, index = np.unique(np.round(rows, 5), axis=0, return_inverse=True)
    faces = index.reshape(-1)[faces]
    a, b, c = faces.T
    return unique, faces[(a != b) & (b != c) & (c != a)]


def _directions(rng: np.random.Generator, count: int) -> Array:
    """Return unit vectors (count, 3) over the sphere, few of them from below (Fibonacci)."""
    i = np.arange(count) + 0.5
    z = 1 - 1.5 * i / count
    turn = np.pi * (1 + 5**0.5) * i + rng.uniform(0, 6.28)
    radius = np.sqrt(np.maximum(1 - z * z, 0))
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), z], 1)


def outer_faces(
    vertices: Array, faces: IntArray, samples: int = 250_000
) -> tuple[IntArray, np.ndarray]:
    """
    Choose the triangles that can be seen from outside, each once.

    Points are splatted into orthographic depth buffers all around; it errs on the side of seen.
    Two-sided cloth (every triangle twice) and inside-out parts come out as one clean surface.

    :param vertices: (V, 3), z up, metres. :param faces: (F, 3).
    :return: indices (K,) into faces, and bool (K,): turn this one over to face outwards.
    """
    rng = np.random.default_rng(0)
    corners = vertices[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normal, axis=1)
    count = np.maximum(4, samples * area / max(area.sum(), 1e-12)).astype(int)
    owner = np.repeat(np.arange(len(faces)), count)
    u, v = rng.random(len(owner)), rng.random(len(owner))
    flip = u + v > 1
    u, v = np.where(flip, 1 - u, u), np.where(flip, 1 - v, v)
    base = corners[owner]
    points = (
        base[:, 0]
        + u[:, None] * (base[:, 1] - base[:, 0])
        + v[:, None] * (base[:, 2] - base[:, 0])
    )
    points = points - points.mean(0)
    extent = float(np.abs(points).max()) * 1.8
    front = np.zeros(len(faces))
    back = np.zeros(len(faces))
    for direction in _directions(rng, _VIEWS):
        side = np.cross(direction, [0.31, 0.17, 0.93])
        side /= np.linalg.norm(side)
        up = np.cross(side, direction)
        col = ((points @ side) / extent * _GRID + _GRID).astype(np.int64)
        row = ((points @ up) / extent * _GRID + _GRID).astype(np.int64)
        cell = row * 2 * _GRID + col
        depth = points @ direction
        nearest = np.full(4 * _GRID * _GRID, -np.inf)
        np.maximum.at(nearest, cell, depth)
        nearest = _dilated(nearest.reshape(2 * _GRID, 2 * _GRID)).reshape(-1)
        seen = np.bincount(owner[depth > nearest[cell] - 0.015 * extent], minlength=len(faces))
        facing = normal @ direction > 0
        front += np.where(facing, seen, 0)
        back += np.where(facing, 0, seen)
    order = np.argsort(-(front + back), kind='stable')
    often = (front + back) / (count * _VIEWS) > _SEEN_SHARE
    order = order[often[order]]
    key = np.sort(weld_places(vertices, 5)[faces[order]], axis=1)
    _, first = np.unique(key, axis=0, return_index=True)
    kept = np.sort(order[first])
    return kept, (back > front)[kept]


def _dilated(depth: Array) -> Array:
    """Return the largest of every cell and its eight neighbours: closes holes between points."""
    out = depth.copy()
    for axis in (0, 1):
        near = out.copy()
        for step in (-1, 1):
            near = np.maximum(near, np.roll(out, step, axis))
        out = near
    return out


def _closest_uv(points: Array, vertices: Array, uv: Array, faces: IntArray) -> Array:
    """Return the texture coordinates (N, 2) of the surface points closest to points (N, 3)."""
    corner_vertex = faces.reshape(-1)
    order = np.argsort(corner_vertex, kind='stable')
    sorted_vertex = corner_vertex[order]
    rank = np.arange(len(order)) - np.searchsorted(sorted_vertex, sorted_vertex)
    few = rank < _MAX_INCIDENT
    incident = np.full((len(vertices), _MAX_INCIDENT), -1)
    incident[sorted_vertex[few], rank[few]] = order[few] // 3
    result = np.zeros((len(points), 2))
    for start in range(0, len(points), 256):
        block = points[start : start + 256]
        distance = ((block[:, None] - vertices[None]) ** 2).sum(-1)
        nearest = distance.argmin(1)
        candidate = incident[nearest]
        a, b, c = (vertices[faces[candidate, k]] for k in range(3))
        weights = _barycentric(block[:, None], a, b, c)
        foot = sum(weights[..., k, None] * p for k, p in enumerate((a, b, c)))
        error = ((foot - block[:, None]) ** 2).sum(-1)
        error[candidate < 0] = np.inf
        best = error.argmin(1)
        row = np.arange(len(block))
        corner_uv = uv[faces[candidate[row, best]]]
        result[start : start + 256] = (weights[row, best][..., None] * corner_uv).sum(1)
    return result


def _barycentric(p: Array, a: Array, b: Array, c: Array) -> Array:
    """Return weights (..., 3) of the projection of p onto the triangle, clipped into it."""
    ab, ac, ap = b - a, c - a, p - a
    d00, d01, d11 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    d20, d21 = (ap * ab).sum(-1), (ap * ac).sum(-1)
    det = np.maximum(d00 * d11 - d01 * d01, 1e-18)
    v, w = (d11 * d20 - d01 * d21) / det, (d00 * d21 - d01 * d20) / det
    weights = np.clip(np.stack([1 - v - w, v, w], -1), 0, 1)
    return np.asarray(weights / np.maximum(weights.sum(-1, keepdims=True), 1e-12))


def _collapse(
    vertices: Array, faces: IntArray, target: int, keep_border: bool
) -> tuple[Array, IntArray]:
    try:
        import pyfqmr
    except ImportError as error:
        raise MissingDependency('decimating meshes needs pyfqmr: pip install pyfqmr') from error
    worker = pyfqmr.Simplify()
    worker.setMesh(vertices.astype(np.float64), faces.astype(np.int32))
    worker.simplify_mesh(
        target_count=target, aggressiveness=5, preserve_border=keep_border, verbose=False
    )
    new_vertices, new_faces, _ = worker.getMesh()
    return np.asarray(new_vertices), np.asarray(new_faces)


def simplify(
    vertices: Array, faces: IntArray, uv: Array | None, target: int, keep_border: bool = True
) -> tuple[Array, IntArray, Array | None]:
    """
    Collapse edges by quadric error (Garland and Heckbert, 1997) down to about target triangles.

    Seams of the texture are borders here, chart by chart.

    :param vertices: (V, 3). :param faces: (F, 3). :param uv: (V, 2) per vertex, or None.
    :param keep_border: leave borders where they are, so that no crack opens.
    :return: vertices, faces, uv.
    :raises MissingDependency: pyfqmr is not installed.
    """
    if len(faces) <= target:
        return vertices, faces, uv
    label = _components(faces, len(vertices))[faces[:, 0]] if uv is not None else faces[:, 0] * 0
    pieces = []
    for name in np.unique(label):
        chart, index = np.unique(faces[label == name], return_inverse=True)
        old_v, old_f = vertices[chart], index.reshape(-1, 3)
        wanted = max(int(target * len(old_f) / len(faces)), 4)
        new_v, new_f = _collapse(old_v, old_f, wanted, keep_border)
        if len(new_f) > 1.4 * wanted + 12:
            new_v, new_f = _collapse(old_v, old_f, wanted, False)
        if len(new_f) == 0:
            continue
        new_v, new_f = compact(new_v, new_f)
        new_uv = None if uv is None else _closest_uv(new_v, old_v, uv[chart], old_f)
        pieces.append((new_v, new_f, new_uv))
    if not pieces:
        return vertices, faces, uv
    offsets = np.cumsum([0] + [len(piece[0]) for piece in pieces])
    new_faces = np.concatenate([f + o for (_, f, _), o in zip(pieces, offsets[:-1], strict=True)])
    new_uvs = None if uv is None else np.concatenate([piece[2] for piece in pieces])
    return np.concatenate([piece[0] for piece in pieces]), new_faces, new_uvs


def _components(faces: IntArray, count: int) -> IntArray:
    """Return the connected component (V,) of every vertex, by label propagation."""
    label = np.arange(count)
    while True:
        low = label[faces].min(1)
        new = label.copy()
        for corner in range(3):
            np.minimum.at(new, faces[:, corner], low)
        new = new[new]
        if (new == label).all():
            return label
        label = new
