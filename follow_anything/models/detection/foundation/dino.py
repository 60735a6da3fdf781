# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
DINO and DINOv2 (Caron et al., 2021; Oquab et al., 2023) by timm: dense features.

    features(frame) once, slow ──▶ pool(masks), similarity(vector): one product each
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
from follow_anything.core.errors import BadConfig, MissingDependency
from follow_anything.core.geometry import unit
from follow_anything.core.types import BoolArray, FloatArray, UInt8Array
from follow_anything.models.runtime.device import inference, pick_device, require_torch, settle
from follow_anything.models.runtime.stopwatch import Stopwatch
from follow_anything.models.weights.checkpoints import load_into, load_tensors
import numpy as np

__all__ = ['SIDE_PX', 'DenseFeatures', 'DinoEncoder']

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

SIDE_PX = 448
"""Of a whole frame, whose longer side it becomes."""

SPARE = ('head', 'fc_norm')
"""A classifier may be left over in a checkpoint: it is not asked."""


class DenseFeatures:
    """
    A frame as a grid of vectors.

    :param grid: float32 (h, w, D), unit length. :param size: (W, H) of the frame, pixels.
    """

    def __init__(self, grid: FloatArray, size: tuple[int, int]) -> None:
        self.grid, self.size = grid, size

    def pool(self, masks: BoolArray) -> FloatArray:
        """
        Return the mean of the vectors inside each mask, float32 (N, D), unit length.

        :param masks: bool (N, H, W), of the frame's size. Cells count by the share that is
            covered, so that a mask smaller than a cell has a vector too.
        """
        height, width, depth = self.grid.shape
        weights = np.stack(
            [
                cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
                for mask in masks
            ]
        ).reshape(len(masks), -1)
        return unit(weights @ self.grid.reshape(-1, depth))

    def similarity(self, vectors: FloatArray) -> FloatArray:
        """Return the best cosine of each cell with any of the vectors (N, D), float32 (h, w)."""
        return np.asarray((self.grid @ vectors.T).max(-1), np.float32)


class DinoEncoder:
    """
    A timm vision transformer on a device.

    :param path: its checkpoint, timm's or of the DINO and DINOv2 repositories.
    :param architecture: its name in timm, or the path of a JSON file with the arguments of
        timm's VisionTransformer.
    :param device: 'auto', 'cpu' or 'cuda'.
    :param side_px: frames are scaled so that their longer side has so many pixels.
    :param stopwatch: gets the stage `dino`.
    :raises BadWeights: the file is of another network.
    :raises BadConfig: timm has no such architecture.
    """

    unrelated = 0.3
    """Cosine two unrelated things have, pooled."""

    def __init__(
        self,
        path: Path,
        architecture: str,
        device: str = 'auto',
        *,
        side_px: int = SIDE_PX,
        stopwatch: Stopwatch | None = None,
    ) -> None:
        self._torch = require_torch('DINO')
        self.device = pick_device(device)
        self._stopwatch = stopwatch or Stopwatch()
        model, convert = _build(architecture)
        load_into(model, convert(load_tensors(path), model), path, SPARE)
        self._model = settle(model, self.device)
        self._patch_px = int(model.patch_embed.patch_size[0])
        self.side_px = side_px
        self._mean = self._torch.tensor(MEAN, device=self.device).view(1, 3, 1, 1)
        self._std = self._torch.tensor(STD, device=self.device).view(1, 3, 1, 1)
        self._last: tuple[UInt8Array, DenseFeatures] | None = None

    @property
    def network(self) -> Any:
        """The network of timm itself."""
        return self._model

    def features(self, rgb: UInt8Array) -> DenseFeatures:
        """Return the features of an image, uint8 (H, W, 3), RGB; of the last one, again."""
        if self._last is not None and self._last[0] is rgb:
            return self._last[1]
        height, width = rgb.shape[:2]
        cells = self.side_px / self._patch_px / max(height, width)
        rows, columns = max(1, round(height * cells)), max(1, round(width * cells))
        size = (columns * self._patch_px, rows * self._patch_px)
        with self._stopwatch.time('dino'), inference(self.device):
            small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
            batch = self._torch.from_numpy(small).to(self.device)[None].permute(0, 3, 1, 2)
            tokens = self._model.forward_features((batch.float() / 255 - self._mean) / self._std)
            cells_only = tokens[0, self._model.num_prefix_tokens :].float()
            unit = self._torch.nn.functional.normalize(cells_only, dim=-1)
            grid = unit.reshape(rows, columns, -1).cpu().numpy()
        self._last = rgb, DenseFeatures(grid, (width, height))
        return self._last[1]


def _build(architecture: str) -> tuple[Any, Any]:
    """Return the network without weights, and what gives a checkpoint timm's names."""
    try:
        import timm
        from timm.models.vision_transformer import checkpoint_filter_fn, VisionTransformer
    except ImportError as error:
        raise MissingDependency(
            'DINO needs timm; install it with: make setup-heavy, or pip install timm'
        ) from error
    if architecture.endswith('.json'):
        settings = json.loads(Path(architecture).read_text(encoding='utf-8'))
        model = VisionTransformer(**settings, num_classes=0, dynamic_img_size=True)
    elif architecture.split('.')[0] in timm.list_models(module='vision_transformer'):
        model = timm.create_model(
            architecture, pretrained=False, num_classes=0, dynamic_img_size=True
        )
    else:
        raise BadConfig(
            f'timm has no vision transformer {architecture!r}; python -c "import timm; '
            "print(timm.list_models(module='vision_transformer'))\" shows those it has"
        )
    return model, checkpoint_filter_fn
