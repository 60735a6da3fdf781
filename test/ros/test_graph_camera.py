# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras of the field on the running nodes: the right direction, or a robot that stands still."""

from __future__ import annotations

import array
from collections.abc import Callable, Iterator
import math
from pathlib import Path
from typing import Any

from follow_anything.core.geometry import camera_mount
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from follow_anything.testing import SyntheticScene
from geometry_msgs.msg import Point, PointStamped, Quaternion, TransformStamped
from graph import Graph
import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection2D, ObjectHypothesisWithPose

pytestmark = [pytest.mark.ros, pytest.mark.field]

STATIC = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture
def odd(following: Graph) -> Iterator[Graph]:
    """Give a robot that follows, whose camera becomes an ordinary one again in the end."""
    camera = following.camera
    try:
        yield following
    finally:
        camera.spoil_info = camera.spoil_image = lambda message: message
        camera.depth_m = camera.depth_size = None


def scaled(info: CameraInfo, factor: int) -> CameraInfo:
    """Return the calibration of a sensor that is larger than its pictures."""
    info.width, info.height = info.width * factor, info.height * factor
    info.k = [value * factor for value in info.k[:8]] + [1.0]
    return info


def directions(graph: Graph, count: int = 5) -> list[float]:
    """Return how far from true the next directions of the target are, radians."""
    tracks, before = graph.tracks, len(graph.tracks)
    graph.wait(
        lambda: sum(bool(t.results) for t in tracks[before:]) >= count, 30.0, 'tracks to follow'
    )
    width = graph.camera.scene.width
    focal = width / 2 / math.tan(0.61)
    errors = []
    for track in [t for t in tracks[before:] if t.results]:
        place = track.results[0].pose.pose.position
        true = math.atan2(track.bbox.center.position.x - width / 2, focal)
        errors.append(math.atan2(place.x, place.z) - true)
    return errors


@pytest.mark.parametrize('binning', [0, 2])
def test_the_info_of_a_larger_sensor_gives_the_right_direction(odd: Graph, binning: int) -> None:
    def larger(info: CameraInfo) -> CameraInfo:
        info.binning_x = info.binning_y = binning
        return scaled(info, 2)

    odd.camera.spoil_info = larger
    before = len(odd.tracks)
    odd.wait(lambda: len(odd.tracks) > before + 5, 30.0, 'tracks with the new calibration')
    assert np.abs(directions(odd)).max() < 1e-3
    odd.wait_until_moving()


def cropped(info: CameraInfo) -> CameraInfo:
    info.height = info.height * 3 // 4
    return info


def uncalibrated(info: CameraInfo) -> CameraInfo:
    info.k = [0.0] * 9
    return info


def folded(info: CameraInfo) -> CameraInfo:
    info.d = [-30.0, 0.0, 0.0, 0.0, 0.0]
    return info


HELD: list[tuple[Callable[[CameraInfo], CameraInfo], str]] = [
    (cropped, 'camera_info is for 320 x 180, the image is 320 x 240'),
    (uncalibrated, 'the camera is not calibrated'),
]


@pytest.mark.parametrize(('spoil', 'reason'), HELD, ids=['cropped', 'uncalibrated'])
def test_an_info_that_does_not_fit_holds_the_robot_and_says_so(
    odd: Graph, spoil: Callable[[CameraInfo], CameraInfo], reason: str
) -> None:
    odd.camera.spoil_info = spoil
    odd.wait_until_still()
    odd.wait(lambda: reason in odd.diagnostics('tracker_node')['message'], 30.0, 'its reason')
    assert odd.diagnostics('tracker_node')['level'] == 'not OK'
    odd.wait(
        lambda: 'no position' in odd.diagnostics('controller_node')['message'],
        30.0,
        'the controller to say why it holds',
    )
    odd.camera.spoil_info = lambda info: info
    odd.wait_until_moving()


def test_a_place_the_lens_model_does_not_reach_holds_the_robot(odd: Graph) -> None:
    odd.camera.spoil_info = folded
    odd.wait_until_still()
    odd.wait(
        lambda: 'lens model says nothing' in odd.diagnostics('tracker_node')['message'],
        30.0,
        'its reason',
    )
    assert odd.diagnostics('tracker_node')['level'] == 'not OK'
    odd.camera.spoil_info = lambda info: info
    odd.wait_until_moving()


