# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
CLIP (Radford et al., 2021) by open_clip: words and crops in one space.

Words are encoded once a query, crops in one batch a frame.
"""

from __future__ import annotations

from collections.abc import Sequence
import json
from pathlib import Path
from typing import Any

import cv2
from follow_anything.core.errors import BadConfig, MissingDependency
from follow_anything.core.geometry import unit
from follow_anything.core.types import BoolArray, FloatArray, UInt8Array
from follow_anything.models.detection.text_length import check_length
from follow_anything.models.runtime.device import inference, pick_device, require_torch, settle
from follow_anything.models.runtime.stopwatch import Stopwatch
from follow_anything.models.weights.checkpoints import load_into, load_tensors
import numpy as np

__all__ = ['CONTEXT', 'TEMPLATES', 'ClipEncoder', 'crop_to_square']

TEMPLATES = (
    '{}',
    'a photo of {}.',
    'a cropped photo of {}.',
    'a blurry photo of {}.',
    'a photo of {} in the distance.',
    'a photo of {} from above.',
)
"""What a robot's crops are like; a prompt is the mean of its sentences."""

CONTEXT = 1.15
"""Crops are so much larger than the mask: a thing is known by its surroundings too."""

FADE = 0.5
"""How far the surroundings fade to grey; at 1 only the masked pixels remain."""

BATCH = 64


class ClipEncoder:
    """
    An open_clip network on a device.

    :param path: its checkpoint. :param architecture: its name in open_clip, such as ViT-B-32, or
        the path of a JSON file of open_clip's form.
    :param device: 'auto', 'cpu' or 'cuda'.
    :param stopwatch: gets the stages `clip_text` and `clip_image`.
    :raises BadWeights: the file is of another network.
    :raises BadConfig: open_clip has no such architecture, or its words need the network.
    """

    unrelated = 0.5
    """Cosine two unrelated pictures have: CLIP's pictures live in a narrow cone."""

    def __init__(
        self,
        path: Path,
        architecture: str,
        device: str = 'auto',
        *,
        stopwatch: Stopwatch | None = None,
    ) -> None:
        self._torch = require_torch('CLIP')
        self.device = pick_device(device)
        self._stopwatch = stopwatch or Stopwatch()
        model, self._tokenize = _build(architecture)
        load_into(model, load_tensors(path), path)
        self._model = settle(model, self.device)
        size = model.visual.image_size
        self._side = int(size if isinstance(size, int) else size[0])
        self._mean, self._std = _colours(model)
        self.scale = float(model.logit_scale.exp())

    @property
    def network(self) -> Any:
        """The network of open_clip itself."""
        return self._model

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """
        Return one vector a text, float32 (N, D), unit length: the mean over the templates.

        :raises BadQuery: a text is too long for the longest of its sentences.
        """
        for text in texts:
            self._check_text(text)
        sentences = [template.format(text) for text in texts for template in TEMPLATES]
        with self._stopwatch.time('clip_text'), inference(self.device):
            tokens = self._tokenize(sentences).to(self.device)
            vectors = self._model.encode_text(tokens, normalize=True).float().cpu().numpy()
        return unit(vectors.reshape(len(texts), len(TEMPLATES), -1).mean(1))

    def _check_text(self, text: str) -> None:
        """Raise BadQuery where open_clip would cut a sentence."""
        tokens = {
            sentence: 2 + len(self._tokenize.encode(sentence))  # begin and end
            for sentence in (template.format(text) for template in TEMPLATES)
        }
        longest = max(tokens, key=lambda sentence: tokens[sentence])
        check_length('CLIP', longest, tokens[longest], self._tokenize.context_length)

    def describe(self, rgb: UInt8Array, boxes: FloatArray, masks: BoolArray | None) -> FloatArray:
        """
        Return one vector a thing, float32 (N, D), unit length.

        :param rgb: the image, uint8 (H, W, 3), RGB. :param boxes: (N, 4), xyxy, pixels.
        :param masks: bool (N, H, W), or None: the boxes as they are.
        """
        crops = [
            crop_to_square(rgb, box, None if masks is None else masks[index], self._side)
            for index, box in enumerate(boxes)
        ]
        return self.encode_crops(crops)

    def encode_crops(self, crops: Sequence[UInt8Array]) -> FloatArray:
        """Return one vector a crop, float32 (N, D); each uint8 (side, side, 3), RGB."""
        vectors = []
        with self._stopwatch.time('clip_image'), inference(self.device):
            for begin in range(0, len(crops), BATCH):
                stacked = np.stack(crops[begin : begin + BATCH])
                batch = self._torch.from_numpy(stacked).to(self.device).permute(0, 3, 1, 2)
                batch = (batch.float() / 255.0 - self._mean) / self._std
                encoded = self._model.encode_image(batch, normalize=True)
                vectors.append(encoded.float().cpu().numpy())
        return unit(np.concatenate(vectors))

    @property
    def side(self) -> int:
        """Side of the crops the network takes, pixels."""
        return self._side


