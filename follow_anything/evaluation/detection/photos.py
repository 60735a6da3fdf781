# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Accuracy and calibration of the tiny detector on labelled photographs.

Each picture is asked about once per name in it, and about names that surely are not in it: those
that are labelled throughout in its source. What is smaller than 16 pixels is not asked about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
import time

from follow_anything.core.config import DetectorConfig
from follow_anything.core.errors import BadQuery, SourceError
from follow_anything.core.geometry import ious
from follow_anything.core.types import Click, FloatArray, Frame, Query
from follow_anything.evaluation.calibration import BINS, calibration_error, reliability
from follow_anything.evaluation.detection.tiny import CachedDetector
from follow_anything.io.labelled_photos import Photo, read_photos
from follow_anything.models.detection.tiny.detector import TinyDetector
import numpy as np

__all__ = ['group_of', 'measure_photos']

GROUPS = {
    'people': {'person', 'player', 'referee', 'goalkeeper', 'man', 'woman', 'child'},
    'vehicles': {
        *('car', 'truck', 'bus', 'van', 'vehicle', 'motorcycle', 'bicycle', 'ambulance'),
        *('excavator', 'dump truck', 'wheel loader', 'construction machine', 'train', 'boat'),
        *('airplane', 'drone'),
    },
    'animals': {
        *('dog', 'cat', 'horse', 'cow', 'sheep', 'bird', 'zebra', 'lion', 'raccoon', 'fox', 'pig'),
        *('chicken', 'duck', 'hamster', 'turtle', 'snake', 'goat'),
    },
}
"""Everything else is a thing."""

LEAST_PX, HIT_IOU, BOXES = 16.0, 0.5, 20
MOST_CLICKS, MOST_ABSENT = 4, 2


def group_of(name: str) -> str:
    """Return people, vehicles, animals or things."""
    return next((group for group, names in GROUPS.items() if name in names), 'things')


class _Tally:
    """Shares, of all and of each group."""

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])

    def add(self, what: str, name: str, good: bool) -> None:
        for key in (what, f'{what}_{group_of(name)}'):
            self._counts[key][0] += good
            self._counts[key][1] += 1

    def shares(self) -> dict[str, float]:
        return {key: good / count for key, (good, count) in sorted(self._counts.items())}


def _reliability_figures(answers: Sequence[tuple[float, bool]]) -> dict[str, float]:
    """Return share of right answers, mean belief and count of each bin, and `belief_error`."""
    counts = reliability(answers)
    figures: dict[str, float] = {}
    for number, (count, right, belief) in enumerate(counts):
        if count:
            key = f'belief_{number / BINS:.1f}'
            figures |= {f'{key}_right': right / count, f'{key}_said': belief / count}
            figures[f'{key}_count'] = count
    return figures | {'belief_error': calibration_error(counts) or 0.0}


