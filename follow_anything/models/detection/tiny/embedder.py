# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The default embedder: the tiny detector's instance embedding, for everything in one pass."""

from __future__ import annotations

from collections.abc import Sequence
import math

from follow_anything.core.errors import BadQuery
from follow_anything.core.protocols import Survey
from follow_anything.core.types import Box, FloatArray, Frame, Query
from follow_anything.models.detection.tiny.detector import TinyDetector
from follow_anything.models.detection.tiny.image import PIXELS
import numpy as np

__all__ = ['InstanceEmbedder']

OBJECTNESS_FROM = 0.25
"""A box that is less of an object is no candidate."""

ENOUGH_PX = 48.0
"""Size of a target on the network's canvas, beyond which more pixels tell little more."""

LEAST_PIXELS = 288**2


class InstanceEmbedder:
    """
    Describes boxes by 128 numbers of unit length, trained to tell one thing from its like.

    :param detector: whose network is shared; None for one of its own.
    :param device: of its own: 'cpu', 'cuda' for onnxruntime's GPU providers, or 'auto': the CPU.
    :raises BadConfig: cuda was asked for, and onnxruntime has none or cannot start it.
    """

    unrelated = 0.45

    def __init__(self, detector: TinyDetector | None = None, device: str = 'auto') -> None:
        self.detector = detector if detector is not None else TinyDetector(device)

    def warm_up(self) -> None:
        """Run the network once on the smallest canvas and on the largest, of 4:3."""
        nothing = np.full((480, 640, 3), 127, np.uint8)
        for pixels in (LEAST_PIXELS, PIXELS):
            self.detector.describe(nothing, np.array([[280.0, 200.0, 360.0, 280.0]]), pixels)

    def read(self, texts: Sequence[str], negatives: Sequence[str] = ()) -> None:
        """Say from now on how well things fit the words; for who shares no detector."""
        self.detector.forget()
        if texts:
            try:
                self.detector.set_query(Query(texts=tuple(texts), negatives=tuple(negatives)))
            except BadQuery:
                return  # the words mean something to the detector that found the target alone

    def embed(self, frame: Frame, box: Box) -> FloatArray:
        """Return the embedding of a box, float32 (128,), unit length; BadBox if it is outside."""
        inside = box.clipped(frame.width, frame.height)
        pixels = _canvas_pixels(frame, math.sqrt(inside.area))
        found = self.detector.describe(frame.rgb, np.array([inside.xyxy]), pixels)
        return np.asarray(found.instance[0])

    def survey(self, frame: Frame, boxes: FloatArray, size_px: float = 0.0) -> Survey:
        """Describe boxes (N, 4) and everything else that stands out in the frame."""
        found = self.detector.describe(frame.rgb, boxes, _canvas_pixels(frame, size_px))
        keep = found.scores >= OBJECTNESS_FROM
        keep[: len(boxes)] = True
        found = found.rows(keep)
        places = np.concatenate([boxes, found.boxes[len(boxes) :]])
        return Survey(places, found.instance, self.detector.words(found))


def _canvas_pixels(frame: Frame, size_px: float) -> int:
    """Return the pixels of a canvas on which a target of this size has enough of them."""
    if size_px <= 0.0:
        return PIXELS
    scale = ENOUGH_PX / size_px
    return round(min(PIXELS, max(LEAST_PIXELS, frame.width * frame.height * scale * scale)))
