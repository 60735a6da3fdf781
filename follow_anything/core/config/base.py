# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What a configuration is: a frozen dataclass whose fields know their range, unit and sentence."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
import math
from typing import Any, ClassVar

from follow_anything.core.errors import BadConfig

__all__ = ['Config', 'param', 'type_name']


def param(
    default: Any,
    doc: str,
    *,
    unit: str = '',
    lo: float | None = None,
    hi: float | None = None,
    choices: tuple[str, ...] = (),
    read_only: bool = False,
    was: str | None = '',
) -> Any:
    """
    Return a dataclass field that carries all there is to say about a parameter.

    :param lo: smallest value allowed. :param hi: largest value allowed.
    :param choices: the texts allowed, for a text.
    :param read_only: can only be set at start; all others can be changed on the live node.
    :param was: its name before there were groups, where that is another than its own; None: there
        was none of it.
    """
    about = {'doc': doc, 'unit': unit, 'lo': lo, 'hi': hi, 'was': was}
    return field(default=default, metadata={**about, 'choices': choices, 'read_only': read_only})


@dataclass(frozen=True)
class Config:
    """
    Base of the configurations: checks every field against its own declaration.

    A field is a parameter, made by param(), or a group of them: another Config.

    :raises BadConfig: a value has the wrong type, is not finite or is outside its range.
    """

    node: ClassVar[str] = ''
    """Whose configuration it is; '' for a group."""

    group: ClassVar[str] = ''
    """The field of a node's configuration that it is in; its parameters begin with it."""

    def __post_init__(self) -> None:
        for declared in fields(self):
            name = f'{self.group}.{declared.name}' if self.group else declared.name
            value, wanted = getattr(self, declared.name), type(declared.default)
            is_whole_number = wanted is float and type(value) is int
            if type(value) is not wanted and not is_whole_number:
                raise BadConfig(f'{name} must be {type_name(wanted)}, got {value!r}')
            if wanted in (int, float):
                _check_number(name, value, declared.metadata)
            elif declared.metadata.get('choices') and value not in declared.metadata['choices']:
                choices = ', '.join(declared.metadata['choices'])
                raise BadConfig(f'{name} must be one of {choices}; got {value!r}')


def type_name(wanted: type) -> str:
    """Return a type as a sentence has it: 'a float'."""
    return f'an {wanted.__name__}' if wanted is int else f'a {wanted.__name__}'


def _check_number(name: str, value: float, about: Any) -> None:
    lo = -math.inf if about['lo'] is None else about['lo']
    hi = math.inf if about['hi'] is None else about['hi']
    if not (_is_finite(value) and lo <= value <= hi):
        unit = f' {about["unit"]}' if about['unit'] else ''
        raise BadConfig(f'{name} must be in [{lo:g}, {hi:g}]{unit}, got {value}')


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False