def test_depth_of_another_size_is_left_out_and_said(odd: Graph) -> None:
    odd.camera.depth_m, odd.camera.depth_size = 5.0, (160, 120)
    odd.wait(
        lambda: 'no depth: its image of 160 x 120' in odd.diagnostics('tracker_node')['message'],
        30.0,
        'the depth in the diagnostics',
    )
    assert odd.diagnostics('tracker_node')['level'] == 'not OK'
    odd.wait_until_moving()
    assert odd.state == 'TRACKING'


def with_encoding(name: str) -> Callable[[Image], Image]:
    def spoil(image: Image) -> Image:
        image.encoding = name
        return image

    return spoil


def with_stamp(stamp: float) -> Callable[[Image], Image]:
    def spoil(image: Image) -> Image:
        now = conversions.seconds(image.header.stamp)
        image.header.stamp = conversions.time_msg(now + stamp if stamp else 0.0)
        return image

    return spoil


REFUSED = [
    (with_encoding('yuv444_secret'), 'cannot read encoding'),
    (with_stamp(0.0), 'the stamps of the images are 0'),
    (with_stamp(-40.0), 'behind the clock'),
    (with_stamp(3600.0), 'ahead of the clock'),
]


@pytest.mark.parametrize(('spoil', 'reason'), REFUSED, ids=[row[1] for row in REFUSED])
def test_pictures_that_cannot_be_used_are_no_ok(
    odd: Graph, spoil: Callable[[Image], Image], reason: str
) -> None:
    """The level says it, and the message is the true reason, of every node that looks."""
    odd.camera.spoil_image = spoil
    for node in ('tracker_node', 'detector_node'):
        odd.wait(
            lambda node=node: reason in odd.diagnostics(node)['message'], 30.0, f'{node}: {reason}'
        )
        assert odd.diagnostics(node)['level'] == 'not OK'
    odd.wait_until_still()
    odd.camera.spoil_image = lambda image: image


@pytest.mark.parametrize(
    'topic', ['debug_image_mouse_left', 'debug_image/mouse_click', 'image/compressed_mouse_left']
)
def test_a_click_on_the_annotated_picture_counts(following: Graph, topic: str) -> None:
    x, y = following.camera.click_target()
    point = Point(x=float(x), y=float(y))
    message: Any = point if topic.endswith('left') else PointStamped(point=point)
    number, publisher = following.tracks[-1].id, following.publisher(type(message), topic, 10)
    following.wait(lambda: publisher.get_subscription_count() > 0, 30.0, f'{topic} subscribed')
    publisher.publish(message)
    following.wait(lambda: following.tracks[-1].id != number, 30.0, 'a new target')
    following.wait_for_state('TRACKING')


def test_one_click_in_space_is_not_for_two_robots(following: Graph) -> None:
    errors = following.count('detector_node', 'errors')
    points = following.publisher(PointStamped, '/clicked_point', 10)
    following.wait(lambda: points.get_subscription_count() > 0, 30.0, 'a subscription')
    points.publish(PointStamped(point=Point(x=5.0)))
    following.wait_for_error('detector_node', '/t1/clicked_point', errors)


# The mount of the camera: the controller alone, and tracks of the test's own.

FRAME = 'front_camera_optical_frame'


def quaternion(rotation: np.ndarray) -> Quaternion:
    """Return a rotation as a quaternion; of a trace above -1, which ours have."""
    x, y, z = (rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], 0.0)
    z = rotation[1, 0] - rotation[0, 1]
    w = math.sqrt(max(0.0, 1.0 + np.trace(rotation))) / 2
    return Quaternion(x=x / (4 * w), y=y / (4 * w), z=z / (4 * w), w=w)


def mount(rotation: np.ndarray, frame: str, base: str = 'base_link') -> TransformStamped:
    transform = TransformStamped(header=Header(frame_id=base), child_frame_id=frame)
    transform.transform.rotation = quaternion(rotation)
    return transform


