# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Texts longer than a network reads are refused: half a sentence asks for another thing."""

from __future__ import annotations

from follow_anything.core.errors import BadQuery

__all__ = ['check_length']

SHOWN = 60
"""Characters of a long text that a message repeats."""


def check_length(who: str, text: str, tokens: int, longest: int) -> None:
    """
    Refuse a text that a network would cut in silence, or break on.

    :param who: the detector. :param text: what it is given, as a whole.
    :param tokens: of the text, those of its begin and its end among them.
    :param longest: tokens that the network reads.
    :raises BadQuery: there are more.
    """
    if tokens <= longest:
        return
    shown = text if len(text) <= SHOWN else f'{text[:SHOWN]}...'
    raise BadQuery(
        f'{who} reads {longest} tokens at once (a word is one or more, begin and end are two), '
        f'and {shown!r} makes {tokens}: use fewer words'
    )
