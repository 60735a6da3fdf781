# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Grounding DINO (Liu et al. 2023): one caption that lists what is looked for.

The caption is made into tokens once a query; words and picture are fused inside the network, so
that its text encoder runs with every frame. The score of a phrase is that of its best token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from follow_anything.core.types import UInt8Array
from follow_anything.models.detection.huggingface.prompted import (
    corners_of,
    NetworkOutput,
    PromptedDetector,
)
from follow_anything.models.detection.text_length import check_length
from follow_anything.models.runtime.device import inference
import numpy as np

__all__ = ['GroundingDinoDetector']


@dataclass(frozen=True)
class _Caption:
    """Tokens for the network, and which of them are those of each phrase."""

    tokens: Any
    spans: tuple[tuple[int, ...], ...]


class GroundingDinoDetector(PromptedDetector):
    """Grounding DINO of transformers."""

    name, usual = 'grounding_dino', 0.3
    network_class, processor_class = 'GroundingDinoForObjectDetection', 'GroundingDinoProcessor'

    def encode(self, texts: Sequence[str], views: Sequence[Any]) -> _Caption:
        """Return the caption 'a cat. a dog.'; BadQuery when it is too long."""
        phrases = [' '.join(text.lower().replace('.', ' ').split()) for text in texts]
        caption = ' '.join(f'{phrase}.' for phrase in phrases)
        tokens = self._processor.tokenizer(
            caption, return_tensors='pt', return_offsets_mapping=True, return_token_type_ids=True
        )
        count = tokens['input_ids'].shape[1]
        check_length(self.name, caption, count, self._network.config.max_text_len)
        offsets = tokens.pop('offset_mapping')[0].tolist()
        spans, begin = [], 0
        for phrase in phrases:
            end = begin + len(phrase)
            spans.append(tuple(k for k, (a, b) in enumerate(offsets) if begin <= a < b <= end))
            begin = end + 2
        return _Caption(tokens.to(self.device), tuple(spans))

    def look(self, rgb: UInt8Array, prompts: _Caption) -> NetworkOutput:
        """Return all slots' boxes and the score of each phrase."""
        image = self._processor.image_processor(images=rgb, return_tensors='pt').to(self.device)
        with inference(self.device):
            raw = self._network(**image, **prompts.tokens)
        tokens = raw.logits[0].float().sigmoid().cpu().numpy()
        boxes = raw.pred_boxes[0].float().cpu().numpy()
        scores = np.stack([tokens[:, list(span)].max(1) for span in prompts.spans], 1)
        return NetworkOutput(corners_of(boxes, rgb.shape[1], rgb.shape[0]), scores)
