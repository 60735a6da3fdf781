# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Open-vocabulary detection by the large models: texts, pictures, clicks, boxes.

    frame ──▶ candidates (masks) ──▶ one vector each ──▶ score against the query ──▶ Detections

SegmentDetector is that line. Its parts differ: candidates are everything SAM finds, or what SAM
makes of the places that look alike (coarse.py); vectors are CLIP's, DINO's, or SAM's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from follow_anything.core.errors import BadQuery, NotReady
from follow_anything.core.geometry import ious
from follow_anything.core.types import (
    BoolArray,
    Box,
    Click,
    Detections,
    FloatArray,
    Frame,
    Query,
    UInt8Array,
)
from follow_anything.models.detection.advice import open_vocabulary_advice
from follow_anything.models.detection.foundation.sam import box_of_mask, Segments
from follow_anything.models.detection.foundation.scoring import (
    against_background,
    best_apart,
    likeness,
)
from follow_anything.models.runtime.stopwatch import Stopwatch
import numpy as np

__all__ = [
    'BACKGROUND',
    'Describer',
    'MaskProposer',
    'Reader',
    'SegmentDetector',
    'background_for',
]

BACKGROUND = (
    'the background', 'the ground', 'a road', 'grass', 'the sky', 'a wall', 'a tree',
    'a building', 'a part of something', 'a shadow', 'a person', 'an animal', 'a vehicle',
    'a piece of furniture', 'a bag', 'a sign',
)  # fmt: skip
"""What else is in most scenes; entries that share a word with the query do not count."""

LITTLE_WORDS = {'a', 'an', 'the', 'of', 'part', 'piece', 'something'}

MAX_COVERAGE = 0.6
"""Of two candidates that share more of the smaller one, only the better is reported."""

SAME_BOX = 0.5
"""A mask that agrees less (IoU) with the box drawn is something else than what was meant."""


class MaskProposer(Protocol):
    """The part of SAM that the detectors use."""

    def at_points(self, frame: Frame, clicks: Sequence[Click]) -> Segments:
        """Return the masks at clicks that mean one thing, best first."""

    def in_box(self, frame: Frame, box: Box) -> Segments:
        """Return the masks of what a box encloses, best first."""

    def everything(self, frame: Frame) -> Segments:
        """Return the masks of all that stands out."""


class Describer(Protocol):
    """
    Computes the embedding of each candidate.

    `unrelated` is the cosine that two unrelated things usually have.
    """

    unrelated: float

    def describe(self, rgb: UInt8Array, boxes: FloatArray, masks: BoolArray) -> FloatArray:
        """Return one vector a candidate, float32 (N, D), unit length."""


class Reader(Describer, Protocol):
    """A describer that knows words; `scale` is what it multiplies their cosines with."""

    scale: float

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """Return one vector a text, float32 (N, D), unit length; BadQuery for a long one."""


@dataclass(frozen=True)
class QueryEmbeddings:
    """
    A query, encoded.

    :param words: vectors of the texts, (P, D), or None. :param others: of what it is not.
    :param views: vectors of how it looks, (K, D), or None.
    :param pointed: what the operator pointed at, in the one frame where that is the truth.
    """

    query: Query
    label: str
    words: FloatArray | None
    others: FloatArray | None
    views: FloatArray | None
    pointed: tuple[float, Segments] | None


