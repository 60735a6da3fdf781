# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Train the heads of the tiny detector on cached features; resumable at any checkpoint.

Boxes and RoIs are trained apart, each by a cosine over a budget of minutes of processor time: both
only read the frozen backbone.
"""

from __future__ import annotations

from pathlib import Path

from follow_anything.models.detection.tiny.boxes import BoxModel
from follow_anything.models.detection.tiny.image import CANVAS_PX, STRIDES
from follow_anything.models.detection.tiny.network import RoiHead, TinyConfig
from follow_anything.training.detector.heads.features import BACKGROUND, IN_SCENE, QUERY
from follow_anything.training.detector.heads.loss import (
    box_loss,
    color_loss,
    concept_loss,
    Concepts,
    instance_loss,
)
from follow_anything.training.detector.heads.refinement import draw_roi_samples, refinement_loss
from follow_anything.training.loop import Loop
import numpy as np
import torch
from torch import nn, Tensor
from torchvision.ops import box_iou

__all__ = ['FeatureMaps', 'RoiSamplesInMemory', 'cell_places', 'train_boxes', 'train_rois']


def cell_places(height: int, width: int) -> Tensor:
    """Return x, y of the middle and stride of every cell of the three levels, (N, 3)."""
    places = []
    for stride in STRIDES:
        y, x = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing='ij'
        )
        middle = torch.stack([x, y], -1).reshape(-1, 2) * stride + stride / 2
        places.append(torch.cat([middle, torch.full((len(middle), 1), float(stride))], 1))
    return torch.cat(places)


class FeatureMaps:
    """Feature maps of scenes, memory-mapped from the shards that keep them."""

    KEYS = ('fine', 'middle', 'coarse')

    def __init__(self, folder: Path, prefix: str) -> None:
        paths = [p for p in sorted(folder.glob(f'{prefix}_????')) if (p / 'fine.npy').exists()]
        self._shards = [
            {
                key: np.load(p / f'{key}.npy', mmap_mode='r')
                for key in (*self.KEYS, 'owner', 'boxes', 'counts')
            }
            for p in paths
        ]
        self._index = [(s, k) for s, d in enumerate(self._shards) for k in range(len(d['counts']))]
        if not self._index:
            raise FileNotFoundError(f'no {prefix} shard with maps under {folder}')

    def __len__(self) -> int:
        """Return the number of scenes."""
        return len(self._index)

    def batch(self, chosen: np.ndarray) -> tuple[tuple[Tensor, ...], Tensor, Tensor, Tensor]:
        """Return levels, boxes (B, M, 4), counts (B,), owner (B, N) of scenes by number."""
        rows = [self._index[k] for k in chosen]
        levels = tuple(
            torch.from_numpy(np.stack([self._shards[s][key][k] for s, k in rows]))
            .float()
            .contiguous(memory_format=torch.channels_last)  # twice as fast, on a CPU
            for key in self.KEYS
        )
        boxes, counts, owner = (
            torch.from_numpy(np.stack([np.asarray(self._shards[s][key][k]) for s, k in rows]))
            for key in ('boxes', 'counts', 'owner')
        )
        return levels, boxes, counts, owner


class RoiSamplesInMemory:
    """All RoIs of the shards, in memory."""

    def __init__(self, folder: Path, prefix: str) -> None:
        paths = [p for p in sorted(folder.glob(f'{prefix}_????')) if p.is_dir()]
        if not paths:
            raise FileNotFoundError(f'no {prefix} shard under {folder}')

        def join(key: str) -> np.ndarray:
            return np.concatenate([np.load(p / f'{key}.npy') for p in paths])

        self.vectors = join('vectors')
        self.concepts, self.instances = join('concepts'), join('instances')
        self.colors, self.kinds = join('colors'), join('kinds')
        scenes = [np.load(p / 'scenes.npy') for p in paths]
        self.scenes = np.concatenate(
            [s.astype(np.int64) + 100_000 * k for k, s in enumerate(scenes)]
        )
        objects = np.flatnonzero((self.kinds != BACKGROUND) & (self.instances != -1))
        order = objects[np.argsort(self.instances[objects], kind='stable')]
        _, first = np.unique(self.instances[order], return_index=True)
        groups = np.split(order, first[1:])
        self.groups = [g for g in groups if len(np.unique(self.scenes[g])) > 1]
        self.empty = np.flatnonzero(self.kinds == BACKGROUND)
        self.objects = objects

    def draw(self, rng: np.random.Generator, groups: int, views: int, rest: int) -> np.ndarray:
        """Draw `views` RoIs of each of some things, `rest` of anything, and as many of nothing."""
        parts = []
        if self.groups:
            for k in rng.integers(len(self.groups), size=groups):
                parts.append(rng.choice(self.groups[k], min(views, len(self.groups[k])), False))
        parts.append(rng.choice(self.objects, rest))
        if len(self.empty):
            parts.append(rng.choice(self.empty, rest // 2))
        return np.concatenate(parts)

    def batch(self, chosen: np.ndarray) -> Tensor:
        """Return vectors (K, ROI_CHANNELS) float32."""
        return torch.from_numpy(self.vectors[chosen].astype(np.float32))


@torch.inference_mode()
def _recall(model: BoxModel, maps: FeatureMaps, count: int) -> dict[str, float]:
    """Share of objects that one of the best 20 boxes covers (IoU 0.5); mean IoU of the best."""
    limit, nothing = torch.full((4,), float(CANVAS_PX)), torch.zeros(0, 4)
    best: list[Tensor] = []
    for number in range(min(count, len(maps))):
        levels, truth, counts, _ = maps.batch(np.array([number]))
        found = model(levels, limit, nothing).boxes[:20]
        if int(counts[0]):
            best.append(box_iou(truth[0, : int(counts[0])], found).amax(1))
    joined = torch.cat(best)
    return {
        'val_recall20': float((joined >= 0.5).float().mean()),
        'val_iou': float(joined.mean()),
    }


def train_boxes(
    shards: Path,
    out: Path,
    minutes: float,
    batch: int = 12,
    start: dict[str, Tensor] | None = None,
) -> BoxModel:
    """
    Train the box head and the refinement head; returns them.

    :param start: weights to go on from.
    """
    maps, held_out = FeatureMaps(shards, 'train'), FeatureMaps(shards, 'val')
    model, cells = BoxModel(), cell_places(CANVAS_PX, CANVAS_PX)
    if start is not None:
        model.load_state_dict(start)
    model.to(memory_format=torch.channels_last)

    def step(rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        levels, truth, counts, owner = maps.batch(rng.integers(len(maps), size=batch))
        logits, boxes, fine = model.boxes(levels)
        first, parts = box_loss(logits, boxes, cells, truth, owner)
        asked = draw_roi_samples(rng, logits, boxes, truth, counts)
        moved, quality = model.second(fine, asked.rois)
        second, more = refinement_loss(moved, quality, asked)
        return first + second, parts | more

    Loop(model, out, 'boxes', minutes, 2e-3).run(step, lambda: _recall(model, held_out, 150))
    return model


class RoiModel(nn.Module):
    """The RoI head and its text side, trained together."""

    def __init__(self, words: Tensor) -> None:
        super().__init__()
        self.head = RoiHead()
        self.concepts = Concepts(words, TinyConfig().text)


@torch.inference_mode()
def _retrieval(
    model: RoiModel, rois: RoiSamplesInMemory, targets: Tensor, scenes: int
) -> dict[str, float]:
    """Text, image and colour queries on true boxes of held-out things."""
    rng = np.random.default_rng(0)
    inside = np.flatnonzero(rois.kinds == IN_SCENE)
    queries = {
        i: np.flatnonzero((rois.instances == i) & (rois.kinds == QUERY))
        for i in np.unique(rois.instances[rois.kinds == QUERY])
    }
    vectors = model.concepts.vectors()
    text_hits, image_hits, color_hits = [], [], []
    for scene in np.unique(rois.scenes)[:scenes]:
        rows = inside[rois.scenes[inside] == scene]
        rows = rows[: len(rows) // 2]  # the first of two jittered boxes of each object
        if len(rows) < 3:
            continue
        text, instance, color = model.head(rois.batch(rows))
        logits = model.concepts.logits(text, vectors)
        for k, row in enumerate(rows):
            concept = rois.concepts[row]
            if concept >= 0:
                rivals = targets[rois.concepts[rows], concept] * (
                    torch.tensor(rois.concepts[rows]) >= 0
                )
                rivals[k] = 0
                scores = logits[:, concept].clone()
                scores[rivals != 0] = -1e9  # others that the word fits too
                text_hits.append(int(scores.argmax()) == k)
            views = queries.get(rois.instances[row], np.zeros(0, int))
            views = views[rois.scenes[views] != scene]
            if len(views):
                view = model.head(rois.batch(rng.choice(views, 1)))[1]
                same = rois.instances[rows] == rois.instances[row]
                image_hits.append(bool(same[int((instance @ view[0]).argmax())]))
            labelled = np.flatnonzero(rois.colors[row] == 1)
            if len(labelled) == 1:
                color_hits.append(int(color[k].argmax()) == labelled[0])
    return {
        'val_text': float(np.mean(text_hits or [False])),
        'val_image': float(np.mean(image_hits or [False])),
        'val_color': float(np.mean(color_hits or [False])),
    }


def train_rois(
    shards: Path,
    out: Path,
    words: np.ndarray,
    targets: np.ndarray,
    minutes: float,
    start: dict[str, Tensor] | None = None,
) -> RoiModel:
    """
    Train the RoI head.

    :param words: (V, 384), sentence embeddings of the concepts.
    :param targets: int8 (V, V), see Vocabulary.targets. :param start: weights to go on from.
    """
    rois, held_out = RoiSamplesInMemory(shards, 'train'), RoiSamplesInMemory(shards, 'val')
    model = RoiModel(torch.from_numpy(words))
    table = torch.from_numpy(targets)
    if start is None:
        sample = np.random.default_rng(0).choice(len(rois.vectors), min(8000, len(rois.vectors)))
        model.head.standardise(rois.batch(sample))
    else:
        model.load_state_dict({'concepts.words': model.concepts.words, **start})

    def step(rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        chosen = rois.draw(rng, groups=44, views=4, rest=112)
        text, instance, color = model.head(rois.batch(chosen))
        concepts = torch.from_numpy(rois.concepts[chosen])
        is_empty = torch.from_numpy(rois.kinds[chosen] == BACKGROUND)
        wanted = table[concepts.clamp(min=0)] * ~is_empty[:, None]
        named = (concepts >= 0) | is_empty
        logits = model.concepts.logits(text, model.concepts.vectors(forget=0.3))
        what = concept_loss(logits[named], wanted[named])
        instances = torch.from_numpy(rois.instances[chosen]).masked_fill(is_empty, -1)
        which = instance_loss(instance, instances, torch.from_numpy(rois.scenes[chosen]))
        hue = color_loss(color, torch.from_numpy(rois.colors[chosen]))
        parts = {'concept': what.item(), 'instance': which.item(), 'color': hue.item()}
        return what + which + 2.0 * hue, parts

    Loop(model, out, 'rois', minutes, 1.5e-3).run(
        step, lambda: _retrieval(model, held_out, table, 150)
    )
    return model
