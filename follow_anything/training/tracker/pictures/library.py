# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The pictures that the tracker's training scenes are composed of."""

from __future__ import annotations

from pathlib import Path

import cv2
from follow_anything.io.labelled_photos import Photo, read_photos
from follow_anything.training.tracker.pictures.assets import is_held_out
from follow_anything.training.tracker.pictures.augment import blob_mask
from follow_anything.training.tracker.pictures.cutouts import CUTOUT
import numpy as np

__all__ = ['Library']

CUTOUTS = 0.4
"""Share of the sprites that are cut out of labelled photographs, where there are some."""


def _read_sprite(path: Path) -> np.ndarray:
    """Read RGBA and let the colours grow past the outline, so that no dark rim is blended in."""
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    image: np.ndarray = cv2.cvtColor(read, cv2.COLOR_BGRA2RGBA)
    solid = (image[..., 3] > 200).astype(np.float32)
    weight = cv2.GaussianBlur(solid, (0, 0), 2)[..., None] + 1e-4
    spread = cv2.GaussianBlur(image[..., :3] * solid[..., None], (0, 0), 2) / weight
    image[..., :3] = np.where(solid[..., None] > 0, image[..., :3], spread).astype(np.uint8)
    return image


class Library:
    """
    The assets: photos and groups of sprites (views of one thing) in memory, RGB(A) uint8.

    :param held_out: those of validation.
    :param labelled: a folder of labelled photographs; they stay on disk.
    """

    def __init__(self, folder: Path, held_out: bool, labelled: Path | None = None) -> None:
        photos = sorted((folder / 'photos').iterdir())
        photos = [p for p in photos if is_held_out(p.stem) is held_out]
        self.photos: list[np.ndarray] = [
            cv2.cvtColor(cv2.imread(str(p)), cv2.COLOR_BGR2RGB) for p in photos
        ]
        groups: dict[str, list[np.ndarray]] = {}
        for path in sorted((folder / 'sprites').iterdir()):
            name = path.stem.rsplit('_', 1)[0]
            if is_held_out(name) is held_out:
                groups.setdefault(name, []).append(_read_sprite(path))
        self.meshes = [g for n, g in groups.items() if n.startswith('m')]
        self.cutouts = [g for n, g in groups.items() if n.startswith(CUTOUT)]
        self.clipart = [g for n, g in groups.items() if not n.startswith(('m', CUTOUT))]
        split = 'val' if held_out else 'train'
        self.labelled = [] if labelled is None else read_photos(labelled, split)
        if not self.photos or not (self.meshes or self.clipart):
            raise FileNotFoundError(
                f'no photos or no sprites under {folder}: the first step of '
                '`python -m follow_anything train tracker` makes them'
            )

    def photo(self, rng: np.random.Generator) -> np.ndarray:
        """Return one photo at random."""
        return self.photos[rng.integers(len(self.photos))]

    def labelled_photo(self, rng: np.random.Generator) -> Photo:
        """Return one labelled photograph at random."""
        return self.labelled[rng.integers(len(self.labelled))]

    def patch(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Cut a random shape out of a photo: a group of one RGBA sprite."""
        photo = self.photo(rng)
        height, width = photo.shape[:2]
        tall, wide = (int(rng.integers(60, 260)) for _ in range(2))
        wide = int(np.clip(wide, tall / 3, tall * 3))
        y, x = rng.integers(0, height - tall), rng.integers(0, max(width - wide, 1))
        cut = cv2.resize(photo[y : y + tall, x : x + wide], None, fx=0.7, fy=0.7)
        return [np.dstack([cut, blob_mask(rng, *cut.shape[:2])])]

    def group(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Return the views of one thing: a mesh, clip art, a photographed thing or a patch."""
        if self.cutouts and rng.random() < CUTOUTS:
            return self.cutouts[rng.integers(len(self.cutouts))]
        kind = rng.random()
        if kind < 0.4 and self.meshes:
            return self.meshes[rng.integers(len(self.meshes))]
        if kind < 0.72 and self.clipart:
            return self.clipart[rng.integers(len(self.clipart))]
        return self.patch(rng)
