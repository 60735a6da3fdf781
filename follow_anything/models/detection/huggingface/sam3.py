# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
SAM 3 (Meta 2025): every instance of a phrase or of an exemplar, with its mask and its presence.

The picture is encoded once a frame, the prompts once a query; each is decoded by itself. An
exemplar is a box in a picture: a box drawn, or what a query's picture shows. Its tokens are made
of the picture it lies in, and follow those of the word "visual" (`input_boxes` of transformers)
in every frame. Its makers ask so in the same picture alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from follow_anything.core.errors import BadQuery
from follow_anything.core.types import FloatArray, Frame, Query, UInt8Array
from follow_anything.models.detection.huggingface.prompted import (
    NetworkOutput,
    PromptedDetector,
    same_place,
    shown_in,
)
from follow_anything.models.runtime.device import inference
import numpy as np

__all__ = ['Sam3Detector']


MASKED = 30
"""Masks are made of the best slots alone: enlarging one costs as much as the picture."""

VISUAL = 'visual'
"""The word that SAM 3 was trained to read beside an exemplar without words."""


class Sam3Detector(PromptedDetector):
    """SAM 3 of transformers."""

    name, usual = 'sam3', 0.5
    network_class, processor_class = 'Sam3Model', 'Sam3Processor'

    takes_views = True

    def encode(self, texts: Sequence[str], views: Sequence[Any]) -> list[dict[str, Any]]:
        """Return each prompt as the network reads it; BadQuery when a text is too long."""
        return [*(self._read(text) for text in texts), *views]

    def views_of(
        self, query: Query, frame: Frame | None
    ) -> tuple[list[Any], tuple[float, FloatArray] | None]:
        """Return the exemplars of the pictures and of a box; BadQuery for a click."""
        if query.clicks:
            raise BadQuery(
                f'{self.name} takes words, pictures and boxes, and got {query}: draw a box around '
                'the target; the detectors tiny and owlv2 take clicks'
            )
        views = [self._exemplar(*shown_in(query, index)) for index in range(len(query.images))]
        if query.box is None:
            return views, None
        if frame is None:
            raise BadQuery('a box needs the image it is drawn on; none has arrived')
        box = np.array(query.box.clipped(frame.width, frame.height).xyxy, np.float32)
        return [*views, self._exemplar(frame.rgb, box)], (frame.stamp, box[None])

    def _read(self, text: str) -> dict[str, Any]:
        longest = self._network.config.text_config.max_position_embeddings
        self.check_text(text, longest)
        words = self._processor.tokenizer(
            text, return_tensors='pt', padding='max_length', max_length=longest
        ).to(self.device)
        with inference(self.device):
            vectors = self._network.get_text_features(
                words['input_ids'], words['attention_mask'], return_dict=True
            )
        return {'text_embeds': vectors, 'attention_mask': words['attention_mask']}

    def _exemplar(self, rgb: UInt8Array, box: FloatArray) -> dict[str, Any]:
        """Return a prompt for what a box (4,), xyxy, pixels, shows in a picture."""
        ready = self._processor(
            images=rgb, input_boxes=[[box.tolist()]], input_boxes_labels=[[1]], return_tensors='pt'
        ).to(self.device)
        boxes, labels = ready['input_boxes'], ready['input_boxes_labels']
        prompt = self._read(VISUAL)
        with inference(self.device):
            seen = self._network.get_vision_features(ready['pixel_values'])
            shown = self._network.geometry_encoder(
                box_embeddings=boxes,
                box_mask=self._torch.ones_like(labels, dtype=self._torch.bool),
                box_labels=labels,
                img_feats=seen.fpn_hidden_states[:-1],
                img_pos_embeds=seen.fpn_position_encoding[:-1],
            )
            words, mask = prompt['text_embeds'].pooler_output, prompt['attention_mask']
            tokens = self._torch.cat([words, shown.last_hidden_state.to(words.dtype)], 1)
            known = self._torch.cat([mask, shown.attention_mask.to(mask.dtype)], 1)
        prompt['text_embeds'].pooler_output = tokens
        return {**prompt, 'attention_mask': known}

    def look(self, rgb: UInt8Array, prompts: list[dict[str, Any]]) -> NetworkOutput:
        """Return the slots of all prompts, each with the score of its own prompt alone."""
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
        # a slot knows its own prompt alone: of the others it is what their slots there say
        there = same_place(pixels, pixels)
        shared = np.where(there[..., None], own[None], 0.0).max(1)
        return NetworkOutput(pixels, np.where(own > 0.0, own, shared), np.concatenate(masks))
