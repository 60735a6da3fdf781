# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Text to photo: does the tiny detector find the photograph that a text is about?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
from follow_anything.core.errors import SourceError
from follow_anything.core.types import FloatArray
from follow_anything.models.detection.tiny.detector import RegionFeatures, TinyDetector
import numpy as np

__all__ = ['text_to_photo']

PHOTOS_FILE = Path(__file__).with_name('photos.json')
"""Photos of scikit-image, scikit-learn and OpenCV's documentation, and a text for each."""

PHOTO_BOXES = 0.02
"""Weight of the best box's logit beside ImageNet's opinion of the whole photo. It, and what the
opinion is made with, were chosen on 295 cut-outs of the package tuxpaint-stamps-default."""


def text_to_photo(detector: TinyDetector, folder: Path) -> dict[str, Any]:
    """
    Text to photo: the photo whose best box fits the text best must be the right one.

    :param folder: holds the pictures of photos.json, at any depth.
    :raises SourceError: one of them is not there.
    """
    wanted: dict[str, str] = json.loads(PHOTOS_FILE.read_text(encoding='utf-8'))
    files = list(wanted)
    looked = []
    for name in files:
        path = next(folder.rglob(name), None)
        if path is None:
            raise SourceError(f'{name} is nowhere under {folder}; see {PHOTOS_FILE.name}')
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        found = detector.look(image)
        share = (found.boxes[:, 2:] - found.boxes[:, :2]).prod(1) / image[..., 0].size
        looked.append((found, share.clip(0.02, 1.0), detector.scene_logits(image)))
    hits, missed = [], []
    for right, name in enumerate(files):
        scores = _rank(detector, looked, wanted[name])
        hits.append(int(np.argmax(scores)) == right)
        if not hits[-1]:
            missed.append(f'{wanted[name]} -> {wanted[files[int(np.argmax(scores))]]}')
    return {
        'photos': len(files),
        'photos_text_top1': float(np.mean(hits)),
        'photos_missed': '; '.join(missed),
    }


def _rank(
    detector: TinyDetector, looked: list[tuple[RegionFeatures, FloatArray, FloatArray]], text: str
) -> list[float]:
    """Return how well each photo fits a text: ImageNet's opinion of it, and its best box."""
    texts = detector.texts
    meaning = texts.understand(text)
    if meaning.word is None or meaning.vector is None:
        return [0.0] * len(looked)
    scores = []
    for found, share, scene_logits in looked:
        best = (texts.logits(found.text, meaning.vector) + np.log(share)).max()
        scores.append(float(texts.opinion(scene_logits, meaning.word)[0] + PHOTO_BOXES * best))
    return scores
