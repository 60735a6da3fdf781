# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""As much of `launch` and `launch_ros` as follow.launch.py uses, where there is neither."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
import sys
from types import ModuleType
from typing import Any

__all__ = ['NAMES', 'Action', 'installed', 'visited']


class Action:
    """An action that remembers what it was made of."""

    def __init__(self, *values: Any, **keywords: Any) -> None:
        self.values, self.keywords = values, keywords

    def __repr__(self) -> str:
        return f'{type(self).__name__}{self.values}{self.keywords}'


NAMES = {
    'launch': ('LaunchContext', 'LaunchDescription'),
    'launch.action': ('Action',),
    'launch.actions': (
        'DeclareLaunchArgument', 'ExecuteProcess', 'OpaqueFunction', 'SetEnvironmentVariable',
        'Shutdown',
    ),
    'launch.substitutions': ('LaunchConfiguration',),
    'launch_ros': (),
    'launch_ros.actions': ('Node',),
}  # fmt: skip
"""Every module and every name of them that the launch file may import."""


def _perform(self: Any, context: dict[str, str]) -> str:
    return context[self.values[0]]


@contextlib.contextmanager
def installed() -> Iterator[None]:
    """Have these modules while the block lasts; what was there before comes back."""
    before = {name: sys.modules.get(name) for name in NAMES}
    for name, classes in NAMES.items():
        module = ModuleType(name)
        for one in classes:
            made = type(one, (Action,), {'perform': _perform})
            setattr(module, one, made)
        sys.modules[name] = module
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


class Context(dict[str, str]):
    """The values of the arguments."""

    @property
    def launch_configurations(self) -> dict[str, str]:
        return self


def visited(describe: Callable[[], Any], **arguments: str) -> list[Any]:
    """Return what is started for the arguments given, the others at their defaults."""
    entities = describe().values[0]
    declared = [e for e in entities if type(e).__name__ == 'DeclareLaunchArgument']
    context = Context({e.values[0]: e.keywords['default_value'] for e in declared} | arguments)
    (function,) = [e.keywords['function'] for e in entities if 'function' in e.keywords]
    return list(function(context))
