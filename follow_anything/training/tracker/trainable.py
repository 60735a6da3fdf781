# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What learns: the transformer, and the half of the trunk behind stride 8."""

from __future__ import annotations

from follow_anything.models.backbone import Trunk
from follow_anything.models.tracking.transformer import Maps, TrackingTransformer
import torch
from torch import nn, Tensor

__all__ = ['TrainableTracker']


class TrainableTracker(nn.Module):
    """
    Trunk and transformer, fed with what the frozen half of the trunk has read.

    Its state is what a file of weights holds: `trunk.*` and `model.*`.
    """

    def __init__(self, trunk: Trunk, model: TrackingTransformer) -> None:
        super().__init__()
        self.trunk, self.model = trunk, model
        self.requires_grad_(True)
        for frozen in (trunk.stem, *trunk.blocks[: trunk.STRIDE_8 + 1]):
            frozen.requires_grad_(False)

    def _tokens(self, fine: Tensor) -> Tensor:
        return self.trunk.upper(fine).flatten(2).transpose(1, 2)

    def forward(self, search: Tensor, templates: Tensor, inside: Tensor) -> Maps:
        """
        Track with T templates per sample.

        :param search: (B, 40, H, W), stride 8 of the search regions.
        :param templates: (B, T, 40, h, w), of the templates.
        :param inside: (B, T, h * w / 4), share of each cell within the box.
        """
        views = self._tokens(templates.flatten(0, 1)).unflatten(0, templates.shape[:2])
        maps: Maps = self.model(self._tokens(search), views, inside)
        return maps

    @torch.no_grad()
    def whiten(self, fine: Tensor) -> None:
        """Start the embedding from a whitening of features; fine (B, 40, H, W), B large."""
        self.model.whiten(self._tokens(fine).flatten(0, 1))
