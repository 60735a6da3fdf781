# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Typical heights of objects by name: the range of a target without depth rests on them."""

from __future__ import annotations

import re

from follow_anything.core.types import Query

__all__ = ['HEIGHTS_M', 'height_of', 'height_of_text']

HEIGHTS_M: dict[str, float] = {
    **dict.fromkeys(
        ('person', 'pedestrian', 'human', 'adult', 'player', 'runner', 'cyclist'), 1.7
    ),
    **dict.fromkeys(('man', 'guy', 'gentleman'), 1.76),
    **dict.fromkeys(('woman', 'lady'), 1.64),
    **dict.fromkeys(('child', 'boy', 'girl', 'kid'), 1.2),
    **dict.fromkeys(('car', 'hatchback', 'sedan', 'taxi', 'convertible'), 1.48),
    **dict.fromkeys(('suv', 'jeep', 'pickup'), 1.8),
    **dict.fromkeys(('van', 'minivan', 'ambulance'), 2.2),
    **dict.fromkeys(('bus', 'truck', 'lorry'), 3.0),
    **dict.fromkeys(('bicycle', 'bike', 'motorcycle', 'scooter'), 1.1),
    **dict.fromkeys(('horse', 'cow'), 1.6),
    **dict.fromkeys(('dog', 'sheep', 'goat'), 0.55),
    'cat': 0.3,
}
"""Usual heights by name, metres; a range from them is off by about 15 %, as individuals are."""


def height_of(query: Query) -> float:
    """Return the height of what all texts of a query name, metres; 0 where they do not tell it."""
    heights = {height_of_text(text) for text in query.texts}
    if len(heights) != 1:
        return 0.0
    return heights.pop()


def height_of_text(text: str) -> float:
    """Return the height of the first thing named: 'the woman with the red car' is a woman."""
    for word in re.findall(r'[a-z]+', text.lower()):
        for name in (word, word.removesuffix('s')):
            if name in HEIGHTS_M:
                return HEIGHTS_M[name]
    return 0.0