class _Photos:
    """One run over photographs."""

    def __init__(self, detector: TinyDetector, photos: Sequence[Photo]) -> None:
        self.detector, self.photos, self.tally = detector, photos, _Tally()
        self.answers: list[tuple[float, bool]] = []
        self.labelled: dict[str, set[str]] = defaultdict(set)
        for photo in photos:
            self.labelled[photo.source] |= set(photo.names)
        self._rng = np.random.default_rng(7)

    def ask(self, photo: Photo, frame: Frame) -> None:
        """Ask for what is in it, and for what is not."""
        large = (photo.boxes[:, 2:] - photo.boxes[:, :2]).min(1) >= LEAST_PX
        for name in sorted({n for n, ok in zip(photo.names, large, strict=True) if ok}):
            mine = photo.boxes[[n == name for n in photo.names]]
            boxes, scores = self._search(frame, name)
            hits = ious(boxes, mine).max(1) >= HIT_IOU if len(boxes) else np.zeros(0, bool)
            taken = scores >= DetectorConfig.min_score
            self.tally.add('name', name, bool(taken.any() and hits[0]))
            self.tally.add('name_any', name, bool((hits & taken).any()))
            self.tally.add('name_silent', name, not taken.any())
            if len(boxes):
                self.answers.append((float(scores[0]), bool(hits[0])))
        away = sorted((self.labelled[photo.source] & set(photo.complete)) - set(photo.names))
        for name in away[:MOST_ABSENT]:
            _, scores = self._search(frame, name)
            is_taken = bool(len(scores) and scores[0] >= DetectorConfig.min_score)
            self.tally.add('absent_accepted', name, is_taken)
            if len(scores):
                self.answers.append((float(scores[0]), False))

    def _search(self, frame: Frame, name: str) -> tuple[FloatArray, FloatArray]:
        article = 'an' if name[0] in 'aeiou' else 'a'
        try:
            self.detector.set_query(Query(texts=(f'{article} {name}',)), frame)
        except BadQuery:
            return np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
        found = self.detector.detect(frame)
        return found.boxes, found.scores

    def propose(self, photo: Photo, frame: Frame) -> None:
        """Look whether one of the first boxes lies on each thing."""
        boxes = self.detector.look(frame.rgb).boxes[:BOXES]
        for name, box in zip(photo.names, photo.boxes, strict=True):
            if (box[2:] - box[:2]).min() >= LEAST_PX:
                overlap = ious(boxes, box[None]) if len(boxes) else np.zeros((1, 1))
                self.tally.add('recall_20', name, bool(overlap.max() >= HIT_IOU))

    def click(self, photo: Photo, frame: Frame) -> None:
        """Click on the middle of some things that nothing smaller covers there."""
        sizes = (photo.boxes[:, 2:] - photo.boxes[:, :2]).prod(1)
        for number in self._rng.permutation(len(photo.boxes))[:MOST_CLICKS]:
            box = photo.boxes[number]
            x, y = (float(v) for v in (box[:2] + box[2:]) / 2)
            over = photo.boxes[sizes < sizes[number]]
            covered = ((over[:, :2] <= (x, y)) & (over[:, 2:] >= (x, y))).all(1).any()
            if (box[2:] - box[:2]).min() < LEAST_PX or covered:
                continue
            try:
                self.detector.set_query(Query(clicks=(Click(x, y),)), frame)
                answer = self.detector.detect(frame).boxes[:1]
            except BadQuery:
                answer = np.zeros((0, 4), np.float32)
            hit = len(answer) > 0 and float(ious(answer, box[None])[0, 0]) >= HIT_IOU
            self.tally.add('click', photo.names[number], hit)


def measure_photos(
    folder: Path,
    split: str = 'val',
    weights: Path | None = None,
    limit: int = 0,
    clicks: bool = True,
) -> dict[str, float]:
    """
    Measure on a folder of labelled photographs; see io/labelled_photos.py.

    :param weights: folder of the weights, None: the shipped ones.
    :param limit: of pictures, 0: all. :param clicks: click, too: that takes longest.
    :raises SourceError: there is no such folder, or nothing in that split.
    """
    photos = read_photos(folder, split)
    if not photos:
        raise SourceError(f'no picture of {folder} is in the split {split!r}')
    order = np.random.default_rng(7).permutation(len(photos))
    run = _Photos(CachedDetector(weights), photos)
    for number in order[: limit or None]:
        photo = photos[number]
        frame = Frame(float(number), photo.read())
        run.ask(photo, frame)
        run.propose(photo, frame)
        if clicks:
            run.click(photo, frame)
    return run.tally.shares() | _reliability_figures(run.answers) | _pace(run.detector)


def _pace(detector: TinyDetector) -> dict[str, float]:
    """Return the processor time of one frame of 640x480, ms: the median of some."""
    rgb = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    times = []
    for _ in range(15):
        begin = time.process_time()
        TinyDetector.look(detector, rgb)  # not what was remembered
        times.append(1e3 * (time.process_time() - begin))
    return {'ms_per_frame': float(np.median(times))}
