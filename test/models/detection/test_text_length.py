# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Long texts are refused as a whole: the helper, and that the query before stays in force."""

from __future__ import annotations

from collections.abc import Sequence

from follow_anything.core.errors import BadQuery
from follow_anything.core.types import FloatArray, Query
from follow_anything.models.detection.foundation.open_vocabulary import SegmentDetector
from follow_anything.models.detection.text_length import check_length, SHOWN
import pytest
from scripted import BLUE, ColorReader, ColorSegmenter, RED, scene

pytestmark = [pytest.mark.models, pytest.mark.detection]

LEFT, RIGHT = (20, 20, 60, 40), (100, 70, 140, 90)


class ShortReader(ColorReader):
    """Reads three words, as a network reads its tokens."""

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        for text in texts:
            check_length('CLIP', text, len(text.split()), 3)
        return super().encode_texts(texts)


def test_what_fits_is_let_through() -> None:
    check_length('owlv2', 'a red car', 16, 16)


def test_what_does_not_says_how_long_it_may_be() -> None:
    with pytest.raises(BadQuery) as refused:
        check_length('owlv2', 'a car', 17, 16)
    assert str(refused.value) == (
        'owlv2 reads 16 tokens at once (a word is one or more, begin and end are two), '
        "and 'a car' makes 17: use fewer words"
    )


def test_of_a_very_long_text_the_begin_is_shown() -> None:
    with pytest.raises(BadQuery) as refused:
        check_length('sam3', 'x' * 10_000, 10_002, 32)
    assert f"'{'x' * SHOWN}...' makes 10002" in str(refused.value)


@pytest.mark.parametrize('part', ['texts', 'negatives', 'background', 'landmarks'])
def test_the_query_before_stays_in_force(part: str) -> None:
    reader = ShortReader()
    detector = SegmentDetector('sam_clip', ColorSegmenter(), reader, reader)
    detector.set_query(Query(texts=('a red car',), background=('grass',)))
    new = {'texts': ('a blue car',), 'background': ('grass',)}
    with pytest.raises(BadQuery, match='reads 3 tokens at once'):
        detector.set_query(Query(**{**new, part: ('four words of colour',)}))
    found = detector.detect(scene((RED, LEFT), (BLUE, RIGHT)))
    assert found.label == '"a red car"'
    assert tuple(found.boxes[0].astype(int)) == LEFT
