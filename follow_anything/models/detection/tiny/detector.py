# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The shipped detector: text, picture, click and box queries on one CPU thread, no torch.

One pass of the network gives boxes and what is in them; a query is encoded once and compared with
all of them. What a click means, another network says, once. Alternatives (texts, pictures) count
by the best, conditions (text and click) by the worst. A word it was not taught is answered by way
of ImageNet's classes, and said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadQuery, NotReady
from follow_anything.core.geometry import ious, unit
from follow_anything.core.types import (
    BoolArray,
    Box,
    Detections,
    FloatArray,
    Frame,
    Query,
    UInt8Array,
)
from follow_anything.io.files import shared_file
from follow_anything.models.detection.advice import open_vocabulary_advice
from follow_anything.models.detection.tiny.alike import for_all_alike
from follow_anything.models.detection.tiny.click import DISTANCES, resolve_click
from follow_anything.models.detection.tiny.close_up import CLICK_FILE, CloseUpSession
from follow_anything.models.detection.tiny.image import Letterbox, letterbox, PIXELS, query_canvas
from follow_anything.models.detection.tiny.remarks import remarks_on
from follow_anything.models.detection.tiny.text import Meaning, TextTables
from follow_anything.models.runtime.onnx_session import open_session
import numpy as np
from scipy.special import expit

__all__ = ['GRAPH_FILE', 'OUTPUTS', 'TEXT_FILE', 'EncodedQuery', 'RegionFeatures', 'TinyDetector']

GRAPH_FILE, TEXT_FILE = 'detector_tiny.onnx', 'detector_tiny_text.npz'

OUTPUTS = ('boxes', 'scores', 'text', 'instance', 'colors', 'classes', 'scene')
"""Of the network, in its order; see RegionFeatures."""

WITHOUT_WORDS = ('boxes', 'scores', 'instance', 'colors')
"""Outputs that are of use where nothing was said."""

SCENE_PIXELS = 224**2
"""ImageNet's classes of a picture are read at the size they were learnt at."""

SURE_OF_COLOR = 1.5
"""Logit of a box when only a colour was asked for, before the colour is looked at."""

SAME_FROM, SAME_SLOPE, SAME_TONE = 0.5, 9.0, 0.2
"""Cosine of instance embeddings from which two pictures rather show one thing, how sharply, and
what a wholly different colour takes from it."""

UNTAUGHT_OWN, UNTAUGHT_FROM, UNTAUGHT_SLOPE = 0.25, 0.72, 1.0
"""For an untaught word: what its own belief counts, and ImageNet's opinion, from where on."""

ITS_COLOR = 0.5
"""Belief from which a thing has a colour that is not wanted."""

A_THING = 0.7
"""Objectness that a thing which is surely there usually has."""

WHOLE, USUAL_OBJECTNESS = 1.5, 0.5
"""Weight of a box being a whole object, in logits, and the objectness that changes nothing."""


@dataclass(frozen=True)
class RegionFeatures:
    """
    The outputs of the network for one frame, best boxes first; see TinyDetector.describe().

    :param boxes: (N, 4), pixels of the frame. :param scores: (N,), objectness.
    :param text: (N, 192). :param instance: (N, 128), both of unit length.
    :param colors: (N, 11), [0, 1]. :param classes: (N, 1000), ImageNet logits.
    :param scene: (1, 1000), ImageNet logits of the whole frame.
    :param stamp: of the frame, s; nan where it is no frame.
    """

    boxes: FloatArray
    scores: FloatArray
    text: FloatArray
    instance: FloatArray
    colors: FloatArray
    classes: FloatArray
    scene: FloatArray
    stamp: float = float('nan')

    def rows(self, keep: Any) -> RegionFeatures:
        """Return some of the boxes."""
        names = ('boxes', 'scores', 'text', 'instance', 'colors', 'classes')
        kept = {name: getattr(self, name)[keep] for name in names}
        return replace(self, **kept)


