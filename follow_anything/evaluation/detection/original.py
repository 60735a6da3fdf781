# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The recipe of the original Follow Anything (Maalouf et al., 2023, section III), to compare with.

SAM's own generator with 16 points a side and one layer of crops, then CLIP one crop at a time,
or DINO ViT-S/8 at stride 4 with its features enlarged to the image. Nobody should use it.
"""

from __future__ import annotations

from typing import Any

import cv2
from follow_anything.core.types import BoolArray, FloatArray, UInt8Array
from follow_anything.models.detection.foundation.clip import ClipEncoder
from follow_anything.models.runtime.device import require_torch
import numpy as np

__all__ = ['OriginalDino', 'OriginalSam', 'clip_one_by_one']

POINTS_PER_SIDE, CROP_LAYERS, MIN_AREA_PX = 16, 1, 200


class OriginalSam:
    """
    Masks of everything, five encodings a frame: the whole, and four crops.

    :param sam: a Sam of segment-anything. :param min_quality: expected IoU that passes.
    :param min_stability: stability score that passes; the paper has .8 and .9.
    """

    def __init__(self, sam: Any, min_quality: float, min_stability: float) -> None:
        from segment_anything import SamAutomaticMaskGenerator

        self._generator = SamAutomaticMaskGenerator(
            sam,
            points_per_side=POINTS_PER_SIDE,
            pred_iou_thresh=min_quality,
            stability_score_thresh=min_stability,
            crop_n_layers=CROP_LAYERS,
            crop_n_points_downscale_factor=1,
            min_mask_region_area=MIN_AREA_PX,
        )

    def everything(self, rgb: UInt8Array) -> list[dict[str, Any]]:
        """Return the generator's records, the largest mask skipped, as the paper does."""
        found = sorted(self._generator.generate(rgb), key=lambda record: -record['area'])
        return list(found[1:])


def clip_one_by_one(clip: ClipEncoder, rgb: UInt8Array, boxes: FloatArray) -> FloatArray:
    """Return one vector a box, (N, 4), xyxy, each crop in a pass of its own."""
    vectors = []
    for x1, y1, x2, y2 in boxes.astype(int):
        crop = rgb[y1:y2, x1:x2]
        square = np.asarray(cv2.resize(crop, (clip.side, clip.side)), np.uint8)
        vectors.append(clip.encode_crops([square]))
    return np.concatenate(vectors) if vectors else np.zeros((0, 1), np.float32)


class OriginalDino:
    """
    The keys of the last layer of ViT-S/8 at stride 4, enlarged to one vector a pixel.

    :param model: timm's vit_small_patch8_224.dino. :param device: torch's.
    """

    def __init__(self, model: Any, device: Any) -> None:
        self._torch = require_torch('DINO')
        self._model, self._device = model, device
        model.patch_embed.proj.stride = (4, 4)
        model.blocks[-1].attn.qkv.register_forward_hook(self._keep)
        self._qkv: Any = None

    def _keep(self, _module: Any, _given: Any, result: Any) -> None:
        self._qkv = result

    def pool(self, rgb: UInt8Array, masks: BoolArray) -> FloatArray:
        """Return the mean of the pixels' vectors inside each mask, float32 (N, D)."""
        torch, (height, width) = self._torch, rgb.shape[:2]
        with torch.no_grad():
            image = torch.from_numpy(rgb).to(self._device).permute(2, 0, 1)[None].float() / 255
            self._model.forward_features(image)
            keys = self._qkv[0, self._model.num_prefix_tokens :].chunk(3, -1)[1]
            rows, columns = (height - 8) // 4 + 1, (width - 8) // 4 + 1
            grid = keys.reshape(1, rows, columns, -1).permute(0, 3, 1, 2).float()
            pixels = torch.nn.functional.interpolate(grid, (height, width), mode='bilinear')[0]
            pixels = torch.nn.functional.normalize(pixels, dim=0)
            pooled = [pixels[:, torch.from_numpy(mask)].mean(1).cpu().numpy() for mask in masks]
        return np.array(pooled, np.float32)
