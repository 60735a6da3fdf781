# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped tracker: our own weights, run by onnxruntime, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from follow_anything.core.types import FloatArray, UInt8Array
from follow_anything.io.files import shared_file
from follow_anything.models.runtime.binding import BoundSession
from follow_anything.models.runtime.onnx_session import open_session
from follow_anything.models.tracking.online import OnlineConfig, OnlineTracker, SearchMaps
import numpy as np

__all__ = ['OnnxNetwork', 'TinyTracker', 'find_weights']

TEMPLATE_FILE = 'tracker_tiny_template.onnx'
SEARCH_FILES = tuple(f'tracker_tiny_search_{side}.onnx' for side in (128, 160, 192))


def find_weights(name: str) -> Path:
    """Return the path of a shipped weight file; SourceError when it is not installed."""
    return shared_file(f'models/{name}')


def _side(session: Any) -> int:
    return int(session.get_inputs()[0].shape[1])


class OnnxNetwork:
    """
    The graphs of the tracking transformer behind the loop's Network protocol.

    :param template: path of the graph (image, box) -> keys, values, descriptor.
    :param searches: paths of the graphs (image, keys, values) -> maps, one for each region size.
    :param threads: of onnxruntime. :param device: 'auto', 'cpu' or 'cuda'.
    """

    def __init__(
        self, template: Path, searches: Sequence[Path], threads: int = 1, device: str = 'auto'
    ) -> None:
        self._template = open_session(template, threads, device)
        self.template_px = _side(self._template)
        sessions = [open_session(path, threads, device) for path in searches]
        self._searches = {_side(session): BoundSession(session) for session in sessions}
        self.search_sizes_px = tuple(sorted(self._searches))

    def encode(self, image: UInt8Array, box: FloatArray) -> tuple[Any, FloatArray]:
        """Encode a template; the cache is (keys, values), (layers, 1, heads, cells, width)."""
        keys, values, descriptor = self._template.run(
            None, {'image': image[None], 'box': box[None].astype(np.float32)}
        )
        return (keys, values), descriptor[0]

    def join(self, caches: list[Any]) -> Any:
        """Concatenate keys and values along the cells."""
        if len(caches) == 1:
            return caches[0]
        return tuple(np.concatenate(part, axis=3) for part in zip(*caches))  # noqa: B905

    def search(self, image: UInt8Array, cache: Any) -> SearchMaps:
        """Run the search graph that takes this size of region."""
        score, box, quality, presence = self._searches[len(image)].run(
            {'image': image[None]}, {'keys': cache[0], 'values': cache[1]}
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
        searches = [find_weights(name) for name in SEARCH_FILES]
        network = OnnxNetwork(find_weights(TEMPLATE_FILE), searches, threads, device)
        super().__init__(network, config)
