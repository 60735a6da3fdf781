# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A scenario as a MuJoCo model: MuJoCo draws and casts rays here; nothing falls or swings."""

from __future__ import annotations

from collections.abc import Sequence

from follow_anything.core.geometry import PinholeCamera
from follow_anything.sim.actors.movers import Mover, Pose
from follow_anything.sim.assets import ObjectLibrary
from follow_anything.sim.cache import cached_picture, code_version
from follow_anything.sim.meshes.gait import PHASES
from follow_anything.sim.meshes.model3d import Array, Model3D
from follow_anything.sim.meshes.shapes import lathe
from follow_anything.sim.renderer import load_mujoco
from follow_anything.sim.scenarios import Scenario
from follow_anything.sim.scenery import ground, houses
from follow_anything.sim.scenery.layout import GROUND, HOUSES, Placement, static_things, SUN
from follow_anything.sim.scenery.mjcf import Mjcf
from follow_anything.sim.scenery.textures import make_texture, sky
import numpy as np

__all__ = ['SOLID', 'World']

SOLID, SCENERY, HIDDEN = 0, 1, 3
"""Geom groups: what can hide the target; ground, houses and shadows; out of the picture now."""

_SKY_PX = 256
_FAR_M = 12.5
"""Objects beyond this are drawn with a quarter of their triangles (at 457 px focal length)."""
_TINY_PX = 1.0


