# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
One line of text that can say a whole query, for a topic, a parameter and a shell.

    the red car                         a prompt
    the red car > 0.4; a red van        two alternatives, the first with a threshold of its own
    the red car; - a red truck          not this
    the red car; ~ a road; ~ a tree     what else the scene holds
    the red car; at 320,240             text and click: the thing at that point, if it fits
    at 320,240; not at 300,260          two clicks
    box 210,95,60,140                   x, y, width, height
"""

from __future__ import annotations

import re
from typing import Any

from follow_anything.core.errors import BadQuery
from follow_anything.core.types import Box, Click, Query

__all__ = ['query_from_text']

SEPARATOR = re.compile(r'[;\n]')
PLACE = re.compile(r'^(at|not at|box)\s+([-+.\d\s,e]+)$', re.IGNORECASE)
THRESHOLD = re.compile(r'^(.*?)\s*>\s*([.\d]+)$', re.DOTALL)


def query_from_text(text: str) -> Query:
    """
    Return the query that a line of text says; the grammar is above.

    :raises BadQuery: it says nothing, or a part of it cannot be used.
    """
    texts: list[str] = []
    thresholds: list[float | None] = []
    others: dict[str, list[str]] = {'-': [], '~': []}
    places: dict[str, Any] = {'clicks': (), 'box': None}
    for part in (part.strip() for part in SEPARATOR.split(text)):
        place = PLACE.match(part)
        if place:
            _add_place(places, place[1].lower(), place[2])
        elif part[:1] in others:
            others[part[0]].append(part[1:].strip())
        elif part:
            words, threshold = _split_threshold(part)
            texts.append(words)
            thresholds.append(threshold)
    if not texts and not places['clicks'] and places['box'] is None:
        raise BadQuery(f'a text query needs at least one word of what to look for, got {text!r}')
    return Query(
        texts=tuple(texts),
        thresholds=tuple(thresholds) if any(t is not None for t in thresholds) else (),
        negatives=tuple(others['-']),
        background=tuple(others['~']),
        **places,
    )


def _split_threshold(part: str) -> tuple[str, float | None]:
    matched = THRESHOLD.match(part)
    if not matched:
        return part, None
    try:
        return matched[1], float(matched[2])
    except ValueError as error:
        raise BadQuery(f'{part!r}: expected a number after ">", got {matched[2]!r}') from error


def _add_place(places: dict[str, Any], kind: str, numbers: str) -> None:
    wanted = 4 if kind == 'box' else 2
    try:
        values = [float(number) for number in numbers.split(',')]
    except ValueError:
        values = []
    if len(values) != wanted:
        raise BadQuery(f'{kind}: expected {wanted} numbers with commas between, got {numbers!r}')
    if kind == 'box':
        places['box'] = Box.from_xywh(*values)
    else:
        places['clicks'] += (Click(values[0], values[1], positive=kind == 'at'),)
