# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Messages become the types of core/ and come back; what lies is refused with a reason."""

from __future__ import annotations

import array
from dataclasses import replace
import math
from typing import Any

import cv2
from follow_anything.core.config import ServoConfig
from follow_anything.core.errors import BadImage, InvalidInput
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.servo import Servo
from follow_anything.core.types import (
    Box,
    Detections,
    Frame,
    Rated,
    Target,
    TargetState,
    VelocityCommand,
)
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')
pytest.importorskip('vision_msgs.msg', reason='vision_msgs is not compiled: run `make setup`')

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import KeyValue
from follow_anything.io.pixels import eight_bits
from follow_anything.ros.messages import conversions, pictures, targets
from follow_anything.ros.messages.conversions import Accepted
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

pytestmark = pytest.mark.ros

WIDTH, HEIGHT = 5, 4
NAN, INF = math.nan, math.inf
RGB = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
GRAY = np.arange(HEIGHT * WIDTH, dtype=np.uint8).reshape(HEIGHT, WIDTH) * 12
DEEP = np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH) * 3000
OPAQUE = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
HEADER = Header(frame_id='camera', stamp=Time(sec=12, nanosec=345_678_901))


def message(encoding: str, pixels: np.ndarray, *, padding: int = 0, big: bool = False) -> Image:
    """Make an image message from an array of the encoding's own layout."""
    kind = pixels.dtype.newbyteorder('>' if big else '<')
    rows = np.ascontiguousarray(pixels.astype(kind)).view(np.uint8).reshape(len(pixels), -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xAB)
    return Image(
        header=HEADER,
        height=pixels.shape[0],
        width=pixels.shape[1],
        encoding=encoding,
        is_bigendian=int(big),
        step=rows.shape[1],
        data=array.array('B', rows.tobytes()),
    )


def gray3(gray: np.ndarray) -> np.ndarray:
    return np.repeat(gray[..., None], 3, axis=2)


STRETCHED = gray3(eight_bits(DEEP, color=False))

PICTURES = [
    ('rgb8', RGB, RGB),
    ('bgr8', RGB[..., ::-1], RGB),
    ('8UC3', RGB[..., ::-1], RGB),
    ('rgba8', np.concatenate([RGB, OPAQUE], axis=2), RGB),
    ('bgra8', np.concatenate([RGB[..., ::-1], OPAQUE], axis=2), RGB),
    ('mono8', GRAY, gray3(GRAY)),
    ('8UC1', GRAY, gray3(GRAY)),
    ('mono16', DEEP, STRETCHED),
    ('16UC1', DEEP, STRETCHED),
]


@pytest.mark.parametrize('padding', [0, 2, 6])
@pytest.mark.parametrize('big', [False, True], ids=['little', 'big'])
@pytest.mark.parametrize(('encoding', 'pixels', 'expected'), PICTURES, ids=lambda p: str(p)[:6])
def test_picture_becomes_rgb(
    encoding: str, pixels: np.ndarray, expected: np.ndarray, big: bool, padding: int
) -> None:
    rgb = conversions.rgb_from_msg(message(encoding, pixels, padding=padding, big=big))
    assert rgb.dtype == np.uint8
    np.testing.assert_array_equal(rgb, expected)
    Frame(0.0, rgb)


@pytest.mark.parametrize('encoding', ['mono16', '16UC1'])
def test_black_16_bit_picture_is_black(encoding: str) -> None:
    assert not conversions.rgb_from_msg(message(encoding, np.zeros((4, 5), np.uint16))).any()


def spoilt(**changes: Any) -> Image:
    image = message('rgb8', RGB)
    for name, value in changes.items():
        setattr(image, name, value)
    return image


