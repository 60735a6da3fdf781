# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Coordinates: from the video that a ground station shows to the picture, and back."""

from __future__ import annotations

from dataclasses import dataclass
import math

from follow_anything.core.types import Box

__all__ = ['Letterbox', 'Share']

Share = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of the video: 0 is left and top, 1 right and bottom."""

SLACK = 1e-3
"""So far outside, as a share of the picture, is its edge: ground stations clamp and round."""


@dataclass(frozen=True)
class Letterbox:
    """
    A picture of some size in the middle of a video, with margins where their shapes differ.

    :param size: (width, height) of the picture, pixels.
    :param video_aspect: width by height of the video; 0: it is the picture, without margins.
    """

    size: tuple[int, int]
    video_aspect: float = 0.0

    @property
    def margins(self) -> tuple[float, float]:
        """The margin on the left (as on the right) and at the top, as shares of the video."""
        width, height = self.size
        if not self.video_aspect:
            return 0.0, 0.0
        wider = self.video_aspect * height / width
        if wider >= 1.0:
            return (1.0 - 1.0 / wider) / 2.0, 0.0
        return 0.0, (1.0 - wider) / 2.0

    def point(self, x: float, y: float) -> tuple[float, float] | None:
        """
        Return the pixel of a place in the video; None: it lies in a margin.

        :param x: share of the video's width, [0, 1]. :param y: of its height.
        """
        left, top = self._to_picture(x, y)
        if not all(-SLACK <= share <= 1.0 + SLACK for share in (left, top)):
            return None
        width, height = self.size
        return (
            min(max(left, 0.0) * width, width - 1.0),
            min(max(top, 0.0) * height, height - 1.0),
        )

    def box(self, share: Share) -> Box | None:
        """Return what of a rectangle in the video is in the picture, pixels; None: nothing."""
        width, height = self.size
        (left, top), (right, bottom) = self._to_picture(*share[:2]), self._to_picture(*share[2:])
        x1, y1 = max(0.0, left) * width, max(0.0, top) * height
        x2, y2 = min(1.0, right) * width, min(1.0, bottom) * height
        return Box(x1, y1, x2, y2) if x2 - x1 >= 1.0 and y2 - y1 >= 1.0 else None

    def share(self, box: Box) -> Share | None:
        """Return where a box of the picture lies in the video; None: outside the picture."""
        width, height = self.size
        side, top = self.margins
        x1, x2 = (min(max(x / width, 0.0), 1.0) for x in (box.x1, box.x2))
        y1, y2 = (min(max(y / height, 0.0), 1.0) for y in (box.y1, box.y2))
        if x2 <= x1 or y2 <= y1 or not math.isfinite(x1 + x2 + y1 + y2):
            return None
        across, down = 1.0 - 2.0 * side, 1.0 - 2.0 * top
        return side + x1 * across, top + y1 * down, side + x2 * across, top + y2 * down

    def _to_picture(self, x: float, y: float) -> tuple[float, float]:
        side, top = self.margins
        return (x - side) / (1.0 - 2.0 * side), (y - top) / (1.0 - 2.0 * top)
