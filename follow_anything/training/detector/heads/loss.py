# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Losses of the detector's heads."""

from __future__ import annotations

from follow_anything.training.boxes import pair_iou
import torch
from torch import nn, Tensor
from torch.nn import functional as F  # noqa: N812

__all__ = ['Concepts', 'box_loss', 'color_loss', 'concept_loss', 'instance_loss']

HIDDEN = 255

MOST = 8.0
"""A level is for objects up to so many of its cells in size (square root of the area)."""

USUAL_CELLS = 8.0
"""Cells that show an object of the usual size."""

TEMPERATURE = 0.07
"""Of the contrastive loss."""


def _with_middles(owner: Tensor, truth: Tensor, cells: Tensor) -> Tensor:
    """
    Give every small object the finest cell that holds its middle, where nothing else is seen.

    Else what is thin, or smaller than a cell, owns no cell at all and is never learnt.
    """
    stride = cells[:, 2].min()
    columns = int((cells[cells[:, 2] == stride, 0].max() / stride).ceil())
    size = truth[..., 2:] - truth[..., :2]
    small = (size.amin(-1) > 0) & (size.clamp(min=0).prod(-1).sqrt() < MOST * stride)
    place = ((truth[..., :2] + truth[..., 2:]) / 2 / stride).long().clamp(0, columns - 1)
    index = place[..., 1] * columns + place[..., 0]
    number = torch.arange(1, truth.shape[1] + 1).expand_as(index)
    free = small & (torch.gather(owner, 1, index) == 0)
    result = owner.clone()
    rows = torch.arange(len(owner))[:, None].expand_as(index)
    result[rows[free], index[free]] = number[free]
    return result


def box_loss(
    logits: Tensor,
    boxes: Tensor,
    cells: Tensor,
    truth: Tensor,
    owner: Tensor,
    rest: Tensor | None = None,
) -> tuple[Tensor, dict[str, float]]:
    """
    Objectness learns the IoU that its cell reaches, less towards an object's rim; boxes GIoU.

    Every cell whose middle shows an object is to predict that object's box, if the object's size
    suits the level; so a click anywhere on an object finds it. A cell of a large object counts
    for less, or the many of them would drown the few of a small one.

    :param logits: (B, N). :param boxes: (B, N, 4), predicted. :param cells: (N, 3): x, y, stride;
        of a square canvas, level by level, row by row.
    :param truth: (B, M, 4), zeros where there are fewer.
    :param owner: (B, N), uint8: 1 + object, 0 none, 255 unknown.
    :param rest: (B,), how surely there is nothing where nothing is labelled; None: wholly.
    """
    owner = _with_middles(owner.long(), truth, cells)
    held = (owner > 0) & (owner <= truth.shape[1])
    index = (owner - 1).clamp(0, truth.shape[1] - 1)
    goal = torch.gather(truth, 1, index[..., None].expand(-1, -1, 4))
    size = (goal[..., 2:] - goal[..., :2]).clamp(min=1.0)
    scale = size.prod(-1).sqrt() / cells[:, 2]
    # the finest level has no smaller neighbour, the coarsest no larger one
    least = torch.where(cells[:, 2] > 8, 2.6, 0.0)
    most = torch.where(cells[:, 2] < 32, MOST, 1e6)
    fits = held & (scale > least) & (scale < most)
    count = torch.zeros(truth.shape[:2]).scatter_add(1, index, fits.float())
    share = (USUAL_CELLS / torch.gather(count, 1, index).clamp(min=1.0)).sqrt()
    # within its own cell a middle is as central as can be
    offset = (cells[:, :2] - (goal[..., :2] + goal[..., 2:]) / 2).abs() - cells[:, 2:] / 2
    central = (1.0 - (offset.clamp(min=0.0) / (size / 2)).amax(-1)).clamp(0.0, 1.0)
    predicted, wanted = boxes[fits], goal[fits]
    iou, giou = pair_iou(predicted, wanted)
    weight = (0.3 + central[fits]) * share[fits]
    regression = ((1 - giou) * weight).sum() / weight.sum().clamp(min=1.0)
    target = torch.zeros_like(logits)
    target[fits] = (iou.detach() * (0.35 + 0.65 * central[fits].sqrt())).clamp(0.0, 1.0)
    counted = (owner != HIDDEN) & ~(held & ~fits)
    score = logits.sigmoid()
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction='none')
    nothing = torch.ones_like(logits) if rest is None else rest[:, None].expand_as(logits)
    emphasis = torch.where(fits, share.clamp(0.5, 2.0), torch.where(held, 1.0, nothing))
    focal = (entropy * (target - score).abs().square() * emphasis)[counted].sum()
    objectness = focal / (target * emphasis).sum().clamp(min=1.0)
    return 2.0 * objectness + 2.0 * regression, {
        'objectness': objectness.item(),
        'giou': regression.item(),
    }


