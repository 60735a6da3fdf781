# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Ground truth: where the target is in the picture, and how much of it is visible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from follow_anything.core.geometry import PinholeCamera, unit
from follow_anything.core.types import Box
from follow_anything.sim.meshes.model3d import Array, Model3D
from follow_anything.sim.renderer import load_mujoco
from follow_anything.sim.world import SOLID, World
import numpy as np

__all__ = ['Truth', 'TruthMeter']

_RAYS = 100
_NEAR_M = 0.1


@dataclass(frozen=True)
class Truth:
    """
    Ground truth of one frame; it is never part of a Frame.

    :param stamp: s.
    :param box: around the whole target, hidden parts too, clipped to the picture; None outside.
    :param visibility: share of the target that can be seen, [0, 1].
    :param range: distance from the camera to the target's middle, metres.
    :param position: (3,) of its middle in the optical frame (x right, y down, z forward).
    :param distance: horizontal distance from the camera to the side of the target that faces it,
        metres: what a robot keeps, also from a car, whose middle is two metres further away.
    :param gone: it has left the world for good.
    """

    stamp: float
    box: Box | None
    visibility: float
    range: float
    position: Array
    distance: float = 0.0
    gone: bool = False


def _samples(model: Model3D, count: int) -> tuple[Array, Array]:
    """Return points spread evenly over the surface and their normals, (phases, count, 3)."""
    rng = np.random.default_rng(5)
    clouds, areas, faces, start = [], [], [], 0
    for part in model.parts:
        corner = part.vertices[-1][part.faces]
        cross = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        areas.append(np.linalg.norm(cross, axis=1))
        faces.append(part.faces + start)
        start += part.vertices.shape[1]
        clouds.append(np.broadcast_to(part.vertices, (model.phases, *part.vertices.shape[1:])))
    area, face, cloud = np.concatenate(areas), np.concatenate(faces), np.concatenate(clouds, 1)
    chosen = face[rng.choice(len(face), count, p=area / area.sum())]
    weight = rng.dirichlet((1, 1, 1), count)
    corners = cloud[:, chosen]
    normal = np.cross(corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0])
    return np.einsum('pkcx,kc->pkx', corners, weight), unit(normal)


def _facing_distance(points: Array, normals: Array, eye: Array) -> float:
    """
    Return the horizontal distance to the side of a surface that faces the eye, metres.

    A third of what an unobstructed eye sees of it is nearer: the front, not a roof behind it.
    """
    away = points - eye
    reach = np.linalg.norm(away, axis=1)
    seen = np.maximum(0.0, -np.einsum('kx,kx->k', normals, away)) / reach**3
    level = np.hypot(away[:, 0], away[:, 1])
    order = np.argsort(level)
    share = np.cumsum(seen[order])
    if share[-1] <= 0.0:  # inside it
        return float(level.min())
    return float(level[order][np.searchsorted(share, share[-1] / 3)])


class TruthMeter:
    """Measures one target in one world; about a millisecond a frame."""

    def __init__(self, world: World, model: Model3D, camera: PinholeCamera) -> None:
        self._world, self._camera = world, camera
        self._mujoco: Any = load_mujoco()
        self._clouds = [model.points(phase) for phase in range(model.phases)]
        self._samples, self._normals = _samples(model, _RAYS)
        self._middle = np.array([0.0, 0.0, model.size[2] / 2])
        self._is_target = np.zeros(world.model.ngeom + 1, bool)
        self._is_target[world.target_geoms] = True
        groups = np.zeros(6, np.uint8)
        groups[SOLID] = 1
        self._groups = groups

    def measure(
        self, now: float, target: tuple[float, float, float], eye: Array, axes: Array
    ) -> Truth:
        """
        Return the truth for a target at (x, y, yaw) seen from eye.

        :param eye: (3,) camera in the world. :param axes: (3, 3), optical axes as columns.
        """
        x, y, yaw = target
        cos, sin = np.cos(yaw), np.sin(yaw)
        turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1.0]])
        to_camera = axes.T @ turn
        shift = axes.T @ (np.array([x, y, 0.0]) - eye)
        middle = to_camera @ self._middle + shift
        phase = min(self._world.phase, len(self._clouds) - 1)
        whole, box = self._project(self._clouds[phase] @ to_camera.T + shift)
        share = 0.0
        points = self._samples[phase] @ turn.T + np.array([x, y, 0.0])
        if whole is not None and box is not None:
            share = self._hit_share(points, eye) * box.area / whole.area
        facing = _facing_distance(points, self._normals[phase] @ turn.T, eye)
        distance = float(np.linalg.norm(middle))
        return Truth(now, box, min(share, 1.0), distance, middle, facing)

    def _project(self, points: Array) -> tuple[Box | None, Box | None]:
        """Return the box of points in the optical frame: whole, and clipped to the picture."""
        ahead = points[points[:, 2] > _NEAR_M]
        if len(ahead) == 0:
            return None, None
        camera = self._camera
        u = camera.cx + camera.fx * ahead[:, 0] / ahead[:, 2]
        v = camera.cy + camera.fy * ahead[:, 1] / ahead[:, 2]
        if np.ptp(u) == 0.0 or np.ptp(v) == 0.0:  # one point of it is ahead, the rest beside us
            return None, None
        whole = Box(float(u.min()), float(v.min()), float(u.max()), float(v.max()))
        outside = (
            whole.x2 <= 0 or whole.y2 <= 0 or whole.x1 >= camera.width or whole.y1 >= camera.height
        )
        return whole, None if outside else whole.clipped(camera.width, camera.height)

    def _hit_share(self, points: Array, eye: Array) -> float:
        """Return the share of points whose ray from the eye meets the target first."""
        directions = points - eye
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        geoms = np.full(len(points), -1, np.int32)
        distances = np.empty(len(points))
        self._mujoco.mj_multiRay(
            self._world.model,
            self._world.data,
            eye,
            directions.reshape(-1),
            self._groups,
            1,
            -1,
            geoms,
            distances,
            len(points),
            100.0,
        )
        return float(self._is_target[geoms].mean())
