# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The online loop of template trackers: search region, scores, template memory.

    last box ─▶ crop ─▶ network ─▶ penalties ─▶ new box ─▶ smoothing ─▶ Track
                           ▲
               first template for ever,
               a few online ones ◀── learn(): somebody else says that this is the target

All templates say where the target is, the first one how large it is while it sees the target: the
boxes of the others are the tracker's own, and one that is too large makes the next ones larger.

The loop itself stores no view: what it is sure of may be whoever stands before the target.
The network is anything with encode() and search(): this file knows no run time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
import math
from typing import Any, Protocol

import cv2
from follow_anything.core.errors import BadBox, NotReady
from follow_anything.core.types import Box, FloatArray, Frame, Track, UInt8Array
import numpy as np

__all__ = [
    'Network',
    'OnlineConfig',
    'OnlineTracker',
    'SearchMaps',
    'Template',
    'crop_square',
    'part_to_learn',
]

MIN_SIDE_PX = 3
"""Fewer pixels than this hold nothing a network could learn."""


@dataclass(frozen=True)
class SearchMaps:
    """
    The network's output for one search region, all in [0, 1].

    :param score: float (H, W), high at the target's centre.
    :param box: float (4, H, W), distances to left, top, right, bottom as shares of the region.
    :param quality: float (H, W), expected IoU of the box read at that cell.
    :param presence: belief that the target is in the region and visible.
    """

    score: FloatArray
    box: FloatArray
    quality: FloatArray
    presence: float


@dataclass(frozen=True)
class Template:
    """One remembered view: what the layers read of it, and a descriptor (unit length)."""

    cache: Any
    descriptor: FloatArray


class Network(Protocol):
    """The network interface of the online loop."""

    template_px: int
    search_sizes_px: tuple[int, ...]
    """Sides of the search regions it takes, rising; all at the same scale."""

    def features(self, image: UInt8Array) -> Any:
        """Read a search region (px, px, 3), RGB uint8, whatever is looked for in it."""
        ...

    def encode(self, image: UInt8Array, box: FloatArray) -> tuple[Any, FloatArray]:
        """Encode a template crop (px, px, 3) with the box as shares: (cache, descriptor)."""
        ...

    def join(self, caches: list[Any]) -> Any:
        """Put the caches of several templates side by side."""
        ...

    def search(self, features: Any, cache: Any) -> SearchMaps:
        """Look for the target in what was read of a search region."""
        ...


@dataclass(frozen=True)
class OnlineConfig:
    """
    How the loop behaves; lengths in pixels of the frame unless said otherwise.

    :param template_factor: side of the template crop in target sizes (square root of the area).
    :param search_factor: side of the largest search region in target sizes.
    :param calm: travel between two frames, in target sizes, up to which a smaller region will do.
    :param steady: travel up to which the smallest will, where there are three.
    :param steady_frames: after so many frames in a row.
    :param window: weight of the cosine window against the class map.
    :param shape_penalty: how strongly changes of size and shape are disliked.
    :param size_rate: share of a new size that is believed at score 1.
    :param presence_min: below it the target counts as hidden: place and size are held.
    :param patience: frames hidden before the search region starts to grow.
    :param growth_max: limit of that growth.
    :param templates: most online templates beside the first one.
    :param first_score: score of the first template alone at the cell that all templates chose,
        from which on the box is read as that template says it.
    :param interval: seconds between two attempts to remember a view.
    :param presence_sure: presence below which the next search region is the largest.
    :param novelty: least cosine distance from every remembered view.
    :param min_side_px: sides never shrink below this.
    """

    template_factor: float = 2.0
    search_factor: float = 4.0
    calm: float = 0.3
    steady: float = 0.2
    steady_frames: int = 3
    window: float = 0.45
    shape_penalty: float = 0.1
    size_rate: float = 0.65
    presence_min: float = 0.25
    patience: int = 5
    growth_max: float = 1.6
    templates: int = 2
    first_score: float = 0.3
    interval: float = 1.0
    presence_sure: float = 0.8
    novelty: float = 0.02
    min_side_px: float = 4.0


def part_to_learn(frame: Frame, box: Box) -> Box:
    """
    Return the part of a box that a tracker can learn from.

    :raises BadBox: less than 3 x 3 pixels of the box are inside the frame.
    """
    inside = box.clipped(frame.width, frame.height)
    if min(inside.width, inside.height) < MIN_SIDE_PX:
        raise BadBox(
            f'the tracker needs at least {MIN_SIDE_PX} x {MIN_SIDE_PX} px of the target inside '
            f'the image; got {inside.width:.3g} x {inside.height:.3g}'
        )
    return inside


