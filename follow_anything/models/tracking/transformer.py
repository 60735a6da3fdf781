# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The tracking transformer: mixed attention over templates and a search region.

    template  96 px ─▶ trunk ─▶ 6x6 tokens + inside/outside the box ─┐ keys, values of each layer,
                                                                     │ computed once per template
    search   192 px ─▶ trunk ─▶ 12x12 tokens ─▶ L x mixed attention ◀┘
                                                   │
                                                   ├─▶ class map, box map (l, t, r, b), quality map
                                                   └─▶ presence

Template tokens never look at search tokens (asymmetric mixed attention, MixFormer, Cui et al.
2022), so what they give to the search region can be cached, and several templates are just more
keys. Token types and the shared position embedding follow LoRAT (Lin et al. 2024); the trunk is
EfficientNet-Lite0 (Tan & Le 2019) up to stride 16. Queries and keys are normalised and
start from the same weights: before any training, a search token looks at the template cells that
look like it.
"""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import cast

import torch
from torch import nn, Tensor
from torch.nn import functional as F  # noqa: N812

__all__ = [
    'BlockConfig',
    'Maps',
    'MixedAttention',
    'TrackingTransformer',
    'TransformerConfig',
]


@dataclass(frozen=True)
class BlockConfig:
    """
    What one layer is made of.

    :param hidden: inner width of the perceptron.
    :param cosine: compare queries and keys by angle, with a learnt sharpness for each head;
        otherwise by the usual scaled product.
    :param gated: SwiGLU (Shazeer 2020) instead of two layers with GELU.
    :param layer_scale: learnt gain of both residual branches (CaiT, Touvron et al. 2021).
    :param eps: of the layer normalisation.
    """

    width: int
    heads: int
    hidden: int
    cosine: bool = True
    gated: bool = False
    layer_scale: bool = False
    eps: float = 1e-5


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes of the model; the defaults are those of the shipped weights."""

    width: int = 128
    heads: int = 4
    layers: int = 3
    mlp_ratio: int = 2
    head_width: int = 96
    search_cells: int = 12
    template_cells: int = 6
    features: int = 272
    joint: bool = False

    @property
    def block(self) -> BlockConfig:
        """Of each layer."""
        return BlockConfig(self.width, self.heads, self.width * self.mlp_ratio)


@dataclass(frozen=True)
class Maps:
    """
    The network's output for a search region.

    :param score: (B, H, W) logits, high where the target's centre is.
    :param box: (B, 4, H, W) distances to left, top, right, bottom, as shares of the region.
    :param quality: (B, H, W) logits of the IoU of the box read at that cell.
    :param presence: (B,) logit of the target being in the region and visible.
    """

    score: Tensor
    box: Tensor
    quality: Tensor
    presence: Tensor


