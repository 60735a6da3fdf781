# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes, rotations and the camera model; optical axes to body axes (REP 103)."""

from __future__ import annotations

from dataclasses import dataclass
import math

from follow_anything.core.errors import InvalidInput
from follow_anything.core.lens import Lens
from follow_anything.core.types import Box, FloatArray
import numpy as np

__all__ = [
    'PinholeCamera',
    'camera_mount',
    'coverage',
    'intersections',
    'iou',
    'ious',
    'optical_to_body',
    'paired_ious',
    'rotation_matrix',
    'unit',
    'upright_size',
    'wrap_angle',
]


def iou(one: Box, other: Box) -> float:
    """Return intersection over union, [0, 1]."""
    overlap = _intersection(one, other)
    return overlap / (one.area + other.area - overlap)


def ious(boxes: FloatArray, others: FloatArray) -> FloatArray:
    """
    Return the intersection over union of each box with each of the others, (N, M).

    :param boxes: (N, 4), x1 y1 x2 y2. :param others: (M, 4). Empty boxes have none.
    """
    return paired_ious(boxes[:, None], others[None])


def paired_ious(boxes: FloatArray, others: FloatArray) -> FloatArray:
    """Return the intersection over union of boxes (..., 4), x1 y1 x2 y2; the shapes broadcast."""
    shared = intersections(boxes, others)
    one, other = ((some[..., 2:] - some[..., :2]).prod(-1) for some in (boxes, others))
    return np.asarray(shared / np.maximum(one + other - shared, 1e-9))


def intersections(boxes: FloatArray, others: FloatArray) -> FloatArray:
    """Return the area that boxes (..., 4), x1 y1 x2 y2, have in common; the shapes broadcast."""
    low = np.maximum(boxes[..., :2], others[..., :2])
    high = np.minimum(boxes[..., 2:], others[..., 2:])
    return np.asarray((high - low).clip(0.0).prod(-1))


def coverage(one: Box, other: Box) -> float:
    """Return the share of the smaller box that both have in common, [0, 1]."""
    return _intersection(one, other) / min(one.area, other.area)


def _intersection(one: Box, other: Box) -> float:
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    return max(0.0, width) * max(0.0, height)


def unit(vectors: FloatArray) -> FloatArray:
    """Scale vectors (..., D) to length 1; a vector of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12))


def rotation_matrix(x: float, y: float, z: float, w: float) -> FloatArray:
    """Return the rotation (3, 3) of a unit quaternion."""
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def upright_size(width: float, height: float, turn_rad: float) -> tuple[float, float]:
    """Return the size of the upright box around one that is turned; NaN when the turn is."""
    if not math.isfinite(turn_rad):
        return math.nan, math.nan
    cos, sin = abs(math.cos(turn_rad)), abs(math.sin(turn_rad))
    return width * cos + height * sin, width * sin + height * cos


def wrap_angle(angle: float) -> float:
    """Return the same angle in (-pi, pi]."""
    wrapped = math.remainder(angle, 2 * math.pi)
    return wrapped if wrapped > -math.pi else math.pi


@dataclass(frozen=True)
class PinholeCamera:
    """
    A camera model: pixel = focal length x direction, distorted by the lens, + principal point.

    :param width: pixels. :param height: pixels.
    :param fx: focal lengths and principal point, pixels. :param fy: :param cx: :param cy:
    :param lens: None: a rectified picture, or a lens that bends nothing.
    :raises InvalidInput: a size or a focal length is not positive and finite.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    lens: Lens | None = None

    def __post_init__(self) -> None:
        values = (self.width, self.height, self.fx, self.fy, self.cx, self.cy)
        if not all(math.isfinite(v) for v in values) or min(values[:4]) <= 0:
            raise InvalidInput(
                'camera needs positive, finite sizes and focal lengths; got '
                f'(width, height, fx, fy, cx, cy) = {values}. Is the camera calibrated?'
            )

    @classmethod
    def from_horizontal_fov(cls, width: int, height: int, fov_rad: float) -> PinholeCamera:
        """Make an ideal camera with square pixels and this horizontal field of view."""
        focal = width / 2 / math.tan(fov_rad / 2)
        return cls(width, height, focal, focal, width / 2, height / 2)

    def ray(self, x_px: float, y_px: float) -> FloatArray:
        """
        Return the unit direction (3,) of a pixel in the optical frame (x right, z forward).

        :raises InvalidInput: the lens model says nothing about this pixel.
        """
        x, y = (x_px - self.cx) / self.fx, (y_px - self.cy) / self.fy
        direction = np.array([x, y, 1.0]) if self.lens is None else self.lens.straighten(x, y)
        return np.asarray(direction / np.linalg.norm(direction))

    def project(self, point: FloatArray) -> tuple[float, float]:
        """
        Return the pixel of a point (3,) in the optical frame, metres.

        :raises InvalidInput: the point lies behind the camera.
        """
        x, y, z = (float(value) for value in point)
        if z <= 0:
            raise InvalidInput(f'cannot project ({x:g}, {y:g}, {z:g}): it is behind the camera')
        bent_x, bent_y = (x / z, y / z) if self.lens is None else self.lens.bend(point)
        return self.cx + self.fx * bent_x, self.cy + self.fy * bent_y


def camera_mount(roll_rad: float, pitch_rad: float, yaw_rad: float) -> FloatArray:
    """
    Return the rotation (3, 3) from a camera's optical axes to base_link axes (REP 103).

    :param roll_rad: how far the camera is turned clockwise about its view, pi: upside down.
    :param pitch_rad: how far it looks up; negative for down.
    :param yaw_rad: how far it looks to the left.
    """
    axes = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    cos, sin = math.cos(roll_rad), math.sin(roll_rad)
    roll = np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])
    cos, sin = math.cos(pitch_rad), math.sin(pitch_rad)
    pitch = np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]])
    cos, sin = math.cos(yaw_rad), math.sin(yaw_rad)
    yaw = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(yaw @ pitch @ roll @ axes)


def optical_to_body(point: FloatArray, pitch_rad: float = 0.0) -> FloatArray:
    """
    Turn a vector from a forward camera's optical frame into base_link axes.

    :param point: (3,), optical: x right, y down, z forward.
    :param pitch_rad: how far the camera looks up; negative for down.
    :return: (3,), REP 103: x forward, y left, z up.
    """
    right, down, forward = (float(value) for value in point)
    cos, sin = math.cos(pitch_rad), math.sin(pitch_rad)
    return np.array([forward * cos + down * sin, -right, forward * sin - down * cos])