class OneController:
    """A controller, and a target in its camera's frame."""

    def __init__(self, folder: Path, namespace: str, frame: str, **parameters: Any) -> None:
        self.graph = Graph(folder, namespace)
        self.frame = frame
        self.place = np.array([0.0, 0.0, 8.0])
        self._static = self.graph.node.create_publisher(TFMessage, '/tf_static', STATIC)
        self._tracks = self.graph.publisher(Detection2D, 'track', qos.COMMAND)
        given = {'require_detector': False, 'servo__camera_pitch': 0.0, **parameters}
        self.graph.start('controller_node', **given)
        self.graph.node.create_timer(0.05, self._see)

    def tell(self, *transforms: TransformStamped) -> None:
        self._static.publish(TFMessage(transforms=list(transforms)))

    def _see(self) -> None:
        stamp = self.graph.node.get_clock().now().to_msg()
        track = Detection2D(header=Header(frame_id=self.frame, stamp=stamp), id='1')
        track.bbox.size_x = track.bbox.size_y = 20.0
        result = ObjectHypothesisWithPose()
        result.hypothesis.score = 1.0
        place = result.pose.pose.position
        place.x, place.y, place.z = (float(value) for value in self.place)
        result.pose.covariance[14] = 0.01
        track.results.append(result)
        self._tracks.publish(track)

    def turn(self) -> float:
        """Return the turning rate once it is steady."""
        commands, before = self.graph.commands, len(self.graph.commands)
        self.graph.wait(lambda: len(commands) > before + 40, 30.0, 'commands')
        return commands[-1][1].angular.z


@pytest.fixture
def alone(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[OneController]:
    controller = OneController(tmp_path, **request.param)
    try:
        yield controller
    finally:
        controller.graph.close()


@pytest.mark.parametrize('alone', [{'namespace': '/tf1', 'frame': FRAME}], indirect=True)
def test_the_mount_of_tf_turns_the_robot_the_right_way(alone: OneController) -> None:
    """The same target, seen by a camera that hangs upside down, and says so in TF."""
    alone.place = np.array([3.0, 0.0, 8.0])
    assert alone.turn() < -0.3
    alone.tell(mount(camera_mount(math.pi - 1e-3, 0.0, 0.0), FRAME))
    alone.graph.wait(lambda: alone.turn() > 0.3, 30.0, 'the robot to turn the other way')
    assert 'by TF from base_link' in alone.graph.log('controller_node').read_text()


@pytest.mark.parametrize(
    'alone', [{'namespace': '/tf2', 'frame': 'usb_camera', 'camera_mount': 'tf'}], indirect=True
)
def test_without_tf_a_robot_that_needs_it_holds(alone: OneController) -> None:
    alone.graph.wait(
        lambda: 'no mount of the camera' in alone.graph.diagnostics('controller_node')['message'],
        30.0,
        'the missing mount in the diagnostics',
    )
    assert alone.turn() == 0.0
    # A body's frame (x into the view), as many drivers name it: the same as an optical one.
    alone.place = np.array([-3.0, 0.0, 8.0])
    alone.tell(mount(np.eye(3), 'usb_camera'))
    alone.graph.wait(lambda: alone.turn() > 0.3, 30.0, 'the robot to turn')


@pytest.mark.parametrize(
    'alone', [{'namespace': '/tf4', 'frame': 'usb_camera', 'camera_mount': 'tf'}], indirect=True
)
def test_a_mount_that_can_be_meant_two_ways_is_none(alone: OneController) -> None:
    alone.tell(mount(np.diag([1.0, -1.0, -1.0]) @ turned(1e-3), 'usb_camera'))
    alone.graph.wait(
        lambda: 'hangs upside down' in alone.graph.diagnostics('controller_node')['message'],
        30.0,
        'the doubt in the diagnostics',
    )
    assert alone.turn() == 0.0


@pytest.mark.parametrize('alone', [{'namespace': '/tf5', 'frame': FRAME}], indirect=True)
def test_another_robot_whose_frames_have_the_same_names(alone: OneController) -> None:
    """On one /tf_static nobody can tell whose camera hangs upside down: the robot holds."""
    alone.place = np.array([3.0, 0.0, 8.0])
    alone.tell(mount(camera_mount(0.0, 0.0, 0.0), FRAME))
    log = alone.graph.log('controller_node')
    alone.graph.wait(lambda: 'by TF from base_link' in log.read_text(), 30.0, 'the mount')
    assert alone.turn() < -0.3
    alone.tell(mount(camera_mount(math.pi - 1e-3, 0.0, 0.0), FRAME))
    alone.graph.wait(
        lambda: (
            'two robots with the same frames?'
            in alone.graph.diagnostics('controller_node')['message']
        ),
        30.0,
        'the other robot in the diagnostics',
    )
    assert alone.graph.diagnostics('controller_node')['level'] == 'not OK'
    assert alone.turn() == 0.0


def test_the_tracker_takes_the_mount_of_tf_too(tmp_path: Path) -> None:
    """Its places in the world are of the same camera as the controller's directions."""
    graph = Graph(tmp_path, '/tf6', SyntheticScene(seed=1, rate=10.0))
    static = graph.node.create_publisher(TFMessage, '/tf_static', STATIC)

    def is_well() -> str:
        return graph.diagnostics('tracker_node')['message']

    try:
        graph.start('tracker_node', camera_mount='tf')
        graph.wait(lambda: 'no mount of the camera' in is_well(), 30.0, 'the missing mount')
        static.publish(TFMessage(transforms=[mount(camera_mount(0.0, -0.2, 0.5), 'camera')]))
        graph.wait(lambda: 'no mount' not in is_well(), 30.0, 'the mount')
        assert 'by TF from base_link to camera' in graph.log('tracker_node').read_text()
    finally:
        graph.close()


def turned(angle: float) -> np.ndarray:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])


