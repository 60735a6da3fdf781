# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Overlap of boxes as a loss."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ['pair_iou']


def pair_iou(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU (Rezatofighi et al. 2019) of paired corners (..., 4)."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    inter = (high - low).clamp(min=0).prod(-1)
    area_a = (a[..., 2:] - a[..., :2]).clamp(min=0).prod(-1)
    area_b = (b[..., 2:] - b[..., :2]).clamp(min=0).prod(-1)
    union = area_a + area_b - inter
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    hull = hull.clamp(min=0).prod(-1)
    iou = inter / union.clamp(min=1e-7)
    return iou, iou - (hull - union) / hull.clamp(min=1e-7)
