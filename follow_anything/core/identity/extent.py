# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The target's extent: its usual box and size, its depth and its height."""

from __future__ import annotations

import math

from follow_anything.core.identity.verdict import Size
from follow_anything.core.types import Box
from follow_anything.core.world.ranging import is_before

__all__ = ['Extent']

SIZE_TIME_S = 1.0
"""Time constant of the target's usual size, s: things turn, and are hidden in part."""

BOX_SHARE, HEIGHT_SHARE = 0.2, 0.05
"""Share of the way to a new box or height that one sighting is worth."""

DEPTH_FRESH_S = 0.5


class Extent:
    """
    Averages the target's size slowly: the size of a box fluctuates, and part of it may be hidden.

    `box` is the usual one, None before the first sighting; `size` the usual size; `depth` the last
    one of the depth image, metres; `height` as depth has shown it, metres, 0 when unknown.
    """

    def __init__(self) -> None:
        self.box: Box | None = None
        self.size: Size | None = None
        self.depth: float | None = None
        self.height = 0.0
        self._sized_at = self._depth_at = -math.inf

    def begin(self, size: Size | None) -> None:
        """Take the size of the first view."""
        self.box, self.size = None, size

    def sighted(self, box: Box) -> None:
        """Take the box of a sighting."""
        usual = self.box or box
        width = usual.width + BOX_SHARE * (box.width - usual.width)
        height = usual.height + BOX_SHARE * (box.height - usual.height)
        self.box = Box.from_center(*box.center, width, height)

    def sized(self, size: Size | None, stamp: float) -> None:
        """Take the size of the target in a look; None when the box is not the target's alone."""
        if size is not None:
            elapsed = min(1.0, max(0.0, stamp - self._sized_at))
            share = 1.0 - math.exp(-elapsed / SIZE_TIME_S)
            self.size = (self.size or size).drawn_to(size, share)
        self._sized_at = stamp

    def ranged(self, depth: float, stamp: float) -> None:
        """Take a depth, metres; not that of something that has come before the target."""
        before = self.depth_before(stamp)
        if before is None or not is_before(depth, before, stamp - self._depth_at):
            self.depth, self._depth_at = depth, stamp

    def depth_before(self, stamp: float) -> float | None:
        """Return the depth of a moment ago, metres; None when there is none."""
        return self.depth if stamp - self._depth_at <= DEPTH_FRESH_S else None

    def learn_height(self, height: float) -> None:
        """Take the height of a whole box whose depth is known, metres: for when the depth goes."""
        before = self.height or height
        self.height = before + HEIGHT_SHARE * (height - before)

    def after_clock_jump(self) -> None:
        """Drop the depth and every time; the sizes stay."""
        self._sized_at = self._depth_at = -math.inf
        self.depth = None
