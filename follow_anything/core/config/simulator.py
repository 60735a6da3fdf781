# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the embedded simulator."""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.core.config.base import Config, param

__all__ = ['SimulatorConfig']


@dataclass(frozen=True)
class SimulatorConfig(Config):
    """The embedded simulator: world, vehicle, camera."""

    node = 'sim_node'

    robot: str = param('drone', 'Kind of vehicle.', choices=('drone', 'ground'), read_only=True)
    scenario: str = param('street', 'Name of the scenario.', read_only=True)
    seed: int = param(0, 'Seed of everything random.', lo=0, hi=2**31 - 1, read_only=True)
    width: int = param(640, 'Width of the image.', unit='px', lo=16, hi=4096, read_only=True)
    height: int = param(480, 'Height of the image.', unit='px', lo=16, hi=4096, read_only=True)
    rate: float = param(20.0, 'Images a second.', unit='Hz', lo=1.0, hi=120.0, read_only=True)
    horizontal_fov: float = param(
        1.22, 'Horizontal field of view.', unit='rad', lo=0.2, hi=2.6, read_only=True
    )
    depth: bool = param(True, 'Render and publish a depth image too.', read_only=True)
    gusts: float = param(
        0.3,
        'Standard deviation of the wind on the drone.',
        unit='m/s',
        lo=0.0,
        hi=5.0,
        read_only=True,
    )
    command_timeout: float = param(
        0.5,
        'The vehicle brakes when no command came for so long.',
        unit='s',
        lo=0.05,
        hi=5.0,
        read_only=True,
    )
    speed: float = param(
        1.0, 'Simulated seconds per second; 0: as fast as possible.', lo=0.0, hi=100.0
    )
    assets: str = param(
        'auto',
        'Objects of the world: meshes where they are installed, or our own primitives.',
        choices=('auto', 'furniture', 'primitives'),
        read_only=True,
    )