SPOILT = [
    ({'data': array.array('B')}, 'it was cut'),
    ({'data': array.array('B', bytes(59))}, 'it was cut'),
    ({'width': 0}, 'empty'),
    ({'height': 0}, 'empty'),
    ({'width': 0, 'height': 0, 'step': 0, 'data': array.array('B')}, 'empty'),
    ({'step': 14}, 'bytes a row'),
    ({'step': 0}, 'bytes a row'),
    ({'width': 6}, 'bytes a row'),
    ({'height': 5}, 'it was cut'),
    ({'width': 2**32 - 1, 'height': 2**32 - 1}, 'bytes a row'),
    ({'height': 2**32 - 1}, 'it was cut'),
    ({'step': 2**32 - 1}, 'it was cut'),
    ({'encoding': ''}, 'cannot read encoding'),
    ({'encoding': '32FC1'}, 'depth topic'),
    ({'encoding': '64FC4'}, 'cannot read encoding'),
    ({'encoding': 'RGB9'}, 'cannot read encoding'),
    ({'encoding': 'yuv422_yuy2'}, 'even width'),
    ({'encoding': '9UC3'}, 'cannot read encoding'),
    ({'encoding': '8UC0'}, 'cannot read encoding'),
    ({'encoding': 'jpeg; rm -rf /'}, 'cannot read encoding'),
    ({'encoding': 'rgba8'}, 'bytes a row'),
    ({'encoding': 'mono16', 'width': 20}, 'bytes a row'),
]


UNNAMED_ENCODINGS = ['8UC1', '8UC2', '8UC9', '16UC4', '32FC1', 'nonsense']


@pytest.mark.parametrize(('changes', 'reason'), SPOILT)
def test_spoilt_picture_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadImage, match=reason):
        conversions.rgb_from_msg(spoilt(**changes))


@given(
    encoding=st.sampled_from([*pictures.ENCODINGS, *UNNAMED_ENCODINGS]),
    width=st.integers(0, 40),
    height=st.integers(0, 40),
    step=st.integers(0, 400),
    size=st.integers(0, 9000),
    big=st.booleans(),
)
def test_any_header_gives_a_picture_or_a_reason(
    encoding: str, width: int, height: int, step: int, size: int, big: bool
) -> None:
    image = Image(height=height, width=width, encoding=encoding, step=step, is_bigendian=int(big))
    image.data = array.array('B', bytes(size))
    try:
        rgb = conversions.rgb_from_msg(image)
    except BadImage:
        return
    assert rgb.shape == (height, width, 3)


def test_rgb_is_not_copied() -> None:
    image = message('rgb8', RGB)
    assert np.shares_memory(conversions.rgb_from_msg(image), np.frombuffer(image.data, np.uint8))


@pytest.mark.parametrize('suffix', ['.png', '.jpg'])
def test_compressed_picture(suffix: str) -> None:
    smooth = cv2.resize(RGB, (64, 48), interpolation=cv2.INTER_LINEAR)
    _, encoded = cv2.imencode(suffix, smooth[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 100])
    image = CompressedImage(format=suffix, data=array.array('B', encoded.tobytes()))
    rgb = conversions.rgb_from_compressed(image)
    np.testing.assert_allclose(rgb.astype(int), smooth.astype(int), atol=12)


@pytest.mark.parametrize(
    'data', [b'', b'\x00', b'not an image', b'\xff\xd8\xff\xe0' + bytes(50), b'\x89PNG\r\n\x1a\n']
)
def test_spoilt_compressed_picture_is_refused(data: bytes) -> None:
    image = CompressedImage(format='jpeg', data=array.array('B', data))
    with pytest.raises(BadImage, match='cannot decode'):
        conversions.rgb_from_compressed(image)


def test_png_that_promises_too_much_is_refused() -> None:
    """A header of a few bytes must not ask for gigabytes."""
    _, encoded = cv2.imencode('.png', np.zeros((2, 2, 3), np.uint8))
    data = bytearray(encoded.tobytes())
    data[16:24] = (60_000).to_bytes(4, 'big') * 2
    with pytest.raises(BadImage, match='cannot decode'):
        conversions.rgb_from_compressed(
            CompressedImage(format='png', data=array.array('B', bytes(data)))
        )


def test_picture_goes_out_and_comes_back() -> None:
    image = conversions.image_to_msg(RGB[:, ::-1], HEADER)
    assert (image.encoding, image.step, image.header) == ('rgb8', 15, HEADER)
    np.testing.assert_array_equal(conversions.rgb_from_msg(image), RGB[:, ::-1])


