# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""One catalogue object -> one Model3D: axes, size, materials, fewer triangles, gait."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from follow_anything.core.errors import MissingDependency
from follow_anything.sim.furniture.catalogue import Entry
from follow_anything.sim.furniture.decimate import compact, outer_faces, simplify, weld
from follow_anything.sim.furniture.obj import Material, RawMesh, read_obj
from follow_anything.sim.meshes import gait
from follow_anything.sim.meshes.model3d import Array, MeshPart, Model3D
import numpy as np

__all__ = ['convert']

TEXTURE_PX = 512
MIN_TRIANGLES = 4
FAR_TRIANGLES = 40
_MIN_AREA_M2 = 2e-4


def _to_house_axes(raw: RawMesh, entry: Entry) -> Array:
    """Convert y-up, z-to-viewer vertices to x forward, z up; scale them; centre them on z = 0."""
    vertices = raw.vertices[:, [2, 0, 1]]
    turn = np.radians(entry.turn_deg)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    vertices[:, :2] = vertices[:, :2] @ rotation.T
    used = vertices[np.unique(raw.faces)]
    low, high = used.min(0), used.max(0)
    middle = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    return np.asarray((vertices - middle) * (entry.height / (high[2] - low[2])))


def _texture(source: Path, target: Path) -> tuple[str, tuple[float, float, float]]:
    """Write the texture as PNG, at most TEXTURE_PX; return its name and its mean colour."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingDependency('converting textures needs Pillow: pip install pillow') from error
    image = Image.open(source).convert('RGB')
    image.thumbnail((TEXTURE_PX, TEXTURE_PX))
    name = f'{source.parent.name}_{source.stem}.png'.replace(' ', '_')
    image.save(target / name)
    red, green, blue = (float(x) for x in np.asarray(image).reshape(-1, 3).mean(0) / 255)
    return name, (red, green, blue)


def _color(material: Material) -> tuple[float, float, float]:
    """Return a colour that looks right without blending: glass becomes dark and opaque."""
    if material.opacity < 0.95:
        red, green, blue = (0.30 * c + 0.06 for c in material.color)
        return red, green, blue
    red, green, blue = (min(1.0, max(0.035, c)) for c in material.color)
    return red, green, blue


def _budgets(entry: Entry, count: np.ndarray) -> np.ndarray:
    """Share the triangles over the materials by the square root of what they came with."""
    weight = np.sqrt(count)
    budget = entry.triangles * weight / weight.sum()
    spare = np.maximum(budget - count, 0).sum()
    wanting = count > budget
    if wanting.any():
        budget[wanting] += spare * weight[wanting] / weight[wanting].sum()
    return np.asarray(np.maximum(budget, MIN_TRIANGLES).astype(int))


def _surface(raw: RawMesh, vertices: Array) -> RawMesh:
    """Keep the outer surface only, facing outwards."""
    kept, turned = outer_faces(vertices, raw.faces)
    order = np.where(turned[:, None], [2, 1, 0], [0, 1, 2])
    return replace(
        raw,
        faces=np.take_along_axis(raw.faces[kept], order, 1),
        uv_faces=np.take_along_axis(raw.uv_faces[kept], order, 1),
        material=raw.material[kept],
    )


def convert(entry: Entry, folder: Path, target: Path) -> Model3D:
    """
    Convert one object; its textures go into target.

    :param folder: with the .obj, .mtl and texture files of the object.
    """
    raw = read_obj(sorted(folder.glob('*.obj'))[0])
    vertices = _to_house_axes(raw, entry)
    raw = _surface(raw, vertices)
    used, count = np.unique(raw.material, return_counts=True)
    names = [raw.names[i] for i in used]
    model = Model3D(entry.name)
    for index, name, budget in zip(used, names, _budgets(entry, count), strict=True):
        part = _part(
            entry, raw, vertices, raw.material == index, name, int(budget), folder, target
        )
        if part is not None:
            part.far = _far(part, 0.25 if entry.gait else 0.45)
            model.parts.append(part)
    return _animate(model, entry)


def _part(
    entry: Entry,
    raw: RawMesh,
    vertices: Array,
    chosen: np.ndarray,
    name: str,
    budget: int,
    folder: Path,
    target: Path,
) -> MeshPart | None:
    material = raw.materials.get(name, Material())
    faces, uv_faces = raw.faces[chosen], raw.uv_faces[chosen]
    painted = name in entry.paint
    has_uv = bool((uv_faces >= 0).all()) and not painted
    textured = has_uv and material.texture != '' and (folder / material.texture).is_file()
    if textured:
        rows = np.concatenate([vertices[faces], raw.uv[uv_faces]], -1).reshape(-1, 5)
    else:
        rows = vertices[faces].reshape(-1, 3)
    rows, faces = weld(rows, np.arange(len(rows)).reshape(-1, 3))
    if len(faces) < MIN_TRIANGLES:
        return None
    rows, faces = compact(rows, faces)
    points, uv = rows[:, :3], rows[:, 3:] if textured else None
    points, faces, uv = simplify(points, faces, uv, budget)
    corners = points[faces]
    edges = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    if 0.5 * float(np.linalg.norm(edges, axis=1).sum()) < _MIN_AREA_M2:
        return None
    color, file = _color(material), ''
    if textured:
        file, mean = _texture(folder / material.texture, target)
        color = (1.0, 1.0, 1.0)
        if max(mean) - min(mean) < 0.04 and min(material.color) < 0.6:
            color = _color(material)  # a grey map: the material gives the colour
    shininess = 0.5 if painted else 0.0
    return MeshPart(points[None], faces, uv, color, file, 'paint' if painted else '', shininess)


def _far(part: MeshPart, share: float) -> MeshPart | None:
    """Return the part with a share of its triangles; None for one that has few already."""
    count = round(share * len(part.faces))
    if count < FAR_TRIANGLES:
        return None
    vertices, faces, uv = simplify(part.vertices[0], part.faces, part.uv, count, False)
    return replace(part, vertices=vertices[None], faces=faces, uv=uv)


def _animate(model: Model3D, entry: Entry) -> Model3D:
    if not entry.gait:
        return model
    walk = {'biped': gait.biped, 'quadruped': gait.quadruped}[entry.gait]
    everything = model.parts + [part.far for part in model.parts if part.far is not None]
    phases = walk(np.concatenate([part.vertices[0] for part in everything]))
    start = 0
    for part in everything:
        count = part.vertices.shape[1]
        part.vertices = phases[:, start : start + count]
        start += count
    return model
