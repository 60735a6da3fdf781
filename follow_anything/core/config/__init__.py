# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The configuration of every node, one dataclass each, from which everything else is generated.

A field is the only place where a default, a unit, a range and a sentence live. ROS parameter
descriptors, config/*.yaml and docs/parameters.md are generated from it
(`python -m follow_anything params --write`), and a test fails when they drift. Fields that belong
together are a group, a dataclass of its own: ControllerConfig(servo=ServoConfig(lag=0.2)) is what
ROS knows as servo.lag.
"""

from follow_anything.core.config.base import Config, param
from follow_anything.core.config.controller import (
    AdapterConfig,
    ControllerConfig,
    ServoConfig,
    StickConfig,
    SupervisorConfig,
)
from follow_anything.core.config.detector import DetectorConfig
from follow_anything.core.config.names import parameters, values_of, with_values
from follow_anything.core.config.old_names import notice, old_names, renamed
from follow_anything.core.config.operator import (
    ConsoleConfig,
    MavlinkCameraConfig,
    VisualizerConfig,
)
from follow_anything.core.config.presets import NODES, preset, PRESETS
from follow_anything.core.config.simulator import SimulatorConfig
from follow_anything.core.config.tracker import IdentityConfig, TrackerConfig
from follow_anything.core.config.watchdog import WatchdogConfig

__all__ = [
    'NODES',
    'PRESETS',
    'AdapterConfig',
    'Config',
    'ConsoleConfig',
    'ControllerConfig',
    'DetectorConfig',
    'IdentityConfig',
    'MavlinkCameraConfig',
    'ServoConfig',
    'SimulatorConfig',
    'StickConfig',
    'SupervisorConfig',
    'TrackerConfig',
    'VisualizerConfig',
    'WatchdogConfig',
    'notice',
    'old_names',
    'param',
    'parameters',
    'preset',
    'renamed',
    'values_of',
    'with_values',
]
