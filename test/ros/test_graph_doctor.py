# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor hears on topics of a real graph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
import threading

import pytest

rclpy = pytest.importorskip('rclpy', reason='ROS 2 is not here')

from follow_anything.doctor.machine import TopicReport
from follow_anything.ros.doctor.listener import listen
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from std_msgs.msg import String

pytestmark = [pytest.mark.ros, pytest.mark.doctor]


@pytest.fixture(scope='module')
def camera() -> Iterator[None]:
    """Publish pictures twenty times a second, and something else beside them."""
    context = Context()
    rclpy.init(context=context)
    node = rclpy.create_node('some_camera', context=context)
    pictures = node.create_publisher(Image, '/doctor/image', qos_profile_sensor_data)
    words = node.create_publisher(String, '/doctor/words', 1)

    def publish() -> None:
        image = Image(height=4, width=4, encoding='rgb8', step=12, data=bytes(48))
        image.header.stamp = node.get_clock().now().to_msg()
        pictures.publish(image)
        words.publish(String(data='no picture'))

    node.create_timer(0.05, publish)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)

    def spin() -> None:
        with suppress(ExternalShutdownException):
            executor.spin()

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    yield
    executor.shutdown()
    thread.join(5.0)
    rclpy.shutdown(context=context)


def test_pictures_are_heard_with_rate_and_age(camera: None) -> None:
    heard = listen('/doctor/image', listen_s=1.0)
    assert (heard.publishers, heard.kind) == (1, 'sensor_msgs/msg/Image')
    assert heard.qos == 'best effort, volatile'
    assert 8.0 < heard.rate < 30.0
    assert 0.0 <= heard.age_s < 0.25


def test_what_is_no_picture_is_named_and_not_waited_for(camera: None) -> None:
    heard = listen('/doctor/words')
    assert (heard.publishers, heard.kind, heard.rate) == (1, 'std_msgs/msg/String', 0.0)


def test_a_topic_that_nobody_publishes() -> None:
    heard = listen('/doctor/nothing', discover_s=0.3)
    assert isinstance(heard, TopicReport)
    assert heard.publishers == 0
