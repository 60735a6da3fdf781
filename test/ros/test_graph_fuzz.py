# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Random and damaged messages and parameters against the running nodes.

    FOLLOW_ANYTHING_FUZZ=100000 python -m pytest -q -s test/ros/test_graph_fuzz.py

by hand gives the figures of docs/safety.md. The tracker hears raw pictures, the detector
compressed ones.
"""

from __future__ import annotations

import array
from collections.abc import Callable, Iterator
from dataclasses import fields
import math
import os
from pathlib import Path
import time
from typing import Any

from builtin_interfaces.msg import Time
import cv2
from diagnostic_msgs.msg import KeyValue
from follow_anything.core.config import (
    Config,
    ControllerConfig,
    DetectorConfig,
    parameters,
    ServoConfig,
    TrackerConfig,
)
from follow_anything.ros import qos
from follow_anything.testing import SyntheticScene
from geometry_msgs.msg import Point, PointStamped, PoseStamped, TransformStamped
from graph import FOLLOW_DISTANCE_M, Graph, NODES
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from sensor_msgs.msg import BatteryState, CameraInfo, CompressedImage, Image, RegionOfInterest
from std_msgs.msg import Empty, Header, String
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose
from visualization_msgs.msg import ImageMarker, MarkerArray

pytestmark = [pytest.mark.ros, pytest.mark.field, pytest.mark.slow, pytest.mark.timeout(0)]

COUNT = int(os.environ.get('FOLLOW_ANYTHING_FUZZ', '1200'))
RATE_HZ = float(os.environ.get('FOLLOW_ANYTHING_FUZZ_HZ', '60'))
GROWTH_MB = 80.0
"""Of a process's memory between the first fifth of the messages and the last."""

SILENCE_S = 3.0
"""Between two commands, on a machine that has other things to do; 0.03 is what should be."""

SPECIAL = [0.0, -0.0, math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, 1e12, -1.0, 0.5, 640.0]
ENCODINGS = [
    'rgb8', 'bgr8', 'mono8', 'mono16', 'yuv422', 'yuyv', 'nv12', 'bayer_rggb8', 'bayer_gbrg16',
    'nv24', 'i420', 'yuv422p', 'bgra8', 'rgb16', '8UC2', '8UC7', '16UC1', '32FC1', '', 'jpeg',
    '8UC0', 'é',
]  # fmt: skip
TEXTS = [
    '',
    'a red car',
    'x' * 3000,
    '- a person',
    '[b]',
    '@nobody',
    ';;',
    '> 2',
    'é人',
    '\n',
    '\x01',
]
STATES = ['IDLE', 'LOST', 'x', '']
FUZZED = (*NODES, 'visualizer_node', 'watchdog_node')
DRAWN = (
    (Image, 'debug_image', qos.IMAGE),
    (MarkerArray, 'markers', qos.COMMAND),
    (ImageMarker, 'annotations', qos.COMMAND),
)
NODE_CONFIGS = (DetectorConfig, TrackerConfig, ControllerConfig)