@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('padding', [0, 4])
def test_depth_in_meters_and_in_millimeters(padding: int, big: bool) -> None:
    meters = np.array([[0.0, NAN, 1.5], [INF, 0.25, 100.0]], np.float32)
    image = message('32FC1', meters, padding=padding, big=big)
    depth = conversions.depth_from_msg(image)
    np.testing.assert_array_equal(depth, meters)
    Frame(0.0, np.zeros((2, 3, 3), np.uint8), depth)
    millimeters = np.array([[65535, 1500], [250, 65534]], np.uint16)
    for encoding in ('16UC1', 'mono16'):
        image = message(encoding, millimeters, padding=padding, big=big)
        np.testing.assert_allclose(
            conversions.depth_from_msg(image), [[0.0, 1.5], [0.25, 65.534]], rtol=1e-6
        )


def test_depth_goes_out_and_comes_back() -> None:
    depth = np.array([[0.0, NAN, 1.5], [2.0, 0.25, 100.0]], np.float64)
    image = conversions.depth_to_msg(depth, HEADER)
    assert image.encoding == '32FC1'
    np.testing.assert_array_equal(conversions.depth_from_msg(image), depth)


@pytest.mark.parametrize('encoding', ['rgb8', 'mono8', '64FC1', ''])
def test_picture_is_no_depth(encoding: str) -> None:
    with pytest.raises(BadImage, match='32FC1 or 16UC1'):
        conversions.depth_from_msg(Image(encoding=encoding, width=1, height=1, step=3))


@given(st.floats(0, 2**31 - 2))
def test_stamp_goes_out_and_comes_back(stamp: float) -> None:
    back = conversions.time_msg(stamp)
    assert 0 <= back.nanosec < 10**9
    assert conversions.seconds(back) == pytest.approx(stamp, abs=5e-7)


@pytest.mark.parametrize(
    ('stamp', 'expected'),
    [(0.0, (0, 0)), (1.25, (1, 250_000_000)), (1.9999999999, (2, 0)), (-0.25, (-1, 750_000_000))],
)
def test_stamp(stamp: float, expected: tuple[int, int]) -> None:
    message = conversions.time_msg(stamp)
    assert (message.sec, message.nanosec) == expected


@given(st.integers(0, 2**31 - 1), st.integers(0, 10**9 - 1))
def test_two_conversions_of_one_stamp_agree(sec: int, nanosec: int) -> None:
    """Frames are found by stamp: camera to detector to tracker must not lose it."""
    stamp = conversions.seconds(Time(sec=sec, nanosec=nanosec))
    assert abs(conversions.seconds(conversions.time_msg(stamp)) - stamp) < 1e-6


def test_camera_goes_out_and_comes_back() -> None:
    camera = PinholeCamera(640, 480, 500.0, 510.0, 320.5, 239.5)
    info = conversions.camera_to_msg(camera, HEADER)
    assert conversions.camera_from_msg(info) == camera
    assert (info.p[0], info.p[5], info.p[2], info.p[6]) == (500.0, 510.0, 320.5, 239.5)


@pytest.mark.parametrize(
    'changes',
    [
        {},  # an uncalibrated camera publishes zeros
        {'width': 640, 'height': 480, 'k': [0.0] * 9},
        {'width': 0, 'height': 480, 'k': [1.0] * 9},
        {'width': 640, 'height': 480, 'k': [NAN] + [1.0] * 8},
        {'width': 640, 'height': 480, 'k': [1.0, 0.0, INF, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]},
        {'width': 640, 'height': 480, 'k': [-1.0] + [1.0] * 8},
    ],
)
def test_uncalibrated_camera_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match='calibrated'):
        conversions.camera_from_msg(CameraInfo(**changes))


@given(st.integers(0, 10**9), st.booleans(), st.text(), st.integers(0, 2**31))
def test_accepted_query_goes_out_and_comes_back(
    number: int, explicit: bool, text: str, at: int
) -> None:
    line = text.replace('\n', ' ')
    for words in ({}, {'texts': ('a car', 'Ärmel "x"'), 'negatives': ('a\nbus',)}):
        accepted = Accepted(number, explicit, text, at + 0.25, **words)
        back = conversions.accepted_from_msg(conversions.accepted_to_msg(accepted))
        assert back == replace(accepted, understood=line)


