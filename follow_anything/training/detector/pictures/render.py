# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Rendered views of a mesh (OSMesa), and a mask of what may be recoloured.

Two pictures are drawn of each view: the object as it is, and its paintable parts in white under
the same light. From the second any colour follows when scenes are composed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import re
from typing import Any

import cv2
from follow_anything.sim.furniture.obj import Material, RawMesh, read_obj
import numpy as np

__all__ = ['LAYERS', 'MeshRenderer', 'Surface', 'load_surface']

LAYERS = 6
"""Channels of a view: R, G, B, opacity, white paint under light, share of paint."""

VIEW_PX = 160
_DRAW_PX = VIEW_PX * 3 // 2
_NOT_PAINT = re.compile(
    r'skin|hair|eye|iris|cornea|teeth|lip|gum|glass|vitre|window|tire|tyre|pneu|wheel|chrome', re.I
)


@dataclass
class Surface:
    """
    A mesh ready to draw: corners of triangles, sorted by material, in a unit sphere, y up.

    :param points: float32 (F * 3, 3). :param normals: float32 (F * 3, 3).
    :param uv: float32 (F * 3, 2).
    :param parts: (first corner, corners, material, texture RGBA or None, paintable).
    """

    points: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    parts: list[tuple[int, int, Material, np.ndarray | None, bool]]


