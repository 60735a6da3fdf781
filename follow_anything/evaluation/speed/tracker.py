# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Time of a frame of the tiny tracker: against CSRT, against torch, by templates.

Everything runs on one thread. What is compared is measured in turn, so that a busy machine slows
all of it; times are medians of processor time, which a neighbour disturbs less than wall time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from textwrap import fill
import time
from typing import Any

import cv2
from follow_anything.core.protocols import Tracker
from follow_anything.core.types import Box, Frame
from follow_anything.evaluation.tables import markdown_table
from follow_anything.models.registry import build_tracker
from follow_anything.models.tracking.online import Network, SearchMaps
from follow_anything.models.tracking.tiny.tracker import FILES, find_weights, OnnxNetwork
from follow_anything.testing import SyntheticScene
import numpy as np

__all__ = ['bench_tracker', 'docs_tables', 'in_turn', 'look', 'race', 'synthetic_video']

TEMPLATE_COUNTS = (1, 2, 4, 8)
BOX = np.array([0.25, 0.25, 0.75, 0.75])


def in_turn(calls: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Time calls round by round; returns the median processor time of each, milliseconds."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()  # the first one allocates
    for _ in range(repeats):
        for name, call in calls.items():
            began = time.process_time()
            call()
            spent[name].append(time.process_time() - began)
    return {name: 1e3 * float(np.median(times)) for name, times in spent.items()}


def synthetic_video(frames: int) -> tuple[list[Frame], Box]:
    """Return a 640 x 480 video of a moving target, and its first box."""
    scene = SyntheticScene(width=640, height=480, target_size=(48, 96))
    return [scene.frame(index) for index in range(frames)], scene.box(0)


def race(
    trackers: Mapping[str, Tracker],
    frames: Sequence[Frame],
    box: Box,
    repeats: int,
) -> dict[str, float]:
    """
    Run trackers through the same video, frame by frame in turn.

    :returns: for each name NAME_ms (median processor time of track()), NAME_fps (frames over wall
        time in track()), and their spread over the repeats NAME_ms_min, NAME_ms_max.
    """
    medians: dict[str, list[float]] = {name: [] for name in trackers}
    wall = dict.fromkeys(trackers, 0.0)
    for _ in range(repeats):
        spent: dict[str, list[float]] = {name: [] for name in trackers}
        for tracker in trackers.values():
            tracker.initialize(frames[0], box)
        for frame in frames[1:]:
            for name, tracker in trackers.items():
                began, busy = time.perf_counter(), time.process_time()
                tracker.track(frame)
                spent[name].append(time.process_time() - busy)
                wall[name] += time.perf_counter() - began
        for name, times in spent.items():
            medians[name].append(1e3 * float(np.median(times)))
    figures = {}
    for name, times in medians.items():
        figures[f'{name}_ms'] = float(np.median(times))
        figures[f'{name}_ms_min'], figures[f'{name}_ms_max'] = min(times), max(times)
        figures[f'{name}_fps'] = repeats * (len(frames) - 1) / wall[name]
    return figures


def _shipped() -> OnnxNetwork:
    return OnnxNetwork(*(find_weights(name) for name in FILES))


def look(network: Network, image: np.ndarray, cache: Any) -> SearchMaps:
    """Look for the templates of a cache in a picture of a region."""
    return network.search(network.features(image), cache)


def _views(network: OnnxNetwork) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Return a template crop and a search region of each size out of one synthetic picture."""
    image = SyntheticScene(width=640, height=480, target_size=(48, 96)).frame(0).rgb
    middle = np.array(image.shape[:2]) // 2

    def cut(side: int) -> np.ndarray:
        low = middle - side // 2
        return np.ascontiguousarray(image[low[0] : low[0] + side, low[1] : low[1] + side])

    return cut(network.template_px), {side: cut(side) for side in network.search_sizes_px}


def _templates(network: OnnxNetwork, repeats: int) -> dict[str, float]:
    """Time a search by region and number of templates, kept and encoded again."""
    view, regions = _views(network)
    cache, _ = network.encode(view, BOX)
    figures = in_turn({'encode_ms': lambda: network.encode(view, BOX)}, repeats)
    for side, region in regions.items():
        calls: dict[str, Callable[[], object]] = {}
        for count in TEMPLATE_COUNTS:
            joined = network.join([cache] * count)

            def again(count: int = count, region: np.ndarray = region) -> object:
                fresh = [network.encode(view, BOX)[0] for _ in range(count)]
                return look(network, region, network.join(fresh))

            def kept(joined: object = joined, region: np.ndarray = region) -> object:
                return look(network, region, joined)

            calls[f'cached_{side}px_{count}_ms'] = kept
            calls[f'uncached_{side}px_{count}_ms'] = again
        figures |= in_turn(calls, repeats)
    return figures


def _run_times(network: OnnxNetwork, repeats: int) -> dict[str, float]:
    """Compare onnxruntime with eager torch: the same weights, the same crops."""
    from follow_anything.models.tracking.tiny.cost import one_thread
    from follow_anything.models.tracking.tiny.eager import (
        round_as_shipped,
        shipped_model,
        TorchNetwork,
    )

    trunk, model = shipped_model()
    round_as_shipped(trunk)
    round_as_shipped(model)
    eager = TorchNetwork(trunk, model)
    view, regions = _views(network)
    figures: dict[str, float] = {}
    worst = 0.0
    with one_thread():
        kept, _ = network.encode(view, BOX)
        fresh, _ = eager.encode(view, BOX)
        for side, region in regions.items():
            ours, theirs = look(network, region, kept), look(eager, region, fresh)
            for name in ('score', 'box', 'quality', 'presence'):
                gap = np.abs(np.asarray(getattr(ours, name)) - getattr(theirs, name)).max()
                worst = max(worst, float(gap))
            times = in_turn(
                {
                    f'onnxruntime_{side}px_ms': partial(look, network, region, kept),
                    f'torch_{side}px_ms': partial(look, eager, region, fresh),
                },
                repeats,
            )
            figures |= times
            figures[f'torch_over_onnxruntime_{side}px'] = (
                times[f'torch_{side}px_ms'] / times[f'onnxruntime_{side}px_ms']
            )
    return {'max_abs_difference': worst, **figures}


def _arithmetic(network: OnnxNetwork, repeats: int) -> dict[str, float]:
    """Compare the time of a search with the arithmetic in it and with the machine's peak."""
    from follow_anything.models.tracking.tiny.cost import matmul_peak, search_cost
    from follow_anything.models.tracking.transformer import TransformerConfig

    view, regions = _views(network)
    cache, _ = network.encode(view, BOX)
    peak = matmul_peak(max(20, repeats))
    figures = {'matmul_peak_gflops': peak / 1e9}
    for size, region in regions.items():
        for count in (TEMPLATE_COUNTS[0], TEMPLATE_COUNTS[-1]):
            cost = search_cost(TransformerConfig(), size, count)
            joined = network.join([cache] * count)
            name = f'{size}px_{count}'
            spent = in_turn({'ms': partial(look, network, region, joined)}, repeats)
            figures |= {
                f'mflop_{name}_total': cost.total / 1e6,
                f'mflop_{name}_trunk': cost.trunk / 1e6,
                f'mflop_{name}_attention': cost.attention / 1e6,
                f'share_of_peak_{name}': cost.total / (spent['ms'] * 1e-3) / peak,
            }
    return figures


def bench_tracker(
    repeats: int = 60,
    frames: int = 120,
    rounds: int = 5,
    video: tuple[Sequence[Frame], Box] | None = None,
) -> dict[str, float | int | str]:
    """
    Measure all of it in one run.

    :param repeats: calls of each timed function. :param frames: of the synthetic video.
    :param rounds: times the video is run through. :param video: frames and first box to use
        instead of the synthetic one.
    :returns: flat keys. Without torch, its part is missing and 'torch' says why.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        pictures, box = video or synthetic_video(frames)
        runners = {name: build_tracker(name) for name in ('csrt', 'tiny')}
        figures: dict[str, float | int | str] = {
            'frames': len(pictures),
            'width': pictures[0].width,
            'height': pictures[0].height,
            **race(runners, pictures, box, rounds),
        }
        figures['csrt_over_tiny'] = float(figures['csrt_ms']) / float(figures['tiny_ms'])
        network = _shipped()
        figures |= _templates(network, repeats)
        try:
            figures |= _run_times(network, repeats)
            figures |= _arithmetic(network, repeats)
            figures['torch'] = 'compared'
        except ImportError as error:
            figures['torch'] = f'not compared: {error}'
    finally:
        cv2.setNumThreads(threads)
    return figures


def docs_tables(figures: Mapping[str, Any]) -> str:
    """Return the tables of docs/tracking.md made of one run's figures."""
    sides = sorted({int(k.split('_')[1][:-2]) for k in figures if k.startswith('cached_')})

    def ms(key: str) -> str:
        return f'{figures[key]:.1f}'

    race_rows = [
        (name, f'{ms(f"{name}_ms")} ({ms(f"{name}_ms_min")} to {ms(f"{name}_ms_max")})',
         f'{figures[f"{name}_fps"]:.0f}', f'{figures["csrt_ms"] / figures[f"{name}_ms"]:.2f}')
        for name in ('csrt', 'tiny')
    ]  # fmt: skip
    template_rows = [
        [f'{side} px, {word}', *(ms(f'{key}_{side}px_{count}_ms') for count in TEMPLATE_COUNTS)]
        for side in sides
        for word, key in (('kept', 'cached'), ('encoded again', 'uncached'))
    ]
    runtime_rows = [
        (f'{side} px', ms(f'onnxruntime_{side}px_ms'), ms(f'torch_{side}px_ms'),
         f'{figures[f"torch_over_onnxruntime_{side}px"]:.2f}')
        for side in sides
    ]  # fmt: skip
    cost_rows = [
        (f'{side} px, {count}', *(f'{figures[f"mflop_{side}px_{count}_{part}"]:.0f}'
         for part in ('total', 'trunk', 'attention')),
         f'{100 * figures[f"share_of_peak_{side}px_{count}"]:.0f} %')
        for side in sides
        for count in (TEMPLATE_COUNTS[0], TEMPLATE_COUNTS[-1])
    ]  # fmt: skip
    counts = ['1 template', *(str(count) for count in TEMPLATE_COUNTS[1:])]
    parts = [
        f'The same {figures["frames"]:.0f} frames of {figures["width"]:.0f} x '
        f'{figures["height"]:.0f} pixels, frame by frame in turn, one thread each:',
        markdown_table(['tracker', 'ms a frame (spread)', 'frames/s', 'times CSRT'], race_rows),
        'One search in onnxruntime, ms, by number of templates; kept keys and values, or '
        f'every template encoded again ({figures["encode_ms"]:.1f} ms each):',
        markdown_table(['region', *counts], template_rows),
        'The same search by eager torch, one thread; largest difference of any output '
        f'{figures["max_abs_difference"]:.1e}:',
        markdown_table(['region', 'onnxruntime ms', 'torch ms', 'ratio'], runtime_rows),
        'Arithmetic of a search, millions of operations, and the share of the peak that it '
        f'reaches (float32 matrix product: {figures["matmul_peak_gflops"]:.0f} GFLOP/s on '
        'one thread, measured in the same run):',
        markdown_table(
            ['region, templates', 'all', 'trunk', 'attention', 'share of peak'], cost_rows
        ),
    ]
    return '\n\n'.join(part if part.startswith('|') else fill(part, 120) for part in parts)
