# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
What the detectors of transformers have in common: prompts in, boxes with a score a prompt out.

    texts, what it is not, landmarks ──encode, once a query──▶ prompts
    frame ──look──▶ boxes (N, 4), scores (N, prompts) ──▶ Detections
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from follow_anything.core.errors import BadQuery, NotReady
from follow_anything.core.types import BoolArray, Detections, FloatArray, Frame, Query, UInt8Array
from follow_anything.models.runtime.stopwatch import Stopwatch
import numpy as np

__all__ = ['Asked', 'PromptedDetector', 'Seen', 'belief_of', 'corners_of', 'overlaps']

SAME_PLACE = 0.7
"""Overlap (IoU) from which two boxes are one thing."""

MOST = 100
"""Candidates that are reported at most; a network has hundreds of slots, nearly all empty."""

LEAST = 1e-3
"""Belief below which a slot is empty."""

USUAL_MIN_SCORE = 0.6
"""DetectorConfig.min_score: the belief of what those who made a network call good enough."""


@dataclass(frozen=True)
class Seen:
    """
    The output of a network for one picture.

    :param boxes: (N, 4), xyxy, pixels. :param scores: (N, P), of each prompt, [0, 1].
    :param masks: bool (N, H, W), or None.
    """

    boxes: FloatArray
    scores: FloatArray
    masks: BoolArray | None = None


@dataclass(frozen=True)
class Asked:
    """
    A query, encoded.

    :param prompts: what the network made of texts, negatives and landmarks, in that order, and
        of views. :param views: number of views.
    :param pointed: stamp and box of what was pointed at; None without.
    """

    query: Query
    prompts: Any
    views: int = 0
    pointed: tuple[float, FloatArray] | None = None


def belief_of(scores: FloatArray, usual: float) -> FloatArray:
    """
    Return scores moved so that a network's usual threshold becomes 0.6, in logits.

    :param scores: [0, 1]. :param usual: the threshold that its makers use.
    """
    safe = np.clip(np.asarray(scores, np.float64), 1e-6, 1 - 1e-6)
    shift = np.log(USUAL_MIN_SCORE / (1 - USUAL_MIN_SCORE)) - np.log(usual / (1 - usual))
    return np.asarray(1.0 / (1.0 + np.exp(-(np.log(safe / (1 - safe)) + shift))), np.float32)


def corners_of(boxes: FloatArray, width: float, height: float) -> FloatArray:
    """Return corners (N, 4) in pixels of boxes (N, 4) given by middle and size, [0, 1]."""
    middle, half = boxes[:, :2], boxes[:, 2:] / 2
    shares = np.concatenate([middle - half, middle + half], 1)
    return np.asarray(shares * np.array([width, height, width, height]), np.float32)