def crop_square(image: UInt8Array, center: FloatArray, side: float, size_px: int) -> UInt8Array:
    """
    Cut a square, filled with the mean colour outside the image, and resize it.

    :param image: uint8 (H, W, 3).
    :param center: (x, y) in pixels.
    :param side: of the square, pixels of the image.
    :param size_px: of the result.
    """
    height, width = image.shape[:2]
    low = np.floor(center - side / 2).astype(int)
    high = np.maximum(np.ceil(center + side / 2).astype(int), low + 2)
    inside_low = np.clip(low, 0, [width, height])
    inside_high = np.clip(high, 0, [width, height])
    part = image[inside_low[1] : inside_high[1], inside_low[0] : inside_high[0]]
    whole = (inside_low == low).all() and (inside_high == high).all()
    # a sample of the image is mean enough, and it is only needed at the border
    mean = (0.0,) * 3 if whole else tuple(float(v) for v in image[::8, ::8].mean((0, 1)))
    if part.size == 0:
        return np.full((size_px, size_px, 3), mean, np.uint8)
    # bilinear sampling aliases when it shrinks by more than two: average first
    shrink = 1.0
    while size_px / side / shrink < 0.5 and min(part.shape[:2]) > 2:
        part = cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        shrink /= 2
    # pixel i covers [i, i + 1): its centre is at i + 0.5, where warpAffine counts it as i
    scale = size_px / side
    gain = scale / shrink
    offset = (inside_low - (center - side / 2)) * scale + 0.5 * gain - 0.5
    matrix = np.array([[gain, 0.0, offset[0]], [0.0, gain, offset[1]]])
    return np.asarray(cv2.warpAffine(part, matrix, (size_px, size_px), borderValue=mean))


@cache
def _window(rows: int, columns: int) -> FloatArray:
    """Hann window; its ends are zero, so it is taken two cells longer and cut."""
    window = np.outer(np.hanning(rows + 2), np.hanning(columns + 2))[1:-1, 1:-1]
    window.setflags(write=False)
    return window


