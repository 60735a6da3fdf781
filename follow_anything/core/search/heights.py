# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Typical heights of objects by name: the range of a target without depth rests on them."""

from __future__ import annotations

__all__ = ['HEIGHTS_M', 'height_of_name']

HEIGHTS_M: dict[str, float] = {
    **dict.fromkeys(
        ('person', 'pedestrian', 'human', 'human being', 'adult', 'player', 'runner', 'cyclist'),
        1.7,
    ),
    **dict.fromkeys(('man', 'guy', 'gentleman'), 1.76),
    **dict.fromkeys(('woman', 'lady'), 1.64),
    **dict.fromkeys(('child', 'boy', 'girl', 'kid'), 1.2),
    **dict.fromkeys(('car', 'hatchback', 'sedan', 'taxi', 'convertible'), 1.48),
    **dict.fromkeys(('suv', 'jeep', 'pickup', 'pickup truck', 'pick-up truck'), 1.8),
    **dict.fromkeys(('van', 'minivan', 'ambulance'), 2.2),
    **dict.fromkeys(('bus', 'truck', 'lorry'), 3.0),
    **dict.fromkeys(('bicycle', 'bike', 'motorcycle', 'scooter'), 1.1),
    **dict.fromkeys(('horse', 'cow'), 1.6),
    **dict.fromkeys(('dog', 'sheep', 'goat'), 0.55),
    'cat': 0.3,
}
"""Usual heights by name, metres; a range from them is off by about 15 %, as individuals are."""

PLURALS = {
    'buses': 'bus',
    'children': 'child',
    'gentlemen': 'gentleman',
    'ladies': 'lady',
    'lorries': 'lorry',
    'men': 'man',
    'women': 'woman',
}


def height_of_name(name: str) -> float:
    """Return the height of what is called so, in lower case, metres; 0 where nothing is known."""
    *before, last = name.split(' ')
    singular = PLURALS.get(last, last.removesuffix('s'))
    return HEIGHTS_M.get(name, HEIGHTS_M.get(' '.join([*before, singular]), 0.0))
