# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Official LoRAT checkpoints into our layers, key by key.

Three kinds are in use, as .safetensors or .bin, and all of them are read:

* merged: plain weights;
* separate: each linear layer as linear.weight, lora.A and lora.B; fused qkv split into q, k, v;
* trained part only (releases of 2024): no linear.weight; the rest comes from DINOv2's own file.
"""

from __future__ import annotations

from collections.abc import Mapping
import math
from pathlib import Path

from follow_anything.core.errors import BadWeights
from follow_anything.models.tracking.lorat.network import Lorat, LoratConfig
from follow_anything.models.weights.checkpoints import load_tensors
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

__all__ = ['dinov2_part', 'load_official', 'translate']

UNUSED_OF_DINOV2 = ('cls_token', 'mask_token', 'register_tokens', 'head.')
"""A tracker has no class token and masks nothing."""

META = ('lora_alpha', 'use_rslora')


def dinov2_part(state: Mapping[str, Tensor], cells: int) -> dict[str, Tensor]:
    """
    Take from DINOv2's own checkpoint what the tracker uses.

    :param cells: side of the search region in patches; the position embedding is resized to it.
    """
    kept = {k: v for k, v in state.items() if not k.startswith(UNUSED_OF_DINOV2)}
    if 'pos_embed' in kept:
        grid = kept['pos_embed'][:, 1:].float()
        side = math.isqrt(grid.shape[1])
        grid = grid.unflatten(1, (side, side)).permute(0, 3, 1, 2)
        if side != cells:
            grid = F.interpolate(grid, size=(cells, cells), mode='bicubic')
        kept['pos_embed'] = grid.permute(0, 2, 3, 1).flatten(1, 2)
    return kept


class _Reader:
    """Takes tensors out of an official state and remembers which, and what was not there."""

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        self._state = state
        self.used: set[str] = {key for key in META if key in state}
        self.missing: list[str] = []
        alpha = state.get('lora_alpha')
        self._alpha = None if alpha is None else float(alpha)
        self._root = bool(state.get('use_rslora', False))

    def find(self, *keys: str) -> Tensor | None:
        """Return the first of some keys that is there."""
        for key in keys:
            if key in self._state:
                self.used.add(key)
                return self._state[key]
        return None

    def need(self, *keys: str) -> Tensor | None:
        """Like find(), and note the last key as missing when none is there."""
        found = self.find(*keys)
        if found is None:
            self.missing.append(keys[-1])
        return found

    def linear(self, name: str, part: str = '') -> dict[str, Tensor | None]:
        """
        Read weight and bias of a linear layer, its low-rank part added.

        :param part: 'q', 'k' or 'v' of a fused layer, or nothing.
        """
        prefix = f'{name}.{part}' if part else name
        result: dict[str, Tensor | None] = {}
        for kind in ('weight', 'bias'):
            found = self.find(f'{prefix}.linear.{kind}', f'{prefix}.{kind}')
            if found is None and part:
                fused = self.need(f'{name}.{kind}')
                found = None if fused is None else fused.chunk(3)['qkv'.index(part)]
            elif found is None:
                self.missing.append(f'{name}.{kind}')
            result[kind] = found
        down, up = self.find(f'{prefix}.lora.A'), self.find(f'{prefix}.lora.B')
        if down is None and up is None:
            return result
        if down is None or up is None:
            self.missing.append(f'{prefix}.lora.{"A" if down is None else "B"}')
        elif result['weight'] is not None:
            gain = self._gain(prefix, len(down))
            result['weight'] = result['weight'].float() + gain * (up.float() @ down.float())
        return result

    def _gain(self, prefix: str, rank: int) -> float:
        """LoRA's alpha / rank, or alpha / sqrt(rank); 1 where no alpha was saved."""
        own, kind = self.find(f'{prefix}.lora.alpha'), self.find(f'{prefix}.lora.use_rslora')
        alpha = self._alpha if own is None else float(own)
        root = self._root if kind is None else bool(kind)
        if alpha is None:
            return 1.0
        return alpha / (math.sqrt(rank) if root else rank)


