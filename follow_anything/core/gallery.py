# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Appearance memory: which views are worth keeping, and is this the same object?"""

from __future__ import annotations

from follow_anything.core.types import FloatArray
import numpy as np

__all__ = ['Gallery']


class Gallery:
    """
    A bounded collection of views of one target.

    The first view, the one the operator pointed at, stays for ever. Another one is kept when it
    is surely the target (similar enough to the first one, so that the memory cannot drift away
    step by step) and still news (not too similar to any); when the memory is full the most
    redundant one goes.

    :param capacity: views kept at most, the first one included.
    :param same: cosine above which a view is surely the target.
    :param known: cosine above which a view is no news.
    """

    def __init__(self, capacity: int, same: float = 0.92, known: float = 0.97) -> None:
        self._capacity, self._same, self._known = capacity, same, known
        self._views: list[FloatArray] = []

    def __len__(self) -> int:
        """Return the number of views."""
        return len(self._views)

    def clear(self) -> None:
        """Forget everything."""
        self._views.clear()

    def resize(self, capacity: int) -> None:
        """Take a new capacity, at least 1; what does not fit any more goes."""
        self._capacity = capacity
        while len(self._views) > max(1, capacity):
            self._drop_most_redundant()

    def similarity(self, view: FloatArray) -> float:
        """Return the cosine to the most similar view kept, (D,) of unit length; 0 when empty."""
        if not self._views:
            return 0.0
        return float(np.max(np.stack(self._views) @ view))

    def offer(self, view: FloatArray) -> bool:
        """Offer a view, (D,) of unit length; True when it was kept."""
        if self._views and float(self._views[0] @ view) < self._same:
            return False
        if self._views and self.similarity(view) >= self._known:
            return False
        if len(self._views) >= self._capacity:
            if self._capacity == 1:
                return False
            self._drop_most_redundant()
        self._views.append(view)
        return True

    def _drop_most_redundant(self) -> None:
        views = np.stack(self._views)
        cosines = views @ views.T - 2 * np.eye(len(views))
        redundancy = cosines.max(axis=1)
        redundancy[0] = -np.inf
        del self._views[int(redundancy.argmax())]
