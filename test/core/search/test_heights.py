# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the words tell of a height: that of what is asked for, and nothing where they do not."""

from __future__ import annotations

from follow_anything.core.errors import BadQuery
from follow_anything.core.language.parsing import ask
from follow_anything.core.search.heights import height_of_name, HEIGHTS_M
from follow_anything.core.search.prompts import query_from_text
from follow_anything.core.search.stature import height_of
from follow_anything.core.types import Box, Click, Detections, Query
from follow_anything.testing import ScriptedDetector
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

TABLE = {
    # the head noun, whatever stands before it
    'man': 1.76,
    'the brown dog': 0.55,
    'Dogs': 0.55,
    'a red CAR': 1.48,
    'RED CARS': 1.48,
    'the police car': 1.48,
    'a black and white dog': 0.55,
    'a red, shiny car': 1.48,
    'that dog': 0.55,
    'please follow the woman': 1.64,
    'the walking man': 1.76,
    'bus 42': 3.0,
    'the pickup truck': 1.8,
    'two men': 1.76,
    'women': 1.64,
    'children': 1.2,
    'the buses': 3.0,
    # what is said of others does not count
    'the woman with the red car': 1.64,
    'the woman in the orange top': 1.64,
    'the girl in the light blue top': 1.2,
    'the man with the dog': 1.76,
    'the man without a dog': 1.76,
    'the man w/o hat': 1.76,
    'the boy with the toy car': 1.2,
    'the man who has a dog': 1.76,
    'a man that walks two dogs': 1.76,
    'the man walking the dog': 1.76,
    'a person dressed in black': 1.7,
    'a man riding a bicycle': 1.76,
    'the dog of the woman': 0.55,
    'the car near the bus': 1.48,
    'the man left of the tree': 1.76,
    'the dog in front of the red car': 0.55,
    'the dog on the left': 0.55,
    'the left man': 1.76,
    'the second woman from the right': 1.64,
    'the largest of the dogs': 0.55,
    'the person closest to the bus': 1.7,
    'the man between the car and the tree': 1.76,
    # another thing than the one whose name is there
    'the suitcase left of the man': 0.0,
    'the suitcase right of the man': 0.0,
    'the suitcase behind the man': 0.0,
    'the suitcase in front of the man': 0.0,
    'the suitcase next to the man': 0.0,
    'the suitcase beside the man': 0.0,
    'the suitcase near the man': 0.0,
    'the suitcase between the man and the woman': 0.0,
    'the bench closest to the person': 0.0,
    'the backpack of the woman': 0.0,
    'the backpack that the woman carries': 0.0,
    'the trolley without a man': 0.0,
    'a picture of a bus': 0.0,
    'a group of men': 0.0,
    'something that looks like a car': 0.0,
    'the one next to the man': 0.0,
    'in the car': 0.0,
    'car seat': 0.0,
    'dog house': 0.0,
    'dog-house': 0.0,
    'bus stop': 0.0,
    'the taxi driver': 0.0,
    'the horse painting': 0.0,
    'a carpet': 0.0,
    "the man's car": 0.0,
    'the glimbrak car': 0.0,
    'a manhole cover': 0.0,
    'hot dogs': 0.0,
    'a cable car': 0.0,
    'a record player': 0.0,
    # a thing of its kind that is not of its size
    'the toy car': 0.0,
    'the model car': 0.0,
    'the remote controlled car': 0.0,
    'a remote-controlled car': 0.0,
    'the stuffed dog': 0.0,
    'a cardboard man': 0.0,
    'the double-decker bus': 0.0,
    'the man statue': 0.0,
    'a car (toy)': 0.0,
    'a statue': 0.0,
    'a mannequin': 0.0,
    # nobody can say what is the head noun
    'man riding bicycle': 0.0,
    'horse riding girl': 0.0,
    # alternatives
    'person, person': 1.7,
    'person, man': 1.73,
    'a man or a woman': 1.7,
    'person . man .': 1.73,
    'a red or blue car': 1.48,
    'person, car': 0.0,
    '[person, car]': 0.0,
    'person/car': 0.0,
    'a man and a dog': 0.0,
    'men, women and children': 0.0,
    'a person or that thing': 0.0,
    'this one and a man': 0.0,
    'a person, a suitcase': 0.0,
    'red suitcase, man': 0.0,
    # nothing, or nothing known
    'the red thing': 0.0,
    'red': 0.0,
    'a volcano': 0.0,
    'le bus rouge': 0.0,
    "l'homme": 0.0,
    'der Hund': 0.0,
    '人': 0.0,
    'person 人': 0.0,
    'व्यक्ति': 0.0,
    'the person behind me': 0.0,
    '...': 0.0,
    '': 0.0,
}


@pytest.mark.parametrize(('text', 'height_m'), TABLE.items())
def test_only_the_head_noun_of_what_is_asked_for_tells_the_height(
    text: str, height_m: float
) -> None:
    assert height_of((text,)) == pytest.approx(height_m)


@pytest.mark.parametrize(('text', 'height_m'), TABLE.items())
@pytest.mark.parametrize('pointed', ['', '; at 3, 4'])
def test_the_detector_s_own_words_tell_the_same(text: str, height_m: float, pointed: str) -> None:
    """The pipeline and the node have them: alternatives apart, and no places."""
    try:
        query = query_from_text(text + pointed)
        parsed = ask(ScriptedDetector(lambda frame: Detections.empty(frame.stamp)), query)
    except BadQuery:
        assert height_m == 0.0
        return
    assert height_of(parsed.query.texts) == pytest.approx(height_m)


@pytest.mark.parametrize('name', HEIGHTS_M)
def test_every_name_is_read(name: str) -> None:
    height_m = HEIGHTS_M[name]
    for text in (name, f'the {name}', f'A BLUE {name.upper()} on the left', f'a {name} in a car'):
        assert height_of((text,)) == height_m
    for text in (f'{name} seat', f'toy {name}', f'the bag of the {name}', f'bag behind a {name}'):
        assert height_of((text,)) == 0.0


def test_heights_are_those_of_things() -> None:
    """A range from them must not be off by a factor."""
    for name, lo, hi in (('person', 1.5, 1.9), ('dog', 0.3, 0.8), ('bus', 2.5, 3.5)):
        assert lo <= height_of_name(name) <= hi
    assert height_of_name('') == 0.0


def test_texts_must_agree() -> None:
    assert height_of(('a person', 'a runner')) == 1.7
    assert height_of(('a man', 'a woman')) == pytest.approx(1.7)
    assert height_of(('a man', 'a child')) == 0.0
    assert height_of(('a person', 'a dog')) == 0.0
    assert height_of(('a person', 'that thing')) == 0.0
    assert height_of(('a person', '...')) == 0.0


@pytest.mark.parametrize(
    'query',
    [
        Query(clicks=(Click(1, 2),)),
        Query(box=Box(1, 2, 30, 40)),
        Query(images=(np.zeros((20, 20, 3), np.uint8),)),
    ],
)
def test_pointing_alone_tells_no_height(query: Query) -> None:
    assert height_of(query.texts) == 0.0


@given(st.text(max_size=60))
def test_any_text_has_a_known_height_or_none(text: str) -> None:
    assert height_of((text,)) == 0.0 or 0.3 <= height_of((text,)) <= 3.0
