# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
LoRAT's forward pass written out plainly, to compare our class with.

As in the paper and its code (Lin et al. 2024): template and search tokens are one sequence, each
layer is a block of DINOv2 with one matrix for queries, keys and values, and a softmax written out.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ['plain_forward']


def plain_forward(
    network: Any, template: Tensor, search: Tensor, inside: Tensor
) -> tuple[Tensor, Tensor]:
    """
    Return what the network should: score logits (B, n, n) and boxes (B, n, n, 4).

    :param network: a Lorat; only its tensors are used. :param template: (B, 3, t, t).
    :param search: (B, 3, s, s). :param inside: int64 (B, t / 14, t / 14).
    """
    small = _patches(network, template) + network.types[inside.flatten(1)]
    large = _patches(network, search) + network.types[2]
    tokens = torch.cat([small, large], 1)
    for block in network.layers:
        tokens = tokens + block.gain1 * _attention(block, _normed(tokens, block.norm1))
        tokens = tokens + block.gain2 * block.mlp(_normed(tokens, block.norm2))
    tokens = _normed(tokens, network.norm)[:, small.shape[1] :]
    cells = network.config.search_cells
    score = network.score(tokens).reshape(-1, cells, cells)
    left, top, right, bottom = network.box(tokens).sigmoid().unbind(-1)
    places = torch.arange(cells * cells, device=tokens.device)
    x, y = (places % cells + 0.5) / cells, (places // cells + 0.5) / cells
    boxes = torch.stack([x - left, y - top, x + right, y + bottom], -1)
    return score, boxes.reshape(-1, cells, cells, 4)


def _patches(network: Any, image: Tensor) -> Tensor:
    tokens = functional.conv2d(
        image, network.patch.weight, network.patch.bias, stride=network.config.patch_px
    )
    side, cells = tokens.shape[-1], network.config.search_cells
    grid = network.position.reshape(1, cells, cells, -1)[:, :side, :side]
    return tokens.permute(0, 2, 3, 1).reshape(len(image), side * side, -1) + grid.reshape(
        1, side * side, -1
    )


def _attention(block: Any, tokens: Tensor) -> Tensor:
    weight = torch.cat([block.query.weight, block.key.weight, block.value.weight])
    bias = torch.cat([block.query.bias, block.key.bias, block.value.bias])
    batch, count, width = tokens.shape
    joint = functional.linear(tokens, weight, bias)
    query, key, value = joint.reshape(batch, count, 3, block.heads, -1).permute(2, 0, 3, 1, 4)
    likeness = (query @ key.transpose(-1, -2)) / (width // block.heads) ** 0.5
    mixed = (likeness.softmax(-1) @ value).transpose(1, 2).reshape(batch, count, width)
    return functional.linear(mixed, block.out.weight, block.out.bias)


def _normed(tokens: Tensor, norm: Any) -> Tensor:
    centered = tokens - tokens.mean(-1, keepdim=True)
    deviation = (centered.square().mean(-1, keepdim=True) + norm.eps).sqrt()
    return centered / deviation * norm.weight + norm.bias