@dataclass(frozen=True)
class EncodedQuery:
    """
    A query, encoded once.

    :param landmarks: what places refer to, with its texts: reported, and never the target.
    :param views: (V, 128), instance embeddings of pictures and of what was pointed at.
    :param tones: (V, 11), their colours, of unit length.
    :param pointed: stamp of the frame that was pointed at, and where.
    :param mask: bool (1, H, W), what a click means in that frame; None for a box.
    """

    label: str
    texts: tuple[str, ...]
    meanings: tuple[Meaning, ...]
    negatives: tuple[Meaning, ...]
    views: FloatArray
    tones: FloatArray
    pointed: tuple[float, Box] | None
    mask: BoolArray | None = None
    landmarks: tuple[Meaning, ...] = ()
    landmark_texts: tuple[str, ...] = ()


class TinyDetector:
    """
    The open-vocabulary detector with the shipped weights.

    :param device: 'cpu', 'cuda' for onnxruntime's GPU providers, or 'auto': the CPU.
    :param threads: of onnxruntime.
    :param folder: of the weights; None for the shipped ones.
    :raises SourceError: the weights are not installed.
    :raises MissingDependency: onnxruntime is not installed.
    """

    def __init__(self, device: str = 'auto', threads: int = 1, folder: Path | None = None) -> None:
        graph, click_graph, tables = (
            shared_file(f'models/{name}') if folder is None else folder / name
            for name in (GRAPH_FILE, CLICK_FILE, TEXT_FILE)
        )
        self._network = open_session(graph, threads, device)
        self._opening = graph, threads, device
        self._click_network = CloseUpSession(click_graph, threads, device)
        self.texts = TextTables(tables)
        self._query: EncodedQuery | None = None

    def warm_up(self) -> None:
        """Run both networks once, on a canvas of 4:3, and six close-ups as a click needs them."""
        nothing = np.full((480, 640, 3), 127, np.uint8)
        self.look(nothing, np.array([[280.0, 200.0, 360.0, 280.0]]))
        self._click_network.look(nothing, (320.0, 240.0), 640.0 * np.array(DISTANCES))

    def look(
        self, rgb: UInt8Array, interest: FloatArray | None = None, pixels: int = PIXELS
    ) -> RegionFeatures:
        """
        Run the network on a picture.

        :param interest: (K, 4), boxes to be described besides those it finds, pixels; they
            come first, with a score of 1.
        :param pixels: of the canvas, about.
        """
        scaled = letterbox(rgb, pixels)
        wanted = np.zeros((0, 4)) if interest is None else np.asarray(interest)
        return self._run(scaled, scaled.to_canvas(wanted))

    def describe(self, rgb: UInt8Array, interest: FloatArray, pixels: int) -> RegionFeatures:
        """Do as look(); without words in the query, text, classes and scene are left empty."""
        if self._query is not None and self._query.meanings:
            return self.look(rgb, interest, pixels)
        scaled = letterbox(rgb, pixels)
        return self._run(scaled, scaled.to_canvas(interest), WITHOUT_WORDS)

    @cached_property
    def _wordless(self) -> Any:
        """The network without the heads that words are compared with: a seventh of its time."""
        graph, threads, device = self._opening
        if device == 'cuda':  # another graph is another engine there, which takes minutes to build
            return self._network
        return open_session(graph, threads, device, outputs=WITHOUT_WORDS)

    def _run(
        self, scaled: Letterbox, interest: FloatArray, names: tuple[str, ...] = OUTPUTS
    ) -> RegionFeatures:
        feed = {'image': scaled.canvas[None], 'interest': interest.astype(np.float32)}
        network = self._network if names == OUTPUTS else self._wordless
        outputs = dict(zip(names, network.run(names, feed), strict=True))
        for name in set(OUTPUTS) - set(names):
            outputs[name] = np.empty((len(outputs['boxes']), 0), np.float32)
        outputs['boxes'] = scaled.to_picture(outputs['boxes'])
        found = RegionFeatures(**outputs)
        sides = found.boxes[:, 2:] - found.boxes[:, :2]
        keep = np.asarray((sides >= 2.0).all(1))
        keep[: len(interest)] = True
        return found if keep.all() else found.rows(keep)

    def scene_logits(self, rgb: UInt8Array) -> FloatArray:
        """Return ImageNet's classes of a whole picture, (1, 1000), logits."""
        return self._run(letterbox(rgb, SCENE_PIXELS), np.zeros((0, 4))).scene

    def set_query(self, query: Query, frame: Frame | None = None) -> str:
        """
        Encode a query.

        :raises BadQuery: it points at a frame that is not given, or no word of it means anything.
        """
        meanings, negatives, landmarks = (
            tuple(self._read(text) for text in texts)
            for texts in (query.texts, query.negatives, query.landmarks)
        )
        views = [self._view(image) for image in query.images]
        pointed, mask = None, None
        if query.is_explicit:
            if frame is None:
                raise BadQuery('a click or a box needs the image it points at; none has arrived')
            box, mask, view = self._pointed(query, frame)
            views.append(view)
            pointed = (frame.stamp, box)
        self._query = EncodedQuery(
            str(query),
            query.texts,
            meanings,
            negatives,
            np.array([view.instance[0] for view in views]),
            np.array([unit(view.colors[:1])[0] for view in views]),
            pointed,
            mask,
            landmarks,
            query.landmarks,
        )
        remarks = remarks_on((*meanings, *negatives, *landmarks), self.texts)
        if query.background:
            remarks.append('tiny does not use what else the scene holds (~)')
        return '; '.join([f'looking for {query}', *remarks])

    def forget(self) -> None:
        """Be as before the first query."""
        self._query = None

    def _read(self, text: str) -> Meaning:
        meaning = self.texts.understand(text)
        if meaning.vector is None and not meaning.colors:
            raise BadQuery(
                f'tiny knows no word of {text!r}; use other words, a click or a picture, or '
                f'{open_vocabulary_advice()}'
            )
        return meaning

    def _view(self, image: UInt8Array) -> RegionFeatures:
        canvas, box = query_canvas(image)
        side = len(canvas)
        return self._run(Letterbox(canvas, 1.0, side, side), box[None])

    def _pointed(self, query: Query, frame: Frame) -> tuple[Box, BoolArray | None, RegionFeatures]:
        """
        Return the box a query points at, its mask, and what is seen in it.

        :raises BadQuery: nothing stands out there. :raises BadBox: it is not in the image.
        """
        if query.box is not None:
            box = query.box.clipped(frame.width, frame.height)
            return box, None, self.look(frame.rgb, np.array([box.xyxy]))
        for click in query.clicks:
            click.check_inside(frame.width, frame.height)
        looks: list[RegionFeatures] = []

        def voters(proposed: FloatArray) -> tuple[FloatArray, FloatArray]:
            looks.append(self.look(frame.rgb, proposed))
            return looks[0].boxes[len(proposed) :], looks[0].scores[len(proposed) :]

        found = resolve_click(self._click_network, frame, query.clicks, voters)
        if found is None:
            raise BadQuery(f'nothing stands out at {query}; draw a box around the target instead')
        # one look is enough: one of its boxes is as good as the same
        nearest = int(ious(looks[0].boxes, found.box[None])[:, 0].argmax())
        x1, y1, x2, y2 = (float(v) for v in found.box)
        return Box(x1, y1, x2, y2), found.mask[None], looks[0].rows(slice(nearest, nearest + 1))

    @property
    def query(self) -> EncodedQuery:
        """The query in force; NotReady before set_query()."""
        if self._query is None:
            raise NotReady('the detector has no query yet: call set_query() first')
        return self._query

    def detect(self, frame: Frame) -> Detections:
        """Return what fits the query, best first; scores are beliefs in [0, 1]."""
        query = self.query
        interest, mask = None, None
        if query.pointed is not None and query.pointed[0] == frame.stamp:
            interest, mask = np.array([query.pointed[1].xyxy]), query.mask
        found = replace(self.look(frame.rgb, interest), stamp=frame.stamp)
        scores, labels = self.score(found, query)
        # what was pointed at is nothing else in the very frame: not even a part of it
        order = np.argsort(-scores, kind='stable') if interest is None else np.array([0])
        wanted = _detections(found, scores, labels, order, query.label)
        if query.landmarks and interest is None:
            each = np.stack([self.belief(found, meaning) for meaning in query.landmarks])
            names = [query.landmark_texts[k] for k in each.argmax(0)]
            others = expit(each.max(0))
            order = np.argsort(-others, kind='stable')
            return wanted.joined(_detections(found, others, names, order, query.label))
        return replace(wanted, masks=mask)

    def score(self, found: RegionFeatures, query: EncodedQuery) -> tuple[FloatArray, list[str]]:
        """Return the probability that each box fits the query, and its label."""
        parts = []
        labels = [query.label] * len(found.boxes)
        if query.meanings:
            each = np.stack([self.belief(found, meaning) for meaning in query.meanings])
            parts.append(for_all_alike(found.boxes, found.instance, expit(each.max(0))))
            labels = [query.texts[k] for k in each.argmax(0)]
        if len(query.views):
            likeness = found.instance @ query.views.T
            likeness += SAME_TONE * (unit(found.colors) @ query.tones.T - 1.0)
            parts.append(
                expit(SAME_SLOPE * (likeness.max(1) - SAME_FROM) + _objectness_bonus(found))
            )
        result = np.min(parts, axis=0)
        for negative in query.negatives:
            result = np.where(self._fits_negative(found, negative, result), 0.0, result)
        if query.pointed is not None and query.pointed[0] == found.stamp:
            # what was pointed at is exactly that, in the very frame; words must still fit
            result[0] = parts[0][0] if query.meanings else 1.0
        return result, labels

    def _fits_negative(
        self, found: RegionFeatures, negative: Meaning, scores: FloatArray
    ) -> BoolArray:
        """Return which boxes fit a negative better than the query, bool (N,)."""
        other = expit(self.belief(found, negative)) > scores
        if not negative.colors:
            return np.asarray(other)
        is_colored = found.colors[:, list(negative.colors)].min(1) > ITS_COLOR
        if negative.vector is None:  # 'a car that is not red': whatever is of that colour
            return np.asarray(other | is_colored)
        # 'a car, not a red one': the same thing, and its colour decides
        thing = expit(self.belief(found, replace(negative, colors=())))
        return np.asarray(other | ((thing >= scores) & is_colored))

    def words(self, found: RegionFeatures) -> FloatArray:
        """Return the log-odds that each box is what the words say, (N,); 0 without words."""
        if self._query is None or not self._query.meanings or not found.text.size:
            return np.zeros(len(found.boxes), np.float32)
        query = self._query
        # boxes of interest have no objectness of their own: it must not speak for or against them
        found = replace(found, scores=np.full(len(found.boxes), A_THING, np.float32))
        result = np.stack([self.belief(found, meaning) for meaning in query.meanings]).max(0)
        for negative in query.negatives:
            against = -np.maximum(np.abs(self.belief(found, negative)), np.abs(result))
            result = np.where(self._fits_negative(found, negative, expit(result)), against, result)
        return np.asarray(result, np.float32)

    def belief(self, found: RegionFeatures, meaning: Meaning) -> FloatArray:
        """Return how surely each box shows what a phrase means, (N,), logits."""
        result = SURE_OF_COLOR + _objectness_bonus(found)
        if meaning.vector is not None:
            own = self.texts.logits(found.text, meaning.vector)
            lead = own - self.texts.rivals(found.text, meaning)
            slope, gap, whole, offset = self.texts.calibration
            fit = slope * own + gap * lead + offset
            if meaning.is_taught or meaning.word is None:
                result = fit + whole * np.log(np.clip(found.scores, 1e-3, 1.0))
            else:
                opinion = self.texts.opinion(found.classes, meaning.word)
                result = UNTAUGHT_OWN * fit + UNTAUGHT_SLOPE * (opinion - UNTAUGHT_FROM)
                result = result + _objectness_bonus(found)
        for color in meaning.colors:
            result = result + np.log(np.clip(found.colors[:, color], 1e-3, 1.0))
        return np.asarray(result, np.float32)


def _detections(
    found: RegionFeatures, scores: FloatArray, labels: list[str], order: Any, label: str
) -> Detections:
    return Detections(
        found.stamp,
        found.boxes[order].astype(np.float32),
        scores[order].astype(np.float32),
        label,
        embeddings=found.instance[order],
        labels=tuple(labels[k] for k in order),
    )


def _objectness_bonus(found: RegionFeatures) -> FloatArray:
    """Return the log of objectness, (N,): a part often fits as well, but is less of an object."""
    return np.asarray(WHOLE * np.log(np.clip(found.scores, 1e-3, 1.0) / USUAL_OBJECTNESS))
