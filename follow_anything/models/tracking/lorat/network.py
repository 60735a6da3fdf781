# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
LoRAT on DINOv2 (Lin et al., "Tracking Meets LoRA", ECCV 2024), made of our own layers.

    template 112 px ─▶ patches 14 px ─▶ + position + inside / outside the box ─┐
                                                                              ├─▶ joint layers ─▶
    search   224 px ─▶ patches 14 px ─▶ + position + "search"  ───────────────┘
                                                          search tokens ─▶ score map, box map

The official weights were trained with symmetric attention: every token reads every token, so
templates cannot be cached. The same layers run asymmetrically with joint=False, for training.
Official checkpoints are read by weights.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from follow_anything.models.tracking.transformer import BlockConfig, MixedAttention
import torch
from torch import nn, Tensor

__all__ = ['VARIANTS', 'Lorat', 'LoratConfig']


@dataclass(frozen=True)
class LoratConfig:
    """
    Sizes of one variant.

    :param hidden: inner width of the perceptrons. :param gated: they are SwiGLU.
    :param template_cells: side of the template, in patches. :param search_cells: of the region.
    :param search_factor: how much of the surroundings the region shows; see context_side().
    :param joint: symmetric attention, as the official weights need.
    """

    width: int
    heads: int
    layers: int
    hidden: int
    gated: bool = False
    template_cells: int = 8
    search_cells: int = 16
    search_factor: float = 4.0
    patch_px: int = 14
    joint: bool = True

    @property
    def block(self) -> BlockConfig:
        """Of each layer; DINOv2's (Oquab et al. 2023)."""
        return BlockConfig(
            self.width,
            self.heads,
            self.hidden,
            cosine=False,
            gated=self.gated,
            layer_scale=True,
            eps=1e-6,
        )


def _large(small: LoratConfig) -> LoratConfig:
    """Return the same network for search regions of 378 pixels."""
    return replace(small, template_cells=14, search_cells=27, search_factor=5.0)


_B, _L = LoratConfig(768, 12, 12, 3072), LoratConfig(1024, 16, 24, 4096)
_G = LoratConfig(1536, 24, 40, 4096, gated=True)

VARIANTS = {
    'b224': _B,
    'b378': _large(_B),
    'l224': _L,
    'l378': _large(_L),
    'g224': _G,
    'g378': _large(_G),
}
"""Backbone (ViT-B, -L, -g of DINOv2) and side of the search region in pixels."""


def _perceptron(width: int, out: int) -> nn.Sequential:
    """Three layers, as wide inside as the tokens."""
    first, second, last = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, out)
    return nn.Sequential(first, nn.GELU(), second, nn.GELU(), last)


class Lorat(nn.Module):
    """The network. Images are normalised RGB (mean and deviation of ImageNet)."""

    BACKGROUND, TARGET, SEARCH = range(3)

    def __init__(self, config: LoratConfig) -> None:
        super().__init__()
        self.config = config
        width, cells = config.width, config.search_cells
        self.patch = nn.Conv2d(3, width, config.patch_px, config.patch_px)
        self.position = nn.Parameter(torch.zeros(1, cells * cells, width))
        self.types = nn.Parameter(torch.zeros(3, width))
        self.layers = nn.ModuleList(MixedAttention(config.block) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width, eps=config.block.eps)
        self.score, self.box = _perceptron(width, 1), _perceptron(width, 4)

    def embed(self, image: Tensor) -> Tensor:
        """Patches with their positions; a smaller picture takes the upper left of the grid."""
        tokens = self.patch(image)
        rows, columns = tokens.shape[2:]
        side = self.config.search_cells
        position = self.position.unflatten(1, (side, side))[:, :rows, :columns].flatten(1, 2)
        return tokens.flatten(2).transpose(1, 2) + position

    def forward(self, template: Tensor, search: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
        """
        Find the template in the search region.

        :param template: (B, 3, t, t). :param search: (B, 3, s, s).
        :param inside: int64 (B, t / 14, t / 14), TARGET where a patch touches the target's box,
            BACKGROUND elsewhere.
        :returns: score logits (B, n, n); boxes (B, n, n, 4), x1 y1 x2 y2 as shares of the region.
        """
        first = self.embed(template) + self.types[inside.flatten(1)]
        second = self.embed(search) + self.types[self.SEARCH]
        for layer in self.layers:
            if self.config.joint:
                first, second = layer.joint_step(first, second)
            else:
                first, (key, value) = layer.template_step(first)
                second = layer.search_step(second, key, value)
        return self._head(self.norm(second))

    def _head(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        cells = self.config.search_cells
        score = self.score(tokens).float().view(-1, cells, cells)
        sides = torch.sigmoid(self.box(tokens).float()).view(-1, cells, cells, 4)
        middle = (torch.arange(cells, device=tokens.device) + 0.5) / cells
        center = torch.stack(torch.meshgrid(middle, middle, indexing='xy'), -1)
        low, high = center - sides[..., :2], center + sides[..., 2:]
        return score, torch.cat([low, high], -1)
