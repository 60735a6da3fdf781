# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The geofence, seen from above: distance to it, and free distance along a direction."""

from __future__ import annotations

from dataclasses import dataclass
import math

from follow_anything.core.errors import BadConfig
from follow_anything.core.types import FloatArray
import numpy as np

__all__ = ['Fence', 'parse_corners']

MAX_CORNERS = 64
MAX_STEPS = 64
"""Steps along a way at most; a way that is not looked at to its end counts as shorter."""

ARRIVED_M = 1e-3


def parse_corners(text: str) -> FloatArray | None:
    """
    Return the corners (N, 2), metres, of 'x y, x y, x y'; None for an empty text.

    :raises BadConfig: they are not numbers, fewer than three, or their sides cross.
    """
    if not text.strip():
        return None
    try:
        # Not left to NumPy: before 1.24 rows of different lengths are only a warning.
        rows = [[float(value) for value in pair.split()] for pair in text.split(',')]
        corners = np.array(rows if {len(row) for row in rows} == {2} else [])
    except ValueError:
        corners = np.zeros(0)
    if corners.ndim != 2 or corners.shape[1:] != (2,) or not np.isfinite(corners).all():
        raise BadConfig(f"fence: expected 'x y, x y, x y' in metres, got {text!r}")
    if not 3 <= len(corners) <= MAX_CORNERS:
        raise BadConfig(f'fence: expected 3 to {MAX_CORNERS} corners, got {len(corners)}')
    count = len(corners)
    twice = np.isclose(corners, np.roll(corners, -1, axis=0)).all(axis=1)
    if twice.any():
        raise BadConfig(f'fence: corner {int(twice.argmax()) + 1} comes twice in {text!r}')
    for i in range(count):
        a, b = corners[i], corners[(i + 1) % count]
        for j in range(i + 2, count - (i == 0)):
            if _cross(a, b, corners[j], corners[(j + 1) % count]):
                raise BadConfig(f'fence: sides {i + 1} and {j + 1} of {text!r} cross')
    return corners


def _cross(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> bool:
    """Tell whether the segments ab and cd have a point in common."""

    def side(p: FloatArray, q: FloatArray, r: FloatArray) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) * side(a, b, d) <= 0 and side(c, d, a) * side(c, d, b) <= 0


@dataclass(frozen=True, eq=False)
class Fence:
    """
    The area inside a polygon and inside a circle; either may be missing.

    :param corners: (N, 2), N >= 3, metres, of a polygon whose sides do not cross; or None.
    :param center: of the circle, metres. :param radius: metres; inf: no circle.
    """

    corners: FloatArray | None = None
    center: tuple[float, float] = (0.0, 0.0)
    radius: float = math.inf

    @property
    def exists(self) -> bool:
        """True when there is anything to stay in."""
        return self.corners is not None or math.isfinite(self.radius)

    def clearance(self, point: FloatArray) -> float:
        """
        Return the distance from a point (2,) to the fence, metres; negative outside.

        It changes by at most one metre a metre: free_way() relies on it.
        """
        return min(self.clearances(point))

    def clearances(self, point: FloatArray) -> tuple[float, float]:
        """Return the distances to circle and polygon, each negative outside; inf without one."""
        x, y = float(point[0]), float(point[1])
        circle = self.radius - math.hypot(x - self.center[0], y - self.center[1])
        return circle, self._to_polygon(x, y)

    def _to_polygon(self, x: float, y: float) -> float:
        if self.corners is None:
            return math.inf
        start, end = self.corners, np.roll(self.corners, -1, axis=0)
        side, here = end - start, np.array([x, y]) - start
        along = np.clip((here * side).sum(axis=1) / (side * side).sum(axis=1), 0.0, 1.0)
        gap = here - along[:, None] * side
        distance = math.sqrt(float((gap * gap).sum(axis=1).min()))
        # Even-odd rule: how many sides does a ray to the right meet?
        spans = (start[:, 1] > y) != (end[:, 1] > y)
        rise = np.where(spans, side[:, 1], 1.0)
        crosses = spans & (x < start[:, 0] + side[:, 0] * (y - start[:, 1]) / rise)
        inside = np.count_nonzero(crosses) % 2 == 1
        return distance if inside else -distance

    def free_way(
        self, start: FloatArray, direction: FloatArray, wanted: float, margin: float
    ) -> float:
        """
        Return the free distance along a direction that keeps clear of the fence, metres.

        :param start: (2,). :param direction: (2,), unit length. :param wanted: look no farther.
        :param margin: the distance to keep.
        :return: at most `wanted`; never too much, and 0 when the start is already too near.

        Sphere tracing: no point within the clearance of a point can be on the fence, so one may
        step as far as that (Hart, "Sphere tracing", 1996).
        """
        way = 0.0
        for _ in range(MAX_STEPS):
            room = self.clearance(start + way * direction) - margin
            if room <= ARRIVED_M or way >= wanted:
                break
            way += room
        return min(way, wanted)
