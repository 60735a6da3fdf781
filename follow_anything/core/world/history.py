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
"""However slow a detector is, no more is kept than this."""


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
            self.jumped = True
            return False
        self.late += 1
        return True

    def add(self, frame: Frame, pose: CameraPose) -> None:
        """Keep a frame, newer than all others."""
        self._frames.append((frame, pose))
        size = frame.rgb.nbytes + (0 if frame.depth is None else frame.depth.nbytes)
        most = max(2, LARGEST_BYTES // size)
        while len(self._frames) > most or frame.stamp - self._frames[0][0].stamp > self.span:
            self._frames.popleft()

    def at(self, stamp: float) -> tuple[Frame, CameraPose] | None:
        """Return the frame with a stamp; None when it is not kept."""
        return next(
            (row for row in reversed(self._frames) if abs(row[0].stamp - stamp) < 1e-6), None
        )

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
