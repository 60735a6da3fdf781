# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Recording of topics to an MCAP file, where there is no `ros2 bag record`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
import time

from follow_anything.io.user_parameters import full_name
from follow_anything.ros import qos
from follow_anything.ros.bags.mcap import BagWriter, message_type
from follow_anything.ros.node import make_executor
from follow_anything.ros.startup import begin
import rclpy
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

__all__ = ['record']

LATCHED = ('state', 'query/accepted')

# Best effort receives from every publisher; many wait, because a disk may be slow.
PROFILE = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED_PROFILE = QoSProfile(
    depth=10,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


def _profile(topic: str) -> QoSProfile:
    if topic in LATCHED:
        return LATCHED_PROFILE
    # Queries are received with the QoS of the nodes: there is no second click.
    return qos.QUERY if topic.startswith('query/') else PROFILE


def record(
    path: Path, topics: Mapping[str, str], namespace: str, is_over: Callable[[], bool]
) -> dict[str, int]:
    """
    Write down every message as it arrives, undecoded.

    :param topics: relative name to type. :param is_over: asked ten times a second.
    :return: how many messages of each topic.
    :raises SourceError: the file cannot be written. :raises BadConfig: that is no namespace.
    """
    # Not rclpy's handlers: they would end it all before the file is whole.
    full_name(namespace, 'recorder')  # refuses what is no namespace
    begin([])
    node = rclpy.create_node('recorder', namespace=namespace)
    executor = make_executor()
    executor.add_node(node)
    counts = dict.fromkeys(topics, 0)
    try:
        with BagWriter(path, {'lock_step': 'false'}) as bag:
            for topic, datatype in topics.items():

                def on_message(data: bytes, topic: str = topic, datatype: str = datatype) -> None:
                    counts[topic] += 1
                    bag.write_raw(node.resolve_topic_name(topic), datatype, data, time.time_ns())

                kind = message_type(datatype)
                node.create_subscription(kind, topic, on_message, _profile(topic), raw=True)
            while not is_over():
                executor.spin_once(timeout_sec=0.1)
    finally:
        executor.shutdown()
        node.destroy_node()
        rclpy.shutdown()
    return counts
