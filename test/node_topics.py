# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Which topics our nodes really use: the nodes are made and activated, and asked."""

from __future__ import annotations

from dataclasses import dataclass
import importlib

__all__ = ['Endpoint', 'endpoints']

SIMULATOR = 'follow_anything.ros.nodes.simulator:SimNode'
FOLLOWERS = (
    'follow_anything.ros.nodes.detector:DetectorNode',
    'follow_anything.ros.nodes.tracker:TrackerNode',
    'follow_anything.ros.nodes.controller:ControllerNode',
    'follow_anything.ros.nodes.visualizer:VisualizerNode',
)


@dataclass(frozen=True)
class Endpoint:
    """One publisher or subscription of a node."""

    node: str
    topic: str
    kind: str
    publishes: bool
    reliable: bool


def endpoints(*nodes: str) -> set[Endpoint]:
    """
    Return what the nodes publish and hear, with their default parameters and no namespace.

    :param nodes: module:class of each.
    """
    import rclpy

    rclpy.init()
    try:
        return set().union(*(_of_node(name) for name in nodes))
    finally:
        rclpy.shutdown()


def _of_node(name: str) -> set[Endpoint]:
    from rclpy.qos import ReliabilityPolicy

    module, kind = name.split(':')
    node = getattr(importlib.import_module(module), kind)()
    try:
        node.trigger_configure()
        if name != SIMULATOR:  # its world is not needed to know its topics
            node.trigger_activate()
        return {
            Endpoint(
                node.get_name(),
                endpoint.topic_name,
                f'{endpoint.msg_type.__module__.split(".")[0]}/msg/{endpoint.msg_type.__name__}',
                publishes,
                endpoint.qos_profile.reliability == ReliabilityPolicy.RELIABLE,
            )
            for publishes, group in ((True, node.publishers), (False, node.subscriptions))
            for endpoint in group
        }
    finally:
        node.close()
        node.destroy_node()
