# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped tracker: our own weights, run by onnxruntime, no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from follow_anything.core.types import FloatArray, UInt8Array
from follow_anything.io.files import shared_file
from follow_anything.models.runtime.binding import BoundSession
from follow_anything.models.runtime.onnx_session import open_session
from follow_anything.models.tracking.online import OnlineConfig, OnlineTracker, SearchMaps
import numpy as np

__all__ = ['OnnxNetwork', 'TinyTracker', 'find_weights']

FILES = TRUNK_FILE, TEMPLATE_FILE, SEARCH_FILE = tuple(
    f'tracker_tiny_{name}.onnx' for name in ('trunk', 'template', 'search')
)
CELL_PX = 16
SEARCH_CELLS = (8, 10, 12)
"""Sides of the search regions, in cells of the trunk."""


def find_weights(name: str) -> Path:
    """Return the path of a shipped weight file; SourceError when it is not installed."""
    return shared_file(f'models/{name}')


class OnnxNetwork:
    """
    The graphs of the tracking transformer behind the loop's Network protocol.

    :param trunk: path of the graph image -> features.
    :param template: path of the graph (features, box) -> keys, values, descriptor.
    :param search: path of the graph (features, keys, values) -> maps, for every size of region.
    :param threads: of onnxruntime. :param device: 'auto', 'cpu' or 'cuda'.
    """

    search_sizes_px = tuple(cells * CELL_PX for cells in SEARCH_CELLS)

    def __init__(
        self, trunk: Path, template: Path, search: Path, *, threads: int = 1, device: str = 'auto'
    ) -> None:
        self._trunk = open_session(trunk, threads, device)
        self._template = open_session(template, threads, device)
        self._search = BoundSession(open_session(search, threads, device))
        self.template_px = CELL_PX * int(self._template.get_inputs()[0].shape[2])

    def features(self, image: UInt8Array) -> FloatArray:
        """Run the trunk: (1, C, px / 16, px / 16)."""
        (features,) = self._trunk.run(None, {'image': image[None]})
        return np.asarray(features)

    def encode(self, image: UInt8Array, box: FloatArray) -> tuple[Any, FloatArray]:
        """Encode a template; the cache is (keys, values), (layers, 1, heads, cells, width)."""
        keys, values, descriptor = self._template.run(
            None, {'features': self.features(image), 'box': box[None].astype(np.float32)}
        )
        return (keys, values), descriptor[0]

    def join(self, caches: list[Any]) -> Any:
        """Concatenate keys and values along the cells."""
        if len(caches) == 1:
            return caches[0]
        return tuple(np.concatenate(part, axis=3) for part in zip(*caches))  # noqa: B905

    def search(self, features: FloatArray, cache: Any) -> SearchMaps:
        """Look for the templates of a cache in the features of a region."""
        score, box, quality, presence = self._search.run(
            {'features': features}, {'keys': cache[0], 'values': cache[1]}
        )
        return SearchMaps(score[0], box[0], quality[0], float(presence[0]))


class TinyTracker(OnlineTracker):
    """
    The transformer tracker with the shipped weights.

    :param device: 'cpu', 'cuda' for onnxruntime's GPU providers, or 'auto': the CPU.
    :param threads: of onnxruntime.
    :param config: of the online loop.
    :raises SourceError: the weights are not installed.
    :raises MissingDependency: onnxruntime is not installed.
    """

    def __init__(
        self,
        device: str = 'auto',
        threads: int = 1,
        config: OnlineConfig | None = None,
    ) -> None:
        graphs = (find_weights(name) for name in FILES)
        super().__init__(OnnxNetwork(*graphs, threads=threads, device=device), config)
