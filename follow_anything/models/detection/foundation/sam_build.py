# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
From a checkpoint to a Sam of the segment-anything package, whatever its size.

The tensors themselves say which of the registry's networks they are of (vit_b, vit_l, vit_h), or
MobileSAM's, or one of your own: nobody has to name the architecture.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadWeights, MissingDependency
from follow_anything.models.detection.foundation.mobile_sam import (
    is_mobile,
    mobile_encoder,
    timm_names,
)
from follow_anything.models.runtime.device import require_torch
from follow_anything.models.weights.checkpoints import load_into

__all__ = ['build_sam', 'halve', 'vit_encoder']

PIXEL_MEAN = (123.675, 116.28, 103.53)
PIXEL_STD = (58.395, 57.12, 57.375)

DECODER_HEADS = 8
"""Of the mask decoder, in every published SAM; the tensors do not tell."""


def build_sam(tensors: dict[str, Any], path: Path) -> Any:
    """
    Return the Sam whose checkpoint this is, with its weights.

    :param tensors: by name, as load_tensors() gives them. :param path: for errors.
    :raises BadWeights: they are not of a SAM.
    :raises MissingDependency: segment-anything is not installed.
    """
    try:
        from segment_anything.modeling import MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
    except ImportError as error:
        raise MissingDependency(
            'SAM needs segment-anything; install it with: make setup-heavy, or '
            'pip install segment-anything'
        ) from error
    try:
        if is_mobile(tensors):
            tensors = timm_names(tensors)
            encoder, patch_px = mobile_encoder(tensors), 16
        else:
            encoder, patch_px = vit_encoder(tensors)
        width, masks, iou_width, mlp = (
            int(tensors[name].shape[0])
            for name in (
                'image_encoder.neck.0.weight',
                'mask_decoder.mask_tokens.weight',
                'mask_decoder.iou_prediction_head.layers.0.weight',
                'mask_decoder.transformer.layers.0.mlp.lin1.weight',
            )
        )
        grid = encoder.img_size // patch_px
        sam = Sam(
            image_encoder=encoder,
            prompt_encoder=PromptEncoder(
                embed_dim=width,
                image_embedding_size=(grid, grid),
                input_image_size=(encoder.img_size, encoder.img_size),
                mask_in_chans=int(tensors['prompt_encoder.mask_downscaling.3.weight'].shape[0]),
            ),
            mask_decoder=MaskDecoder(
                num_multimask_outputs=masks - 1,
                transformer=TwoWayTransformer(
                    depth=_count(tensors, 'mask_decoder.transformer.layers.'),
                    embedding_dim=width,
                    mlp_dim=mlp,
                    num_heads=DECODER_HEADS,
                ),
                transformer_dim=width,
                iou_head_depth=_count(tensors, 'mask_decoder.iou_prediction_head.layers.'),
                iou_head_hidden_dim=iou_width,
            ),
            pixel_mean=list(PIXEL_MEAN),
            pixel_std=list(PIXEL_STD),
        )
    except KeyError as error:
        raise BadWeights(f'{path} holds no SAM: it lacks {error}') from error
    load_into(sam, tensors, path)
    return sam


def halve(sam: Any) -> None:
    """
    Run a Sam at half the resolution: a quarter of the tokens and of the time.

    SAM enlarges every picture to 1024 px. A robot's camera has 640: half of 1024 loses little
    of it. Absolute positions are interpolated here; the relative ones the network interpolates.
    """
    torch = require_torch('SAM')
    encoder, prompts = sam.image_encoder, sam.prompt_encoder
    encoder.img_size //= 2
    if getattr(encoder, 'pos_embed', None) is not None:
        positions = encoder.pos_embed.detach().permute(0, 3, 1, 2)
        half = torch.nn.functional.interpolate(positions, scale_factor=0.5, mode='bilinear')
        encoder.pos_embed = torch.nn.Parameter(half.permute(0, 2, 3, 1), requires_grad=False)
    grid = prompts.image_embedding_size[0] // 2
    prompts.image_embedding_size = (grid, grid)
    prompts.input_image_size = (encoder.img_size, encoder.img_size)
    prompts.mask_input_size = (4 * grid, 4 * grid)


def vit_encoder(tensors: dict[str, Any]) -> tuple[Any, int]:
    """Return the encoder without its weights, and the side of its patches, px."""
    torch = require_torch('SAM')
    from segment_anything.modeling import ImageEncoderViT

    _, grid, _, width = tensors['image_encoder.pos_embed'].shape
    patch_px = tensors['image_encoder.patch_embed.proj.weight'].shape[-1]
    depth = _count(tensors, 'image_encoder.blocks.')
    # A table of relative positions has 2 n - 1 rows: n is the window, or the whole grid.
    tables = [tensors[f'image_encoder.blocks.{i}.attn.rel_pos_h'] for i in range(depth)]
    reach = [(len(table) + 1) // 2 for table in tables]
    everywhere = tuple(index for index, cells in enumerate(reach) if cells == grid)
    mlp = tensors['image_encoder.blocks.0.mlp.lin1.weight'].shape[0]
    encoder = ImageEncoderViT(
        img_size=grid * patch_px,
        patch_size=patch_px,
        embed_dim=width,
        depth=depth,
        num_heads=width // tables[0].shape[1],
        mlp_ratio=mlp / width,
        out_chans=tensors['image_encoder.neck.0.weight'].shape[0],
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
        use_rel_pos=True,
        window_size=min(reach),
        global_attn_indexes=everywhere,
    )
    return encoder, patch_px


def _count(tensors: dict[str, Any], prefix: str) -> int:
    """Return how many numbered parts there are below a prefix; KeyError when there are none."""
    parts = {
        name.removeprefix(prefix).split('.')[0] for name in tensors if name.startswith(prefix)
    }
    if not parts:
        raise KeyError(prefix)
    return len(parts)
