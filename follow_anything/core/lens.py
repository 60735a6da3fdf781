# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Lens distortion: the models of sensor_msgs/CameraInfo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
import re

from follow_anything.core.errors import InvalidInput
from follow_anything.core.types import FloatArray
import numpy as np

__all__ = ['Lens', 'lens_from']

RADIAL_LENGTHS = (4, 5, 8, 12, 14)
"""Numbers of coefficients that OpenCV's polynomial model comes with; all are one formula."""

FISHEYE_LENGTH = 4

ALIASES = {
    'plumb_bob': 'radial', 'radtan': 'radial', 'brown_conrady': 'radial',
    'rational_polynomial': 'radial', 'rational': 'radial',
    'equidistant': 'fisheye', 'fisheye': 'fisheye', 'kannala_brandt': 'fisheye',
    'kannala_brandt4': 'fisheye', 'kb4': 'fisheye', 'equi': 'fisheye', 'opencv_fisheye': 'fisheye',
}  # fmt: skip
"""Names the models go by, to the two formulas that there are."""

WIDE = re.compile(
    r'fish|omni|sphere|equi|theta|stereograph|orthograph|kannala|unified|ucm|ocam|scaramuzza'
    r'|^(ds|kb|mei|fov|atan)[0-9]*$'
)
"""Names of other models of wide lenses: without coefficients, too, they are no pinhole."""

STEPS, TOLERANCE = 50, 1e-7
"""Of the inversion: Newton's steps at most, and the error that counts as none."""

WIDEST = 50.0
"""Tangent of the widest angle (88.9 degrees) that the polynomial models are asked for."""


@dataclass(frozen=True)
class Lens:
    """
    A lens between the pinhole's image plane and what the sensor sees, both at focal length 1.

    :param fisheye: theta polynomial (Kannala and Brandt, 2006) instead of the radial one
        (Brown, 1966, with OpenCV's rational, thin prism and tilt terms).
    :param d: coefficients in OpenCV's order: (4,) for a fisheye, else (14,), zeros at the end.
    """

    fisheye: bool
    d: tuple[float, ...]

    def bend(self, direction: FloatArray) -> tuple[float, float]:
        """Return where a direction (3,) in front of the camera hits the sensor (x, y)."""
        right, down, ahead = (float(value) for value in direction)
        if not self.fisheye:
            return self._radial(right / ahead, down / ahead)
        aside = math.hypot(right, down)
        theta = math.atan2(aside, ahead)
        scale = self._theta_d(theta)[0] / aside if aside > 0.0 else 1.0
        return right * scale, down * scale

    def straighten(self, x: float, y: float) -> FloatArray:
        """
        Return the direction (3,) that hits the sensor at (x, y); its length is not 1.

        :raises InvalidInput: the model says nothing about this place.
        """
        return self._straighten_fisheye(x, y) if self.fisheye else self._straighten_radial(x, y)

    def _theta_d(self, theta: float) -> tuple[float, float]:
        """Return the distorted angle, and its slope."""
        powers, square = 1.0, theta * theta
        value, slope = theta, 1.0
        for order, k in enumerate(self.d, start=1):
            powers *= square
            value += k * powers * theta
            slope += (2 * order + 1) * k * powers
        return value, slope

    def _straighten_fisheye(self, x: float, y: float) -> FloatArray:
        wanted = math.hypot(x, y)
        if wanted == 0.0:
            return np.array([0.0, 0.0, 1.0])
        theta = min(wanted, math.pi)
        for _ in range(STEPS):
            value, slope = self._theta_d(theta)
            if slope <= 0.0:  # past the fold: the polynomial has ended
                break
            if abs(value - wanted) < TOLERANCE:
                if not theta <= math.pi:
                    break
                aside = math.sin(theta) / wanted
                return np.array([x * aside, y * aside, math.cos(theta)])
            theta = min(max(theta - (value - wanted) / slope, 0.0), math.pi)
        raise InvalidInput(_outside(x, y))

    def _radial(self, x: float, y: float) -> tuple[float, float]:
        k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4, tau_x, tau_y = self.d
        r2 = x * x + y * y
        scale = (1 + r2 * (k1 + r2 * (k2 + r2 * k3))) / (1 + r2 * (k4 + r2 * (k5 + r2 * k6)))
        bent_x = x * scale + 2 * p1 * x * y + p2 * (r2 + 2 * x * x) + r2 * (s1 + s2 * r2)
        bent_y = y * scale + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y + r2 * (s3 + s4 * r2)
        return _tilted(bent_x, bent_y, tau_x, tau_y)

    def _straighten_radial(self, x: float, y: float) -> FloatArray:
        """Invert by Newton from the middle outwards, so that no step crosses the model's fold."""
        found: FloatArray = np.zeros(2)
        count = max(1, math.ceil(4 * math.hypot(x, y)))
        for share in range(1, count + 1):
            wanted = np.array([x, y]) * share / count
            found = self._newton(wanted, found)
        return np.array([found[0], found[1], 1.0])

    def _newton(self, wanted: FloatArray, guess: FloatArray) -> FloatArray:
        found = guess.copy()
        for _ in range(STEPS):
            error = np.array(self._radial(*found)) - wanted
            slope = self._slope(found)
            determinant = float(np.linalg.det(slope))
            if not (determinant > 1e-3 and float(np.abs(found).max()) < WIDEST):
                break
            if float(np.abs(error).max()) < TOLERANCE:
                return found
            found = found - np.linalg.solve(slope, error)
        raise InvalidInput(_outside(*wanted))

    def _slope(self, at: FloatArray) -> FloatArray:
        (x, y), step = (float(value) for value in at), 1e-6
        along_x = np.subtract(self._radial(x + step, y), self._radial(x - step, y))
        along_y = np.subtract(self._radial(x, y + step), self._radial(x, y - step))
        return np.stack([along_x, along_y], axis=1) / (2 * step)


