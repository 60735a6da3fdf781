# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Grammar of a phrase: an object and its relations to others.

    the second person from the right          a person; number 2, counted from the right
    the largest car                           a car; the largest
    the man left of the tree                  a man; left of (a tree)
    the dog behind the bench on the left      a dog; behind (a bench; the leftmost)
    the man between the car and the tree      a man; between (a car) and (a tree)
    a person without a hat                    a person; without (a hat)

Only places are taken out. Of what else follows a thing ("in a red coat", "with a dog", "on a
bicycle") the detector makes what it can.
"""

from __future__ import annotations

from dataclasses import dataclass
import re

from follow_anything.core.errors import BadQuery

__all__ = ['WITHOUT', 'Phrase', 'Relation', 'left_negation', 'read_phrase']


@dataclass(frozen=True)
class Relation:
    """
    A condition on where a thing is.

    :param kind: an order ('left', 'right', 'top', 'bottom', 'near', 'far', 'large', 'small',
        'tall', 'short', 'middle') or a place beside another thing ('left of', 'right of',
        'above', 'below', 'behind', 'in front of', 'beside', 'nearest to', 'farthest from',
        'without', 'between').
    :param rank: of an order: 1 for the first. :param anchor: the other thing.
    :param second: of 'between': the thing on its other side.
    :param is_place: of an order: a side of the picture was said, not a side of the group.
    """

    kind: str
    rank: int = 1
    anchor: Phrase | None = None
    is_place: bool = False
    second: Phrase | None = None

    @property
    def anchors(self) -> tuple[Phrase, ...]:
        """The other things that it names."""
        return tuple(one for one in (self.anchor, self.second) if one is not None)

    def __str__(self) -> str:
        """Return it as people say it."""
        if self.second is not None:
            return f'{self.kind} ({self.anchor}) and ({self.second})'
        if self.anchor is not None:
            return f'{self.kind} ({self.anchor})'
        name = ORDER_NAMES[self.kind]
        return f'the {name}' if self.rank == 1 else f'number {self.rank} of: {name} first'


@dataclass(frozen=True)
class Phrase:
    """
    One parsed text: the object, and its relations.

    :param thing: words for the detector; '' where only a place was said ('the nearest one').
    :param relations: all of them must hold; orders count among those for which the others do.
    """

    thing: str
    relations: tuple[Relation, ...] = ()

    def __str__(self) -> str:
        """Return what was understood."""
        parts = [f'"{self.thing}"' if self.thing else 'anything']
        return ', '.join([*parts, *(str(relation) for relation in self.relations)])


ORDER_NAMES = {
    'left': 'leftmost',
    'right': 'rightmost',
    'top': 'topmost',
    'bottom': 'lowest',
    'near': 'nearest',
    'far': 'farthest',
    'large': 'largest',
    'small': 'smallest',
    'tall': 'tallest',
    'short': 'shortest',
    'middle': 'one in the middle',
}

ORDERS = {
    **dict.fromkeys(('nearest', 'closest', 'frontmost', 'foremost'), 'near'),
    **dict.fromkeys(('farthest', 'furthest', 'most distant'), 'far'),
    **dict.fromkeys(('largest', 'biggest'), 'large'),
    **dict.fromkeys(('smallest', 'tiniest', 'littlest'), 'small'),
    **dict.fromkeys(('leftmost', 'left-most'), 'left'),
    **dict.fromkeys(('rightmost', 'right-most'), 'right'),
    **dict.fromkeys(('topmost', 'uppermost', 'highest'), 'top'),
    **dict.fromkeys(('bottommost', 'lowermost', 'lowest'), 'bottom'),
    'tallest': 'tall',
    'shortest': 'short',
}

SIDES = {
    'left': 'left',
    'right': 'right',
    'top': 'top',
    'bottom': 'bottom',
    'upper': 'top',
    'lower': 'bottom',
    'foreground': 'near',
    'front': 'near',
    'background': 'far',
    'back': 'far',
    **dict.fromkeys(('middle', 'centre', 'center'), 'middle'),
}

NUMBERS = ('first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth',
           'tenth', 'eleventh', 'twelfth')  # fmt: skip
_RANK = rf'(?:{"|".join(NUMBERS)}|[1-9]\d?(?:st|[nr]d|th))'
_ORDER = '|'.join(ORDERS)
_PICTURE = r'(?:\s+of\s+(?:the\s+|my\s+)?(?:picture|image|photo|frame|screen|view|camera))?'
_SIDE = r'(?:\s*-?\s*(?:hand\s+)?(?:side|half|corner|edge))?'
_LEVEL = r'(?:(?P<level>upper|lower|top|bottom)[\s-]+(?=left|right))?'
_I = re.IGNORECASE | re.DOTALL

WITHOUT = (
    r'without|w/o|minus|with\s+no|with\s+neither|wearing\s+no|ha(?:s|ve)\s+no|lacking|'
    r'(?:is|are|was|were)n[\'\u2019]?t\s+(?:wearing|carrying|holding)|'
    r'not\s+(?:wearing|carrying|holding|having)|'
    r'(?:do|does)(?:n[\'\u2019]?t|\s+not)\s+(?:wear|carry|hold|have)'
)
"""What leads to something that a thing lacks, a pattern."""

ANCHORED = tuple(
    (re.compile(rf'^(?P<thing>.*?)\b(?:{words})\s+(?P<anchor>.+)$', _I), kind)
    for words, kind in (
        (rf'(?:(?:to|on|at)\s+the\s+)?left{_SIDE}\s+(?:of|from)', 'left of'),
        (rf'(?:(?:to|on|at)\s+the\s+)?right{_SIDE}\s+(?:of|from)', 'right of'),
        (r'in\s+front\s+of|before', 'in front of'),
        (r'behind|in\s+back\s+of', 'behind'),
        (r'above|over', 'above'),
        (r'below|under|underneath|beneath', 'below'),
        (r'next\s+to|beside|besides|close\s+to|near\s+to|near|alongside|adjacent\s+to', 'beside'),
        (r'(?:which\s+is\s+|the\s+one\s+)?(?:nearest|closest)\s+to', 'nearest to'),
        (r'(?:farthest|furthest|most\s+distant)\s+(?:away\s+)?from', 'farthest from'),
        (r'(?:in\s*-?\s*)?between', 'between'),
        (WITHOUT, 'without'),
    )
)
"""The other thing is all that follows."""

COUNTED = (
    re.compile(
        rf'^(?P<before>.*?)\b(?P<rank>{_RANK}|last)(?P<thing>\s.*?)?,?\s+(?:counted\s+|counting\s+)?'
        r'(?P<end>from|on)\s+(?:the\s+|my\s+)?(?P<side>left|right|top|bottom|front|back)\s*$',
        _I,
    ),
    re.compile(
        rf'^(?P<before>.*?)\b(?P<rank>{_RANK})[\s-]+(?P<order>{_ORDER})\b(?P<thing>.*)$', _I
    ),
)
ORDERED = re.compile(rf'^(?P<before>.*?)\b(?P<order>{_ORDER})\b(?P<thing>.*)$', _I)
PLACED = re.compile(
    r'^(?P<thing>.*?),?\s*\b(?:on|at|to|in)\s+(?:(?:the|my|your|our)\s+)?(?:far\s+|very\s+)?'
    rf'{_LEVEL}(?P<side>{"|".join(SIDES)}){_SIDE}{_PICTURE}\s*$',
    _I,
)
BARE_SIDE = re.compile(
    r'^(?P<thing>.+?)(?<!\bfrom)(?<!\bthe),?\s+(?:far\s+)?(?P<side>left|right)\s*$', _I
)
FIRST_WORD = re.compile(
    rf'^(?P<article>the|a|an|my)?\s*\b(?:far[\s-]+)?{_LEVEL}'
    r'(?P<side>left|right|middle|cent(?:er|re|ral))(?:[\s-]+hand)?\s+(?P<thing>.+)$',
    _I,
)
TO_US = re.compile(
    r'\s*\b(?:(?:to|from)\s+)?(?:me|us|you)\s*$|\s*\b(?:to|from)\s+the\s+(?:camera|robot|drone)\s*$',
    _I,
)
US = re.compile(r'^(?:me|us|you|the\s+(?:camera|robot|drone)|my\s+\w+)$', _I)
PICTURE = re.compile(r'^(?:(?:the|my)\s+)?(?:picture|image|photo|frame|screen|view)$', _I)
BOTH = re.compile(r'\s*,?\s+(?:and|n?or)\s+', _I)
NEGATION_LEFT = re.compile(
    r'(?<![\w-])(?:not|no(?!\.?\s*\d)|nor|neither|never|nobody|none|nothing|without|except|excluding|'
    r'unless|unlike|dont|non-?|\w+n[\'\u2019]t)(?!\w)|(?:^|(?<=\s))(?:!|-(?=\s*[a-z]))',
    _I,
)
TRAILING = re.compile(
    r'[\s,]+(?:(?:that|who|which)(?:\s+(?:is|are)|\'s)?|is|are|standing|sitting|walking|parked|lying|'
    r'stands?|sits?|walks?|lies|waits?|waiting|located|placed|seen|the\s+one)\s*$',
    _I,
)
SIDEWAYS = re.compile(
    r'\b(?:furthest|farthest|most)\s+(?:(?:to|on)\s+the\s+)?(left|right)\b(?!\s+of)', _I
)
"""'The farthest left' is the leftmost, and no distance."""
OWNED = re.compile(
    r'\b(?:with|wearing|holding|carrying|riding|pushing|in|on)\s+(?:(?:the|an?|his|her|their)\s+)?$',
    _I,
)
"""Before an order that another thing has: 'the man with the largest hat'."""
MEASURED = re.compile(
    r'^(?P<thing>.+?)\s+(?:to|from)\s+(?!(?:the\s+)?(?:left|right|top|bottom|front|back)\b)(?P<anchor>.+)$',
    _I,
)
AND = re.compile(r'\s*,?\s+(?:and|but)\s+', _I)
PAIR = re.compile(r'^(?P<article>the\s+|these\s+|those\s+)?(?:two|both|2)\s+(?:of\s+)?', _I)
"""'The two cars' are the cars."""
A_THING = re.compile(r'^(?:an?|the|my|another|this|that)\s', _I)
LAST_AND = re.compile(r'\s*,?\s+(?:and|but)\s*$', _I)
ANYTHING = {'', 'one', 'ones', 'thing', 'things', 'object', 'it', 'that', 'this', 'target', 'of'}
ARTICLES = {'a', 'an', 'the', 'my', 'that', 'this', 'any', 'some', 'each', 'every', 'all'}


def read_phrase(text: str) -> Phrase:
    """
    Parse a text into an object and its relations.

    :raises BadQuery: it names a place that a camera cannot see.
    """
    rest = ' '.join(re.sub(r'[()]', ' ', text).split()).strip(' .!?')
    rest = SIDEWAYS.sub(r'\1most', rest)
    relations: list[Relation] = []
    for _ in range(4):  # 'the second largest car on the left behind the bench'
        taken = _anchored(rest) or _ordered(rest)
        if taken is None:
            break
        rest, found = taken
        rest = LAST_AND.sub('', rest)
        relations += found
    return Phrase(_thing_of(rest) if relations else text.strip(), tuple(relations))


def left_negation(text: str) -> str:
    """Return the first word that denies something, '' without one."""
    found = NEGATION_LEFT.search(text)
    return found[0] if found else ''


def _anchored(text: str) -> tuple[str, list[Relation]] | None:
    """Take the first place beside another thing; None without one."""
    found = [(match, kind) for pattern, kind in ANCHORED if (match := pattern.match(text))]
    if not found:
        return None
    match, kind = min(found, key=lambda pair: len(pair[0]['thing']))
    thing, anchor = match['thing'], match['anchor'].strip(' ,.')
    if PICTURE.match(anchor) and kind in ('left of', 'right of'):  # 'on the left of the picture'
        return thing, [Relation(kind.removesuffix(' of'), is_place=True)]
    if US.match(anchor):
        return thing, [_seen_from_us(kind, text)]
    if kind == 'without':
        return thing, _lacking(anchor)
    anchor, more = _and_places(anchor)
    return thing, [_between(anchor) if kind == 'between' else _beside(kind, anchor), *more]


def _beside(kind: str, anchor: str) -> Relation:
    other = read_phrase(anchor)
    return Relation(kind, anchor=Phrase(_thing_of(other.thing), other.relations))


def _between(anchors: str) -> Relation:
    """Return what 'between the car and the tree', or 'between two cars', says."""
    joints = [
        (anchors[: joint.start()], anchors[joint.end() :]) for joint in AND.finditer(anchors)
    ]
    # 'the black and white dog and the tree': what is joined begins as a thing does
    joints = [pair for pair in joints if A_THING.match(pair[1])] or joints
    one, other = joints[-1] if joints else (PAIR.sub(r'\g<article>', anchors),) * 2
    ours = [text for text in (one, other) if US.match(text.strip())]
    if ours and one != other:  # between the camera and the car
        return _beside('in front of', other if ours[0] == one else one)
    first, second = (_beside('between', text).anchor for text in (one, other))
    return Relation('between', anchor=first, second=second)


def _and_places(anchor: str) -> tuple[str, tuple[Relation, ...]]:
    """Split 'the car and right of the tree' into the other thing and more places of the first."""
    for joint in AND.finditer(anchor):
        more = read_phrase(anchor[joint.end() :])
        if more.relations and not more.thing:
            return anchor[: joint.start()], more.relations
    return anchor, ()


def _lacking(anchor: str) -> list[Relation]:
    """Return what 'without a hat or a bag on the left' says: two things, and a place."""
    pieces = BOTH.split(anchor)
    is_list = all(
        ' ' not in one or one.lower().startswith(('a ', 'an ', 'the ')) for one in pieces
    )
    lacked: list[Relation] = []
    places: list[Relation] = []
    for piece in pieces if is_list else [anchor]:
        other = read_phrase(piece)
        lacked.append(Relation('without', anchor=Phrase(_thing_of(other.thing))))
        places += other.relations  # of who lacks it: nobody says where a missing hat is
    return [*lacked, *places]


def _seen_from_us(kind: str, text: str) -> Relation:
    """Replace relations to the speaker, 'left of me', by those to the camera."""
    orders = {'left of': 'left', 'right of': 'right', 'nearest to': 'near', 'beside': 'near'}
    orders['farthest from'] = 'far'
    if kind in orders:
        return Relation(orders[kind], is_place=kind.endswith(' of'))
    if kind == 'in front of':
        return Relation('near')
    raise BadQuery(f'{text!r}: what is {kind} the camera is not in its picture')


def _ordered(text: str) -> tuple[str, list[Relation]] | None:
    """Take one order, counted or not, or one side of the picture; None without one."""
    match = COUNTED[0].match(text)
    if match:
        return _joined(match), [_counted(match)]
    match = COUNTED[1].match(text) or ORDERED.match(text)
    if match and not OWNED.search(match['before']):
        return _measured(match)
    match = PLACED.match(text) or BARE_SIDE.match(text)
    if match:
        return match['thing'], _sides(match, is_place=True)
    match = FIRST_WORD.match(text)
    return None if match is None else (match['thing'], _sides(match))


def _counted(match: re.Match[str]) -> Relation:
    """Return the order that 'third from the left' says."""
    side, rank = SIDES[match['side'].lower()], match['rank'].lower()
    if rank != 'last':
        return Relation(side, _rank(rank))
    # the last on the left is the leftmost, the last from there is not
    opposite = {'left': 'right', 'right': 'left', 'top': 'bottom', 'near': 'far', 'far': 'near'}
    return Relation(opposite.get(side, 'top') if match['end'].lower() == 'from' else side)


def _measured(match: re.Match[str]) -> tuple[str, list[Relation]]:
    """Take an order by size or by distance: from the camera, or from another thing."""
    kind, rest = ORDERS[match['order'].lower()], TO_US.sub('', _joined(match))
    rank = _rank(match['rank']) if 'rank' in match.groupdict() else 1
    measured = MEASURED.match(rest) if kind in ('near', 'far') else None
    if measured is None:
        return rest, [Relation(kind, rank)]
    beside = 'nearest to' if kind == 'near' else 'farthest from'
    if rank > 1:
        raise BadQuery(
            f'{match[0]!r}: only the one that is {beside} another thing can be computed; '
            'say that, or click on the target'
        )
    return measured['thing'], [_beside(beside, measured['anchor'])]


def _sides(match: re.Match[str], *, is_place: bool = False) -> list[Relation]:
    """Return the side that was said, or both: 'in the upper left corner'."""
    side, level = match['side'].lower(), match.groupdict().get('level')
    if level is None:
        return [Relation(SIDES.get(side, 'middle'), is_place=is_place)]
    return [Relation(SIDES[word], is_place=True) for word in (level.lower(), side)]


def _rank(word: str) -> int:
    """Return the number that an ordinal says: 'third' or '3rd'."""
    digits = re.match(r'\d+', word)
    return int(digits[0]) if digits else NUMBERS.index(word.lower()) + 1


def _joined(match: re.Match[str]) -> str:
    """Return what stands before and after an order; 'of the cars' are cars."""
    after = re.sub(
        r'^\s*(?:of|among)\s+(?:the|all|all the)\s+', ' ', match['thing'] or '', flags=_I
    )
    return f'{match["before"].strip(" ,")} {after.strip(" ,")}'.strip()


def _thing_of(text: str) -> str:
    """Return a thing without what only led to its place; '' where it is any thing at all."""
    before = ''
    while before != text:
        before, text = text, TRAILING.sub('', text.strip(' ,'))
    words = text.lower().split()
    is_any = all(word in ANYTHING or word in ARTICLES for word in words)
    return '' if is_any else text
