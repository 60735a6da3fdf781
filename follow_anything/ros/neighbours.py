# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Conflicts on the ROS graph: a node that runs twice, two clocks, two sources of cmd_vel."""

from __future__ import annotations

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

    :param topic: of the velocities. :param kind: 'Twist' or 'TwistStamped', which we publish.
    :param needs_base: somebody has to subscribe.
    """
    full = node.resolve_topic_name(topic)
    subscriptions = node.get_subscriptions_info_by_topic(full)
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
    ours = {(name, node.get_namespace()) for name in (node.get_name(), WatchdogConfig.node)}
    others = [
        _name(info)
        for info in node.get_publishers_info_by_topic(full)
        if (info.node_name, info.node_namespace) not in ours
    ]
    if others:
        return (
            f'{", ".join(sorted(set(others)))} publishes on {full} too: put twist_mux between, '
            'or one robot obeys two drivers'
        )
    return ''


def _name(info: object) -> str:
    namespace, name = str(info.node_namespace), str(info.node_name)  # type: ignore[attr-defined]
    return f'{namespace.rstrip("/")}/{name}'
