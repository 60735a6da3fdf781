# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The coordinate frame of a plot: one long side of the promenade, in one direction.

Plots are written in the coordinates of a lane, u along it and v across it:

    -21 <= u <= 21      the length of the garden
    5.6 <= v <= 10.2    from the benches to the lamps: free of everything
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from follow_anything.sim.actors.paths import Path, rounded
from follow_anything.sim.scenery.layout import Placement
import numpy as np

__all__ = ['FREE', 'START_U', 'Lane', 'draw_lane']

FREE = 5.6, 10.2
"""Between these values of v nothing stands, metres."""

START_U = -13.5
"""The target begins here, with room for a robot behind it, metres."""


@dataclass(frozen=True)
class Lane:
    """
    One of the four ways along the long sides.

    :param along: 1 or -1: u is x, or -x. :param side: 1 or -1: v is y, or -y.
    """

    along: int
    side: int

    def point(self, u: float, v: float) -> tuple[float, float]:
        """Return x and y of a place, metres."""
        return self.along * u, self.side * v

    def path(self, points: Sequence[tuple[float, float]], radius: float = 0.5) -> Path:
        """Return a way through places (u, v), its corners rounded."""
        return rounded([self.point(u, v) for u, v in points], radius)

    def across(
        self,
        model: str,
        u: float,
        v: tuple[float, float],
        step: float,
        paint: tuple[float, float, float] | None,
    ) -> list[Placement]:
        """Put things side by side across the lane at u, from v[0] to v[1], each `step` wide."""
        count = max(1, int(np.ceil((v[1] - v[0]) / step - 1e-6)))  # they may overlap a little
        places = np.linspace(v[0] + step / 2, v[1] - step / 2, count)
        return [Placement(model, *self.point(u, float(p)), 0.0, paint) for p in places]


def draw_lane(rng: np.random.Generator) -> Lane:
    """Choose one of the four."""
    along, side = (int(rng.choice([-1, 1])) for _ in range(2))
    return Lane(along, side)
