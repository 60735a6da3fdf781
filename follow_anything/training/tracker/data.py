# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Shards of scenes, read by the frozen half of the trunk, and training batches from shards.

What is cached is the trunk's stride 8: the blocks behind it learn. A shard is one folder of plain
.npy files, written under a temporary name and renamed when complete, so that training may start
while more are made. Features are cached in float16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
import tempfile
import time

import cv2
from follow_anything.core.errors import SourceError
from follow_anything.models.backbone import imagenet_trunk, Trunk
from follow_anything.models.runtime.onnx_session import open_session
from follow_anything.models.tracking.tiny.graphs import inside_share
from follow_anything.training.tracker.pictures.filmed import film, scene_of
from follow_anything.training.tracker.pictures.library import Library
from follow_anything.training.tracker.pictures.scenes import make_scene, OBJECTS, Scene
import numpy as np
import torch
from torch import nn, Tensor

__all__ = ['Batches', 'extractor', 'make_films', 'make_shards', 'read_scenes']

SEARCHES = 3
FULL_CELLS = 12
FILM, FILMED = 'film', 0.56
"""In the name of filmed shards; share of the pairs that are drawn from them."""

HELD_OUT_FILMS = 100_000
"""Seeds of the films kept for validation begin here."""

Extractor = Callable[[np.ndarray], np.ndarray]


class _Lower(nn.Module):
    """The half of the trunk that does not learn."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk = trunk

    def forward(self, image: Tensor) -> Tensor:
        return self.trunk.lower(image)


def extractor(trunk: Trunk) -> Extractor:
    """
    Run the frozen half of the trunk by onnxruntime on one thread: a third faster than torch.

    :returns: uint8 RGB crops (N, side, side, 3) -> stride 8, (N, 40, side/8, side/8) float16.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'trunk.onnx'
        axes = {'image': {0: 'n', 2: 'h', 3: 'w'}, 'features': {0: 'n', 2: 'h', 3: 'w'}}
        torch.onnx.export(
            _Lower(trunk),
            (torch.zeros(2, 3, 64, 64),),
            str(path),
            input_names=['image'],
            output_names=['features'],
            dynamic_axes=axes,
            dynamo=False,
        )
        session = open_session(path)

    def run(images: np.ndarray) -> np.ndarray:
        batch = np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32) / 127.5 - 1.0
        return np.asarray(session.run(None, {'image': batch})[0], np.float16)

    return run


def read_scenes(scenes: Iterable[Scene], features: Extractor) -> dict[str, np.ndarray]:
    """Let the frozen half of the trunk read scenes; arrays whose first axis is the scene."""
    rows: dict[str, list[np.ndarray]] = {
        k: [] for k in ('search', 'template', 'template_boxes', 'boxes', 'visible')
    }
    for scene in scenes:
        crops = scene.templates.reshape(-1, *scene.templates.shape[2:])
        template = features(crops)
        rows['search'].append(features(scene.searches))
        rows['template'].append(template.reshape(OBJECTS, 2, *template.shape[1:]))
        rows['template_boxes'].append(scene.template_boxes)
        rows['boxes'].append(scene.boxes)
        rows['visible'].append(scene.visible)
    return {k: np.stack(v) for k, v in rows.items()}


