# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How long every stage of a model takes, for --profile and for /diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import time
from typing import Protocol, runtime_checkable

__all__ = ['Stopwatch', 'Timed']


class Stopwatch:
    """
    Adds up the milliseconds of named stages since the last lap.

    :param finish: waits for what a stage has started on another device; CUDA runs behind.
    """

    def __init__(self, finish: Callable[[], object] | None = None) -> None:
        self.finish = finish
        self.stages_ms: dict[str, float] = {}

    def lap(self) -> None:
        """Begin anew: another frame, another query."""
        self.stages_ms = {}

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Time what is inside, and add it to a stage."""
        began = time.perf_counter()
        try:
            yield
            if self.finish is not None:
                self.finish()
        finally:
            spent = 1e3 * (time.perf_counter() - began)
            self.stages_ms[stage] = self.stages_ms.get(stage, 0.0) + spent

    def __str__(self) -> str:
        """Return the stages in the order they first ran."""
        return ', '.join(f'{stage} {spent:.0f} ms' for stage, spent in self.stages_ms.items())


@runtime_checkable
class Timed(Protocol):
    """A model that measures its stages."""

    stopwatch: Stopwatch