class OnlineTracker:
    """
    Follow one box with a template network.

    Memory is bounded: one first template and at most config.templates others.

    :param network: encodes templates and answers search regions.
    """

    def __init__(self, network: Network, config: OnlineConfig | None = None) -> None:
        self._network = network
        self.config = config or OnlineConfig()
        self._templates: list[Template] = []
        self._cache: Any = None
        self._first_cache: Any = None
        self._place: FloatArray = np.zeros(4)
        self._hidden = 0
        self._learnt_at = 0.0
        self._restless = False
        self._steady = 0

    def warm_up(self) -> None:
        """Run the network on every number of templates and every size of search region."""
        network = self._network
        view = np.full((network.template_px, network.template_px, 3), 127, np.uint8)
        template = network.encode(view, np.array([0.25, 0.25, 0.75, 0.75]))[0]
        for count in range(1, self.config.templates + 2):
            cache = network.join([template] * count)
            for side in network.search_sizes_px:
                view = np.full((side, side, 3), 127, np.uint8)
                network.search(network.features(view), cache)

    def initialize(self, frame: Frame, box: Box) -> None:
        """
        Start on a target.

        :raises BadBox: less than 3 x 3 pixels of the box are inside the frame.
        """
        inside = part_to_learn(frame, box)
        self._place = np.array([*inside.center, inside.width, inside.height])
        self._hidden = self._steady = 0
        self._restless = False
        self._learnt_at = frame.stamp
        self._templates = [self._encode(frame, self._place)]
        self._cache = self._first_cache = self._network.join([self._templates[0].cache])

    def resume(self, frame: Frame, box: Box) -> None:
        """
        Go on from another place, with the templates there are.

        :raises NotReady: initialize() was never called.
        :raises BadBox: less than 3 x 3 pixels of the box are inside the frame.
        """
        if not self._templates:
            raise NotReady('the tracker has no target yet: call initialize(frame, box) first')
        inside = part_to_learn(frame, box)
        self._place = np.array([*inside.center, inside.width, inside.height])
        self._hidden = self._steady = 0
        self._restless = True

    def learn(self, frame: Frame, box: Box) -> None:
        """
        Keep the view in a box as one more template, where it is new; the oldest online one goes.

        A box of which less than 3 x 3 pixels are inside the frame teaches nothing.

        :raises NotReady: initialize() was never called.
        """
        if not self._templates:
            raise NotReady('the tracker has no target yet: call initialize(frame, box) first')
        config = self.config
        if config.templates == 0 or 0.0 <= frame.stamp - self._learnt_at < config.interval:
            return
        self._learnt_at = frame.stamp
        try:
            inside = part_to_learn(frame, box)
        except BadBox:
            return
        view = self._encode(frame, np.array([*inside.center, inside.width, inside.height]))
        nearest = max(float(view.descriptor @ t.descriptor) for t in self._templates)
        if 1.0 - nearest < config.novelty:
            return
        first, *others = self._templates
        self._templates = [first, *[*others, view][-config.templates :]]
        self._cache = self._network.join([t.cache for t in self._templates])

    def unlearn(self) -> None:
        """Keep the first template alone."""
        if len(self._templates) > 1:
            del self._templates[1:]
            self._cache = self._first_cache

    def track(self, frame: Frame) -> Track:
        """
        Find the target in the next frame, which may have another size than the last.

        :raises NotReady: initialize() was never called.
        """
        if not self._templates:
            raise NotReady('the tracker has no target yet: call initialize(frame, box) first')
        # the image may have become smaller than the place the target was seen at
        limit = np.array([frame.width, frame.height], float)
        self._place = np.minimum(self._place.clip(0.0), np.tile(limit, 2))
        side, size_px = self._region()
        image = crop_square(frame.rgb, self._place[:2], side, size_px)
        features = self._network.features(image)
        maps = self._network.search(features, self._cache)
        origin = self._place
        presence = float(np.clip(maps.presence, 0.0, 1.0))
        cell = self._choose(maps, side, origin)
        score = float(np.clip(maps.score[cell], 0.0, 1.0))
        boxes = maps.box
        if len(self._templates) > 1 and presence >= self.config.presence_min:
            boxes = self._boxes_by_first(features, maps, cell)
        found = self._box_at(cell, boxes, side, origin)
        if not (np.isfinite(found).all() and math.isfinite(score) and math.isfinite(presence)):
            return Track(None, 0.0, 0.0)
        if presence >= self.config.presence_min:
            self._hidden = 0
            self._move(found, score, frame)
        else:
            # the best of a region without the target is a distractor: stay, and look wider
            self._hidden += 1
        travel = np.linalg.norm(self._place[:2] - origin[:2]) / math.sqrt(origin[2:].prod())
        self._restless = bool(travel > self.config.calm or presence < self.config.presence_sure)
        is_steady = travel <= self.config.steady and not self._restless
        self._steady = self._steady + 1 if is_steady else 0
        return Track(Box.from_center(*(float(v) for v in self._place)), score, presence)

    def _region(self) -> tuple[float, int]:
        """Side of the next search region, in pixels of the frame and of the network."""
        sizes = self._network.search_sizes_px
        calm = sizes[:-1] or sizes
        size_px = calm[0] if self._steady >= self.config.steady_frames else calm[-1]
        if self._restless:
            size_px = sizes[-1]
        late = max(0, self._hidden - self.config.patience)
        growth = min(1.0 + 0.05 * late, self.config.growth_max)
        side = self.config.search_factor * math.sqrt(float(self._place[2:].prod())) * growth
        return side * size_px / sizes[-1], size_px

    def _choose(self, maps: SearchMaps, side: float, last: FloatArray) -> tuple[int, int]:
        """
        Pick a cell by class map, disliked changes of shape and cosine window: (row, column).

        :param last: centre and size the region was cut around.
        """
        rows, columns = maps.score.shape
        window = _window(rows, columns)
        width = (maps.box[0] + maps.box[2]) * side
        height = (maps.box[1] + maps.box[3]) * side

        def change(ratio: FloatArray) -> FloatArray:
            return np.maximum(ratio, 1.0 / np.maximum(ratio, 1e-6))

        last_width, last_height = last[2:]
        area = np.sqrt(np.maximum(width * height, 1e-6) / (last_width * last_height))
        shape = (width / np.maximum(height, 1e-6)) / (last_width / last_height)
        penalty = np.exp(-self.config.shape_penalty * (change(area) * change(shape) - 1.0))
        ranked = maps.score * penalty
        share = self.config.window
        ranked = ranked * (1.0 - share) + window * share * ranked.max()
        row, column = np.unravel_index(int(np.argmax(ranked)), ranked.shape)
        return int(row), int(column)

    def _boxes_by_first(
        self, features: Any, maps: SearchMaps, cell: tuple[int, int]
    ) -> FloatArray:
        """Return the box map of the first template where that one sees the target, too."""
        first = self._network.search(features, self._first_cache)
        return first.box if first.score[cell] >= self.config.first_score else maps.box

    @staticmethod
    def _box_at(
        cell: tuple[int, int], boxes: FloatArray, side: float, last: FloatArray
    ) -> FloatArray:
        """Return centre and size of the box of a cell, pixels of the frame."""
        rows, columns = boxes.shape[1:]
        row, column = cell
        left, top, right, bottom = (float(v) for v in boxes[:, row, column])
        x = (column + 0.5) / columns + (right - left) / 2 - 0.5
        y = (row + 0.5) / rows + (bottom - top) / 2 - 0.5
        center = last[:2] + np.array([x, y]) * side
        return np.array([*center, (left + right) * side, (top + bottom) * side])

    def _move(self, found: FloatArray, score: float, frame: Frame) -> None:
        rate = self.config.size_rate * math.sqrt(score)
        size = self._place[2:] * (1.0 - rate) + found[2:] * rate
        limit = np.array([frame.width, frame.height], float)
        size = np.clip(size, np.minimum(self.config.min_side_px, limit), limit)
        self._place = np.array([*np.clip(found[:2], 0.0, limit), *size])

    def _encode(self, frame: Frame, place: FloatArray) -> Template:
        size = place[2:]
        side = self.config.template_factor * math.sqrt(float(size.prod()))
        image = crop_square(frame.rgb, place[:2], side, self._network.template_px)
        half = size / side / 2
        cache, descriptor = self._network.encode(image, np.array([*(0.5 - half), *(0.5 + half)]))
        return Template(cache, descriptor)
