# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Folders of seeded random weights: the real classes of transformers, full-size or tiny.

They see nothing, and take as long as trained ones: for tests and for measuring. Tokenizers read
letter by letter; at full size their vocabulary is filled up to the published number.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadConfig
from follow_anything.models.runtime.device import require_torch
from follow_anything.models.weights.pretrained import require_transformers

__all__ = ['DETECTORS', 'TINY_PX', 'write_random_folder']

LETTERS = [*'abcdefghijklmnopqrstuvwxyz0123456789.,-']
TINY_PX = 64

CLIP_WORDS, BERT_WORDS = 49408, 30522
"""Sizes of the published vocabularies."""


def _clip_tokenizer(length: int, small: bool) -> tuple[Any, int]:
    """Return a tokenizer that ends as CLIP's does, and the size of its vocabulary."""
    transformers = require_transformers('random weights')
    begin, end = '<|startoftext|>', '<|endoftext|>'
    tokens = [*LETTERS, *(f'{letter}</w>' for letter in LETTERS)]
    if not small:
        tokens += [f'<unused{k}>' for k in range(CLIP_WORDS - len(tokens) - 2)]
    tokens += [begin, end]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = transformers.CLIPTokenizer(
        vocab=vocabulary, merges=[], model_max_length=length, pad_token=end
    )
    return tokenizer, len(tokens)


def _clip_text(words: int, small: bool, length: int) -> dict[str, Any]:
    ends = {'bos_token_id': words - 2, 'eos_token_id': words - 1, 'pad_token_id': words - 1}
    if not small:
        return {'vocab_size': words, **ends}
    return {
        'vocab_size': words, **ends, 'hidden_size': 24, 'projection_dim': 24,
        'intermediate_size': 24, 'num_hidden_layers': 1, 'num_attention_heads': 2,
        'max_position_embeddings': length,
    }  # fmt: skip


def _bert_tokenizer(small: bool) -> tuple[Any, int]:
    transformers = require_transformers('random weights')
    words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '?', *LETTERS]
    words += [f'##{letter}' for letter in LETTERS]
    if not small:
        words += [f'[unused{k}]' for k in range(BERT_WORDS - len(words))]
    vocabulary = {word: number for number, word in enumerate(words)}
    return transformers.BertTokenizer(vocab=vocabulary, do_lower_case=True), len(words)


def _swin(small: bool) -> Any:
    transformers = require_transformers('random weights')
    if not small:
        return transformers.SwinConfig(
            window_size=7, image_size=224, embed_dim=96, depths=[2, 2, 6, 2],
            num_heads=[3, 6, 12, 24], out_features=['stage2', 'stage3', 'stage4'],
        )  # fmt: skip
    return transformers.SwinConfig(
        image_size=TINY_PX, patch_size=4, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 2, 2, 2],
        window_size=2, out_features=['stage2', 'stage3', 'stage4'],
    )  # fmt: skip


def _owlv2(folder: Path, small: bool) -> None:
    transformers = require_transformers('random weights')
    length, side = 16, TINY_PX if small else 960
    tokenizer, words = _clip_tokenizer(length, small)
    vision = {'image_size': side, 'patch_size': 16}
    if small:
        vision |= {'hidden_size': 16, 'intermediate_size': 24, 'num_hidden_layers': 1}
        vision |= {'num_attention_heads': 2}
    config = transformers.Owlv2Config(
        text_config=_clip_text(words, small, length),
        vision_config=vision,
        projection_dim=24 if small else 512,
    )
    transformers.Owlv2ForObjectDetection(config).save_pretrained(folder)
    pictures = transformers.Owlv2ImageProcessor(size={'height': side, 'width': side})
    transformers.Owlv2Processor(pictures, tokenizer).save_pretrained(folder)


def _grounding_dino(folder: Path, small: bool) -> None:
    transformers = require_transformers('random weights')
    tokenizer, words = _bert_tokenizer(small)
    text: dict[str, Any] = {'model_type': 'bert', 'vocab_size': words}
    sizes: dict[str, Any] = {}
    if small:
        text |= {'hidden_size': 16, 'num_hidden_layers': 1, 'num_attention_heads': 2}
        text |= {'intermediate_size': 24, 'max_position_embeddings': 64}
        sizes = {
            'd_model': 32, 'encoder_layers': 1, 'decoder_layers': 2, 'encoder_ffn_dim': 24,
            'decoder_ffn_dim': 24, 'encoder_attention_heads': 2, 'decoder_attention_heads': 2,
            'num_queries': 12, 'max_text_len': 48, 'num_feature_levels': 3,
        }  # fmt: skip
    config = transformers.GroundingDinoConfig(
        backbone_config=_swin(small), text_config=text, **sizes
    )
    transformers.GroundingDinoForObjectDetection(config).save_pretrained(folder)
    sides = {'shortest_edge': TINY_PX, 'longest_edge': 2 * TINY_PX} if small else None
    pictures = transformers.GroundingDinoImageProcessor(**({'size': sides} if sides else {}))
    transformers.GroundingDinoProcessor(pictures, tokenizer).save_pretrained(folder)


