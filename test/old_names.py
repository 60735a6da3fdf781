# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The parameter names of the last release, and a value for each that is not the default."""

from __future__ import annotations

from typing import Any

from follow_anything.core.config import Config, parameters
import public_names

__all__ = ['LISTED', 'another']

LISTED = [
    (words[2], words[3])
    for words in map(str.split, public_names.FILE.read_text(encoding='utf-8').splitlines())
    if words[:2] == ['parameter', '(old)']
]
"""Node and name, as public_names.txt has them."""

TEXTS = {
    'supervisor.link': 'hold',
    'supervisor.fence': '0 0, 9 0, 9 9',
    'adapter.address': 'udpin:127.0.0.1:14999',
}


def another(kind: type[Config], name: str) -> Any:
    """Return a value that the parameter may have beside the defaults of all others."""
    declared = parameters(kind)[name]
    default, about = declared.default, declared.metadata
    if isinstance(default, bool):
        return not default
    if about['choices']:
        return next(choice for choice in about['choices'] if choice != default)
    if isinstance(default, int):
        return default + 1
    if isinstance(default, float):
        return default - 0.125 if default == about['hi'] else default + 0.01 * about['hi']
    return TEXTS.get(name, 'something')
