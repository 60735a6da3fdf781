# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped tracker run by torch: on a GPU, or to compare with onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from follow_anything.core.errors import MissingDependency
from follow_anything.core.types import FloatArray, UInt8Array
from follow_anything.models.backbone import Trunk
from follow_anything.models.runtime.device import pick_device
from follow_anything.models.tracking.online import OnlineConfig, OnlineTracker, SearchMaps
from follow_anything.models.tracking.tiny.graphs import SearchGraph, TemplateGraph, TrunkGraph
from follow_anything.models.tracking.tiny.tracker import CELL_PX, find_weights, SEARCH_CELLS
from follow_anything.models.tracking.transformer import TrackingTransformer
import numpy as np
import torch
from torch import nn, Tensor

__all__ = ['TinyTorchTracker', 'TorchNetwork', 'read_model', 'round_as_shipped', 'shipped_model']

ROUNDED_FROM = 256
"""Weights with at least so many numbers are shipped in 16 bits; see training/tracker/export.py."""


@torch.no_grad()
def round_as_shipped(module: nn.Module) -> None:
    """Round weights to the 16 bits in which the ONNX files store them."""
    for weight in module.parameters():
        if weight.numel() >= ROUNDED_FROM:
            weight.copy_(weight.half().float())


def read_model(path: Path) -> tuple[Trunk, TrackingTransformer]:
    """
    Read trunk and transformer out of a file of weights.

    :raises MissingDependency: safetensors is not installed.
    """
    try:
        from safetensors.torch import load_file
    except ImportError as error:
        raise MissingDependency(
            'reading the weights needs safetensors; install it with: pip install safetensors'
        ) from error
    weights = load_file(path)
    trunk, model = Trunk(), TrackingTransformer()
    for name, part in (('trunk.', trunk), ('model.', model)):
        own = {k.removeprefix(name): w for k, w in weights.items() if k.startswith(name)}
        part.load_state_dict(own)
        part.eval().requires_grad_(False)
    return trunk, model


def shipped_model() -> tuple[Trunk, TrackingTransformer]:
    """
    Load the shipped weights for torch.

    :raises MissingDependency: safetensors is not installed.
    :raises SourceError: the weights are not installed.
    """
    return read_model(find_weights('tracker_tiny.safetensors'))


class TorchNetwork:
    """
    The graphs in torch, behind the loop's Network protocol.

    :param device: of torch. :param dtype: of the matrix multiplications (autocast).
    :param compiled: use torch.compile; on a GPU with CUDA graphs. The first frames take long.
    """

    def __init__(
        self,
        trunk: Trunk,
        model: TrackingTransformer,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
        compiled: bool = False,
    ) -> None:
        self.template_px = model.config.template_cells * CELL_PX
        self.search_sizes_px = tuple(cells * CELL_PX for cells in SEARCH_CELLS)
        self._device, self._dtype = device or torch.device('cpu'), dtype
        self._trunk: Any = TrunkGraph(trunk).to(self._device)
        self._encode = TemplateGraph(model).to(self._device)
        self._search: Any = SearchGraph(model).to(self._device)
        if compiled:
            self._trunk = torch.compile(self._trunk, mode='reduce-overhead')
            self._search = torch.compile(self._search, mode='reduce-overhead')

    @torch.inference_mode()
    def features(self, image: UInt8Array) -> Tensor:
        """Run the trunk: (1, C, px / 16, px / 16)."""
        with self._autocast():
            features: Tensor = self._trunk(self._image(image))
        return features.clone()  # CUDA graphs write the next ones to the same place

    def _image(self, image: UInt8Array) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(image)).to(self._device)[None]

    def _autocast(self) -> torch.autocast:
        on = self._dtype is not torch.float32
        return torch.autocast(self._device.type, self._dtype, enabled=on)

    @torch.inference_mode()
    def encode(self, image: UInt8Array, box: FloatArray) -> tuple[Any, FloatArray]:
        """Encode a template; the cache is (keys, values), (layers, 1, heads, cells, width)."""
        corners = torch.tensor(box, dtype=torch.float32, device=self._device)[None]
        with self._autocast():
            keys, values, descriptor = self._encode(self.features(image), corners)
        return (keys, values), descriptor[0].float().cpu().numpy()

    def join(self, caches: list[Any]) -> Any:
        """Concatenate keys and values along the cells."""
        return tuple(torch.cat(part, dim=3) for part in zip(*caches, strict=True))

    @torch.inference_mode()
    def search(self, features: Tensor, cache: Any) -> SearchMaps:
        """Look for the templates of a cache in the features of a region."""
        with self._autocast():
            maps = self._search(features, *cache)
        score, box, quality, presence = (part[0].float().cpu().numpy() for part in maps)
        return SearchMaps(score, box, quality, float(presence))


class TinyTorchTracker(OnlineTracker):
    """
    The shipped tracker on torch: the same weights as 'tiny', also on a GPU.

    :param device: 'auto', 'cpu' or 'cuda'. :param half: multiply in 16 bits (fp16 on a GPU, bf16
        on a CPU). :param compiled: use torch.compile. :param config: of the online loop.
    :raises MissingDependency: safetensors is not installed.
    """

    def __init__(
        self,
        device: str = 'auto',
        half: bool = False,
        compiled: bool = False,
        config: OnlineConfig | None = None,
    ) -> None:
        place = pick_device(device)
        wide = torch.float16 if place.type == 'cuda' else torch.bfloat16
        dtype = wide if half else torch.float32
        super().__init__(TorchNetwork(*shipped_model(), place, dtype, compiled), config)
