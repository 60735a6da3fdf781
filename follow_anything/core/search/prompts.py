# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The one-line text form of a query, for a topic, a parameter and a shell.

    the red car                         a prompt
    the red car > 0.4; a red van        two alternatives, the first with a threshold of its own
    the red car; - a red truck          not this
    the red car; ~ a road; ~ a tree     what else the scene holds
    the red car; at 320,240             text and click: the thing at that point, if it fits
    at 320,240; not at 300,260          two clicks
    box 210,95,60,140                   x, y, width, height
    a car, not a truck; no bicycles     not this, as people say it; also "but not", "except"

The lists of other tools are understood: 'a person, a car', '[a person, a car]' (NanoOWL),
'person . car .' (Grounding DINO), 'a person or a car', 'person/car', 'a person and a car'. What
places mean ('on the left', 'behind the bench') is read later: language/parsing.py.
"""

from __future__ import annotations

import re
from typing import Any

from follow_anything.core.errors import BadQuery
from follow_anything.core.language.colors import COLOR_WORDS
from follow_anything.core.language.phrases import WITHOUT
from follow_anything.core.types import Box, Click, Query

__all__ = ['query_from_text']

SEPARATOR = re.compile(r'[;\n]')
PLACE = re.compile(r'^(at|not at|box)\s+((?:[-+.\d\s,e]|nan|inf(?:inity)?)+)$', re.IGNORECASE)
NEGATION = re.compile(
    r'^(?:but\s+|and\s+)?(?:'
    r'not|no|without|except(?:\s+for)?|never|neither|avoid|ignore|exclude'
    r'|(?:please\s+)?(?:do\s+not|don[\'\u2019]?t|never)'
    r'(?:\s+(?:follow|track|chase|find|(?:look|search)\s+for|go\s+after))?'
    r'|(?:any|every)(?:thing|one|body)\s+(?:but|except(?:\s+for)?|other\s+than)'
    r'|all\s+(?:but|except(?:\s+for)?|other\s+than)'
    r')\s+(.+)$',
    re.IGNORECASE | re.DOTALL,
)
BUT_NOT = re.compile(
    r'(?:\s*,\s*(?:but\s+|and\s+)?|\s+(?:but|and)\s+)(?:not|no|never)\s+(?!wearing\b)'
    r'|\s*,?\s+(?:except(?:\s+for)?|excluding|other\s+than|apart\s+from|but\s+without'
    r'|rather\s+than|instead\s+of|unlike|(?:and\s+|but\s+)?(?<!with )neither)\s+'
    r'|\s+(?:that|which|who)(?:\s+(?:is|are)\s+not|[\'\u2019]s\s+not|\s+(?:is|are)n[\'\u2019]?t)\s+'
    r'(?!(?:wearing|carrying|holding|having)\b)',
    re.IGNORECASE,
)
ONE = re.compile(r'\bones?\b', re.IGNORECASE)
PREPOSITION = re.compile(
    r'\s+(?:between|in|with|on|at|near|of|behind|beside|without|who|that|which)\s'
)
ALTERNATIVES = re.compile(r'\s+\.(?:\s+|$)|\s*,?\s+n?or\s+', re.IGNORECASE)
LISTED = re.compile(r'\s*,\s*(?:and\s+)?|\s+(?:and|&|\+)\s+|\s*[|/]\s*', re.IGNORECASE)
COMMA = re.compile(r'\s*,\s*(?:and\s+)?', re.IGNORECASE)
OPENING = re.compile(r'^(?:either|both)\s+', re.IGNORECASE)
EITHER_LACKED = re.compile(
    rf'(\b(?:{WITHOUT})\s+[^,;.]*?)\s+n?or\s+(?![^,;.]*\b(?:{WITHOUT})\s)', re.IGNORECASE
)
QUOTES = ' \'"`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb'
ARTICLES = ('a ', 'an ', 'the ', 'my ', 'any ', 'some ')
COLORED = re.compile(
    rf'^(?:(?:an?|the|any|some)\s+)?(?:{"|".join(COLOR_WORDS)})\b\s*(?P<thing>.*)$',
    re.IGNORECASE | re.DOTALL,
)
THRESHOLD = re.compile(r'^([^<>]*?)\s*([<>]=?)\s*(.*)$', re.DOTALL)


def query_from_text(text: str) -> Query:
    """
    Return the query that a line of text says; the grammar is above.

    :raises BadQuery: it says nothing, or a part of it cannot be used.
    """
    texts: list[str] = []
    thresholds: list[float | None] = []
    others: dict[str, list[str]] = {'-': [], '~': []}
    lonely = ''
    places: dict[str, Any] = {'clicks': (), 'box': None}
    for part in (part.strip(QUOTES) for part in SEPARATOR.split(text)):
        place = PLACE.match(part)
        if place:
            _add_place(places, place[1].lower(), place[2])
        elif part[:1] in others:
            words, threshold = _split_threshold(part[1:].strip())
            _refuse_threshold(part, threshold)
            others[part[0]].append(words)
        elif part:
            words, threshold = _split_threshold(part)
            wanted, unwanted = _split_negations(words)
            if not wanted:
                _refuse_threshold(part, threshold)
            others['-'] += unwanted
            lonely = lonely or ('' if wanted else part)
            for one in wanted:
                texts.append(one)
                thresholds.append(threshold)
    if lonely and not texts and not places['clicks'] and places['box'] is None:
        raise _only_negative(lonely)
    if not texts and not places['clicks'] and places['box'] is None:
        raise BadQuery(f'a text query needs at least one word of what to look for, got {text!r}')
    return Query(
        texts=tuple(texts),
        thresholds=tuple(thresholds) if any(t is not None for t in thresholds) else (),
        negatives=tuple(others['-']),
        background=tuple(others['~']),
        **places,
    )


def _split_negations(words: str) -> tuple[list[str], list[str]]:
    """Split a part into texts and negatives: 'a car, not a truck'; 'no bicycles'."""
    inner = words.strip(QUOTES)
    alone = NEGATION.match(inner)
    if alone:
        return [], _alternatives(alone[1])
    is_listed = inner.startswith('[') and inner.endswith(']')
    wanted, *unwanted = BUT_NOT.split(inner.strip('[]') if is_listed else inner)
    found = _alternatives(f'[{wanted}]' if is_listed else wanted)
    noun = PREPOSITION.split(found[-1])[0].split()[-1:]
    refused = [one for piece in unwanted for one in _alternatives(piece)]
    return found, [ONE.sub(noun[0], one) if noun else one for one in refused]


def _only_negative(text_of_part: str) -> BadQuery:
    negation = NEGATION.match(text_of_part)
    return BadQuery(
        f'{text_of_part!r} says what it is not; say what it is, and then what it is not, such as '
        f'"a car; - {negation[1] if negation else text_of_part}"'
    )


def _alternatives(words: str) -> list[str]:
    """
    Split a part into its alternatives: 'a car or a truck'.

    A comma or an 'and' may stand within a description ('a red, shiny car', 'a black and white
    cat'): it parts a list only in brackets, between single words, or where every piece begins
    anew with an article, or with a colour and a thing ('red car, blue car').

    :raises BadQuery: it says what is not wanted, and not what is.
    """
    inner = words.strip()
    in_brackets = inner.startswith('[') and inner.endswith(']')
    inner = OPENING.sub('', inner.strip('[]') if in_brackets else inner).strip(' ,')
    for _ in range(inner.count('or')):  # 'without a hat or a bag' lacks both
        inner = EITHER_LACKED.sub(r'\1 and ', inner, count=1)
    pieces = ALTERNATIVES.split(inner)
    if len(pieces) > 1:
        pieces = [piece.strip(' .') for piece in pieces]
    found: list[str] = []
    for piece in pieces:
        mark = COMMA if PREPOSITION.search(piece) else LISTED  # with a hat and a bag: one thing
        listed = [part.strip(QUOTES) for part in mark.split(piece)]
        is_list = in_brackets or all(map(_begins_anew, listed)) or all(map(_colored, listed))
        found += listed if is_list else [piece.strip(QUOTES)]
    found = _with_things(found)
    for one in found:
        if NEGATION.match(one):
            raise _only_negative(one)
    return [one for one in found if one] or [words]


def _begins_anew(part: str) -> bool:
    return bool(part) and (' ' not in part or part.lower().startswith(ARTICLES))


def _colored(part: str) -> str:
    """Return the thing that is said to have a colour; '' without one of both."""
    match = COLORED.match(part)
    return match['thing'] if match else ''


def _with_things(found: list[str]) -> list[str]:
    """Give a colour the thing that follows the next one: 'a red or blue car' is two cars."""
    full: list[str] = []
    thing = ''
    for one in reversed(found):
        is_bare = COLORED.match(one) is not None and not _colored(one)
        full.append(f'{one} {thing}' if is_bare and thing else one)
        thing = _colored(one) or (thing if is_bare else '')
    return full[::-1]


def _split_threshold(part: str) -> tuple[str, float | None]:
    matched = THRESHOLD.match(part)
    if not matched:
        return part, None
    words, sign, number = matched.groups()
    if not sign.startswith('>'):
        raise BadQuery(f'{part!r}: scores are limited from below: expected "{words} > NUMBER"')
    try:
        return words, float(number)
    except ValueError as error:
        raise BadQuery(f'{part!r}: expected a number after ">", got {number!r}') from error


def _refuse_threshold(part: str, threshold: float | None) -> None:
    if threshold is not None:
        raise BadQuery(f'{part!r}: a threshold belongs to what is looked for: leave it out here')


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
