# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Parses spatial relations out of a query, and filters a detector's answer by them.

    "the man left of the tree"  ──parse_query()──▶  texts "the man", landmarks "the tree"
                                                             │ detector
    the men whose box is left of a tree  ◀───── chosen() ────┘ candidates for both

Places hold while the target is looked for the first time: a robot that follows the man on the
left goes on when he walks to the right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from follow_anything.core.errors import BadQuery
from follow_anything.core.language.foreign import refuse_other_languages
from follow_anything.core.language.phrases import left_negation, Phrase, read_phrase, Relation
from follow_anything.core.language.places import (
    beside_others,
    between,
    distance_of,
    in_order,
    on_side,
)
from follow_anything.core.protocols import Detector
from follow_anything.core.types import BoolArray, Detections, FloatArray, Frame, Query
import numpy as np

__all__ = ['ParsedQuery', 'ask', 'parse_query']


@dataclass(frozen=True)
class ParsedQuery:
    """
    A parsed query: objects for the detector, and relations between them.

    :param query: what the detector is asked; its landmarks are what the places refer to.
    :param phrases: the texts as they were said, and what each says; empty without a place.
    :param understood: for the operator to read.
    """

    query: Query
    phrases: tuple[tuple[str, Phrase], ...] = ()
    understood: str = ''

    @property
    def has_places(self) -> bool:
        """True when a candidate's place decides."""
        return any(phrase.relations for _, phrase in self.phrases)

    def accepted(self, found: Detections, min_score: float) -> Detections:
        """Return the candidates that are good enough, wherever they are."""
        return self.query.accepted(found, min_score)

    def chosen(self, found: Detections, frame: Frame, min_score: float) -> tuple[Detections, str]:
        """
        Return the candidates that are good enough and where they were said to be.

        :param found: the detector's answer for the frame, its landmarks included.
        :return: the candidates, called by the texts as they were said, and what decided.
        """
        accepted = self.accepted(found, min_score)
        if not self.has_places:
            return accepted, ''
        keep = np.zeros(len(accepted), np.bool_)
        said = [accepted.label_of(k) for k in range(len(accepted))]
        remarks: list[str] = []
        for text, phrase in self.phrases:
            mine = np.array([_is_for(label, phrase) for label in said], np.bool_)
            where = np.flatnonzero(mine)
            held = _holding(phrase, accepted.boxes[where], found, frame, min_score, remarks)
            keep[where[held]] = True
            for index in where[held]:
                said[index] = text
        named = replace(accepted, labels=tuple(said)) if len(accepted) else accepted
        return named.kept(keep), '; '.join(dict.fromkeys(remarks))


def ask(detector: Detector, query: Query, frame: Frame | None = None) -> ParsedQuery:
    """
    Set a detector's query, without the relations that it does not know.

    :raises BadQuery: it cannot be used; the detector's old query stays in force.
    """
    parsed = parse_query(query, reads_phrases=getattr(detector, 'reads_phrases', False))
    understood = detector.set_query(parsed.query, frame)
    parts = [getattr(detector, 'chosen_because', ''), understood, parsed.understood]
    return replace(parsed, understood='; '.join(part for part in parts if part))


def parse_query(query: Query, *, reads_phrases: bool = False) -> ParsedQuery:
    """
    Split the texts of a query into objects and spatial relations.

    :param reads_phrases: the detector understands "a person with a hat" as a whole, but reports
        no hats beside persons: what somebody is without becomes what is not wanted.
    :raises BadQuery: a text is not English, or says a place that cannot be computed here.
    """
    for text in (*query.texts, *query.negatives, *query.background):
        refuse_other_languages(text)
    for text in query.negatives:
        if read_phrase(text).relations:
            raise BadQuery(
                f'what it is not, {text!r}, cannot be a place; say where the target is instead'
            )
    phrases = [(text, read_phrase(text)) for text in query.texts]
    _refuse_negations([(text, text) for text in (*query.negatives, *query.background)])
    _refuse_negations(
        [(text, text_left) for text, phrase in phrases for text_left in _words(phrase)]
    )
    if not any(phrase.relations for _, phrase in phrases):
        return ParsedQuery(query)
    if query.is_explicit:
        plain = replace(query, texts=_things(phrases), thresholds=_thresholds(query, phrases))
        return ParsedQuery(
            plain, (), 'where it is was pointed at: the place that was said is not used'
        )
    negatives: list[str] = list(query.negatives)
    if reads_phrases:
        phrases = [(text, _with_negatives(phrase, negatives)) for text, phrase in phrases]
    _check(query, phrases)
    plain = replace(
        query,
        texts=_things(phrases),
        thresholds=_thresholds(query, phrases),
        negatives=tuple(negatives),
        landmarks=_landmarks(phrases),
    )
    said = [str(phrase) for _, phrase in phrases if phrase.relations]
    return ParsedQuery(plain, tuple(phrases), f'of that, by the boxes: {"; ".join(said)}')


