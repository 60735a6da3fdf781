# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the second look is asked in training: boxes to judge, many of them with a click."""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.training.detector_loss import iou_giou
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812
from torchvision.ops import box_iou

__all__ = ['NEAR_CELLS', 'Questions', 'draw_questions', 'second_loss']

BEST, TRIED = 200, 6
"""So many of the best boxes are what it will have to judge; it is shown a few of them."""

THINGS, NEAR_CELLS, NEAR_TRIED = 4, 1.5, 3
"""Things clicked on; cells nearer than so many of their sides propose; so many are shown."""

JITTER = 0.13
USABLE, USABLE_CLICKED = 0.3, 0.1
"""IoU from which on a box can be moved to where it should be."""


@dataclass(frozen=True)
class Questions:
    """
    Boxes to judge.

    :param rois: (K, 5), number of the picture and box. :param clicks: (K, 2), pixels.
    :param clicked: (K, 1), 1 or 0. :param goals: (K, 4), the right box; zeros: there is none.
    """

    rois: Tensor
    clicks: Tensor
    clicked: Tensor
    goals: Tensor


def draw_questions(
    rng: np.random.Generator,
    logits: Tensor,
    boxes: Tensor,
    cells: Tensor,
    truth: Tensor,
    counts: Tensor,
    owner: Tensor,
) -> Questions:
    """Draw questions about a batch; its parts are those of box_loss."""
    rows: list[tuple[Tensor, Tensor, Tensor]] = []  # box with its picture, click or nan, goal
    finest = cells[:, 2] == cells[:, 2].min()

    def ask(number: int, asked: Tensor, goals: Tensor, click: Tensor) -> None:
        picture = torch.full((len(asked), 1), float(number))
        rows.append((torch.cat([picture, asked], 1), click.expand(len(asked), 2), goals))

    nowhere = torch.full((2,), torch.nan)
    for number in range(len(logits)):
        places = boxes[number].detach()
        best = places[logits[number].detach().topk(BEST).indices]
        things = truth[number, : int(counts[number])]
        tried = best[torch.from_numpy(rng.integers(BEST, size=TRIED))]
        if not len(things):
            ask(number, tried, torch.zeros_like(tried), nowhere)
            continue
        ask(number, tried, things[box_iou(tried, things).argmax(1)], nowhere)
        ask(number, _jittered(rng, things), things, nowhere)
        for k in rng.permutation(len(things))[:THINGS]:
            seen = torch.nonzero((owner[number] == k + 1) & finest)[:, 0]
            thing = things[k : k + 1]
            if len(seen):
                click = cells[seen[int(rng.integers(len(seen)))], :2]
                click = click + torch.from_numpy(rng.uniform(-2, 2, 2)).float()
            else:
                click = (thing[0, :2] + thing[0, 2:]) / 2
            away = (cells[:, :2] - click).abs().amax(1) / cells[:, 2]
            near = torch.nonzero(away <= NEAR_CELLS)[:, 0].numpy()
            holds = ((best[:, :2] <= click) & (click <= best[:, 2:])).all(1)
            tried = [places[rng.choice(near, NEAR_TRIED)], _jittered(rng, thing)]
            if bool(holds.any()):
                tried.append(best[holds][torch.from_numpy(rng.integers(int(holds.sum()), size=2))])
            asked = torch.cat(tried)
            ask(number, asked, thing.expand_as(asked), click)
    rois, clicks, goals = (torch.cat(part) for part in zip(*rows, strict=True))
    clicked = (~clicks[:, :1].isnan()).float()
    return Questions(rois, clicks.nan_to_num(), clicked, goals)


def _jittered(rng: np.random.Generator, boxes: Tensor) -> Tensor:
    sides = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    return boxes + sides * torch.from_numpy(rng.normal(0, JITTER, tuple(boxes.shape))).float()


def second_loss(
    moved: Tensor, logits: Tensor, asked: Questions
) -> tuple[Tensor, dict[str, float]]:
    """GIoU of the moved boxes that can reach their goal; the logit learns the IoU they reach."""
    iou, giou = iou_giou(moved, asked.goals)
    before, _ = iou_giou(asked.rois[:, 1:], asked.goals)
    least = torch.where(asked.clicked[:, 0] > 0, USABLE_CLICKED, USABLE)
    usable = before >= least
    regression = ((1 - giou) * usable).sum() / usable.sum().clamp(min=1)
    quality = F.binary_cross_entropy_with_logits(logits, iou.detach().clamp(0.0, 1.0))
    return 3.0 * quality + 2.0 * regression, {
        'quality': quality.item(),
        'moved': regression.item(),
        'gain': (iou - before)[usable].mean().item() if bool(usable.any()) else 0.0,
    }
