# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A model of a bad video link: frames arrive late, in bursts, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.core.types import Frame
import numpy as np

__all__ = ['PERFECT', 'FrameLink', 'LinkModel']


@dataclass(frozen=True)
class LinkModel:
    """
    Delays and losses of a link.

    :param delay: of every frame, s. :param jitter: mean of the random delay on top, s.
    :param drop: share of the frames that never arrive.
    :param gap_every: mean time between two gaps in which nothing arrives, s; 0: no gaps.
    :param gap: length of such a gap, s.
    """

    delay: float = 0.0
    jitter: float = 0.0
    drop: float = 0.0
    gap_every: float = 0.0
    gap: float = 0.0


PERFECT = LinkModel()
"""Every frame arrives at once."""


class FrameLink:
    """Holds frames until they arrive. A receiver has one slot: only the newest arrival counts."""

    def __init__(self, link: LinkModel, seed: int) -> None:
        self._link, self._rng = link, np.random.default_rng([seed, 79])
        self._under_way: list[tuple[float, Frame]] = []
        self._silent_until = 0.0
        self._next_gap = self._draw_gap(0.0)

    def _draw_gap(self, now: float) -> float:
        mean = self._link.gap_every
        return now + float(self._rng.exponential(mean)) if mean else np.inf

    def send(self, frame: Frame) -> None:
        """Give a frame to the link at the time of its stamp."""
        link, now = self._link, frame.stamp
        if now >= self._next_gap:
            self._silent_until = now + link.gap
            self._next_gap = self._draw_gap(self._silent_until)
        if now < self._silent_until or self._rng.random() < link.drop:
            return
        late = float(self._rng.exponential(link.jitter)) if link.jitter else 0.0
        self._under_way.append((now + link.delay + late, frame))

    def receive(self, now: float) -> Frame | None:
        """Return the last frame that has arrived since the last call; None when none has."""
        arrived = [item for item in self._under_way if item[0] <= now + 1e-9]
        self._under_way = [item for item in self._under_way if item[0] > now + 1e-9]
        return max(arrived, key=lambda item: item[0])[1] if arrived else None
