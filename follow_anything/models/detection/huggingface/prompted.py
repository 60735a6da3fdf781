# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Base of the detectors of transformers: prompts in, boxes with a score for each prompt out.

    texts, what it is not, landmarks ──encode, once a query──▶ prompts
    frame ──look──▶ boxes (N, 4), scores (N, prompts) ──▶ Detections
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadQuery, NotReady
from follow_anything.core.geometry import ious
from follow_anything.core.types import BoolArray, Detections, FloatArray, Frame, Query, UInt8Array
from follow_anything.models.detection.text_length import check_length
from follow_anything.models.runtime.device import pick_device, require_torch
from follow_anything.models.runtime.stopwatch import Stopwatch
from follow_anything.models.weights.pretrained import load_network, load_processor
import numpy as np
from scipy.special import expit, logit

__all__ = [
    'EncodedPrompts',
    'NetworkOutput',
    'PromptedDetector',
    'belief_of',
    'corners_of',
    'same_place',
    'shown_in',
]

SAME_PLACE = 0.7
"""Overlap (IoU) from which two boxes are one thing."""

MOST = 100
"""Candidates that are reported at most; a network has hundreds of slots, nearly all empty."""

LEAST = 1e-3
"""Belief below which a slot is empty."""

USUAL_MIN_SCORE = 0.6
"""DetectorConfig.min_score: the belief of what those who made a network call good enough."""


@dataclass(frozen=True)
class NetworkOutput:
    """
    The output of a network for one picture.

    :param boxes: (N, 4), xyxy, pixels. :param scores: (N, P), of each prompt, [0, 1].
    :param masks: bool (N, H, W), or None.
    """

    boxes: FloatArray
    scores: FloatArray
    masks: BoolArray | None = None


@dataclass(frozen=True)
class EncodedPrompts:
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
    return np.asarray(expit(logit(safe) + logit(USUAL_MIN_SCORE) - logit(usual)), np.float32)


def corners_of(boxes: FloatArray, width: float, height: float) -> FloatArray:
    """Return corners (N, 4) in pixels of boxes (N, 4) given by middle and size, [0, 1]."""
    middle, half = boxes[:, :2], boxes[:, 2:] / 2
    shares = np.concatenate([middle - half, middle + half], 1)
    return np.asarray(shares * np.array([width, height, width, height]), np.float32)


def shown_in(query: Query, index: int) -> tuple[UInt8Array, FloatArray]:
    """Return a query's picture, grey where its mask is not, and the box of its mask, (4,), px."""
    mask = query.mask(index)
    rows, columns = np.nonzero(mask)
    box = np.array((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1), np.float32)
    return np.where(mask[..., None], query.images[index], 127).astype(np.uint8), box


