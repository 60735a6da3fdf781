# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The network of the tiny detector: one pass gives boxes and what is in them.

    image ─▶ EfficientNet-Lite0 ─▶ strides 8, 16, 32 ─▶ tiny_boxes ─▶ best 40 boxes
             (frozen, ImageNet)          │                                 │
                                         └──▶ RoI align ◀──────────────────┘
                                                 │
              text embedding ◀── perceptron ◀────┼────▶ perceptron ──▶ instance embedding
              ImageNet scores ◀── frozen head ◀──┴────▶ perceptron ──▶ colours

Text is compared as SigLIP does (Zhai et al. 2023): a sigmoid for each concept, so that "none of
them" is an answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.models.backbone import Trunk
import torch
from torch import nn, Tensor
from torch.nn import functional as F  # noqa: N812
from torchvision.ops import roi_align

__all__ = [
    'CHANNELS',
    'COLOR_CHANNELS',
    'ROI_CHANNELS',
    'SEEN_CHANNELS',
    'Backbone',
    'RoiHead',
    'Separable',
    'TinyConfig',
    'TopBlocks',
    'normed',
    'roi_vectors',
    'seen_vectors',
]

CHANNELS = (40, 112, 320)
"""Of the features at strides 8, 16 and 32."""

SEMANTIC = 1280
COLOR_CELLS = 6
COLOR_CHANNELS = 3 * COLOR_CELLS**2
ROI_CHANNELS = SEMANTIC + 9 * CHANNELS[1] + 4 * CHANNELS[0] + COLOR_CHANNELS + 3
"""Values of a RoI: ImageNet features, 3x3 of stride 16, 2x2 of stride 8, 6x6 RGB, geometry."""


PYRAMID, PYRAMID_CELLS = 64, 5
SEEN_CHANNELS = 4 * CHANNELS[2] + PYRAMID * PYRAMID_CELLS**2
"""Values of a RoI of what was trained: 2x2 of stride 32, 5x5 of the pyramid."""


@dataclass(frozen=True)
class TinyConfig:
    """Sizes of the trained heads; the defaults are those of the shipped weights."""

    hidden: int = 512
    text: int = 192
    instance: int = 128
    colors: int = 11


