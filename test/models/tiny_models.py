# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The real classes of segment-anything, open_clip and timm: narrow, seeded, saved to files."""

from __future__ import annotations

from functools import partial
import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip('torch', reason='the large models need torch: make setup-heavy')
for name in ('segment_anything', 'open_clip', 'timm'):
    pytest.importorskip(name, reason=f'the large models need {name}: make setup-heavy')

from follow_anything.evaluation.detection.random_weights import SMALL_CLIP as CLIP
from follow_anything.evaluation.detection.random_weights import SMALL_DINO as DINO

__all__ = ['CLIP', 'DINO', 'save_clip', 'save_dino', 'save_sam', 'tiny_sam']

SAM_SIDE = 128


def shake(model: Any) -> Any:
    """Give every weight a seeded value: fresh networks are zero in places, and hide mistakes."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.add_(0.05 * noise)
    return model.eval()


def tiny_sam(side: int = SAM_SIDE) -> Any:
    """Return a Sam with two narrow blocks, one of them in windows."""
    from segment_anything.modeling import (
        ImageEncoderViT,
        MaskDecoder,
        PromptEncoder,
        Sam,
        TwoWayTransformer,
    )

    torch.manual_seed(0)
    grid = side // 16
    return shake(
        Sam(
            ImageEncoderViT(
                img_size=side,
                embed_dim=32,
                depth=2,
                num_heads=2,
                out_chans=32,
                norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
                use_rel_pos=True,
                window_size=3,
                global_attn_indexes=(1,),
            ),
            PromptEncoder(32, (grid, grid), (side, side), 8),
            MaskDecoder(
                transformer_dim=32,
                transformer=TwoWayTransformer(2, 32, 8, 64),
                iou_head_hidden_dim=24,
            ),
        )
    )


def save_sam(folder: Path) -> Path:
    """Write a tiny SAM; return its path."""
    path = folder / 'sam_tiny.pth'
    torch.save(tiny_sam().state_dict(), path)
    return path


def save_clip(folder: Path) -> tuple[Path, str, Any]:
    """Write a tiny CLIP; return its path, its architecture and itself."""
    import open_clip

    torch.manual_seed(0)
    model = shake(open_clip.model.CLIP(**CLIP))
    path, config = folder / 'clip_tiny.pt', folder / 'clip_tiny.json'
    torch.save({'state_dict': model.state_dict(), 'epoch': 3}, path)
    config.write_text(json.dumps(CLIP))
    return path, str(config), model


def save_dino(folder: Path, **changes: Any) -> tuple[Path, str, Any]:
    """Write a tiny vision transformer; return its path, its architecture and itself."""
    from timm.models.vision_transformer import VisionTransformer

    torch.manual_seed(0)
    model = shake(VisionTransformer(**DINO, num_classes=0, dynamic_img_size=True))
    path, config = folder / 'dino_tiny.pth', folder / 'dino_tiny.json'
    torch.save({**model.state_dict(), **changes}, path)
    config.write_text(json.dumps(DINO))
    return path, str(config), model