class PromptedDetector:
    """
    Words to boxes; a subclass names the classes of transformers, and gives `encode` and `look`.

    :param folder: of the weights. :param device: 'auto', 'cpu' or 'cuda'.
    :raises BadWeights: the folder is not what it should be.
    """

    name: str
    usual: float
    """The threshold that its makers use."""

    network_class: str
    processor_class: str
    reads_phrases = True
    takes_views = False

    def __init__(self, folder: Path, device: str = 'auto') -> None:
        self.device = pick_device(device)
        self.stopwatch = Stopwatch()
        self._torch = require_torch(self.name)
        self._network = load_network(self.network_class, folder, self.device, self.name)
        self._processor = load_processor(self.processor_class, folder, self.name)
        self._encoded: EncodedPrompts | None = None

    @property
    def network(self) -> Any:
        """The network of transformers itself."""
        return self._network

    def encode(self, texts: Sequence[str], views: Sequence[Any]) -> Any:
        """Encode the prompts; called once a query. BadQuery when a text is too long."""
        raise NotImplementedError

    def look(self, rgb: UInt8Array, prompts: Any) -> NetworkOutput:
        """Run the network on a picture; boxes in its pixels."""
        raise NotImplementedError

    def set_query(self, query: Query, frame: Frame | None = None) -> str:
        """
        Encode a query, once.

        :raises BadQuery: it shows or points at something and this network reads words alone, or
            its words are too many. The old query stays in force.
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
            self._encoded = EncodedPrompts(query, self.encode(texts, views), len(views), pointed)
        unused = '; what else the scene holds (~) is not used' if query.background else ''
        return f'looking for {query}{unused}'

    def views_of(
        self, query: Query, frame: Frame | None
    ) -> tuple[list[Any], tuple[float, FloatArray] | None]:
        """Return how the target looks, and where it was pointed at; for those that take views."""
        return [], None

    def check_text(self, text: str, longest: int) -> None:
        """Raise BadQuery for a text of more tokens, begin and end included, than `longest`."""
        # verbose: the library's own warning would only say the same
        tokens = self._processor.tokenizer(text, verbose=False)['input_ids']
        check_length(self.name, text, len(tokens), longest)

    def detect(self, frame: Frame) -> Detections:
        """Return what fits the query, best first; the thing pointed at, in that very frame."""
        if self._encoded is None:
            raise NotReady('the detector has no query yet: call set_query() first')
        encoded, label = self._encoded, str(self._encoded.query)
        if encoded.pointed is not None and encoded.pointed[0] == frame.stamp:
            return Detections(frame.stamp, encoded.pointed[1], np.ones(1, np.float32), label)
        self.stopwatch.lap()
        with self.stopwatch.time('look'):
            output = self.look(frame.rgb, encoded.prompts)
        output = _inside(output, frame)
        beliefs = belief_of(output.scores, self.usual)
        query = encoded.query
        marks = len(query.texts) + len(query.negatives)
        rows = (
            beliefs[:, : len(query.texts)],
            beliefs[:, len(query.texts) : marks],
            beliefs[:, marks : marks + len(query.landmarks)],
            beliefs[:, marks + len(query.landmarks) :],
        )
        found = _wanted(output, query, rows[0], rows[1], rows[3])
        if not query.landmarks:
            return replace(found, stamp=frame.stamp, label=label)
        marked = _detections(output, rows[2].max(1), query.landmarks, rows[2].argmax(1))
        return replace(found.joined(marked), stamp=frame.stamp, label=label)


def _wanted(
    output: NetworkOutput, query: Query, texts: FloatArray, others: FloatArray, views: FloatArray
) -> Detections:
    """Return the candidates, the lower of text and view scores; negatives are dropped."""
    scores: FloatArray = np.ones(len(output.boxes), np.float32)
    names: Sequence[str] = (str(query),)
    best = np.zeros(len(scores), int)
    if texts.shape[1]:
        scores, names, best = texts.max(1), query.texts, texts.argmax(1)
    if views.shape[1]:
        scores = np.minimum(scores, views.max(1))
    if others.shape[1]:
        scores = np.where(others.max(1) > scores, 0.0, scores)
    return _detections(output, scores, names, best)


def _detections(
    output: NetworkOutput, scores: FloatArray, names: Sequence[str], best: Any
) -> Detections:
    """Return one candidate a place, best first."""
    order = [k for k in np.argsort(-scores, kind='stable') if scores[k] > LEAST]
    kept: list[int] = []
    for k in order:
        if len(kept) < MOST and not same_place(output.boxes[k : k + 1], output.boxes[kept]).any():
            kept.append(int(k))
    return Detections(
        0.0,
        output.boxes[kept].astype(np.float32),
        scores[kept].astype(np.float32),
        masks=None if output.masks is None else output.masks[kept],
        labels=tuple(names[int(best[k])] for k in kept),
    )


def same_place(boxes: FloatArray, others: FloatArray) -> BoolArray:
    """Return which boxes (N, 4) and others (M, 4) are boxes of one object, bool (N, M)."""
    return np.asarray(ious(boxes, others) > SAME_PLACE)


def _inside(output: NetworkOutput, frame: Frame) -> NetworkOutput:
    """Return what is finite and has an area in the picture."""
    limits = np.array([frame.width, frame.height, frame.width, frame.height], np.float32)
    boxes = np.clip(np.nan_to_num(output.boxes, nan=-1.0), 0.0, limits)
    keep = (boxes[:, 2:] - boxes[:, :2] >= 1.0).all(1) & np.isfinite(output.scores).all(1)
    masks = None if output.masks is None else output.masks[keep]
    return NetworkOutput(boxes[keep], output.scores[keep], masks)
