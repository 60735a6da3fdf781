# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Labelled photographs for the detector: the split, their names, names known to be absent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from follow_anything.core.errors import SourceError
from follow_anything.io.labelled_photos import Photo
from follow_anything.training.detector.language.words import Vocabulary
import numpy as np

__all__ = ['Names', 'held_back', 'photo_names']

BLOCK, ONE_IN = 6, 12
"""Of every source one block of so many neighbouring pictures (often of one clip) in so many
blocks is held back, to choose and to calibrate on."""

WHOLE_SOURCES = ('street_cars', 'bicycle_people', 'pugs')
"""Held back as a whole: they tell how it does where it was taught nothing."""

PERSON_LIKE = 'person'


def held_back(photos: Sequence[Photo]) -> tuple[list[Photo], list[Photo]]:
    """Split photographs into those for training and those for selection and calibration."""
    learn: list[Photo] = []
    back: list[Photo] = []
    turn: dict[str, int] = {}
    for photo in photos:
        turn[photo.source] = place = turn.get(photo.source, -1) + 1
        chosen = photo.source in WHOLE_SOURCES or place // BLOCK % ONE_IN == ONE_IN // 2
        (back if chosen else learn).append(photo)
    return learn, back


def photo_names(photos: Iterable[Photo]) -> list[str]:
    """Return the names of things in photographs, each once, in order."""
    return sorted({name for photo in photos for name in photo.names})


class Names:
    """
    The concepts of the labels of photographs.

    :param names: the concepts, in order.
    :param photos: every name of a box must be a concept.
    :raises SourceError: one is none.
    """

    def __init__(self, names: Sequence[str], photos: Sequence[Photo]) -> None:
        vocabulary = Vocabulary()
        for name in names:
            vocabulary.add(name)
        order = {name: k for k, name in enumerate(vocabulary.names)}
        rows = [order[name] for name in names]
        self.targets = vocabulary.targets()[np.ix_(rows, rows)]
        """int8 (V, V): row: what a thing is called; 1 is, 0 is not, -1 may be."""
        self.number = {name: k for k, name in enumerate(names)}
        unknown = [name for name in photo_names(photos) if name not in self.number]
        if unknown:
            raise SourceError(
                f'no concepts, but names of photographs: {", ".join(unknown)}; '
                'give them a line in TREE of language/words.py'
            )
        self._labelled: dict[str, set[str]] = {}
        for photo in photos:
            self._labelled.setdefault(photo.source, set()).update(photo.names)
        self._absent: dict[tuple[str, tuple[str, ...]], np.ndarray] = {}
        self._person = (self.targets[:, self.number[PERSON_LIKE]] == 1) | (
            self.targets[self.number[PERSON_LIKE]] == 1
        )

    def concepts(self, photo: Photo) -> np.ndarray:
        """Return the number of each box's concept, int64 (N,)."""
        return np.array([self.number[name] for name in photo.names], np.int64)

    def absent(self, photo: Photo, weak: float) -> np.ndarray:
        """
        Return the certainty that an unlabelled box shows none of the concepts, float32 (V,).

        1 for names that are labelled throughout, and what is below them; 0 for other names that
        the source labels, what they may be, and people, who are everywhere; `weak` for the rest.
        """
        key = (photo.source, photo.complete)
        if key not in self._absent:
            sure = np.full(self.targets.shape[0], weak, np.float32)
            sure[self._person] = 0.0
            for name in self._labelled.get(photo.source, ()):
                row = self.number[name]
                sure[self.targets[row] != 0] = 0.0
            for name in photo.complete:
                row = self.number.get(name, -1)
                if row >= 0:
                    # below it: everything whose row says that it is this
                    sure[self.targets[:, row] == 1] = 1.0
            self._absent[key] = sure
        return self._absent[key]
