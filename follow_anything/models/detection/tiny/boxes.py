# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Box proposals of every cell, and the RoI refinement head that rates and corrects the best.

    strides 8, 16, 32 ─▶ pyramid ─▶ a box and an objectness at every cell ─▶ best 60
                            │                                                  │
                            └─▶ 7 x 7 cells around a box ◀─────────────────────┘
                                        │
                                        └─▶ moved box, expected IoU ─▶ best 40

Boxes are class-agnostic and anchor-free (FCOS, Tian et al. 2019) with the IoU as the objectness
to learn (quality focal loss, Li et al. 2020); the refinement head is that of Fast R-CNN (Girshick
2015) with the expected IoU of IoU-Net (Jiang et al. 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.models.detection.tiny.image import STRIDES
from follow_anything.models.detection.tiny.network import CHANNELS, normed, Separable
import torch
from torch import nn, Tensor
from torch.nn import functional as F  # noqa: N812
from torchvision.ops import nms, roi_align

__all__ = ['MOST_BOXES', 'BoxHead', 'BoxModel', 'BoxProposals', 'RefinementHead', 'move_boxes']

WIDTH = 64
SHORTLIST, REFINED_BOXES, MOST_BOXES = 300, 60, 40
FIRST_IOU, LAST_IOU = 0.75, 0.6
"""Of two boxes that overlap more, the better one is kept, before and after the refinement head."""

CELLS, MARGIN = 7, 1.4
"""What the refinement head reads: a grid over the enlarged box."""


class BoxHead(nn.Module):
    """Feature pyramid and the class-agnostic box head, its weights shared by the levels."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(normed(c, width) for c in CHANNELS)
        self.mix = nn.ModuleList(Separable(width) for _ in CHANNELS)
        self.tower = nn.ModuleList(
            nn.Sequential(Separable(width), Separable(width)) for _ in CHANNELS
        )
        self.objectness = nn.Conv2d(width, 1, 1)
        self.sides = nn.Conv2d(width, 4, 1)
        nn.init.constant_(self.objectness.bias, -4.0)
        nn.init.normal_(self.objectness.weight, std=0.01)
        nn.init.normal_(self.sides.weight, std=0.01)
        nn.init.constant_(self.sides.bias, 0.7)

    def forward(self, levels: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
        """
        Predict a box at every cell.

        :param levels: features (B, CHANNELS, H / stride, W / stride).
        :returns: logits (B, N) and boxes (B, N, 4), x1 y1 x2 y2 in pixels of the input, of the
            cells of all levels, and the finest map of the pyramid (B, width, H / 8, W / 8).
        """
        maps = [layer(x) for layer, x in zip(self.lateral, levels, strict=True)]
        for number in (1, 0):
            coarse = F.interpolate(maps[number + 1], scale_factor=2.0, mode='nearest')
            maps[number] = self.mix[number](maps[number] + coarse)
        maps[2] = self.mix[2](maps[2])
        logits, boxes = [], []
        for x, tower, stride in zip(maps, self.tower, STRIDES, strict=True):
            y = tower(x)
            logits.append(self.objectness(y))
            # sides grow exponentially, so that one head serves all levels
            sides = torch.exp(self.sides(y).clamp(-4.0, 4.0)) * stride
            rows = (torch.arange(x.shape[2], device=x.device) + 0.5) * stride
            columns = (torch.arange(x.shape[3], device=x.device) + 0.5) * stride
            cy, cx = rows[:, None], columns[None]
            boxes.append(
                torch.stack(
                    [cx - sides[:, 0], cy - sides[:, 1], cx + sides[:, 2], cy + sides[:, 3]], 1
                )
            )
        return (
            torch.cat([x.flatten(1) for x in logits], 1),
            torch.cat([x.flatten(2).transpose(1, 2) for x in boxes], 1),
            maps[0],
        )


def move_boxes(boxes: Tensor, steps: Tensor) -> Tensor:
    """Move boxes (K, 4) by steps (K, 4): of the middle, in sizes, and of the size, logarithms."""
    size = boxes[:, 2:] - boxes[:, :2]
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2 + steps[:, :2] * size
    half = size / 2 * torch.exp(steps[:, 2:].clamp(-1.0, 1.0))
    return torch.cat([middle - half, middle + half], 1)


class RefinementHead(nn.Module):
    """The refinement head: rates and corrects boxes by the features in and around them."""

    def __init__(self, width: int = WIDTH, hidden: int = 256) -> None:
        super().__init__()
        self.seen = nn.Linear(width * CELLS**2, hidden)
        self.told = nn.Linear(2, hidden)
        self.think = nn.Linear(hidden, hidden)
        self.answer = nn.Linear(hidden, 5)
        nn.init.zeros_(self.answer.weight)
        nn.init.zeros_(self.answer.bias)

    def forward(self, fine: Tensor, rois: Tensor) -> tuple[Tensor, Tensor]:
        """
        Rate and correct boxes.

        :param fine: (B, width, H / 8, W / 8), of the pyramid. :param rois: (K, 5): number of the
            picture in the batch, x1 y1 x2 y2 in pixels.
        :returns: moved boxes (K, 4), and the IoU they are expected to reach (K,), a logit.
        """
        boxes = rois[:, 1:]
        size = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1.0)
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2
        half = size * MARGIN / 2
        around = torch.cat([rois[:, :1], middle - half, middle + half], 1)
        seen = roi_align(fine, around, CELLS, 1.0 / STRIDES[0], 2, aligned=True).flatten(1)
        x = F.gelu(self.seen(seen) + self.told(torch.log(size / 64.0)))
        answer = self.answer(F.gelu(self.think(x)))
        return move_boxes(boxes, answer[:, :4]), answer[:, 4]


@dataclass(frozen=True)
class BoxProposals:
    """
    Boxes of one picture; those of interest come first and stay where they are.

    :param boxes: (K + N, 4). :param scores: (K + N,), 1 for those of interest.
    :param pyramid: (1, width, H / 8, W / 8), its finest map.
    """

    boxes: Tensor
    scores: Tensor
    pyramid: Tensor


class BoxModel(nn.Module):
    """The box head and the refinement head."""

    def __init__(self) -> None:
        super().__init__()
        self.boxes, self.second = BoxHead(), RefinementHead()

    def forward(self, levels: tuple[Tensor, ...], limit: Tensor, interest: Tensor) -> BoxProposals:
        """
        Find boxes in one picture.

        :param levels: its features, a batch of one. :param limit: (4,), width, height, width,
            height of the picture. :param interest: (K, 4), boxes to be described too.
        """
        logits, places, fine = self.boxes(levels)
        best, order = logits[0].sigmoid().topk(min(SHORTLIST, logits.shape[1]))
        cells = torch.minimum(places[0][order].clamp(min=0.0), limit)
        first = nms(cells, best, FIRST_IOU)[:REFINED_BOXES]
        rois = torch.cat([torch.zeros_like(cells[first][:, :1]), cells[first]], 1)
        seen, logit = self.second(fine, rois)
        seen = torch.minimum(seen.clamp(min=0.0), limit)
        score = (logit.sigmoid() * best[first]).sqrt()
        keep = nms(seen, score, LAST_IOU)[:MOST_BOXES]
        return BoxProposals(
            torch.cat([interest, seen[keep]]),
            torch.cat([torch.ones_like(interest[:, 0]), score[keep]]),
            fine,
        )
