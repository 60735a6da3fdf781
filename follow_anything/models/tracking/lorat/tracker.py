# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The official LoRAT trackers, for those who fetch their weights; a GPU is advised."""

from __future__ import annotations

from functools import partial
import math
from pathlib import Path

from follow_anything.core.errors import BadConfig, NotReady
from follow_anything.core.types import Box, FloatArray, Frame, Track, UInt8Array
from follow_anything.models.runtime.device import pick_device
from follow_anything.models.tracking.lorat.network import Lorat, VARIANTS
from follow_anything.models.tracking.lorat.weights import load_official
from follow_anything.models.tracking.online import crop_square, part_to_learn
from follow_anything.models.weights.fetched import find_fetched
import numpy as np
import torch
from torch import Tensor

__all__ = [
    'LoratTracker',
    'b224',
    'b378',
    'context_side',
    'find_official',
    'g224',
    'g378',
    'l224',
    'l378',
]

TEMPLATE_FACTOR = 2.0
WINDOW = 0.45
SMALLEST_PX = 10.0
"""Smaller targets are searched for as if they were so large."""

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

FOLDER_URL = 'https://drive.google.com/drive/folders/1FvViP0MCSiAu2FSrNjg7XEORn74yOBdD'
DINOV2_URL = 'https://dl.fbaipublicfiles.com/dinov2/dinov2_vit{0}14/dinov2_vit{0}14_pretrain.pth'


def find_official(variant: str) -> tuple[Path, Path | None]:
    """
    Return the paths of a variant's checkpoint and, where it was fetched too, of DINOv2's.

    :raises BadWeights: the checkpoint is not there; says where it comes from.
    """
    weights = find_fetched(
        [f'lorat_{variant}.safetensors', f'lorat_{variant}.bin'],
        f'{FOLDER_URL} (github.com/LitingLin/LoRAT)',
        f'pip install gdown && gdown --folder {FOLDER_URL}, then name the file so; a file that '
        'holds the trained part only also needs, beside it: '
        f'curl -L --create-dirs --output-dir {{folder}} -O {DINOV2_URL.format(variant[0])}',
    )
    backbone = weights.parent / f'dinov2_vit{variant[0]}14_pretrain.pth'
    return weights, backbone if backbone.is_file() else None


def context_side(width: float, height: float, factor: float) -> float:
    """Side of a square around a box with context: (factor - 1) mean sides added to each side."""
    context = (factor - 1.0) * (width + height) / 2
    return math.sqrt((width + context) * (height + context))


class LoratTracker:
    """
    One-template tracking as in the paper: crop, network, Hann window, best cell; no updates.

    Its score is the class score of the cell it took, and so is its presence: the official weights
    have no other opinion on whether the target is there.

    :param variant: a key of VARIANTS. :param device: 'auto', 'cpu' or 'cuda'.
    :param weights: official checkpoint; None: found by name. :param backbone: DINOv2's file.
    :param network: use this one instead, for tests.
    :raises BadWeights: the weights are not there, or not of this variant.
    """

    def __init__(
        self,
        variant: str = 'b224',
        device: str = 'auto',
        weights: Path | None = None,
        backbone: Path | None = None,
        network: Lorat | None = None,
    ) -> None:
        if network is None:
            if variant not in VARIANTS:
                raise BadConfig(f'variant must be one of {", ".join(VARIANTS)}; got {variant!r}')
            if weights is None:
                weights, backbone = find_official(variant)
            network = load_official(VARIANTS[variant], weights, backbone, f'LoRAT-{variant}')
        self._device = pick_device(device)
        self._network = network.to(self._device)
        cells = network.config.search_cells
        self._window = np.outer(np.hanning(cells), np.hanning(cells))
        self._template: tuple[Tensor, Tensor] | None = None
        self._box: FloatArray = np.zeros(4)

    def initialize(self, frame: Frame, box: Box) -> None:
        """Learn the target; BadBox when less than 3 x 3 px of it are inside the frame."""
        inside = part_to_learn(frame, box)
        self._box = np.array([*inside.center, inside.width, inside.height])
        config = self._network.config
        side = context_side(inside.width, inside.height, TEMPLATE_FACTOR)
        cells = config.template_cells
        half = self._box[2:] / side / 2
        low = np.floor((0.5 - half).clip(0) * cells).astype(int)
        # a patch that the box only just touches is still background
        high = np.floor((0.5 + half).clip(max=1) * cells + 1 - 1e-4).astype(int)
        types = np.full((1, cells, cells), Lorat.BACKGROUND)
        types[0, low[1] : high[1], low[0] : high[0]] = Lorat.TARGET
        image = crop_square(frame.rgb, self._box[:2], side, cells * config.patch_px)
        self._template = self._tensor(image), torch.from_numpy(types).to(self._device)

    @torch.inference_mode()
    def track(self, frame: Frame) -> Track:
        """
        Find the target in the next frame.

        :raises NotReady: initialize() was never called.
        """
        if self._template is None:
            raise NotReady('lorat has no target yet: call initialize(frame, box) first')
        config = self._network.config
        width, height = (max(float(size), SMALLEST_PX) for size in self._box[2:])
        side = context_side(width, height, config.search_factor)
        image = crop_square(frame.rgb, self._box[:2], side, config.search_cells * config.patch_px)
        template, types = self._template
        half = self._device.type == 'cuda'
        with torch.autocast(self._device.type, torch.float16, enabled=half):
            logits, boxes = self._network(template, self._tensor(image), types)
        score = torch.sigmoid(logits[0]).cpu().numpy()
        ranked = score * (1.0 - WINDOW) + self._window * WINDOW
        row, column = np.unravel_index(int(np.argmax(ranked)), ranked.shape)
        corners = boxes[0, row, column].cpu().numpy().astype(float)
        corners = np.tile(self._box[:2], 2) + (corners - 0.5) * side
        belief = float(score[row, column])
        if not (np.isfinite(corners).all() and math.isfinite(belief)):
            return Track(None, 0.0, 0.0)
        self._move(corners, frame)
        return Track(Box.from_center(*(float(v) for v in self._box)), belief, belief)

    def _move(self, corners: FloatArray, frame: Frame) -> None:
        limit = np.array([frame.width, frame.height], float)
        low, high = corners[:2].clip(0, limit), corners[2:].clip(0, limit)
        if (high > low).all():  # a box outside the picture is no place to look next
            self._box = np.array([*(low + high) / 2, *(high - low)])

    def _tensor(self, image: UInt8Array) -> Tensor:
        x = torch.from_numpy(image).to(self._device).permute(2, 0, 1)[None].float() / 255
        mean, deviation = (torch.tensor(v, device=self._device) for v in (MEAN, DEVIATION))
        return (x - mean[:, None, None]) / deviation[:, None, None]


b224, b378 = partial(LoratTracker, 'b224'), partial(LoratTracker, 'b378')
l224, l378 = partial(LoratTracker, 'l224'), partial(LoratTracker, 'l378')
g224, g378 = partial(LoratTracker, 'g224'), partial(LoratTracker, 'g378')
