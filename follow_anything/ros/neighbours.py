# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Conflicts on the ROS graph: a node that runs twice, two clocks, two sources of cmd_vel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from follow_anything.core.config import WatchdogConfig
from rclpy.node import Node

__all__ = ['duplicates', 'rivals']


def duplicates(node: Node, *, simulated: bool) -> str:
    """Return which nodes or clocks exist twice on the graph; '' when all is well."""
    own = (node.get_name(), node.get_namespace())
    if node.get_node_names_and_namespaces().count(own) > 1:
        return (
            f'two nodes are called {node.get_fully_qualified_name()}: started twice? Stop one, or '
            'give each robot a namespace'
        )
    clocks = node.count_publishers('/clock') if simulated else 0
    if clocks > 1:
        return f'{clocks} publishers of /clock: two simulators? Give each a ROS_DOMAIN_ID'
    return ''


def rivals(node: Node, topic: str, kind: str, *, needs_base: bool = True) -> str:
    """
    Return what conflicts with our velocity commands on the graph; '' when nothing does.

    Behind a discovery server a node that only publishes on a topic is not told of others that do:
    it has to subscribe, too.

    :param topic: of the velocities. :param kind: 'Twist' or 'TwistStamped', which we publish.
    :param needs_base: somebody has to subscribe.
    """
    full = node.resolve_topic_name(topic)
    ours = {(name, node.get_namespace()) for name in (node.get_name(), WatchdogConfig.node)}
    subscriptions = _of_others(node.get_subscriptions_info_by_topic(full), ours)
    if needs_base and not subscriptions:
        return f'nobody subscribes to {full}: under which name does the base listen? Remap cmd_vel'
    for subscription in subscriptions:
        wanted = subscription.topic_type.rpartition('/')[2]
        if wanted != kind and wanted in ('Twist', 'TwistStamped'):
            stamped = str(wanted == 'TwistStamped').lower()
            return (
                f'{_name(subscription)} subscribes to {wanted} on {full}, we send {kind}: '
                f'set stamped: {stamped}'
            )
    drivers = {_name(info) for info in _of_others(node.get_publishers_info_by_topic(full), ours)}
    if drivers:
        return (
            f'{", ".join(sorted(drivers))} publishes on {full} too: put twist_mux between, '
            'or one robot obeys two drivers'
        )
    return ''


def _of_others(infos: Iterable[Any], ours: set[tuple[str, str]]) -> list[Any]:
    return [info for info in infos if (info.node_name, info.node_namespace) not in ours]


def _name(info: Any) -> str:
    return f'{info.node_namespace.rstrip("/")}/{info.node_name}'