def _part(
    rng: np.random.Generator,
    region: np.ndarray,
    box: np.ndarray,
    seen: float,
    cells: int,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Cut cells x cells out of a region; box and visible share follow."""
    row, column = rng.integers(0, FULL_CELLS - cells + 1, 2)
    top, left, side = 2 * row, 2 * column, 2 * cells
    grid = region[:, top : top + side, left : left + side]
    before = (box[2:].clip(0, 1) - box[:2].clip(0, 1)).prod()
    offset = np.array([column, row, column, row])
    box = ((box * FULL_CELLS - offset) / cells).astype(np.float32)
    after = (box[2:].clip(0, 1) - box[:2].clip(0, 1)).prod() * (cells / FULL_CELLS) ** 2
    return grid, box, seen * after / max(before, 1e-6)


class Batches:
    """
    Random (search region, target) pairs out of a growing folder of shards.

    :param folder: where the shards are.
    :param prefix: 'train' or 'val'.
    :param centred: share of pairs that ask for the object the region was cut around.
    """

    def __init__(self, folder: Path, prefix: str, centred: float = 0.7) -> None:
        self.folder, self.prefix, self.centred = folder, prefix, centred
        self.composed: list[dict[str, np.ndarray]] = []
        self.filmed: list[dict[str, np.ndarray]] = []
        self.names: set[str] = set()
        self.refresh()

    def refresh(self) -> int:
        """
        Open shards that appeared since; returns the number of scenes.

        :raises SourceError: a shard was made by an earlier version.
        """
        for path in sorted(self.folder.glob(f'{self.prefix}_*')):
            if path.name not in self.names and path.suffix != '.part':
                shard = {p.stem: np.load(p, mmap_mode='r') for p in path.glob('*.npy')}
                if shard['search'].ndim != 5:
                    raise SourceError(
                        f'{path} was made by an earlier version: expected (scenes, regions, '
                        f'channels, height, width), got {shard["search"].shape}; delete '
                        f'{self.folder} and make it anew (train tracker --steps data)'
                    )
                (self.filmed if FILM in path.name else self.composed).append(shard)
                self.names.add(path.name)
        return sum(len(shard['boxes']) for shard in (*self.composed, *self.filmed))

    def _shard(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        is_filmed = bool(self.filmed) and (not self.composed or rng.random() < FILMED)
        shards = self.filmed if is_filmed else self.composed
        # the newest shards are seen least often so far: prefer them
        return shards[int(rng.integers(len(shards), size=2).max())]

    def draw(
        self,
        rng: np.random.Generator,
        size: int,
        templates: int,
        cells: int = 12,
    ) -> dict[str, torch.Tensor]:
        """
        Draw a batch.

        :param templates: templates per sample; the first frame's is always among them.
        :param cells: side of the search region; below 12, a random part of the cached one.
        :returns: search (B, 40, H, W) and templates (B, T, 40, 12, 12) of the trunk's stride 8,
            inside (B, T, M), boxes (B, 4), and present (B,): 1 visible, 0 absent or hidden, nan
            where it is doubtful.
        """
        search: list[np.ndarray] = []
        template, spans, boxes, present = [], [], [], []
        while len(search) < size:
            shard = self._shard(rng)
            i, s = rng.integers(len(shard['boxes'])), rng.integers(SEARCHES)
            k = s % OBJECTS if rng.random() < self.centred else rng.integers(OBJECTS)
            seen = float(shard['visible'][i, s, k])
            if seen < 0:
                continue
            box = shard['boxes'][i, s, k]
            source, j = shard, i
            if rng.random() < 0.06:
                # somebody else's template: certainly absent
                j = (i + 1 + rng.integers(len(shard['boxes']) - 1)) % len(shard['boxes'])
                seen = 0.0
            order = [0] if templates == 1 else [0, 1] * (templates // 2)
            if templates > 1 and rng.random() < 0.25:
                order = [0] * templates
            elif templates == 1 and rng.random() < 0.25:
                order = [1]
            region = shard['search'][i, s]
            if cells < FULL_CELLS:
                region, box, seen = _part(rng, region, box, seen, cells)
            search.append(region)
            template.append(source['template'][j, k][order])
            spans.append(source['template_boxes'][j, k][order])
            boxes.append(box)
            present.append(1.0 if seen >= 0.35 else 0.0 if seen <= 0.12 else np.nan)
        span = torch.from_numpy(np.stack(spans))
        side = template[0].shape[-1] // 2
        inside = inside_share(span.flatten(0, 1), side).unflatten(0, (size, templates))
        return {
            'search': torch.from_numpy(np.stack(search)).float(),
            'templates': torch.from_numpy(np.stack(template)).float(),
            'inside': inside.float(),
            'boxes': torch.from_numpy(np.stack(boxes)),
            'present': torch.tensor(present, dtype=torch.float32),
        }


def make_shards(
    assets: Path,
    out: Path,
    shards: int,
    scenes: int = 192,
    held_out: bool = False,
    seed: int = 1,
    labelled: Path | None = None,
    workers: int = 0,
) -> None:
    """
    Make shards of composed scenes until there are enough; a stopped run goes on where it was.

    :param scenes: of a shard. :param held_out: of the assets kept for validation.
    :param labelled: folder of labelled photographs.
    :param workers: processes that share the work; 0: this one does it.
    """
    paths = {n: out / f'{_prefix(held_out)}_{seed:02d}{n:04d}' for n in range(shards)}
    _share(partial(_composer, assets, scenes, held_out, seed, labelled), paths, workers)


def make_films(
    out: Path,
    shards: int,
    films: int = 5,
    scenes: int = 40,
    held_out: bool = False,
    workers: int = 0,
) -> None:
    """
    Make shards of scenes filmed in the simulator, like make_shards().

    :param films: of a shard. :param scenes: of a film. :param held_out: films of other seeds.
    """
    paths = {n: out / f'{_prefix(held_out)}_{FILM}{n:04d}' for n in range(shards)}
    _share(partial(_filmer, films, scenes, held_out), paths, workers)


def _prefix(held_out: bool) -> str:
    return 'val' if held_out else 'train'


def _composer(
    assets: Path, scenes: int, held_out: bool, seed: int, labelled: Path | None
) -> Callable[[int], Iterable[Scene]]:
    library = Library(assets, held_out, labelled)

    def compose(number: int) -> Iterable[Scene]:
        rng = np.random.default_rng((seed * 10_000 + number) * 2 + held_out)
        return (make_scene(rng, library, SEARCHES) for _ in range(scenes))

    return compose


def _filmer(films: int, scenes: int, held_out: bool) -> Callable[[int], Iterable[Scene]]:
    def shoot(number: int) -> Iterable[Scene]:
        for seed in range(films * number, films * (number + 1)):
            own = seed + HELD_OUT_FILMS * held_out
            rng, made = np.random.default_rng(own), film(own)
            drawn = (scene_of(rng, made, SEARCHES) for _ in range(scenes))
            yield from (scene for scene in drawn if scene is not None)

    return shoot


def _share(
    begin: Callable[[], Callable[[int], Iterable[Scene]]], paths: dict[int, Path], workers: int
) -> None:
    """Let processes make what is missing of the paths; begin() gives the scenes of a number."""
    missing = {number: path for number, path in paths.items() if not path.exists()}
    if not missing:
        return
    if workers == 0:
        _make(begin, missing)
        return
    with ProcessPoolExecutor(workers, get_context('spawn')) as pool:
        numbers = sorted(missing)
        parts = [numbers[first::workers] for first in range(min(workers, len(numbers)))]
        jobs = [pool.submit(_make, begin, {n: missing[n] for n in part}) for part in parts]
        for job in jobs:
            job.result()


def _make(begin: Callable[[], Callable[[int], Iterable[Scene]]], paths: dict[int, Path]) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    scenes_of, features = begin(), extractor(imagenet_trunk())
    for number, path in paths.items():
        started = time.perf_counter()
        arrays = read_scenes(scenes_of(number), features)
        partial_path = path.with_suffix('.part')
        partial_path.mkdir(parents=True, exist_ok=True)
        for key, value in arrays.items():
            np.save(partial_path / f'{key}.npy', value)
        partial_path.rename(path)
        rate = len(arrays['boxes']) / (time.perf_counter() - started)
        print(f'{path.name}: {rate:.1f} scenes/s', flush=True)
