# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""OmDet-Turbo (Zhao et al. 2024): open vocabulary in real time; words are encoded once a query."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from follow_anything.core.types import UInt8Array
from follow_anything.models.detection.huggingface.prompted import (
    corners_of,
    PromptedDetector,
    Seen,
)
from follow_anything.models.runtime.device import inference, pick_device
from follow_anything.models.weights.pretrained import load_network, load_processor
import numpy as np

__all__ = ['OmDetTurboDetector']

USUAL = 0.3


class OmDetTurboDetector(PromptedDetector):
    """
    OmDet-Turbo of transformers; the network itself remembers the words it has encoded.

    :param folder: of the weights. :param device: 'auto', 'cpu' or 'cuda'.
    :raises BadWeights: the folder is not what it should be.
    """

    def __init__(self, folder: Path, device: str = 'auto') -> None:
        super().__init__('omdet_turbo', USUAL)
        self.device = pick_device(device)
        self._network = load_network(
            'OmDetTurboForObjectDetection', folder, self.device, self.name
        )
        self._processor = load_processor('OmDetTurboProcessor', folder, self.name)

    def encode(self, texts: Sequence[str], views: Sequence[Any]) -> Any:
        """Return the tokens of the classes and of the task that names them."""
        blank = np.zeros((8, 8, 3), np.uint8)
        words = self._processor(images=blank, text=[list(texts)], return_tensors='pt')
        words.pop('pixel_values')
        words.pop('pixel_mask', None)
        return words.to(self.device)

    def look(self, rgb: UInt8Array, prompts: Any) -> Seen:
        """Return all slots' boxes and the score of each class."""
        image = self._processor.image_processor(images=rgb, return_tensors='pt')
        with inference(self.device):
            said = self._network(pixel_values=image['pixel_values'].to(self.device), **prompts)
        boxes = said.decoder_coord_logits[0].float().cpu().numpy()
        scores = said.decoder_class_logits[0].float().sigmoid().cpu().numpy()
        return Seen(corners_of(boxes, rgb.shape[1], rgb.shape[0]), scores)
