# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Which camera a picture has, by its topic's name, the parameters and what has arrived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')

from follow_anything.core.errors import FollowAnythingError
from follow_anything.core.geometry import PinholeCamera
from follow_anything.ros import startup
from follow_anything.ros.camera import CameraInput, Picture
from follow_anything.ros.messages import conversions
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

pytestmark = [pytest.mark.ros, pytest.mark.field]

SIZE = (64, 48)


@dataclass
class Node:
    """As much of a node as a camera needs; it subscribes to nothing by itself."""

    topic: str = '/camera/image_raw'
    camera_matrix: str = 'auto'
    horizontal_fov: float = 0.0
    time: float = 100.0
    said: list[str] = field(default_factory=list)
    heard: dict[str, Callable[[Any], None]] = field(default_factory=dict)

    @property
    def config(self) -> Any:
        return SimpleNamespace(
            camera_matrix=self.camera_matrix, horizontal_fov=self.horizontal_fov
        )

    def resolve_topic_name(self, name: str) -> str:
        return self.topic if name == 'image' else f'/camera/{name}'

    def steady_now(self) -> float:
        return self.time

    def now(self) -> float:
        return self.time

    def subscribe(self, _: Any, topic: str, callback: Callable[[Any], None], __: Any) -> None:
        def guarded(message: Any) -> None:
            try:
                callback(message)
            except FollowAnythingError as error:
                self.complain(error)

        self.heard[topic] = guarded

    def complain(self, error: Exception) -> None:
        self.said.append(str(error))

    def get_logger(self) -> Any:
        return SimpleNamespace(warning=self.said.append, info=self.said.append)

    def count_publishers(self, _: str) -> int:
        return 0

    def get_publishers_info_by_topic(self, _: str) -> list[Any]:
        return []


def camera_input(**about: Any) -> tuple[Node, CameraInput, list[Picture]]:
    node, pictures = Node(**about), []
    return node, CameraInput(node, pictures.append, compressed=False, use_depth=True), pictures


def picture(stamp: float = 100.0, size: tuple[int, int] = SIZE) -> Image:
    header = Header(stamp=conversions.time_msg(stamp), frame_id='camera')
    return conversions.image_to_msg(np.zeros((size[1], size[0], 3), np.uint8), header)


def info(**changes: Any) -> CameraInfo:
    message = CameraInfo(width=64, height=48, distortion_model='plumb_bob')
    message.k = [50.0, 0, 32.0, 0, 50.0, 24.0, 0, 0, 1.0]
    message.p = [40.0, 0, 30.0, 0, 0, 40.0, 22.0, 0, 0, 0, 1.0, 0]
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def seen(
    node: Node, camera: CameraInput, pictures: list[Picture], message: Image
) -> PinholeCamera | None:
    node.heard['image'](message)
    pictures[-1].decode()
    return camera.camera


@pytest.mark.parametrize(
    ('topic', 'matrix', 'focal'),
    [
        ('/camera/image_raw', 'auto', 50.0), ('/camera/image_rect', 'auto', 40.0),
        ('/camera/image_raw', 'P', 40.0), ('/camera/image_rect_color', 'K', 50.0),
    ],
)  # fmt: skip
def test_which_matrix_holds(topic: str, matrix: str, focal: float) -> None:
    node, camera, pictures = camera_input(topic=topic, camera_matrix=matrix)
    node.heard['camera_info'](info())
    found = seen(node, camera, pictures, picture())
    assert found is not None
    assert found.fx == focal
    assert node.said == []


@pytest.mark.parametrize(('topic', 'focal'), [('/cam/image_rect', 40.0), ('/cam/image_raw', 0.0)])
def test_p_alone_is_a_calibration_of_a_rectified_picture(topic: str, focal: float) -> None:
    node, camera, pictures = camera_input(topic=topic)
    node.heard['camera_info'](info(k=[0.0] * 9))
    found = seen(node, camera, pictures, picture())
    assert (0.0 if found is None else found.fx) == focal
    assert ('not calibrated' in camera.complaint()) is (found is None)


@pytest.mark.parametrize('given', [None, info(k=[0.0] * 9), CameraInfo()])
def test_a_field_of_view_stands_in_for_a_calibration(given: CameraInfo | None) -> None:
    node, camera, pictures = camera_input(horizontal_fov=math.pi / 2)
    if given is not None:
        node.heard['camera_info'](given)
    found = seen(node, camera, pictures, picture())
    assert found is not None
    assert (found.fx, found.cx, found.cy) == pytest.approx((32.0, 32.0, 24.0))
    assert camera.complaint() == ''
    node.heard['camera_info'](info())
    assert camera.camera is not None
    assert camera.camera.fx == 50.0


