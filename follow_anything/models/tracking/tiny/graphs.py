# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The three functions that run: features of a picture, what to keep of a template, a search."""

from __future__ import annotations

from follow_anything.models.backbone import Trunk
from follow_anything.models.tracking.transformer import TrackingTransformer
import torch
from torch import nn, Tensor
from torch.nn import functional as F  # noqa: N812

__all__ = ['SearchGraph', 'TemplateGraph', 'TrunkGraph', 'inside_share']


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


def _tokens(features: Tensor) -> Tensor:
    return features.flatten(2).transpose(1, 2)


class TrunkGraph(nn.Module):
    """(image uint8 (1, H, W, 3), sides multiples of 16) -> features (1, C, H / 16, W / 16)."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk = trunk

    def forward(self, image: Tensor) -> Tensor:
        """Read one crop."""
        features: Tensor = self.trunk(image.permute(0, 3, 1, 2).float() / 127.5 - 1.0)
        return features


class TemplateGraph(nn.Module):
    """(features (1, C, h, h), box (1, 4) shares) -> keys, values, descriptor (1, width)."""

    def __init__(self, model: TrackingTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: Tensor, box: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encode one template."""
        read = _tokens(features)
        inside = inside_share(box, self.model.config.template_cells)
        keys, values = self.model.encode_templates(read, inside)
        tokens = self.model.embed(read)
        # the layout is kept, cells outside the box count for nothing
        descriptor = F.normalize((tokens * inside[..., None]).flatten(1), dim=1)
        return keys, values, descriptor


class SearchGraph(nn.Module):
    """(features (1, C, n, n), keys, values) -> score, box, quality, presence, in [0, 1]."""

    def __init__(self, model: TrackingTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, features: Tensor, keys: Tensor, values: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Search one region."""
        maps = self.model.track(_tokens(features), keys, values, features.shape[2])
        return (
            torch.sigmoid(maps.score),
            maps.box,
            torch.sigmoid(maps.quality),
            torch.sigmoid(maps.presence),
        )
