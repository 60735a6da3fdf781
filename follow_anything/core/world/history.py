# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Recent frames with their camera poses, for answers of a slow detector about an older frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
import math

from follow_anything.core.types import Frame
from follow_anything.core.world.ego import CameraPose

__all__ = ['History']

CLOCK_JUMP_S = 1.0
"""A frame older than the last one by more is a clock set back, not a late packet."""

LONGEST_S, LARGEST_BYTES = 30.0, 400_000_000
"""However slow a detector is, no more is kept than this: older frames lie further apart then."""


class History:
    """
    Keeps frames for `span` seconds, longer once an answer came too late for that.

    :param span: seconds.
    """

    def __init__(self, span: float) -> None:
        self.span = span
        self.late = 0
        self.jumped = False
        self._frames: deque[tuple[Frame, CameraPose]] = deque()
        self._thinned = -math.inf

    @property
    def newest(self) -> float:
        """Stamp of the newest frame, s; -inf before the first."""
        return self._frames[-1][0].stamp if self._frames else -math.inf

    def is_late(self, frame: Frame) -> bool:
        """
        Tell whether a frame came out of order; count it then.

        A frame that is older by more than CLOCK_JUMP_S begins a new history: `jumped` is then true
        until the next call.
        """
        self.jumped = False
        if frame.stamp > self.newest:
            return False
        if self.newest - frame.stamp > CLOCK_JUMP_S:
            self._frames.clear()
            self._thinned = -math.inf
            self.jumped = True
            return False
        self.late += 1
        return True

    def add(self, frame: Frame, pose: CameraPose) -> None:
        """Keep a frame, newer than all others."""
        self._frames.append((frame, pose))
        size = frame.rgb.nbytes + (0 if frame.depth is None else frame.depth.nbytes)
        while frame.stamp - self._frames[0][0].stamp > self.span:
            self._frames.popleft()
        most = max(2, LARGEST_BYTES // size)
        if len(self._frames) > most:
            self._thin(most)

    def _thin(self, most: int) -> None:
        """Drop the frame that leaves the smallest gap; the oldest and the newest third stay."""
        stamps = [frame.stamp for frame, _ in self._frames]
        older = range(1, max(2, len(stamps) - most // 3 - 1))
        index = min(older, key=lambda k: stamps[k + 1] - stamps[k - 1])
        self._thinned = max(self._thinned, stamps[index])
        del self._frames[index]

    def at(self, stamp: float) -> tuple[Frame, CameraPose] | None:
        """Return the frame with a stamp, or the nearest one where some were dropped, or None."""
        if not self._frames or stamp < self._frames[0][0].stamp - 1e-6:
            return None
        nearest = min(self._frames, key=lambda row: abs(row[0].stamp - stamp))
        is_exact = abs(nearest[0].stamp - stamp) < 1e-6
        return nearest if is_exact or stamp <= self._thinned else None

    def since(self, stamp: float) -> Iterator[tuple[Frame, CameraPose]]:
        """Yield the frames after a stamp, oldest first."""
        yield from (row for row in list(self._frames) if row[0].stamp > stamp + 1e-6)

    def widen_for(self, stamp: float) -> bool:
        """Keep frames for as long as an answer about this stamp took; False when it is not old."""
        age = self.newest - stamp
        if not self.span < age <= LONGEST_S:
            return False
        self.span = min(LONGEST_S, 1.3 * age)
        return True
