# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""SAM, CLIP and DINO with seeded random weights, as files: they take as long as trained ones."""

from __future__ import annotations

from functools import partial
import json
from pathlib import Path
from typing import Any

from follow_anything.models.runtime.device import require_torch

__all__ = ['architectures', 'write_random_weights']

CLIP, DINO = 'ViT-B-32', 'vit_small_patch14_dinov2'

SMALL_CLIP = {
    'embed_dim': 16,
    'vision_cfg': {
        'image_size': 32, 'layers': 1, 'width': 32, 'head_width': 16, 'patch_size': 8,
    },
    'text_cfg': {
        'context_length': 77, 'vocab_size': 49408, 'width': 16, 'heads': 2, 'layers': 1,
    },
}  # fmt: skip
SMALL_DINO = {'img_size': 56, 'patch_size': 14, 'embed_dim': 32, 'depth': 1, 'num_heads': 2}
SMALL_SAM_PX = 128


def write_random_weights(folder: Path, *, small: bool = False) -> None:
    """
    Write sam.pth, clip.pth and dino.pth: SAM vit_b, CLIP ViT-B-32 and DINOv2 ViT-S, 1.1 GB.

    :param small: tiny widths; clip.json and dino.json say which.
    """
    torch = require_torch('the benchmark')
    torch.manual_seed(0)
    for name, network in (_small(folder) if small else _full()).items():
        torch.save(network.state_dict(), folder / f'{name}.pth')


def architectures(folder: Path) -> tuple[str, str]:
    """Return what clip.pth and dino.pth in a folder are of: names, or files that say it."""
    described = folder / 'clip.json', folder / 'dino.json'
    if described[0].exists():
        return str(described[0]), str(described[1])
    return CLIP, DINO


def _full() -> dict[str, Any]:
    import open_clip
    from segment_anything import sam_model_registry
    import timm

    return {
        'sam': sam_model_registry['vit_b'](),
        'clip': open_clip.create_model(CLIP, load_weights=False),
        'dino': timm.create_model(DINO, num_classes=0),
    }


def _small(folder: Path) -> dict[str, Any]:
    import open_clip
    from timm.models.vision_transformer import VisionTransformer

    (folder / 'clip.json').write_text(json.dumps(SMALL_CLIP), encoding='utf-8')
    (folder / 'dino.json').write_text(json.dumps(SMALL_DINO), encoding='utf-8')
    return {
        'sam': _small_sam(),
        'clip': open_clip.model.CLIP(**SMALL_CLIP),
        'dino': VisionTransformer(**SMALL_DINO, num_classes=0, dynamic_img_size=True),
    }


def _small_sam() -> Any:
    from segment_anything import modeling

    torch = require_torch('the benchmark')
    side, grid = SMALL_SAM_PX, SMALL_SAM_PX // 16
    encoder = modeling.ImageEncoderViT(
        img_size=side, embed_dim=32, depth=2, num_heads=2, out_chans=32, use_rel_pos=True,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), window_size=3, global_attn_indexes=(1,),
    )  # fmt: skip
    decoder = modeling.MaskDecoder(
        transformer_dim=32,
        transformer=modeling.TwoWayTransformer(2, 32, 8, 64),
        iou_head_hidden_dim=24,
    )
    prompts = modeling.PromptEncoder(32, (grid, grid), (side, side), 8)
    return modeling.Sam(encoder, prompts, decoder)
