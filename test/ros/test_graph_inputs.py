# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever is published or set: a clear error or a counted frame, and the loop goes on."""

from __future__ import annotations

import array
from collections.abc import Callable
import math
from pathlib import Path
from typing import Any

from builtin_interfaces.msg import Time
import cv2
from diagnostic_msgs.msg import KeyValue
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from geometry_msgs.msg import Point, PointStamped
from graph import Graph
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, RegionOfInterest
from std_msgs.msg import Header, String
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

pytestmark = pytest.mark.ros

NAN = math.nan


def with_data(image: Image, size: int, **changes: Any) -> Image:
    image.data = array.array('B', bytes(size))
    for name, value in changes.items():
        setattr(image, name, value)
    return image


BAD_IMAGES: list[tuple[str, Callable[[Image], Image], str]] = [
    ('cut', lambda i: with_data(i, 1000), 'it was cut'),
    ('empty', lambda i: with_data(i, 0, width=0, height=0, step=0), 'image is empty'),
    ('no data', lambda i: with_data(i, 0), 'it was cut'),
    ('step too small', lambda i: with_data(i, 320 * 240, step=320), 'bytes a row'),
    ('encoding', lambda i: with_data(i, 320 * 240 * 2, encoding='yuv4'), 'cannot read encoding'),
    ('depth', lambda i: with_data(i, 320 * 240 * 4, encoding='32FC1'), 'Is this a depth topic?'),
    (
        'a side too long',
        lambda i: with_data(i, 70_000, width=70_000, height=1, step=70_000, encoding='mono8'),
        'has a side longer than',
    ),
]


@pytest.mark.parametrize(
    ('spoil', 'reason'), [row[1:] for row in BAD_IMAGES], ids=[row[0] for row in BAD_IMAGES]
)
def test_bad_image_is_reported_and_the_loop_goes_on(
    following: Graph, spoil: Callable[[Image], Image], reason: str
) -> None:
    errors = following.count('tracker_node', 'errors')
    done = following.count('tracker_node', 'frames_done')

    def is_reported() -> bool:
        # The newest frame wins: a bad one may be dropped before anybody looked at it.
        following.camera.send(spoil(following.camera.picture()))
        newest = following.diagnostics('tracker_node')
        return (
            following.count('tracker_node', 'errors') > errors and reason in newest['last_error']
        )

    following.wait(is_reported, 30.0, f'{reason!r} in the diagnostics')
    following.wait(
        lambda: following.count('tracker_node', 'frames_done') > done + 10, 30.0, 'more frames'
    )
    following.wait_until_moving()


def gray(image: Image) -> Image:
    return with_data(image, 320 * 240, encoding='mono8', step=320)


def deep(image: Image) -> Image:
    return with_data(image, 320 * 240 * 2, encoding='mono16', step=640)


def enormous(image: Image) -> Image:
    """Make an 8K picture: a hundred megabytes."""
    size = {'width': 7680, 'height': 4320, 'step': 3 * 7680}
    return with_data(image, 3 * 7680 * 4320, **size)


def tiny(image: Image) -> Image:
    return with_data(image, 3, width=1, height=1, step=3)


@pytest.mark.parametrize('other', [gray, deep, tiny])
def test_picture_without_the_target_holds_the_robot_without_an_error(
    following: Graph, other: Callable[[Image], Image]
) -> None:
    """Each is a picture like any other; the target is just not in it."""
    number = following.tracks[-1].id
    following.camera.running = False

    following.repeat(
        lambda: following.camera.send(other(following.camera.picture())),
        lambda: following.state in ('OCCLUDED', 'LOST'),
        'the target to be hidden',
    )
    following.wait_until_still()
    following.camera.running = True
    following.wait_until_moving()
    assert following.tracks[-1].id == number
    last_error = following.diagnostics('tracker_node').get('last_error', '')
    assert 'mono' not in last_error
    assert '1 x 1' not in last_error


def test_8k_pictures_do_no_harm(following: Graph) -> None:
    """They are larger than the shared memory: lost, dropped or looked at, but never fatal."""
    for _ in range(3):
        following.camera.send(enormous(following.camera.picture()))
    done = following.count('tracker_node', 'frames_done')
    following.wait(
        lambda: following.count('tracker_node', 'frames_done') > done + 10, 60.0, 'more frames'
    )
    following.wait_until_moving()
    assert all(following.is_alive(name) for name in following.processes)


