# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Who stands where it was said: drawn scenes, a detector that knows all things and no places."""

from __future__ import annotations

from dataclasses import replace

from follow_anything.core.config import DetectorConfig
from follow_anything.core.errors import BadQuery
from follow_anything.core.language.parsing import ask, parse_query
from follow_anything.core.search.prompts import query_from_text
from follow_anything.core.search.searcher import Searcher
from follow_anything.core.types import Box, Click, Detections, Frame, Query, TargetState
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.detection]

RGB = np.zeros((480, 640, 3), np.uint8)
SCENE = {
    'a': ('person', Box(40, 200, 80, 330)),
    'b': ('person', Box(250, 150, 330, 420)),
    'c': ('person', Box(520, 210, 556, 320)),
    'tree': ('tree', Box(380, 60, 480, 340)),
    'bench': ('bench', Box(500, 280, 600, 345)),
    'hat': ('hat', Box(270, 140, 310, 165)),
    'car': ('car', Box(100, 260, 240, 330)),
}
DEPTH = {'a': 9.0, 'b': 12.0, 'c': 6.0, 'tree': 8.0, 'bench': 7.0, 'hat': 12.0, 'car': 9.0}


class Knowing:
    """Reports everything of the scene that a text or a landmark names, and how often it read."""

    def __init__(self, *names: str, score: float = 0.9, reads_phrases: bool = False) -> None:
        self.things = [SCENE[name] for name in names or SCENE]
        self.score, self.reads_phrases = score, reads_phrases
        self.query: Query | None = None

    def set_query(self, query: Query, frame: Frame | None = None) -> str:
        self.query = query
        return f'looking for {query}'

    def detect(self, frame: Frame) -> Detections:
        assert self.query is not None
        found = []
        for text in (*self.query.texts, *self.query.landmarks):
            kind = text.split()[-1].removesuffix('s')
            found += [(text, box) for name, box in self.things if name == kind]
        if not self.query.texts:
            found = [('image', box) for _, box in self.things]
        boxes = np.array([box.xyxy for _, box in found], float).reshape(-1, 4)
        scores = np.full(len(found), self.score)
        return Detections(frame.stamp, boxes, scores, labels=tuple(text for text, _ in found))


def depth() -> np.ndarray:
    picture = np.full(RGB.shape[:2], 30.0, np.float32)
    for name, (_, box) in sorted(SCENE.items(), key=lambda item: -DEPTH[item[0]]):
        picture[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)] = DEPTH[name]
    return picture


def found(text: str, *names: str, with_depth: bool = False, **options: object) -> str:
    """Return the names of what was chosen, and '' for nothing."""
    frame = Frame(0.0, RGB, depth() if with_depth else None)
    detector = Knowing(*names, **options)
    chosen, _ = ask(detector, query_from_text(text), frame).chosen(
        detector.detect(frame), frame, 0.5
    )
    places = {box.xyxy: name for name, (_, box) in SCENE.items()}
    return ' '.join(
        sorted(places[tuple(float(v) for v in row)] for row in chosen.boxes)  # type: ignore[index]
    )


@pytest.mark.parametrize(
    ('text', 'who'),
    [
        ('person', 'a b c'),
        ('person on the left', 'a'),
        ('the rightmost person', 'c'),
        ('the second person from the right', 'b'),
        ('the fourth person from the right', ''),
        ('the person in the middle', 'b'),
        ('the largest person', 'b'),
        ('the smallest person', 'c'),
        ('the person left of the tree', 'a b'),
        ('the person right of the tree', 'c'),
        ('the person behind the bench', 'c'),
        ('the person in front of the bench', ''),
        ('the person nearest to the tree', 'c'),
        ('the person beside the car', 'a b'),
        ('the person between the car and the tree', 'b'),
        ('the tree between two persons', 'tree'),
        ('the person between the two persons', 'b'),
        ('the person between the car and the dog', ''),
        ('a person without a hat', 'a c'),
        ('the person left of the dog', ''),
        ('a person without a dog', 'a b c'),
        ('the leftmost person left of the tree', 'a'),
        ('the largest person on the left', 'b'),
        ('person on the left; person on the right', 'a c'),
        ('person on the left; a car', 'a car'),
        ('the bench behind the person', ''),
    ],
)
def test_places_choose_among_the_candidates(text: str, who: str) -> None:
    assert found(text) == who


@pytest.mark.parametrize(
    ('text', 'without', 'with_depth'),
    [
        ('the nearest person', 'b', 'c'),
        ('the farthest person', 'c', 'b'),
        ('the person behind the bench', 'c', ''),
        ('the person in front of the bench', '', 'c'),
    ],
)
def test_depth_decides_where_there_is_some(text: str, without: str, with_depth: str) -> None:
    assert found(text) == without
    assert found(text, with_depth=True) == with_depth


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('the nearest person', 'distance by size in the picture, as there is no depth'),
        ('the person behind the bench', 'by where the boxes end below, as there is no depth'),
        ('the person left of the dog', 'no "the dog" was found'),
        ('the person between the car and the dog', 'no "the dog" was found'),
    ],
)
def test_the_answer_says_what_decided(text: str, said: str) -> None:
    frame, detector = Frame(0.0, RGB), Knowing()
    parsed = ask(detector, query_from_text(text), frame)
    assert 'by the boxes' in parsed.understood
    assert said in parsed.chosen(detector.detect(frame), frame, 0.5)[1]


