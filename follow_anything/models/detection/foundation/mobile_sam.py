# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
MobileSAM's image encoder (Zhang et al., 2023), put together from timm's TinyViT.

It is TinyViT-5M with two changes: the last downsampling keeps the resolution, so that a side of
1024 px gives 64 cells like SAM's own encoder, and SAM's neck follows instead of a classifier.
"""

from __future__ import annotations

import re
from typing import Any

from follow_anything.models.runtime.device import require_torch

__all__ = ['is_mobile', 'mobile_encoder', 'timm_names']

PREFIX = 'image_encoder.'
HEADS = (2, 4, 5, 10)
WINDOWS = (7, 7, 14, 7)

DROPPED = ('norm_head.', 'head.')
"""TinyViT's classifier travels in the checkpoint, and MobileSAM does not use it."""


def is_mobile(tensors: dict[str, Any]) -> bool:
    """Tell whether a SAM checkpoint has MobileSAM's encoder."""
    return f'{PREFIX}patch_embed.seq.0.c.weight' in tensors


def timm_names(tensors: dict[str, Any]) -> dict[str, Any]:
    """Return a MobileSAM checkpoint with its encoder's tensors under timm's names."""
    renamed = {}
    for name, value in tensors.items():
        if not name.startswith(PREFIX):
            renamed[name] = value
            continue
        inner = name.removeprefix(PREFIX)
        if inner.startswith(DROPPED):
            continue
        inner = re.sub(r'^patch_embed\.seq\.0\.', 'patch_embed.conv1.', inner)
        inner = re.sub(r'^patch_embed\.seq\.2\.', 'patch_embed.conv2.', inner)
        inner = inner.replace('.c.weight', '.conv.weight')
        # The one merges at the end of a stage, the other at the beginning of the next.
        inner = re.sub(
            r'^layers\.(\d+)\.downsample\.',
            lambda match: f'stages.{int(match[1]) + 1}.downsample.',
            inner,
        )
        inner = re.sub(r'^layers\.', 'stages.', inner)
        renamed[PREFIX + inner] = value
    return renamed


def mobile_encoder(tensors: dict[str, Any]) -> Any:
    """
    Return the encoder a checkpoint (with timm's names) is of, without its weights.

    Its widths and depths are read from the tensors; heads and windows are TinyViT's.
    """
    torch = require_torch('MobileSAM')
    from segment_anything.modeling.common import LayerNorm2d
    from timm.models.tiny_vit import TinyVit

    def width(stage: int) -> int:
        name = 'conv3.conv.weight' if stage == 0 else 'local_conv.conv.weight'
        return int(tensors[f'{PREFIX}stages.{stage}.blocks.0.{name}'].shape[0])

    def depth(stage: int) -> int:
        begin = f'{PREFIX}stages.{stage}.blocks.'
        return len({n.removeprefix(begin).split('.')[0] for n in tensors if n.startswith(begin)})

    class MobileEncoder(torch.nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            trunk = TinyVit(
                num_classes=0,
                embed_dims=tuple(width(stage) for stage in range(4)),
                depths=tuple(depth(stage) for stage in range(4)),
                num_heads=HEADS,
                window_sizes=WINDOWS,
                drop_path_rate=0.0,
            )
            self.img_size = 1024
            self.patch_embed, self.stages = trunk.patch_embed, trunk.stages
            self.stages[3].downsample.conv2.conv.stride = (1, 1)
            out = tensors[f'{PREFIX}neck.0.weight'].shape[0]
            self.neck = torch.nn.Sequential(
                torch.nn.Conv2d(width(3), out, 1, bias=False),
                LayerNorm2d(out),
                torch.nn.Conv2d(out, out, 3, padding=1, bias=False),
                LayerNorm2d(out),
            )

        def forward(self, image: Any) -> Any:
            return self.neck(self.stages(self.patch_embed(image)))

    return MobileEncoder()
