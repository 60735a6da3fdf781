# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Ablation of the shipped tracker: each attention layer is left out in turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from follow_anything.core.types import Box
from follow_anything.evaluation.speed.tracker import in_turn, look
from follow_anything.evaluation.tracking.formats import find_sequences
from follow_anything.evaluation.tracking.metrics import measure
from follow_anything.evaluation.tracking.one_pass import run_sequence
from follow_anything.models.tracking.online import OnlineTracker
from follow_anything.models.tracking.tiny.eager import shipped_model, TorchNetwork
import numpy as np

__all__ = ['bench_layers']


def _network(without: int | None) -> TorchNetwork:
    trunk, model = shipped_model()
    if without is not None:
        del model.layers[without]
    return TorchNetwork(trunk, model)


def bench_layers(dataset: Path, layout: str, repeats: int) -> dict[str, Any]:
    """
    Track the sequences of a dataset with all layers, and without each of them.

    :param layout: one of evaluation.formats. :param repeats: timed searches of each.
    :returns: flat keys: <all or without_N>_ao and _search_ms (median processor time, torch).
    """
    count = len(shipped_model()[1].layers)
    networks = {'all': _network(None)}
    networks |= {f'without_{number}': _network(number) for number in range(count)}
    figures: dict[str, Any] = {}
    for name, network in networks.items():
        overlaps = []
        for opened in find_sequences(dataset, layout).values():
            sequence = opened()
            run = run_sequence(OnlineTracker(network), sequence)
            overlaps.append(measure(run.boxes, sequence.boxes).ao)
        figures[f'{name}_ao'] = round(float(np.mean(overlaps)), 3)
    side = networks['all'].search_sizes_px[-1]
    image = np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8)
    box = np.array(Box(0.25, 0.25, 0.75, 0.75).xyxy)
    calls: dict[str, Callable[[], object]] = {}
    for name, network in networks.items():
        cache, _ = network.encode(image[: network.template_px, : network.template_px], box)
        calls[name] = partial(look, network, image, cache)
    spent = in_turn(calls, repeats)
    return figures | {f'{name}_search_ms': round(ms, 2) for name, ms in spent.items()}