def _normals(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return normals of corners, smooth where the surface is, and the areas of faces."""
    corners = vertices[faces]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(cross, axis=1)
    flat = cross / np.maximum(area, 1e-12)[:, None]
    total = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(total, faces[:, k], cross)
    total /= np.maximum(np.linalg.norm(total, axis=1), 1e-12)[:, None]
    smooth = total[faces]
    keep = (smooth * flat[:, None]).sum(-1, keepdims=True) > 0.75
    return np.where(keep, smooth, flat[:, None]), area


def _paintable(raw: RawMesh, area: np.ndarray) -> set[int]:
    """Choose the materials that make the object's colour: the largest one and its equals."""
    sizes = np.bincount(raw.material, weights=area, minlength=len(raw.names))
    for number, name in enumerate(raw.names):
        material = raw.materials.get(name, Material())
        if _NOT_PAINT.search(name) or material.opacity < 0.9:
            sizes[number] = 0.0
    if sizes.max() <= 0.25 * max(area.sum(), 1e-12):
        return set()
    best = int(sizes.argmax())
    first = raw.materials.get(raw.names[best], Material())
    if first.texture:
        return {best}
    return {
        number
        for number, name in enumerate(raw.names)
        if sizes[number] > 0
        and not raw.materials.get(name, Material()).texture
        and np.allclose(raw.materials.get(name, Material()).color, first.color, atol=0.12)
    }


def _read_texture(path: Path) -> np.ndarray | None:
    """Read a picture as RGBA uint8 (256, 256, 4), lowest row first; None where it is missing."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.is_file() else None
    if image is None or image.dtype != np.uint8:
        return None
    kinds = {2: cv2.COLOR_GRAY2RGBA, 3: cv2.COLOR_BGR2RGBA, 4: cv2.COLOR_BGRA2RGBA}
    image = cv2.cvtColor(image, kinds[image.ndim if image.ndim == 2 else image.shape[2]])
    image = cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(image[::-1])


def load_surface(path: Path, turn: np.ndarray | None = None) -> Surface:
    """
    Read an OBJ file.

    :param turn: rotation (3, 3) that stands the model upright, from its catalogue.
    :raises SourceError: it holds no triangle.
    """
    raw = read_obj(path)
    vertices = raw.vertices if turn is None else raw.vertices @ turn.T
    used = vertices[np.unique(raw.faces)]
    middle = (used.min(0) + used.max(0)) / 2
    vertices = (vertices - middle) / max(np.linalg.norm(used - middle, axis=1).max(), 1e-9)
    normals, area = _normals(vertices, raw.faces)
    paint = _paintable(raw, area)
    order = np.argsort(raw.material, kind='stable')
    points = vertices[raw.faces[order]].reshape(-1, 3)
    uv: np.ndarray = np.zeros((len(order), 3, 2))
    if len(raw.uv):
        known = raw.uv_faces[order]
        uv = np.where((known >= 0)[..., None], raw.uv[known.clip(0, len(raw.uv) - 1)], 0.0)
    parts = []
    numbers, first, counts = np.unique(raw.material[order], return_index=True, return_counts=True)
    for number, start, count in zip(numbers, first, counts, strict=True):
        material = raw.materials.get(raw.names[number], Material())
        texture = None
        if material.texture:
            texture = _read_texture(path.parent / material.texture)
        parts.append((3 * int(start), 3 * int(count), material, texture, int(number) in paint))
    parts.sort(key=lambda part: -part[2].opacity)  # what is seen through comes last
    return Surface(
        points.astype(np.float32),
        normals[order].reshape(-1, 3).astype(np.float32),
        uv.reshape(-1, 2).astype(np.float32),
        parts,
    )


class MeshRenderer:
    """An off-screen OpenGL context that draws surfaces; use it in one thread."""

    def __init__(self) -> None:
        from follow_anything.sim.renderer import load_mujoco

        load_mujoco()
        import os

        os.environ.setdefault('PYOPENGL_PLATFORM', 'osmesa')
        from mujoco.osmesa import GLContext

        self._context = GLContext(_DRAW_PX, _DRAW_PX)
        self._context.make_current()
        from OpenGL import GL

        self.gl: Any = GL

    def views(self, surface: Surface, angles: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """
        Draw a surface from several sides.

        :param angles: (V, 2), azimuth and elevation, rad; seen from above where positive.
        :returns: uint8 (V, VIEW_PX, VIEW_PX, LAYERS).
        """
        gl = self.gl
        self._context.make_current()
        textures = self._upload(surface)
        result = np.zeros((len(angles), VIEW_PX, VIEW_PX, LAYERS), np.uint8)
        for view, (azimuth, elevation) in enumerate(angles):
            self._aim(surface, azimuth, elevation, rng)
            plain = self._draw(surface, textures, paint=False)
            white = self._draw(surface, textures, paint=True)[..., 0]
            share = ((white > 25) * 255).astype(np.uint8)
            for start, picture in ((0, plain), (4, np.dstack([white, share]))):
                small = cv2.resize(picture, (VIEW_PX, VIEW_PX), interpolation=cv2.INTER_AREA)
                result[view, ..., start : start + small.shape[2]] = small
        made = [t for t in textures if t is not None]
        if made:
            gl.glDeleteTextures(made)
        return result

    def _upload(self, surface: Surface) -> list[int | None]:
        gl = self.gl
        gl.glEnableClientState(gl.GL_VERTEX_ARRAY)
        gl.glEnableClientState(gl.GL_NORMAL_ARRAY)
        gl.glEnableClientState(gl.GL_TEXTURE_COORD_ARRAY)
        gl.glVertexPointer(3, gl.GL_FLOAT, 0, surface.points)
        gl.glNormalPointer(gl.GL_FLOAT, 0, surface.normals)
        gl.glTexCoordPointer(2, gl.GL_FLOAT, 0, surface.uv)
        names: list[int | None] = []
        for *_, image, _ in surface.parts:
            if image is None:
                names.append(None)
                continue
            name = int(gl.glGenTextures(1))
            gl.glBindTexture(gl.GL_TEXTURE_2D, name)
            gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 1)
            gl.glTexParameteri(gl.GL_TEXTURE_2D, gl.GL_GENERATE_MIPMAP, gl.GL_TRUE)
            gl.glTexParameteri(
                gl.GL_TEXTURE_2D, gl.GL_TEXTURE_MIN_FILTER, gl.GL_LINEAR_MIPMAP_NEAREST
            )
            gl.glTexImage2D(
                gl.GL_TEXTURE_2D,
                0,
                gl.GL_RGBA,
                *image.shape[1::-1],
                0,
                gl.GL_RGBA,
                gl.GL_UNSIGNED_BYTE,
                image,
            )
            names.append(name)
        return names

    def _aim(
        self, surface: Surface, azimuth: float, elevation: float, rng: np.random.Generator
    ) -> None:
        """Place the camera so that the object fills the picture, and a lamp above it."""
        gl = self.gl
        ca, sa, ce, se = np.cos(azimuth), np.sin(azimuth), np.cos(elevation), np.sin(elevation)
        turn = np.array([[1, 0, 0], [0, ce, -se], [0, se, ce]]) @ np.array(
            [[ca, 0, sa], [0, 1, 0], [-sa, 0, ca]]
        )
        distance = 3.2
        seen = surface.points[:: max(1, len(surface.points) // 6000)] @ turn.T
        depth = distance - seen[:, 2]
        spread = seen[:, :2] / depth[:, None]
        low, high = spread.min(0), spread.max(0)
        middle, half = (low + high) / 2, max((high - low).max() / 2 * 1.06, 1e-3)
        near, far = distance - 1.05, distance + 1.05
        gl.glMatrixMode(gl.GL_PROJECTION)
        gl.glLoadIdentity()
        left, bottom = (middle - half) * near
        right, top = (middle + half) * near
        gl.glFrustum(left, right, bottom, top, near, far)
        matrix = np.eye(4)
        matrix[:3, :3] = turn
        matrix[2, 3] = -distance
        gl.glMatrixMode(gl.GL_MODELVIEW)
        gl.glLoadIdentity()
        lamp = np.array([rng.normal(0, 0.6), rng.uniform(0.5, 1.2), rng.uniform(0.3, 1.0), 0.0])
        lamp[:3] /= np.linalg.norm(lamp[:3])
        gl.glLightfv(gl.GL_LIGHT0, gl.GL_POSITION, lamp.astype(np.float32))
        ambient = rng.uniform(0.35, 0.55)
        gl.glLightModelfv(gl.GL_LIGHT_MODEL_AMBIENT, [ambient] * 3 + [1.0])
        gl.glLightfv(gl.GL_LIGHT0, gl.GL_DIFFUSE, [1.02 - ambient] * 3 + [1.0])
        gl.glLoadMatrixd(np.ascontiguousarray(matrix.T))

    def _draw(self, surface: Surface, textures: list[int | None], paint: bool) -> np.ndarray:
        gl = self.gl
        gl.glViewport(0, 0, _DRAW_PX, _DRAW_PX)
        gl.glEnable(gl.GL_DEPTH_TEST)
        gl.glEnable(gl.GL_LIGHT0)
        gl.glEnable(gl.GL_NORMALIZE)
        gl.glEnable(gl.GL_COLOR_MATERIAL)
        gl.glLightModeli(gl.GL_LIGHT_MODEL_TWO_SIDE, 1)
        gl.glEnable(gl.GL_BLEND)
        gl.glEnable(gl.GL_ALPHA_TEST)  # what a texture leaves open hides nothing
        gl.glAlphaFunc(gl.GL_GREATER, 0.2)
        gl.glBlendFuncSeparate(
            gl.GL_SRC_ALPHA, gl.GL_ONE_MINUS_SRC_ALPHA, gl.GL_ONE, gl.GL_ONE_MINUS_SRC_ALPHA
        )
        gl.glClearColor(0, 0, 0, 0)
        gl.glClear(gl.GL_COLOR_BUFFER_BIT | gl.GL_DEPTH_BUFFER_BIT)
        for (start, count, material, _, is_paint), texture in zip(
            surface.parts, textures, strict=True
        ):
            color = np.array(material.color)
            (gl.glEnable if (is_paint or not paint) else gl.glDisable)(gl.GL_LIGHTING)
            if paint:
                color = np.full(3, 1.0 if is_paint else 0.0)
            elif texture is not None:
                color = np.maximum(color, 0.9)
            gl.glColor4f(*color, max(material.opacity, 0.35))
            if texture is None or (paint and is_paint):
                gl.glDisable(gl.GL_TEXTURE_2D)
            else:
                gl.glEnable(gl.GL_TEXTURE_2D)
                gl.glBindTexture(gl.GL_TEXTURE_2D, texture)
            gl.glDrawArrays(gl.GL_TRIANGLES, start, count)
        gl.glPixelStorei(gl.GL_PACK_ALIGNMENT, 1)
        data = gl.glReadPixels(0, 0, _DRAW_PX, _DRAW_PX, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE)
        return np.frombuffer(data, np.uint8).reshape(_DRAW_PX, _DRAW_PX, 4)[::-1]

    def close(self) -> None:
        """Free the context."""
        self._context.free()
