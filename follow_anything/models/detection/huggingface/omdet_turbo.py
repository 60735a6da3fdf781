# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""OmDet-Turbo (Zhao et al. 2024): open vocabulary in real time; words are encoded once a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from follow_anything.core.types import UInt8Array
from follow_anything.models.detection.huggingface.prompted import (
    corners_of,
    NetworkOutput,
    PromptedDetector,
)
from follow_anything.models.runtime.device import inference
import numpy as np

__all__ = ['OmDetTurboDetector']


class OmDetTurboDetector(PromptedDetector):
    """OmDet-Turbo of transformers; the network itself remembers the words it has encoded."""

    name, usual = 'omdet_turbo', 0.3
    network_class, processor_class = 'OmDetTurboForObjectDetection', 'OmDetTurboProcessor'

    def encode(self, texts: Sequence[str], views: Sequence[Any]) -> Any:
        """Return the tokens of the classes and of the task; BadQuery when these are too long."""
        longest = self._network.config.text_config.max_position_embeddings
        for text in texts:
            self.check_text(text, longest)
        # the sentence that the processor makes of all of them; it would cut that, too
        task = f'Detect {", ".join(texts)}.'
        self.check_text(task, longest)
        blank = np.zeros((8, 8, 3), np.uint8)
        words = self._processor(images=blank, text=[list(texts)], task=task, return_tensors='pt')
        words.pop('pixel_values')
        words.pop('pixel_mask', None)
        return words.to(self.device)

    def look(self, rgb: UInt8Array, prompts: Any) -> NetworkOutput:
        """Return all slots' boxes and the score of each class."""
        image = self._processor.image_processor(images=rgb, return_tensors='pt')
        with inference(self.device):
            raw = self._network(pixel_values=image['pixel_values'].to(self.device), **prompts)
        boxes = raw.decoder_coord_logits[0].float().cpu().numpy()
        scores = raw.decoder_class_logits[0].float().sigmoid().cpu().numpy()
        return NetworkOutput(corners_of(boxes, rgb.shape[1], rgb.shape[0]), scores)