@pytest.mark.parametrize('given', [None, info(k=[0.0] * 9), CameraInfo()])
def test_without_either_there_is_no_camera_and_a_sentence(given: CameraInfo | None) -> None:
    node, camera, pictures = camera_input()
    if given is not None:
        node.heard['camera_info'](given)
    assert seen(node, camera, pictures, picture()) is None
    expected = 'no camera_info' if given is None else 'set horizontal_fov to its field of view'
    assert expected in camera.complaint()


def test_the_camera_changes_with_the_size_of_the_pictures() -> None:
    node, camera, pictures = camera_input()
    node.heard['camera_info'](info())
    for size, focal in ((SIZE, 50.0), ((32, 24), 25.0), ((128, 96), 100.0)):
        found = seen(node, camera, pictures, picture(size=size))
        assert found is not None
        assert (found.width, found.fx) == (size[0], focal)
    assert seen(node, camera, pictures, picture(size=(64, 64))) is None
    assert 'the image is 64 x 64' in camera.complaint()
    assert len(node.said) == 1


def test_depth_in_other_units_is_left_out_and_said() -> None:
    """Millimetres in 32FC1: whatever is near enough to be believed would be a mistake."""
    node, camera, pictures = camera_input()
    node.heard['camera_info'](info())
    depth = np.linspace(900.0, 9000.0, 48 * 64, dtype=np.float32).reshape(48, 64)
    depth[:20] = 0.0
    message = picture()
    node.heard['depth'](conversions.depth_to_msg(depth, message.header))
    node.heard['image'](message)
    assert pictures[-1].decode().depth is None
    assert 'no depth: all of its image lies beyond 200 m' in camera.complaint()
    node.heard['depth'](conversions.depth_to_msg(depth / 1000.0, message.header))
    node.heard['image'](message)
    assert pictures[-1].decode().depth is not None
    assert camera.complaint() == ''


def test_two_publishers_of_the_camera_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    node, camera, pictures = camera_input()
    node.heard['camera_info'](info())
    assert seen(node, camera, pictures, picture()) is not None
    for crowded in ('/camera/image_raw', '/camera/camera_info'):

        def publishers(topic: str, crowded: str = crowded) -> list[Any]:
            kind = 'Image' if 'image' in topic else 'CameraInfo'
            one = SimpleNamespace(topic_type=f'sensor_msgs/msg/{kind}')
            return [one] * (2 if topic == crowded else 1)

        monkeypatch.setattr(node, 'get_publishers_info_by_topic', publishers)
        assert f'2 publishers of {crowded}: two cameras?' in camera.complaint()


@pytest.mark.parametrize('value', [math.nan, math.inf, -3.0, 0.0])
def test_depth_without_a_value_is_said(value: float) -> None:
    """The range went by the height, and nobody knew that the sensor was covered."""
    node, camera, pictures = camera_input()
    seen(node, camera, pictures, picture())
    node.heard['camera_info'](info())
    depth = np.full((48, 64), value, np.float32)
    message = picture()
    node.heard['depth'](conversions.depth_to_msg(depth, message.header))
    seen(node, camera, pictures, message)
    assert 'no depth: no pixel of its image has a value' in camera.complaint()
    depth[5, 3] = 4.0  # beside every eighth
    node.heard['depth'](conversions.depth_to_msg(depth, message.header))
    seen(node, camera, pictures, message)
    assert camera.complaint() == ''


def test_depth_of_another_type_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """DDS drops it, and the range went by the height."""
    kinds = {'/camera/depth': ['sensor_msgs/msg/CompressedImage']}
    monkeypatch.setattr(
        Node,
        'get_publishers_info_by_topic',
        lambda _, topic: [SimpleNamespace(topic_type=kind) for kind in kinds.get(topic, ())],
    )
    node, camera, pictures = camera_input()
    node.heard['camera_info'](info())
    seen(node, camera, pictures, picture())
    assert 'no depth: /camera/depth is published as CompressedImage' in camera.complaint()
    kinds['/camera/depth'] = ['sensor_msgs/msg/Image']
    assert camera.complaint() == ''


def test_a_calibration_that_changes_is_said() -> None:
    node, camera, pictures = camera_input()
    seen(node, camera, pictures, picture())
    node.heard['camera_info'](info())
    node.heard['camera_info'](info())
    assert node.said == []
    node.heard['camera_info'](info(k=[60.0, 0, 32.0, 0, 60.0, 24.0, 0, 0, 1.0]))
    assert node.said == ['camera_info has changed: another lens, or mode?']
    assert camera.camera is not None
    assert camera.camera.fx == 60.0
    assert camera.complaint() == ''
    for focal in (50.0, 60.0) * 3:  # two cameras behind one name, or one relay
        node.heard['camera_info'](info(k=[focal, 0, 32.0, 0, focal, 24.0, 0, 0, 1.0]))
    assert len(node.said) == 1
    assert '/camera/camera_info has changed 7 times in 5 s: two cameras?' in camera.complaint()
    node.time += 6.0
    node.heard['image'](picture(stamp=node.time))
    assert camera.complaint() == ''