def _refuse_negations(texts: list[tuple[str, str]]) -> None:
    """Raise BadQuery where a 'not' is left: a detector would find just what is not wanted."""
    for text, left in texts:
        word = left_negation(left)
        if word:
            raise BadQuery(
                f'{text!r}: what {word!r} denies could not be read; say what it is, and then what '
                'it is not ("a car; - a red car"), what it lacks ("a person without a hat"), or '
                'where it is'
            )


def _words(phrase: Phrase) -> list[str]:
    """Return the names of a thing and of all that it is placed beside."""
    anchors = [anchor for relation in phrase.relations for anchor in relation.anchors]
    return [phrase.thing, *(word for anchor in anchors for word in _words(anchor))]


def _check(query: Query, phrases: list[tuple[str, Phrase]]) -> None:
    for text, phrase in phrases:
        if not phrase.thing and not query.images:
            raise BadQuery(
                f'{text!r} says where it is and not what: say "the person ...", or show a picture'
            )
        if query.images and _landmarks([(text, phrase)]):
            raise BadQuery(
                f'{text!r} names another thing, which cannot be looked for beside a picture; '
                'say a side or an order ("the leftmost"), or leave the picture out'
            )


def _with_negatives(phrase: Phrase, negatives: list[str]) -> Phrase:
    """Turn 'a person without a hat' into the negative 'a person with a hat'."""
    kept: list[Relation] = []
    for relation in phrase.relations:
        if relation.kind == 'without' and relation.anchor is not None:
            negatives.append(f'{phrase.thing} with {relation.anchor.thing}')
        else:
            kept.append(relation)
    return replace(phrase, relations=tuple(kept))


def _things(phrases: list[tuple[str, Phrase]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(phrase.thing for _, phrase in phrases if phrase.thing))


def _thresholds(query: Query, phrases: list[tuple[str, Phrase]]) -> tuple[float | None, ...]:
    """Return the threshold of each thing: the lowest of the texts that name it."""
    if not query.thresholds:
        return ()
    each: dict[str, list[float | None]] = {}
    for (_, phrase), own in zip(phrases, query.thresholds, strict=True):
        if phrase.thing:
            each.setdefault(phrase.thing, []).append(own)
    numbers = [[own for own in found if own is not None] for found in each.values()]
    return tuple(min(found) if found else None for found in numbers)


def _landmarks(phrases: list[tuple[str, Phrase]]) -> tuple[str, ...]:
    """Return all other things that places refer to, those of places of places too."""
    found: dict[str, None] = {}
    for _, phrase in phrases:
        for relation in phrase.relations:
            for anchor in relation.anchors:
                if not anchor.thing:
                    raise BadQuery(f'{relation}: say which thing that is')
                found[anchor.thing] = None
                found |= dict.fromkeys(_landmarks([('', anchor)]))
    return tuple(found)


def _is_for(label: str, phrase: Phrase) -> bool:
    return not phrase.thing or label == phrase.thing


def _holding(
    phrase: Phrase,
    boxes: FloatArray,
    found: Detections,
    frame: Frame,
    min_score: float,
    remarks: list[str],
) -> BoolArray:
    """Return for which boxes (N, 4) all relations of a phrase hold, bool (N,)."""
    keep = np.ones(len(boxes), np.bool_)
    orders = [relation for relation in phrase.relations if relation.anchor is None]
    for relation in phrase.relations:
        if relation.anchor is None:
            continue
        others = [
            _boxes_of(anchor, found, frame, min_score, remarks) for anchor in relation.anchors
        ]
        for anchor, its in zip(relation.anchors, others, strict=True):
            if len(its) == 0 and relation.kind != 'without':
                remarks.append(f'no {anchor} was found, so that nothing is {relation.kind} it')
        anchors = others[0]
        if relation.second is None:
            keep &= beside_others(relation, boxes, anchors, frame)
        else:
            keep &= between(boxes, anchors, others[1], frame)
        if relation.kind in ('behind', 'in front of'):
            by = distance_of(frame, np.concatenate([boxes, anchors]))[1]
            remarks.append(_by_what(relation.kind, by, 'where the boxes end below'))
    for relation in orders:
        left = np.flatnonzero(keep)
        if relation.is_place and len(orders) > 1:  # 'the largest on the left'
            held = on_side(relation.kind, boxes[left], frame)
        else:
            held = in_order(relation, boxes[left], frame)
        keep[left[~held]] = False
        if relation.kind in ('near', 'far') and len(left) > 1:
            by = distance_of(frame, boxes[left])[1]
            remarks.append(_by_what('distance', by, 'size in the picture'))
    return keep


def _by_what(what: str, by: str, instead: str) -> str:
    return f'{what} by {"depth" if by == "depth" else f"{instead}, as there is no depth"}'


def _boxes_of(
    phrase: Phrase, found: Detections, frame: Frame, min_score: float, remarks: list[str]
) -> FloatArray:
    """Return the boxes (M, 4) of a landmark that are good enough and where they should be."""
    mine = np.array([found.label_of(k) == phrase.thing for k in range(len(found))], np.bool_) & (
        found.scores >= min_score
    )
    boxes = found.boxes[mine]
    return np.asarray(boxes[_holding(phrase, boxes, found, frame, min_score, remarks)])
