# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
SAM (Kirillov et al., 2023): masks from points and boxes, and of the whole frame.

    encode(frame) once, slow ──▶ at_points(), in_box(), everything(): as often as one likes

The encoding is kept with its frame: whoever asks about the same frame again does not pay again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadImage
from follow_anything.core.types import BoolArray, Box, Click, FloatArray, Frame
from follow_anything.models.detection.foundation.sam_build import build_sam, halve
from follow_anything.models.runtime.device import inference, pick_device, require_torch, settle
from follow_anything.models.runtime.stopwatch import Stopwatch
from follow_anything.models.weights.checkpoints import load_tensors
import numpy as np

__all__ = ['EverythingConfig', 'SegmentAnything', 'Segments', 'box_of_mask']


BATCH_CPU, BATCH_CUDA = 8, 128
"""Clicks decoded together: more do not fit into a processor's cache, fewer leave a GPU idle."""


@dataclass(frozen=True)
class Segments:
    """
    Masks of one frame, best first where they compete.

    :param masks: bool (N, H, W). :param boxes: float32 (N, 4), xyxy, pixels.
    :param quality: float32 (N,), the IoU SAM expects of each mask, about [0, 1].
    """

    masks: BoolArray
    boxes: FloatArray
    quality: FloatArray

    def __len__(self) -> int:
        """Return the number of masks."""
        return len(self.quality)

    def taken(self, index: Any) -> Segments:
        """Return the segments an index array picks, in its order."""
        return Segments(self.masks[index], self.boxes[index], self.quality[index])


@dataclass(frozen=True)
class EverythingConfig:
    """
    How the masks of everything are found: the paper's values, without its second crop layer.

    :param points_per_side: of the grid of clicks.
    :param batch: clicks decoded together; 0: what suits the device.
    :param min_quality: expected IoU below which a mask is dropped.
    :param min_stability: share of a mask that stays when its border is drawn more tightly.
    :param max_overlap: IoU of boxes above which two masks are one.
    :param min_area_px: smaller masks are specks. :param max_share: larger ones are the scene.
    :param max_masks: how many are kept, the best ones.
    """

    points_per_side: int = 16
    batch: int = 0
    min_quality: float = 0.8
    min_stability: float = 0.9
    max_overlap: float = 0.7
    min_area_px: int = 200
    max_share: float = 0.6
    max_masks: int = 64


