# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Train the tracking transformer on cached features; resumable at any checkpoint.

    python -m follow_anything.training.tracker.train --shards out/shards --out out/tracker

The schedule is one cosine over a budget of minutes of processor time (those before an interruption
count), so that a run always ends annealed, and what else the machine does changes nothing.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from pathlib import Path
import time

from follow_anything.models.tracking.transformer import TrackerConfig, TrackingTransformer
from follow_anything.training.tracker.data import Batches
from follow_anything.training.tracker.loss import box_at_peak, pair_iou, tracker_loss
import numpy as np
import torch

__all__ = ['main', 'train', 'validate']

WARM_UP_SAMPLES = 6_000
FIELDS = (
    'minutes',
    'samples',
    'rate',
    'lr',
    'loss',
    'class',
    'giou',
    'presence',
    'val_iou',
    'val_hit',
    'val_auroc',
)


def _auroc(scores: np.ndarray, labels: np.ndarray) -> float:
    order = np.argsort(scores)
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    positive = labels == 1
    count, rest = positive.sum(), (~positive).sum()
    if not count or not rest:
        return float('nan')
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * rest))


@torch.inference_mode()
def validate(
    model: TrackingTransformer,
    batches: Batches,
    size: int = 960,
    cells: int = 12,
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
        batch = batches.draw(rng, 96, templates=1, cells=cells)
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
        'val_auroc': _auroc(torch.cat(scores).numpy(), torch.cat(labels).numpy()),
    }


def _optimizer(model: TrackingTransformer, decay: float) -> torch.optim.AdamW:
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    return torch.optim.AdamW(
        [
            {'params': matrices, 'weight_decay': decay},
            {'params': vectors, 'weight_decay': 0.0},
        ],
        betas=(0.9, 0.98),
    )


def _plot(path: Path, out: Path) -> None:
    import matplotlib

    matplotlib.use('Agg')
    from matplotlib import pyplot

    with path.open() as file:
        rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.5))
    samples = [row['samples'] / 1000 for row in rows]
    axes[0].plot(samples, [row['loss'] for row in rows])
    axes[0].set(xlabel='thousand samples', ylabel='training loss')
    for key in ('val_iou', 'val_hit', 'val_auroc'):
        axes[1].plot(samples, [row[key] for row in rows], label=key)
    axes[1].set(xlabel='thousand samples', title='held-out assets')
    axes[1].legend()
    figure.tight_layout()
    figure.savefig(out, dpi=80)
    pyplot.close(figure)


def train(options: argparse.Namespace) -> TrackingTransformer:
    """Train until the budget is spent; returns the averaged model."""
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(options.seed)
    training, held_out = Batches(options.shards, 'train'), Batches(options.shards, 'val')
    model = TrackingTransformer(TrackerConfig())
    average = TrackingTransformer(TrackerConfig()).requires_grad_(False)
    optimizer = _optimizer(model, options.decay)
    options.out.mkdir(parents=True, exist_ok=True)
    checkpoint, curve = options.out / 'checkpoint.pt', options.out / 'curve.csv'
    spent, samples = 0.0, 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location='cpu', weights_only=True)
        model.load_state_dict(state['model'])
        average.load_state_dict(state['average'])
        optimizer.load_state_dict(state['optimizer'])
        spent, samples = state['minutes'], state['samples']
        rng = np.random.default_rng([options.seed, samples])
    else:
        if options.start:
            from safetensors.torch import load_file

            model.load_state_dict(load_file(options.start))
        else:
            model.whiten(training.draw(rng, 128, templates=1)['search'].flatten(0, 1))
        average.load_state_dict(model.state_dict())
        with curve.open('w') as file:
            csv.writer(file).writerow(FIELDS)
    begin = time.process_time() - spent * 60
    report_at = time.monotonic() + options.report * 60
    watched: list[tuple[float, dict[str, float]]] = []
    last_samples, last_time = samples, time.process_time()
    while True:
        minutes = (time.process_time() - begin) / 60
        done = minutes / options.minutes
        rate = options.lr * min(1.0, (samples + options.batch) / WARM_UP_SAMPLES)
        rate *= 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
        for group in optimizer.param_groups:
            group['lr'] = rate
        batch = training.draw(
            rng,
            options.batch,
            templates=1 if rng.random() < 0.7 else 2,
            cells=options.cells if rng.random() < 0.65 else 12,
        )
        maps = model(batch['search'], batch['templates'], batch['inside'])
        loss, parts = tracker_loss(maps, batch['boxes'], batch['present'])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if torch.isfinite(norm):
            optimizer.step()
        samples += options.batch
        keep = min(0.998, (samples / options.batch + 1) / (samples / options.batch + 20))
        with torch.no_grad():
            for a, b in zip(average.parameters(), model.parameters(), strict=True):
                a.lerp_(b, 1 - keep)
        watched.append((loss.item(), parts))
        if time.monotonic() < report_at and done < 1.0:
            continue
        scenes = training.refresh()
        row = {
            'minutes': minutes,
            'samples': samples,
            'lr': rate,
            'rate': (samples - last_samples) / (time.process_time() - last_time),
            'loss': float(np.mean([w[0] for w in watched])),
        }
        for key in ('class', 'giou', 'presence'):
            row[key] = float(np.mean([w[1][key] for w in watched]))
        row.update(validate(average, held_out, options.validate, options.cells))
        with curve.open('a') as file:
            csv.writer(file).writerow([f'{row[field]:.5g}' for field in FIELDS])
        print(
            json.dumps({'scenes': scenes} | {k: float(f'{v:.4g}') for k, v in row.items()}),
            flush=True,
        )
        torch.save(
            {
                'model': model.state_dict(),
                'average': average.state_dict(),
                'optimizer': optimizer.state_dict(),
                'minutes': minutes,
                'samples': samples,
            },
            checkpoint.with_suffix('.part'),
        )
        checkpoint.with_suffix('.part').rename(checkpoint)
        watched.clear()
        last_samples, last_time = samples, time.process_time()
        report_at = time.monotonic() + options.report * 60
        if done >= 1.0:
            break
    _plot(curve, options.out / 'curve.png')
    return average


def parser() -> argparse.ArgumentParser:
    """Options of a training run, with the values the shipped weights were made with."""
    result = argparse.ArgumentParser(description='Train the tracking transformer.')
    result.add_argument('--shards', type=Path, default=Path('out/train/shards'))
    result.add_argument('--out', type=Path, default=Path('out/train/tracker'))
    result.add_argument('--start', type=Path, help='go on from these weights (.safetensors)')
    result.add_argument('--minutes', type=float, default=600.0, help='budget of the schedule')
    result.add_argument('--report', type=float, default=4.0, help='minutes between checkpoints')
    result.add_argument('--validate', type=int, default=960, help='pairs to validate on')
    result.add_argument('--batch', type=int, default=48)
    result.add_argument('--lr', type=float, default=1e-3)
    result.add_argument('--decay', type=float, default=0.02)
    result.add_argument('--cells', type=int, default=10, help='side of most search regions')
    result.add_argument('--threads', type=int, default=1)
    result.add_argument('--seed', type=int, default=0)
    return result


def main(arguments: list[str] | None = None) -> None:
    """Train, resuming where a checkpoint exists."""
    train(parser().parse_args(arguments))


if __name__ == '__main__':
    main()