@pytest.mark.parametrize(
    'words',
    ['{', '[]', '{}', '3', '{"texts": ["a"]}', '{"texts": [1], "negatives": []}',
     '{"texts": [""], "negatives": []}', '{"texts": null, "negatives": []}', '[' * 100_000],
)  # fmt: skip
def test_words_of_an_accepted_query_that_lie_are_refused(words: str) -> None:
    message = KeyValue(key='described 3', value='looking for a car\n' + words)
    with pytest.raises(InvalidInput, match='texts'):
        conversions.accepted_from_msg(message)


def test_forgotten_query_goes_out_and_comes_back() -> None:
    forgotten = Accepted(3, False, '', 1712.25, forgotten=True)
    message = conversions.accepted_to_msg(forgotten)
    assert message.key == 'forgotten 3 1712.250000'
    assert conversions.accepted_from_msg(message) == forgotten
    assert conversions.accepted_from_msg(KeyValue(key='pointed 3')) == Accepted(3, True, '')


@pytest.mark.field
@pytest.mark.parametrize(
    ('given', 'expected'),
    [('query 3', 3), ('7', None), ('person_3', None), ('', None), ('query x', None), ('²', None)],
)
def test_the_id_of_a_foreign_detector_is_no_query(given: str, expected: int | None) -> None:
    message = Detection2DArray(detections=[Detection2D(id=given)])
    assert conversions.query_number_of(message) == expected
    assert conversions.query_number_of(Detection2DArray()) is None


@pytest.mark.field
@pytest.mark.parametrize(
    ('turn', 'size'),
    [
        (0.0, (20.0, 60.0)), (math.pi / 2, (60.0, 20.0)), (-math.pi, (20.0, 60.0)),
        (math.pi / 4, (80 / math.sqrt(2), 80 / math.sqrt(2))),
    ],
)  # fmt: skip
def test_the_turned_box_of_a_foreign_detector_is_enclosed(
    turn: float, size: tuple[float, float]
) -> None:
    detection = Detection2D()
    detection.bbox.center.position.x, detection.bbox.center.position.y = 100.0, 90.0
    detection.bbox.size_x, detection.bbox.size_y = 20.0, 60.0
    detection.bbox.center.theta = turn
    box = conversions.detections_from_msg(Detection2DArray(detections=[detection])).box(0)
    assert box.center == pytest.approx((100.0, 90.0))
    assert (box.width, box.height) == pytest.approx(size)


@pytest.mark.field
@pytest.mark.parametrize('turn', [math.nan, math.inf])
def test_a_turn_that_is_none_is_refused(turn: float) -> None:
    detection = Detection2D()
    detection.bbox.size_x = detection.bbox.size_y = 20.0
    detection.bbox.center.theta = turn
    with pytest.raises(InvalidInput, match='finite'):
        conversions.detections_from_msg(Detection2DArray(detections=[detection]))


@pytest.mark.parametrize(
    'key',
    ['', 'pointed', 'pointed x', 'pointed -1', 'shown 3', '3', 'pointed 3 x', 'pointed 3 4 5'],
)
def test_foreign_acceptance_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match='query/accepted'):
        conversions.accepted_from_msg(KeyValue(key=key))


@given(
    st.lists(
        st.tuples(
            st.floats(-100, 500), st.floats(-100, 500), st.floats(1.01, 500), st.floats(0.5, 500),
            st.floats(0, 1),
        ),
        max_size=8,
    )
)  # fmt: skip
def test_detections_go_out_and_come_back(rows: list[tuple[float, ...]]) -> None:
    rows.sort(key=lambda row: -row[4])
    boxes = [Box.from_xywh(*row[:4]).xyxy for row in rows]
    sent = Detections(
        12.5, np.array(boxes).reshape(-1, 4), np.array([row[4] for row in rows]), 'a cat'
    )
    header = Header(stamp=conversions.time_msg(12.5))
    message = conversions.detections_to_msg(sent, header, 7)
    assert {detection.id for detection in message.detections} <= {'query 7'}
    back = conversions.detections_from_msg(message)
    assert back.stamp == 12.5
    np.testing.assert_allclose(back.boxes, sent.boxes, atol=1e-6)
    np.testing.assert_allclose(back.scores, sent.scores)
    assert back.label == ('a cat' if rows else '')


