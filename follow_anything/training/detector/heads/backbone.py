# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The detector's frozen backbone as an ONNX graph in 8 bits; training and the shipped network use it.

EfficientNet-Lite has neither gates nor swish so that it can be computed in 8 bits; only its first
three convolutions lose by it, and stay as they are. The heads are trained on what this very graph
gives: its rounding is part of the features.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import tempfile

from follow_anything.models.backbone import load_imagenet
from follow_anything.models.detection.tiny.network import Backbone
from follow_anything.models.export.precision import write_eight_bits
from follow_anything.training.onnx_files import slim
import numpy as np
import torch
from torch import Tensor

__all__ = ['FEATURES', 'imagenet_backbone', 'write_backbone']

FEATURES = ('picture', 'fine', 'middle', 'coarse')
"""Outputs: the picture in [-1, 1], and the features at strides 8, 16 and 32."""

EXACT = ('/backbone/stem/', '/backbone/blocks.0/')
"""What stays in 32 bits: in 8, a fifth of the features' variance would be noise, not a tenth."""


def imagenet_backbone() -> Backbone:
    """Build the backbone with its ImageNet weights; see load_imagenet."""
    backbone = Backbone()
    load_imagenet(backbone)
    backbone.eval().requires_grad_(False)
    return backbone


class _Levels(torch.nn.Module):
    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        picture = image.permute(0, 3, 1, 2).float() / 127.5 - 1.0
        return picture, *self.backbone.levels(picture)


def write_backbone(backbone: Backbone, images: Sequence[np.ndarray], path: Path) -> None:
    """
    Write the graph: image, uint8 (N, H, W, 3), to FEATURES.

    :param images: uint8 (H, W, 3), sides multiples of 32: the ranges of the activations come
        from these.
    """
    axes = {'image': {0: 'n', 1: 'h', 2: 'w'}}
    axes |= {name: {0: 'n', 2: f'h_{name}', 3: f'w_{name}'} for name in FEATURES}
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / 'exact.onnx'
        torch.onnx.export(
            _Levels(backbone),
            (torch.from_numpy(images[0][None]),),
            str(exact),
            input_names=['image'],
            output_names=list(FEATURES),
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
        slim(exact, halves=False)
        write_eight_bits(exact, path, [{'image': image[None]} for image in images], EXACT)
