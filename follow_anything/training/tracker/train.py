# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Train the tracker on what half of its trunk has read; resumable at any checkpoint."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
import json
from pathlib import Path

from follow_anything.evaluation.tracking.metrics import auroc
from follow_anything.models.backbone import imagenet_trunk
from follow_anything.models.tracking.tiny.eager import read_model
from follow_anything.models.tracking.transformer import TrackingTransformer
from follow_anything.training.boxes import pair_iou
from follow_anything.training.loop import Loop
from follow_anything.training.supply import BatchSupply, moved
from follow_anything.training.tracker.data import Batches
from follow_anything.training.tracker.loss import box_at_peak, tracker_loss
from follow_anything.training.tracker.trainable import TrainableTracker
import numpy as np
import torch
from torch import Tensor

__all__ = ['NAME', 'Settings', 'train', 'validate']

NAME = 'tracker'
"""Of the checkpoint, the log and the plot."""

WARM_UP_SAMPLES = 6_000


@torch.inference_mode()
def validate(
    model: TrainableTracker,
    batches: Batches,
    size: int = 960,
    cells: int = 12,
    device: str = 'cpu',
) -> dict[str, float]:
    """
    Measure on held-out assets, always the same pairs.

    :returns: val_iou, mean IoU of the box at the peak; val_hit, share of IoU > 0.5;
        val_auroc, how well presence tells visible from absent.
    """
    model.eval()
    rng = np.random.default_rng(0)
    overlaps, scores, labels = [], [], []
    for _ in range(max(1, size // 96)):
        batch = moved(batches.draw(rng, 96, templates=1, cells=cells), device)
        maps = model(batch['search'], batch['templates'], batch['inside'])
        there = batch['present'] == 1
        overlaps.append(pair_iou(box_at_peak(maps), batch['boxes'])[0][there])
        known = ~batch['present'].isnan()
        scores.append(maps.presence[known])
        labels.append(batch['present'][known])
    model.train()
    iou = torch.cat(overlaps)
    return {
        'val_iou': iou.mean().item(),
        'val_hit': (iou > 0.5).float().mean().item(),
        'val_auroc': auroc(torch.cat(scores).cpu().numpy(), torch.cat(labels).cpu().numpy() == 1),
    }


def _plot(log: Path, out: Path) -> None:
    import matplotlib

    matplotlib.use('Agg')
    from matplotlib import pyplot

    rows = [json.loads(line) for line in log.read_text(encoding='utf-8').splitlines()]
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.5))
    minutes = [row['minutes'] for row in rows]
    axes[0].plot(minutes, [row['loss'] for row in rows])
    axes[0].set(xlabel='minutes of one core', ylabel='training loss')
    for key in ('val_iou', 'val_hit', 'val_auroc'):
        axes[1].plot(minutes, [row[key] for row in rows], label=key)
    axes[1].set(xlabel='minutes of one core', title='held-out assets')
    axes[1].legend()
    figure.tight_layout()
    figure.savefig(out, dpi=80)
    pyplot.close(figure)


@dataclass(frozen=True)
class Settings:
    """
    How to train, with the values the last training of the shipped weights was made with.

    :param start: go on from these weights (.safetensors). :param validation: pairs.
    :param cells: side of most search regions.
    :param device: 'cpu' or 'cuda'. :param workers: processes that draw the batches; 0: none.
    """

    minutes: float = 300.0
    start: Path | None = None
    report: float = 4.0
    validation: int = 960
    batch: int = 48
    rate: float = 8e-4
    decay: float = 0.02
    cells: int = 10
    threads: int = 1
    seed: int = 0
    device: str = 'cpu'
    workers: int = 0


def train(shards: Path, out: Path, settings: Settings) -> TrainableTracker:
    """Train on shards that may still be growing; returns the averaged model."""
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    training, held_out = Batches(shards, 'train'), Batches(shards, 'val')
    if settings.start:
        model = TrainableTracker(*read_model(settings.start))
    else:
        model = TrainableTracker(imagenet_trunk(), TrackingTransformer())
        first = training.draw(np.random.default_rng(settings.seed), 128, templates=1)
        model.whiten(first['search'])
    average = deepcopy(model)
    average.requires_grad_(False)
    for network in (model, average):
        network.to(settings.device, memory_format=torch.channels_last)

    def draw(rng: np.random.Generator) -> dict[str, Tensor]:
        return training.draw(
            rng,
            settings.batch,
            templates=1 if rng.random() < 0.7 else 2,
            cells=settings.cells if rng.random() < 0.65 else 12,
        )

    def step(rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        batch = moved(supply.next(rng), settings.device)
        maps = model(batch['search'], batch['templates'], batch['inside'])
        return tracker_loss(maps, batch['boxes'], batch['present'])

    def measure() -> dict[str, float]:
        scenes = training.refresh()
        return {
            'scenes': scenes,
            **validate(average, held_out, settings.validation, settings.cells, settings.device),
        }

    loop = Loop(
        model,
        out,
        NAME,
        settings.minutes,
        settings.rate,
        settings.report,
        slow=('trunk',),
        average=average,
        warm_up=WARM_UP_SAMPLES / settings.batch,
        decay=settings.decay,
        clip=1.0,
        batch=settings.batch,
        seed=settings.seed,
        device=settings.device,
    )
    supply = BatchSupply(draw, settings.workers, settings.seed + loop.steps_done)
    loop.run(step, measure)
    _plot(out / f'{NAME}.jsonl', out / f'{NAME}.png')
    return average
