# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Subscribe to an image topic for a moment, with the QoS of the tracker."""

from __future__ import annotations

import time
from typing import Any

from follow_anything.doctor.machine import TopicReport
from follow_anything.launcher.nodes import check_topics
from follow_anything.launcher.processes import use_shared_memory
from follow_anything.ros import qos
from follow_anything.ros.messages.conversions import seconds
from follow_anything.ros.startup import begin
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage, Image

__all__ = ['listen']

KINDS = {'sensor_msgs/msg/Image': Image, 'sensor_msgs/msg/CompressedImage': CompressedImage}


def listen(topic: str, discover_s: float = 3.0, listen_s: float = 2.0) -> TopicReport:
    """
    Return the publishers of a topic, their QoS, and the rate and age of its messages.

    :param seek_s: wait so long for a publisher. :param hear_s: then listen so long.
    """
    check_topics({'image': topic})
    use_shared_memory()
    begin(['doctor'])
    node = rclpy.create_node('doctor')
    try:
        return _listen(node, topic, discover_s, listen_s)
    finally:
        node.destroy_node()
        rclpy.shutdown()


def _listen(node: Node, topic: str, discover_s: float, listen_s: float) -> TopicReport:
    until = time.monotonic() + discover_s
    found = node.get_publishers_info_by_topic(topic)
    while not found and time.monotonic() < until:
        rclpy.spin_once(node, timeout_sec=0.1)
        found = node.get_publishers_info_by_topic(topic)
    if not found:
        return TopicReport(0, '', '', 0.0, float('nan'))
    if node.count_publishers('/clock'):  # a simulator or a bag keeps the time
        node.set_parameters([Parameter('use_sim_time', value=True)])
    kind, profile = found[0].topic_type, found[0].qos_profile
    said = f'{profile.reliability.name.lower()}, {profile.durability.name.lower()}'
    arrived: list[tuple[float, float]] = []

    def note(message: Any) -> None:
        age = node.get_clock().now().nanoseconds * 1e-9 - seconds(message.header.stamp)
        arrived.append((time.monotonic(), age))

    if kind in KINDS:
        node.create_subscription(KINDS[kind], topic, note, qos.IMAGE)
        until = time.monotonic() + discover_s + listen_s
        while time.monotonic() < until and (
            not arrived or arrived[-1][0] - arrived[0][0] < listen_s
        ):
            rclpy.spin_once(node, timeout_sec=0.1)
    rate, age = 0.0, float('nan')
    if arrived:
        span = max(arrived[-1][0] - arrived[0][0], listen_s)
        rate, age = (len(arrived) - 1) / span if len(arrived) > 1 else 1.0 / span, arrived[-1][1]
    return TopicReport(len(found), kind, said.replace('_', ' '), rate, age)
