# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A survey for embedders that find nobody by themselves: tiny finds, and they describe."""

from __future__ import annotations

from collections.abc import Sequence

from follow_anything.core.errors import BadBox
from follow_anything.core.protocols import Detector, Embedder, Survey, Surveyor
from follow_anything.core.search.proposals import SIZES
from follow_anything.core.types import Box, FloatArray, Frame
from follow_anything.models.detection.tiny.detector import TinyDetector
from follow_anything.models.detection.tiny.embedder import InstanceEmbedder
from follow_anything.models.runtime.warm_up import warm_up
import numpy as np

__all__ = ['Surveyed', 'surveyed']

OTHERS = 12
"""Of what the finder finds so many are described, those nearest in size: each may take a pass."""


class Surveyed:
    """
    Another embedder's views of what the tiny detector finds.

    Without it a robot that follows somebody would see nobody else: a detector's answer is of an
    older picture.

    :param embedder: that describes. :param finder: that finds, and knows the words.
    """

    def __init__(self, embedder: Embedder, finder: InstanceEmbedder) -> None:
        self.embedder, self._finder = embedder, finder
        self.unrelated = embedder.unrelated
        self.detector = finder.detector

    def warm_up(self) -> None:
        """Run both networks once."""
        warm_up(self._finder, self.embedder)

    def embed(self, frame: Frame, box: Box) -> FloatArray:
        """Return the description of a box, (D,), unit length; BadBox if it is outside."""
        return self.embedder.embed(frame, box)

    def read(self, texts: Sequence[str], negatives: Sequence[str] = ()) -> None:
        """Say from now on how well things fit the words."""
        self._finder.read(texts, negatives)

    def survey(self, frame: Frame, boxes: FloatArray, size_px: float = 0.0) -> Survey:
        """Describe boxes (N, 4), and what else stands out and is of the target's size."""
        found = self._finder.survey(frame, boxes, size_px)
        keep = self._worth_describing(found.boxes, len(boxes), size_px)
        views = [self._view(frame, found.boxes[k]) for k in keep]
        known = [view for view in views if view is not None]
        nothing = np.zeros_like(known[0]) if known else np.zeros(1)  # no view: nothing for it
        rows = [nothing if view is None else view for view in views]
        described = np.stack(rows) if rows else np.zeros((0, 1))
        return Survey(found.boxes[keep], described, found.words[keep])

    def _view(self, frame: Frame, corners: FloatArray) -> FloatArray | None:
        try:
            return self.embedder.embed(frame, Box(*(float(value) for value in corners)))
        except BadBox:
            return None

    @staticmethod
    def _worth_describing(boxes: FloatArray, own: int, size_px: float) -> list[int]:
        """Return indices: all that were asked about, and others of a plausible size."""
        others = list(range(own, len(boxes)))
        if size_px > 0.0:
            sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-6)
            ratio = np.abs(np.log(np.sqrt(sides.prod(1)) / size_px))
            others = [k for k in others if ratio[k] <= np.log(SIZES)]
            others.sort(key=lambda k: float(ratio[k]))
        return [*range(own), *sorted(others[:OTHERS])]


def surveyed(
    embedder: Embedder, detector: Detector | None = None, device: str = 'auto'
) -> Surveyor:
    """
    Return an embedder that surveys: the same one where it does by itself.

    :param detector: shares its network, where it is the tiny one. :param device: of the finder.
    """
    if isinstance(embedder, Surveyor):
        return embedder
    shared = detector if isinstance(detector, TinyDetector) else None
    return Surveyed(embedder, InstanceEmbedder(shared, device))
