# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Click, box and picture queries without any learnt model.

A click grows into a box (segmentation.py); what was pointed at is remembered by its colours and
searched for everywhere, at several sizes. It does not read.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

from follow_anything.core.errors import BadQuery, NotReady
from follow_anything.core.geometry import coverage
from follow_anything.core.types import Box, Detections, FloatArray, Frame, Query, UInt8Array
from follow_anything.models.appearance import ColorBands
from follow_anything.models.detection.classical.segmentation import segment_click
import numpy as np

__all__ = ['ClassicalDetector']

SCALES = (0.6, 0.75, 0.9, 1.0, 1.15, 1.35, 1.7)
"""Sizes searched, relative to the picture."""

CANDIDATES = 5
SHORTLIST = 24

OVERLAP = 0.3
"""Of two places that share more of the smaller one, only the better is reported."""

SIZE_DOUBT = 0.2
"""Score lost at e times the size, either way: a part of a plain thing looks like the whole."""


@dataclass(frozen=True)
class _PointedTarget:
    """The box that the operator pointed at, valid in that one frame."""

    stamp: float
    box: Box


class ClassicalDetector:
    """
    Finds the object of a click, a box or a picture again, by colours.

    :param device: accepted like everywhere; this one always runs on the CPU.
    """

    def __init__(self, device: str = 'auto') -> None:
        self._bands = ColorBands()
        self._views: list[tuple[FloatArray, tuple[float, float]]] = []
        self._pointed: _PointedTarget | None = None
        self._label = ''

    def set_query(self, query: Query, frame: Frame | None = None) -> str:
        """
        Learn what to look for.

        :raises BadQuery: it has words, or it points at a frame that is not given.
        """
        words = (*query.texts, *query.landmarks, *query.negatives, *query.background)
        if words:
            said = ', '.join(f'"{word}"' for word in words)
            raise BadQuery(
                f'the classical detector cannot read {said}; '
                'point at the target with a click or a box, or choose the detector tiny'
            )
        if not query.is_explicit:
            self._views = [self._view_of(image) for image in query.images]
            self._pointed, self._label = None, str(query)
            return f'looking for what {query} shows'
        if frame is None:
            raise BadQuery('a click or a box needs the image it points at; none has arrived yet')
        box = _box_of(query, frame)
        own = self._bands.embed(frame, box), (box.width, box.height)
        self._views = [own, *(self._view_of(image) for image in query.images)]
        self._pointed, self._label = _PointedTarget(frame.stamp, box), str(query)
        return f'{query}: {box.width:.0f} x {box.height:.0f} px at ({box.x1:.0f}, {box.y1:.0f})'

    def _view_of(self, image: UInt8Array) -> tuple[FloatArray, tuple[float, float]]:
        """Return the description of a picture, and the size it has."""
        whole = Frame(0.0, image)
        box = Box(0.0, 0.0, whole.width, whole.height)
        return self._bands.embed(whole, box), (box.width, box.height)

    def detect(self, frame: Frame) -> Detections:
        """Return the box pointed at in its own frame, and the most similar places in any other."""
        if not self._views:
            raise NotReady('the detector has no query yet: call set_query() first')
        if self._pointed is not None and frame.stamp == self._pointed.stamp:
            return Detections.single(frame.stamp, self._pointed.box, label=self._label)
        boxes, scores = self._search(frame)
        return Detections(frame.stamp, boxes, scores, self._label)

    def _search(self, frame: Frame) -> tuple[FloatArray, FloatArray]:
        """Return the best places, (N, 4) and (N,), sorted, without overlapping ones."""
        found: list[tuple[float, Box]] = []
        for view, (width, height) in self._views:
            sizes = [(width * scale, height * scale) for scale in SCALES]
            rough = sorted(self._bands.search(frame, view, sizes), key=lambda place: -place[0])
            for _, box in rough[:SHORTLIST]:
                doubt = SIZE_DOUBT * abs(math.log(box.height / height))
                found.append((max(0.0, self._score(frame, view, box) - doubt), box))
        found.sort(key=lambda place: -place[0])
        kept: list[tuple[float, Box]] = []
        for score, box in found:
            if len(kept) < CANDIDATES and all(coverage(box, other) < OVERLAP for _, other in kept):
                kept.append((score, box))
        boxes = np.array([box.xyxy for _, box in kept], np.float32).reshape(-1, 4)
        return boxes, np.array([score for score, _ in kept], np.float32)

    def _score(self, frame: Frame, view: FloatArray, box: Box) -> float:
        cosine = float(view @ self._bands.embed(frame, box))
        return min(1.0, max(0.0, (cosine - self._bands.unrelated) / (1 - self._bands.unrelated)))


def _box_of(query: Query, frame: Frame) -> Box:
    """Return the box a query points at; BadQuery or BadBox when it is not in the image."""
    if query.box is not None:
        return query.box.clipped(frame.width, frame.height)
    for click in query.clicks:
        click.check_inside(frame.width, frame.height)
    return segment_click(frame, query.clicks)