class _Gated(nn.Module):
    """Perceptron whose first half decides how much of its second half goes on: SwiGLU."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(width, 2 * hidden), nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.inner(x).chunk(2, -1)
        return self.outer(F.silu(gate) * value)


class MixedAttention(nn.Module):
    """One layer: attention over the given keys, then a perceptron; both residual."""

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        width, self.heads, self.cosine = config.width, config.heads, config.cosine
        self.norm1 = nn.LayerNorm(width, eps=config.eps)
        self.norm2 = nn.LayerNorm(width, eps=config.eps)
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)
        if config.gated:
            self.mlp: nn.Module = _Gated(width, config.hidden)
            last = self.mlp.outer
        else:
            first, last = nn.Linear(width, config.hidden), nn.Linear(config.hidden, width)
            self.mlp = nn.Sequential(first, nn.GELU(), last)
        self.gain1, self.gain2 = (
            nn.Parameter(torch.full((width,), 1e-5)) if config.layer_scale else None
            for _ in range(2)
        )
        # the usual scaled product, or none: angles have sharpnesses of their own
        self.scale = 1.0 if config.cosine else (width // config.heads) ** -0.5
        if config.cosine:
            self._start_matching(width, last)

    def _start_matching(self, width: int, last: nn.Linear) -> None:
        """Make queries and keys equal, and the branches small."""
        nn.init.orthogonal_(self.query.weight)
        self.key.load_state_dict(self.query.state_dict())
        nn.init.normal_(self.out.weight, std=0.5 / width**0.5)
        nn.init.normal_(last.weight, std=0.3 / width**0.5)
        # sharpness of each head towards template keys and towards search keys: half of the heads
        # start by reading the templates, the others by comparing with everything
        half = self.heads // 2
        towards_search = torch.tensor([3.0] * half + [8.0] * (self.heads - half))
        self.template_sharpness = nn.Parameter(torch.full((self.heads, 1, 1), 12.0))
        self.search_sharpness = nn.Parameter(towards_search[:, None, None])

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def keys_values(self, x: Tensor, template: bool) -> tuple[Tensor, Tensor]:
        """Keys and values (B, heads, N, width / heads) of normalised tokens x (B, N, width)."""
        key, value = self._split(self.key(x)), self._split(self.value(x))
        if self.cosine:
            sharpness = self.template_sharpness if template else self.search_sharpness
            key = F.normalize(key, dim=-1) * sharpness
        return key, value

    def attend(self, x: Tensor, normed: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Let the tokens x read the given keys and values."""
        query = self._split(self.query(normed))
        if self.cosine:
            query = F.normalize(query, dim=-1)
        mixed = F.scaled_dot_product_attention(query, key, value, scale=self.scale)
        read = self.out(mixed.transpose(1, 2).flatten(2))
        x = x + (read if self.gain1 is None else read * self.gain1)
        thought = self.mlp(self.norm2(x))
        return x + (thought if self.gain2 is None else thought * self.gain2)

    def template_step(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Update template tokens among themselves; also return what search tokens will read."""
        normed = self.norm1(x)
        cache = self.keys_values(normed, template=True)
        return self.attend(x, normed, *cache), cache

    def search_step(self, x: Tensor, template_key: Tensor, template_value: Tensor) -> Tensor:
        """Update search tokens from cached templates and from themselves."""
        normed = self.norm1(x)
        key, value = self.keys_values(normed, template=False)
        key, value = torch.cat([template_key, key], 2), torch.cat([template_value, value], 2)
        return self.attend(x, normed, key, value)

    def joint_step(self, template: Tensor, search: Tensor) -> tuple[Tensor, Tensor]:
        """Update both with every token seeing every token (symmetric attention, no cache)."""
        both = torch.cat([template, search], 1)
        normed = self.norm1(both)
        count = template.shape[1]
        first = self.keys_values(normed[:, :count], template=True)
        second = self.keys_values(normed[:, count:], template=False)
        key, value = (torch.cat(pair, 2) for pair in zip(first, second, strict=True))
        both = self.attend(both, normed, key, value)
        return both[:, :count], both[:, count:]


class Head(nn.Module):
    """Anchor-free maps from search tokens, and one presence logit."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        width = config.head_width
        self.norm = nn.LayerNorm(config.width)
        self.tower = nn.Sequential(
            nn.Conv2d(config.width, width, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.GELU(),
        )
        self.maps = nn.Conv2d(width, 6, 1)
        self.presence = nn.Sequential(nn.Linear(2 * width, 64), nn.GELU(), nn.Linear(64, 1))
        nn.init.normal_(self.maps.weight, std=0.01)
        # a search region is four targets wide: start from l = t = r = b = 1/8 and rare centres
        self.maps.bias.data = torch.tensor([-3.0, -1.95, -1.95, -1.95, -1.95, 0.0])
        self.cells = config.search_cells

    def forward(self, tokens: Tensor, cells: int) -> Maps:
        """Read the maps off search tokens (B, cells * cells, width)."""
        grid = self.norm(tokens).transpose(1, 2).unflatten(2, (cells, cells))
        x = self.tower(grid)
        maps = self.maps(x)
        # sides are predicted in shares of a full region, whatever part of one this is
        sides = torch.sigmoid(maps[:, 1:5]) * (self.cells / cells)
        flat, score = x.flatten(2), maps[:, 0]
        focus = torch.softmax(score.flatten(1), 1)
        pooled = torch.cat([(flat * focus[:, None]).sum(2), flat.amax(2)], 1)
        presence = self.presence(pooled)[:, 0]
        return Maps(score, sides, maps[:, 5], presence)


class TrackingTransformer(nn.Module):
    """
    Everything above the trunk.

    encode_templates() once per template, track() once per frame; forward() is both, for training.
    """

    def __init__(self, config: TransformerConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or TransformerConfig()
        self.embed = nn.Linear(config.features, config.width)
        self.position = nn.Parameter(
            torch.randn(1, config.width, config.search_cells, config.search_cells) * 0.05
        )
        self.types = nn.Parameter(torch.randn(2, config.width) * 0.5)
        self.layers = nn.ModuleList(MixedAttention(config.block) for _ in range(config.layers))
        self.head = Head(config)

    def whiten(self, features: Tensor) -> None:
        """
        Start the embedding from a whitening of real features: equal say for every direction.

        :param features: (N, features), N large.
        """
        mean = features.mean(0)
        _, values, directions = torch.linalg.svd(features - mean, full_matrices=False)
        spread = values / len(features) ** 0.5
        width = self.config.width
        gain = 1.0 / (spread[:width] ** 2 + 0.02 * (spread**2).mean()).sqrt()
        self.embed.weight.data = directions[:width] * gain[:, None]
        self.embed.bias.data = -(self.embed.weight.data @ mean)

    def _positions(self, cells: int) -> Tensor:
        # a template or a smaller region spans the middle of a full region, at the same scale
        low = (self.config.search_cells - cells) // 2
        position = self.position[..., low : low + cells, low : low + cells]
        return position.flatten(2).transpose(1, 2)

    def embed_search(self, features: Tensor, cells: int) -> Tensor:
        """Tokens (B, cells * cells, width) of trunk features (B, cells * cells, features)."""
        return self.embed(features) + self._positions(cells)

    def embed_template(self, features: Tensor, inside: Tensor) -> Tensor:
        """Tokens of a template; inside (B, h*w) in 0..1 is each cell's share within the box."""
        inside = inside[..., None]
        kind = inside * self.types[0] + (1.0 - inside) * self.types[1]
        return self.embed(features) + self._positions(self.config.template_cells) + kind

    def encode_templates(self, features: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
        """
        Compute what search tokens will read of a template, for every layer.

        :param features: (B, h*w, features) of the trunk.
        :param inside: (B, h*w) share of each cell within the target's box.
        :returns: keys and values, each (layers, B, heads, h*w, width / heads).
        """
        x = self.embed_template(features, inside)
        keys, values = [], []
        for layer in self.layers:
            x, (key, value) = layer.template_step(x)
            keys.append(key)
            values.append(value)
        return torch.stack(keys), torch.stack(values)

    def track(
        self, features: Tensor, keys: Tensor, values: Tensor, cells: int | None = None
    ) -> Maps:
        """
        Find the target in a search region.

        :param features: (B, n*n, features) of the trunk; n up to search_cells.
        :param keys: (layers, B, heads, M, width / heads), the templates side by side along M.
        :param values: like keys.
        :param cells: n; a graph that takes every n has to be told. None: the root of n*n.
        """
        cells = math.isqrt(features.shape[1]) if cells is None else cells
        x = self.embed_search(features, cells)
        for number, layer in enumerate(self.layers):
            x = layer.search_step(x, keys[number], values[number])
        return cast(Maps, self.head(x, cells))

    def forward(self, search: Tensor, templates: Tensor, inside: Tensor) -> Maps:
        """
        Track with T templates per sample.

        :param search: (B, H*W, features).
        :param templates: (B, T, h*w, features).
        :param inside: (B, T, h*w).
        """
        batch, count = templates.shape[:2]
        if self.config.joint:
            template = self.embed_template(templates.flatten(0, 1), inside.flatten(0, 1))
            template = template.unflatten(0, (batch, count)).flatten(1, 2)
            cells = math.isqrt(search.shape[1])
            x = self.embed_search(search, cells)
            for layer in self.layers:
                template, x = layer.joint_step(template, x)
            return cast(Maps, self.head(x, cells))
        keys, values = self.encode_templates(templates.flatten(0, 1), inside.flatten(0, 1))
        # (L, B*T, h, N, d) -> (L, B, h, T*N, d)
        keys, values = (
            k.unflatten(1, (batch, count)).transpose(2, 3).flatten(3, 4) for k in (keys, values)
        )
        return self.track(search, keys, values)
