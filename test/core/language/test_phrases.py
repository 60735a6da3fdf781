# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What people say of a target becomes a thing and places, or is refused."""

from __future__ import annotations

from follow_anything.core.errors import BadQuery
from follow_anything.core.language.foreign import refuse_other_languages
from follow_anything.core.language.phrases import read_phrase
from follow_anything.core.search.prompts import query_from_text
from hypothesis import given
from hypothesis import strategies as st
import pytest

pytestmark = [pytest.mark.core, pytest.mark.detection]


@pytest.mark.parametrize(
    ('text', 'understood'),
    [
        ('person on the left', '"person", the leftmost'),
        ('the person on the far right', '"the person", the rightmost'),
        ('the person who is on the left hand side', '"the person", the leftmost'),
        ('the left person', '"person", the leftmost'),
        ('person left', '"person", the leftmost'),
        ('the leftmost car', '"the car", the leftmost'),
        ('the middle car', '"car", the one in the middle'),
        ('the person in the centre of the picture', '"the person", the one in the middle'),
        ('nearest person', '"person", the nearest'),
        ('the closest person to the camera', '"the person", the nearest'),
        ('the person in front of me', '"the person", the nearest'),
        ('the biggest of the dogs', '"the dogs", the largest'),
        ('the car in the background', '"the car", the farthest'),
        ('second person from the right', '"person", number 2 of: rightmost first'),
        ('person, second from the left', '"person", number 2 of: leftmost first'),
        ('3rd largest car', '"car", number 3 of: largest first'),
        ('the last car on the right', '"the car", the rightmost'),
        ('the last car from the right', '"the car", the leftmost'),
        ('the second one from the right', 'anything, number 2 of: rightmost first'),
        ('the largest person on the left', '"the person", the largest, the leftmost'),
        ('the man left of the tree', '"the man", left of ("the tree")'),
        ('the man to the left of the tree', '"the man", left of ("the tree")'),
        ('the person standing behind the bench', '"the person", behind ("the bench")'),
        ('the dog in front of the red car', '"the dog", in front of ("the red car")'),
        ('the dog under the table', '"the dog", below ("the table")'),
        ('someone next to a bus', '"someone", beside ("a bus")'),
        ('the person closest to the bench', '"the person", nearest to ("the bench")'),
        (
            'the man between the car and the tree',
            '"the man", between ("the car") and ("the tree")',
        ),
        ('the man between me and the car', '"the man", in front of ("the car")'),
        ('the man who stands between two trees', '"the man", between ("trees") and ("trees")'),
        ('a dog in between two cars', '"a dog", between ("cars") and ("cars")'),
        (
            'the dog between the two red cars',
            '"the dog", between ("the red cars") and ("the red cars")',
        ),
        (
            'the man between the black and white dog and a car on the left',
            '"the man", between ("the black and white dog") and ("a car", the leftmost)',
        ),
        (
            'a man between a car and a tree and left of the bus',
            '"a man", between ("a car") and ("a tree"), left of ("the bus")',
        ),
        ('a person without a hat', '"a person", without ("a hat")'),
        ('a man with no hat', '"a man", without ("hat")'),
        ('the dog behind the bench on the left', '"the dog", behind ("the bench", the leftmost)'),
        ('the man in the blue jacket', '"the man in the blue jacket"'),
        ('the man with a bag in his left hand', '"the man with a bag in his left hand"'),
        ('an oversized car', '"an oversized car"'),
        ('a dog at the door', '"a dog at the door"'),
        ('the person furthest left', '"the person", the leftmost'),
        ('the person farthest to the right', '"the person", the rightmost'),
        ('the most left person', '"the person", the leftmost'),
        ('the nearest person to the car', '"the person", nearest to ("the car")'),
        ('the farthest car from the big tree', '"the car", farthest from ("the big tree")'),
        ('the second nearest person to me', '"the person", number 2 of: nearest first'),
        ('the person with the largest hat', '"the person with the largest hat"'),
        ('the man holding the second largest dog', '"the man holding the second largest dog"'),
        ('one of the largest cars', '"one of the cars", the largest'),
        (
            'person left of the car and right of the tree',
            '"person", left of ("the car"), right of ("the tree")',
        ),
        ('a man on the left and behind a bench', '"a man", behind ("a bench"), the leftmost'),
        (
            'a black and white dog on the left and near a car',
            '"a black and white dog", beside ("a car"), the leftmost',
        ),
        ('a man near a cat and a dog', '"a man", beside ("a cat and a dog")'),
        ('person (on the left)', '"person", the leftmost'),
        ('person on left', '"person", the leftmost'),
        ('the car in front', '"the car", the nearest'),
        ('the tenth car from the left', '"the car", number 10 of: leftmost first'),
        ('the 12th car from the left', '"the car", number 12 of: leftmost first'),
        ('the zeroth car from the left', '"the zeroth car from the left"'),
        ('the person on the left of the picture', '"the person", the leftmost'),
        ('person in the upper left corner', '"person", the topmost, the leftmost'),
        ('the bottom right car', '"car", the lowest, the rightmost'),
        ('the center car', '"car", the one in the middle'),
        ('the person nearest me', '"the person", the nearest'),
        ('the car farthest from the tree', '"the car", farthest from ("the tree")'),
        ('the car farthest from me', '"the car", the farthest'),
        ("a man who isn't wearing a hat", '"a man", without ("a hat")'),
        ("people that don't wear hats", '"people", without ("hats")'),
        ('a car that has no roof', '"a car", without ("roof")'),
        ('a person w/o hat', '"a person", without ("hat")'),
        ('a man without a hat and a bag', '"a man", without ("a hat"), without ("a bag")'),
        ('a man without a hat on the left', '"a man", without ("a hat"), the leftmost'),
        ('a man without a black and white hat', '"a man", without ("a black and white hat")'),
        ('a smallest-size van', '"a -size van", the smallest'),
    ],
)
def test_a_phrase_is_a_thing_and_where_it_is(text: str, understood: str) -> None:
    assert str(read_phrase(text)) == understood


