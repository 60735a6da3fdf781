# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The messages that the set-up compiles are the ones every other ROS 2 machine speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import importlib
import json
import os
from pathlib import Path
import subprocess
import sys
import time
from typing import Any

import pytest

rclpy = pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')
pytest.importorskip('vision_msgs.msg', reason='vision_msgs is not compiled: run `make setup`')

from ament_index_python.packages import get_package_share_directory
from geometry_msgs.msg import TransformStamped
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

pytestmark = pytest.mark.ros

# Type hashes (REP 2011) of the released packages, of Iron and later.
UPSTREAM_HASHES = {
    'vision_msgs/msg/Detection2DArray': (
        'RIHS01_214274120007f4a683866481336b70310268cfa107aebe9d594a6acf75bda968'
    ),
    'vision_msgs/msg/Detection2D': (
        'RIHS01_0d12b69df5c593b3455b7346fac8205437a7d4bcb09b9e0e0b2dde787ded38ea'
    ),
    'tf2_msgs/msg/TFMessage': (
        'RIHS01_e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087'
    ),
}

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
SHARE = Path(__file__).resolve().parents[2]
StartPeer = Callable[..., None]
# A domain of our own, below the range that Linux hands out as ephemeral ports.
DOMAIN = 40 + os.getpid() % 60

PEER_PREAMBLE = """
import sys, rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection2DArray
rclpy.init()
node = rclpy.create_node('peer')
"""
ECHO = """
for kind, name in ((Detection2DArray, 'detections'), (TFMessage, 'tf')):
    publisher = node.create_publisher(kind, name + '_back', 10)
    node.create_subscription(kind, name, publisher.publish, 10)
rclpy.spin(node)
"""
IMAGE_SOURCE = """
import array, time
width, height, rate, count = 640, 480, 20.0, 60
publisher = node.create_publisher(
    Image, 'image', QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT))
while publisher.get_subscription_count() == 0:
    time.sleep(0.02)
time.sleep(0.5)
image = Image(width=width, height=height, step=3 * width, encoding='rgb8')
image.data = array.array('B', bytes(3 * width * height))
due = time.monotonic()
for number in range(count):
    image.header.frame_id = str(number)
    publisher.publish(image)
    due += 1.0 / rate
    time.sleep(max(0.0, due - time.monotonic()))
"""


