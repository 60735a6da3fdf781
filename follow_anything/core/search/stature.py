# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The height that the words of a query tell, for the pipeline and for the node.

A wrong height is a wrong range, and the robot drives too near. So only the head noun counts, and
only where every word before it is known to change nothing: a toy car, a bus stop and whatever
stands left of a man have no height here.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import dropwhile
import re

from follow_anything.core.errors import BadQuery
from follow_anything.core.language.colors import COLOR_WORDS
from follow_anything.core.language.phrases import read_phrase
from follow_anything.core.search.heights import height_of_name

__all__ = ['height_of']

AGREE = 1.1
"""Ratio of the largest to the smallest height up to which several alternatives have one."""

BETWEEN = re.compile(r'\s*(?:[,;:|()\[\]&+]|(?<!\bw)/|\s(?:n?or|and)\s|\.(?=\s|$))\s*')
"""Between two things, whichever is meant. (The stroke of 'w/o' is none.)"""

WORD = re.compile(r'[^\s.]+(?:\.[^\s.]+)*')

LEADING = {
    'a', 'an', 'the', 'this', 'that', 'these', 'those', 'my', 'our', 'any', 'some', 'all',
    'both', 'one', 'two', 'three', 'four', 'five', 'please', 'follow', 'track', 'find',
    'watch', 'chase',
}  # fmt: skip
"""Words before a name that say nothing."""

DOING = {
    'barking', 'carrying', 'coming', 'crossing', 'cycling', 'dancing', 'dressed', 'driving',
    'eating', 'facing', 'going', 'holding', 'jogging', 'jumping', 'leaving', 'looking',
    'lying', 'parked', 'playing', 'pulling', 'pushing', 'riding', 'running', 'seated',
    'sitting', 'skating', 'standing', 'talking', 'turning', 'waiting', 'walking', 'wearing',
}  # fmt: skip
HARMLESS = COLOR_WORDS.keys() | DOING | {
    'big', 'bright', 'dark', 'deep', 'family', 'large', 'light', 'little', 'long', 'new',
    'old', 'pale', 'patrol', 'police', 'shiny', 'short', 'slim', 'small', 'sports', 'tall',
    'thin', 'young',
}  # fmt: skip
"""Words before a name that change its height by no more than people differ."""

FOLLOWING = {
    'about', 'across', 'after', 'against', 'ahead', 'along', 'alone', 'among', 'around', 'as',
    'at', 'away', 'before', 'behind', 'below', 'beside', 'between', 'by', 'down', 'fast',
    'for', 'from', 'has', 'here', 'in', 'inside', 'into', 'is', 'near', 'next', 'now', 'of',
    'off', 'on', 'onto', 'opposite', 'outside', 'over', 'past', 'that', 'there', 'through',
    'to', 'towards', 'under', 'up', 'w', 'which', 'while', 'who', 'whose', 'with', 'without',
}  # fmt: skip
"""Words after a name: what comes then is said of something else."""


def height_of(texts: Iterable[str]) -> float:
    """
    Return the height of what is asked for, metres; 0 where the words do not tell it.

    :param texts: alternatives. All of them, and all that are named in one, must tell about the
        same: nobody knows which of them is found. What was pointed at beside them fits them too.
    """
    heights = [height for text in texts for height in _heights_in(text)]
    if not heights or min(heights) <= 0.0 or max(heights) > AGREE * min(heights):
        return 0.0
    return (min(heights) + max(heights)) / 2


def _heights_in(text: str) -> list[float]:
    """Return the height of each thing that is named in a text; 0: of one, it is not known."""
    pieces = [WORD.findall(piece) for piece in BETWEEN.split(_thing(text.lower()))]
    pieces = [words for words in pieces if words]
    # 'a black and white dog': what is only a colour belongs to the next one
    named = [words for words in pieces[:-1] if not _is_adjective(words)] + pieces[-1:]
    return [_height(words) for words in named] or [0.0]


def _thing(text: str) -> str:
    """Return a text without the place that it says."""
    try:
        return read_phrase(text).thing
    except BadQuery:
        return ''


def _is_adjective(words: list[str]) -> bool:
    return words[-1] in HARMLESS and all(word in LEADING | HARMLESS for word in words)


def _height(words: list[str]) -> float:
    """Return the height of one thing, 0 where it is not known for sure."""
    words = _thing(' '.join(words)).split()
    words = list(dropwhile(lambda word: word in LEADING, words))
    words = list(dropwhile(lambda word: word in HARMLESS, words))
    for count in (2, 1):
        height = height_of_name(' '.join(words[:count]))
        if height > 0.0 and _is_end(words[count:]):
            return height
    return 0.0


def _is_end(rest: list[str]) -> bool:
    """Tell whether a name ends before these words: not before 'seat', nor 'riding bicycle'."""
    if rest and rest[0] in DOING:
        rest = [word for word in rest[1:2] if word not in LEADING]
    return not rest or rest[0] in FOLLOWING or rest[0].isdecimal()
