# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The nodes warm their models up before they listen."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

rclpy = pytest.importorskip('rclpy', reason='there is no ROS 2 here')

pytestmark = pytest.mark.ros


@pytest.mark.parametrize(
    ('name', 'kind', 'models'),
    [
        ('detector', 'DetectorNode', ['TinyDetector']),
        ('tracker', 'TrackerNode', ['TinyTracker', 'InstanceEmbedder']),
    ],
)
def test_a_node_that_is_activated_is_warm(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: str, models: list[str]
) -> None:
    module = import_module(f'follow_anything.ros.nodes.{name}')
    warmed: list[Any] = []

    def record(*given: object) -> float:
        assert not list(node.subscriptions), 'before the first picture can arrive'
        warmed.extend(given)
        return 0.0

    monkeypatch.setattr(module, 'warm_up', record)
    rclpy.init(domain_id=60)
    node = getattr(module, kind)()
    try:
        node.trigger_configure()
        node.trigger_activate()
        assert [type(model).__name__ for model in warmed] == models
    finally:
        node.close()
        node.destroy_node()
        rclpy.shutdown()
