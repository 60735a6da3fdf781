# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The click network: mask and box of the object in the middle of a close-up.

    close-up ─▶ EfficientNet-Lite0 ─▶ strides 4, 8 ─▶ "the middle is meant" ─▶ strides 16, 32
                (frozen to here)          │                                        │
                                          └──────────▶ pyramid ◀───────────────────┘
                                                          │
              mask at stride 4 ◀── likeness to the middle ┴─▶ box and the IoU expected of it

A small SAM (Kirillov et al. 2023) with one prompt, given by the close-up itself. What the click
is on enters early, at stride 8, so that all that follows is about that one thing (RITM, Sofiiuk
et al. 2022). The mask is what it learns from most; the box is what is used.
"""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.models.backbone import Trunk
from follow_anything.models.detection.tiny.image import CLOSE_UP_PX
from follow_anything.models.detection.tiny.network import Backbone, normed, Separable
import torch
from torch import nn, Tensor
from torch.nn import functional as F  # noqa: N812

__all__ = ['MASK_STRIDE', 'ClickNetwork', 'ClickOutput']

MASK_STRIDE = 4
FOUR, EIGHT, SIXTEEN, KNOWN, DEEP = 24, 40, 112, 192, 128
"""Channels of the trunk at strides 4, 8, 16 and 32, and of the layers of our own at stride 32."""

WIDTH, FINE_WIDTH, EMBEDDING, SMALL = 64, 48, 32, 16
"""Channels of the pyramid, of its finest level, of what pixels are compared by, and of what the
box is read off."""

LAST_OF_FOUR, FROZEN, LAST_OF_SIXTEEN = 2, 5, 10
"""Number of the trunk's last block at strides 4 and 16, and how many there are up to stride 8."""

USUAL_SIDE_PX = CLOSE_UP_PX / 6
"""From the click to a side of the box, when nothing is known."""


@dataclass(frozen=True)
class ClickOutput:
    """
    Output of the click network, for each close-up.

    :param mask: (B, H / 4, W / 4), logits. :param boxes: (B, 4), x1 y1 x2 y2, pixels of the
        close-up; they may reach beyond it. :param quality: (B,), logit of the IoU expected.
    """

    mask: Tensor
    boxes: Tensor
    quality: Tensor


def _rings(side: int) -> Tensor:
    """Return how near the middle of a square map the cells are, (1, 4, side, side)."""
    steps = torch.arange(side) + 0.5 - side / 2
    square = steps[:, None] ** 2 + steps[None] ** 2
    near = [torch.exp(-square / spread) for spread in (0.7, 8.0, 50.0)]
    return torch.stack([*near, square.sqrt() / side])[None]


class _DeepTrunk(Trunk):
    """EfficientNet-Lite0 up to three blocks at stride 32: these know things, not only parts."""

    LAYOUT = Backbone.LAYOUT[:14]


class ClickNetwork(nn.Module):
    """The click network: one close-up in, mask, box and quality out."""

    def __init__(self) -> None:
        super().__init__()
        cells = CLOSE_UP_PX // MASK_STRIDE
        self.trunk = _DeepTrunk()
        self.register_buffer('rings', _rings(CLOSE_UP_PX // 8), persistent=False)
        self.middle = nn.Conv2d(4, EIGHT, 1)
        nn.init.normal_(self.middle.weight, std=0.3)
        self.down = nn.Sequential(
            *(normed(SIXTEEN, DEEP), nn.ReLU()),
            nn.Conv2d(DEEP, DEEP, 5, 2, 2, groups=DEEP, bias=False),
            *(nn.BatchNorm2d(DEEP), nn.ReLU(), normed(DEEP, DEEP)),
            *(Separable(DEEP), Separable(DEEP)),
        )
        self.known = normed(KNOWN, WIDTH)
        widths = (FINE_WIDTH, WIDTH, WIDTH, WIDTH)
        self.lateral = nn.ModuleList(
            normed(c, w) for c, w in zip((FOUR, EIGHT, SIXTEEN, DEEP), widths, strict=True)
        )
        self.narrow = normed(WIDTH, FINE_WIDTH)
        self.mix = nn.ModuleList(nn.Sequential(Separable(w), Separable(w)) for w in widths)
        self.embed = nn.Conv2d(FINE_WIDTH, EMBEDDING, 1)
        self.decide = nn.Sequential(
            *(normed(FINE_WIDTH + 1, FINE_WIDTH), nn.ReLU(), Separable(FINE_WIDTH)),
            nn.Conv2d(FINE_WIDTH, 1, 1),
        )
        self.small = normed(WIDTH, SMALL)
        self.think = nn.Linear(SMALL * (CLOSE_UP_PX // 16) ** 2 + 2 * cells, 256)
        self.answer = nn.Linear(256, 5)
        nn.init.normal_(self.answer.weight, std=0.01)
        nn.init.zeros_(self.answer.bias)
        for part in (self.trunk.stem, *self.trunk.blocks[:FROZEN]):
            part.requires_grad_(False)

    def forward(self, image: Tensor) -> ClickOutput:
        """
        Segment the object in the middle of each close-up.

        :param image: (B, 3, CLOSE_UP_PX, CLOSE_UP_PX), RGB in [-1, 1].
        """
        four, x = self._before(image)
        x = x + self.middle(self.rings)
        levels = [four, x]
        for number, block in enumerate(self.trunk.blocks[FROZEN:], FROZEN):
            x = block(x)
            if number == LAST_OF_SIXTEEN:
                levels += [x, self.down(x)]
        maps = [layer(level) for layer, level in zip(self.lateral, levels, strict=True)]
        maps[3] = self.mix[3](maps[3] + self.known(x))
        for number in (2, 1, 0):
            coarse = maps[number + 1] if number else self.narrow(maps[1])
            coarse = F.interpolate(coarse, scale_factor=2.0, mode='nearest')
            maps[number] = self.mix[number](maps[number] + coarse)
        mask = self.decide(torch.cat([maps[0], self._likeness(maps[0])], 1))[:, 0]
        return ClickOutput(mask, *self._box(maps[2], mask))

    def _before(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the features before the click is known: strides 4 and 8."""
        with torch.no_grad():
            x = F.relu6(self.trunk.stem(F.pad(image, (0, 1, 0, 1))))
            for block in self.trunk.blocks[: LAST_OF_FOUR + 1]:
                x = block(x)
            four = x
            for block in self.trunk.blocks[LAST_OF_FOUR + 1 : FROZEN]:
                x = block(x)
        return four, x

    def _likeness(self, fine: Tensor) -> Tensor:
        """Compare every cell with the four in the middle, (B, 1, H, W)."""
        embedded = self.embed(fine)
        middle = slice(fine.shape[-1] // 2 - 1, fine.shape[-1] // 2 + 1)
        meant = embedded[:, :, middle, middle].mean((2, 3), keepdim=True)
        return (embedded * meant).sum(1, keepdim=True) / EMBEDDING**0.5

    def _box(self, coarse: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Read box and quality off a coarse map and off how far the mask reaches."""
        reach = mask.clamp(-4.0, 4.0) / 4.0
        seen = F.relu(self.small(coarse)).flatten(1)
        x = torch.cat([seen, reach.amax(1), reach.amax(2)], 1)
        answer = self.answer(F.gelu(self.think(x)))
        sides = torch.exp(answer[:, :4].clamp(-4.0, 3.0)) * USUAL_SIDE_PX
        middle = CLOSE_UP_PX / 2
        return torch.cat([middle - sides[:, :2], middle + sides[:, 2:]], 1), answer[:, 4]
