# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Which topics our nodes really use: the nodes are made and activated, and asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
import importlib
from typing import Any

__all__ = ['FOLLOWERS', 'SIMULATOR', 'Endpoint', 'endpoints', 'services']

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
    Return what the nodes publish and subscribe to, with their default parameters and no namespace.

    :param nodes: module:class of each.
    """
    return _asked(_endpoints_of, nodes)


def services(*nodes: str) -> set[tuple[str, str]]:
    """Return name and type of the services that the nodes offer; not those of every node."""
    return _asked(_services_of, nodes)


def _asked(ask: Callable[[Any], set[Any]], nodes: Iterable[str]) -> set[Any]:
    import rclpy

    rclpy.init()
    try:
        return set().union(*(_of_node(name, ask) for name in nodes))
    finally:
        rclpy.shutdown()


def _of_node(name: str, ask: Callable[[Any], set[Any]]) -> set[Any]:
    module, kind = name.split(':')
    node = getattr(importlib.import_module(module), kind)()
    try:
        node.trigger_configure()
        if name != SIMULATOR:  # its world is not needed to know its topics
            node.trigger_activate()
        return ask(node)
    finally:
        node.close()
        node.destroy_node()


def _services_of(node: Any) -> set[tuple[str, str]]:
    offered = {(s.srv_name, s.srv_type) for s in node.services}
    kinds = {name: kind.__module__.split('.')[0] for name, kind in offered}
    of_every_node = ('lifecycle_msgs', 'rcl_interfaces', 'type_description_interfaces')
    return {
        (name, f'{kinds[name]}/srv/{kind.__name__}')
        for name, kind in offered
        if kinds[name] not in of_every_node
    }


def _endpoints_of(node: Any) -> set[Endpoint]:
    from rclpy.qos import ReliabilityPolicy

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
