# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The table of nodes: which modules run them, which belong together, and their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import re

from follow_anything.core.config import NODES, parameters
from follow_anything.core.errors import InvalidInput
from follow_anything.robots.mavlink.link import parse

__all__ = [
    'CONSOLE',
    'MAVLINK_CAMERA',
    'MODULES',
    'PARTS',
    'SIMULATOR',
    'Part',
    'check_address',
    'check_log_level',
    'check_topics',
    'known_parameters',
    'remappings',
]

SIMULATOR, CONSOLE, MAVLINK_CAMERA = 'sim_node', 'console_node', 'mavlink_camera_node'

MODULES = {
    'detector_node': 'follow_anything.ros.nodes.detector',
    'tracker_node': 'follow_anything.ros.nodes.tracker',
    'controller_node': 'follow_anything.ros.nodes.controller',
    'watchdog_node': 'follow_anything.ros.nodes.watchdog',
    'visualizer_node': 'follow_anything.ros.nodes.visualizer',
    CONSOLE: 'follow_anything.ros.nodes.console',
    MAVLINK_CAMERA: 'follow_anything.ros.nodes.mavlink_camera',
    SIMULATOR: 'follow_anything.ros.nodes.simulator',
}
"""Every node there is, and the module that runs it."""


@dataclass(frozen=True)
class Part:
    """Some of the nodes, and what they need to know when the others are far away."""

    nodes: tuple[str, ...]
    parameters: dict[str, object]


WATCHED: dict[str, object] = {'require_watchdog': True}
ROBOT = Part(
    ('tracker_node', 'controller_node', 'watchdog_node'), {**WATCHED, 'require_detector': False}
)
STATION = Part(('detector_node', 'visualizer_node'), {'compressed': True})

PARTS = {
    'all': Part((*ROBOT.nodes, *STATION.nodes), WATCHED),
    'robot': ROBOT,
    'station': STATION,
}
"""What runs on this machine: everything, or one half of it."""


def known_parameters(chosen: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """Return, for each node, those of the parameters that it has."""
    return {
        kind.node: {name: value for name, value in chosen.items() if name in parameters(kind)}
        for kind in NODES
    }


TOPIC = re.compile(r'[~/]?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*')


def check_topics(topics: Mapping[str, str]) -> None:
    """Refuse, by our name of a topic, one that ROS would refuse after the others have started."""
    for ours, theirs in topics.items():
        if not TOPIC.fullmatch(theirs):
            raise InvalidInput(f'{ours}: {theirs!r} is no name of a topic; expected /camera/image')


def check_address(chosen: Mapping[str, object], controller: Mapping[str, object]) -> None:
    """
    Refuse an address that is none, or that is for a robot without one, before anything starts.

    :param chosen: by the command. :param controller: every parameter of the controller.
    """
    adapter = controller['adapter.kind']
    if adapter == 'mavlink':
        parse(str(controller['adapter.address']))
    elif 'adapter.address' in chosen:
        raise InvalidInput(
            f'address: robot_adapter is {adapter}, which has none; choose mavlink, or leave the '
            'address out'
        )


LOG_LEVEL = re.compile(r'([^:\s]+:=)?(debug|info|warn|error|fatal)', re.IGNORECASE)
"""Of all nodes, or of one logger."""


def check_log_level(level: str) -> None:
    """Refuse a level that every node would refuse after it has started."""
    if not LOG_LEVEL.fullmatch(level):
        raise InvalidInput(
            f'log_level must be one of debug, info, warn, error, fatal; got {level!r}'
        )


def remappings(image: str, camera_info: str, depth: str, tf: str = '/tf') -> dict[str, str]:
    """
    Return our name of each topic of camera and robot to the name it has there.

    :param tf: of the transforms; those that never move have the same name with _static.
    """
    return {
        'image': image,
        'image/compressed': f'{image}/compressed',
        'camera_info': camera_info,
        'depth': depth,
        '/tf': tf,
        '/tf_static': f'{tf}_static',
    }
