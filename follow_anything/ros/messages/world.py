# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Messages about the simulator's world: which one runs, and which one is wanted."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from follow_anything.console.link import WorldInfo
from follow_anything.core.errors import InvalidInput

__all__ = ['choice_from_msg', 'choice_to_msg', 'world_from_msg', 'world_to_msg']


def world_to_msg(world: WorldInfo) -> DiagnosticStatus:
    """Return a world, and what else can be chosen."""
    values = {
        'number': str(world.number),
        'scenario': world.scenario,
        'robot': world.robot,
        'scenarios': ' '.join(world.scenarios),
        'robots': ' '.join(world.robots),
    }
    message = DiagnosticStatus(name='world', message=f'{world.scenario}, {world.robot}')
    message.values = [KeyValue(key=key, value=value) for key, value in values.items()]
    return message


def world_from_msg(message: DiagnosticStatus) -> WorldInfo:
    """
    Return the world of a message.

    :raises InvalidInput: something is missing in it.
    """
    said = {pair.key: pair.value for pair in message.values}
    try:
        return WorldInfo(
            int(said['number']),
            said['scenario'],
            said['robot'],
            tuple(said['scenarios'].split()),
            tuple(said['robots'].split()),
        )
    except (KeyError, ValueError) as error:
        raise InvalidInput(f'world: expected number, scenario, robot, ...; got {said}') from error


def choice_to_msg(scenario: str, robot: str) -> KeyValue:
    """Return the wish for a world: the key is the scenario, the value the robot."""
    return KeyValue(key=scenario, value=robot)


def choice_from_msg(message: KeyValue) -> tuple[str, str]:
    """Return the scenario and the robot that are wished for."""
    return message.key, message.value
