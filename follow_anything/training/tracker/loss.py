# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The tracker's training loss and the figures it is watched by."""

from __future__ import annotations

from follow_anything.models.tracking.transformer import Maps
from follow_anything.training.boxes import pair_iou
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

__all__ = ['box_at_peak', 'centre_map', 'tracker_loss']


def _grid(cells: int) -> Tensor:
    """Centres of the cells, (cells, cells, 2), x then y, as shares of the region."""
    line = (torch.arange(cells) + 0.5) / cells
    y, x = torch.meshgrid(line, line, indexing='ij')
    return torch.stack([x, y], -1)


def centre_map(boxes: Tensor, cells: int) -> Tensor:
    """
    Soft target of the class map: a Gaussian over the box, 1 at the cell nearest its centre.

    :param boxes: (B, 4) x1 y1 x2 y2 as shares of the region.
    :returns: (B, cells, cells).
    """
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    sigma = (0.22 * (boxes[:, 2:] - boxes[:, :2])).clamp(min=0.45 / cells)
    nearest = ((centre * cells).floor().clamp(0, cells - 1) + 0.5) / cells
    offset = (_grid(cells)[None] - nearest[:, None, None]) / sigma[:, None, None]
    return torch.exp(-0.5 * offset.square().sum(-1))


def _corners(box: Tensor) -> Tensor:
    """Distances (B, 4, H, W) of each cell to its box's sides -> corners (B, H, W, 4)."""
    grid = _grid(box.shape[-1])[None]
    left_top, right_bottom = box[:, :2].permute(0, 2, 3, 1), box[:, 2:].permute(0, 2, 3, 1)
    return torch.cat([grid - left_top, grid + right_bottom], -1)


def box_at_peak(maps: Maps) -> Tensor:
    """Box (B, 4) read where the class map is highest."""
    index = maps.score.flatten(1).argmax(1)
    return _corners(maps.box).flatten(1, 2)[torch.arange(len(index)), index]


def tracker_loss(maps: Maps, boxes: Tensor, present: Tensor) -> tuple[Tensor, dict[str, float]]:
    """
    Sum of the losses of all heads.

    Class: quality focal loss (Li et al. 2020) against a Gaussian, zero where the target is absent.
    Box: GIoU and L1 around the centre. Quality: the IoU reached there. Presence: cross entropy.

    :param boxes: (B, 4) as shares of the region.
    :param present: (B,) 1 visible, 0 absent; nan counts for the box but not for presence.
    """
    cells = maps.score.shape[-1]
    there = (present != 0).float()
    target = centre_map(boxes, cells) * there[:, None, None]
    score = maps.score.sigmoid()
    entropy = F.binary_cross_entropy_with_logits(maps.score, target, reduction='none')
    weight = (target - score).abs().square()
    mass = target.sum().clamp(min=1.0)
    class_loss = (weight * entropy).sum() / mass

    core = target * (target > 0.25)
    iou, giou = pair_iou(_corners(maps.box), boxes[:, None, None].expand(-1, cells, cells, -1))
    total = core.sum().clamp(min=1.0)
    box_loss = ((1.0 - giou) * core).sum() / total
    distance = (_corners(maps.box) - boxes[:, None, None]).abs().sum(-1)
    side_loss = (distance * core).sum() / total
    quality = F.binary_cross_entropy_with_logits(maps.quality, iou.detach(), reduction='none')
    quality_loss = (quality * core).sum() / total

    known = ~present.isnan()
    presence_loss = F.binary_cross_entropy_with_logits(maps.presence[known], present[known])
    loss = 4.0 * class_loss + 2.0 * box_loss + 2.0 * side_loss
    loss = loss + 0.3 * quality_loss + 0.4 * presence_loss
    return loss, {
        'class': class_loss.item(),
        'giou': box_loss.item(),
        'presence': presence_loss.item(),
    }
