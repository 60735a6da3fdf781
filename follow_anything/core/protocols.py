# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Protocols of the models that the pipeline uses; models/ implements them.

They live in core/ because the pipeline is written against them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from follow_anything.core.types import BoolArray, Box, Detections, FloatArray, Frame, Query, Track

__all__ = [
    'CameraMotion',
    'Detector',
    'Embedder',
    'Learner',
    'Resumable',
    'Segmenter',
    'Survey',
    'Surveyor',
    'Tracker',
    'Warmable',
]


@runtime_checkable
class Detector(Protocol):
    """Finds what a query describes. Slow and global."""

    def set_query(self, query: Query, frame: Frame | None = None) -> str:
        """
        Encode a query, once.

        :param frame: the live image that clicks and boxes of the query refer to.
        :return: what was understood, for the operator to read.
        :raises BadQuery: it cannot be used; the old query stays in force.
        """
        ...

    def detect(self, frame: Frame) -> Detections:
        """
        Search the whole frame.

        :return: candidates, best first; empty when it is not here.
        :raises NotReady: set_query() was never called.
        """
        ...


@runtime_checkable
class Tracker(Protocol):
    """Follows one box from frame to frame. Fast and local."""

    def initialize(self, frame: Frame, box: Box) -> None:
        """
        Start on a target.

        :raises BadBox: nothing of the box is inside the frame, or too little to learn from.
        """
        ...

    def track(self, frame: Frame) -> Track:
        """
        Find the target in the next frame.

        :raises NotReady: initialize() was never called.
        """
        ...


@runtime_checkable
class Resumable(Tracker, Protocol):
    """A tracker that can be moved to another box and keeps its templates."""

    def resume(self, frame: Frame, box: Box) -> None:
        """
        Go on from a place where the target was found again; what was learnt of it stays.

        A target is mostly found again half hidden still: that view would be a bad one to learn.

        :raises NotReady: initialize() was never called.
        :raises BadBox: nothing of the box is inside the frame.
        """
        ...


@runtime_checkable
class Learner(Tracker, Protocol):
    """A tracker that takes further views of the target."""

    def learn(self, frame: Frame, box: Box) -> None:
        """
        Take the word of the judge that a box shows the target, whole and alone.

        :raises NotReady: initialize() was never called.
        """
        ...

    def unlearn(self) -> None:
        """Drop those views; what it was initialized with stays."""
        ...


@runtime_checkable
class Warmable(Protocol):
    """A model whose first run is slow: memory is allocated, kernels or engines are built."""

    def warm_up(self) -> None:
        """Run every network once, on an empty picture; target and query stay."""
        ...


@runtime_checkable
class Segmenter(Protocol):
    """Outlines what is in a box."""

    def segment(self, frame: Frame, box: Box) -> BoolArray:
        """Return the mask of the thing in the box, (H, W); BadBox when it is outside the image."""
        ...


@runtime_checkable
class Embedder(Protocol):
    """
    Describes what is in a box, so that two views can be compared.

    `unrelated` is the cosine that two unrelated things have on average, [0, 1).
    """

    unrelated: float

    def embed(self, frame: Frame, box: Box) -> FloatArray:
        """Return the appearance of the box, (D,), of unit length; BadBox if it is outside."""
        ...


@runtime_checkable
class WordReader(Protocol):
    """A surveyor that can be told what the query's words are."""

    def read(self, texts: Sequence[str], negatives: Sequence[str] = ()) -> None:
        """
        Say from now on how well things fit one of these texts, and none of the negatives.

        :param texts: empty: none; words that mean nothing here count for nothing.
        """
        ...


@runtime_checkable
class CameraMotion(Protocol):
    """Estimates the camera's motion from the pictures."""

    def motion(self, frame: Frame) -> FloatArray | None:
        """Return the map (2, 3) from the last frame's pixels to this one's; None: unknown."""
        ...


@dataclass(frozen=True, eq=False)
class Survey:
    """
    Everything that stands out in one picture; first the boxes that were asked about.

    :param boxes: float (M, 4), xyxy, pixels. :param views: float (M, D), unit length.
    :param words: float (M,), log-odds that each is what the query's words say; 0: unknown.
    """

    boxes: FloatArray
    views: FloatArray
    words: FloatArray


@runtime_checkable
class Surveyor(Embedder, Protocol):
    """An embedder that describes given boxes and everything else in view, in one pass."""

    def survey(self, frame: Frame, boxes: FloatArray, size_px: float = 0.0) -> Survey:
        """
        Describe boxes (N, 4), which come first in the answer, and whatever else stands out.

        :param size_px: of the target, square root of its area; a large one may be looked at with
            fewer pixels. 0: unknown.
        """
        ...