def _tilted(x: float, y: float, tau_x: float, tau_y: float) -> tuple[float, float]:
    """Return the place on a sensor that is tilted against the lens (Scheimpflug)."""
    if tau_x == 0.0 and tau_y == 0.0:
        return x, y
    cx, sx, cy, sy = math.cos(tau_x), math.sin(tau_x), math.cos(tau_y), math.sin(tau_y)
    turn = np.array([[cy, sy * sx, -sy * cx], [0.0, cx, sx], [sy, -cy * sx, cy * cx]])
    project = np.array([[turn[2, 2], 0, -turn[0, 2]], [0, turn[2, 2], -turn[1, 2]], [0, 0, 1]])
    a, b, c = project @ turn @ np.array([x, y, 1.0])
    return float(a / c), float(b / c)


def _outside(x: float, y: float) -> str:
    return (
        f'the lens model says nothing about the place ({x:.2f}, {y:.2f}) focal lengths off the '
        'axis: is the calibration good up to the corners?'
    )


def lens_from(model: str, coefficients: Sequence[float]) -> Lens | None:
    """
    Return the lens of a CameraInfo's distortion_model and d; None when it bends nothing.

    :raises InvalidInput: the model is not known, or the coefficients do not fit it.
    """
    d = tuple(float(value) for value in coefficients)
    if not all(math.isfinite(value) for value in d):
        raise InvalidInput(f'camera_info: distortion coefficients must be finite, got {d}')
    name = model.strip().lower().replace(' ', '_').replace('-', '_')
    formula = ALIASES.get(name)
    if formula == 'fisheye':
        while len(d) > FISHEYE_LENGTH and d[-1] == 0.0:  # drivers fill up to five, or eight
            d = d[:-1]
        if d and len(d) != FISHEYE_LENGTH:
            raise InvalidInput(f'camera_info: {model} needs 4 coefficients, got {len(d)}')
        return Lens(True, d or (0.0,) * FISHEYE_LENGTH)
    is_wide = formula is None and WIDE.search(name) is not None
    if not any(d) and not is_wide:
        return None
    if formula is None:
        raise InvalidInput(
            f'camera_info: distortion model {model!r} is not known; expected plumb_bob, '
            'rational_polynomial or equidistant. Rectify the image (image_proc), or calibrate anew'
        )
    if len(d) not in RADIAL_LENGTHS:
        raise InvalidInput(
            f'camera_info: {model} needs {", ".join(map(str, RADIAL_LENGTHS))} coefficients, '
            f'got {len(d)}'
        )
    return Lens(False, d + (0.0,) * (RADIAL_LENGTHS[-1] - len(d)))
