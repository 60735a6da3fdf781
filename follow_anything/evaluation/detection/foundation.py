# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Time of one search by the large detectors, beside the original Follow Anything's recipe.

Random weights take as long as trained ones, but see nothing: nothing would pass SAM's filters.
Each recipe therefore lets the best fifth of the decoded masks pass, and describes the same
rectangles, though the original's crops would give it more. Every recipe runs in a process of its
own: its peak memory is its own too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import json
from pathlib import Path
import resource
import subprocess
import sys
import tempfile
import time
from typing import Any

from follow_anything.core.errors import FollowAnythingError
from follow_anything.core.types import Box, Frame, Query
from follow_anything.evaluation.detection.original import (
    clip_one_by_one,
    OriginalDino,
    OriginalSam,
)
from follow_anything.evaluation.detection.random_weights import (
    architectures,
    write_random_weights,
)
from follow_anything.models.detection.foundation.clip import ClipEncoder
from follow_anything.models.detection.foundation.coarse import (
    CoarseDetector,
    DenseDescriber,
    SamFeatures,
)
from follow_anything.models.detection.foundation.dino import DinoEncoder
from follow_anything.models.detection.foundation.open_vocabulary import Describer
from follow_anything.models.detection.foundation.sam import box_of_mask, SegmentAnything, Segments
from follow_anything.models.detection.huggingface.random_folders import write_random_folder
from follow_anything.models.registry import build_detector
from follow_anything.models.runtime.device import pick_device, require_torch
from follow_anything.models.runtime.stopwatch import Stopwatch
import numpy as np

__all__ = [
    'PRETRAINED',
    'RECIPES',
    'bench_detectors',
    'main',
    'picture',
    'prepared',
    'write_random_weights',
]

RECIPES = (
    'original',
    'sam_clip',
    'sam_clip_full_resolution',
    'sam_dino',
    'dino_coarse',
    'sam_prompt',
)

PRETRAINED = ('owlv2', 'grounding_dino', 'omdet_turbo', 'sam3')
"""Detectors of transformers: one pass for two texts, whatever there is to be described."""

FASTER_THAN = (
    ('sam_clip', 'sam_clip'),
    ('sam_clip_full_resolution', 'sam_clip'),
    ('sam_dino', 'sam_dino'),
    ('dino_coarse', 'sam_dino'),
    ('dino_coarse', 'sam_clip'),
)
"""Ours, and the original that does the same."""

PASS = 0.8
"""Quantile of SAM's quality above which a mask passes: with trained weights about a fifth do."""


def bench_detectors(
    recipes: list[str], width: int, height: int, masks: int, device: str
) -> dict[str, Any]:
    """
    Time one search of every recipe, each in a fresh process.

    :param masks: how many are described.
    :return: flat keys: seconds by the wall and of the processor, megabytes, and ratios.
    """
    figures: dict[str, Any] = {'width_px': width, 'height_px': height, 'masks': masks}
    with tempfile.TemporaryDirectory() as folder:
        if set(recipes) - set(PRETRAINED):
            write_random_weights(Path(folder))
        for recipe in recipes:
            if recipe in PRETRAINED:
                write_random_folder(recipe, Path(folder) / recipe)
            command = [sys.executable, '-m', __name__, recipe, folder]
            command += [str(width), str(height), str(masks), device]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise FollowAnythingError(f'{recipe} failed: {done.stderr.strip()[-500:]}')
            result = json.loads(done.stdout.splitlines()[-1])
            figures |= {f'{recipe}_{key}': value for key, value in result.items()}
    # Processor time is what a busy machine does not spoil; on a GPU it says nothing.
    unit = 's' if device == 'cuda' else 'cpu_s'
    for ours, theirs in FASTER_THAN:
        if f'{ours}_{unit}' in figures and f'original_{theirs}_{unit}' in figures:
            ratio = figures[f'original_{theirs}_{unit}'] / figures[f'{ours}_{unit}']
            figures[f'{ours}_times_faster_than_original_{theirs}'] = round(ratio, 2)
    return figures