class Backbone(Trunk):
    """EfficientNet-Lite0, all of it; batch normalisation folded, weights frozen."""

    LAYOUT = (
        *Trunk.LAYOUT,
        (112, 192, 6, 5, 2),
        (192, 192, 6, 5, 1),
        (192, 192, 6, 5, 1),
        (192, 192, 6, 5, 1),
        (192, 320, 6, 3, 1),
    )
    STRIDE_16 = 10

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(CHANNELS[2], SEMANTIC, 1)
        self.classes = nn.Linear(SEMANTIC, 1000)

    def load_imagenet(self, state: dict[str, Tensor], eps: float = 1e-3) -> None:
        """Load the package's checkpoint: see Trunk, and the classifier."""
        super().load_imagenet(state, eps)
        gain = state['_bn1.weight'] / torch.sqrt(state['_bn1.running_var'] + eps)
        self.head.weight.data = state['_conv_head.weight'] * gain[:, None, None, None]
        self.head.bias.data = state['_bn1.bias'] - state['_bn1.running_mean'] * gain
        self.classes.weight.data = state['_fc.weight']
        self.classes.bias.data = state['_fc.bias']

    def levels(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """
        Compute features at strides 8, 16, 32.

        :param image: (B, 3, H, W), RGB in [-1, 1]; H and W multiples of 32.
        """
        x = F.relu6(self.stem(F.pad(image, (0, 1, 0, 1))))
        kept = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in (self.STRIDE_8, self.STRIDE_16):
                kept.append(x)
        return kept[0], kept[1], x


class TopBlocks(nn.Module):
    """
    The trunk's blocks behind stride 16 once more, trained on labelled pictures.

    Those of the trunk stay as ImageNet taught them: words that were not taught, and the instance
    embedding, live on them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Backbone().blocks[Backbone.STRIDE_16 + 1 :])

    def start_from(self, backbone: Backbone) -> None:
        """Begin with the weights of a trunk."""
        self.blocks.load_state_dict(backbone.blocks[Backbone.STRIDE_16 + 1 :].state_dict())

    def forward(self, middle: Tensor) -> Tensor:
        """Map features (B, 112, H / 16, W / 16) to (B, 320, H / 32, W / 32)."""
        for block in self.blocks:
            middle = block(middle)
        return middle


def normed(inputs: int, outputs: int) -> nn.Sequential:
    """Pointwise convolution, and batch normalisation."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))


class Separable(nn.Module):
    """Depthwise 5x5, then pointwise; residual."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 5, padding=2, groups=width, bias=False),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape (B, width, H, W)."""
        out: Tensor = x + self.layers(x)
        return out


def roi_vectors(
    backbone: Backbone, image: Tensor, levels: tuple[Tensor, ...], rois: Tensor
) -> Tensor:
    """
    Pool the frozen network's features in boxes.

    :param image: (B, 3, H, W), as the backbone got it. :param levels: its features.
    :param rois: (K, 5): number of the picture in the batch, x1 y1 x2 y2 in pixels.
    :returns: (K, ROI_CHANNELS).
    """
    fine, middle, coarse = levels

    def pool(x: Tensor, cells: int, stride: int, samples: int) -> Tensor:
        return roi_align(x, rois, cells, 1.0 / stride, samples, aligned=True)

    semantic = F.relu6(backbone.head(pool(coarse, 2, 32, 2))).mean((2, 3))
    sides = (rois[:, 3:] - rois[:, 1:3]).clamp(min=1.0)
    size = torch.log(sides / 64.0)
    return torch.cat(
        [
            semantic,
            pool(middle, 3, 16, 2).flatten(1),
            pool(fine, 2, 8, 3).flatten(1),
            pool(image, COLOR_CELLS, 1, 3).flatten(1),
            size,
            size[:, :1] - size[:, 1:],
        ],
        1,
    )


def seen_vectors(top: Tensor, pyramid: Tensor, rois: Tensor) -> Tensor:
    """
    Pool the trained layers' features in boxes.

    :param top: (B, 320, H / 32, W / 32), of TopBlocks. :param pyramid: (B, 64, H / 8, W / 8), the
        finest map of BoxHead. :param rois: (K, 5), as for roi_vectors.
    :returns: (K, SEEN_CHANNELS).
    """
    coarse = roi_align(top, rois, 2, 1.0 / 32, 2, aligned=True)
    fine = roi_align(pyramid, rois, PYRAMID_CELLS, 1.0 / 8, 2, aligned=True)
    return torch.cat([coarse.flatten(1), fine.flatten(1)], 1)


def _perceptron(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.GELU(), nn.Linear(hidden, outputs))


class RoiHead(nn.Module):
    """The RoI head: text, instance and colour embeddings of a box."""

    def __init__(self, config: TinyConfig | None = None) -> None:
        super().__init__()
        config = config or TinyConfig()
        self.register_buffer('mean', torch.zeros(ROI_CHANNELS))
        self.register_buffer('scale', torch.ones(ROI_CHANNELS))
        self.trunk = nn.Linear(ROI_CHANNELS, config.hidden)
        self.seen = nn.Linear(SEEN_CHANNELS, config.hidden, bias=False)
        nn.init.zeros_(self.seen.weight)
        # what is in 24,000 scenes can be learnt by heart
        self.forget, self.drop = nn.Dropout(0.15), nn.Dropout(0.35)
        self.text = _perceptron(config.hidden, config.hidden, config.text)
        self.instance = _perceptron(config.hidden, config.hidden // 2, config.instance)
        self.color = _perceptron(COLOR_CHANNELS + 4 * CHANNELS[0], 128, config.colors)

    def standardise(self, vectors: Tensor) -> None:
        """Set mean and deviation of the inputs from a sample (K, ROI_CHANNELS)."""
        self.mean.copy_(vectors.mean(0))
        self.scale.copy_(1.0 / vectors.std(0).clamp(min=1e-2))

    def forward(
        self, vectors: Tensor, seen: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """
        Embed RoIs; only the text depends on what the trained layers see.

        :param vectors: (K, ROI_CHANNELS), of roi_vectors. :param seen: (K, SEEN_CHANNELS), of
            seen_vectors; None before any trained layer is there.
        :returns: text (K, text) and instance (K, instance), of unit length; colours (K, colors),
            logits.
        """
        x = ((vectors - self.mean) * self.scale).clamp(-6.0, 6.0)
        fine = x[:, SEMANTIC + 9 * CHANNELS[1] : -3]
        before = self.trunk(self.forget(x))
        more = before if seen is None else before + self.seen(self.forget(seen))
        what = self.drop(F.gelu(more))
        which = self.drop(F.gelu(before))
        return (
            F.normalize(self.text(what), dim=1),
            F.normalize(self.instance(which), dim=1),
            self.color(fine),
        )
