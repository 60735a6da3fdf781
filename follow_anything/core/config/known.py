# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Which names of nodes and parameters there are, and what somebody meant who wrote another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
import difflib

from follow_anything.core.config.base import Config
from follow_anything.core.config.names import parameters
from follow_anything.core.config.old_names import old_names
from follow_anything.core.config.presets import NODES
from follow_anything.core.errors import BadConfig

__all__ = ['BY_NAME', 'OF_ROS', 'check_known', 'is_of_ros', 'meant_node']

BY_NAME: dict[str, type[Config]] = {kind.node: kind for kind in NODES}

OF_ROS = ('use_sim_time', 'autostart', 'start_type_description_service')
OF_ROS_PREFIXES = ('qos_overrides.',)
"""Parameters that every node has beside its own."""

ALIKE = 0.8
"""Of names of nodes: Nav2's controller_server is no misspelt controller_node."""


def is_of_ros(name: str) -> bool:
    """Return whether every node of ROS has this parameter."""
    return name in OF_ROS or name.startswith(OF_ROS_PREFIXES)


def check_known(name: str, kinds: Sequence[type[Config]], where: str = '') -> None:
    """Raise BadConfig when none of the nodes has this parameter; say what may be meant."""
    if is_of_ros(name):
        return
    known = {given: now for kind in kinds for given, now in _names(kind).items()}
    if name in known:
        return
    of = kinds[0].node if len(kinds) == 1 else 'any node'
    owners = _owners(name)
    if owners:
        raise BadConfig(f'{where}{name!r} is a parameter of {owners[0]}, not of {of}')
    raise BadConfig(f'{where}{name!r} is no parameter of {of}; {_hint(name, known)}')


def meant_node(base: str, names: Collection[str]) -> str:
    """
    Return the node of ours that is meant by a name that none has; '' for a node of somebody else.

    :param names: of the parameters that it is given. Others have a `rate` or a `width`, too: names
        without a group tell only where all of them are ours.
    """
    short = {n: n for n in BY_NAME} | {n.removesuffix('_node'): n for n in BY_NAME}
    similar = difflib.get_close_matches(base, short, 1, ALIKE)
    if similar:
        return short[similar[0]]
    ours = [name for name in names if _owners(name)]
    is_telling = len(ours) == len(names) or any('.' in name for name in ours)
    return _owners(ours[0])[0] if ours and is_telling else ''


def _hint(name: str, known: dict[str, str]) -> str:
    """Return what may be meant, of the names that are known and what they are now."""
    group = f'{name.rstrip(".")}.'
    inside = next((now for now in known.values() if now.startswith(group)), '')
    if inside:
        return f'it is a group: give what is in it by its whole name, such as {inside}'
    last = _last(name).lower()
    similar = [known[n] for n in difflib.get_close_matches(name, known, 1)]
    same = [now for now in known.values() if _last(now) == last]
    meant = next(iter([*same, *similar]), '')
    return f'did you mean {meant}?' if meant else 'docs/parameters.md lists them'


def _last(name: str) -> str:
    return name.rpartition('.')[2]


def _names(kind: type[Config]) -> dict[str, str]:
    """Return all names that a node's parameters are known by, with the ones of now."""
    return {**{name: name for name in parameters(kind)}, **old_names(kind)}


def _owners(name: str) -> list[str]:
    return [kind.node for kind in NODES if name in _names(kind)]
