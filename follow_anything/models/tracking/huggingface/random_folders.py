# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Folders of seeded random weights of SAM 2 and EdgeTAM, full-size or tiny: tests, timing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadConfig
from follow_anything.models.runtime.device import require_torch
from follow_anything.models.weights.pretrained import require_transformers

__all__ = ['TINY_PX', 'TRACKERS', 'write_random_tracker']

TRACKERS = ('edgetam', 'sam2')
TINY_PX = 128


def write_random_tracker(name: str, folder: Path, *, small: bool = False) -> Path:
    """
    Write a folder as `models fetch` would bring it, with random weights.

    :param name: of TRACKERS. :param small: at tiny width.
    :return: the folder. :raises BadConfig: there is no such name.
    """
    if name not in TRACKERS:
        raise BadConfig(f'random weights are for {", ".join(TRACKERS)}; got {name!r}')
    transformers = require_transformers('random weights')
    require_torch('random weights').manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    if name == 'sam2':
        config = transformers.Sam2VideoConfig(
            **(_small(_hiera(), 'memory_attention_') if small else {})
        )
        network = transformers.Sam2VideoModel(config)
    else:
        vision = _repvit(transformers, small)
        sizes = _small(vision, 'memory_attention_') if small else {'vision_config': vision}
        if small:
            sizes |= {
                'memory_attention_rope_k_sizes': [4, 4], 'perceiver_resampler_num_latents': 16,
                'perceiver_resampler_num_latents_2d': 16,
                'perceiver_resampler_mlp_intermediate_size': 16,
            }  # fmt: skip
            sizes['memory_attention_mlp_hidden_size'] = sizes.pop(
                'memory_attention_feed_forward_hidden_size'
            )
        network = transformers.EdgeTamVideoModel(transformers.EdgeTamVideoConfig(**sizes))
    network.save_pretrained(folder)
    side = TINY_PX if small else 1024
    size = {'height': side, 'width': side}
    pictures = transformers.Sam2ImageProcessor(size=size)
    videos = transformers.Sam2VideoVideoProcessor(size=size)
    transformers.Sam2VideoProcessor(pictures, videos).save_pretrained(folder)
    return folder


def _hiera() -> dict[str, Any]:
    return {
        'model_type': 'sam2_vision_model',
        'backbone_config': {
            'model_type': 'sam2_hiera_det_model', 'hidden_size': 8, 'num_attention_heads': 1,
            'image_size': [TINY_PX, TINY_PX], 'blocks_per_stage': [1, 1, 2, 1],
            'embed_dim_per_stage': [8, 16, 32, 64], 'num_attention_heads_per_stage': [1, 1, 2, 2],
            'window_size_per_stage': [4, 4, 4, 4], 'global_attention_blocks': [3],
            'window_positional_embedding_background_size': [4, 4],
        },
        'backbone_channel_list': [64, 32, 16, 8],
        'backbone_feature_sizes': [[32, 32], [16, 16], [8, 8]],
        'fpn_hidden_size': 128,
    }  # fmt: skip


def _repvit(transformers: Any, small: bool) -> Any:
    """Return EdgeTAM's own vision network; its backbone, timm's RepViT, has one width."""
    sizes: dict[str, Any] = {}
    if small:
        sizes = {'fpn_hidden_size': 128, 'backbone_feature_sizes': [[32, 32], [16, 16], [8, 8]]}
    backbone = transformers.TimmWrapperConfig(
        architecture='repvit_m1',
        model_args={'in_chans': 3, 'features_only': True, 'out_indices': [0, 1, 2, 3]},
    )
    return transformers.EdgeTamVisionConfig(backbone_config=backbone, **sizes)


def _small(vision: Any, memory: str) -> dict[str, Any]:
    """Return the sizes that both have in common, at tiny width."""
    return {
        'vision_config': vision,
        'image_size': TINY_PX,
        'prompt_encoder_config': {'hidden_size': 128, 'image_size': TINY_PX, 'patch_size': 16},
        'mask_decoder_config': {
            'hidden_size': 128, 'mlp_dim': 24, 'num_attention_heads': 2, 'iou_head_hidden_dim': 16,
        },
        f'{memory}hidden_size': 128,
        f'{memory}num_layers': 1,
        f'{memory}feed_forward_hidden_size': 24,
        f'{memory}rope_feat_sizes': [8, 8],
        'memory_encoder_hidden_size': 128,
        'memory_encoder_output_channels': 64,  # the classes have this number written in
        'mask_downsampler_embed_dim': 128,
        'memory_fuser_embed_dim': 128,
        'memory_fuser_intermediate_dim': 24,
    }  # fmt: skip
