# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The query after a loss: the operator's query, and the first view of the target."""

from __future__ import annotations

from follow_anything.core.types import Frame, MIN_VIEW_SIDE_PX, Query

__all__ = ['Recall']


class Recall:
    """
    Adds the first believed view of the target to the query, once, when it is to be found again.

    Here the memory of all views will answer, when there is one. A target that was pointed at
    needs nothing: its first view is the query.
    """

    def __init__(self) -> None:
        self._query: Query | None = None
        self._asked_at = 0.0
        self._view: Frame | None = None
        self._is_announced = False

    def asked(self, query: Query, stamp: float) -> None:
        """Take a new query, in force from a stamp on, seconds; views from before are dropped."""
        self._query, self._asked_at = query, stamp
        self._view, self._is_announced = None, False

    def remember(self, view: Frame | None) -> None:
        """Take the first view of the target, its pixels and stamp; None is ignored."""
        if view is None or self._view is not None or view.stamp < self._asked_at:
            return
        if min(view.width, view.height) >= MIN_VIEW_SIDE_PX:
            self._view = view

    def adopted(self) -> Query | None:
        """Return the target of somebody who asked before we were here, by its looks; or None."""
        if self._query is not None or self._view is None:
            return None
        return Query(images=(self._view.rgb,))

    def next_query(self) -> Query | None:
        """Return what a searching detector should look for from now on; None: nothing new."""
        if self._query is None or self._view is None:
            return None
        if self._is_announced or self._query.is_explicit:
            return None
        self._is_announced = True
        return self._query.remembering(self._view.rgb)