def background_for(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the background texts that share no word with the query."""
    query_words = {word for text in texts for word in text.lower().replace(',', ' ').split()}
    query_words -= LITTLE_WORDS
    return tuple(entry for entry in BACKGROUND if not query_words & set(entry.split()))


class SegmentDetector:
    """
    Scores masks against a query.

    :param name: of the detector, for people. :param segmenter: SAM.
    :param describer: gives masks their vectors. :param reader: the same when it knows words.
    :param stopwatch: the one the parts report to.
    """

    def __init__(
        self,
        name: str,
        segmenter: MaskProposer,
        describer: Describer,
        reader: Reader | None = None,
        stopwatch: Stopwatch | None = None,
    ) -> None:
        self.name, self.stopwatch = name, stopwatch or Stopwatch()
        self.reads_phrases = reader is not None
        self._segmenter, self._describer, self._reader = segmenter, describer, reader
        self._encoded: QueryEmbeddings | None = None
        self._landmarks: QueryEmbeddings | None = None

    def set_query(self, query: Query, frame: Frame | None = None) -> str:
        """
        Encode a query, once.

        :raises BadQuery: it has words and this detector cannot read, or too many of them, it
            points at a frame that is not given, or nothing stands out there. The old query stays
            in force.
        """
        self.stopwatch.lap()
        words, others = self._encode_words(query)
        views = [self._embed(image, query.mask(i)) for i, image in enumerate(query.images)]
        pointed = None
        if query.is_explicit:
            if frame is None:
                raise BadQuery('a click or a box needs the image it points at; none has arrived')
            thing, view = self._segment_at_point(query, frame, words)
            pointed = frame.stamp, thing
            views.append(view)
        stacked = np.concatenate(views) if views else None
        landmarks = self._landmark_query(query)  # may be refused: then the old query stays whole
        self._encoded = QueryEmbeddings(query, str(query), words, others, stacked, pointed)
        self._landmarks = landmarks
        return self._understood(self._encoded)

    def detect(self, frame: Frame) -> Detections:
        """Return what fits the query, best first; the thing pointed at, in that very frame."""
        if self._encoded is None:
            raise NotReady('the detector has no query yet: call set_query() first')
        self.stopwatch.lap()
        if self._encoded.pointed is not None and self._encoded.pointed[0] == frame.stamp:
            thing = self._encoded.pointed[1]
            return Detections(
                frame.stamp, thing.boxes, np.ones(1, np.float32), self._encoded.label, thing.masks
            )
        segments, usual = self._candidates(frame, self._encoded)
        if len(segments) == 0:
            return Detections.empty(frame.stamp, self._encoded.label)
        vectors = self._describer.describe(frame.rgb, segments.boxes, segments.masks)
        with self.stopwatch.time('score'):
            found = self._judge(frame, self._encoded, segments, vectors, usual)
            if self._landmarks is None:
                return found
            return found.joined(self._judge(frame, self._landmarks, segments, vectors, usual))

    def _candidates(self, frame: Frame, encoded: QueryEmbeddings) -> tuple[Segments, float]:
        """Return what may be the target, and the cosine unrelated things have here."""
        return self._segmenter.everything(frame), self._describer.unrelated

    def _judge(
        self,
        frame: Frame,
        encoded: QueryEmbeddings,
        segments: Segments,
        vectors: FloatArray,
        usual: float,
    ) -> Detections:
        """Return the candidates with their scores: the weaker of words and views counts."""
        scores: FloatArray = np.ones(len(segments))
        texts = ('',) * len(segments)
        if encoded.words is not None and encoded.others is not None and self._reader is not None:
            scores, best = against_background(
                vectors @ encoded.words.T, vectors @ encoded.others.T, self._reader.scale
            )
            texts = tuple(encoded.query.texts[index] for index in best)
        if encoded.views is not None:
            cosines = (vectors @ encoded.views.T).max(1)
            scores = np.minimum(scores, likeness(cosines, usual))
        order = np.argsort(-scores, kind='stable')
        apart = best_apart(segments.boxes[order], scores[order], MAX_COVERAGE)
        kept = order[apart]
        return Detections(
            frame.stamp,
            segments.boxes[kept],
            scores[kept].astype(np.float32),
            encoded.label,
            segments.masks[kept],
            vectors[kept],
            tuple(texts[index] or encoded.label for index in kept),
        )

    def _encode_words(self, query: Query) -> tuple[FloatArray | None, FloatArray | None]:
        if not (query.texts or query.negatives or query.background):
            return None, None
        if self._reader is None:
            raise BadQuery(
                f'the {self.name} detector cannot read {query}; {open_vocabulary_advice()}. '
                'Point at the target with a click or a box, or show a picture of it'
            )
        if not query.texts:
            return None, None
        background = query.background or background_for((*query.texts, *query.landmarks))
        # Once, together: what is asked for and what it is compared with.
        vectors = self._reader.encode_texts([*query.texts, *query.negatives, *background])
        return vectors[: len(query.texts)], vectors[len(query.texts) :]

    def _landmark_query(self, query: Query) -> QueryEmbeddings | None:
        """Return the landmarks as a query of their own, without negatives."""
        if not query.landmarks:
            return None
        plain = Query(texts=query.landmarks, background=query.background)
        words, others = self._encode_words(plain)
        return QueryEmbeddings(plain, str(plain), words, others, None, None)

    def _embed(self, image: UInt8Array, mask: BoolArray) -> FloatArray:
        box = box_of_mask(mask) or (0.0, 0.0, image.shape[1], image.shape[0])
        return self._describer.describe(image, np.array([box], np.float32), mask[None])

    def _segment_at_point(
        self, query: Query, frame: Frame, words: FloatArray | None
    ) -> tuple[Segments, FloatArray]:
        """Return the mask at the click or in the box, and its embedding (1, D)."""
        for click in query.clicks:
            click.check_inside(frame.width, frame.height)
        if query.box is not None:
            found = self._in_box(frame, query.box.clipped(frame.width, frame.height))
        else:
            found = self._segmenter.at_points(frame, query.clicks)
        fitting = [i for i, mask in enumerate(found.masks) if _fits(mask, query.clicks)]
        if not fitting:
            where = ' and '.join(f'({c.x:g}, {c.y:g})' for c in query.clicks if c.positive)
            raise BadQuery(
                f'nothing stands out at {where}; click nearer to the middle of the target, '
                'or draw a box'
            )
        things = found.taken(np.array(fitting))
        vectors = self._describer.describe(frame.rgb, things.boxes, things.masks)
        # A point on a jacket means the jacket, the man or the group: words decide, or else SAM.
        best = 0 if words is None else int((vectors @ words.T).max(1).argmax())
        return things.taken(np.array([best])), vectors[best : best + 1]

    def _in_box(self, frame: Frame, box: Box) -> Segments:
        """Return the mask that fills a box best; the box itself when none does."""
        found = self._segmenter.in_box(frame, box)
        drawn = np.zeros((frame.height, frame.width), np.bool_)
        drawn[int(box.y1) : int(np.ceil(box.y2)), int(box.x1) : int(np.ceil(box.x2))] = True
        corners = np.array([box.xyxy], np.float32)
        agreement = ious(found.boxes, corners)[:, 0]
        if agreement.size and agreement.max() >= SAME_BOX:
            return found.taken(np.array([int(agreement.argmax())]))
        return Segments(drawn[None], corners, np.ones(1, np.float32))

    def _understood(self, encoded: QueryEmbeddings) -> str:
        if encoded.pointed is None:
            return f'looking for {encoded.label}'
        x1, y1, x2, y2 = encoded.pointed[1].boxes[0]
        return f'{encoded.label}: {x2 - x1:.0f} x {y2 - y1:.0f} px at ({x1:.0f}, {y1:.0f})'


def _fits(mask: BoolArray, clicks: Sequence[Click]) -> bool:
    """Tell whether a mask has every positive click inside and every negative one outside."""
    return all(bool(mask[int(click.y), int(click.x)]) == click.positive for click in clicks)
