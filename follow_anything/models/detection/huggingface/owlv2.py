# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
OWLv2 (Minderer, Gritsenko, Houlsby 2023): words and pictures as queries of one pass.

Words become vectors once a query. So do views: of a picture, or of what was pointed at, the
patch whose own box fits it best gives the vector, as in the paper's one-shot detection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from follow_anything.core.errors import BadQuery
from follow_anything.core.geometry import ious
from follow_anything.core.types import FloatArray, Frame, Query, UInt8Array
from follow_anything.models.detection.huggingface.prompted import (
    corners_of,
    NetworkOutput,
    PromptedDetector,
    shown_in,
)
from follow_anything.models.runtime.device import inference
import numpy as np

__all__ = ['Owlv2Detector']


ALIKE = 0.8
"""Boxes of a view that fit at least so much as the best (IoU): the one most of an object."""


@dataclass(frozen=True)
class _Patches:
    """Of one picture: boxes (N, 4) in pixels, objectness (N,), features (1, N, D), vectors."""

    boxes: FloatArray
    objectness: FloatArray
    features: Any
    vectors: Any


class Owlv2Detector(PromptedDetector):
    """OWLv2 of transformers."""

    name, usual = 'owlv2', 0.2
    network_class, processor_class = 'Owlv2ForObjectDetection', 'Owlv2Processor'
    takes_views = True

    def encode(self, texts: Sequence[str], views: Sequence[Any]) -> Any:
        """Return the vectors of all prompts, (1, P, D); BadQuery when a text is too long."""
        vectors = [self._read(texts)] if texts else []
        vectors += [view[None] for view in views]
        return self._torch.cat(vectors)[None]

    def look(self, rgb: UInt8Array, prompts: Any) -> NetworkOutput:
        """Return all patches' boxes and how well each prompt fits them."""
        patches = self._patches(rgb)
        with inference(self.device):
            logits, _ = self._network.class_predictor(patches.features, prompts)
        return NetworkOutput(patches.boxes, _numpy(logits[0].sigmoid()))

    def views_of(
        self, query: Query, frame: Frame | None
    ) -> tuple[list[Any], tuple[float, FloatArray] | None]:
        """Return the vectors of the pictures, and of what was pointed at."""
        views = []
        for index in range(len(query.images)):
            shown, box = shown_in(query, index)
            patches = self._patches(shown)
            views.append(patches.vectors[_fitting(patches, box)])
        if not query.is_explicit:
            return views, None
        if frame is None:
            raise BadQuery('a click or a box needs the image it points at; none has arrived')
        patches = self._patches(frame.rgb)
        if query.box is not None:
            box_drawn = query.box.clipped(frame.width, frame.height)
            chosen = _fitting(patches, np.array(box_drawn.xyxy, np.float32))
            boxes = np.array([box_drawn.xyxy], np.float32)
        else:
            for click in query.clicks:
                click.check_inside(frame.width, frame.height)
            chosen = _clicked(patches, query, frame)
            boxes = np.clip(patches.boxes[chosen][None], 0, [frame.width, frame.height] * 2)
        return [*views, patches.vectors[chosen]], (frame.stamp, boxes)

    def _read(self, texts: Sequence[str]) -> Any:
        for text in texts:
            self.check_text(text, self._network.config.text_config.max_position_embeddings)
        words = self._processor(text=[list(texts)], return_tensors='pt').to(self.device)
        with inference(self.device):
            found = self._network.owlv2.get_text_features(**words)
        return found if hasattr(found, 'shape') else found.pooler_output

    def _patches(self, rgb: UInt8Array) -> _Patches:
        pixels = self._processor(images=rgb, return_tensors='pt').pixel_values.to(self.device)
        with inference(self.device):
            grid = self._network.image_embedder(pixel_values=pixels)[0]
            features = grid.reshape(1, -1, grid.shape[-1])
            boxes = self._network.box_predictor(features, grid)[0]
            objectness = self._network.objectness_predictor(features)[0]
            vectors = self._network.class_predictor(features)[1][0]
        # the picture lies in the upper left of a square
        side = float(max(rgb.shape[:2]))
        corners = corners_of(_numpy(boxes), side, side)
        return _Patches(corners, _numpy(objectness), features, vectors)


def _fitting(patches: _Patches, box: FloatArray) -> int:
    """Return the patch that is most of an object among those whose boxes fit best."""
    overlap = ious(patches.boxes, box[None])[:, 0]
    fits = overlap >= ALIKE * overlap.max()
    return int(np.where(fits, patches.objectness, -np.inf).argmax())


def _clicked(patches: _Patches, query: Query, frame: Frame) -> int:
    """Return the patch that is most of an object and holds the clicks; BadQuery without one."""
    keep = np.ones(len(patches.boxes), np.bool_)
    for click in query.clicks:
        point = np.array([click.x, click.y])
        holds = ((patches.boxes[:, :2] <= point) & (point < patches.boxes[:, 2:])).all(1)
        keep &= holds == click.positive
    sides = patches.boxes[:, 2:] - patches.boxes[:, :2]
    keep &= (sides >= 2.0).all(1) & (sides.prod(1) < 0.9 * frame.width * frame.height)
    if not keep.any():
        raise BadQuery(f'nothing stands out at {query}; draw a box around the target instead')
    return int(np.where(keep, patches.objectness, -np.inf).argmax())


def _numpy(tensor: Any) -> FloatArray:
    return np.asarray(tensor.float().cpu().numpy())