def test_out_of_order_pictures_are_counted(following: Graph) -> None:
    late = following.count('tracker_node', 'frames_out_of_order')
    tracks = len(following.tracks)

    def send_late() -> None:
        image = following.camera.picture()
        image.header.stamp = conversions.time_msg(following.now() - 0.5)
        following.camera.send(image)

    following.repeat(
        send_late,
        lambda: following.count('tracker_node', 'frames_out_of_order') > late + 3,
        'late frames in the diagnostics',
    )
    stamps = [conversions.seconds(track.header.stamp) for track in following.tracks[tracks:]]
    assert stamps == sorted(stamps), 'a late frame was published as the newest track'
    following.wait_until_moving()
    assert following.state == 'TRACKING'


def test_uncalibrated_camera_is_reported(following: Graph) -> None:
    errors = following.count('tracker_node', 'errors')
    infos = following.publisher(CameraInfo, 'camera_info', qos.IMAGE)

    following.repeat(
        lambda: infos.publish(CameraInfo()),
        lambda: following.has_reported('tracker_node', 'calibrated', errors),
        'the missing calibration in the diagnostics',
    )
    following.wait_until_moving()


REFUSED_QUERIES = [
    ('query/click', PointStamped(point=Point(x=320.0, y=5.0)), 'outside the 320 x 240 image'),
    ('query/click', PointStamped(point=Point(x=-1.0, y=5.0)), 'outside the 320 x 240 image'),
    ('query/click', PointStamped(point=Point(x=NAN, y=5.0)), 'click must be finite'),
    ('query/box', RegionOfInterest(x_offset=5, y_offset=5), 'needs a size'),
    ('query/box', RegionOfInterest(x_offset=900, width=9, height=9), 'outside the 320 x 240'),
    ('query/text', String(data=''), 'at least one word'),
    ('query/text', String(data='x' * 10_000), 'at most 512 characters'),
    ('query/text', String(data='a red car'), 'cannot read'),
    ('query/image', Image(), 'cannot read encoding'),
    ('image_mouse_left', Point(x=1e9, y=5.0), 'outside the 320 x 240 image'),
    ('image/mouse_click', PointStamped(point=Point(y=240.0)), 'outside the 320 x 240 image'),
]


@pytest.mark.parametrize(('topic', 'message', 'reason'), REFUSED_QUERIES)
def test_query_is_refused_and_the_old_one_stays(
    following: Graph, topic: str, message: Any, reason: str
) -> None:
    queries = following.fresh_count('detector_node', 'query_number')
    number = following.tracks[-1].id
    errors = following.count('detector_node', 'errors')
    publisher = following.publisher(type(message), topic, qos.QUERY)
    following.wait(lambda: publisher.get_subscription_count() > 0, 30.0, f'{topic} subscribed')
    publisher.publish(message)
    following.wait_for_error('detector_node', reason, errors)
    following.wait_until_moving()
    assert following.state == 'TRACKING'
    assert following.tracks[-1].id == number
    assert following.fresh_count('detector_node', 'query_number') == queries


@pytest.mark.parametrize('topic', ['image_mouse_left', 'image/mouse_click'])
def test_clicks_of_other_tools_are_accepted(following: Graph, topic: str) -> None:
    x, y = following.camera.click_target()
    point = Point(x=float(x), y=float(y))
    message = point if topic.endswith('left') else PointStamped(point=point)
    number, publisher = following.tracks[-1].id, following.publisher(type(message), topic, 10)
    following.wait(lambda: publisher.get_subscription_count() > 0, 30.0, f'{topic} subscribed')
    publisher.publish(message)
    following.wait(lambda: following.tracks[-1].id != number, 30.0, 'a new target')
    following.wait_for_state('TRACKING')


def test_box_is_accepted(following: Graph) -> None:
    x, y, width, height = following.camera.scene.box(following.camera.index).xywh
    boxes = following.publisher(RegionOfInterest, 'query/box', qos.QUERY)
    following.wait(lambda: boxes.get_subscription_count() > 0, 30.0, 'a subscription')
    number = following.tracks[-1].id
    boxes.publish(
        RegionOfInterest(x_offset=int(x), y_offset=int(y), width=int(width), height=int(height))
    )
    following.wait(lambda: following.tracks[-1].id != number, 30.0, 'a new target')
    following.wait_for_state('TRACKING')


