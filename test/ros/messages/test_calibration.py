# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A pixel's direction is the true one, or there is none and a sentence why."""

from __future__ import annotations

import math
from typing import Any

import cv2
from follow_anything.core.errors import InvalidInput
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.lens import Lens, lens_from
from follow_anything.core.types import Box, Frame
from follow_anything.core.world.ranging import locate
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')

from follow_anything.ros.messages.calibration import (
    camera_from_msg,
    camera_to_msg,
    is_calibrated,
    is_rectified_topic,
)
from sensor_msgs.msg import CameraInfo, RegionOfInterest
from std_msgs.msg import Header

pytestmark = [pytest.mark.ros, pytest.mark.field]

PLUMB_BOB = [-0.32, 0.11, 0.001, -0.0007, -0.02]
RATIONAL = [0.6, -0.4, 0.0003, -0.0002, 0.05, 0.9, -0.35, 0.02]
FISHEYE = [-0.02, 0.01, -0.006, 0.001]


def info(width: int = 1280, height: int = 960, **changes: Any) -> CameraInfo:
    message = CameraInfo(width=width, height=height, distortion_model='plumb_bob')
    message.k = [1000.0, 0.0, width / 2, 0.0, 1000.0, height / 2, 0.0, 0.0, 1.0]
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def bearing(camera: PinholeCamera, x: float) -> float:
    """Return the angle to the right of the optical axis, radians, in the middle row."""
    right, _, ahead = camera.ray(x, camera.cy)
    return math.atan2(right, ahead)


SMALLER = [
    ('resized', {}, (640, 480)),
    ('resized, one side rounded', {}, (427, 320)),
    ('larger', {}, (1920, 1440)),
    ('binned', {'binning_x': 2, 'binning_y': 2}, (640, 480)),
    ('binned and resized', {'binning_x': 2, 'binning_y': 2}, (320, 240)),
    ('binning noted, the image whole', {'binning_x': 2, 'binning_y': 2}, (1280, 960)),
    ('binned one way', {'binning_x': 2, 'binning_y': 1}, (640, 960)),
    ('as it is', {}, (1280, 960)),
]


@pytest.mark.parametrize(
    ('changes', 'size'), [row[1:] for row in SMALLER], ids=[r[0] for r in SMALLER]
)
def test_a_smaller_picture_has_the_same_directions(
    changes: dict[str, int], size: tuple[int, int]
) -> None:
    whole, camera = camera_from_msg(info()), camera_from_msg(info(**changes), size)
    assert (camera.width, camera.height) == size
    for x, y in ((0.0, 0.0), (0.8, 0.5), (0.3, 0.9)):
        expected = whole.ray(x * 1280, y * 960)
        np.testing.assert_allclose(camera.ray(x * size[0], y * size[1]), expected, atol=2e-3)


def test_what_is_right_of_the_middle_is_right() -> None:
    """The case of the field: 640 x 480 with the calibration of 1280 x 960."""
    camera = camera_from_msg(info(), (640, 480))
    assert bearing(camera, 520) == pytest.approx(math.atan2(200, 500))


