# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Trunk and transformer joined into the two functions that run: encode a template, search."""

from __future__ import annotations

from follow_anything.models.backbone import Trunk
from follow_anything.models.tracking.transformer import TrackingTransformer
import torch
from torch import nn, Tensor
from torch.nn import functional as F  # noqa: N812

__all__ = ['SearchGraph', 'TemplateGraph', 'inside_share']


def inside_share(boxes: Tensor, cells: int) -> Tensor:
    """
    Share of each template cell that lies within the box.

    :param boxes: (N, 4) x1 y1 x2 y2 as shares of the crop.
    :returns: (N, cells * cells), row by row.
    """
    edges = torch.arange(cells, dtype=boxes.dtype, device=boxes.device) / cells
    low, high = edges, edges + 1.0 / cells

    def overlap(a: Tensor, b: Tensor) -> Tensor:
        shared = torch.minimum(high, b[:, None]) - torch.maximum(low, a[:, None])
        return shared.clamp(min=0) * cells

    across, down = overlap(boxes[:, 0], boxes[:, 2]), overlap(boxes[:, 1], boxes[:, 3])
    return (down[:, :, None] * across[:, None, :]).flatten(1)


def _features(trunk: Trunk, image: Tensor) -> Tensor:
    x = image.permute(0, 3, 1, 2).float() / 127.5 - 1.0
    return trunk(x).flatten(2).transpose(1, 2)


class TemplateGraph(nn.Module):
    """(image uint8 (1, h, w, 3), box (1, 4) shares) -> keys, values, descriptor (1, width)."""

    def __init__(self, trunk: Trunk, model: TrackingTransformer) -> None:
        super().__init__()
        self.trunk, self.model = trunk, model

    def forward(self, image: Tensor, box: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encode one template."""
        features = _features(self.trunk, image)
        inside = inside_share(box, self.model.config.template_cells)
        keys, values = self.model.encode_templates(features, inside)
        tokens = self.model.embed(features)
        # the layout is kept, cells outside the box count for nothing
        descriptor = F.normalize((tokens * inside[..., None]).flatten(1), dim=1)
        return keys, values, descriptor


class SearchGraph(nn.Module):
    """(image uint8 (1, H, W, 3), keys, values) -> score, box, quality, presence, in [0, 1]."""

    def __init__(self, trunk: Trunk, model: TrackingTransformer) -> None:
        super().__init__()
        self.trunk, self.model = trunk, model

    def forward(
        self,
        image: Tensor,
        keys: Tensor,
        values: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Search one region."""
        maps = self.model.track(_features(self.trunk, image), keys, values)
        return (
            torch.sigmoid(maps.score),
            maps.box,
            torch.sigmoid(maps.quality),
            torch.sigmoid(maps.presence),
        )