def spoilt_track(**place: float) -> Detection2D:
    track = Detection2D(id='1', header=Header(stamp=Time(sec=2_000_000_000)))
    result = ObjectHypothesisWithPose()
    result.pose.pose.position.x, result.pose.pose.position.z = place.get('x', 0.0), 5.0
    result.hypothesis.score = place.get('score', 1.0)
    track.results = [result]
    track.bbox.size_x = track.bbox.size_y = place.get('size', 10.0)
    return track


@pytest.mark.parametrize(
    ('node', 'topic', 'message', 'reason'),
    [
        ('controller_node', 'track', spoilt_track(x=NAN), 'must be finite'),
        ('controller_node', 'track', spoilt_track(size=NAN), 'box must be finite'),
        ('controller_node', 'track', spoilt_track(score=NAN), 'presence'),
        ('controller_node', 'track', Detection2D(id='someone else'), 'whole number'),
        ('tracker_node', 'query/accepted', KeyValue(key='?'), 'query/accepted'),
        ('detector_node', 'state', String(data='BORED'), 'state must be one of'),
        (
            'tracker_node',
            'detections',
            Detection2DArray(detections=[Detection2D()]),
            'box must have x2 > x1',
        ),
    ],
)
def test_message_of_a_stranger_is_reported(
    following: Graph, node: str, topic: str, message: Any, reason: str
) -> None:
    errors = following.count(node, 'errors')
    profile = qos.LATCHED if topic in ('state', 'query/accepted') else qos.COMMAND
    publisher = following.publisher(type(message), topic, profile)
    following.wait(lambda: publisher.get_subscription_count() > 0, 30.0, f'{topic} subscribed')
    publisher.publish(message)
    following.wait_for_error(node, reason, errors)
    following.wait_until_moving()


def test_detection_outside_the_image_does_no_harm(following: Graph) -> None:
    """A foreign detector answers while the tracker is looking for its target."""
    following.camera.running = False
    publisher = following.publisher(Detection2DArray, 'detections', qos.COMMAND)
    detection = Detection2D()
    detection.bbox.center.position.x = detection.bbox.center.position.y = 5000.0
    detection.bbox.size_x = detection.bbox.size_y = 10.0
    blank = np.zeros((240, 320, 3), np.uint8)
    done = following.count('tracker_node', 'frames_done')

    def answer() -> None:
        header = Header(stamp=following.camera.stamp())
        following.camera.send(conversions.image_to_msg(blank, header))
        publisher.publish(Detection2DArray(header=header, detections=[detection]))

    following.repeat(
        answer,
        lambda: following.count('tracker_node', 'frames_done') > done + 15,
        'frames with such detections',
    )
    following.camera.running = True
    following.wait_until_moving()


def test_compressed_pictures_up_to_8k_are_read_and_cut_ones_reported(tmp_path: Path) -> None:
    """An 8K picture that does arrive: as JPEG it is small enough for any transport."""
    graph = Graph(tmp_path, '/jpeg')
    images = graph.publisher(CompressedImage, 'image/compressed', qos.IMAGE)
    _, encoded = cv2.imencode('.jpg', np.full((4320, 7680, 3), 90, np.uint8))
    whole = array.array('B', encoded.tobytes())

    def send(data: array.array[int]) -> None:
        header = Header(stamp=graph.node.get_clock().now().to_msg())
        images.publish(CompressedImage(header=header, format='jpeg', data=data))

    try:
        graph.start('tracker_node', compressed=True)
        graph.repeat(
            lambda: send(whole),
            lambda: graph.count('tracker_node', 'frames_done') >= 3,
            '8K pictures to be read',
        )
        assert graph.count('tracker_node', 'errors') == 0
        graph.repeat(
            lambda: send(whole[:200]),
            lambda: graph.has_reported('tracker_node', 'cannot decode', 0),
            'cut pictures to be reported',
        )
        done = graph.count('tracker_node', 'frames_done')
        graph.repeat(
            lambda: send(whole),
            lambda: graph.count('tracker_node', 'frames_done') >= done + 3,
            'whole pictures to be read again',
        )
    finally:
        graph.close()
