# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Appearance memory: views of the target against views of the others in the same frames.

Anchors (the first view for ever, later ones only while everything is sure) are kept apart from the
views that adapt. Half of a likeness is the nearest view kept; the other half a ridge regression of
target (1) against others (0), after OCL-RPF (Ye et al., 2024): what the others have in common with
the target counts for nothing.
"""

from __future__ import annotations

from follow_anything.core.types import FloatArray
import numpy as np

__all__ = ['REFUSED_MOST', 'Gallery']

KNOWN = 0.985
"""Cosine from which a view is no news."""

SAME_AS_TARGET = 0.93
"""Cosine to the target from which a view of another thing is a twin's: no negative then, since
place alone tells the two apart."""

RECENT = 32
"""A view of another thing is compared with so many of the newest ones before it is learnt."""

REFUSED_MOST = 256
"""So many different views are refused at most: nobody says no so often."""

REMEMBERED = 256
"""The likeness of so many views is remembered."""

RIDGE = 0.03
"""L2 weight of the regression, a row."""


class Gallery:
    """
    A bounded memory of unit-length embeddings (D,).

    :param anchors: views that stay, the first one included.
    :param adaptive: newest views of the target beside them.
    :param negatives: views of other things, the newest and most similar ones.
    """

    def __init__(self, anchors: int = 12, adaptive: int = 24, negatives: int = 64) -> None:
        self._sizes = (anchors, adaptive, negatives)
        self.clear()

    def __len__(self) -> int:
        """Return the number of views of the target."""
        return len(self._anchors) + len(self._adaptive)

    def clear(self, *, keep_refused: bool = False) -> None:
        """Forget everything, or all but what the operator said no to."""
        if not keep_refused:
            self._refused: list[FloatArray] = []
        self._anchors: list[FloatArray] = []
        self._adaptive: list[FloatArray] = []
        self._negatives: list[FloatArray] = []
        self._has_changed()

    def _has_changed(self) -> None:
        """Drop what was computed of the views."""
        self._weights: FloatArray | None = None
        self._stacked: FloatArray | None = None
        self._likeness: dict[int, tuple[FloatArray, float]] = {}

    def resize(self, anchors: int, adaptive: int, negatives: int) -> None:
        """Take new capacities; the oldest of what does not fit goes, never the first view."""
        self._sizes = (max(1, anchors), adaptive, negatives)
        del self._anchors[self._sizes[0] :]
        for views, size in ((self._adaptive, adaptive), (self._negatives, negatives)):
            del views[: max(0, len(views) - size)]
        self._has_changed()

    @property
    def refused(self) -> tuple[FloatArray, ...]:
        """Views that the operator has said no to, each (D,)."""
        return tuple(self._refused)

    def nearest(self, views: FloatArray) -> FloatArray:
        """Return the cosine of each view (N, D) to the most similar one of the target, (N,)."""
        if not len(self):
            return np.zeros(len(views))
        if self._stacked is None:
            self._stacked = np.stack(self._anchors + self._adaptive)
        return np.asarray((views @ self._stacked.T).max(1))

    def likeness(self, views: FloatArray) -> FloatArray:
        """Return how much each view (N, D) looks like the target and unlike the others, (N,)."""
        nearest = self.nearest(views)
        if not (self._negatives or self._refused) or not len(self):
            return nearest
        if self._weights is None:
            self._weights = self._fit()
        ridge = views @ self._weights[:-1] + self._weights[-1]
        return np.asarray(0.5 * nearest + 0.5 * np.clip(ridge, -0.5, 1.2))

    def likeness_of(self, view: FloatArray) -> float:
        """Return the same of one view (D,); it is remembered until something is learnt."""
        known = self._likeness.get(id(view))
        if known is None:
            if len(self._likeness) >= REMEMBERED:
                self._likeness.clear()
            # the view is kept with it, so that no other one gets its id
            known = self._likeness[id(view)] = view, float(self.likeness(view[None])[0])
        return known[1]

    def _fit(self) -> FloatArray:
        """Solve the ridge regression in its dual form; return weights and bias, (D + 1,)."""
        target, others = self._anchors + self._adaptive, self._negatives + self._refused
        rows = np.stack(target + others)
        rows = np.concatenate([rows, np.ones((len(rows), 1))], 1)
        wanted = np.concatenate([np.ones(len(target)), np.zeros(len(others))])
        # both classes weigh the same, however many views there are of each
        weight = np.where(wanted > 0, 0.5 / len(target), 0.5 / len(others)) * len(rows)
        scaled = rows * np.sqrt(weight)[:, None]
        gram = scaled @ scaled.T + RIDGE * len(rows) / 10 * np.eye(len(rows))
        return np.asarray(scaled.T @ np.linalg.solve(gram, np.sqrt(weight) * wanted))

    def anchor(self, view: FloatArray) -> bool:
        """Keep a view (D,) for ever, when it is news and there is room; True when it was kept."""
        if len(self._anchors) >= self._sizes[0] or not _is_view(view):
            return False
        if self._anchors and float(np.max(np.stack(self._anchors) @ view)) >= KNOWN - 0.02:
            return False
        self._anchors.append(view)
        self._has_changed()
        return True

    def adapt(self, view: FloatArray) -> bool:
        """Learn a sure view (D,) of the target; the oldest goes when there is no room."""
        if not len(self) or not _is_view(view) or self._sizes[1] == 0:
            return False
        if float(self.nearest(view[None])[0]) >= KNOWN:
            return False
        self._adaptive.append(view)
        del self._adaptive[: max(0, len(self._adaptive) - self._sizes[1])]
        self._has_changed()
        return True

    def add_negatives(self, views: FloatArray) -> None:
        """Learn views (N, D) of things that were seen beside the target."""
        if not len(self) or self._sizes[2] == 0 or len(views) == 0:
            return
        views = views[[_is_view(view) for view in views]]
        recent = self._negatives[-RECENT:]
        known = (views @ np.stack(recent).T).max(1) if recent else np.full(len(views), -1.0)
        news = views[(known < KNOWN - 0.02) & (self.nearest(views) < SAME_AS_TARGET)]
        among = news @ news.T
        fresh: list[int] = []
        for k in range(len(news)):
            if among[k, fresh].max(initial=-1.0) < KNOWN - 0.02:
                fresh.append(k)
        if not fresh:
            return
        self._negatives += list(news[fresh])
        self._has_changed()
        excess = len(self._negatives) - self._sizes[2]
        if excess > 0:  # the half least like the target goes first, the oldest of it before all
            like = self.nearest(np.stack(self._negatives))
            dull = np.flatnonzero(like <= np.median(like))[:excess]
            self._negatives = [v for k, v in enumerate(self._negatives) if k not in set(dull)]

    def refuse(self, view: FloatArray) -> None:
        """Learn for ever that a view (D,) is not the target: the operator said so."""
        if not _is_view(view):
            return
        self._adaptive.clear()
        self._has_changed()
        if not self._refused or float(np.max(np.stack(self._refused) @ view)) < KNOWN:
            self._refused.append(view)
            del self._refused[:-REFUSED_MOST]


def _is_view(view: FloatArray) -> bool:
    return 0.81 < float(view @ view) < 1.21  # false of what is not finite, too
