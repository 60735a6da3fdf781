# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Precompute the frozen backbone's features of drawn scenes, in memory-mapped shards.

A shard is a folder of .npy files: `fine`, `middle`, `coarse` (float16 feature maps), `owner` (of
the cells of the three levels), `boxes`, `counts`, and one row for each RoI: `vectors` (float16),
`concepts`, `instances`, `colors`, `kinds`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import json
from pathlib import Path
import time
from typing import Any

from follow_anything.core.geometry import ious
from follow_anything.models.detection.tiny.image import CANVAS_PX, query_canvas, STRIDES
from follow_anything.models.detection.tiny.network import roi_vectors
from follow_anything.models.runtime.onnx_session import open_session
from follow_anything.training.detector.heads.backbone import imagenet_backbone, write_backbone
from follow_anything.training.detector.pictures.library import Library
from follow_anything.training.detector.pictures.scene import closer, resized, Scene, SIDE_PX
from follow_anything.training.detector.pictures.scenes import make_scene, street_scene
import numpy as np
import torch
from torch import Tensor

__all__ = [
    'BACKGROUND',
    'IN_SCENE',
    'MOST_OBJECTS',
    'QUERY',
    'Extractor',
    'draw_scenes',
    'write_shards',
]

IN_SCENE, QUERY, BACKGROUND = 0, 1, 2
"""Kinds of RoIs: a thing in a scene, the same cut out as an image query, and nothing."""

MOST_OBJECTS = 16
CALIBRATION_SCENES = 48
JITTERS = (0.05, 0.1)
"""Of the two boxes of a thing, in its sides: as near as the detector's own come."""

STREETS = 0.15
"""Share of scenes that are pictures of the simulator's street, where there are any."""

CLOSER = 0.2
"""Share of scenes of which only a part is shown, enlarged."""


