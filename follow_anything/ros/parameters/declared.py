# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""From a dataclass to ROS parameters: ranges, descriptions, and a reason for every refusal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import Field
from typing import Any, TypeVar

from follow_anything.core.config import (
    Config,
    NODES,
    notice,
    parameters,
    renamed,
    with_values,
)
from follow_anything.core.config.known import check_known
from follow_anything.core.errors import BadConfig, FollowAnythingError
from follow_anything.io.user_parameters import coerced
from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

__all__ = ['declare', 'descriptor', 'watch']

C = TypeVar('C', bound=Config)

UNBOUNDED = 1e308
"""ROS ranges have two ends; this stands for the one that is open."""


def descriptor(declared: Field[Any]) -> ParameterDescriptor:
    """Return the ROS description of one field of a Config."""
    about = declared.metadata
    unit = f' [{about["unit"]}]' if about['unit'] else ''
    described = ParameterDescriptor(description=about['doc'] + unit, read_only=about['read_only'])
    # A whole number is a number, too; what is none is refused by the Config, with its name.
    described.dynamic_typing = isinstance(declared.default, float)
    if about['choices']:
        described.additional_constraints = 'one of: ' + ', '.join(about['choices'])
    lo, hi = about['lo'], about['hi']
    if lo is None and hi is None:
        return described
    if isinstance(declared.default, int):
        described.integer_range = [IntegerRange(from_value=int(lo), to_value=int(hi))]
    else:
        low = -UNBOUNDED if lo is None else float(lo)
        high = UNBOUNDED if hi is None else float(hi)
        described.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    return described


def declare(node: Node, kind: type[C]) -> C:
    """
    Declare every field of a Config as a parameter and return what was set at start.

    :raises BadConfig: a value from the command line or a file is outside its range, or for a
        parameter that no node of ours has.
    """
    _check_names(node, kind)
    _take_old_names(node, kind)
    values = {}
    for name, declared in parameters(kind).items():
        try:
            parameter = node.declare_parameter(name, declared.default, descriptor(declared))
        except Exception as error:  # rclpy has one exception a kind of refusal, with no base
            raise BadConfig(f'parameter {name}: {error}') from error
        values[name] = coerced(declared.default, parameter.value)
    return with_values(kind(), values)


def _check_names(node: Node, kind: type[Config]) -> None:
    """Refuse a misspelt parameter; rclpy would take no notice of it."""
    for name in node._parameter_overrides:
        try:
            check_known(name, (kind,))
        except BadConfig:
            check_known(name, NODES)
            node.get_logger().warning(f'parameter {name!r} is for another node: not used here')


def _take_old_names(node: Node, kind: type[Config]) -> None:
    """Give the values that were set at start by old names to the parameters of now."""
    given = node._parameter_overrides
    found = renamed(kind, given, shared=True)
    for old, new in found.items():
        was = given.pop(old)
        given[new] = Parameter(new, was.type_, was.value)
    if found:
        node.get_logger().warning(notice(found))


def watch(
    node: Node, current: Callable[[], C], accept: Callable[[C, Collection[str]], None]
) -> None:
    """
    Let operators change parameters on the live node.

    :param current: returns the configuration in force.
    :param accept: takes the new one and the names that were set, or raises why not.

    A change is checked whole; when it is refused nothing changes and the reason goes back.
    """

    def on_set(given: list[Parameter[Any]]) -> SetParametersResult:
        known = parameters(type(current()))
        changes = {
            p.name: coerced(known[p.name].default, p.value) for p in given if p.name in known
        }
        try:
            changed = with_values(current(), changes)
            accept(changed, changes)
        except FollowAnythingError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(on_set)