def detection(
    box: tuple[float, ...] = (10.0, 10.0, 4.0, 6.0), scores: tuple[float, ...] = (0.5,)
) -> Detection2D:
    made = Detection2D()
    made.bbox.center.position.x, made.bbox.center.position.y = box[:2]
    made.bbox.size_x, made.bbox.size_y = box[2:]
    for score in scores:
        result = ObjectHypothesisWithPose()
        result.hypothesis.score = score
        made.results.append(result)
    return made


def test_foreign_detections_are_sorted_and_may_lack_a_score() -> None:
    rows = [detection(scores=(0.2, 0.3)), detection(scores=()), detection(scores=(0.9,))]
    assert conversions.detections_from_msg(Detection2DArray(detections=rows)).scores.tolist() == [
        0.9,
        0.3,
        0.0,
    ]


@pytest.mark.parametrize(
    'spoilt',
    [
        detection((NAN, 10.0, 4.0, 6.0)),
        detection((10.0, INF, 4.0, 6.0)),
        detection((10.0, 10.0, 0.0, 6.0)),
        detection((10.0, 10.0, 4.0, -6.0)),
        detection((10.0, 10.0, NAN, 6.0)),
        detection(scores=(NAN,)),
        detection(scores=(INF,)),
    ],
)
def test_foreign_detections_that_are_no_boxes_are_refused(spoilt: Detection2D) -> None:
    with pytest.raises(InvalidInput):
        conversions.detections_from_msg(Detection2DArray(detections=[detection(), spoilt]))


@pytest.mark.field
def test_scores_in_percent_are_refused() -> None:
    """All of them were above every threshold: what a detector held for nothing was followed."""
    rows = [detection(scores=(7.0,)), detection(scores=(90.0,))]
    with pytest.raises(InvalidInput, match=r'in \[0, 1\], got 90; is it in percent'):
        conversions.detections_from_msg(Detection2DArray(detections=rows))
    certain = Detection2DArray(detections=[detection(scores=(1.0 + 1e-7,))])
    assert len(conversions.detections_from_msg(certain)) == 1


@pytest.mark.field
def test_boxes_in_shares_of_the_picture_are_refused() -> None:
    """Detectors' own files are written so; the target would be the picture's corner."""
    row = detection()
    row.bbox.center.position.x, row.bbox.center.position.y = 0.5, 0.4
    row.bbox.size_x, row.bbox.size_y = 0.2, 0.5
    with pytest.raises(InvalidInput, match=r'in pixels, are these shares.*0\.4'):
        conversions.detections_from_msg(Detection2DArray(detections=[row]))
    assert len(conversions.detections_from_msg(Detection2DArray(detections=[row, detection()])))


POSITION = np.array([0.5, -0.25, 6.0])


def target(state: TargetState, **changes: Any) -> Target:
    known: dict[str, Any] = {
        'box': Box(10, 20, 30, 60), 'presence': 0.75, 'position': POSITION, 'range_std': 0.5,
    }  # fmt: skip
    return Target(12.5, state, 3, **{**known, **changes})


def there_and_back(sent: Target) -> Target:
    header = Header(stamp=conversions.time_msg(sent.stamp))
    return targets.target_from_msg(targets.target_to_msg(sent, header))


def test_followed_target_goes_out_and_comes_back() -> None:
    back = there_and_back(target(TargetState.TRACKING))
    assert (back.stamp, back.state, back.target_id) == (12.5, TargetState.TRACKING, 3)
    assert back.box is not None
    assert back.box.xyxy == pytest.approx((10, 20, 30, 60))
    assert (back.presence, back.range_std) == (0.75, 0.5)
    assert back.position is not None
    np.testing.assert_allclose(back.position, POSITION)


