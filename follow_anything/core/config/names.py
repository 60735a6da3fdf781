# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The names of parameters, as ROS, files and people write them: servo.max_forward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields, replace
from typing import Any, TypeVar

from follow_anything.core.config.base import Config
from follow_anything.core.errors import BadConfig

__all__ = ['parameters', 'values_of', 'with_values']

AnyConfig = TypeVar('AnyConfig', bound=Config)


def parameters(kind: type[Config]) -> Mapping[str, Field[Any]]:
    """Return every parameter by its name, those of groups too: {'servo.lag': its field}."""
    own: dict[str, Field[Any]] = {}
    inner: dict[str, Field[Any]] = {}
    for declared in fields(kind):
        if isinstance(declared.default, Config):
            some = parameters(type(declared.default))
            inner |= {f'{declared.name}.{name}': field for name, field in some.items()}
        else:
            own[declared.name] = declared
    return own | inner


def values_of(config: Config) -> dict[str, Any]:
    """Return every parameter's value by its name: {'servo.lag': 0.3}."""
    values = {}
    for name in parameters(type(config)):
        value: Any = config
        for part in name.split('.'):
            value = getattr(value, part)
        values[name] = value
    return values


def with_values(config: AnyConfig, values: Mapping[str, Any]) -> AnyConfig:
    """
    Return the configuration with other values, such as {'servo.max_forward': 1.0}.

    It is checked once, with all of them; groups without a new value are the same objects.

    :raises BadConfig: there is no such parameter, or a value cannot be.
    """
    unknown = [name for name in values if name not in parameters(type(config))]
    if unknown:
        raise BadConfig(f'{unknown[0]!r} is no parameter of {type(config).__name__}')
    changes: dict[str, Any] = {name: value for name, value in values.items() if '.' not in name}
    inner: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        group, _, rest = name.partition('.')
        if rest:
            inner.setdefault(group, {})[rest] = value
    for group, some in inner.items():
        changes[group] = with_values(getattr(config, group), some)
    return replace(config, **changes)
