# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Model3D -> MJCF: meshes, materials and textures as XML text and files in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import struct
from typing import Any
import xml.etree.ElementTree as ET

from follow_anything.sim.meshes.model3d import Array, IntArray, MeshPart, Model3D, shaded
from follow_anything.sim.meshes.shapes import Shape
from follow_anything.sim.scenery import textures
import numpy as np

__all__ = ['Mjcf', 'numbers']

Color = tuple[float, float, float]


def numbers(values: Sequence[float] | Array) -> str:
    """Write numbers the way MJCF wants them."""
    return ' '.join(f'{float(value):.5g}' for value in values)


def _msh(vertices: Array, normals: Array, faces: IntArray, uv: Array | None) -> bytes:
    """Pack a mesh in MuJoCo's binary format: counts, vertices, normals, uv, faces."""
    blocks = [vertices, normals]
    if uv is not None:
        blocks.append(uv * (1.0, -1.0) + (0.0, 1.0))  # MuJoCo's v points down
    counts = (len(vertices), len(normals), 0 if uv is None else len(uv), len(faces))
    data = b''.join(np.ascontiguousarray(block, np.float32).tobytes() for block in blocks)
    return struct.pack('<4i', *counts) + data + faces.reshape(-1).astype(np.int32).tobytes()


class Mjcf:
    """
    An MJCF document in the making.

    :param folder: where the textures of the models lie, or None without textures.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.files: dict[str, bytes] = {}
        self.root = ET.Element('mujoco', model='follow_anything')
        self.asset = ET.SubElement(self.root, 'asset')
        self.worldbody = ET.SubElement(self.root, 'worldbody')
        self._meshes: dict[str, list[str]] = {}
        self._materials: set[str] = set()
        self._textures: set[str] = set()
        self.blank: set[str] = set()
        """Textures to fill in after compilation."""

    def element(self, parent: ET.Element, tag: str, **attributes: Any) -> ET.Element:
        """Add an element; sequences of numbers are written as MJCF wants them."""
        texts = {
            key: value
            if isinstance(value, str)
            else numbers(value)
            if isinstance(value, (tuple, list, np.ndarray))
            else f'{value:.6g}'
            for key, value in attributes.items()
        }
        return ET.SubElement(parent, tag, texts)

    def blank_texture(self, name: str, width: int, height: int) -> None:
        """Declare a 2-D texture whose pixels are filled in after compilation."""
        if name not in self._textures:
            self._textures.add(name)
            self.blank.add(name)
            self.element(
                self.asset,
                'texture',
                name=name,
                type='2d',
                builtin='flat',
                width=str(width),
                height=str(height),
            )

    def _texture(self, file: str) -> str:
        if file in textures.NAMES:
            height, width = textures.make_texture(file).shape[:2]
            self.blank_texture(file, width, height)
        elif file not in self._textures and self.folder is not None:
            self._textures.add(file)
            self.files[file] = (self.folder / file).read_bytes()
            self.element(self.asset, 'texture', name=file, type='2d', file=file)
        return file

    def material(
        self, color: Color, texture: str = '', shininess: float = 0.0, emission: float = 0.0
    ) -> str:
        """Return the name of a material, made once for equal arguments."""
        name = f'm_{numbers(color)}_{texture}_{shininess:g}_{emission:g}'.replace(' ', '_')
        if name not in self._materials:
            self._materials.add(name)
            more = {'texture': texture} if texture else {}
            self.element(
                self.asset,
                'material',
                name=name,
                rgba=(*color, 1.0),
                specular=0.6 * shininess,
                shininess=0.7,
                emission=emission,
                **more,
            )
        return name

    def shadow_material(self) -> str:
        """Return a material that darkens what lies below it."""
        if 'shadow' not in self._materials:
            self._materials.add('shadow')
            self.element(
                self.asset,
                'material',
                name='shadow',
                rgba=(0.03, 0.04, 0.07, 0.19),
                specular=0,
                emission=1,
            )
        return 'shadow'

    def add_shape(
        self, parent: ET.Element, name: str, shape: Shape, material: str, group: str
    ) -> None:
        """Add a mesh of our own to a body."""
        vertices, normals, faces, uv = shaded(
            MeshPart(shape[0][None], shape[1], shape[2], (1.0, 1.0, 1.0))
        )
        self.files[f'{name}.msh'] = _msh(vertices[0], normals[0], faces, uv)
        self.element(self.asset, 'mesh', name=name, file=f'{name}.msh', inertia='shell')
        self.element(
            parent,
            'geom',
            type='mesh',
            mesh=name,
            material=material,
            group=group,
            contype='0',
            conaffinity='0',
            mass='0',
        )

    def meshes(self, model: Model3D, part: int, far: bool = False) -> list[str]:
        """Return the mesh names of a part, one a phase of its gait."""
        shape = model.parts[part]
        if far:
            shape = shape.far or shape
        key = f'{model.name}.{part}' + ('.far' if shape is not model.parts[part] else '')
        if key not in self._meshes:
            names = [f'{key}.{phase}' for phase in range(len(shape.vertices))]
            if names[0] not in model.packed:
                vertices, normals, faces, uv = shaded(shape)
                for phase, name in enumerate(names):
                    model.packed[name] = _msh(vertices[phase], normals[phase], faces, uv)
            for name in names:
                self.files[f'{name}.msh'] = model.packed[name]
                self.element(self.asset, 'mesh', name=name, file=f'{name}.msh', inertia='shell')
            self._meshes[key] = names
        return self._meshes[key]

    def add_model(self, parent: ET.Element, model: Model3D, paint: Color | None = None) -> None:
        """Add the geoms of a model to a body; paint colours the parts made for it."""
        for index, part in enumerate(model.parts):
            mesh = self.meshes(model, index)[-1]
            self.meshes(model, index, far=True)
            color = paint if paint is not None and part.role == 'paint' else part.color
            texture = self._texture(part.texture) if part.texture else ''
            material = self.material(color, texture, part.shininess)
            self.element(
                parent,
                'geom',
                type='mesh',
                mesh=mesh,
                material=material,
                contype='0',
                conaffinity='0',
                mass='0',
            )

    def xml(self) -> str:
        """Return the document as text."""
        return ET.tostring(self.root, encoding='unicode')