def test_who_is_alike_and_near_is_told_at_the_other_end() -> None:
    assert there_and_back(target(TargetState.TRACKING)).alike_near == 0.0
    back = there_and_back(target(TargetState.TRACKING, alike_near=0.25))
    assert (back.alike_near, back.presence) == (0.25, 0.75)
    message = targets.target_to_msg(target(TargetState.TRACKING, alike_near=0.25), HEADER)
    message.results[1].hypothesis.score = NAN
    with pytest.raises(InvalidInput, match='alike_near'):
        targets.target_from_msg(message)


def test_unknown_range_stays_unknown() -> None:
    back = there_and_back(target(TargetState.TRACKING, range_std=INF))
    assert math.isinf(back.range_std)
    assert back.position is not None


def test_target_without_a_position_has_none() -> None:
    assert there_and_back(target(TargetState.TRACKING, position=None)).position is None


@pytest.mark.parametrize('state', [s for s in TargetState if not s.may_move])
def test_only_a_followed_target_moves_a_robot_at_the_other_end(state: TargetState) -> None:
    for box in (None, Box(10, 20, 30, 60)):
        for position in (None, POSITION):
            back = there_and_back(target(state, box=box, position=position))
            assert not back.state.may_move
            assert back.position is None
            assert back.target_id == (0 if state is TargetState.IDLE else 3)


@pytest.mark.parametrize('box', [Box(10, 20, 30, 60), None])
def test_an_ambiguous_target_is_not_searched_for_at_the_other_end(box: Box | None) -> None:
    rated = Rated(1, Box(90, 20, 110, 60), 0.5), Rated(2, Box(10, 20, 30, 60), 0.5)
    for state, moves in ((TargetState.LOST, True), (TargetState.AMBIGUOUS, False)):
        servo, now = Servo(ServoConfig(search_yaw_rate=0.5, search_after=0.0)), 12.5
        servo.observe(there_and_back(target(TargetState.TRACKING)))
        for _ in range(20):
            now += 0.05
            sent = replace(target(state, box=box, candidates=rated), stamp=now)
            servo.observe(there_and_back(sent))
            command = servo.command(now)
        assert (not command.is_zero) is moves


def test_idle_is_told_from_hidden() -> None:
    assert there_and_back(target(TargetState.IDLE)).state is TargetState.IDLE
    assert there_and_back(target(TargetState.LOST, box=None)).state is not TargetState.IDLE


def tracked(**place: float) -> Detection2D:
    message = targets.target_to_msg(target(TargetState.TRACKING), HEADER)
    for name, value in place.items():
        if name == 'score':
            message.results[0].hypothesis.score = value
        elif name == 'variance':
            message.results[0].pose.covariance[14] = value
        elif name.startswith('size'):
            setattr(message.bbox, name, value)
        else:
            setattr(message.results[0].pose.pose.position, name, value)
    return message


@pytest.mark.parametrize(
    'place',
    [
        {'x': NAN}, {'y': INF}, {'z': NAN}, {'variance': NAN}, {'variance': -1.0},
        {'score': NAN}, {'size_x': NAN}, {'size_y': -5.0}, {'size_x': INF},
    ],
)  # fmt: skip
def test_track_that_is_no_number_is_refused(place: dict[str, float]) -> None:
    with pytest.raises(InvalidInput):
        targets.target_from_msg(tracked(**place))


@pytest.mark.parametrize('number', ['x', '-1', '1.5', ' ', 'target-1'])
def test_track_with_a_foreign_id_is_refused(number: str) -> None:
    message = tracked()
    message.id = number
    with pytest.raises(InvalidInput, match='id'):
        targets.target_from_msg(message)


def test_pose_is_where_the_target_is() -> None:
    pose = targets.pose_to_msg(target(TargetState.TRACKING), HEADER)
    place = pose.pose.position
    assert (place.x, place.y, place.z) == tuple(POSITION)
    assert pose.pose.orientation.w == 1.0
    assert pose.header == HEADER


def test_command_keeps_its_axes() -> None:
    command = VelocityCommand(1.0, 2.0, 3.0, 4.0)
    twist = conversions.twist_from_command(command)
    linear, angular = twist.linear, twist.angular
    assert (linear.x, linear.y, linear.z) == (1.0, 2.0, 3.0)
    assert (angular.x, angular.y, angular.z) == (0.0, 0.0, 4.0)
    stamped = conversions.twist_stamped_from_command(command, HEADER)
    assert stamped == TwistStamped(header=HEADER, twist=twist)


