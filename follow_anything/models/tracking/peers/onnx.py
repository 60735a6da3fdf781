# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
NanoTrack and VitTrack, run by onnxruntime, for users who fetch their files: peers of `tiny`.

NanoTrack: github.com/HonglinChu/SiamTrackers (Apache-2.0), a light Siamese tracker in the line of
LightTrack and SiamFC++. VitTrack: github.com/opencv/opencv_zoo (Apache-2.0), a small one-stream
transformer. Neither says whether the target is there: presence is the score of the cell taken.
"""

from __future__ import annotations

from dataclasses import dataclass
import math
from pathlib import Path

import cv2
from follow_anything.core.errors import NotReady
from follow_anything.core.types import Box, FloatArray, Frame, Track, UInt8Array
from follow_anything.models.runtime.onnx_session import open_session
from follow_anything.models.tracking.online import part_to_learn
from follow_anything.models.weights.fetched import find_fetched
import numpy as np

__all__ = ['NANOTRACK_V2', 'NANOTRACK_V3', 'NanoSettings', 'NanoTracker', 'VitTracker']

NANO_PLACE = 'https://github.com/HonglinChu/SiamTrackers/tree/master/NanoTrack/models'
VIT_PLACE = (
    'https://github.com/opencv/opencv_zoo/tree/main/models/object_tracking_vittrack '
    '(object_tracking_vittrack_2023sep.onnx)'
)


def _cut(
    image: UInt8Array, center: FloatArray, side: int, size_px: int, fill: tuple[float, ...]
) -> UInt8Array:
    """Cut a square of whole pixels, filled with one colour outside the image, and resize it."""
    low = np.rint(center - (side - 1) / 2).astype(int)
    high = low + side
    limit = np.array(image.shape[1::-1])
    before, after = (-low).clip(0), (high - limit).clip(0)
    inside_low, inside_high = low.clip(0, limit), high.clip(0, limit)
    part = image[inside_low[1] : inside_high[1], inside_low[0] : inside_high[0]]
    if part.size == 0:
        return np.full((size_px, size_px, 3), fill, np.uint8)
    if before.any() or after.any():
        edges = (int(before[1]), int(after[1]), int(before[0]), int(after[0]))
        part = cv2.copyMakeBorder(part, *edges, cv2.BORDER_CONSTANT, value=fill)
    return np.asarray(cv2.resize(part, (size_px, size_px)), np.uint8)


def _planes(image: FloatArray | UInt8Array) -> FloatArray:
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32)


@dataclass(frozen=True)
class NanoSettings:
    """Published settings of one release: penalty on change, weight of the window, size rate."""

    penalty: float
    window: float
    rate: float


NANOTRACK_V2 = NanoSettings(0.150, 0.490, 0.385)
NANOTRACK_V3 = NanoSettings(0.138, 0.455, 0.348)


def _padded(width: FloatArray | float, height: FloatArray | float) -> FloatArray:
    """Side of a square around a box with half a mean side of context all around."""
    context = (width + height) / 2
    return np.asarray(np.sqrt((width + context) * (height + context)))


def _change(ratio: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(ratio, 1.0 / ratio))


class NanoTracker:
    """
    NanoTrack: a template of 127 px, a search region of 255 px, stride 16.

    :param device: 'cpu', 'cuda' for onnxruntime's GPU providers, or 'auto': the CPU.
    :param backbone: path of the backbone's graph; None: found by name.
    :param head: path of the head's graph. :param settings: of the release.
    :raises BadWeights: the files are not there.
    """

    TEMPLATE_PX, SEARCH_PX, STRIDE_PX = 127, 255, 16

    def __init__(
        self,
        device: str = 'auto',
        backbone: Path | None = None,
        head: Path | None = None,
        settings: NanoSettings = NANOTRACK_V3,
    ) -> None:
        if backbone is None or head is None:
            backbone, head = (
                find_fetched(
                    [f'nanotrack_{part}.onnx'],
                    NANO_PLACE,
                    f'curl -L -o {{folder}}/nanotrack_{part}.onnx {NANO_PLACE}/... (its raw file)',
                )
                for part in ('backbone', 'head')
            )
        self._backbone, self._head = (
            open_session(path, device=device) for path in (backbone, head)
        )
        self._settings = settings
        self._template: FloatArray | None = None
        self._fill: tuple[float, ...] = (0.0,) * 3
        self._place: FloatArray = np.zeros(4)

    def _features(self, image: UInt8Array, side: float, size_px: int) -> FloatArray:
        crop = _cut(image, self._place[:2], round(side), size_px, self._fill)
        features: FloatArray = self._backbone.run(None, {'input': _planes(crop)})[0]
        return features

    def initialize(self, frame: Frame, box: Box) -> None:
        """Learn the target; BadBox when less than 3 x 3 px of it are inside the frame."""
        inside = part_to_learn(frame, box)
        self._place = np.array([*inside.center, inside.width, inside.height])
        self._fill = tuple(frame.rgb.mean((0, 1)))
        side = float(_padded(inside.width, inside.height))
        self._template = self._features(frame.rgb, side, self.TEMPLATE_PX)

    def track(self, frame: Frame) -> Track:
        """Find the target; NotReady before initialize()."""
        if self._template is None:
            raise NotReady('nanotrack has no target yet: call initialize(frame, box) first')
        size = self._place[2:]
        scale = self.TEMPLATE_PX / float(_padded(*size))
        features = self._features(frame.rgb, self.SEARCH_PX / scale, self.SEARCH_PX)
        logits, sides = self._head.run(None, {'input1': self._template, 'input2': features})
        score = 1.0 / (1.0 + np.exp(logits[0, 0] - logits[0, 1]))
        cells = len(score)
        middle = (np.arange(cells) - cells // 2) * float(self.STRIDE_PX)
        left, top, right, bottom = sides[0]
        width, height = np.maximum(left + right, 1.0), np.maximum(top + bottom, 1.0)
        area = _change(_padded(width, height) / _padded(*(size * scale)))
        shape = _change((size[0] / size[1]) / (width / height))
        penalty = np.exp(-(area * shape - 1.0) * self._settings.penalty)
        window = np.outer(np.hanning(cells), np.hanning(cells)) * self._settings.window
        ranked = penalty * score * (1.0 - self._settings.window) + window
        at = np.unravel_index(int(np.argmax(ranked)), ranked.shape)
        offset = np.array(
            [middle[at[1]] + (right - left)[at] / 2, middle[at[0]] + (bottom - top)[at] / 2]
        )
        rate = float(penalty[at] * score[at]) * self._settings.rate
        belief = float(score[at])
        if not (np.isfinite(offset).all() and math.isfinite(rate)):
            return Track(None, 0.0, 0.0)
        limit = np.array([frame.width, frame.height], float)
        found = np.array([width[at], height[at]]) / scale
        least = np.minimum(10.0 if limit.min() > 200 else 4.0, limit)
        self._place[:2] = (self._place[:2] + offset / scale).clip(0, limit)
        self._place[2:] = (size * (1.0 - rate) + found * rate).clip(least, limit)
        return Track(Box.from_center(*(float(v) for v in self._place)), belief, belief)


class VitTracker:
    """
    VitTrack: a template of 128 px, a search region of 256 px, 16 x 16 cells.

    :param device: 'cpu', 'cuda' for onnxruntime's GPU providers, or 'auto': the CPU.
    :param graph: path of the graph; None: found by name.
    :raises BadWeights: the file is not there.
    """

    TEMPLATE_PX, SEARCH_PX, CELLS = 128, 256, 16
    TEMPLATE_FACTOR, SEARCH_FACTOR = 2.0, 4.0
    MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])

    def __init__(self, device: str = 'auto', graph: Path | None = None) -> None:
        if graph is None:
            graph = find_fetched(
                ['vittrack.onnx', 'object_tracking_vittrack_2023sep.onnx'],
                VIT_PLACE,
                'git lfs clone https://github.com/opencv/opencv_zoo, then copy it to {folder}',
            )
        self._session = open_session(graph, device=device)
        hann = np.hanning(self.CELLS + 2)[1:-1]
        self._window = np.outer(hann, hann)
        self._template: FloatArray | None = None
        self._place: FloatArray = np.zeros(4)

    def _crop(self, image: UInt8Array, factor: float, size_px: int) -> tuple[FloatArray, int]:
        side = math.ceil(math.sqrt(float(self._place[2:].prod())) * factor)
        crop = _cut(image, self._place[:2], side, size_px, (0.0,) * 3)
        # the published graph takes BGR and the mean of RGB: so it was exported, so it works
        return _planes((crop[..., ::-1] / 255.0 - self.MEAN) / self.DEVIATION), side

    def initialize(self, frame: Frame, box: Box) -> None:
        """Learn the target; BadBox when less than 3 x 3 px of it are inside the frame."""
        inside = part_to_learn(frame, box)
        self._place = np.array([*inside.center, inside.width, inside.height])
        self._template, _ = self._crop(frame.rgb, self.TEMPLATE_FACTOR, self.TEMPLATE_PX)

    def track(self, frame: Frame) -> Track:
        """Find the target; NotReady before initialize()."""
        if self._template is None:
            raise NotReady('vittrack has no target yet: call initialize(frame, box) first')
        region, side = self._crop(frame.rgb, self.SEARCH_FACTOR, self.SEARCH_PX)
        score, size, offset = self._session.run(
            None, {'template': self._template, 'search': region}
        )
        ranked = score[0, 0] * self._window
        row, column = np.unravel_index(int(np.argmax(ranked)), ranked.shape)
        belief = float(np.clip(score[0, 0, row, column], 0.0, 1.0))
        center = (np.array([column, row]) + offset[0, :, row, column]) / self.CELLS
        found = np.array(
            [*(self._place[:2] + (center - 0.5) * side), *(size[0, :, row, column] * side)]
        )
        if not (np.isfinite(found).all() and math.isfinite(belief)):
            return Track(None, 0.0, 0.0)
        if (found[2:] > 2.0).all():
            self._place = found
        return Track(Box.from_center(*(float(v) for v in self._place)), belief, belief)