def test_a_calibration_of_nan_is_said_once() -> None:
    node, camera, pictures = camera_input()
    seen(node, camera, pictures, picture())
    for _ in range(5):
        node.heard['camera_info'](info(k=[math.nan] * 9))
    assert len([line for line in node.said if 'K is (nan' in line]) == 1


def test_depth_that_does_not_fit_is_left_out_and_said_once() -> None:
    node, camera, pictures = camera_input()
    node.heard['camera_info'](info())
    depth = np.full((24, 32), 3.0, np.float32)
    for _ in range(3):
        message = picture()
        node.heard['depth'](conversions.depth_to_msg(depth, message.header))
        node.heard['image'](message)
        assert pictures[-1].decode().depth is None
    assert len(node.said) == 1
    assert 'no depth: its image of 32 x 24 is not aligned' in camera.complaint()
    node.heard['depth'](conversions.depth_to_msg(np.ones((48, 64), np.float32), message.header))
    node.heard['image'](picture())
    assert pictures[-1].decode().depth is not None
    assert camera.complaint() == ''


@pytest.mark.parametrize(('late', 'said'), [(0.1, 'before'), (-0.3, 'after'), (60.0, 'before')])
def test_depth_of_another_time_is_left_out_and_said_once(late: float, said: str) -> None:
    """A depth camera that is not synchronized, or has died: the range is by the height now."""
    node, camera, pictures = camera_input()
    node.heard['camera_info'](info())
    for index in range(40):
        message = picture(100.0 + index / 30)
        node.time = 100.0 + index / 30
        header = Header(stamp=conversions.time_msg(100.0 + index / 30 - late))
        node.heard['depth'](conversions.depth_to_msg(np.ones((48, 64), np.float32), header))
        node.heard['image'](message)
        assert pictures[-1].decode().depth is None
    assert len(node.said) == 1
    assert f's {said} the picture' in camera.complaint()
    message = picture(node.time)
    node.heard['depth'](conversions.depth_to_msg(np.ones((48, 64), np.float32), message.header))
    node.heard['image'](message)
    assert pictures[-1].decode().depth is not None
    assert camera.complaint() == ''


def test_depth_of_an_unknown_encoding_is_left_out() -> None:
    node, _, pictures = camera_input()
    message = picture()
    node.heard['depth'](message)  # colours, by mistake
    node.heard['image'](message)
    assert pictures[-1].decode().depth is None
    assert 'cannot read depth encoding' in node.said[0]


@pytest.mark.parametrize(
    ('stamp', 'reason'), [(0.0, 'are 0'), (50.0, '50.0 s behind'), (130.0, '30.0 s ahead of')]
)
def test_stamps_that_say_nothing_are_told(stamp: float, reason: str) -> None:
    node, camera, pictures = camera_input()
    node.heard['camera_info'](info())
    seen(node, camera, pictures, picture(stamp))
    assert reason in camera.complaint()
    seen(node, camera, pictures, picture(100.0))
    assert camera.complaint() == ''


def test_a_click_from_before_is_older_than_us() -> None:
    node, camera, pictures = camera_input()
    assert camera.is_older_than_us(99.0, 0.0)  # no picture yet: nobody can have meant it
    seen(node, camera, pictures, picture(100.0))
    assert camera.is_older_than_us(99.0, 0.0)
    assert not camera.is_older_than_us(101.0, 0.0)
    assert camera.is_older_than_us(101.0, 102.0)


@pytest.mark.parametrize('home', [None, '/proc', ''])
def test_logs_have_a_folder_where_home_has_none(
    home: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ('ROS_LOG_DIR', 'ROS_HOME', 'HOME'):
        monkeypatch.delenv(name, raising=False)
    if home is not None:
        monkeypatch.setenv('HOME', home)
    monkeypatch.setattr(startup.tempfile, 'tempdir', str(tmp_path))
    monkeypatch.setenv('ROS_LOG_DIR', '')
    startup.ensure_log_folder()
    chosen = Path(startup.os.environ['ROS_LOG_DIR'])
    assert chosen.is_dir()
    assert chosen.is_relative_to(tmp_path)


def test_a_home_that_works_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv('ROS_LOG_DIR', raising=False)
    monkeypatch.delenv('ROS_HOME', raising=False)
    monkeypatch.setenv('HOME', str(tmp_path))
    startup.ensure_log_folder()
    assert 'ROS_LOG_DIR' not in startup.os.environ