def box_of_mask(mask: BoolArray) -> tuple[float, float, float, float] | None:
    """Return the smallest box around a mask (H, W), xyxy; None when the mask is empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if rows.size == 0:
        return None
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


class SegmentAnything:
    """
    A SAM on a device.

    :param path: a checkpoint of segment-anything's registry, of MobileSAM, or of your own size.
    :param device: 'auto', 'cpu' or 'cuda'.
    :param half_resolution: look at 512 px instead of 1024: four times less work.
    :param stopwatch: gets the stages `sam_encode` and `sam_decode`.
    :raises BadWeights: the file is not a SAM. :raises BadConfig: there is no such device.
    """

    def __init__(
        self,
        path: Path,
        device: str = 'auto',
        *,
        half_resolution: bool = False,
        stopwatch: Stopwatch | None = None,
    ) -> None:
        self._torch = require_torch('SAM')
        self.device = pick_device(device)
        sam = build_sam(load_tensors(path), path)
        if half_resolution:
            halve(sam)
        from segment_anything import SamPredictor

        self._sam = settle(sam, self.device)
        self._predictor = SamPredictor(self._sam)
        self._stopwatch = stopwatch or Stopwatch()
        self._encoded: Any = None
        self.encodings = 0
        self.config = EverythingConfig()

    @property
    def network(self) -> Any:
        """The Sam itself."""
        return self._sam

    def encode(self, frame: Frame) -> None:
        """Run the image encoder, unless the last frame was this one; BadImage for a line."""
        if self._encoded is frame.rgb:
            return
        if max(frame.width, frame.height) > self._sam.image_encoder.img_size * min(
            frame.width, frame.height
        ):
            raise BadImage(f'SAM cannot look at a picture of {frame.width} x {frame.height} px')
        self._encoded = None
        with self._stopwatch.time('sam_encode'), inference(self.device):
            self._predictor.set_image(np.ascontiguousarray(frame.rgb), 'RGB')
        self._encoded = frame.rgb
        self.encodings += 1

    def features(self, frame: Frame) -> Any:
        """Return the encoder's features, float32 tensor (h, w, D), the padding cut off."""
        self.encode(frame)
        height, width = self._predictor.input_size
        grid = self._predictor.features.shape[-1]
        side = self._sam.image_encoder.img_size
        rows, columns = -(-height * grid // side), -(-width * grid // side)
        return self._predictor.features[0, :, :rows, :columns].permute(1, 2, 0).float()

    def at_points(self, frame: Frame, clicks: Sequence[Click]) -> Segments:
        """Return the masks (part, object, group) at clicks that mean one thing, best first."""
        points = np.array([[(click.x, click.y) for click in clicks]], np.float32)
        labels = np.array([[int(click.positive) for click in clicks]], np.int64)
        return self._one(frame, points, labels, None)

    def in_box(self, frame: Frame, box: Box) -> Segments:
        """Return the masks of the thing a box encloses, best first."""
        return self._one(frame, None, None, np.array([box.xyxy], np.float32))

    def _one(self, frame: Frame, points: Any, labels: Any, boxes: Any) -> Segments:
        self.encode(frame)
        with self._stopwatch.time('sam_decode'), inference(self.device):
            logits, quality = self._decode(points, labels, boxes)
            masks = self._enlarge(logits.flatten(0, 1))
        return _segments(masks.cpu().numpy(), quality.flatten().float().cpu().numpy())

    def everything(self, frame: Frame, config: EverythingConfig | None = None) -> Segments:
        """Return the masks of a grid of points, best first; there may be none."""
        config = config or self.config
        self.encode(frame)
        with self._stopwatch.time('sam_decode'), inference(self.device):
            logits, quality = self._of_grid(frame, config)
            masks = self._enlarge(logits)
        found = _segments(masks.cpu().numpy(), quality.float().cpu().numpy())
        area = found.masks.sum((1, 2))
        wanted = area >= config.min_area_px
        wanted &= area <= config.max_share * frame.width * frame.height
        return found.taken(np.flatnonzero(wanted))

    def _of_grid(self, frame: Frame, config: EverythingConfig) -> tuple[Any, Any]:
        """
        Return the low-resolution logits (N, h, w) that pass, without doubles, and their quality.

        All filters work on SAM's small masks: only what is kept is enlarged to the image.
        """
        from torchvision.ops import nms

        torch = self._torch
        along = (np.arange(config.points_per_side) + 0.5) / config.points_per_side
        grid = np.stack(np.meshgrid(along * frame.width, along * frame.height), -1)
        points = grid.reshape(-1, 1, 2).astype(np.float32)
        batch = config.batch or (BATCH_CUDA if self.device.type == 'cuda' else BATCH_CPU)
        kept, qualities, boxes = [], [], []
        for begin in range(0, len(points), batch):
            part = points[begin : begin + batch]
            logits, quality = self._decode(part, np.ones(part.shape[:2], np.int64), None)
            logits, quality = self._inside(logits).flatten(0, 1), quality.flatten()
            tight = (logits > 1.0).sum((1, 2)).float()
            loose = (logits > -1.0).sum((1, 2)).float()
            passes = (quality >= config.min_quality) & (
                tight >= config.min_stability * loose.clamp(min=1.0)
            )
            passes &= (logits > 0.0).flatten(1).any(1)
            kept.append(logits[passes])
            qualities.append(quality[passes])
            boxes.append(_small_boxes(torch, logits[passes] > 0.0))
        logits, quality = torch.cat(kept), torch.cat(qualities)
        if len(quality) == 0:
            return logits, quality
        order = nms(torch.cat(boxes), quality, config.max_overlap)[: config.max_masks]
        return logits[order], quality[order]

    def _decode(self, points: Any, labels: Any, boxes: Any) -> tuple[Any, Any]:
        """Return logits (B, 3, 4 g, 4 g) and quality (B, 3) of B prompts, in image pixels."""
        torch, transform = self._torch, self._predictor.transform
        size = self._predictor.original_size
        prompts: dict[str, Any] = {'points': None, 'boxes': None, 'masks': None}
        if points is not None:
            where = torch.as_tensor(transform.apply_coords(points, size), device=self.device)
            prompts['points'] = where.float(), torch.as_tensor(labels, device=self.device)
        if boxes is not None:
            corners = transform.apply_boxes(boxes, size)
            prompts['boxes'] = torch.as_tensor(corners, device=self.device).float()
        sparse, dense = self._sam.prompt_encoder(**prompts)
        logits, quality = self._sam.mask_decoder(
            image_embeddings=self._predictor.features,
            image_pe=self._sam.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=True,
        )
        return logits.float(), quality.float()

    def _inside(self, logits: Any) -> Any:
        """Cut off what lies in the padding around the picture."""
        height, width = self._predictor.input_size
        share = logits.shape[-1] / self._sam.image_encoder.img_size
        return logits[..., : max(1, round(height * share)), : max(1, round(width * share))]

    def _enlarge(self, logits: Any) -> Any:
        """Return masks (N, H, W) of the image's size from small logits (N, h, w)."""
        size = self._predictor.original_size
        if len(logits) == 0:
            return self._torch.zeros((0, *size), dtype=self._torch.bool)
        side = self._sam.image_encoder.img_size
        # The padding grows with the picture and is cut off then: no rounding in small cells.
        padded = [
            round(pixels * side / inside)
            for pixels, inside in zip(size, self._predictor.input_size, strict=True)
        ]
        interpolate = self._torch.nn.functional.interpolate
        whole = interpolate(logits[:, None], padded, mode='bilinear')[:, 0]
        return whole[:, : size[0], : size[1]] > 0.0


def _small_boxes(torch: Any, masks: Any) -> Any:
    """Return the boxes (N, 4) around masks (N, h, w), none of which is empty, in cells."""
    rows, columns = masks.any(2).int(), masks.any(1).int()
    height, width = rows.shape[1], columns.shape[1]
    x1, y1 = columns.argmax(1), rows.argmax(1)
    x2, y2 = width - columns.flip(1).argmax(1), height - rows.flip(1).argmax(1)
    return torch.stack([x1, y1, x2, y2], 1).float()


def _segments(masks: BoolArray, quality: FloatArray) -> Segments:
    """Return the masks that are not empty, with their boxes, best first."""
    order = np.argsort(-quality, kind='stable')
    boxes = [box_of_mask(masks[index]) for index in order]
    kept = [index for index, box in zip(order, boxes, strict=True) if box is not None]
    rows = [box for box in boxes if box is not None]
    array = np.array(rows, np.float32).reshape(-1, 4)
    return Segments(masks[kept], array, quality[kept].astype(np.float32))
