# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Click, box and picture queries without any learnt model.

A click grows into a box (segmentation.py); what was pointed at is remembered as a picture and
searched for by normalised correlation at several scales. It does not read.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
from follow_anything.core.errors import BadQuery, NotReady
from follow_anything.core.geometry import iou
from follow_anything.core.types import Box, Detections, FloatArray, Frame, Query, UInt8Array
from follow_anything.models.detection.segmentation import segment_click
import numpy as np

__all__ = ['ClassicalDetector']

TEMPLATE_PX = 32
"""Longer side of the template while searching; the frame shrinks with it."""

SCALES = (0.6, 0.75, 0.9, 1.0, 1.15, 1.35, 1.7)
"""Sizes searched, relative to the picture."""

CANDIDATES = 5
MIN_SIDE_PX = 4
OVERLAP = 0.3


@dataclass(frozen=True)
class _Pointed:
    """What the operator pointed at, in the one frame where that is the truth."""

    stamp: float
    box: Box


class ClassicalDetector:
    """
    Finds again what was pointed at, or what a picture shows.

    :param device: accepted like everywhere; this one always runs on the CPU.
    """

    def __init__(self, device: str = 'auto') -> None:
        self._templates: list[UInt8Array] = []
        self._pointed: _Pointed | None = None
        self._label = ''

    def set_query(self, query: Query, frame: Frame | None = None) -> str:
        """
        Learn what to look for.

        :raises BadQuery: it is a text, or it points at a frame that is not given.
        """
        if query.texts:
            raise BadQuery(
                f'the classical detector cannot read {str(query)!r}; '
                'point at the target with a click or a box'
            )
        if not query.is_explicit:
            self._templates, self._pointed, self._label = list(query.images), None, str(query)
            return f'looking for what {query} shows'
        if frame is None:
            raise BadQuery('a click or a box needs the image it points at; none has arrived yet')
        box = _box_of(query, frame)
        self._templates = [frame.crop(box), *query.images]
        self._pointed, self._label = _Pointed(frame.stamp, box), str(query)
        return f'{query}: {box.width:.0f} x {box.height:.0f} px at ({box.x1:.0f}, {box.y1:.0f})'

    def detect(self, frame: Frame) -> Detections:
        """Return the place pointed at, in that very frame; in any other, where it looks alike."""
        if not self._templates:
            raise NotReady('the detector has no query yet: call set_query() first')
        if self._pointed is not None and frame.stamp == self._pointed.stamp:
            return Detections.single(frame.stamp, self._pointed.box, label=self._label)
        boxes, scores = _search(frame, self._templates)
        return Detections(frame.stamp, boxes, scores, self._label)


def _box_of(query: Query, frame: Frame) -> Box:
    """Return the box a query points at; BadQuery or BadBox when it is not in the image."""
    if query.box is not None:
        return query.box.clipped(frame.width, frame.height)
    for click in query.clicks:
        click.check_inside(frame.width, frame.height)
    return segment_click(frame, query.clicks)


def _search(frame: Frame, templates: list[UInt8Array]) -> tuple[FloatArray, FloatArray]:
    """Return the best places, (N, 4) and (N,), sorted, without overlapping ones."""
    found: list[tuple[float, Box]] = []
    for template in templates:
        for scale in SCALES:
            found += _match(frame, template, scale)
    found.sort(key=lambda candidate: -candidate[0])
    kept: list[tuple[float, Box]] = []
    for score, box in found:
        if len(kept) < CANDIDATES and all(iou(box, other) < OVERLAP for _, other in kept):
            kept.append((score, box))
    boxes = np.array([box.xyxy for _, box in kept], np.float32).reshape(-1, 4)
    return boxes, np.array([score for score, _ in kept], np.float32)


def _match(frame: Frame, template: UInt8Array, scale: float) -> list[tuple[float, Box]]:
    """Correlate one picture at one size with the frame; return its peaks."""
    height, width = template.shape[0] * scale, template.shape[1] * scale
    shrink = min(1.0, TEMPLATE_PX / max(height, width))
    small = (round(width * shrink), round(height * shrink))
    scene_size = (round(frame.width * shrink), round(frame.height * shrink))
    if min(small) < MIN_SIDE_PX or small[0] > scene_size[0] or small[1] > scene_size[1]:
        return []
    scene = cv2.resize(frame.rgb, scene_size, interpolation=cv2.INTER_AREA)
    patch = cv2.resize(template, small, interpolation=cv2.INTER_AREA)
    response = cv2.matchTemplate(scene, patch, cv2.TM_CCOEFF_NORMED)
    response = np.nan_to_num(response, nan=0.0, posinf=0.0, neginf=0.0)
    peaks = []
    for _ in range(CANDIDATES):
        _, value, _, (column, row) = cv2.minMaxLoc(response)
        if value <= 0.0:
            break
        box = Box.from_xywh(column / shrink, row / shrink, width, height)
        peaks.append((min(1.0, float(value)), box))
        y, x = max(0, row - small[1] // 2), max(0, column - small[0] // 2)
        response[y : row + small[1] // 2 + 1, x : column + small[0] // 2 + 1] = -1.0
    return peaks