class World:
    """
    The model and its state.

    :param camera: decides the size of the picture and the field of view.
    """

    def __init__(self, scenario: Scenario, library: ObjectLibrary, camera: PinholeCamera) -> None:
        self._mujoco = load_mujoco()
        self._scenario, self._library, self._camera = scenario, library, camera
        self._mjcf = Mjcf(library.folder)
        self._build()
        self.model = self._mujoco.MjModel.from_xml_string(self._mjcf.xml(), self._mjcf.files)
        self.data = self._mujoco.MjData(self.model)
        self._paint_textures()
        self._index()

    def _build(self) -> None:
        mjcf, camera = self._mjcf, self._camera
        visual = mjcf.element(mjcf.root, 'visual')
        mjcf.element(visual, 'global', offwidth=str(camera.width), offheight=str(camera.height))
        mjcf.element(visual, 'quality', offsamples='0', shadowsize='0')
        mjcf.element(visual, 'map', znear=0.01, zfar=15, fogstart=2.2, fogend=11.0)
        mjcf.element(visual, 'rgba', fog=(0.80, 0.85, 0.90, 1), haze=(0.80, 0.85, 0.90, 1))
        mjcf.element(
            visual,
            'headlight',
            ambient=self._scenario.ambient,
            diffuse=(0, 0, 0),
            specular=(0, 0, 0),
        )
        mjcf.element(mjcf.root, 'statistic', extent=10, center=(0, 0, 0))
        mjcf.element(
            mjcf.asset,
            'texture',
            name='sky',
            type='skybox',
            builtin='flat',
            rgb1=(0.6, 0.7, 0.8),
            width=str(_SKY_PX),
            height=str(6 * _SKY_PX),
        )
        mjcf.element(
            mjcf.worldbody,
            'light',
            directional='true',
            dir=SUN,
            diffuse=self._scenario.sun,
            specular=(0.5, 0.5, 0.5),
            castshadow='false',
        )
        self._add_ground()
        houses.add_houses(mjcf, str(SCENERY))
        for number, thing in enumerate(self._scenario.things):
            body = mjcf.element(
                mjcf.worldbody,
                'body',
                name=f'thing{number}',
                pos=(thing.x, thing.y, 0),
                euler=(0, 0, np.degrees(thing.yaw)),
            )
            mjcf.add_model(body, self._library.get(thing.model), thing.paint)
        for index, mover in enumerate(self._scenario.movers):
            model = self._library.get(mover.model)
            body = mjcf.element(mjcf.worldbody, 'body', name=f'mover{index}', mocap='true')
            mjcf.add_model(body, model, mover.paint)
            self._add_shadow(index, mover, model)
        eye = mjcf.element(mjcf.worldbody, 'body', name='eye', mocap='true')
        fovy = 2 * np.degrees(np.arctan2(camera.height / 2, camera.fy))
        mjcf.element(eye, 'camera', name='eye', fovy=fovy)

    def _add_ground(self) -> None:
        x, y = GROUND
        self._mjcf.blank_texture('ground', *ground.GROUND_SIZE)
        columns, rows = 14, 10  # a grid, because light and haze are computed at corners
        u, v = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
        vertices = np.stack([(2 * u - 1) * x, (2 * v - 1) * y, 0 * u], -1).reshape(-1, 3)
        corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).reshape(-1)
        faces = np.concatenate(
            [
                np.stack([corner, corner + 1, corner + columns + 1], 1),
                np.stack([corner, corner + columns + 1, corner + columns], 1),
            ]
        )
        self._mjcf.add_shape(
            self._mjcf.worldbody,
            'ground',
            (vertices, faces, np.stack([u, v], -1).reshape(-1, 2)),
            self._mjcf.material((1.0, 1.0, 1.0), 'ground'),
            str(SCENERY),
        )

    def _add_shadow(self, index: int, mover: Mover, model: Model3D) -> None:
        """Add dark discs: one at the feet and a long one away from the sun, in two layers."""
        body = self._mjcf.element(
            self._mjcf.worldbody, 'body', name=f'shadow{index}', mocap='true'
        )
        length, width, height = model.size
        disc = lathe([(1.0, 0.0), (0.7, 0.004), (0.02, 0.005)], 16)
        material = self._mjcf.shadow_material()
        shift = float(np.hypot(*ground.sun_shift(height)))
        if mover.kind == 'car':
            discs = [((k * length, 1.12 * k * width), 0.0) for k in (0.56, 0.53, 0.50)]
        else:
            reach = 0.5 * max(width, 0.6 * length)
            discs = [((0.5 * shift + k * reach, 0.75 * k * reach), 0.5 * shift) for k in (1, 0.75)]
            discs.append(((0.9 * reach, 0.9 * reach), 0.0))
        for layer, ((a, b), forward) in enumerate(discs):
            vertices = disc[0] * (a, b, 1.0) + (forward, 0.0, 0.012 + 0.006 * layer)
            self._mjcf.add_shape(
                body,
                f'shadow{index}.{layer}',
                (vertices, disc[1], disc[2]),
                material,
                str(SCENERY),
            )

    def _paint_textures(self) -> None:
        for index in range(self.model.ntex):
            name = self.model.texture(index).name
            if name == 'sky':
                self._fill(index, sky(_SKY_PX))
            elif name == 'ground':
                self._fill(index, self._ground())
            elif name in self._mjcf.blank:
                self._fill(index, make_texture(name))

    def _fill(self, index: int, image: np.ndarray) -> None:
        start = self.model.tex_adr[index]
        flat = image.reshape(-1)
        self.model.tex_data[start : start + flat.size] = flat

    def _ground(self) -> np.ndarray:
        """Paint the ground with the shadows of everything that stands still."""
        fixed = static_things()
        version = code_version(
            tuple(f'scenery/{n}.py' for n in ('ground', 'layout', 'textures')), self._library.kind
        )

        def make() -> np.ndarray:
            image = ground.paint_ground()
            self._shade(image, fixed)
            return image

        image = cached_picture(f'ground-{self._library.kind}', version, make)
        self._shade(image, [thing for thing in self._scenario.things if thing not in fixed])
        for shade in self._scenario.shades:
            ground.tint(image, shade.x, shade.y, (shade.half_x, shade.half_y), shade.tint)
        return image

    def _shade(self, image: np.ndarray, things: Sequence[Placement]) -> None:
        for number, thing in enumerate(things):
            size = self._library.get(thing.model).size
            kind = 'tree' if thing.model.startswith('tree') else 'thing'
            ground.shade_object(image, kind, thing.x, thing.y, thing.yaw, size, number + 1)

    def _index(self) -> None:
        """Look up ids once: mocap bodies, meshes by distance and gait phase, groups."""
        model, scenario = self.model, self._scenario
        count = len(scenario.movers)
        self._eye = model.body('eye').mocapid[0]
        self._body = [model.body(f'mover{i}').mocapid[0] for i in range(count)]
        self._shadow = [model.body(f'shadow{i}').mocapid[0] for i in range(count)]
        names = [(f'thing{i}', thing.model) for i, thing in enumerate(scenario.things)]
        names += [(f'mover{i}', mover.model) for i, mover in enumerate(scenario.movers)]
        geoms, table, owner = [], [], []
        for number, (name, shape_name) in enumerate(names):
            body, shape = model.body(name), self._library.get(shape_name)
            for part in range(len(shape.parts)):
                geoms.append(body.geomadr[0] + part)
                owner.append(number)
                rows = []
                for far in (False, True):
                    ids = [model.mesh(m).id for m in self._mjcf.meshes(shape, part, far)]
                    rows.append(ids * (PHASES + 1) if len(ids) == 1 else ids)
                table.append(rows)
        self._shaped, self._meshes = np.array(geoms), np.array(table)
        self._owner, self._row = np.array(owner), np.arange(len(geoms))
        self._places = np.zeros((len(names), 2))
        self._places[: len(scenario.things)] = [(t.x, t.y) for t in scenario.things]
        self._phases = np.zeros(len(names), int)
        model.geom_rbound[self._shaped] *= 1.2  # the phases of a gait differ a little in size
        target = model.body('mover0')
        self.target_geoms = np.arange(target.geomadr[0], target.geomadr[0] + target.geomnum[0])
        self._group = model.geom_group.copy()
        self._lit = [
            np.flatnonzero(model.geom_bodyid == model.body(f'mover{i}').id) for i in range(count)
        ]
        for number, thing in enumerate(scenario.things):
            body = model.body(f'thing{number}').id
            self._light(np.flatnonzero(model.geom_bodyid == body), thing.x, thing.y)
        self._far_m = _FAR_M * self._camera.fx / 457

    def update(self, poses: Sequence[Pose]) -> None:
        """Move every actor's body to its present pose."""
        data, things = self.data, len(self._scenario.things)
        sun = (np.cos(ground.SUN_YAW / 2), 0, 0, np.sin(ground.SUN_YAW / 2))
        for i, (mover, pose) in enumerate(zip(self._scenario.movers, poses, strict=True)):
            turn = (np.cos(pose.yaw / 2), 0, 0, np.sin(pose.yaw / 2))
            data.mocap_pos[self._body[i]] = data.mocap_pos[self._shadow[i]] = (pose.x, pose.y, 0)
            data.mocap_quat[self._body[i]] = turn
            data.mocap_quat[self._shadow[i]] = turn if mover.kind == 'car' else sun
            self._places[things + i] = pose.x, pose.y
            self._phases[things + i] = pose.phase(mover)
            self._light(self._lit[i], pose.x, pose.y)

    def _light(self, geoms: np.ndarray, x: float, y: float) -> None:
        """Colour the geoms of one body as they look where it is: in the sun, or in a shade."""
        for shade in self._scenario.shades:
            # The colour of a geom counts instead of its material's, unless it is the default.
            if shade.covers(x, y):
                color = self.model.mat_rgba[self.model.geom_matid[geoms]]
                self.model.geom_rgba[geoms] = color * (*shade.tint, 1.0)
                return
        if self._scenario.shades:
            self.model.geom_rgba[geoms] = 0.5, 0.5, 0.5, 1.0

    def look(self, position: Array, axes: Array) -> None:
        """
        Place the camera and choose what is drawn from there, and how finely.

        :param position: (3,) in the world. :param axes: (3, 3), columns: x right, y down, z
            forward of the optical frame, in the world.
        """
        model, data = self.model, self.data
        gl = np.stack([axes[:, 0], -axes[:, 1], -axes[:, 2]], 1)  # OpenGL looks along -z
        quaternion = np.empty(4)
        self._mujoco.mju_mat2Quat(quaternion, gl.reshape(-1))
        data.mocap_pos[self._eye] = position
        data.mocap_quat[self._eye] = quaternion
        far = np.hypot(*(self._places - position[:2]).T) > self._far_m
        mesh = self._meshes[self._row, far[self._owner].astype(int), self._phases[self._owner]]
        model.geom_dataid[self._shaped] = mesh
        model.geom_pos[self._shaped] = model.mesh_pos[mesh]
        model.geom_quat[self._shaped] = model.mesh_quat[mesh]
        self._mujoco.mj_kinematics(model, data)
        self._mujoco.mj_camlight(model, data)
        self._hide_unseen(position, axes)
        self.sees_sky = self._sees_sky(position, axes)

    def _sees_sky(self, position: Array, axes: Array) -> bool:
        """Tell whether the upper edge of the picture reaches above the eaves of the houses."""
        camera = self._camera
        x = np.linspace(-1, 1, 9) * camera.width / 2 / camera.fx
        edge = axes @ np.stack([x, np.full(9, -camera.height / 2 / camera.fy), np.ones(9)])
        to_wall = [
            (limit - np.sign(d) * position[k]) / np.maximum(np.abs(d), 1e-6)
            for k, (limit, d) in enumerate(zip(GROUND, edge[:2], strict=True))
        ]
        return bool((position[2] + np.minimum(*to_wall) * edge[2] > HOUSES - 0.2).any())

    def _hide_unseen(self, position: Array, axes: Array) -> None:
        """Do not draw what is outside the view or too small to see: triangles cost time."""
        camera = self._camera
        local = (self.data.geom_xpos - position) @ axes
        radius = self.model.geom_rbound
        seen = (local[:, 2] > -radius) & (radius * camera.fx > _TINY_PX * local[:, 2])
        for axis, size, focal in ((0, camera.width, camera.fx), (1, camera.height, camera.fy)):
            slope = size / 2 / focal
            edge = np.sqrt(1 + slope * slope)
            seen &= np.abs(local[:, axis]) < slope * local[:, 2] + edge * radius
        self.model.geom_group[:] = np.where(seen, self._group, HIDDEN + self._group)

    @property
    def phase(self) -> int:
        """Gait phase of the target."""
        return int(self._phases[len(self._scenario.things)])
