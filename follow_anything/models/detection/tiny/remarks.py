# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of the tiny detector about words that it does not use or know."""

from __future__ import annotations

from collections.abc import Sequence

from follow_anything.models.detection.advice import open_vocabulary_advice
from follow_anything.models.detection.tiny.text import Meaning, TextTables

__all__ = ['remarks_on']


def remarks_on(meanings: Sequence[Meaning], tables: TextTables) -> list[str]:
    """Return the words that were not understood, and a detector that would understand them."""
    remarks = []
    for meaning in meanings:
        if meaning.vector is not None and not meaning.is_taught and meaning.word is not None:
            near = ', '.join(tables.nearest(meaning.word))
            remarks.append(
                f'"{meaning.thing}" is outside what tiny knows (nearest: {near}): '
                'its scores mean little'
            )
        if meaning.unknown:
            remarks.append(f'without {", ".join(meaning.unknown)}, which tiny cannot read')
        if meaning.unread:
            words = ', '.join(f'"{word}"' for word in meaning.unread)
            what = meaning.thing or 'a colour'
            colored = ', of that colour' if meaning.colors and meaning.thing else ''
            remarks.append(f'nothing was made of {words}: tiny looks for {what}{colored}')
    if remarks:
        remarks.append(open_vocabulary_advice())
    return remarks