class PromptedDetector:
    """
    Words to boxes; a network gives `encode` and `look`.

    :param name: of the detector, for people. :param usual: threshold that its makers use.
    :param stopwatch: the one that stages report to.
    """

    reads_phrases = True
    takes_views = False

    def __init__(self, name: str, usual: float, stopwatch: Stopwatch | None = None) -> None:
        self.name, self.usual = name, usual
        self.stopwatch = stopwatch or Stopwatch()
        self._asked: Asked | None = None

    def encode(self, texts: Sequence[str], views: Sequence[Any]) -> Any:
        """Return what the network makes of prompts; called once a query."""
        raise NotImplementedError

    def look(self, rgb: UInt8Array, prompts: Any) -> Seen:
        """Return what the network sees in a picture, pixels of it."""
        raise NotImplementedError

    def set_query(self, query: Query, frame: Frame | None = None) -> str:
        """
        Encode a query, once.

        :raises BadQuery: it shows or points at something and this network reads words alone. The
            old query stays in force.
        """
        if (query.images or query.is_explicit) and not self.takes_views:
            raise BadQuery(
                f'{self.name} reads words alone, and got {query}; the detectors tiny and owlv2 '
                'take pictures, clicks and boxes'
            )
        self.stopwatch.lap()
        with self.stopwatch.time('encode_query'):
            texts = [*query.texts, *query.negatives, *query.landmarks]
            views, pointed = self.views_of(query, frame)
            self._asked = Asked(query, self.encode(texts, views), len(views), pointed)
        unused = '; what else the scene holds (~) is not used' if query.background else ''
        return f'looking for {query}{unused}'

    def views_of(
        self, query: Query, frame: Frame | None
    ) -> tuple[list[Any], tuple[float, FloatArray] | None]:
        """Return how the target looks, and where it was pointed at; for those that take views."""
        return [], None

    def detect(self, frame: Frame) -> Detections:
        """Return what fits the query, best first; the thing pointed at, in that very frame."""
        if self._asked is None:
            raise NotReady('the detector has no query yet: call set_query() first')
        asked, label = self._asked, str(self._asked.query)
        if asked.pointed is not None and asked.pointed[0] == frame.stamp:
            return Detections(frame.stamp, asked.pointed[1], np.ones(1, np.float32), label)
        self.stopwatch.lap()
        with self.stopwatch.time('look'):
            seen = self.look(frame.rgb, asked.prompts)
        seen = _inside(seen, frame)
        beliefs = belief_of(seen.scores, self.usual)
        query = asked.query
        marks = len(query.texts) + len(query.negatives)
        rows = (
            beliefs[:, : len(query.texts)],
            beliefs[:, len(query.texts) : marks],
            beliefs[:, marks : marks + len(query.landmarks)],
            beliefs[:, marks + len(query.landmarks) :],
        )
        found = _wanted(seen, query, rows[0], rows[1], rows[3])
        if not query.landmarks:
            return replace(found, stamp=frame.stamp, label=label)
        marked = _detections(seen, rows[2].max(1), query.landmarks, rows[2].argmax(1))
        return replace(found.joined(marked), stamp=frame.stamp, label=label)


def _wanted(
    seen: Seen, query: Query, texts: FloatArray, others: FloatArray, views: FloatArray
) -> Detections:
    """Return the candidates: the weaker of words and views counts; what fits a negative goes."""
    scores: FloatArray = np.ones(len(seen.boxes), np.float32)
    names: Sequence[str] = (str(query),)
    best = np.zeros(len(scores), int)
    if texts.shape[1]:
        scores, names, best = texts.max(1), query.texts, texts.argmax(1)
    if views.shape[1]:
        scores = np.minimum(scores, views.max(1))
    if others.shape[1]:
        scores = np.where(others.max(1) > scores, 0.0, scores)
    return _detections(seen, scores, names, best)


def _detections(seen: Seen, scores: FloatArray, names: Sequence[str], best: Any) -> Detections:
    """Return one candidate a place, best first."""
    order = [k for k in np.argsort(-scores, kind='stable') if scores[k] > LEAST]
    kept: list[int] = []
    for k in order:
        if len(kept) < MOST and not overlaps(seen.boxes[k], seen.boxes[kept]).any():
            kept.append(int(k))
    return Detections(
        0.0,
        seen.boxes[kept].astype(np.float32),
        scores[kept].astype(np.float32),
        masks=None if seen.masks is None else seen.masks[kept],
        labels=tuple(names[int(best[k])] for k in kept),
    )


def overlaps(box: FloatArray, others: FloatArray) -> BoolArray:
    """Return with which of the others (M, 4) a box (4,) is one thing, bool (M,)."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.clip(high - low, 0.0, None).prod(-1)
    areas = (box[2:] - box[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(-1)
    return np.asarray(shared > SAME_PLACE * (areas - shared))


def _inside(seen: Seen, frame: Frame) -> Seen:
    """Return what is finite and has an area in the picture."""
    limits = np.array([frame.width, frame.height, frame.width, frame.height], np.float32)
    boxes = np.clip(np.nan_to_num(seen.boxes, nan=-1.0), 0.0, limits)
    keep = (boxes[:, 2:] - boxes[:, :2] >= 1.0).all(1) & np.isfinite(seen.scores).all(1)
    masks = None if seen.masks is None else seen.masks[keep]
    return Seen(boxes[keep], seen.scores[keep], masks)
