# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Every node's configuration, and what differs from the defaults for each kind of robot."""

from __future__ import annotations

from typing import Any, TypeVar

from follow_anything.core.config.base import Config
from follow_anything.core.config.controller import ControllerConfig
from follow_anything.core.config.detector import DetectorConfig
from follow_anything.core.config.names import with_values
from follow_anything.core.config.operator import (
    ConsoleConfig,
    MavlinkCameraConfig,
    VisualizerConfig,
)
from follow_anything.core.config.simulator import SimulatorConfig
from follow_anything.core.config.tracker import TrackerConfig
from follow_anything.core.config.watchdog import WatchdogConfig
from follow_anything.core.errors import BadConfig

__all__ = ['NODES', 'PRESETS', 'preset']

NODES: tuple[type[Config], ...] = (
    DetectorConfig,
    TrackerConfig,
    ControllerConfig,
    WatchdogConfig,
    VisualizerConfig,
    ConsoleConfig,
    MavlinkCameraConfig,
    SimulatorConfig,
)
"""Every node's configuration, in the order of the flow."""

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    'drone': {},
    'ground': {
        'controller_node': {
            'servo.robot': 'ground',
            'servo.camera_pitch': -0.02,
            'servo.follow_distance': 3.0,
            'servo.min_distance': 1.2,
            'servo.max_forward': 1.8,
            'servo.max_backward': 0.6,
            'servo.max_acceleration': 1.5,
            'servo.max_jerk': 10.0,
        },
        'tracker_node': {'camera_pitch': -0.02},
        'sim_node': {'robot': 'ground'},
    },
}
"""What differs from the defaults, per robot; config/<robot>.yaml is generated from it."""


AnyConfig = TypeVar('AnyConfig', bound=Config)


def preset(robot: str, kind: type[AnyConfig]) -> AnyConfig:
    """
    Return a node's configuration for a robot.

    :raises BadConfig: there is no such robot.
    """
    if robot not in PRESETS:
        raise BadConfig(f'robot must be one of {", ".join(PRESETS)}; got {robot!r}')
    return with_values(kind(), PRESETS[robot].get(kind.node, {}))
