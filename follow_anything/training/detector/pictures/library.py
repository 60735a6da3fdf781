# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The pictures that training scenes are made of: sprites by name, photos, textures."""

from __future__ import annotations

from dataclasses import dataclass
import json
from pathlib import Path

import cv2
from follow_anything.training.detector.language.words import Vocabulary
import numpy as np

__all__ = ['Asset', 'Library', 'read_rgb']


@dataclass
class Asset:
    """
    One object that can be put into a scene.

    :param key: of its files. :param kind: mesh, emoji or clipart. :param name: a concept.
    :param views: uint8 (V, 160, 160, 6), memory-mapped; see render.LAYERS.
    :param weight: how often it is drawn.
    """

    key: str
    kind: str
    name: str
    views: np.ndarray
    is_person: bool
    weight: float


class Library:
    """
    The pictures of the stage `assets`, in memory or mapped.

    :param folder: with sprites/, photos/, textures/.
    :param held_out: keys of assets that are kept for the evaluation.
    :param test: only the held-out assets, instead of all others.
    :raises FileNotFoundError: there are no sprites.
    """

    WEIGHTS = (
        ('person', 4.0),
        ('motor vehicle', 3.0),
        ('animal', 2.0),
        ('bag', 2.5),
        ('ball', 3.0),
        ('bicycle', 2.0),
    )

    def __init__(self, folder: Path, held_out: set[str], test: bool = False) -> None:
        self.vocabulary = Vocabulary()
        facts = [
            json.loads(p.read_text()) | {'key': p.stem}
            for p in sorted(folder.glob('sprites/*.json'))
        ]
        if not facts:
            raise FileNotFoundError(f'no sprites under {folder}: run --stage assets first')
        for fact in facts:
            if fact['kind'] != 'clipart':
                self.vocabulary.add(fact['name'])
        self.assets: list[Asset] = []
        self.numbers: list[int] = []
        for number, fact in enumerate(facts):
            name = fact['name']
            if fact['kind'] == 'clipart':
                name = self.vocabulary.find(name.split()) or ''
            above = self.vocabulary.above(name) if name else set()
            weight = max([w for key, w in self.WEIGHTS if key in above], default=1.0)
            weight *= {'mesh': 1.0, 'emoji': 0.6, 'clipart': 0.25}[fact['kind']]
            if (fact['key'] in held_out) is test:
                views = np.load(folder / 'sprites' / f'{fact["key"]}.npy', mmap_mode='r')
                self.assets.append(
                    Asset(fact['key'], fact['kind'], name, views, 'person' in above, weight)
                )
                self.numbers.append(number)
        self.concept = {name: k for k, name in enumerate(self.vocabulary.names)}
        weights = np.array([asset.weight for asset in self.assets])
        self._odds = weights / weights.sum()
        self.photos = [read_rgb(p) for p in sorted(folder.glob('photos/*.jpg'))]
        self.textures = [read_rgb(p) for p in sorted(folder.glob('textures/*.jpg'))]

    def draw(self, rng: np.random.Generator) -> int:
        """Draw an asset, by weight: its place in `assets`."""
        return int(rng.choice(len(self.assets), p=self._odds))


def read_rgb(path: Path) -> np.ndarray:
    """Read a picture, RGB."""
    return np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB))
