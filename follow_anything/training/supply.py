# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Batches for a training loop: drawn in it, or by processes beside it while a GPU computes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch.utils.data import DataLoader, get_worker_info, IterableDataset

__all__ = ['BatchSupply', 'moved']

T = TypeVar('T')

AHEAD = 4
"""Batches that each process draws in advance."""


class BatchSupply(Generic[T]):
    """
    An endless supply of batches.

    :param draw: makes one with a generator. :param workers: processes that draw; 0: the loop does,
        with its own generator, so that a run repeats.
    :param seed: of the processes; one that begins again takes another.
    """

    def __init__(
        self, draw: Callable[[np.random.Generator], T], workers: int = 0, seed: int = 0
    ) -> None:
        self._draw, self._drawn = draw, None
        if workers > 0:
            self._drawn = iter(
                DataLoader(
                    _Endless(draw, seed),
                    batch_size=None,
                    num_workers=workers,
                    prefetch_factor=AHEAD,
                )
            )

    def next(self, rng: np.random.Generator) -> T:
        """Return the next batch."""
        return self._draw(rng) if self._drawn is None else next(self._drawn)


class _Endless(IterableDataset[T]):
    """What one process draws."""

    def __init__(self, draw: Callable[[np.random.Generator], T], seed: int) -> None:
        self._draw, self._seed = draw, seed

    def __iter__(self) -> Iterator[T]:
        torch.set_num_threads(1)
        worker = get_worker_info()
        rng = np.random.default_rng([self._seed, 0 if worker is None else worker.id])
        while True:
            yield self._draw(rng)


def moved(batch: Any, device: str) -> Any:
    """Return a batch, a dictionary or a dataclass of tensors, on a device."""
    if is_dataclass(batch) and not isinstance(batch, type):
        parts = {f.name: getattr(batch, f.name).to(device) for f in fields(batch)}
        return replace(batch, **parts)
    return {name: value.to(device) for name, value in batch.items()}
