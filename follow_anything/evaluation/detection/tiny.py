# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Accuracy of the tiny detector on held-out scenes.

The scenes come from `train detector --stage test`. Text, image and colour queries are measured on
the boxes the detector itself proposes (end to end), text also on true boxes; absent things by the
share of queries that are accepted, at every threshold, in one frame and over five frames of a
second.
"""

from __future__ import annotations

from collections.abc import Iterator
import json
from pathlib import Path
import time
from typing import Any

import cv2
from follow_anything.core.errors import BadQuery, SourceError
from follow_anything.core.geometry import ious
from follow_anything.core.types import Click, Detections, FloatArray, Frame, Query, UInt8Array
from follow_anything.evaluation.detection.text_to_photo import text_to_photo
from follow_anything.models.detection.tiny.detector import RegionFeatures, TinyDetector
from follow_anything.models.detection.tiny.image import PIXELS
import numpy as np

__all__ = [
    'CachedDetector',
    'DetectorBench',
    'measure',
    'read_scenes',
]

HIT_IOU = 0.5
CONFIRM_FRAMES, CONFIRM_AGREE = 5, 4
"""A second at the detector's usual rate; so many of its frames must agree on one place."""

MOST_FAILURES = 200
"""So many of a kind are kept, to be shown some of."""

Scene = dict[str, Any]
Failure = tuple[str, UInt8Array, list[float], list[float]]
"""Query, picture, the right box and the answer."""


class CachedDetector(TinyDetector):
    """A tiny detector that runs its network once a picture, however many queries follow."""

    def __init__(self, folder: Path | None) -> None:
        super().__init__(folder=folder)
        self._seen: dict[tuple[int, int, bytes], tuple[UInt8Array, RegionFeatures]] = {}

    def look(
        self, rgb: UInt8Array, interest: FloatArray | None = None, pixels: int = PIXELS
    ) -> RegionFeatures:
        """Run the network on a picture; the output of the last picture is kept."""
        key = (id(rgb), pixels, b'' if interest is None else np.asarray(interest).tobytes())
        if key not in self._seen:
            if len(self._seen) > 16:
                self._seen.clear()
            self._seen[key] = (rgb, super().look(rgb, interest, pixels))  # keeps the id
        return self._seen[key][1]


def read_scenes(folder: Path) -> tuple[dict[str, list[Scene]], list[str]]:
    """
    Read the list of scenes and the taught names.

    :raises SourceError: the folder is not complete.
    """
    path = folder / 'test.json'
    if not path.is_file():
        raise SourceError(f'{path} is missing; run: follow_anything train detector --stage test')
    data = json.loads(path.read_text(encoding='utf-8'))
    return data['scenes'], data['taught']


def _overlaps(boxes: FloatArray, box: FloatArray) -> FloatArray:
    return ious(boxes, box[None])[:, 0]


def _mean(values: list[Any]) -> float:
    return float(np.mean(values)) if values else float('nan')


