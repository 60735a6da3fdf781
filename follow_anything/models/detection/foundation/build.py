# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The large detectors, put together from weights by name or by path.

    weights = 'sam=mobile_sam'                              another name of the store
    weights = 'sam=/models/sam.pth clip=/models/c.pt@ViT-B-16'   files of your own; CLIP and DINO
                                                            need their architecture after the @
"""

from __future__ import annotations

from pathlib import Path

from follow_anything.core.errors import BadConfig
from follow_anything.models.detection.foundation.clip import ClipEncoder
from follow_anything.models.detection.foundation.coarse import (
    CoarseDetector,
    DenseDescriber,
    SamFeatures,
)
from follow_anything.models.detection.foundation.dino import DinoEncoder, SIDE_PX
from follow_anything.models.detection.foundation.embedder import (
    ClipEmbedder,
    CROP_PX,
    DinoEmbedder,
)
from follow_anything.models.detection.foundation.open_vocabulary import SegmentDetector
from follow_anything.models.detection.foundation.sam import SegmentAnything
from follow_anything.models.detection.foundation.sam_segmenter import SamSegmenter
from follow_anything.models.runtime.device import pick_device, require_torch
from follow_anything.models.runtime.stopwatch import Stopwatch
from follow_anything.models.weights.store import WeightsStore

__all__ = [
    'clip_embedder',
    'dino_coarse',
    'dinov2_embedder',
    'parse_weights',
    'sam_clip',
    'sam_dino',
    'sam_prompt',
    'sam_segmenter',
]

DEFAULTS = {'sam': 'sam_vit_b', 'clip': 'clip_vit_b32', 'dino': 'dinov2_vit_s'}


def parse_weights(weights: str) -> dict[str, str]:
    """
    Return which weights each part takes, the defaults included.

    :raises BadConfig: a part is no part, or has no weights after its '='.
    """
    chosen = dict(DEFAULTS)
    for choice in weights.replace(',', ' ').split():
        part, _, what = choice.partition('=')
        if part not in DEFAULTS or not what:
            raise BadConfig(
                f'weights: expected {", ".join(f"{name}=NAME_OR_PATH" for name in DEFAULTS)} '
                f'with spaces between, got {choice!r}'
            )
        chosen[part] = what
    return chosen


class _Parts:
    """
    Loads the parts of one model onto one device, with one stopwatch for all.

    :param half_resolution: of SAM; DINO is small beside it. :param who: asks, for the error.
    """

    def __init__(
        self, device: str, weights: str, half_resolution: bool, who: str = 'this detector'
    ) -> None:
        self.device, self.half = device, half_resolution
        torch = require_torch(who)
        is_cuda = pick_device(device).type == 'cuda'
        self.stopwatch = Stopwatch(torch.cuda.synchronize if is_cuda else None)
        self._chosen, self._store = parse_weights(weights), WeightsStore()

    def sam(self) -> SegmentAnything:
        path, _ = self._find('sam')
        return SegmentAnything(
            path, self.device, half_resolution=self.half, stopwatch=self.stopwatch
        )

    def clip(self) -> ClipEncoder:
        path, architecture = self._find('clip')
        return ClipEncoder(path, architecture, self.device, stopwatch=self.stopwatch)

    def dino(self, side_px: int = SIDE_PX) -> DinoEncoder:
        path, architecture = self._find('dino')
        return DinoEncoder(
            path, architecture, self.device, side_px=side_px, stopwatch=self.stopwatch
        )

    def _find(self, part: str) -> tuple[Path, str]:
        what, _, architecture = self._chosen[part].partition('@')
        entry = self._store.known.get(what)
        if entry is not None and entry.kind != part:
            raise BadConfig(f'{what} are weights of {entry.kind}, not of {part}')
        architecture = architecture or (entry.architecture if entry else '')
        if part != 'sam' and not architecture:
            raise BadConfig(
                f'weights: {part}={what} needs its architecture: {part}={what}@ARCHITECTURE, '
                f'as {"open_clip" if part == "clip" else "timm"} calls it'
            )
        return self._store.require(what), architecture


def dinov2_embedder(device: str = 'auto', weights: str = '') -> DinoEmbedder:
    """Describe boxes by DINO, for the judge."""
    parts = _Parts(device, weights, half_resolution=False, who='the embedder dinov2')
    return DinoEmbedder(parts.dino(CROP_PX))


def clip_embedder(device: str = 'auto', weights: str = '') -> ClipEmbedder:
    """Describe boxes by CLIP, for the judge."""
    return ClipEmbedder(
        _Parts(device, weights, half_resolution=False, who='the embedder clip').clip()
    )


def sam_segmenter(device: str = 'auto', weights: str = '') -> SamSegmenter:
    """Build SAM as a segmenter of boxes, at its full resolution."""
    return SamSegmenter(_Parts(device, weights, half_resolution=False).sam())


def sam_clip(
    device: str = 'auto', weights: str = '', half_resolution: bool = True
) -> SegmentDetector:
    """Build the detector of SAM masks scored by CLIP: words, pictures, clicks, boxes."""
    parts = _Parts(device, weights, half_resolution)
    clip = parts.clip()
    return SegmentDetector('sam_clip', parts.sam(), clip, clip, parts.stopwatch)


def sam_dino(
    device: str = 'auto', weights: str = '', half_resolution: bool = True
) -> SegmentDetector:
    """Build the detector of SAM masks scored by DINO: pictures, clicks, boxes."""
    parts = _Parts(device, weights, half_resolution)
    describer = DenseDescriber(parts.dino())
    return SegmentDetector('sam_dino', parts.sam(), describer, stopwatch=parts.stopwatch)


def dino_coarse(
    device: str = 'auto', weights: str = '', half_resolution: bool = True
) -> CoarseDetector:
    """Build the fast detector, DINO's similarity map and a SAM mask: pictures, clicks, boxes."""
    parts = _Parts(device, weights, half_resolution)
    return CoarseDetector('dino_coarse', parts.sam(), parts.dino(), parts.stopwatch)


def sam_prompt(
    device: str = 'auto', weights: str = '', half_resolution: bool = True
) -> CoarseDetector:
    """Build the detector of SAM alone: similarity of its features: pictures, clicks, boxes."""
    parts = _Parts(device, weights, half_resolution)
    sam = parts.sam()
    return CoarseDetector('sam_prompt', sam, SamFeatures(sam), parts.stopwatch)
