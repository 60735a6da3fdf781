# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
A gait cycle from a standing mesh: the legs swing about hips and knees.

Every vertex follows a smooth blend of rotations (linear blend skinning with weights made from
the height above ground and the side of the body), so that no seam opens.
"""

from __future__ import annotations

from follow_anything.sim.meshes.model3d import Array
import numpy as np

__all__ = ['PHASES', 'biped', 'quadruped']

PHASES = 10
"""
Meshes per stride; the standing pose follows as number PHASES.

One is shown at a time, so that they cost nothing while the world runs.
"""


def _ramp(value: Array, low: float, high: float) -> Array:
    """Return 0 below low, 1 above high, smooth between."""
    t: Array = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _swing(points: Array, weight: Array, pivot_x: Array, pivot_z: float, angle: Array) -> Array:
    """Turn points about a lateral axis by weight x angle (forward positive), (V, 3)."""
    turn = weight * angle
    cos, sin = np.cos(turn), np.sin(turn)
    x, z = points[:, 0] - pivot_x, points[:, 2] - pivot_z
    out = points.copy()
    out[:, 0] = pivot_x + cos * x - sin * z
    out[:, 2] = pivot_z + sin * x + cos * z
    return out


def biped(points: Array, stride_rad: float = 0.42) -> Array:
    """
    Return a person's walk and the standing pose, (PHASES + 1, V, 3).

    :param points: (V, 3), x forward, y left, z up, metres, feet on z = 0.
    :param stride_rad: how far a thigh swings forward.
    """
    height = float(points[:, 2].max())
    x, y, z = points.T
    shank = (z > 0.15 * height) & (z < 0.36 * height)
    middle = 0.5 * float(y[shank].min() + y[shank].max())
    reach = 0.62 * float(np.ptp(y[shank])) + 0.02
    left = _ramp(y - middle, -0.035, 0.035)
    # Hands hang as low as the hips but further out: they stay with the trunk.
    inside = 1 - _ramp(np.abs(y - middle), reach, reach + 0.05)
    inside = np.where(z < 0.36 * height, 1.0, inside)
    thigh = (1 - _ramp(z, 0.45 * height, 0.56 * height)) * inside
    shin = 1 - _ramp(z, 0.24 * height, 0.32 * height)
    hip_x = np.full_like(x, float(np.median(x)))
    phases = []
    for phase in np.arange(PHASES) * 2 * np.pi / PHASES:
        out = points
        walk = np.zeros_like(points)
        for side, offset in ((left, 0.0), (1 - left, np.pi)):
            a = stride_rad * np.sin(phase + offset)
            # The knee bends while the leg comes forward, and is almost straight on the ground.
            bend = -0.15 - 0.75 * max(0.0, np.cos(phase + offset)) ** 2
            knee_x = hip_x
            leg = _swing(points, shin, knee_x, 0.28 * height, np.full_like(x, bend))
            leg = _swing(leg, thigh, hip_x, 0.53 * height, np.full_like(x, a))
            walk += side[:, None] * leg
        out = walk
        out[:, 2] -= out[:, 2].min()
        phases.append(out)
    return np.array([*phases, points])


def quadruped(points: Array, stride_rad: float = 0.35) -> Array:
    """
    Return a trot, (PHASES + 1, V, 3): diagonal legs swing together; the last row stands.

    :param points: (V, 3), x forward, y left, z up, metres, feet on z = 0.
    """
    height = float(points[:, 2].max())
    x, y, z = points.T
    low = z < 0.25 * height
    front = _ramp(x, float(np.mean(x[low])) - 0.03, float(np.mean(x[low])) + 0.03)
    middle = 0.5 * float(y[low].min() + y[low].max())
    left = _ramp(y, middle - 0.02, middle + 0.02)
    weight = 1 - _ramp(z, 0.30 * height, 0.52 * height)
    is_front = front > 0.5
    pivot_x = np.where(
        is_front, float(np.mean(x[low & is_front])), float(np.mean(x[low & ~is_front]))
    )
    diagonal = front * left + (1 - front) * (1 - left)
    phases = []
    for phase in np.arange(PHASES) * 2 * np.pi / PHASES:
        angle = stride_rad * np.sin(phase) * (2 * diagonal - 1)
        out = _swing(points, weight, pivot_x, 0.5 * height, angle)
        out[:, 2] -= out[:, 2].min()
        phases.append(out)
    return np.array([*phases, points])