def test_what_the_camera_cannot_see_is_refused() -> None:
    with pytest.raises(BadQuery, match='behind the camera'):
        read_phrase('the person behind me')


def test_a_rank_among_distances_to_another_thing_is_refused() -> None:
    with pytest.raises(BadQuery, match='only the one that is nearest to'):
        read_phrase('the second nearest person to the car')


@given(st.text(max_size=60))
def test_every_text_is_read_or_refused(text: str) -> None:
    try:
        phrase = read_phrase(text)
    except BadQuery:
        return
    assert phrase.relations or phrase.thing == text.strip()


@pytest.mark.parametrize(
    ('text', 'texts', 'negatives'),
    [
        ('a car, not a truck', ('a car',), ('a truck',)),
        ('a cat; not a dog', ('a cat',), ('a dog',)),
        ('a person, no bicycles', ('a person',), ('bicycles',)),
        ('a car but not the red one', ('a car',), ('the red car',)),
        ('people except children', ('people',), ('children',)),
        ('cars other than taxis', ('cars',), ('taxis',)),
        ('[person, car]; no dogs', ('person', 'car'), ('dogs',)),
        ('a car, not a truck or a van', ('a car',), ('a truck', 'a van')),
        ('a man with no hat', ('a man with no hat',), ()),
        ('a car that is not red', ('a car',), ('red',)),
        ("a person who isn't a child", ('a person',), ('a child',)),
        ('a person, neither a dog nor a cat', ('a person',), ('a dog', 'a cat')),
        ('a person rather than a car', ('a person',), ('a car',)),
        ('a person instead of a car', ('a person',), ('a car',)),
        ("'a car, not a truck'", ('a car',), ('a truck',)),
        ('a person without a hat or a bag', ('a person without a hat and a bag',), ()),
        (
            'a man without hat or a woman without hat',
            ('a man without hat', 'a woman without hat'),
            (),
        ),
        ('a black and white dog', ('a black and white dog',), ()),
    ],
)
def test_negations_say_what_it_is_not(
    text: str, texts: tuple[str, ...], negatives: tuple[str, ...]
) -> None:
    query = query_from_text(text)
    assert (query.texts, query.negatives) == (texts, negatives)


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('une voiture rouge', '"voiture" is French for "car"'),
        ('der Hund', '"hund" is German for "dog"'),
        ("l'homme", '"homme" is French for "man"'),
        ('el perro negro', '"perro" is Spanish for "dog"'),
        ('красная машина', '"машина" is Russian for "car"'),
        ('人', '"人" is Chinese for "person"'),
        ('一辆红色的车', 'click on the target'),
    ],
)
def test_other_languages_are_refused_with_the_english_word(text: str, said: str) -> None:
    with pytest.raises(BadQuery, match=said):
        refuse_other_languages(text)


@pytest.mark.parametrize(
    'text', ['a café', 'Zoë', 'a rucksack', 'auto', 'chat', 'bus 42', "the man's dog", 'a t-shirt']
)
def test_english_is_not_taken_for_another_language(text: str) -> None:
    refuse_other_languages(text)
