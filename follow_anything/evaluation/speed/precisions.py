# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Speed of the large detectors in each precision, compiled, and with CUDA graphs.

What is compiled are the networks that see the picture; words, masks and boxes stay as they are.
A kind that fails says why, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import tempfile
from typing import Any

from follow_anything.core.types import Query
from follow_anything.evaluation.detection.foundation import picture, prepared
from follow_anything.evaluation.detection.random_weights import write_random_weights
from follow_anything.evaluation.speed.gpu_clock import frames, is_fused, memory, per_second
from follow_anything.models.detection.huggingface.random_folders import write_random_folder
from follow_anything.models.registry import build_detector
from follow_anything.models.runtime.device import precision, require_torch
from follow_anything.models.runtime.stopwatch import Stopwatch
from follow_anything.models.weights.checkpoints import first_line

__all__ = ['KINDS', 'PREPARED', 'bench_precisions']

SEEING = {
    'owlv2': 'owlv2.vision_model',
    'grounding_dino': 'model.backbone',
    'omdet_turbo': 'vision_backbone',
    'sam3': 'vision_encoder',
}
"""The part of each network of transformers that sees the picture."""

PREPARED = (*SEEING, 'sam_clip', 'sam_dino', 'dino_coarse', 'sam_prompt')
"""What can be measured."""

KINDS: dict[str, tuple[str, str | None]] = {
    'float32': ('float32', None),
    'float16': ('float16', None),
    'bfloat16': ('bfloat16', None),
    'bfloat16_compiled': ('bfloat16', 'default'),
    'bfloat16_cuda_graphs': ('bfloat16', 'reduce-overhead'),
}
"""Precision, and mode of torch.compile; what is compiled comes last, as it stays so."""

GPU_ONLY = ('float16', 'bfloat16_cuda_graphs')

Search = Callable[[], object]


def bench_precisions(name: str, device: Any, small: bool) -> dict[str, Any]:
    """
    Measure one detector or recipe in every kind that the device has.

    :param name: of PREPARED. :param device: of torch.
    :param small: tiny widths, one round, nothing but the graphs of torch.compile is made.
    :return: frames a second by kind; whether attention was fused; on a GPU its memory, MB.
    """
    call, networks = _searching(name, device, small)
    figures: dict[str, Any] = {}
    for kind, (dtype, mode) in KINDS.items():
        if device.type != 'cpu' or kind not in GPU_ONLY:
            figures |= _measured(kind, dtype, mode, call, networks, device, small)
    return figures


def _measured(
    kind: str,
    dtype: str,
    mode: str | None,
    call: Search,
    networks: list[Any],
    device: Any,
    small: bool,
) -> dict[str, Any]:
    torch = require_torch('the benchmark')
    if device.type == 'cuda':
        torch.cuda.reset_peak_memory_stats()
    try:
        with precision(dtype):
            if mode is not None:
                _compile(networks, mode, small)
            figures: dict[str, Any] = {f'{kind}_fps': per_second(call, device, small)}
            if kind == 'bfloat16':
                figures['fused_attention'] = is_fused(call, device)
    except Exception as error:  # of a compiler, a driver or a kernel: no common base but this
        return {f'{kind}_error': first_line(error)}
    return figures | {f'{kind}_{key}': value for key, value in memory(device).items()}


def _compile(networks: list[Any], mode: str, small: bool) -> None:
    require_torch('the benchmark').compiler.reset()
    for network in networks:
        if small:
            network.compile(backend='eager')
        else:
            network.compile(mode=mode)


def _searching(name: str, device: Any, small: bool) -> tuple[Search, list[Any]]:
    """Return one search of a picture, 640 x 480 px, and the networks in it that see it."""
    with tempfile.TemporaryDirectory() as place:
        if name not in SEEING:
            write_random_weights(Path(place), small=small)
            seen = picture(640, 480)
            return prepared(name, Path(place), seen, 32, device.type, Stopwatch())
        folder = write_random_folder(name, Path(place) / name, small=small)
        detector: Any = build_detector(name, device.type, f'{name}={folder}')
    detector.set_query(Query(texts=('a person', 'a red car')))
    frame, _ = frames(640, 480)
    return lambda: detector.detect(frame), [detector.network.get_submodule(SEEING[name])]
