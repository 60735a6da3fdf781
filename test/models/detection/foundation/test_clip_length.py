# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""CLIP reads 77 tokens; its tokenizer would cut the rest without a word."""

from __future__ import annotations

from follow_anything.core.errors import BadQuery
from follow_anything.models.detection.foundation.clip import ClipEncoder, TEMPLATES
import numpy as np
import pytest
from tiny_models import save_clip

pytestmark = [pytest.mark.models, pytest.mark.detection]

CONTEXT = 77
AROUND = 7
"""Tokens of the longest template, 'a photo of {} in the distance.', beside the text."""


@pytest.fixture(scope='module')
def clip(tmp_path_factory: pytest.TempPathFactory) -> ClipEncoder:
    path, architecture, _ = save_clip(tmp_path_factory.mktemp('clip'))
    return ClipEncoder(path, architecture, 'cpu')


def words(count: int) -> str:
    """Return so many words of one token each."""
    return ' '.join(['car'] * count)


def test_the_longest_text_is_read_to_its_end(clip: ClipEncoder) -> None:
    count = CONTEXT - 2 - AROUND
    full, other = clip.encode_texts([words(count), f'{words(count - 1)} dog'])
    assert np.abs(full - other).max() > 1e-6


@pytest.mark.parametrize('extra', [1, 500])
def test_a_longer_one_is_refused(clip: ClipEncoder, extra: int) -> None:
    text = words(CONTEXT - 2 - AROUND + extra)
    with pytest.raises(BadQuery, match=f'CLIP reads 77 tokens at once .*{CONTEXT + extra}: use'):
        clip.encode_texts(['a car', text])


def test_the_longest_template_is_counted(clip: ClipEncoder) -> None:
    """All sentences of a text are read to their ends, not the bare text alone."""
    assert len(clip._tokenize.encode(words(CONTEXT - 2 - AROUND + 1))) < CONTEXT - 2
    around = [len(clip._tokenize.encode(template.format(''))) for template in TEMPLATES]
    assert max(around) == AROUND
