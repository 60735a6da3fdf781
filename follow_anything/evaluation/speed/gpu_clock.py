# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Clock of what runs on a GPU, or on a CPU where there is none: rate, memory, kernels."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any

from follow_anything.core.types import Frame
from follow_anything.models.runtime.device import require_torch
import numpy as np

__all__ = ['frames', 'is_fused', 'memory', 'per_second']

WARM_UP, ROUNDS, SECONDS = 3, 30, 3.0
"""Calls before it counts, and at most so many or so long after."""


def frames(width: int, height: int) -> tuple[Frame, Frame]:
    """Return a picture of noise, and the same one moved by 3 px."""
    rgb = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return Frame(0.0, rgb), Frame(1.0, np.roll(rgb, 3, 1).copy())


def per_second(call: Callable[[], Any], device: Any, small: bool) -> float:
    """Return how often a second a call ends, after a few that do not count."""
    finish = require_torch('the benchmark').cuda.synchronize if device.type == 'cuda' else None
    for _ in range(1 if small else WARM_UP):
        call()
    if finish is not None:
        finish()
    began, rounds = time.perf_counter(), 0
    while rounds < (1 if small else ROUNDS) and time.perf_counter() - began < SECONDS:
        call()
        rounds += 1
    if finish is not None:
        finish()
    return round(rounds / (time.perf_counter() - began), 2)


def is_fused(call: Callable[[], Any], device: Any) -> bool:
    """Tell from the kernels that ran whether attention was fused; False on a CPU."""
    if device.type != 'cuda':
        return False
    profiler = require_torch('the benchmark').profiler
    with profiler.profile(activities=[profiler.ProfilerActivity.CUDA]) as seen:
        call()
    names = ' '.join(event.key.lower() for event in seen.key_averages())
    return any(word in names for word in ('flash', 'fmha'))


def memory(device: Any) -> dict[str, Any]:
    """Return the peak of the GPU's memory, MB; nothing on a CPU."""
    if device.type != 'cuda':
        return {}
    peak = require_torch('the benchmark').cuda.max_memory_allocated()
    return {'peak_gpu_mb': round(peak / 2**20)}
