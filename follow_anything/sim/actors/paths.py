# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Ways to walk or drive along: smooth lines in the plane, by distance travelled."""

from __future__ import annotations

from collections.abc import Sequence

from follow_anything.sim.meshes.model3d import Array
import numpy as np

__all__ = ['Path', 'line', 'ring', 'rounded']

_STEP = 0.05


class Path:
    """
    A line in the plane, sampled evenly.

    :param points: (N, 2), metres. :param closed: the last point leads back to the first.
    """

    def __init__(self, points: Array, closed: bool) -> None:
        points = np.asarray(points, float)
        if closed:
            points = np.concatenate([points, points[:1]])
        travelled = np.r_[0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
        self.length = float(travelled[-1])
        self.closed = closed
        at = np.linspace(0, self.length, max(2, round(self.length / _STEP) + 1))
        self._points = np.stack([np.interp(at, travelled, points[:, k]) for k in range(2)], 1)
        self._step = self.length / (len(at) - 1)

    def point(self, s: float) -> Array:
        """Return the point (2,) at distance s; a closed path wraps around, an open one ends."""
        s = s % self.length if self.closed else min(max(s, 0.0), self.length)
        place = s / self._step
        low = min(int(place), len(self._points) - 2)
        t = place - low
        return np.asarray((1 - t) * self._points[low] + t * self._points[low + 1])

    def heading(self, s: float) -> float:
        """Return the direction of travel at distance s, rad, over half a metre."""
        if not self.closed:
            s = min(max(s, 0.25), self.length - 0.25)
        dx, dy = self.point(s + 0.25) - self.point(s - 0.25)
        return float(np.arctan2(dy, dx))

    def nearest(self, x: float, y: float) -> float:
        """Return the distance s of the sample nearest to a point."""
        return float(((self._points - (x, y)) ** 2).sum(1).argmin() * self._step)


def ring(
    half: tuple[float, float],
    radius: float,
    reverse: bool = False,
    weave: float = 0.0,
    wavelength: float = 18.0,
    phase: float = 0.0,
) -> Path:
    """
    Return a rounded rectangle around the origin, anticlockwise.

    :param half: half sizes along x and y, metres. :param radius: of the corners, metres.
    :param weave: amplitude of a sideways wave, metres; phase shifts it.
    """
    x, y = half[0] - radius, half[1] - radius
    turn = np.linspace(0, np.pi / 2, 12)
    corners = [(x, y, 0), (-x, y, 1), (-x, -y, 2), (x, -y, 3)]
    points = np.concatenate(
        [
            np.stack(
                [
                    cx + radius * np.cos(turn + k * np.pi / 2),
                    cy + radius * np.sin(turn + k * np.pi / 2),
                ],
                1,
            )
            for cx, cy, k in corners
        ]
    )
    base = Path(points, True)
    if weave:
        waves = max(1, round(base.length / wavelength))
        at = np.arange(0, base.length, 0.25)
        side = weave * np.sin(2 * np.pi * waves * at / base.length + phase)
        normal = np.array([[-np.sin(h), np.cos(h)] for h in map(base.heading, at.tolist())])
        points = np.array([base.point(s) for s in at.tolist()]) + side[:, None] * normal
    return Path(points[::-1] if reverse else points, True)


def line(points: Sequence[tuple[float, float]]) -> Path:
    """Return an open path through points."""
    return Path(np.array(points, float), False)


def rounded(points: Sequence[tuple[float, float]], radius: float) -> Path:
    """
    Return an open path through points with its corners cut to smooth bends.

    :param radius: how far from a corner its bend begins, metres; less where a side is short.
    """
    corners = np.array(points, float)
    way = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        into, out = corner - before, after - corner
        reach = min(radius, *(0.5 * float(np.hypot(*side)) for side in (into, out)))
        first = corner - into * reach / np.hypot(*into)
        last = corner + out * reach / np.hypot(*out)
        for t in np.linspace(0.0, 1.0, 9):  # a quadratic Bezier curve
            way.append((1 - t) ** 2 * first + 2 * t * (1 - t) * corner + t * t * last)
    return Path(np.array([*way, corners[-1]]), False)
