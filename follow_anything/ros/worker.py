# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A worker thread with one slot: only the newest item is processed, dropped ones are counted."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Generic, TypeVar

__all__ = ['NewestOnly']

T = TypeVar('T')


class NewestOnly(Generic[T]):
    """
    Runs a slow function on the newest item, in its own thread.

    :param work: called with one item at a time.
    :param complain: called with whatever `work` raised; the thread goes on with the next item.
    """

    def __init__(self, work: Callable[[T], None], complain: Callable[[Exception], None]) -> None:
        self._work, self._complain = work, complain
        self._ready = threading.Condition()
        self._item: T | None = None
        self._running = True
        self.dropped = 0
        self.done = 0
        self._thread = threading.Thread(target=self._run, name='inference', daemon=True)
        self._thread.start()

    def offer(self, item: T) -> None:
        """Put an item in the slot; the one still waiting there is dropped and counted."""
        with self._ready:
            if self._item is not None:
                self.dropped += 1
            self._item = item
            self._ready.notify()

    def close(self) -> None:
        """Stop after the item in work."""
        with self._ready:
            self._running = False
            self._ready.notify()
        self._thread.join(timeout=5.0)

    def _take(self) -> T | None:
        with self._ready:
            while self._running and self._item is None:
                self._ready.wait()
            item, self._item = self._item, None
            return item if self._running else None

    def _run(self) -> None:
        while (item := self._take()) is not None:
            try:
                self._work(item)
            # The border of the thread: one bad frame must not end it, and nothing is hidden.
            except Exception as error:
                self._complain(error)
            self.done += 1