class Extractor:
    """
    The shipped backbone by onnxruntime, on one thread; RoIs by torch.

    :param graph: what backbone.py wrote.
    """

    def __init__(self, graph: Path) -> None:
        self.backbone = imagenet_backbone()
        self._session = open_session(graph)

    def levels(self, images: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """Compute the features of uint8 pictures (B, H, W, 3)."""
        _, fine, middle, coarse = self._session.run(None, {'image': images})
        return torch.from_numpy(fine), torch.from_numpy(middle), torch.from_numpy(coarse)

    @torch.inference_mode()
    def rois(
        self, images: np.ndarray, levels: tuple[Tensor, Tensor, Tensor], rois: np.ndarray
    ) -> np.ndarray:
        """Describe RoIs (K, 5): float16 (K, ROI_CHANNELS)."""
        picture = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1.0
        vectors = roi_vectors(self.backbone, picture, levels, torch.from_numpy(rois).float())
        result: np.ndarray = vectors.numpy().astype(np.float16)
        return result


def cell_owners(owner: np.ndarray) -> np.ndarray:
    """Sample the owner at the middle of each cell: uint8 (cells,)."""
    return np.concatenate([owner[s // 2 :: s, s // 2 :: s].reshape(-1) for s in STRIDES])


def _empty_boxes(rng: np.random.Generator, boxes: np.ndarray, count: int) -> np.ndarray:
    """Draw boxes that hold no object, or only a part of one."""
    kept: list[np.ndarray] = []
    for _ in range(60):
        size = np.exp(rng.uniform(np.log(30), np.log(200), 2))
        corner = rng.uniform(0, CANVAS_PX - size.clip(max=CANVAS_PX - 2))
        box = np.concatenate([corner, (corner + size).clip(max=CANVAS_PX)])
        if not len(boxes) or ious(boxes, box[None]).max() < 0.2:
            kept.append(box)
        if len(kept) == count:
            break
    return np.array(kept, np.float32).reshape(-1, 4)


def draw_scenes(
    rng: np.random.Generator, library: Library, streets: Path, count: int
) -> Iterator[Scene]:
    """Draw scenes as large as the detector's canvas: sharp ones, enlarged ones, parts of some."""
    records: list[dict[str, Any]] = []
    for path in sorted(streets.glob('*.json')):
        records += json.loads(path.read_text())
    for _ in range(count):
        if records and rng.random() < STREETS:
            scene = street_scene(rng, streets, records[rng.integers(len(records))], library)
        else:
            side = SIDE_PX if rng.random() < 0.5 else CANVAS_PX
            scene = make_scene(rng, library, side=side)
        if rng.random() < CLOSER and len(scene.boxes):
            scene = closer(rng, scene)
        yield resized(scene, CANVAS_PX)


def make_shard(
    library: Library, streets: Path, extractor: Extractor, scenes: int, seed: int, maps: bool
) -> dict[str, np.ndarray]:
    """
    Draw scenes and describe them.

    :param maps: keep the feature maps too, for the boxes; 552 KB a scene.
    """
    rng = np.random.default_rng([seed, 3])
    rows: dict[str, list[Any]] = {
        key: []
        for key in (
            *(('fine', 'middle', 'coarse', 'owner', 'boxes', 'counts') if maps else ()),
            *('vectors', 'concepts', 'instances', 'colors', 'kinds', 'scenes'),
        )
    }
    for number, scene in enumerate(draw_scenes(rng, library, streets, scenes)):
        count = min(len(scene.boxes), MOST_OBJECTS)
        image, boxes = scene.image[None], scene.boxes[:count]
        levels = extractor.levels(image)
        if maps:
            for key, level in zip(('fine', 'middle', 'coarse'), levels, strict=True):
                rows[key].append(level[0].numpy().astype(np.float16))
            rows['owner'].append(cell_owners(scene.owner))
            padded = np.zeros((MOST_OBJECTS, 4), np.float32)
            padded[:count] = boxes
            rows['boxes'].append(padded)
            rows['counts'].append(count)
        sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
        jittered = [boxes + sides * rng.normal(0, sigma, sides.shape) for sigma in JITTERS]
        empty = _empty_boxes(rng, boxes, 2)
        rois = np.concatenate([*jittered, empty]).astype(np.float32)
        if not len(rois):
            continue
        rois = np.hstack([np.zeros((len(rois), 1), np.float32), rois])
        rows['vectors'].append(extractor.rois(image, levels, rois))
        kinds = [IN_SCENE] * (2 * count) + [BACKGROUND] * len(empty)
        chosen = [*range(count), *range(count)]
        if count:
            k = int(rng.integers(count))
            x1, y1, x2, y2 = boxes[k].astype(int)
            canvas, box = query_canvas(scene.image[y1:y2, x1:x2])
            roi = np.concatenate([[0.0], box])[None].astype(np.float32)
            rows['vectors'].append(
                extractor.rois(canvas[None], extractor.levels(canvas[None]), roi)
            )
            kinds.append(QUERY)
        nothing = [-1] * len(empty)
        last = [k] if count else []
        pick = np.array([*chosen, *nothing, *last], int)
        known = pick >= 0
        safe = pick.clip(0)
        rows['kinds'].append(np.array(kinds, np.int8))
        for key in ('concepts', 'instances'):
            values = getattr(scene, key)
            rows[key].append(
                np.where(known, values[safe], -1) if count else np.full(len(pick), -1)
            )
        colors = np.full((len(pick), scene.colors.shape[1]), -1, np.int8)
        colors[known] = scene.colors[pick[known]]
        rows['colors'].append(colors)
        rows['scenes'].append(np.full(len(pick), number, np.int32))
    result = {}
    for key, values in rows.items():
        per_scene = key in ('fine', 'middle', 'coarse', 'owner', 'boxes', 'counts')
        result[key] = np.stack(values) if per_scene else np.concatenate(values)
    return result


def write_shards(
    library: Library,
    streets: Path,
    out: Path,
    count: int,
    scenes: int,
    with_maps: int,
    prefix: str,
) -> None:
    """
    Write shards; those that exist are kept, and several processes may write side by side.

    The backbone's graph is written beside them, as `backbone.onnx`, if it is not there.

    :param count: how many. :param scenes: in each. :param with_maps: the first so many keep maps.
    :param prefix: 'train' or 'val'; decides the seeds.
    """
    out.mkdir(parents=True, exist_ok=True)
    graph = out / 'backbone.onnx'
    with _claimed(graph) as mine:
        if mine:
            sample = draw_scenes(np.random.default_rng(7), library, streets, CALIBRATION_SCENES)
            write_backbone(imagenet_backbone(), [scene.image for scene in sample], graph)
    extractor = Extractor(graph)
    for number in range(count):
        path = out / f'{prefix}_{number:04d}'
        with _claimed(path, wait=False) as mine:
            if not mine:
                continue
            begin = time.perf_counter()
            seed = number + (1_000_000 if prefix == 'val' else 0)
            arrays = make_shard(library, streets, extractor, scenes, seed, number < with_maps)
            partial = path.with_suffix('.part')
            partial.mkdir(exist_ok=True)
            for key, value in arrays.items():
                np.save(partial / f'{key}.npy', value)
            partial.rename(path)
            rate = scenes / (time.perf_counter() - begin)
            print(f'{path.name}: {rate:.1f} scenes/s', flush=True)


@contextmanager
def _claimed(path: Path, wait: bool = True) -> Iterator[bool]:
    """Yield whether this process is to make a file or folder: nobody has, nobody else does."""
    with path.with_suffix('.lock').open('w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield not path.exists()
