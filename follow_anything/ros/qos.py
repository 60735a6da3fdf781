# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Quality of service of every topic, by what the topic is for."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

__all__ = ['COMMAND', 'IMAGE', 'LATCHED', 'QUERY']

IMAGE = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Newest frame only: an image that comes late is worth less than the next one."""

COMMAND = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
"""Tracks and velocities: every one arrives, no old one waits."""

QUERY = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
"""What operators say: rare, and each one counts."""

LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""Who comes late still learns the last one: the state, what was understood."""
