# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Benchmark of everything that uses a GPU, one stage after the other, each in a process.

Weights are random: they take as long as trained ones. What was measured is written after every
stage, so that a machine that is taken away leaves what it had.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import json
from pathlib import Path
import platform
import subprocess
import sys
import tempfile
import time
from typing import Any

from follow_anything.core.errors import BadConfig
from follow_anything.core.types import Box, Query
from follow_anything.evaluation.speed.gpu_clock import frames, is_fused, memory, per_second
from follow_anything.evaluation.speed.precisions import bench_precisions, PREPARED
from follow_anything.models.runtime.device import pick_device, require_torch
from follow_anything.models.runtime.onnx_session import describe_onnxruntime

__all__ = ['STAGES', 'bench_gpu', 'main']

LORAT = ('b224', 'b378', 'l224', 'l378', 'g224', 'g378')
DETECTORS = ('owlv2', 'grounding_dino', 'omdet_turbo', 'sam3')
TRACKERS = ('sam2', 'edgetam')
STAGES = (
    'machine',
    'tiny-torch',
    *(f'lorat-{name}' for name in LORAT),
    *DETECTORS,
    *TRACKERS,
    'recipes',
    *(f'precision-{name}' for name in PREPARED),
)


def bench_gpu(
    out: Path,
    device: str = 'auto',
    *,
    small: bool = False,
    minutes: float = 12.0,
    stages: tuple[str, ...] = STAGES,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """
    Run stages until the time is up.

    :param out: JSON, written anew after every stage. :param device: 'auto', 'cpu' or 'cuda'.
    :param small: tiny widths, one round: whether it runs, not how fast.
    :return: a dictionary a stage; {'skipped': why} or {'error': what} where there is no figure.
    :raises BadConfig: a stage has no such name.
    """
    unknown = sorted(set(stages) - set(STAGES))
    if unknown:
        raise BadConfig(f'stage must be one of {", ".join(STAGES)}; got {unknown[0]!r}')
    ends = time.monotonic() + 60.0 * minutes
    figures: dict[str, Any] = {}
    for stage in stages:
        left = ends - time.monotonic()
        began = time.monotonic()
        if left <= 0.0:
            figures[stage] = {'skipped': f'the {minutes:g} minutes were over'}
        else:
            figures[stage] = _run(stage, device, small, left)
        say(f'{stage}: {json.dumps(figures[stage])[:200]} ({time.monotonic() - began:.0f} s)')
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(figures, indent=2) + '\n', encoding='utf-8')
    return figures


