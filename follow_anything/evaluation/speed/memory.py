# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Memory of a process over a long time of tracking."""

from __future__ import annotations

import os
from pathlib import Path
import resource
import time

from follow_anything.core.protocols import Tracker
from follow_anything.testing import SyntheticScene
import numpy as np

__all__ = ['bench_memory', 'resident_mb']

SAMPLES = 200


def resident_mb() -> float:
    """Return the memory this process holds now, MB (1e6 bytes)."""
    statm = Path('/proc/self/statm')
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf('SC_PAGE_SIZE') / 1e6
    # elsewhere only the peak is known, which a leak raises too
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def bench_memory(tracker: Tracker, frames: int) -> dict[str, float | int]:
    """
    Track for a long time, occlusions included, and watch the memory.

    :param frames: how many; a tenth of them is warm-up.
    :returns: flat keys: frames, seconds, rss_mb_start (after the warm-up), rss_mb_end, rss_mb_max,
        growth_bytes_per_frame (slope of a line through all samples after the warm-up), present
        (share of frames with a presence above one half).
    """
    scene = SyntheticScene(hidden=(12.0, 14.0))
    loop = [scene.frame(index) for index in range(int(scene.period * scene.rate))]
    tracker.initialize(loop[0], scene.box(0))
    every = max(1, frames // SAMPLES)
    when, held, present = [], [], 0
    began = time.perf_counter()
    for number in range(1, frames + 1):
        present += tracker.track(loop[number % len(loop)]).presence > 0.5
        if number % every == 0:
            when.append(number)
            held.append(resident_mb())
    warm = len(held) // 10
    slope = np.polyfit(when[warm:], held[warm:], 1)[0] if len(held) - warm > 2 else 0.0
    return {
        'frames': frames,
        'seconds': time.perf_counter() - began,
        'rss_mb_start': held[warm],
        'rss_mb_end': held[-1],
        'rss_mb_max': max(held),
        'growth_bytes_per_frame': float(slope) * 1e6,
        'present': present / frames,
    }