class Concepts(nn.Module):
    """
    Concept vectors: projected MiniLM embeddings of names, plus a learnt offset.

    :param words: (V, 384), embeddings of the concepts' names. :param width: of the result.
    """

    def __init__(self, words: Tensor, width: int) -> None:
        super().__init__()
        self.register_buffer('words', words)
        self.project = nn.Sequential(
            nn.Linear(words.shape[1], 256), nn.GELU(), nn.Linear(256, width)
        )
        self.own = nn.Parameter(torch.zeros(len(words), width))
        self.scale = nn.Parameter(torch.tensor(2.7))
        self.bias = nn.Parameter(torch.tensor(-9.0))

    def vectors(self, forget: float = 0.0) -> Tensor:
        """
        Return the concepts (V, width), of unit length.

        :param forget: share of concepts that must do without their own part, so that the
            projection alone learns to place names it was never shown.
        """
        own = self.own
        if forget:
            own = own * (torch.rand(len(own), 1) >= forget)
        return F.normalize(F.normalize(self.project(self.words), dim=1) + own, dim=1)

    def logits(self, text: Tensor, vectors: Tensor) -> Tensor:
        """Return (K, V): how well each RoI fits each concept."""
        return self.scale.exp() * (text @ vectors.T) + self.bias


def concept_loss(logits: Tensor, targets: Tensor, sure: Tensor | None = None) -> Tensor:
    """
    Sigmoid loss over the whole vocabulary.

    :param logits: (K, V). :param targets: (K, V), 1 is, 0 is not, -1 may be.
    :param sure: (K, V), [0, 1], of what is not; None: wholly.
    """
    known = (targets >= 0).float()
    if sure is not None:
        known = known * torch.where(targets == 0, sure, 1.0)
    entropy = F.binary_cross_entropy_with_logits(
        logits, targets.clamp(min=0).float(), reduction='none'
    )
    # half of the weight to what a thing is, half to all that it is not
    positive = (targets > 0).float()
    yes = (entropy * positive).sum(1) / positive.sum(1).clamp(min=1.0)
    no = (entropy * known * (1 - positive)).sum(1)
    return (2.0 * yes + 0.25 * no).mean()


def color_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of the known colours; told (K, 11): 1, 0, -1 unknown."""
    known = (labels >= 0).float()
    entropy = F.binary_cross_entropy_with_logits(
        logits, labels.clamp(min=0).float(), reduction='none'
    )
    weight = known * (1.0 + 3.0 * (labels > 0))
    return (entropy * weight).sum() / weight.sum().clamp(min=1.0)


def instance_loss(vectors: Tensor, instances: Tensor, scenes: Tensor) -> Tensor:
    """
    Supervised contrastive loss (Khosla et al. 2020) between pictures of the same thing.

    :param vectors: (K, D), of unit length. :param instances: (K,), negative: of no use.
    :param scenes: (K,); two RoIs of one scene are no pair of views, and are left out.
    """
    used = instances != -1
    vectors, instances, scenes = vectors[used], instances[used], scenes[used]
    same = instances[:, None] == instances[None]
    apart = scenes[:, None] != scenes[None]
    logits = vectors @ vectors.T / TEMPERATURE
    logits = logits.masked_fill(same & ~apart, -1e4)
    pairs = (same & apart).float()
    log_share = logits - torch.logsumexp(logits, 1, keepdim=True)
    has = pairs.sum(1) > 0
    if not bool(has.any()):
        return vectors.sum() * 0.0
    return -((log_share * pairs).sum(1)[has] / pairs.sum(1)[has]).mean()