def test_one_on_the_other_side_is_not_the_one_on_the_left() -> None:
    assert found('the person on the left', 'c') == ''
    assert found('the person on the right', 'c') == 'c'
    assert found('the leftmost person', 'c') == 'c'


def test_a_tie_is_reported_as_one() -> None:
    """Two above each other: a robot must not pick one of them."""
    frame = Frame(0.0, RGB)
    detector = Knowing('a')
    detector.things.append(('person', Box(44, 20, 84, 120)))
    parsed = ask(detector, query_from_text('the leftmost person'), frame)
    assert len(parsed.chosen(detector.detect(frame), frame, 0.5)[0]) == 2


def test_candidates_are_called_as_they_were_asked_for() -> None:
    frame, detector = Frame(0.0, RGB), Knowing()
    parsed = ask(detector, query_from_text('person on the left'), frame)
    chosen, _ = parsed.chosen(detector.detect(frame), frame, 0.5)
    assert chosen.labels == ('person on the left',)


def test_a_landmark_is_never_the_target() -> None:
    frame, detector = Frame(0.0, RGB), Knowing('tree')
    parsed = ask(detector, query_from_text('person left of the tree'), frame)
    assert detector.query is not None
    assert detector.query.landmarks == ('the tree',)
    assert len(detector.detect(frame)) == 1
    assert len(parsed.accepted(detector.detect(frame), 0.5)) == 0


def test_thresholds_stay_with_their_things() -> None:
    assert found('the person on the left > 0.95') == ''
    assert found('the person on the left > 0.95; a car > 0.3', score=0.4) == 'car'


def test_who_reads_phrases_is_told_what_it_is_not() -> None:
    query = parse_query(query_from_text('a person without a hat'), reads_phrases=True).query
    assert (query.texts, query.negatives) == (('a person',), ('a person with a hat',))


def test_a_place_alone_chooses_among_what_a_picture_shows() -> None:
    frame, detector = Frame(0.0, RGB), Knowing('a', 'b')
    query = replace(query_from_text('the one on the right'), images=(RGB[:9, :9],))
    parsed = ask(detector, query, frame)
    assert detector.query is not None
    assert detector.query.texts == ()
    chosen, _ = parsed.chosen(detector.detect(frame), frame, 0.5)
    assert chosen.box(0) == SCENE['b'][1]
    assert len(chosen) == 1


@pytest.mark.parametrize(
    ('query', 'said'),
    [
        (Query(texts=('the one on the left',)), 'where it is and not what'),
        (Query(texts=('a car',), negatives=('the car on the left',)), 'cannot be a place'),
        (Query(texts=('a car left of it',)), 'which thing'),
        (Query(texts=('a cat left of a dog',), images=(RGB[:9, :9],)), 'beside a picture'),
        (Query(texts=('ein Hund',)), 'German'),
    ],
)
def test_what_cannot_be_computed_is_refused(query: Query, said: str) -> None:
    detector = Knowing()
    with pytest.raises(BadQuery, match=said):
        ask(detector, query)
    assert detector.query is None, 'the old query stays'


def test_what_was_pointed_at_needs_no_place() -> None:
    query = Query(texts=('the person on the left',), clicks=(Click(3, 4),))
    parsed = parse_query(query)
    assert parsed.query.texts == ('the person',)
    assert not parsed.has_places
    assert 'not used' in parsed.understood


def test_a_place_holds_until_the_target_was_followed() -> None:
    frame = Frame(0.0, RGB)
    searcher = Searcher(Knowing(), DetectorConfig(min_score=0.5))
    searcher.take(query_from_text('the person behind the bench'), frame, 0.0)
    assert len(searcher.look(frame, TargetState.SEARCHING, 1.0)) == 1
    assert 'no depth' in searcher.places
    searcher.last_box = SCENE['c'][1]
    assert len(searcher.look(frame, TargetState.TRACKING, 2.0)) == 3, 'it may walk anywhere now'
    assert len(searcher.look(frame, TargetState.LOST, 3.0)) == 3


@pytest.mark.parametrize(
    ('text', 'word'),
    [
        ('the person not on the left', 'not'),
        ('the person not near the car', 'not'),
        ('a person (not sitting)', 'not'),
        ('a person. no car', 'no'),
        ('a person but nobody with a hat', 'nobody'),
        ('a non-red car', 'non'),
        ('a person - car', '-'),
        ('a person !car', '!'),
        ("a person who can't walk", "can't"),
        ('the car behind the tree that never moves', 'never'),
        ('a person; - not a child', 'not'),
    ],
)
@pytest.mark.parametrize('reads_phrases', [False, True])
def test_a_negation_that_is_not_understood_is_refused(
    text: str, word: str, reads_phrases: bool
) -> None:
    """A detector that reads over the 'not' finds just what is not wanted."""
    with pytest.raises(BadQuery, match=f'what [\'"]{word}[\'"] denies'):
        parse_query(query_from_text(text), reads_phrases=reads_phrases)


@pytest.mark.parametrize('text', ['bus no 5', 'a forget-me-not', 'a notebook', 't-shirt', 'a nun'])
def test_what_denies_nothing_is_not_refused(text: str) -> None:
    assert parse_query(query_from_text(text)).query.texts == (text,)
