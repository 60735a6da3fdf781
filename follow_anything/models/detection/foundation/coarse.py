# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The fast detectors: find similar places first, and prompt SAM with those alone.

    frame ──▶ grid of vectors ──▶ heat map ──▶ connected parts ──▶ one SAM prompt each

`dino_coarse` takes DINO's grid; `sam_prompt` takes SAM's own, which is there anyway (as PerSAM
does: Zhang et al., 2023).
"""

from __future__ import annotations

from typing import Any, Protocol

import cv2
from follow_anything.core.geometry import unit
from follow_anything.core.types import BoolArray, Click, FloatArray, Frame, UInt8Array
from follow_anything.models.detection.foundation.dino import DenseFeatures
from follow_anything.models.detection.foundation.open_vocabulary import (
    MaskProposer,
    QueryEmbeddings,
    SegmentDetector,
)
from follow_anything.models.detection.foundation.sam import SegmentAnything, Segments
from follow_anything.models.detection.foundation.scoring import likeness
from follow_anything.models.runtime.stopwatch import Stopwatch
import numpy as np

__all__ = ['CoarseDetector', 'Dense', 'DenseDescriber', 'SamFeatures']

ALIKE = 0.5
"""Likeness from which a cell may belong to the target."""

USUAL = 0.25
"""The usual cosine of a frame is this quantile of its cells: the target may fill the most."""

MAX_PARTS = 5


class Dense(Protocol):
    """A frame as a grid of vectors; `unrelated` is the cosine of unrelated things."""

    unrelated: float

    def features(self, rgb: UInt8Array) -> DenseFeatures:
        """Return the grid of an image, uint8 (H, W, 3), RGB; computed once for each."""


class DenseDescriber:
    """Describes masks by the mean of a dense grid: one encoding for all of them."""

    def __init__(self, dense: Dense) -> None:
        self._dense, self.unrelated = dense, dense.unrelated

    def describe(self, rgb: UInt8Array, boxes: FloatArray, masks: BoolArray) -> FloatArray:
        """Return one vector a mask, float32 (N, D), unit length."""
        return self._dense.features(rgb).pool(masks)


class SamFeatures:
    """SAM's own encoding as dense features."""

    unrelated = 0.5

    def __init__(self, sam: SegmentAnything) -> None:
        self._sam = sam

    def features(self, rgb: UInt8Array) -> DenseFeatures:
        """Return the grid of an image; the same encoding answers the prompts."""
        grid: Any = self._sam.features(Frame(0.0, rgb)).cpu().numpy()
        return DenseFeatures(unit(grid), (rgb.shape[1], rgb.shape[0]))


class CoarseDetector(SegmentDetector):
    """
    Finds the places that are similar to the query's views.

    :param dense: the grid of vectors. :param segmenter: SAM, for a clean mask of each place.
    """

    def __init__(
        self, name: str, segmenter: MaskProposer, dense: Dense, stopwatch: Stopwatch | None = None
    ) -> None:
        super().__init__(name, segmenter, DenseDescriber(dense), stopwatch=stopwatch)
        self._dense = dense

    def _candidates(self, frame: Frame, asked: QueryEmbeddings) -> tuple[Segments, float]:
        assert asked.views is not None  # words are refused: there is nothing else to ask for
        heat = self._dense.features(frame.rgb).similarity(asked.views)
        usual = max(self._dense.unrelated, float(np.quantile(heat, USUAL)))
        alike = likeness(heat.ravel(), usual).reshape(heat.shape)
        count, parts = cv2.connectedComponents((alike >= ALIKE).astype(np.uint8))
        peaks = sorted(
            ((float(alike[parts == part].max()), part) for part in range(1, count)), reverse=True
        )
        things = [self._ask_sam(frame, parts == part, alike) for _, part in peaks[:MAX_PARTS]]
        found = [thing for thing in things if thing is not None]
        if not found:
            empty = np.zeros((0, frame.height, frame.width), np.bool_)
            return Segments(empty, np.zeros((0, 4), np.float32), np.zeros(0, np.float32)), usual
        return Segments(
            np.concatenate([thing.masks for thing in found]),
            np.concatenate([thing.boxes for thing in found]),
            np.concatenate([thing.quality for thing in found]),
        ), usual

    def _ask_sam(self, frame: Frame, part: BoolArray, alike: FloatArray) -> Segments | None:
        """Return the mask at the warmest cell of a part that agrees best with the part."""
        rows, columns = part.shape
        row, column = np.unravel_index(int(np.where(part, alike, -1.0).argmax()), part.shape)
        center = Click(
            min((column + 0.5) * frame.width / columns, frame.width - 1.0),
            min((row + 0.5) * frame.height / rows, frame.height - 1.0),
        )
        found = self._segmenter.at_points(frame, [center])
        if len(found) == 0:
            return None
        size = (frame.width, frame.height)
        whole = cv2.resize(part.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        shared = (found.masks & whole).sum((1, 2))
        agreement = shared / np.maximum((found.masks | whole).sum((1, 2)), 1)
        return found.taken(np.array([int(agreement.argmax())]))