def picture(width: int, height: int) -> Frame:
    """Return a picture with structure at all scales; what it shows does not matter."""
    random = np.random.default_rng(0)
    cells = random.integers(0, 256, (height // 20 + 1, width // 20 + 1, 3))
    rgb = np.kron(cells, np.ones((20, 20, 1), int))[:height, :width]
    return Frame(0.0, np.asarray(rgb + random.integers(-9, 10, rgb.shape), np.uint8))


def _time(recipe: str, folder: Path, frame: Frame, masks: int, device: str) -> dict[str, Any]:
    """Run one search of a recipe; return its seconds, and those of its stages."""
    if recipe in PRETRAINED:
        return _time_pretrained(recipe, folder / recipe, frame, device)
    clock = Stopwatch()
    if recipe == 'original':
        parts = _original(folder, frame, masks, device, clock)
        spent = {name: _spent(run, clock) for name, run in parts.items()}
        result = {f'{name}_{unit}': value for name, both in spent.items() for unit, value in both}
        for name in ('clip', 'dino'):
            for unit in ('s', 'cpu_s'):
                both = result[f'sam_{unit}'] + result[f'{name}_{unit}']
                result[f'sam_{name}_{unit}'] = round(both, 3)
        return result
    run, _ = prepared(recipe, folder, frame, masks, device, clock)
    clock.lap()
    result = dict(_spent(run, clock))
    return result | {f'{stage}_ms': round(ms, 1) for stage, ms in clock.stages_ms.items()}


def _time_pretrained(recipe: str, folder: Path, frame: Frame, device: str) -> dict[str, Any]:
    """Run one search by a detector of transformers; what it reads of a query comes before."""
    detector = build_detector(recipe, device, f'{recipe}={folder}')
    detector.set_query(Query(texts=('a person', 'a red car')))
    clock = Stopwatch()
    if pick_device(device).type == 'cuda':
        clock.finish = require_torch('the benchmark').cuda.synchronize
        detector.detect(frame)  # the first one waits for kernels to be made
    return dict(_spent(lambda: detector.detect(frame), clock))


def _spent(run: Callable[[], object], clock: Stopwatch) -> list[tuple[str, float]]:
    """Return the seconds of a call, by the wall and of the processor."""
    began, began_cpu = time.perf_counter(), time.process_time()
    run()
    if clock.finish is not None:
        clock.finish()
    wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    return [('s', round(wall, 3)), ('cpu_s', round(cpu, 3))]


def _things(frame: Frame, count: int) -> Segments:
    """Return rectangles all over the frame, in place of the masks of a SAM with random weights."""
    random = np.random.default_rng(1)
    masks = np.zeros((count, frame.height, frame.width), np.bool_)
    for mask in masks:
        x, y = random.integers(0, frame.width - 40), random.integers(0, frame.height - 40)
        width, height = random.integers(20, 120, 2)
        mask[y : y + height, x : x + width] = True
    boxes = np.array([box_of_mask(mask) for mask in masks], np.float32)
    return Segments(masks, boxes, np.ones(count, np.float32))


def _sam(folder: Path, device: str, half_resolution: bool, clock: Stopwatch) -> SegmentAnything:
    sam = SegmentAnything(
        folder / 'sam.pth', device, half_resolution=half_resolution, stopwatch=clock
    )
    if sam.device.type == 'cuda':
        clock.finish = require_torch('the benchmark').cuda.synchronize
    return sam


def prepared(
    recipe: str, folder: Path, frame: Frame, masks: int, device: str, clock: Stopwatch
) -> tuple[Callable[[], object], list[Any]]:
    """
    Return one search of a frame by a recipe of ours, its weights loaded, to be called again.

    :param folder: written by write_random_weights(). :param masks: how many are described.
    :return: the search, and the networks in it that see pictures.
    """
    sam = _sam(folder, device, not recipe.endswith('full_resolution'), clock)
    quality, things = _passing_quality(sam, frame), _things(frame, masks)
    sam.config = replace(sam.config, min_quality=quality, min_stability=0.0)
    networks = [sam.network.image_encoder]
    clip_name, dino_name = architectures(folder)
    describer: Describer
    if recipe.startswith('sam_clip'):
        describer = ClipEncoder(folder / 'clip.pth', clip_name, device, stopwatch=clock)
        networks.append(describer.network.visual)
    elif recipe == 'sam_prompt':
        detector = CoarseDetector(recipe, sam, SamFeatures(sam), clock)
    else:
        dino = DinoEncoder(folder / 'dino.pth', dino_name, device, stopwatch=clock)
        networks += dino.network.blocks
        describer, detector = DenseDescriber(dino), CoarseDetector(recipe, sam, dino, clock)
    if recipe in ('dino_coarse', 'sam_prompt'):
        detector.set_query(Query(box=Box(40.0, 40.0, 100.0, 100.0)), frame)
        return lambda: detector.detect(_new(frame)), networks

    def run() -> None:
        fresh = _new(frame)
        sam.everything(fresh)
        describer.describe(fresh.rgb, things.boxes, things.masks)

    return run, networks


def _new(frame: Frame) -> Frame:
    """Return a picture that nobody has encoded yet."""
    return Frame(1.0, frame.rgb.copy())


def _original(
    folder: Path, frame: Frame, masks: int, device: str, clock: Stopwatch
) -> dict[str, Callable[[], object]]:
    """Return the parts of the original search, their weights loaded."""
    import timm

    sam = _sam(folder, device, False, clock)
    quality, things = _passing_quality(sam, frame), _things(frame, masks)
    segmenter = OriginalSam(sam.network, quality, 0.0)
    clip = ClipEncoder(folder / 'clip.pth', architectures(folder)[0], sam.device.type)
    vit = timm.create_model('vit_small_patch8_224.dino', num_classes=0, dynamic_img_size=True)
    dino = OriginalDino(vit.eval().to(sam.device), sam.device)
    return {
        'sam': lambda: segmenter.everything(frame.rgb),
        'clip': lambda: clip_one_by_one(clip, frame.rgb, things.boxes),
        'dino': lambda: dino.pool(frame.rgb, things.masks),
    }


def _passing_quality(sam: SegmentAnything, frame: Frame) -> float:
    """Return the quality above which a fifth of this network's masks pass."""
    config = replace(
        sam.config, points_per_side=4, min_quality=-1e9, min_stability=0.0, max_overlap=1.0,
        min_area_px=0, max_share=1.0, max_masks=1000,
    )  # fmt: skip
    found = sam.everything(frame, config)
    return float(np.quantile(found.quality, PASS)) if len(found) else -1e9


def main(arguments: list[str]) -> None:
    """Time one recipe: RECIPE FOLDER WIDTH HEIGHT MASKS DEVICE; print one line of JSON."""
    recipe, folder, width, height, masks, device = arguments
    frame = picture(int(width), int(height))
    result = _time(recipe, Path(folder), frame, int(masks), device)
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result['peak_mb'] = round(peak_kb / 1024)
    torch = require_torch('the benchmark')
    if torch.cuda.is_available():
        result['peak_gpu_mb'] = round(torch.cuda.max_memory_allocated() / 2**20)
    print(json.dumps(result))


if __name__ == '__main__':
    main(sys.argv[1:])
