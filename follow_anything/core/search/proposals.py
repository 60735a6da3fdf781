# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""From one picture to the candidates that the judge weighs: boxes, embeddings, positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
import math

from follow_anything.core.errors import BadBox
from follow_anything.core.geometry import ious, PinholeCamera
from follow_anything.core.identity.judge import Candidate, Size
from follow_anything.core.protocols import Embedder, Surveyor
from follow_anything.core.types import Box, Detections, FloatArray, Frame, Track
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.hidden import Visibility
from follow_anything.core.world.outlook import Outlook
from follow_anything.core.world.ranging import locate
from follow_anything.core.world.track import Place
import numpy as np
from scipy.special import logit  # type: ignore[import-untyped]

__all__ = ['Eye', 'Proposals']

SAME_BOX = 0.45
"""IoU from which two boxes are one candidate: the likelier object comes first."""

SIZES = 3.5
"""A candidate is at most so many times as large or as small as the target was, side for side."""

MOST = 32
"""Candidates of one picture; of two hundred, those nearest in size are weighed."""

NOMINAL_HEIGHT_M = 1.7
"""Only to compare places, where nothing tells the height: all candidates share the error."""

PICTURE_SCALE = 3.0
"""Where ranges are unknown the camera's own motion adds to the target's: sizes for a metre."""

NOMINAL_ERROR = 0.2
"""Relative standard deviation of a range that rests on the size of a box."""

MEASURED = 0.1
"""A range whose relative error is below this was measured, not concluded from size."""


@dataclass(frozen=True, eq=False)
class Eye:
    """
    Projects boxes to positions: a picture, its camera model and its pose.

    :param camera: None where it is unknown; places are then pixels.
    :param pose: of the camera; used with a camera alone.
    :param height_m: true height of the target, 0 where unknown.
    :param shake: factor of the variance of a place in the picture.
    """

    frame: Frame
    camera: PinholeCamera | None
    pose: CameraPose
    height_m: float = 0.0
    shake: float = 1.0
    _located: dict[tuple[Box, float | None], tuple[FloatArray, float]] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def outlook(self) -> Outlook | None:
        """What part of the ground is in the picture; None where that is unknown."""
        return Outlook.of(self.frame.stamp, self.camera, self.pose)

    @property
    def visibility(self) -> Visibility | None:
        """What can be seen in the picture; None without depth, or through a lens that bends."""
        if self.frame.depth is None or self.camera is None or self.camera.lens is not None:
            return None
        return Visibility(self.frame.depth, self.camera, self.pose)

    def _locate(
        self, box: Box, near_m: float | None, camera: PinholeCamera
    ) -> tuple[FloatArray, float]:
        """Return position (3,) and standard deviation of the range, see ranging.locate."""
        if (box, near_m) not in self._located:
            height = self.height_m or NOMINAL_HEIGHT_M
            self._located[box, near_m] = locate(self.frame, box, camera, height, near_m)
        return self._located[box, near_m]

    def depth(self, box: Box, near_m: float | None = None) -> float | None:
        """Return the depth of what is in a box, metres; None where it was not measured."""
        if self.camera is None or self.frame.depth is None:
            return None
        point, std = self._locate(box, near_m, self.camera)
        return float(point[2]) if std <= MEASURED * float(np.linalg.norm(point)) else None

    def size(self, box: Box, near_m: float | None = None) -> Size:
        """Return the size of a box; in metres too where depth is known."""
        side = math.sqrt(box.area)
        if self.camera is None or self.frame.depth is None:
            return Size(side)
        depth = self.depth(box, near_m)
        return Size(side, None if depth is None else side * depth / self.camera.fx)

    def place(self, box: Box, near_m: float | None = None) -> Place | None:
        """
        Return where a box is, on the ground in metres, or in the picture in pixels.

        :param near_m: depth that its surface is expected at; None for the front surface.
        """
        if self.camera is None:
            size = math.sqrt(box.area)
            noise = self.shake * (0.12 * size) ** 2 * np.eye(2)
            steady = self.pose.to_steady(*box.center)
            return Place(steady, noise, PICTURE_SCALE * size, 'pixels')
        is_known = self.height_m > 0.0 or self.frame.depth is not None
        point, std = self._locate(box, near_m, self.camera)
        away = float(np.linalg.norm(point))
        if not math.isfinite(std):  # cut by the border: its width is all there is
            height = self.height_m or NOMINAL_HEIGHT_M
            point = point * (self.camera.fy * height / max(box.height, 1.0))
            away = std = float(np.linalg.norm(point))
        elif std > MEASURED * away:
            std = max(std, NOMINAL_ERROR * away)
        ahead = max(away, 0.3)
        width = box.width / self.camera.fx * ahead
        toward = self.pose.axes @ (point / ahead)
        flat = math.hypot(float(toward[0]), float(toward[1]))
        if flat < 1e-3 or not np.isfinite(point).all():
            return None
        u = toward[:2] / flat
        across = np.array([-u[1], u[0]])
        along = std**2 + 0.1**2 + (0.15 * width) ** 2
        side = (0.02 * ahead) ** 2 + 0.05**2 + (0.12 * width) ** 2
        covariance = along * np.outer(u, u) + side * np.outer(across, across)
        x, y, height = (float(value) for value in self.pose.to_world(point))
        measure = 'metres' if is_known else 'nominal'
        return Place(np.array([x, y]), covariance, measure=measure, height=height)


class Proposals:
    """
    Gathers the candidates of a picture.

    :param embedder: describes them; a Surveyor also proposes what nobody asked about.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._surveyor = embedder if isinstance(embedder, Surveyor) else None

    def gather(
        self,
        eye: Eye,
        track: Track | None,
        detections: Detections | None,
        usual: Box | None,
        near_m: float | None = None,
        *,
        words: bool = False,
        known: Sequence[tuple[Box, float]] = (),
    ) -> list[Candidate]:
        """
        Return the candidates, the tracker's box first, where it has one.

        :param track: the tracker's answer, None where it is not to be asked about.
        :param detections: of this very picture. :param usual: the target as it was last seen.
        :param near_m: depth of the target a moment ago.
        :param words: the detections' scores say how well the words fit.
        :param known: boxes of a moment ago and the depths of what was in them, metres: of several
            surfaces in a box, that one is it.
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
            found, views, logits = seen.boxes, list(seen.views), seen.words
        else:
            found, views, logits = given, self._embed(frame, boxes), np.zeros(len(given))
        if words and detections is not None:
            logits = logits.copy()
            logits[own : len(given)] = logit(np.clip(scores[own:], 1e-3, 1 - 1e-3))
        keep = _choose(found, own, usual)
        _spread_words(found, keep, logits)
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
