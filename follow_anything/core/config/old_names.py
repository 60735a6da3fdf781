# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The names that parameters had before there were groups: max_forward for servo.max_forward.

They are accepted for one release, with a notice; whoever takes names from outside asks renamed().
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from follow_anything.core.config.base import Config
from follow_anything.core.config.names import parameters
from follow_anything.core.config.presets import NODES
from follow_anything.core.errors import BadConfig

__all__ = ['notice', 'old_names', 'renamed']


def old_names(kind: type[Config]) -> Mapping[str, str]:
    """Return a node's old names, with the ones of now."""
    return {
        field.metadata['was'] or field.name: name
        for name, field in parameters(kind).items()
        if name != field.name and field.metadata['was'] is not None
    }


def renamed(
    kind: type[Config], given: Collection[str], where: str = '', *, shared: bool = False
) -> dict[str, str]:
    """
    Return the old names of a node's parameters among those given in one place, with the new ones.

    :param where: begins the refusal, such as 'mine.yaml: '.
    :param shared: they are for other nodes, too: `rate` beside servo.rate is that of the others.
    :raises BadConfig: one parameter is given by both of its names.
    """
    found = {}
    for old, new in old_names(kind).items():
        if old not in given or (shared and new in given and _is_of_another(kind, old)):
            continue
        if new in given:
            raise BadConfig(f'{where}{old!r} is the old name of {new!r}: give it once')
        found[old] = new
    return found


def _is_of_another(kind: type[Config], name: str) -> bool:
    return any(name in parameters(other) for other in NODES if other is not kind)


def notice(found: Mapping[str, str]) -> str:
    """Return what to tell somebody who uses old names; '' where there are none."""
    pairs = ', '.join(f'{old} is now {new}' for old, new in found.items())
    return f'{pairs}; old names work for one more release' if found else ''
