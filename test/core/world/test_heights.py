# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the words tell of a height; nothing where they do not."""

from __future__ import annotations

from follow_anything.core.types import Box, Click, Query
from follow_anything.core.world.heights import height_of, height_of_text
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]


@pytest.mark.parametrize(
    ('text', 'height_m'),
    [
        ('the brown dog', 0.55),
        ('Dogs', 0.55),
        ('the woman with the red car', 1.64),
        ('a red CAR', 1.48),
        ('man', 1.76),
        ('the woman in the orange top', 1.64),
        ('a carpet', 0.0),  # no car
        ('a manhole cover', 0.0),
        ('the red thing', 0.0),
        ('', 0.0),
    ],
)
def test_first_thing_named_counts(text: str, height_m: float) -> None:
    assert height_of_text(text) == height_m


def test_heights_are_those_of_things() -> None:
    """A range from them must not be off by a factor."""
    for name, lo, hi in (('person', 1.5, 1.9), ('dog', 0.3, 0.8), ('bus', 2.5, 3.5)):
        assert lo <= height_of_text(name) <= hi


def test_texts_must_agree() -> None:
    assert height_of(Query(texts=('a person', 'a runner'))) == 1.7
    assert height_of(Query(texts=('a person', 'a dog'))) == 0.0
    assert height_of(Query(texts=('a person', 'that thing'))) == 0.0


@pytest.mark.parametrize(
    'query',
    [
        Query(clicks=(Click(1, 2),)),
        Query(box=Box(1, 2, 30, 40)),
        Query(images=(np.zeros((20, 20, 3), np.uint8),)),
    ],
)
def test_pointing_tells_no_height(query: Query) -> None:
    assert height_of(query) == 0.0
