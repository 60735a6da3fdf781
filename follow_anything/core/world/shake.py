# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How much rougher than expected a picture moves, where no camera is known to steady it."""

from __future__ import annotations

__all__ = ['Shake']

SHARE = 0.2
"""Of a new sighting in the mean."""

LARGEST = 8.0
"""A surprise counts at most so many times what is expected."""

MOST = 25.0
"""Factor of the variance of a place at most."""


class Shake:
    """
    Adapts the noise of places in a picture to the innovations of the target's own track.

    Innovation-based adaptive estimation (Mehra, 1970): while the tracker holds its target, the
    squared Mahalanobis distance of two dimensions is 2 on average, or the noise was too small.
    """

    def __init__(self) -> None:
        self.factor = 1.0

    def reset(self) -> None:
        """Expect a steady picture again."""
        self.factor = 1.0

    def take(self, squared: float) -> None:
        """Take the squared distance of a sure sighting from where it was expected."""
        surprise = min(LARGEST, max(0.0, squared / 2.0))
        self.factor = min(MOST, max(1.0, self.factor * (1.0 + SHARE * (surprise - 1.0))))