@pytest.fixture
def executor() -> Iterator[SingleThreadedExecutor]:
    """Give an executor with one node, in a context and a domain of its own."""
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    node = rclpy.create_node('test_messages', context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    yield executor
    executor.shutdown()
    node.destroy_node()
    rclpy.shutdown(context=context)


@pytest.fixture
def start_peer() -> Iterator[StartPeer]:
    """Start Python code with a node in another process; it ends with the test."""
    peers: list[subprocess.Popen[bytes]] = []

    def start(code: str, **variables: str) -> None:
        environment = {**os.environ, 'ROS_DOMAIN_ID': str(DOMAIN), **variables}
        peers.append(
            subprocess.Popen([sys.executable, '-c', PEER_PREAMBLE + code], env=environment)
        )

    yield start
    for peer in peers:
        peer.kill()
        peer.wait()


def spin_until(executor: SingleThreadedExecutor, done: Callable[[], bool], limit_s: float) -> None:
    """Let callbacks run until a condition holds or the time is over."""
    end = time.monotonic() + limit_s
    while not done() and time.monotonic() < end:
        executor.spin_once(timeout_sec=0.05)


@pytest.mark.parametrize('name', UPSTREAM_HASHES)
def test_installed_type_has_the_upstream_hash(name: str) -> None:
    package, _, message = name.split('/')
    description = Path(get_package_share_directory(package), 'msg', f'{message}.json')
    if not description.is_file():
        pytest.skip('this ROS distribution is older than type hashes (Humble)')
    hashes = json.loads(description.read_text(encoding='utf-8'))['type_hashes']
    assert {entry['type_name']: entry['hash_string'] for entry in hashes}[name] == (
        UPSTREAM_HASHES[name]
    )


@pytest.mark.parametrize('name', UPSTREAM_HASHES)
def test_hash_announced_over_dds_is_the_upstream_one(
    name: str, executor: SingleThreadedExecutor
) -> None:
    package, _, message = name.split('/')
    node = executor.get_nodes()[0]
    publisher = node.create_publisher(
        getattr(importlib.import_module(f'{package}.msg'), message), 'announced', 1
    )
    spin_until(executor, lambda: bool(node.get_publishers_info_by_topic('announced')), 10.0)
    (info,) = node.get_publishers_info_by_topic('announced')
    node.destroy_publisher(publisher)
    if not hasattr(info, 'topic_type_hash'):
        pytest.skip('this rclpy does not tell type hashes')
    assert info.topic_type == name
    assert str(info.topic_type_hash) == UPSTREAM_HASHES[name]


def detections() -> Detection2DArray:
    """Make a message in which every field differs from its default."""
    message = Detection2DArray()
    message.header.frame_id = 'camera_optical'
    message.header.stamp.sec, message.header.stamp.nanosec = 12, 345_678_901
    for number in range(3):
        detection = Detection2D(header=message.header, id=f'target-{number}')
        detection.bbox.center.position.x = 320.5 + number
        detection.bbox.center.position.y = 240.25
        detection.bbox.center.theta = 0.125
        detection.bbox.size_x, detection.bbox.size_y = 64.0, 128.5
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id, result.hypothesis.score = 'person in a réd coat', 0.75
        result.pose.pose.position.x = 4.5
        result.pose.covariance[7] = 0.01
        detection.results = [result] * number
        message.detections.append(detection)
    return message


def transforms() -> TFMessage:
    """Make a message with one transform."""
    transform = TransformStamped(child_frame_id='base_link')
    transform.header.frame_id = 'odom'
    transform.transform.translation.z = 1.5
    transform.transform.rotation.w = 0.5
    return TFMessage(transforms=[transform])


@pytest.mark.parametrize(
    ('topic', 'message'), [('detections', detections()), ('tf', transforms())], ids=['2d', 'tf']
)
def test_message_survives_the_way_to_another_process_and_back(
    topic: str,
    message: Any,
    executor: SingleThreadedExecutor,
    start_peer: StartPeer,
) -> None:
    start_peer(ECHO)
    node = executor.get_nodes()[0]
    received: list[Any] = []
    publisher = node.create_publisher(type(message), topic, 10)
    node.create_subscription(type(message), f'{topic}_back', received.append, 10)
    end = time.monotonic() + 30.0
    while not received and time.monotonic() < end:
        publisher.publish(message)
        spin_until(executor, lambda: bool(received), 0.2)
    assert received, 'nothing came back within 30 s'
    assert received[0] == message


@pytest.mark.parametrize('profile', ['fastdds.xml', 'fastdds_small.xml'])
def test_images_arrive_with_best_effort_and_depth_one(
    profile: str, executor: SingleThreadedExecutor, start_peer: StartPeer
) -> None:
    """With the default shared memory of 512 KB, one image in twenty arrives."""
    numbers: list[int] = []
    sizes: set[int] = set()

    def receive(image: Image) -> None:
        numbers.append(int(image.header.frame_id))
        sizes.add(len(image.data))

    executor.get_nodes()[0].create_subscription(Image, 'image', receive, BEST_EFFORT)
    # The shared memory is the sender's.
    start_peer(IMAGE_SOURCE, FASTDDS_DEFAULT_PROFILES_FILE=str(SHARE / 'config' / profile))
    spin_until(executor, lambda: bool(numbers) and numbers[-1] == 59, 40.0)
    assert sizes == {640 * 480 * 3}
    assert numbers == sorted(numbers)
    # All of them, on a machine with nothing else to do.
    assert len(numbers) >= 45, f'{len(numbers)} of 60 images arrived'