def _omdet_turbo(folder: Path, small: bool) -> None:
    transformers = require_transformers('random weights')
    length, side = 77, TINY_PX if small else 640
    tokenizer, words = _clip_tokenizer(length, small)
    sizes: dict[str, Any] = {}
    if small:  # timm's backbone, which the published one has, comes in no tiny width
        sizes = {
            'backbone_config': _swin(small), 'apply_layernorm_after_vision_backbone': False,
            'text_projection_in_dim': 24, 'text_projection_out_dim': 24, 'class_embed_dim': 24,
            'task_encoder_hidden_dim': 16, 'num_queries': 12, 'encoder_hidden_dim': 16,
            'decoder_hidden_dim': 16, 'encoder_in_channels': [16, 32, 64],
            'vision_features_channels': [16, 16, 16], 'encoder_dim_feedforward': 24,
            'decoder_dim_feedforward': 24, 'decoder_num_layers': 1, 'decoder_num_heads': 2,
            'encoder_attention_heads': 2,
        }  # fmt: skip
    config = transformers.OmDetTurboConfig(
        text_config={'model_type': 'clip_text_model', **_clip_text(words, small, length)},
        image_size=side,
        **sizes,
    )
    transformers.OmDetTurboForObjectDetection(config).save_pretrained(folder)
    pictures = transformers.DetrImageProcessor(
        size={'height': side, 'width': side}, do_pad=False, do_convert_annotations=False
    )
    transformers.OmDetTurboProcessor(pictures, tokenizer).save_pretrained(folder)


def _sam3(folder: Path, small: bool) -> None:
    transformers = require_transformers('random weights')
    length = 32
    tokenizer, words = _clip_tokenizer(length, small)
    side = 112 if small else 1008
    config = _sam3_tiny(words, length) if small else transformers.Sam3Config()
    transformers.Sam3Model(config).save_pretrained(folder)
    pictures = transformers.Sam3ImageProcessor(size={'height': side, 'width': side})
    transformers.Sam3Processor(pictures, tokenizer).save_pretrained(folder)


def _sam3_tiny(words: int, length: int) -> Any:
    transformers = require_transformers('random weights')
    width = {'hidden_size': 32, 'num_attention_heads': 2}
    each = {**width, 'intermediate_size': 24}
    return transformers.Sam3Config(
        vision_config={
            'backbone_config': {
                'model_type': 'sam3_vit_model', **each, 'num_hidden_layers': 2,
                'image_size': 112, 'patch_size': 14, 'window_size': 4, 'global_attn_indexes': [1],
                'pretrain_image_size': 56,
            },
            'fpn_hidden_size': 32, 'backbone_feature_sizes': [[32, 32], [16, 16], [8, 8]],
        },
        text_config=_clip_text(words, True, length),
        geometry_encoder_config={**each, 'num_layers': 1},
        detr_encoder_config={**each, 'num_layers': 1},
        detr_decoder_config={**each, 'num_layers': 1, 'num_queries': 10},
        mask_decoder_config=width,
    )  # fmt: skip


DETECTORS: dict[str, Callable[[Path, bool], None]] = {
    'grounding_dino': _grounding_dino,
    'omdet_turbo': _omdet_turbo,
    'owlv2': _owlv2,
    'sam3': _sam3,
}


def write_random_folder(name: str, folder: Path, *, small: bool = False) -> Path:
    """
    Write a folder as `models fetch` would bring it, with random weights.

    :param name: of DETECTORS. :param small: at tiny width, a few hundred kilobytes.
    :return: the folder. :raises BadConfig: there is no such name.
    """
    if name not in DETECTORS:
        raise BadConfig(f'random weights are for {", ".join(DETECTORS)}; got {name!r}')
    require_torch('random weights').manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    DETECTORS[name](folder, small)
    return folder