def translate(
    state: Mapping[str, Tensor], config: LoratConfig
) -> tuple[dict[str, Tensor], list[str], list[str]]:
    """
    Rename and merge an official state.

    :returns: our state; official keys that are missing; official keys that nothing takes.
    """
    reader = _Reader(state)
    ours: dict[str, Tensor | None] = {
        'patch.weight': reader.need('patch_embed.proj.weight'),
        'patch.bias': reader.need('patch_embed.proj.bias'),
        'position': reader.need('pos_embed'),
        'types': reader.need('token_type_embed'),
        'norm.weight': reader.need('norm.weight'),
        'norm.bias': reader.need('norm.bias'),
    }

    def linear(our: str, official: str, part: str = '') -> None:
        for kind, tensor in reader.linear(official, part).items():
            ours[f'{our}.{kind}'] = tensor

    inner, outer = ('mlp.inner', 'mlp.outer') if config.gated else ('mlp.0', 'mlp.2')
    fc1, fc2 = ('mlp.w12', 'mlp.w3') if config.gated else ('mlp.fc1', 'mlp.fc2')
    for number in range(config.layers):
        our, official = f'layers.{number}', f'blocks.{number}'
        for norm in ('norm1', 'norm2'):
            for kind in ('weight', 'bias'):
                ours[f'{our}.{norm}.{kind}'] = reader.need(f'{official}.{norm}.{kind}')
        for name, part in (('query', 'q'), ('key', 'k'), ('value', 'v')):
            linear(f'{our}.{name}', f'{official}.attn.qkv', part)
        linear(f'{our}.out', f'{official}.attn.proj')
        linear(f'{our}.{inner}', f'{official}.{fc1}')
        linear(f'{our}.{outer}', f'{official}.{fc2}')
        ours[f'{our}.gain1'] = reader.need(f'{official}.ls1.gamma')
        ours[f'{our}.gain2'] = reader.need(f'{official}.ls2.gamma')
    for our, official in (('score', 'head.cls_mlp'), ('box', 'head.reg_mlp')):
        for number in range(3):
            linear(f'{our}.{2 * number}', f'{official}.layers.{number}')
    found = {key: tensor for key, tensor in ours.items() if tensor is not None}
    # a fused layer misses once, not once for each of q, k and v
    return found, list(dict.fromkeys(reader.missing)), sorted(set(state) - reader.used)


def load_official(
    config: LoratConfig, weights: Path, backbone: Path | None = None, name: str = 'LoRAT'
) -> Lorat:
    """
    Build the network with official weights.

    :param weights: the checkpoint. :param backbone: DINOv2's own file, for a checkpoint that
        holds the trained part only.
    :raises BadWeights: a file cannot be read, or something is missing, left over or of another
        shape; all of it is named.
    """
    state = {} if backbone is None else dinov2_part(load_tensors(backbone), config.search_cells)
    state |= load_tensors(weights)
    ours, missing, left = translate(state, config)
    with torch.device('meta'):
        model = Lorat(config)
    shapes = {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()}
    wrong = [
        f'{key} is {tuple(tensor.shape)}, expected {shapes[key]}'
        for key, tensor in ours.items()
        if tuple(tensor.shape) != shapes[key]
    ]
    if missing or left or wrong:
        lines = [f'{weights} is not a checkpoint of {name}:']
        lines += [f'missing ({len(missing)}): {", ".join(missing)}'] if missing else []
        lines += [f'left over ({len(left)}): {", ".join(left)}'] if left else []
        lines += [f'of another shape ({len(wrong)}): {"; ".join(wrong)}'] if wrong else []
        if any(key.startswith('blocks.') for key in missing) and backbone is None:
            lines.append('if it holds the trained part only, give the file of DINOv2 as well')
        raise BadWeights('\n'.join(lines))
    model.load_state_dict({k: v.float() for k, v in ours.items()}, assign=True)
    model.eval().requires_grad_(False)
    return model
