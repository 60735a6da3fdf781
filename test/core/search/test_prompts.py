# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A line of text becomes a query, or is refused with the reason."""

from __future__ import annotations

from follow_anything.core.errors import BadBox, BadQuery
from follow_anything.core.search.prompts import query_from_text
from follow_anything.core.types import Box, Click
from hypothesis import given
from hypothesis import strategies as st
import pytest

pytestmark = [pytest.mark.core, pytest.mark.detection]


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('the red car', {'texts': ('the red car',)}),
        ('  the red car ; a van\na bus', {'texts': ('the red car', 'a van', 'a bus')}),
        ('a car > 0.4; a van', {'texts': ('a car', 'a van'), 'thresholds': (0.4, None)}),
        ('a car >= .4', {'texts': ('a car',), 'thresholds': (0.4,)}),
        ('a car; - a red truck', {'texts': ('a car',), 'negatives': ('a red truck',)}),
        ('a car; ~ a road; ~ trees', {'texts': ('a car',), 'background': ('a road', 'trees')}),
        ('a car; at 3,4', {'texts': ('a car',), 'clicks': (Click(3, 4),)}),
        ('at 3,4; not at 5, 6', {'clicks': (Click(3, 4), Click(5, 6, positive=False))}),
        ('box 1,2,30,40', {'box': Box(1, 2, 31, 42)}),
        ('a dog at the door', {'texts': ('a dog at the door',)}),  # "at" alone is a word
        ('box of apples', {'texts': ('box of apples',)}),
        ('t-shirt', {'texts': ('t-shirt',)}),  # a dash inside is a dash
    ],
)
def test_text_says_a_query(text: str, expected: dict[str, object]) -> None:
    query = query_from_text(text)
    for name in ('texts', 'thresholds', 'negatives', 'background', 'clicks', 'box'):
        default = None if name == 'box' else ()
        assert getattr(query, name) == expected.get(name, default), name


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('', 'at least one word'),
        (' ; \n', 'at least one word'),
        ('- a red truck', 'at least one word of what to look for'),
        ('a car; -', 'at least one word'),
        ('x' * 513, 'at most 512 characters, got 513'),
        ('; '.join(['car'] * 65), 'at most 64 texts, got 65'),
        ('at 3', 'expected 2 numbers'),
        ('at 3,4,5', 'expected 2 numbers'),
        ('not at 3,4', 'at least one positive point'),
        ('box 1,2,3', 'expected 4 numbers'),
        ('a car > 1.5', r'must be in \[0, 1\], got 1.5'),
        ('a car > 0.4.1', 'expected a number after ">"'),
        ('a car > much', 'expected a number after ">", got \'much\''),
        ('a car > -1', r'must be in \[0, 1\], got -1'),
        ('a car > nan', r'must be in \[0, 1\], got nan'),
        ('a car > 0.4 > 0.3', 'expected a number after ">"'),
        ('a car < 0.3', 'expected "a car > NUMBER"'),
        ('a car; - a truck > 0.3', 'belongs to what is looked for'),
        ('a car; not a truck > 0.3', 'belongs to what is looked for'),
        ('at nan,3', 'finite'),
    ],
)
def test_text_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BadQuery, match=reason):
        query_from_text(text)


@pytest.mark.parametrize(
    ('text', 'reason'), [('box 1,2,0,4', 'x2 > x1'), ('box 1,2,inf,4', 'finite')]
)
def test_box_that_encloses_nothing_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadBox, match=reason):
        query_from_text(text)


@given(st.text(max_size=80))
def test_whatever_is_said_is_a_query_or_a_refusal(text: str) -> None:
    try:
        query = query_from_text(text)
    except (BadQuery, BadBox):
        return
    assert query.texts or query.is_explicit
    assert str(query)


@pytest.mark.field
@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('person, car', ('person', 'car')),
        ('a person, a car', ('a person', 'a car')),
        ('[a person, a car]', ('a person', 'a car')),
        ('[a red, shiny car]', ('a red', 'shiny car')),
        ('person . car .', ('person', 'car')),
        ('person or car', ('person', 'car')),
        ('the red car or the van', ('the red car', 'the van')),
        ('a red, shiny car', ('a red, shiny car',)),
        ('red car, blue car', ('red car', 'blue car')),
        ('a red car and blue van', ('a red car', 'blue van')),
        ('a red or blue car', ('a red car', 'blue car')),
        ('red, green or blue balls', ('red balls', 'green balls', 'blue balls')),
        ('orange or apple', ('orange', 'apple')),
        ('red or blue', ('red', 'blue')),
        ('a red and blue car', ('a red and blue car',)),
        ('a man in a red, white shirt', ('a man in a red, white shirt',)),
        ('the corner of an orchard', ('the corner of an orchard',)),
        ('a car.', ('a car.',)),
        ('notebook', ('notebook',)),
        ('person/car', ('person', 'car')),
        ('person|car', ('person', 'car')),
        ('person & car', ('person', 'car')),
        ('person + car', ('person', 'car')),
        ('a person and a car', ('a person', 'a car')),
        ('person, car, and dog', ('person', 'car', 'dog')),
        ('person, car, or dog', ('person', 'car', 'dog')),
        ('either a person or a car', ('a person', 'a car')),
        ("['person', 'red car']", ('person', 'red car')),
        ("'person', 'car'", ('person', 'car')),
        ('"the red car"', ('the red car',)),
        ('\u201cthe red car\u201d', ('the red car',)),
        ('\u00aba person\u00bb or \u00aba car\u00bb', ('a person', 'a car')),
        ('a person,', ('a person',)),
        (', person', ('person',)),
        ('a black and white cat', ('a black and white cat',)),
        ('a person with a bag and a hat', ('a person with a bag and a hat',)),
        ('a red/white shirt', ('a red/white shirt',)),
        ('a donut and a coffee', ('a donut', 'a coffee')),
    ],
)
def test_the_lists_of_other_tools_are_lists(text: str, expected: tuple[str, ...]) -> None:
    assert query_from_text(text).texts == expected


@pytest.mark.field
def test_a_threshold_of_a_list_is_that_of_each() -> None:
    query = query_from_text('a person or a car > 0.4')
    assert query.texts == ('a person', 'a car')
    assert query.thresholds == (0.4, 0.4)


@pytest.mark.field
@pytest.mark.parametrize(
    'text',
    [
        'not a person', 'no person', 'without a hat', 'a car or not a van',
        'anything but a person', 'everything except cars', 'all but cars',
        "don't follow the car", 'do not track a person',
        'dont find a dog', 'never a person', 'never follow a dog', 'neither a cat nor a dog',
        'anyone other than the man in red', 'avoid the car', 'Ignore cars',
    ],
)  # fmt: skip
def test_a_negation_alone_is_refused_with_advice(text: str) -> None:
    with pytest.raises(BadQuery, match='; - '):
        query_from_text(text)
