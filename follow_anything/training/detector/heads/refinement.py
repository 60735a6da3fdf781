# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Training samples and loss of the RoI refinement head."""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.training.boxes import pair_iou
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812
from torchvision.ops import box_iou

__all__ = ['RoiSamples', 'draw_roi_samples', 'refinement_loss']

BEST, TRIED = 200, 16
"""So many of the best boxes are what it will have to judge; it is shown a few of them."""

JITTER = 0.13
USABLE = 0.3
"""IoU from which on a box can be moved to where it should be."""


@dataclass(frozen=True)
class RoiSamples:
    """
    Boxes for the refinement head to rate and to correct.

    :param rois: (K, 5), number of the picture and box.
    :param goals: (K, 4), the right box; zeros: there is none.
    :param things: (K,), number of the right box, -1 without.
    """

    rois: Tensor
    goals: Tensor
    things: Tensor


def draw_roi_samples(
    rng: np.random.Generator, logits: Tensor, boxes: Tensor, truth: Tensor, counts: Tensor
) -> RoiSamples:
    """Draw questions about a batch; its parts are those of box_loss."""
    rows: list[tuple[Tensor, ...]] = []
    for number in range(len(logits)):
        best = boxes[number].detach()[logits[number].detach().topk(BEST).indices]
        things = truth[number, : int(counts[number])]
        samples = best[torch.from_numpy(rng.integers(BEST, size=TRIED))]
        goals, which = torch.zeros_like(samples), torch.full((TRIED,), -1)
        if len(things):
            which = torch.cat([box_iou(samples, things).argmax(1), torch.arange(len(things))])
            goals = things[which]
            samples = torch.cat([samples, _jittered(rng, things)])
        picture = torch.full((len(samples), 1), float(number))
        rows.append((torch.cat([picture, samples], 1), goals, which))
    return RoiSamples(*(torch.cat(part) for part in zip(*rows, strict=True)))


def _jittered(rng: np.random.Generator, boxes: Tensor) -> Tensor:
    sides = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    return boxes + sides * torch.from_numpy(rng.normal(0, JITTER, tuple(boxes.shape))).float()


def refinement_loss(
    moved: Tensor, logits: Tensor, samples: RoiSamples, rest: Tensor | None = None
) -> tuple[Tensor, dict[str, float]]:
    """
    GIoU of the moved boxes that can reach their goal; the logit learns the IoU they reach.

    :param rest: (B,), how surely there is nothing where nothing is labelled; None: wholly.
    """
    iou, giou = pair_iou(moved, samples.goals)
    before, _ = pair_iou(samples.rois[:, 1:], samples.goals)
    usable = before >= USABLE
    regression = ((1 - giou) * usable).sum() / usable.sum().clamp(min=1)
    entropy = F.binary_cross_entropy_with_logits(
        logits, iou.detach().clamp(0.0, 1.0), reduction='none'
    )
    weight = torch.ones_like(logits)
    if rest is not None:
        weight = torch.where(before < USABLE, rest[samples.rois[:, 0].long()], 1.0)
    quality = (entropy * weight).sum() / weight.sum().clamp(min=1.0)
    return 3.0 * quality + 2.0 * regression, {
        'quality': quality.item(),
        'moved': regression.item(),
        'gain': (iou - before)[usable].mean().item() if bool(usable.any()) else 0.0,
    }