def crop_to_square(
    rgb: UInt8Array, box: FloatArray, mask: BoolArray | None, side: int
) -> UInt8Array:
    """
    Return a thing and a little around it as a square, uint8 (side, side, 3), RGB.

    A square cut keeps its shape; open_clip's own cut would lose the ends of a long thing. What
    reaches over the image's border is grey.
    """
    x1, y1, x2, y2 = (float(value) for value in box)
    reach = max(4.0, max(x2 - x1, y2 - y1) * CONTEXT / 2)
    left, top = round((x1 + x2) / 2 - reach), round((y1 + y2) / 2 - reach)
    size = max(1, round(2 * reach))
    square = np.full((size, size, 3), 127, np.uint8)
    rows = slice(max(0, top), min(rgb.shape[0], top + size))
    columns = slice(max(0, left), min(rgb.shape[1], left + size))
    patch = rgb[rows, columns]
    if mask is not None:
        inside = mask[rows, columns, None]
        faded = (patch * (1 - FADE) + 127 * FADE).astype(np.uint8)
        patch = np.where(inside, patch, faded)
    place = square[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    place[:] = patch
    how = cv2.INTER_AREA if size > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (side, side), interpolation=how), np.uint8)


def _build(architecture: str) -> tuple[Any, Any]:
    """Return the network without weights, and what turns sentences into tokens."""
    try:
        import open_clip
    except ImportError as error:
        raise MissingDependency(
            'CLIP needs open_clip; install it with: make setup-heavy, or '
            'pip install open_clip_torch'
        ) from error
    if architecture.endswith('.json'):
        config = json.loads(Path(architecture).read_text(encoding='utf-8'))
    else:
        config = open_clip.get_model_config(architecture)
    if config is None:
        raise BadConfig(
            f'open_clip has no architecture {architecture!r}; '
            'python -c "import open_clip; print(open_clip.list_models())" shows those it has'
        )
    words = config['text_cfg']
    if words.get('hf_model_name') or words.get('hf_tokenizer_name'):
        raise BadConfig(
            f'the words of {architecture} would have to be fetched from the network each time; '
            "choose an architecture with CLIP's own vocabulary, such as ViT-B-32"
        )
    if architecture.endswith('.json'):
        model = open_clip.model.CLIP(**config)
    else:
        model = open_clip.create_model(architecture, load_weights=False)
    tokenizer = open_clip.SimpleTokenizer(context_length=words.get('context_length', 77))
    return model, tokenizer


def _colours(model: Any) -> tuple[Any, Any]:
    """Return mean and deviation the network was trained with, tensors (1, 3, 1, 1)."""
    torch = require_torch('CLIP')
    from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD

    mean = getattr(model.visual, 'image_mean', None) or OPENAI_DATASET_MEAN
    std = getattr(model.visual, 'image_std', None) or OPENAI_DATASET_STD
    device = next(model.parameters()).device
    return (
        torch.tensor(mean, device=device).view(1, 3, 1, 1),
        torch.tensor(std, device=device).view(1, 3, 1, 1),
    )
