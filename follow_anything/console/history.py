# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The last minute, for the plots of a page that has just been opened."""

from __future__ import annotations

from collections import deque
from typing import Any

from follow_anything.console.link import Report

__all__ = ['PlotHistory', 'sample']

LENGTH_S, PERIOD_S = 60.0, 0.2


def sample(report: Report, now: float) -> list[Any]:
    """Return [time s, state, presence, range m, forward speed m/s], rounded."""
    forward = report.speed[0] if report.speed else None
    numbers = (report.presence, report.range_m, forward)
    rounded = [None if value is None else round(value, 3) for value in numbers]
    return [round(now, 2), report.state, *rounded]


class PlotHistory:
    """Samples of the last minute, for plots."""

    def __init__(self) -> None:
        self._samples: deque[list[Any]] = deque(maxlen=round(LENGTH_S / PERIOD_S))
        self._due = float('-inf')

    def take(self, report: Report, now: float) -> None:
        """Keep a sample, where one is due. :param now: seconds, a steady clock."""
        if now >= self._due:
            self._due = now + PERIOD_S * 0.9
            self._samples.append(sample(report, now))

    def rows(self) -> list[list[Any]]:
        """Return the samples, the oldest first."""
        return list(self._samples)
