# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""From one picture to the candidates that the judge weighs: boxes, embeddings, positions."""

from __future__ import annotations

from collections.abc import Sequence
import math

from follow_anything.core.errors import BadBox
from follow_anything.core.geometry import ious
from follow_anything.core.identity.verdict import Candidate
from follow_anything.core.protocols import Embedder, Survey, Surveyor
from follow_anything.core.search.eye import Eye
from follow_anything.core.search.unresolved import Split, Unresolved
from follow_anything.core.types import Box, Detections, FloatArray, Frame, Track
from follow_anything.core.world.candidates import WorldTracks
import numpy as np
from scipy.special import logit

__all__ = ['Proposals']

SAME_BOX = 0.45
"""IoU from which two boxes are one candidate: the likelier object comes first."""

SIZES = 3.5
"""A candidate is at most so many times as large or as small as the target was, side for side."""

MOST = 32
"""Candidates of one picture; of two hundred, those nearest in size are weighed."""


class Proposals:
    """
    Gathers the candidates of a picture.

    :param embedder: describes them; a Surveyor also proposes what nobody asked about.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._surveyor = embedder if isinstance(embedder, Surveyor) else None
        self._unresolved = Unresolved()

    def forget(self) -> None:
        """Forget how large those around the last target were."""
        self._unresolved.forget()

    def gather(
        self,
        eye: Eye,
        track: Track | None,
        detections: Detections | None,
        usual: Box | None,
        near_m: float | None = None,
        *,
        words: bool = False,
        tracks: WorldTracks | None = None,
    ) -> list[Candidate]:
        """
        Return the candidates, the tracker's box first, where it has one.

        :param track: the tracker's answer, None where it is not to be asked about.
        :param detections: of this very picture. :param usual: the target as it was last seen.
        :param near_m: depth of the target a moment ago.
        :param words: the detections' scores say how well the words fit.
        :param tracks: of everybody: of several surfaces in a box that is the one where the same
            thing was a moment ago; and a box that holds two of them is split.
        """
        frame = eye.frame
        boxes: list[Box] = []
        if track is not None and track.box is not None and track.presence > 0.0:
            inside = _inside(track.box, frame)
            boxes += [] if inside is None else [inside]
        own = len(boxes)
        scores = np.zeros(own)
        if detections is not None:
            count = min(len(detections), MOST)
            boxes += [detections.box(k) for k in range(count)]
            scores = np.concatenate([scores, detections.scores[:count]])
        given = np.array([box.xyxy for box in boxes]).reshape(-1, 4)
        if self._surveyor is not None:
            size_px = 0.0 if usual is None else math.sqrt(usual.area)
            seen = self._surveyor.survey(frame, given, size_px)
            split = None
            if tracks is not None:
                split = self._unresolved.split(eye, seen.boxes, seen.views, own, tracks)
            if split is not None:
                seen = _resolved(seen, self._surveyor, frame, own, split, size_px)
            found, views, logits = seen.boxes, list(seen.views), seen.words
        else:
            found, views, logits = given, self._embed(frame, boxes), np.zeros(len(given))
        if words and detections is not None:
            logits = logits.copy()
            logits[own : len(given)] = logit(np.clip(scores[own:], 1e-3, 1 - 1e-3))
        keep = _choose(found, own, usual)
        _spread_words(found, keep, logits)
        known = () if tracks is None else tracks.boxes(frame.stamp)
        near = _depths_before(found, own, near_m, known)
        return [
            Candidate(
                box,
                _usable(views[k]),
                eye.place(box, near[k]),
                track.presence if k < own and track is not None else None,
                float(logits[k]),
                eye.size(box, near[k]),
                eye.depth(box, near[k]),
            )
            for k in keep
            if (box := _inside(Box(*(float(v) for v in found[k])), frame)) is not None
        ]

    def _embed(self, frame: Frame, boxes: list[Box]) -> list[FloatArray | None]:
        views: list[FloatArray | None] = []
        for box in boxes:
            try:
                views.append(self._embedder.embed(frame, box))
            except BadBox:  # outside the picture: it stays a candidate that nothing speaks for
                views.append(None)
        return views


def _resolved(
    seen: Survey, surveyor: Surveyor, frame: Frame, own: int, split: Split, size_px: float
) -> Survey:
    """
    Put the two things of a box in place of the boxes that hold both.

    The tracker's box is the target's part. The two come last: what was asked about keeps its place
    in the answer, and what holds both is no box at all.
    """
    corners = np.array([split.target.xyxy, split.other.xyxy])
    parts = surveyor.survey(frame, corners, size_px)
    boxes, views, words = (
        np.concatenate([before, part[:2]])
        for before, part in (
            (seen.boxes, parts.boxes),
            (seen.views, parts.views),
            (seen.words, parts.words),
        )
    )
    for row in split.rows:
        boxes[row] = corners[0] if row < own else np.nan
        views[row] = parts.views[0]
    return Survey(boxes, views, words)


def _inside(box: Box, frame: Frame) -> Box | None:
    try:
        return box.clipped(frame.width, frame.height)
    except BadBox:
        return None


def _usable(view: FloatArray | None) -> FloatArray | None:
    if view is None or not np.isfinite(view).all():
        return None
    length = float(np.linalg.norm(view))
    return None if not 0.5 < length < 2.0 else np.asarray(view / length)


def _choose(found: FloatArray, own: int, usual: Box | None) -> list[int]:
    """Return the indices of different boxes of a plausible size, the first ones preferred."""
    sides = np.maximum(found[:, 2:] - found[:, :2], 1e-6)
    size = np.sqrt(sides.prod(1))
    usual_size = None if usual is None else math.sqrt(usual.area)
    keep: list[int] = []
    overlap = ious(found, found) if len(found) else np.zeros((0, 0))
    for k in range(len(found)):
        if not (np.isfinite(found[k]).all() and sides[k].min() >= 2.0):
            continue
        ratio = 1.0 if usual_size is None else float(size[k]) / usual_size
        if k >= own and not 1 / SIZES <= ratio <= SIZES:
            continue
        others = [m for m in keep if m >= own]  # the tracker's box may drift: it hides no other
        if others and overlap[k, others].max() >= SAME_BOX:
            continue
        keep.append(k)
    if len(keep) > MOST and usual_size is not None:
        order = sorted(keep[own:], key=lambda k: abs(math.log(float(size[k]) / usual_size)))
        keep = keep[:own] + sorted(order[: MOST - own])
    return keep[:MOST]


def _depths_before(
    found: FloatArray, own: int, near_m: float | None, known: Sequence[tuple[Box, float]]
) -> list[float | None]:
    """Return the depth that each box (N, 4) is expected at, metres; None where nothing tells."""
    near: list[float | None] = [near_m] * own + [None] * (len(found) - own)
    if known and len(found):
        overlap = ious(found, np.array([box.xyxy for box, _ in known]))
        for k in np.flatnonzero(overlap.max(1) >= SAME_BOX):
            if k >= own:
                near[k] = known[int(overlap[k].argmax())][1]
    return near


def _spread_words(found: FloatArray, keep: list[int], logits: FloatArray) -> None:
    """Give a kept box the highest text score of the boxes that it suppresses."""
    if not len(found):
        return
    overlap = ious(found, found)
    for k in keep:
        if logits[k] == 0.0:
            twins = np.flatnonzero((overlap[k] >= SAME_BOX) & (logits != 0.0))
            if len(twins):
                logits[k] = logits[twins].max()
