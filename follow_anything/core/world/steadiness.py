# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Detects jumps of the tracker's box in place, size or depth, which call for a full look."""

from __future__ import annotations

from collections import deque
import math

from follow_anything.core.types import Track
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.ranging import is_before

__all__ = ['Steadiness']

WINDOW_S = 0.4
"""Boxes are compared with those of so long before."""

TRAVEL, TRAVEL_S = 0.7, 3.0
"""Sizes that a box moves at most from one frame to the next: at once, and a second."""

GROWTH = 1.6
"""Factor that its area changes by at most within the window."""

DEPTH_M, DEPTH_SHARE = 0.6, 0.12
"""Change of depth within the window that is a jump: metres, and a share of the depth."""


class Steadiness:
    """Watches the tracker's boxes for jumps."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, tuple[float, float], float, float | None]] = deque()
        self._since: float | None = None

    def reset(self) -> None:
        """Begin anew."""
        self._seen.clear()
        self._since = None

    def lasts(self, stamp: float) -> float:
        """Return for how long the box has been steady, s."""
        return 0.0 if self._since is None else stamp - self._since

    def is_long(self, stamp: float) -> bool:
        """Tell whether the box has been steady for most of the window."""
        return len(self._seen) > 1 and stamp - self._seen[0][0] >= 0.75 * WINDOW_S

    def check(
        self, track: Track, depth: float | None, stamp: float, pose: CameraPose | None = None
    ) -> bool:
        """
        Take the box of a frame; return whether it goes on from the ones before.

        :param depth: of what is in the box, metres, None where unknown.
        :param pose: steadies the picture; None: it is steady.
        """
        if track.box is None:
            self.reset()
            return False
        size = math.sqrt(track.box.area)
        x, y = track.box.center
        if pose is not None:
            x, y = (float(value) for value in pose.to_steady(x, y))
        here = (stamp, (x, y), size, depth)
        is_steady = self._goes_on(here)
        if not is_steady:
            self.reset()
        self._since = stamp if self._since is None else self._since
        self._seen.append(here)
        while stamp - self._seen[0][0] > WINDOW_S:
            self._seen.popleft()
        return is_steady

    def _goes_on(self, here: tuple[float, tuple[float, float], float, float | None]) -> bool:
        if not self._seen:
            return True
        stamp, center, size, depth = here
        last = self._seen[-1]
        if math.dist(center, last[1]) > last[2] * (TRAVEL + TRAVEL_S * (stamp - last[0])):
            return False
        if any(not 1 / GROWTH <= (size / s) ** 2 <= GROWTH for _, _, s, _ in self._seen):
            return False
        depths = [d for _, _, _, d in self._seen if d is not None]
        if depth is None or not depths:
            return True
        before = self._seen[-1][3]
        if before is not None and is_before(depth, before, stamp - last[0]):
            return False
        return abs(depth - depths[0]) <= DEPTH_M + DEPTH_SHARE * depths[0]
