# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the watchdog of the controller."""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.core.config.base import Config, param

__all__ = ['WatchdogConfig']


@dataclass(frozen=True)
class WatchdogConfig(Config):
    """Is the controller alive? Zero velocity in its place when it falls silent while it drives."""

    node = 'watchdog_node'

    silence: float = param(
        0.2,
        'Zero is sent when no command came for longer; two periods of the slowest servo.rate at '
        'least.',
        unit='s',
        lo=0.2,
        hi=1.0,
    )