def _run(stage: str, device: str, small: bool, left_s: float) -> dict[str, Any]:
    command = [sys.executable, '-m', __name__, stage, device, 'small' if small else 'full']
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=left_s)
    except subprocess.TimeoutExpired:
        return {'skipped': 'it was cut off: the time was up'}
    if done.returncode != 0:
        return {'error': (done.stderr.strip().splitlines() or ['no word of why'])[-1][-400:]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _machine(device: Any, small: bool) -> dict[str, Any]:
    torch = require_torch('the benchmark')
    about: dict[str, Any] = {
        'python': platform.python_version(),
        'torch': torch.__version__,
        **describe_onnxruntime(),
        'device': device.type,
    }
    if device.type == 'cuda':
        card = torch.cuda.get_device_properties(device)
        about |= {
            'card': card.name,
            'memory_gb': round(card.total_memory / 2**30, 1),
            'capability': f'{card.major}.{card.minor}',
            'cuda': torch.version.cuda,
        }
    return about


def _tiny_torch(device: Any, small: bool) -> dict[str, Any]:
    from follow_anything.models.tracking.tiny.eager import TinyTorchTracker

    figures: dict[str, Any] = {}
    kinds: list[tuple[str, dict[str, Any]]] = [('32_bits', {}), ('16_bits', {'half': True})]
    if device.type == 'cuda':
        kinds.append(('16_bits_cuda_graphs', {'half': True, 'compiled': True}))
    first, second = frames(640, 480)
    for name, options in kinds:
        tracker = TinyTorchTracker(device.type, **options)
        tracker.initialize(first, Box(200, 150, 280, 300))
        figures[f'{name}_fps'] = per_second(partial(tracker.track, second), device, small)
    return figures | memory(device)


def _lorat(variant: str, device: Any, small: bool) -> dict[str, Any]:
    """Time one variant, and compare it with a plain forward pass in 32 bits."""
    torch = require_torch('the benchmark')
    from follow_anything.models.tracking.lorat.network import Lorat, LoratConfig, VARIANTS
    from follow_anything.models.tracking.lorat.plain import plain_forward

    torch.manual_seed(0)
    config = LoratConfig(32, 2, 2, 48, gated='g' in variant) if small else VARIANTS[variant]
    network = Lorat(config).eval().requires_grad_(False).to(device)
    for block in network.layers:  # at its start a block does next to nothing
        torch.nn.init.constant_(block.gain1, 0.3)
        torch.nn.init.constant_(block.gain2, 0.3)
    sides = config.template_cells * config.patch_px, config.search_cells * config.patch_px
    template, search = (torch.randn(1, 3, side, side, device=device) for side in sides)
    pictures = template, search
    inside = torch.zeros(1, config.template_cells, config.template_cells, dtype=int, device=device)
    inside[:, 2:-2, 2:-2] = Lorat.TARGET
    with torch.inference_mode():
        ours, plain = network(*pictures, inside), plain_forward(network, *pictures, inside)
        apart = [float((a - b).abs().max()) for a, b in zip(ours, plain, strict=True)]
    figures: dict[str, Any] = {
        'parameters_m': round(sum(p.numel() for p in network.parameters()) / 1e6, 1),
        'largest_difference_score': apart[0],
        'largest_difference_box': apart[1],
    }
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        if device.type == 'cpu' and dtype is torch.float16:
            continue

        def call(dtype: Any = dtype) -> Any:
            with (
                torch.inference_mode(),
                torch.autocast(device.type, dtype, enabled=dtype is not torch.float32),
            ):
                return network(*pictures, inside)

        figures[f'{str(dtype).split(".")[1]}_fps'] = per_second(call, device, small)
        if dtype is torch.bfloat16:
            figures['fused_attention'] = is_fused(call, device)
    if device.type == 'cuda':
        fast = torch.compile(network, mode='reduce-overhead')

        def graphed() -> Any:
            with torch.inference_mode(), torch.autocast('cuda', torch.float16):
                return fast(*pictures, inside)

        figures['float16_cuda_graphs_fps'] = per_second(graphed, device, small)
    return figures | memory(device)


def _detector(name: str, device: Any, small: bool) -> dict[str, Any]:
    from follow_anything.models.detection.huggingface.random_folders import write_random_folder
    from follow_anything.models.registry import build_detector

    frame, _ = frames(640, 480)
    with tempfile.TemporaryDirectory() as place:
        folder = write_random_folder(name, Path(place) / name, small=small)
        detector = build_detector(name, device.type, f'{name}={folder}')
    began = time.perf_counter()
    detector.set_query(Query(texts=('a person', 'a red car')))
    spent = time.perf_counter() - began
    rate = per_second(lambda: detector.detect(frame), device, small)
    return {'query_s': round(spent, 3), 'fps': rate, **memory(device)}


def _tracker(name: str, device: Any, small: bool) -> dict[str, Any]:
    from follow_anything.models.tracking.huggingface.build import build
    from follow_anything.models.tracking.huggingface.random_folders import write_random_tracker

    first, second = frames(640, 480)
    with tempfile.TemporaryDirectory() as place:
        tracker = build(name, device.type, write_random_tracker(name, Path(place), small=small))
    tracker.initialize(first, Box(200, 150, 280, 300))
    rate = per_second(lambda: tracker.track(second), device, small)
    return {'fps': rate, 'remembered_frames': tracker.remembered, **memory(device)}


def _recipes(device: Any, small: bool) -> dict[str, Any]:
    from follow_anything.evaluation.detection.foundation import bench_detectors

    if small:
        return {'skipped': 'they are compared at full width; see bench detector, precision-...'}
    chosen = ['sam_clip', 'sam_dino', 'dino_coarse', 'sam_prompt']
    return bench_detectors(chosen, 640, 480, 32, device.type)


def main(arguments: list[str]) -> None:
    """Measure one stage: STAGE DEVICE small|full; print one line of JSON."""
    stage, wanted, size = arguments
    device, small = pick_device(wanted), size == 'small'
    if stage.startswith('lorat-'):
        figures = _lorat(stage.removeprefix('lorat-'), device, small)
    elif stage in DETECTORS:
        figures = _detector(stage, device, small)
    elif stage in TRACKERS:
        figures = _tracker(stage, device, small)
    elif stage.startswith('precision-'):
        figures = bench_precisions(stage.removeprefix('precision-'), device, small)
    else:
        others = {'machine': _machine, 'tiny-torch': _tiny_torch, 'recipes': _recipes}
        figures = others[stage](device, small)
    print(json.dumps(figures))


if __name__ == '__main__':
    main(sys.argv[1:])
