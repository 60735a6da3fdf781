# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
SAM 3 (Meta 2025): every instance of a phrase, with its mask and whether it is there at all.

The picture is encoded once a frame, the words once a query; each phrase is decoded by itself.
Its exemplars are boxes in the very picture that is searched, so that they cannot be asked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from follow_anything.core.types import UInt8Array
from follow_anything.models.detection.huggingface.prompted import (
    NetworkOutput,
    PromptedDetector,
    same_place,
)
from follow_anything.models.runtime.device import inference
import numpy as np

__all__ = ['Sam3Detector']


MASKED = 30
"""Masks are made of the best slots alone: enlarging one costs as much as the picture."""


class Sam3Detector(PromptedDetector):
    """SAM 3 of transformers."""

    name, usual = 'sam3', 0.5
    network_class, processor_class = 'Sam3Model', 'Sam3Processor'

    def encode(self, texts: Sequence[str], views: Sequence[Any]) -> list[dict[str, Any]]:
        """Return each phrase as the network reads it; BadQuery when one is too long."""
        longest = self._network.config.text_config.max_position_embeddings
        prompts = []
        for text in texts:
            self.check_text(text, longest)
            words = self._processor.tokenizer(
                text, return_tensors='pt', padding='max_length', max_length=longest
            ).to(self.device)
            with inference(self.device):
                vectors = self._network.get_text_features(
                    words['input_ids'], words['attention_mask'], return_dict=True
                )
            prompts.append({'text_embeds': vectors, 'attention_mask': words['attention_mask']})
        return prompts

    def look(self, rgb: UInt8Array, prompts: list[dict[str, Any]]) -> NetworkOutput:
        """Return the slots of all phrases, each with the score of its own phrase alone."""
        image = self._processor.image_processor(rgb, return_tensors='pt')
        height, width = rgb.shape[:2]
        boxes, scores, masks = [], [], []
        with inference(self.device):
            seen = self._network.get_vision_features(image['pixel_values'].to(self.device))
            for number, prompt in enumerate(prompts):
                raw = self._network(vision_embeds=seen, **prompt)
                mine = (raw.pred_logits.sigmoid() * raw.presence_logits.sigmoid())[0].float()
                best = mine.topk(min(MASKED, len(mine))).indices
                boxes.append(raw.pred_boxes[0][best].float().cpu().numpy())
                row = np.zeros((len(best), len(prompts)), np.float32)
                row[:, number] = mine[best].cpu().numpy()
                scores.append(row)
                large = self._torch.nn.functional.interpolate(
                    raw.pred_masks[0][best].float()[None], (height, width), mode='bilinear'
                )
                masks.append((large[0] > 0.0).cpu().numpy())
        pixels = np.concatenate(boxes) * np.array([width, height, width, height])
        own = np.concatenate(scores)
        # a slot knows its own phrase alone: of the others it is what their slots there say
        there = same_place(pixels, pixels)
        shared = np.where(there[..., None], own[None], 0.0).max(1)
        return NetworkOutput(pixels, np.where(own > 0.0, own, shared), np.concatenate(masks))
