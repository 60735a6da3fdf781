# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""From the boxes of a picture to places in the world, by its camera, its pose and its depths."""

from __future__ import annotations

from dataclasses import dataclass, field
import math

from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.identity.verdict import Size
from follow_anything.core.types import Box, FloatArray, Frame
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.hidden import Visibility
from follow_anything.core.world.outlook import Outlook
from follow_anything.core.world.ranging import locate
from follow_anything.core.world.track import Place
import numpy as np

__all__ = ['Eye']

NOMINAL_HEIGHT_M = 1.7
"""Only to compare places, where nothing tells the height: all candidates share the error."""

PICTURE_SCALE = 3.0
"""Where ranges are unknown the camera's own motion adds to the target's: sizes for a metre."""

NOMINAL_ERROR = 0.2
"""Relative standard deviation of a range that rests on the size of a box."""

MEASURED = 0.1
"""A range whose relative error is below this was measured, not concluded from size."""


@dataclass(frozen=True, eq=False)
class Eye:
    """
    Projects boxes to positions: a picture, its camera model and its pose.

    :param camera: None where it is unknown; places are then pixels.
    :param pose: of the camera; used with a camera alone.
    :param height_m: true height of the target, 0 where unknown.
    :param shake: factor of the variance of a place in the picture.
    """

    frame: Frame
    camera: PinholeCamera | None
    pose: CameraPose
    height_m: float = 0.0
    shake: float = 1.0
    _located: dict[tuple[Box, float | None], tuple[FloatArray, float]] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def outlook(self) -> Outlook | None:
        """What part of the ground is in the picture; None where that is unknown."""
        return Outlook.of(self.frame.stamp, self.camera, self.pose)

    @property
    def visibility(self) -> Visibility | None:
        """What can be seen in the picture; None without depth, or through a lens that bends."""
        if self.frame.depth is None or self.camera is None or self.camera.lens is not None:
            return None
        return Visibility(self.frame.depth, self.camera, self.pose)

    def _locate(
        self, box: Box, near_m: float | None, camera: PinholeCamera
    ) -> tuple[FloatArray, float]:
        """Return position (3,) and standard deviation of the range, see ranging.locate."""
        if (box, near_m) not in self._located:
            height = self.height_m or NOMINAL_HEIGHT_M
            self._located[box, near_m] = locate(self.frame, box, camera, height, near_m)
        return self._located[box, near_m]

    def depth(self, box: Box, near_m: float | None = None) -> float | None:
        """Return the depth of what is in a box, metres; None where it was not measured."""
        if self.camera is None or self.frame.depth is None:
            return None
        point, std = self._locate(box, near_m, self.camera)
        return float(point[2]) if std <= MEASURED * float(np.linalg.norm(point)) else None

    def size(self, box: Box, near_m: float | None = None) -> Size:
        """Return the size of a box; in metres too where depth is known."""
        side = math.sqrt(box.area)
        if self.camera is None or self.frame.depth is None:
            return Size(side)
        depth = self.depth(box, near_m)
        return Size(side, None if depth is None else side * depth / self.camera.fx)

    def place(self, box: Box, near_m: float | None = None) -> Place | None:
        """
        Return where a box is, on the ground in metres, or in the picture in pixels.

        :param near_m: depth that its surface is expected at; None for the front surface.
        """
        if self.camera is None:
            size = math.sqrt(box.area)
            noise = self.shake * (0.12 * size) ** 2 * np.eye(2)
            steady = self.pose.to_steady(*box.center)
            return Place(steady, noise, PICTURE_SCALE * size, 'pixels')
        is_known = self.height_m > 0.0 or self.frame.depth is not None
        point, std = self._locate(box, near_m, self.camera)
        away = float(np.linalg.norm(point))
        if not math.isfinite(std):  # cut by the border: its width is all there is
            height = self.height_m or NOMINAL_HEIGHT_M
            point = point * (self.camera.fy * height / max(box.height, 1.0))
            away = std = float(np.linalg.norm(point))
        elif std > MEASURED * away:
            std = max(std, NOMINAL_ERROR * away)
        ahead = max(away, 0.3)
        width = box.width / self.camera.fx * ahead
        toward = self.pose.axes @ (point / ahead)
        flat = math.hypot(float(toward[0]), float(toward[1]))
        if flat < 1e-3 or not np.isfinite(point).all():
            return None
        u = toward[:2] / flat
        across = np.array([-u[1], u[0]])
        along = std**2 + 0.1**2 + (0.15 * width) ** 2
        side = (0.02 * ahead) ** 2 + 0.05**2 + (0.12 * width) ** 2
        covariance = along * np.outer(u, u) + side * np.outer(across, across)
        x, y, height = (float(value) for value in self.pose.to_world(point))
        measure = 'metres' if is_known else 'nominal'
        return Place(np.array([x, y]), covariance, measure=measure, height=height)