@pytest.mark.parametrize(
    'alone', [{'namespace': '/tf3', 'frame': FRAME, 'servo__camera_roll': 3.1416}], indirect=True
)
def test_the_roll_of_the_parameters_turns_the_robot_the_right_way(alone: OneController) -> None:
    alone.place = np.array([3.0, 0.0, 8.0])
    assert alone.turn() > 0.3
    ((accepted, _),) = alone.graph.set('controller_node', servo__camera_roll=0.0)
    assert accepted
    alone.graph.wait(lambda: alone.turn() < -0.3, 30.0, 'the robot to turn the other way')
    alone.graph.set('controller_node', servo__camera_roll=1.5708)
    alone.graph.wait(
        lambda: 'lies on its side' in alone.graph.diagnostics('controller_node')['message'],
        30.0,
        'the warning in the diagnostics',
    )


# What is published on the topic, and what is expected.

CONFUSED = [
    (True, Image, 'image', 'set compressed to false'),
    (False, CompressedImage, 'image/compressed', 'set compressed to true'),
    (True, CompressedImage, 'image', 'without /compressed'),
    (False, CompressedImage, 'image', 'set compressed to true and give the name'),
]


@pytest.fixture(scope='module')
def trackers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, Graph]]:
    """Give a tracker that subscribes to raw pictures and one to compressed ones."""
    graphs = {}
    for compressed in (False, True):
        graph = Graph(tmp_path_factory.mktemp('tracker'), f'/c{int(compressed)}')
        graph.spawn('tracker_node', compressed=compressed, tracker='csrt')
        graphs[compressed] = graph
    yield graphs
    for graph in graphs.values():
        graph.close()


@pytest.mark.parametrize(('compressed', 'kind', 'topic', 'reason'), CONFUSED)
def test_compressed_and_raw_confused(
    trackers: dict[bool, Graph], compressed: bool, kind: Any, topic: str, reason: str
) -> None:
    graph = trackers[compressed]
    publisher = graph.node.create_publisher(kind, topic, qos.IMAGE)

    def is_told() -> bool:
        publisher.publish(kind(data=array.array('B', [0])))
        return reason in graph.diagnostics('tracker_node').get('message', '')

    graph.wait(is_told, 60.0, reason)
    assert graph.diagnostics('tracker_node')['level'] == 'not OK'
    graph.node.destroy_publisher(publisher)