def test_doubt_of_the_pose_lies_along_the_ray() -> None:
    message = targets.pose_with_covariance_to_msg(target(TargetState.TRACKING), HEADER)
    place = message.pose.pose.position
    assert (place.x, place.y, place.z) == tuple(POSITION)
    assert message.header == HEADER
    covariance = np.reshape(message.pose.covariance, (6, 6))
    np.testing.assert_allclose(covariance, covariance.T)
    ray = POSITION / np.linalg.norm(POSITION)
    std = target(TargetState.TRACKING).range_std
    assert ray @ covariance[:3, :3] @ ray == pytest.approx(std**2)
    across = np.cross(ray, [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across)
    assert across @ covariance[:3, :3] @ across == pytest.approx(
        (0.02 * np.linalg.norm(POSITION)) ** 2
    )
    assert (np.linalg.eigvalsh(covariance) > 0).all()


def test_pose_of_unknown_range_says_so() -> None:
    there = target(TargetState.TRACKING, range_std=INF)
    covariance = targets.pose_with_covariance_to_msg(there, HEADER).pose.covariance
    assert np.isfinite(covariance).all()
    assert np.linalg.eigvalsh(np.reshape(covariance, (6, 6))[:3, :3]).max() > 1e11


def odometry(yaw: float = 0.5, **changes: float) -> Odometry:
    message = Odometry(header=HEADER)
    place, turn = message.pose.pose.position, message.pose.pose.orientation
    place.x, place.y, place.z = 1.0, 2.0, 3.0
    turn.z, turn.w = math.sin(yaw / 2), math.cos(yaw / 2)
    message.twist.twist.linear.x = 2.0
    for name, value in changes.items():
        setattr(turn if name == 'w' else place, name, value)
    return message


def test_pose_of_odometry_has_its_velocity_along_the_world() -> None:
    pose = conversions.pose_from_odometry(odometry(0.5))
    np.testing.assert_allclose(pose.position, [1.0, 2.0, 3.0])
    assert pose.yaw == pytest.approx(0.5)
    np.testing.assert_allclose(pose.velocity, [2 * math.cos(0.5), 2 * math.sin(0.5), 0], atol=1e-9)
    assert pose.stamp == conversions.seconds(HEADER.stamp)


@pytest.mark.parametrize('changes', [{'x': NAN}, {'z': INF}, {'w': NAN}, {'w': 5.0}])
def test_odometry_that_is_no_number_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match='odom'):
        conversions.pose_from_odometry(odometry(**changes))


def test_every_detection_keeps_its_own_label() -> None:
    boxes = np.array([[0, 0, 4, 4], [5, 5, 9, 9]], np.float32)
    found = Detections(1.0, boxes, np.array([0.9, 0.8]), 'any', labels=('a car', 'a van'))
    message = conversions.detections_to_msg(found, Header(), 3)
    assert [each.results[0].hypothesis.class_id for each in message.detections] == [
        'a car',
        'a van',
    ]
    assert conversions.detections_from_msg(message).labels == ('a car', 'a van')


def test_masks_become_one_picture_of_numbers() -> None:
    masks = np.zeros((2, 4, 6), np.bool_)
    masks[0, :2], masks[1, 1:] = True, True
    boxes = np.array([[0, 0, 6, 2], [0, 1, 6, 4]], np.float32)
    found = Detections(1.0, boxes, np.array([0.9, 0.8]), masks=masks)
    message = conversions.masks_to_msg(found, (6, 4), Header(frame_id='camera'))
    assert (message.width, message.height, message.encoding) == (6, 4, 'mono8')
    pixels = np.frombuffer(message.data, np.uint8).reshape(4, 6)
    assert pixels[:, 0].tolist() == [1, 1, 2, 2], 'the better one is on top'
    empty = conversions.masks_to_msg(Detections.empty(1.0), (6, 4), Header())
    assert not np.frombuffer(empty.data, np.uint8).any()