class DetectorBench:
    """
    One run over the test scenes.

    :param folder: of the scenes. :param weights: folder of the weights, None: the shipped ones.
    :param limit: of scenes of each kind, 0 for all.
    """

    def __init__(self, folder: Path, weights: Path | None = None, limit: int = 0) -> None:
        self.folder, self.detector = folder, CachedDetector(weights)
        scenes, self.taught = read_scenes(folder)
        self.scenes = {kind: rows[: limit or None] for kind, rows in scenes.items()}
        self.failures: dict[str, list[Failure]] = {}

    def frames(self, kind: str) -> Iterator[tuple[Scene, Frame, FloatArray]]:
        """Yield scene, frame and true boxes (N, 4)."""
        for place, scene in enumerate(self.scenes.get(kind, [])):
            if len(scene['objects']) >= 2:
                boxes = np.array([o['box'] for o in scene['objects']], np.float32)
                yield scene, Frame(float(place), self.picture(scene)), boxes

    def picture(self, scene: Scene) -> UInt8Array:
        """Read a scene's picture."""
        image = cv2.imread(str(self.folder / scene['image']))
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))

    def ask(self, query: Query, frame: Frame) -> Detections:
        """Return the answer to a query; empty when it was refused."""
        try:
            self.detector.set_query(query, frame)
        except BadQuery:
            return Detections.empty(frame.stamp)
        return self.detector.detect(frame)

    def recall(self, kind: str) -> dict[str, float]:
        """Return the share of objects that one of the best boxes covers."""
        hits: dict[str, list[bool]] = {}
        for _, frame, truth in self.frames(kind):
            found = self.detector.look(frame.rgb)
            for box in truth:
                iou = _overlaps(found.boxes, box)
                side = float(np.sqrt((box[2:] - box[:2]).prod()))
                size = 'small' if side < 40 else 'large' if side > 70 else 'medium'
                for count in (5, 10, 20):
                    met = bool((iou[:count] >= HIT_IOU).any())
                    hits.setdefault(f'recall_{count}', []).append(met)
                hits.setdefault(f'recall_20_{size}', []).append(met)
        return {f'{kind}_{key}': _mean(values) for key, values in hits.items()}

    def text(self, kind: str) -> dict[str, float]:
        """Text queries by name, on true boxes and end to end; names known and not known."""
        rows: dict[str, list[bool]] = {}
        for scene, frame, truth in self.frames(kind):
            for k, thing in enumerate(scene['objects']):
                if not thing['name']:
                    continue
                status = 'known' if thing['taught'] else 'unseen'
                right = [thing['name'] in other['fits'] for other in scene['objects']]
                query = Query(texts=(thing['name'],))
                try:
                    self.detector.set_query(query)
                except BadQuery:
                    rows.setdefault(f'{status}_end', []).append(False)
                    continue
                looked = self.detector.look(frame.rgb, truth).rows(slice(0, len(truth)))
                order = np.argsort(-self.detector.score(looked, self.detector.query)[0])
                rows.setdefault(f'{status}_true_top1', []).append(right[order[0]])
                rows.setdefault(f'{status}_true_top3', []).append(any(right[j] for j in order[:3]))
                answer = self.detector.detect(frame)
                hit = self._hit(answer, truth[right])
                rows.setdefault(f'{status}_end', []).append(hit)
                if not hit and len(answer):
                    self._remember(kind, f'"{thing["name"]}"', frame, truth[k], answer)
        return {f'{kind}_text_{key}': _mean(values) for key, values in rows.items()}

    def _hit(self, answer: Detections, goals: FloatArray) -> bool:
        """Tell whether the best candidate lies on one of the goals."""
        return bool(len(answer)) and bool(
            (_overlaps(goals, np.asarray(answer.box(0).xyxy)) >= HIT_IOU).any()
        )

    def _remember(
        self, kind: str, label: str, frame: Frame, truth: FloatArray, answer: Detections
    ) -> None:
        rows = self.failures.setdefault(kind, [])
        if len(rows) < MOST_FAILURES:
            best = [float(v) for v in answer.box(0).xyxy]
            rows.append((label, frame.rgb, [float(v) for v in truth], best))

    def colors(self) -> dict[str, float]:
        """Colour and name, each name in two colours in one scene."""
        end, true = [], []
        for scene, frame, truth in self.frames('colors'):
            for thing in scene['objects']:
                if not (thing['color'] and thing['taught']):
                    continue
                right = [
                    thing['name'] in other['fits'] and thing['color'] == other['color']
                    for other in scene['objects']
                ]
                answer = self.ask(Query(texts=(f'{thing["color"]} {thing["name"]}',)), frame)
                end.append(self._hit(answer, truth[right]))
                looked = self.detector.look(frame.rgb, truth).rows(slice(0, len(truth)))
                scores = self.detector.score(looked, self.detector.query)[0]
                true.append(right[int(scores.argmax())])
        return {'color_name_end': _mean(end), 'color_name_true': _mean(true)}

    def pointing(self) -> dict[str, float]:
        """Clicks, and pictures of the same thing cut from another scene."""
        clicks, shares, refused, images, looks = [], [], [], [], []
        places: dict[int, list[tuple[int, int]]] = {}
        scenes = self.scenes['held_out']
        for index, scene in enumerate(scenes):
            for k, thing in enumerate(scene['objects']):
                places.setdefault(thing['instance'], []).append((index, k))
        rng = np.random.default_rng(0)
        for scene, frame, truth in self.frames('held_out'):
            index = int(frame.stamp)
            if scene.get('nothing'):
                refused.append(not len(self.ask(Query(clicks=(Click(*scene['nothing']),)), frame)))
            for k, thing in enumerate(scene['objects']):
                x, y = thing['click']
                answer = self.ask(Query(clicks=(Click(x, y),)), frame)
                clicks.append(self._hit(answer, truth[k : k + 1]))
                shares.append(_overlaps(answer.boxes[:1], truth[k])[0] if len(answer) else 0.0)
                if not clicks[-1] and len(answer):
                    shown = cv2.circle(frame.rgb.copy(), (x, y), 5, (255, 230, 0), -1)
                    self._remember('click', 'click', Frame(frame.stamp, shown), truth[k], answer)
                others = [p for p in places[thing['instance']] if p[0] != index]
                if not others:
                    continue
                other, j = others[rng.integers(len(others))]
                donor = scenes[other]
                x1, y1, x2, y2 = (int(v) for v in donor['objects'][j]['box'])
                crop = np.ascontiguousarray(self.picture(donor)[y1:y2, x1:x2])
                if min(crop.shape[:2]) < 8:
                    continue
                answer = self.ask(Query(images=(crop,)), frame)
                images.append(self._hit(answer, truth[k : k + 1]))
                looked = self.detector.look(frame.rgb, truth).rows(slice(0, len(truth)))
                looks.append(
                    int(self.detector.score(looked, self.detector.query)[0].argmax()) == k
                )
        return {
            'click_end': _mean(clicks),
            'click_iou': _mean(shares),
            'click_nothing_refused': _mean(refused),
            'image_end': _mean(images),
            'image_true': _mean(looks),
        }

    def absence(self, kind: str) -> dict[str, Any]:
        """
        Ask for things that are there and for things that are not; how often each is accepted.

        :returns: curve_<single or confirmed>: rows (threshold, present found, absent accepted).
        """
        rng = np.random.default_rng(1)
        scores: dict[str, list[float]] = {k: [] for k in ('yes1', 'no1', 'yes5', 'no5')}
        names = [n for n in self.taught if self.detector.texts.understand(n).is_taught]
        for scene, frame, truth in self.frames(kind):
            fits = set().union(*(o['fits'] for o in scene['objects']))
            unnamed = any(not o['name'] for o in scene['objects'])
            named = [o for o in scene['objects'] if o['taught']]
            views = list(_second(rng, frame))
            if named:
                name = named[rng.integers(len(named))]['name']
                goals = truth[[name in o['fits'] for o in scene['objects']]]
                self._two_scores(name, frame, views, scores, 'yes', goals)
            absent = names[rng.integers(len(names))]
            if absent not in fits and not unnamed:
                self._two_scores(absent, frame, views, scores, 'no', None)
        result: dict[str, Any] = {}
        for label, suffix in (('single', '1'), ('confirmed', '5')):
            yes, no = np.array(scores[f'yes{suffix}']), np.array(scores[f'no{suffix}'])
            steps = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
            result[f'{kind}_curve_{label}'] = [
                [t, float((yes >= t).mean()), float((no >= t).mean())] for t in steps
            ]
        return result

    def _two_scores(
        self,
        name: str,
        frame: Frame,
        views: list[tuple[Frame, FloatArray]],
        scores: dict[str, list[float]],
        key: str,
        goals: FloatArray | None,
    ) -> None:
        """Append the best score in one frame, and the one that holds over a second."""
        best = self.ask(Query(texts=(name,)), frame)
        met = goals is None or self._hit(best, goals)
        scores[f'{key}1'].append(float(best.scores[0]) if len(best) and met else 0.0)
        tops, places = [], []
        for view, back in views:
            answer = self.detector.detect(view)
            if len(answer):
                tops.append(float(answer.scores[0]))
                corners = answer.boxes[0].reshape(2, 2)
                places.append((corners @ back[:, :2].T + back[:, 2]).reshape(-1))
        level = 0.0
        for place in places:
            same = _overlaps(np.array(places), place) >= HIT_IOU
            agreed = np.sort(np.array(tops)[same])[::-1]
            if len(agreed) >= CONFIRM_AGREE and (
                goals is None or (_overlaps(goals, place) >= HIT_IOU).any()
            ):
                level = max(level, float(agreed[CONFIRM_AGREE - 1]))
        scores[f'{key}5'].append(level)

    def street(self) -> dict[str, float]:
        """Text queries for people, cars and dogs on the simulator's street."""
        rows: dict[str, list[bool]] = {}
        for scene, frame, truth in self.frames('street'):
            for name in ('person', 'man', 'woman', 'car', 'dog'):
                right = [name in o['fits'] for o in scene['objects']]
                if any(right):
                    answer = self.ask(Query(texts=(name,)), frame)
                    hit = self._hit(answer, truth[right])
                    rows.setdefault(name, []).append(hit)
                    if not hit and len(answer):
                        self._remember('street', f'"{name}"', frame, truth[right][0], answer)
        return {f'street_{name}': _mean(values) for name, values in rows.items()}

    def speed(self, repeats: int = 30) -> dict[str, float]:
        """Processor time of a frame of 640 x 480 and of a click on it, one thread, ms."""
        scene = self.scenes['held_out'][0]
        rgb = cv2.resize(self.picture(scene), (640, 480))
        detector, person = TinyDetector(), Query(texts=('person',))
        # the pictures of the test are squares of 320 pixels
        x, y = scene['objects'][0]['click']
        pointed = Query(clicks=(Click(2.0 * x, 1.5 * y),))
        frames, clicks = [], []
        for turn in range(repeats + 3):
            frame = Frame(float(turn), rgb)
            detector.set_query(person)
            begin = time.process_time()
            detector.detect(frame)
            frames.append(1e3 * (time.process_time() - begin))
            begin = time.process_time()
            detector.set_query(pointed, frame)
            clicks.append(1e3 * (time.process_time() - begin))
        return {
            'ms_per_frame': float(np.median(frames[3:])),
            'ms_per_frame_p90': float(np.quantile(frames[3:], 0.9)),
            'ms_per_click': float(np.median(clicks[3:])),
        }


