# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
A node whose parameters can be asked for, and set, by their old names for one more release.

rclpy's parameter services call the methods below, in Humble as in newer ones; the callback that
runs before parameters are set, which newer ones have, would do half of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from follow_anything.core.config import Config, notice, old_names, parameters, renamed
from follow_anything.core.config.base import type_name
from follow_anything.core.config.known import check_known
from follow_anything.core.errors import BadConfig
from rcl_interfaces.msg import ParameterDescriptor, ParameterValue, SetParametersResult
from rclpy.lifecycle import LifecycleNode
from rclpy.parameter import Parameter

__all__ = ['NodeWithOldNames']


class NodeWithOldNames(LifecycleNode):
    """
    Base of the nodes: whoever uses an old name gets the parameter, and the log says the new one.

    It is said once for each name. The answer to a change says it, too.
    """

    config_type: type[Config]

    def __init__(self, node_name: str) -> None:
        self._told: set[str] = set()
        super().__init__(node_name)

    def has_parameter(self, name: str) -> bool:
        """Return whether there is a parameter of this name."""
        return super().has_parameter(old_names(self.config_type).get(name, name))

    def get_parameter(self, name: str) -> Parameter[Any]:
        """Return a parameter."""
        return super().get_parameter(self._now(name))

    def get_parameter_or(
        self, name: str, alternative_value: Parameter[Any] | None = None
    ) -> Parameter[Any]:
        """Return a parameter, or the alternative where it is not declared."""
        return super().get_parameter_or(self._now(name), alternative_value)

    def get_parameter_type(self, name: str) -> Parameter.Type:
        """Return the type of a parameter's value."""
        return super().get_parameter_type(self._now(name))

    def describe_parameter(self, name: str) -> ParameterDescriptor:
        """Return range and meaning of a parameter."""
        return super().describe_parameter(self._now(name))

    def set_descriptor(
        self,
        name: str,
        descriptor: ParameterDescriptor,
        alternative_value: ParameterValue | None = None,
    ) -> ParameterValue:
        """Give a parameter another range and meaning."""
        return super().set_descriptor(self._now(name), descriptor, alternative_value)

    def undeclare_parameter(self, name: str) -> None:
        """Take a parameter away."""
        super().undeclare_parameter(self._now(name))

    def set_parameters(self, parameter_list: list[Parameter[Any]]) -> list[SetParametersResult]:
        """Set one parameter after the other."""
        try:
            given, found = self._renamed(parameter_list)
            self._check(given)
        except BadConfig as error:
            return [SetParametersResult(successful=False, reason=str(error))] * len(parameter_list)
        results = super().set_parameters(given)
        for asked, result in zip(parameter_list, results, strict=True):
            _add_notice(result, {old: new for old, new in found.items() if old == asked.name})
        return results

    def set_parameters_atomically(
        self, parameter_list: list[Parameter[Any]]
    ) -> SetParametersResult:
        """Set all of the parameters, or none."""
        try:
            given, found = self._renamed(parameter_list)
            self._check(given)
        except BadConfig as error:
            return SetParametersResult(successful=False, reason=str(error))
        result = super().set_parameters_atomically(given)
        _add_notice(result, found)
        return result

    def _now(self, name: str) -> str:
        """Return the name of now."""
        found = renamed(self.config_type, [name])
        self._tell(found)
        return found.get(name, name)

    def _renamed(self, given: list[Parameter[Any]]) -> tuple[list[Parameter[Any]], dict[str, str]]:
        """Return the parameters by their names of now, and the old names among them."""
        found = renamed(self.config_type, [parameter.name for parameter in given])
        self._tell(found)
        now = [Parameter(found[p.name], p.type_, p.value) if p.name in found else p for p in given]
        return now, found

    def _check(self, given: list[Parameter[Any]]) -> None:
        """Refuse what rclpy refuses with numbers of types, or without a name."""
        known = parameters(self.config_type)
        for parameter in given:
            name, declared = parameter.name, known.get(parameter.name)
            if declared is None:
                if not name or not self.has_parameter(name):
                    check_known(name, (self.config_type,))
            elif declared.metadata['read_only']:
                raise BadConfig(f'{name} is read-only: give it when the node is started')
            else:
                wanted = type(declared.default)
                # A whole number is a float, too, and what is none is refused by the Config.
                if wanted is not float and type(parameter.value) is not wanted:
                    raise BadConfig(f'{name} must be {type_name(wanted)}, got {parameter.value!r}')

    def _tell(self, found: Mapping[str, str]) -> None:
        new = {old: now for old, now in found.items() if old not in self._told}
        self._told |= new.keys()
        if new:
            self.get_logger().warning(notice(new))


def _add_notice(result: SetParametersResult, found: Mapping[str, str]) -> None:
    """Say in the answer to a change that was made that its name is an old one."""
    if result.successful:
        result.reason = notice(found)