@pytest.mark.parametrize('binning', [1, 2])
def test_a_region_of_interest_moves_the_center(binning: int) -> None:
    roi = RegionOfInterest(x_offset=400, y_offset=300, width=640, height=480)
    message = info(roi=roi, binning_x=binning, binning_y=binning)
    camera = camera_from_msg(message, (640 // binning, 480 // binning))
    whole = camera_from_msg(info())
    np.testing.assert_allclose(
        camera.ray(100 / binning, 60 / binning), whole.ray(500, 360), atol=1e-9
    )


P = [500.0, 0.0, 600.0, 0.0, 0.0, 500.0, 450.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def test_a_rectified_picture_takes_p() -> None:
    message = info(p=P, d=PLUMB_BOB)
    camera = camera_from_msg(message, (1280, 960), rectified=True)
    assert camera == PinholeCamera(1280, 960, 500.0, 500.0, 600.0, 450.0)
    half = camera_from_msg(message, (640, 480), rectified=True)
    assert half == PinholeCamera(640, 480, 250.0, 250.0, 300.0, 225.0)
    assert camera_from_msg(message).lens is not None


def test_a_rectified_picture_without_p() -> None:
    assert camera_from_msg(info(), rectified=True).fx == 1000.0
    with pytest.raises(InvalidInput, match='P is all zero'):
        camera_from_msg(info(d=PLUMB_BOB), rectified=True)


@pytest.mark.parametrize(
    ('topic', 'expected'),
    [
        ('/camera/image_rect', True), ('/camera/image_rect_color', True), ('/rect/image', True),
        ('/zed/left/color/rect/image', True), ('/cam/image_undistorted', True),
        ('/camera/image_raw', False), ('/camera/direct/image', False), ('/rectangle/image', False),
        ('/camera/imageRect', True), ('/front/ImageRectified', True),
        ('/cam/dewarped/image', True), ('/cam/image_undistort', True),
        ('/infra1/image_rect_raw', True),
        ('/cam/not_rectified', False), ('/non_rect/image', False), ('/unrect/image', False),
        ('/image', False), ('/corrected/image', False), ('/camera/image_unrectified', False),
    ],
)  # fmt: skip
def test_the_name_of_a_topic_says_whether_it_is_rectified(topic: str, expected: bool) -> None:
    assert is_rectified_topic(topic) is expected


OF_THE_RIGHT = [900.0, 0, 640, -60.0, 0, 900.0, 480, 0, 0, 0, 1, 0]
"""P of the right one of two cameras."""


def about_y(degrees: float) -> list[float]:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [c, 0, s, 0, 1, 0, -s, 0, c]


@pytest.mark.parametrize('turn', [[0.0] * 9, about_y(0), about_y(5), about_y(-15)])
def test_a_rectification_of_some_degrees_is_believed(turn: list[float]) -> None:
    camera = camera_from_msg(info(p=OF_THE_RIGHT, r=turn), rectified=True)
    assert bearing(camera, 1090.0) == pytest.approx(math.atan2(450.0, 900.0))


@pytest.mark.parametrize(
    ('turn', 'reason'),
    [
        (about_y(90), 'turns it by 90 degrees'), (about_y(180), 'turns it by 180 degrees'),
        ([-1, 0, 0, 0, -1, 0, 0, 0, 1], 'turns it by 180 degrees'),
        ([-1, 0, 0, 0, 1, 0, 0, 0, 1], 'turns it'), ([2, 0, 0, 0, 2, 0, 0, 0, 2], 'no rotation'),
        ([math.nan] * 9, 'no rotation'),
    ],
)  # fmt: skip
def test_a_rectified_picture_that_is_turned_is_held(turn: list[float], reason: str) -> None:
    """Nobody says whether the mount counts that turn: a robot would drive another way."""
    message = info(p=OF_THE_RIGHT, r=[float(value) for value in turn])
    with pytest.raises(InvalidInput, match=reason):
        camera_from_msg(message, rectified=True)
    camera_from_msg(message)  # the raw picture has nothing to do with it


HELD = [
    ('another shape', info(), (640, 360), 'camera_info is for 1280 x 960, the image is 640 x 360'),
    ('turned', info(), (960, 1280), 'the image is 960 x 1280'),
    ('no size', info(width=0), (640, 480), 'size is 0 x 960'),
    (
        'region of interest, but the picture is whole',
        info(roi=RegionOfInterest(x_offset=400, y_offset=300, width=640, height=480)),
        (1280, 960),
        'its region of interest is 640 x 480, but the image is whole',
    ),
    (
        'region beyond the sensor',
        info(roi=RegionOfInterest(x_offset=900, width=640, height=480)),
        (640, 480),
        'does not lie in 1280 x 960',
    ),
    (
        'region counted in binned pixels',
        info(
            roi=RegionOfInterest(x_offset=320, y_offset=240, width=320, height=240),
            binning_x=2,
            binning_y=2,
        ),
        (320, 240),
        'is 160 x 120 after binning, but the image is larger, 320 x 240',
    ),
    ('region without a size', info(roi=RegionOfInterest(x_offset=9)), (640, 480), 'region of'),
    ('binning beyond', info(binning_x=5000), (640, 480), 'leaves nothing'),
    (
        'the matrix of a larger picture',
        info(k=[2000.0, 0, 1280.0, 0, 2000.0, 960.0, 0, 0, 1]),
        (1280, 960),
        'calibrated in another resolution',
    ),
    *(
        (
            f'the matrix of a picture {scale:g} times as large',
            info(k=[1000.0 * scale, 0, 640.0 * scale, 0, 1000.0 * scale, 480.0 * scale, 0, 0, 1]),
            (1280, 960),
            'is the middle of a picture of',
        )
        for scale in (0.5, 2 / 3, 0.75, 1.5)
    ),
    ('millimetres', info(k=[4.0, 0, 640, 0, 4.0, 480, 0, 0, 1]), (1280, 960), 'of no lens'),
    ('no end', info(k=[1e9, 0, 640, 0, 1e9, 480, 0, 0, 1]), (1280, 960), 'of no lens'),
    ('fx, not fy', info(k=[1000.0, 0, 640, 0, 10, 480, 0, 0, 1]), (1280, 960), 'belong together'),
    ('in columns', info(k=[1000.0, 0, 0, 0, 1000.0, 0, 640, 480, 1]), (1280, 960), 'in rows'),
    ('skew', info(k=[1000.0, 200, 640, 0, 1000.0, 480, 0, 0, 1]), (1280, 960), 'without skew'),
    ('another scale', info(k=[1000.0, 0, 640, 0, 1000.0, 480, 0, 0, 2]), (1280, 960), '0 0 2'),
    ('K of NaN', info(k=[math.nan] * 9), (1280, 960), 'K is'),
    ('an unknown model', info(distortion_model='ds', d=[0.1]), (1280, 960), "model 'ds'"),
    *(
        (f'{model} without coefficients', info(distortion_model=model), (1280, 960), 'not known')
        for model in ('ds', 'ftheta', 'omnidirectional', 'equisolid', 'double sphere', 'fov')
    ),
    ('a coefficient missing', info(d=[0.1, 0.2, 0.3]), (1280, 960), 'coefficients'),
    ('NaN', info(d=[math.nan] * 5), (1280, 960), 'finite'),
    (
        'a fisheye of five',
        info(distortion_model='equidistant', d=[0.1] * 5),
        (1280, 960),
        'needs 4 coefficients',
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ('message', 'size', 'reason'), [row[1:] for row in HELD], ids=[row[0] for row in HELD]
)
def test_what_does_not_fit_is_held_with_a_sentence(
    message: CameraInfo, size: tuple[int, int], reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        camera_from_msg(message, size)


@pytest.mark.parametrize('filler', [1, 4])
def test_a_fisheye_with_zeros_behind_is_a_fisheye(filler: int) -> None:
    """RealSense's driver sends five coefficients, whatever the model."""
    d = [0.1, 0.02, 0.01, 0.001]
    four = camera_from_msg(info(distortion_model='equidistant', d=d))
    assert camera_from_msg(info(distortion_model='equidistant', d=d + [0.0] * filler)) == four


@pytest.mark.parametrize('center', [(640.0, 480.0), (700.0, 400.0), (400.0, 480.0)])
def test_a_principal_point_that_is_odd_and_not_scaled_is_believed(
    center: tuple[float, float],
) -> None:
    k = [1000.0, 0, center[0], 0, 1000.0, center[1], 0, 0, 1]
    assert camera_from_msg(info(k=k), (1280, 960)).cx == center[0]


def test_identity_is_not_a_calibration() -> None:
    assert not is_calibrated(info(k=[1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0]))


def test_zeros_are_not_a_calibration() -> None:
    assert not is_calibrated(CameraInfo(width=640, height=480))
    assert is_calibrated(info())


# The lens.


@pytest.mark.parametrize(
    ('model', 'd'),
    [
        ('plumb_bob', PLUMB_BOB),
        ('plumb_bob', PLUMB_BOB[:4]),
        ('rational_polynomial', RATIONAL),
        ('rational_polynomial', [*RATIONAL, 0.001, -0.002, 0.0005, 0.0003]),
        ('rational_polynomial', [*RATIONAL, 0.001, -0.002, 0.0005, 0.0003, 0.01, -0.02]),
    ],
)
def test_rays_are_those_of_opencv(model: str, d: list[float]) -> None:
    camera = camera_from_msg(info(distortion_model=model, d=d))
    k = np.array([[1000.0, 0, 640], [0, 1000.0, 480], [0, 0, 1]])
    for x, y, z in ((0.0, 0.0, 1.0), (0.5, -0.3, 1.0), (-0.6, 0.45, 1.0), (1.0, 2.0, 5.0)):
        ray = np.array([x, y, z]) / math.hypot(x, y, z)
        ((pixel,),) = cv2.projectPoints(ray[None], np.zeros(3), np.zeros(3), k, np.array(d))[0]
        np.testing.assert_allclose(camera.ray(*pixel), ray, atol=1e-5)
        np.testing.assert_allclose(camera.project(ray), pixel, atol=1e-4)


@pytest.mark.parametrize('d', [[], FISHEYE])
def test_fisheye_rays_are_those_of_opencv(d: list[float]) -> None:
    camera = camera_from_msg(info(distortion_model='equidistant', d=d))
    k = np.array([[1000.0, 0, 640], [0, 1000.0, 480], [0, 0, 1]])
    for point in ((0.0, 0.0, 1.0), (0.5, -0.3, 1.0), (-2.0, 1.0, 1.0)):
        place = np.array([[point]])
        zero = np.zeros(3)
        ((pixel,),) = cv2.fisheye.projectPoints(place, zero, zero, k, np.array(d or [0.0] * 4))[0]
        ray = np.array(point) / np.linalg.norm(point)
        np.testing.assert_allclose(camera.ray(*pixel), ray, atol=1e-5)
        np.testing.assert_allclose(camera.project(ray), pixel, atol=1e-4)


def test_an_equidistant_fisheye_measures_angles() -> None:
    """A focal length off the axis is a radian, not 45 degrees."""
    camera = camera_from_msg(info(2560, 960, distortion_model='equidistant', d=[0.0] * 4))
    assert bearing(camera, camera.cx + 1000.0) == pytest.approx(1.0)
    # More than 90 degrees aside lies behind the camera's plane.
    wide = PinholeCamera(1000, 1000, 300.0, 300.0, 500.0, 500.0, lens_from('equidistant', []))
    assert wide.ray(500.0 + 300.0 * 1.8, 500.0)[2] == pytest.approx(math.cos(1.8))


@given(st.floats(-0.62, 0.62), st.floats(-0.46, 0.46))
def test_project_is_the_inverse_of_ray(x: float, y: float) -> None:
    for model, d in (('plumb_bob', PLUMB_BOB), ('equidistant', FISHEYE)):
        camera = camera_from_msg(info(distortion_model=model, d=d))
        pixel = 640 + 1000 * x, 480 + 1000 * y
        np.testing.assert_allclose(camera.project(camera.ray(*pixel)), pixel, atol=1e-2)


def test_beyond_the_model_there_is_no_direction() -> None:
    """A strong barrel folds back: nothing in front of the lens comes so far out."""
    camera = camera_from_msg(info(d=[-0.5, 0.0, 0.0, 0.0, 0.0]))
    with pytest.raises(InvalidInput, match='lens model says nothing'):
        camera.ray(640 + 900, 480)
    fisheye = camera_from_msg(info(distortion_model='equidistant', d=[-0.3, 0.0, 0.0, 0.0]))
    with pytest.raises(InvalidInput, match='lens model says nothing'):
        fisheye.ray(640 + 1000, 480)


@given(st.lists(st.floats(-2, 2), min_size=5, max_size=5), st.floats(-2, 2), st.floats(-2, 2))
def test_any_lens_gives_a_true_direction_or_none(d: list[float], x: float, y: float) -> None:
    lens = lens_from('plumb_bob', d)
    if lens is None:
        return
    try:
        direction = lens.straighten(x, y)
    except InvalidInput:
        return
    assert lens.bend(direction) == pytest.approx((x, y), abs=1e-5)


def test_no_distortion_is_no_lens() -> None:
    assert lens_from('plumb_bob', [0.0] * 5) is None
    for name in ('', 'none', 'pinhole', 'perspective', 'Brown Conrady', 'unknown'):
        assert lens_from(name, []) is None
    for name in ('equidistant', 'equi', 'KB4', 'opencv_fisheye'):
        assert lens_from(name, []) == Lens(True, (0.0,) * 4)


@pytest.mark.parametrize(
    ('model', 'd'), [('plumb_bob', PLUMB_BOB), ('equidistant', FISHEYE), ('plumb_bob', [])]
)
def test_camera_goes_out_and_comes_back(model: str, d: list[float]) -> None:
    camera = camera_from_msg(info(distortion_model=model, d=d))
    assert camera_from_msg(camera_to_msg(camera, Header())) == camera


@pytest.mark.parametrize(
    ('model', 'd'), [('plumb_bob', PLUMB_BOB), ('equidistant', FISHEYE), ('plumb_bob', [])]
)
def test_the_range_by_size_is_true_off_axis(model: str, d: list[float]) -> None:
    camera = camera_from_msg(info(distortion_model=model, d=d))
    frame = Frame(0.0, np.zeros((960, 1280, 3), np.uint8))
    for right in (0.0, 1.5):
        top, bottom = (camera.project(np.array([right, y, 6.0])) for y in (-0.85, 0.85))
        box = Box(top[0] - 20, top[1], top[0] + 20, bottom[1])
        position, std = locate(frame, box, camera, 1.7)
        np.testing.assert_allclose(position, [right, 0.0, 6.0], atol=0.05)
        assert std < 1.0


def test_far_aside_a_fisheye_gives_a_direction_only() -> None:
    camera = PinholeCamera(1000, 1000, 300.0, 300.0, 500.0, 500.0, lens_from('equidistant', []))
    frame = Frame(0.0, np.zeros((1000, 1000, 3), np.uint8), np.full((1000, 1000), 3.0, np.float32))
    ray, std = locate(frame, Box.from_center(500 + 300 * 1.55, 500, 20, 60), camera, 1.7)
    assert std == math.inf
    assert np.linalg.norm(ray) == pytest.approx(1.0)