def _second(rng: np.random.Generator, frame: Frame) -> Iterator[tuple[Frame, FloatArray]]:
    """
    Make five frames of a second from one: the camera moves, the light and the noise change.

    :returns: frames, and the affine maps (2, 3) back to the first.
    """
    size = (frame.width, frame.height)
    for step in range(CONFIRM_FRAMES):
        turn = cv2.getRotationMatrix2D(
            (size[0] / 2, size[1] / 2), rng.normal(0, 1.5), rng.uniform(0.94, 1.08)
        )
        turn[:, 2] += rng.normal(0, 6, 2)
        moved = cv2.warpAffine(frame.rgb, turn, size, borderMode=cv2.BORDER_REFLECT_101)
        light = moved * rng.uniform(0.92, 1.08) + rng.normal(0, 4, moved.shape)
        view = Frame(frame.stamp + 0.2 * (step + 1), light.clip(0, 255).astype(np.uint8))
        yield view, cv2.invertAffineTransform(turn)


def measure(
    folder: Path, weights: Path | None = None, limit: int = 0, photos: Path | None = None
) -> tuple[dict[str, Any], DetectorBench]:
    """
    Measure everything.

    :returns: flat figures, and the bench with its failures.
    """
    bench = DetectorBench(folder, weights, limit)
    figures: dict[str, Any] = {}
    for kind in ('held_out', 'trained'):
        figures |= bench.recall(kind) | bench.text(kind)
    figures |= bench.colors() | bench.pointing()
    figures |= bench.absence('held_out') | bench.absence('trained') | bench.street()
    if photos is not None:
        figures |= text_to_photo(bench.detector, photos)
    figures |= bench.speed()
    figures['concepts_taught'] = int(bench.detector.texts.taught.sum())
    figures['scenes'] = sum(len(rows) for rows in bench.scenes.values())
    return figures, bench