class Chaos:
    """Makes messages that are nearly right, wrong, cut or absurd."""

    def __init__(self, graph: Graph, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self._graph = graph

    def number(self) -> float:
        if self.rng.random() < 0.4:
            return float(self.rng.choice(SPECIAL))
        return float(self.rng.normal(0, 10 ** self.rng.uniform(-1, 3)))

    def whole(self, high: int = 2**32 - 1) -> int:
        small = self.rng.random() < 0.8
        return int(self.rng.integers(0, 400 if small else high))

    def pick(self, options: Any) -> Any:
        return options[int(self.rng.integers(len(options)))]

    def several(self, make: Callable[[], Any]) -> list[Any]:
        return [make() for _ in range(self.whole(4) % 4)]

    def stamp(self) -> Time:
        if self.rng.random() < 0.6:
            return self._graph.node.get_clock().now().to_msg()
        return Time(sec=int(self.rng.integers(-(2**31), 2**31)), nanosec=self.whole(10**9))

    def header(self) -> Header:
        return Header(
            stamp=self.stamp(), frame_id=self.pick(['camera', '', 'base_link', '/', 'é/'])
        )

    def data(self, size: int) -> array.array[int]:
        return array.array('B', self.rng.bytes(min(size, 300_000)))

    def image(self) -> Image:
        width, height = self.whole(), self.whole()
        message = Image(header=self.header(), width=width, height=height)
        message.encoding = self.pick(ENCODINGS)
        message.step = self.pick([width, 3 * width, 4 * width, 0, self.whole()]) % 2**32
        message.is_bigendian = self.whole(255) % 2
        size = self.pick([message.step * height, 0, 1, message.step * height // 2])
        message.data = self.data(size)
        return message

    def compressed(self) -> CompressedImage:
        picture = self.rng.integers(0, 255, (24, 32, 3)).astype(np.uint8)
        raw = bytearray(cv2.imencode(self.pick(['.jpg', '.png']), picture)[1].tobytes())
        for _ in range(self.whole(40) % 8):
            raw[int(self.rng.integers(len(raw)))] = int(self.rng.integers(256))
        cut = raw[: int(self.rng.integers(len(raw)))] if self.rng.random() < 0.4 else raw
        kind = self.pick(['jpeg', 'png', 'rgb8; jpeg compressed bgr8', 'h264', ''])
        return CompressedImage(
            header=self.header(), format=kind, data=array.array('B', bytes(cut))
        )

    def info(self) -> CameraInfo:
        message = CameraInfo(header=self.header(), width=self.whole(), height=self.whole())
        message.k = [self.number() for _ in range(9)]
        message.p = [self.number() for _ in range(12)]
        message.d = [self.number() for _ in range(self.whole(16) % 16)]
        message.distortion_model = self.pick(
            ['plumb_bob', 'equidistant', 'rational_polynomial', '']
        )
        message.binning_x, message.binning_y = self.whole(), self.whole()
        message.roi = RegionOfInterest(x_offset=self.whole(), width=self.whole())
        return message

    def point(self) -> Point:
        return Point(x=self.number(), y=self.number(), z=self.number())

    def detection(self) -> Detection2D:
        message = Detection2D(header=self.header())
        message.id = self.pick(['', '1', '7', 'query 1', 'query 99', 'é', '9' * 400, '-1'])
        box = message.bbox
        box.center.position.x, box.center.position.y = self.number(), self.number()
        box.size_x, box.size_y = self.number(), self.number()
        for _ in range(self.whole(3) % 3):
            result = ObjectHypothesisWithPose()
            result.hypothesis.score, result.hypothesis.class_id = self.number(), self.pick(TEXTS)
            place = result.pose.pose.position
            place.x, place.y, place.z = self.number(), self.number(), self.number()
            result.pose.covariance = [self.number() for _ in range(36)]
            message.results.append(result)
        return message

    def things(self) -> Detection2DArray:
        rows = self.several(self.detection)
        for row in rows:
            row.id = self.pick(['1', '2', row.id])
            for result in row.results:
                result.hypothesis.class_id = self.pick(['target', 'look-alike', 'other', 'x'])
        return Detection2DArray(header=self.header(), detections=rows)

    def pose(self) -> PoseStamped:
        message = PoseStamped(header=self.header())
        message.pose.position = self.point()
        return message

    def odometry(self) -> Odometry:
        message = Odometry(header=self.header())
        pose, turn = message.pose.pose, message.pose.pose.orientation
        pose.position = self.point()
        turn.x, turn.y, turn.z, turn.w = (self.number() for _ in range(4))
        if self.rng.random() < 0.5:
            turn.x, turn.y, turn.z, turn.w = 0.0, 0.0, 0.0, 1.0
        message.twist.twist.linear.x = self.number()
        return message

    def transform(self) -> TFMessage:
        message = TransformStamped(header=self.header(), child_frame_id=self.pick(['camera', 'a']))
        turn = message.transform.rotation
        turn.x, turn.y, turn.z, turn.w = (self.number() for _ in range(4))
        return TFMessage(transforms=[message])

    def topics(self) -> list[tuple[Any, str, Any, Callable[[], Any]]]:
        """Return type, topic, profile and maker of everything that is published."""

        def accepted() -> KeyValue:
            key = self.pick(
                ['pointed 1', 'described 2 5.0', 'forgotten 3', '', 'pointed ' + '9' * 99]
            )
            return KeyValue(key=key, value=self.pick(TEXTS))

        return [
            (Image, 'image', qos.IMAGE, self.image),
            (CompressedImage, 'image/compressed', qos.IMAGE, self.compressed),
            (CameraInfo, 'camera_info', qos.IMAGE, self.info),
            (Image, 'depth', qos.IMAGE, self.image),
            (PointStamped, 'query/click', qos.QUERY, lambda: PointStamped(point=self.point())),
            (Point, 'image_mouse_left', qos.QUERY, self.point),
            (PointStamped, 'clicked_point', qos.QUERY, lambda: PointStamped(
                header=self.header(), point=self.point())),
            (String, 'query/text', qos.QUERY, lambda: String(data=self.pick(TEXTS))),
            (Image, 'query/image', qos.QUERY, self.image),
            (RegionOfInterest, 'query/box', qos.QUERY, lambda: RegionOfInterest(
                x_offset=self.whole(), width=self.whole(), height=self.whole())),
            (Detection2DArray, 'detections', qos.COMMAND, lambda: Detection2DArray(
                header=self.header(), detections=self.several(self.detection))),
            (Detection2D, 'track', qos.COMMAND, self.detection),
            (Detection2DArray, 'candidates', qos.COMMAND, lambda: Detection2DArray(
                header=self.header(), detections=self.several(self.detection))),
            (Detection2DArray, 'things', qos.COMMAND, self.things),
            (PoseStamped, 'target_pose', qos.COMMAND, self.pose),
            (BatteryState, 'battery', qos.IMAGE, lambda: BatteryState(percentage=self.number())),
            (Odometry, 'odom', qos.IMAGE, self.odometry),
            (String, 'state', qos.LATCHED, lambda: String(data=self.pick(STATES))),
            (KeyValue, 'query/accepted', qos.LATCHED, accepted),
            (Empty, 'query/forget', qos.QUERY, Empty),
            (Image, 'target_view', qos.LATCHED, self.image),
            (TFMessage, '/tf', qos.QUERY, self.transform),
        ]  # fmt: skip

    def parameter(self) -> tuple[str, str, Any]:
        """Return a node, one of its live parameters, and a value it may or may not take."""
        kind = self.pick(NODE_CONFIGS)
        name, declared = self.pick(live(kind))
        value = self.pick([self.number(), self.whole(), 'text', True, declared.default])
        return kind.node, name, value


def live(kind: type[Config]) -> list[tuple[str, Any]]:
    """Return the names and the declarations of what can be set on the live node."""
    return [
        (name, declared)
        for name, declared in parameters(kind).items()
        if not declared.metadata['read_only'] and name != 'query'
    ]


def compress(graph: Graph) -> None:
    """Let the camera publish each of its pictures as a JPEG, too."""
    publisher = graph.publisher(CompressedImage, 'image/compressed', qos.IMAGE)

    def both(image: Image) -> Image:
        rgb = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, 3)
        raw = cv2.imencode('.jpg', cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()
        publisher.publish(
            CompressedImage(header=image.header, format='jpeg', data=array.array('B', raw))
        )
        return image

    assert graph.camera is not None
    graph.camera.spoil_image = both


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Graph]:
    graph = Graph(tmp_path, '/fuzz', SyntheticScene(seed=4, rate=10.0))
    try:
        compress(graph)
        graph.start('detector_node', compressed=True)
        graph.start('tracker_node')
        graph.start('controller_node', supervisor__fence_radius=1000.0)
        for kind, topic, profile in DRAWN:  # the visualizer draws for whoever looks
            graph.subscribe(kind, topic, lambda _: None, profile)
        graph.start('visualizer_node', 'watchdog_node')
        yield graph
    finally:
        graph.close()


def memory_mb(graph: Graph) -> dict[str, float]:
    """Return the resident memory of each process."""
    found = {}
    for name, process in graph.processes.items():
        status = Path(f'/proc/{process.pid}/status').read_text()
        (line,) = [line for line in status.splitlines() if line.startswith('VmRSS')]
        found[name] = int(line.split()[1]) / 1024
    return found


CAPS = {field.name: field.metadata['hi'] for field in fields(ServoConfig)}


def is_bounded(twist: Any) -> bool:
    """Whatever the parameters were set to, they have ranges, and so has the command."""
    linear, angular = twist.linear, twist.angular
    values = (linear.x, linear.y, linear.z, angular.x, angular.y, angular.z)
    return (
        all(math.isfinite(value) for value in values)
        and -CAPS['max_backward'] <= linear.x <= CAPS['max_forward']
        and abs(linear.z) <= CAPS['max_vertical']
        and abs(angular.z) <= CAPS['max_yaw_rate']
        and (linear.y, angular.x, angular.y) == (0.0, 0.0, 0.0)
    )


def test_nothing_that_is_published_or_set_does_harm(graph: Graph) -> None:
    """No crash, no command that is not bounded, no memory that grows; and then it follows."""
    chaos = Chaos(graph, seed=7)
    outlets = [
        (graph.publisher(kind, topic, profile), make)
        for kind, topic, profile, make in chaos.topics()
    ]
    early: dict[str, float] = {}
    course: list[dict[str, float]] = []
    refused = 0
    began = time.monotonic()
    for index in range(COUNT):
        if index % 20 == 0:
            node, name, value = chaos.parameter()
            ((accepted, why),) = graph.set(node, **{name: value})
            refused += not accepted
            assert accepted or why
        publisher, make = chaos.pick(outlets)
        publisher.publish(make())
        time.sleep(max(0.0, began + index / RATE_HZ - time.monotonic()))
        assert all(graph.is_alive(name) for name in FUZZED), f'dead after {index} messages'
        if index == COUNT // 5:
            early = memory_mb(graph)
        if index % (COUNT // 10) == 0:
            course.append(memory_mb(graph))
    late = memory_mb(graph)
    commands = [twist for _, twist in list(graph.commands)]
    growth = {name: late[name] - early[name] for name in late}
    heard = [at for at, _ in list(graph.commands)]
    silence = max(np.diff(heard), default=math.inf)
    print(
        f'\n{COUNT} messages, {COUNT // 20} parameters ({refused} refused), '
        f'{len(commands)} commands, longest silence {silence:.2f} s, '
        f'memory {late} MB, growth {growth} MB, '
        f'errors { {name: graph.count(name, "errors") for name in FUZZED} }'
    )
    for name in FUZZED:
        print(f'{name}, MB at each tenth: ', *(f'{moment[name]:.1f}' for moment in course))
    assert silence < SILENCE_S
    assert all(is_bounded(twist) for twist in commands)
    assert max(growth.values()) < GROWTH_MB
    for name in FUZZED:
        said = graph.log(name).read_text()
        assert 'Traceback' not in said
        # An error that is none of ours: caught at the border, and a fault all the same.
        unexpected = [line for line in said.splitlines() if '[ERROR]' in line]
        assert unexpected == []
    calm(graph)
    ask_until_it_tracks(graph)


def ask_until_it_tracks(graph: Graph) -> None:
    """Click until the target is followed: the nodes are as good as new."""
    clicked = 0.0

    def is_tracking() -> bool:
        nonlocal clicked
        if graph.state not in ('CONFIRMING', 'TRACKING') and time.monotonic() - clicked > 3.0:
            clicked = time.monotonic()
            graph.click(*graph.target_in_picture())
        return graph.state == 'TRACKING'

    graph.wait(is_tracking, 120.0, 'a click to be followed')


def calm(graph: Graph) -> None:
    """Set every live parameter back; some only go once another has gone."""
    for _ in range(2):
        for kind in NODE_CONFIGS:
            wanted = {name: declared.default for name, declared in live(kind)}
            if kind is ControllerConfig:
                wanted |= {'servo.follow_distance': FOLLOW_DISTANCE_M, 'servo.min_distance': 0.5}
            for name, value in wanted.items():
                graph.set(kind.node, **{name: value})
