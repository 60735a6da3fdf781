# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes, pinhole camera, axes."""

from __future__ import annotations

import math

from follow_anything.core.errors import InvalidInput
from follow_anything.core.geometry import (
    coverage,
    iou,
    ious,
    optical_to_body,
    PinholeCamera,
    wrap_angle,
)
from follow_anything.core.types import Box
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = pytest.mark.core

CAMERA = PinholeCamera(640, 480, 500.0, 520.0, 330.0, 230.0)
meters = st.floats(-50, 50)
sides = st.floats(0.5, 100)


@st.composite
def some_box(draw: st.DrawFn) -> Box:
    return Box.from_xywh(draw(meters), draw(meters), draw(sides), draw(sides))


@given(st.lists(some_box(), min_size=1, max_size=4), st.lists(some_box(), min_size=1, max_size=4))
def test_boxes_against_boxes_are_pairs(some: list[Box], others: list[Box]) -> None:
    table = ious(*(np.array([box.xyxy for box in boxes]) for boxes in (some, others)))
    assert table == pytest.approx(np.array([[iou(a, b) for b in others] for a in some]), abs=1e-6)


def test_an_empty_box_overlaps_with_nothing() -> None:
    assert ious(np.array([[1.0, 1, 1, 1]]), np.array([[1.0, 1, 1, 1], [0, 0, 2, 2]])).max() == 0.0


@pytest.mark.parametrize(
    ('one', 'other', 'expected'),
    [
        ((0, 0, 2, 2), (0, 0, 2, 2), 1.0),
        ((0, 0, 2, 2), (1, 0, 3, 2), 1 / 3),
        ((0, 0, 2, 2), (0, 0, 1, 1), 1 / 4),
        ((0, 0, 2, 2), (2, 0, 4, 2), 0.0),
        ((0, 0, 2, 2), (5, 5, 6, 6), 0.0),
    ],
)
def test_iou(one: tuple[float, ...], other: tuple[float, ...], expected: float) -> None:
    assert iou(Box(*one), Box(*other)) == pytest.approx(expected)


@given(some_box(), some_box())
def test_iou_is_symmetric_and_a_share(one: Box, other: Box) -> None:
    assert iou(one, other) == pytest.approx(iou(other, one))
    assert 0.0 <= iou(one, other) <= 1.0 + 1e-9
    assert iou(one, one) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ('one', 'other', 'expected'),
    [
        ((0, 0, 2, 2), (0, 0, 2, 2), 1.0),
        ((0, 0, 2, 2), (0, 0, 1, 1), 1.0),
        ((0, 0, 2, 2), (1, 0, 3, 2), 1 / 2),
        ((0, 0, 2, 2), (2, 2, 4, 4), 0.0),
    ],
)
def test_coverage(one: tuple[float, ...], other: tuple[float, ...], expected: float) -> None:
    assert coverage(Box(*one), Box(*other)) == pytest.approx(expected)
    assert coverage(Box(*other), Box(*one)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ('angle', 'expected'),
    [
        (0.0, 0.0), (math.pi, math.pi), (-math.pi, math.pi), (3 * math.pi, math.pi),
        (1.5 * math.pi, -0.5 * math.pi), (-1.5 * math.pi, 0.5 * math.pi), (7.0, 7 - 2 * math.pi),
    ],
)  # fmt: skip
def test_wrap_angle(angle: float, expected: float) -> None:
    assert wrap_angle(angle) == pytest.approx(expected)


@pytest.mark.parametrize('angle', [math.nextafter(math.pi, 4), math.nextafter(-math.pi, -4)])
def test_wrap_angle_at_the_seam(angle: float) -> None:
    assert -math.pi < wrap_angle(angle) <= math.pi


@given(st.floats(-1e3, 1e3))
def test_wrapped_angle_is_the_same_direction(angle: float) -> None:
    wrapped = wrap_angle(angle)
    assert -math.pi < wrapped <= math.pi
    assert math.cos(wrapped - angle) == pytest.approx(1.0)


@given(meters, meters, st.floats(0.1, 100))
def test_ray_is_the_inverse_of_project(x: float, y: float, z: float) -> None:
    point = np.array([x, y, z])
    ray = CAMERA.ray(*CAMERA.project(point))
    assert np.linalg.norm(ray) == pytest.approx(1.0)
    np.testing.assert_allclose(ray * np.linalg.norm(point), point, atol=1e-6)


def test_principal_point_is_straight_ahead() -> None:
    np.testing.assert_allclose(CAMERA.ray(330.0, 230.0), [0, 0, 1])
    assert CAMERA.project(np.array([1.0, 1.0, 2.0])) == (330 + 250, 230 + 260)


@pytest.mark.parametrize('z', [0.0, -1.0])
def test_nothing_behind_the_camera_is_projected(z: float) -> None:
    with pytest.raises(InvalidInput, match='behind the camera'):
        CAMERA.project(np.array([0.0, 0.0, z]))


@pytest.mark.parametrize(
    'values',
    [
        (0, 480, 500.0, 500.0, 320.0, 240.0),
        (640, -1, 500.0, 500.0, 320.0, 240.0),
        (640, 480, 0.0, 500.0, 320.0, 240.0),
        (640, 480, 500.0, math.nan, 320.0, 240.0),
        (640, 480, 500.0, 500.0, math.inf, 240.0),
        (640, 480, 500.0, 500.0, 320.0, math.nan),
    ],
)
def test_camera_refuses(values: tuple[float, ...]) -> None:
    with pytest.raises(InvalidInput, match='calibrated'):
        PinholeCamera(*values)  # type: ignore[arg-type]


def test_field_of_view_reaches_the_border() -> None:
    camera = PinholeCamera.from_horizontal_fov(640, 480, 1.2)
    right = camera.ray(640, 240)
    assert math.atan2(right[0], right[2]) == pytest.approx(0.6)
    assert camera.fx == camera.fy


@pytest.mark.parametrize(
    ('optical', 'pitch', 'body'),
    [
        ((0, 0, 1), 0.0, (1, 0, 0)),  # the optical axis is forward
        ((1, 0, 0), 0.0, (0, -1, 0)),  # right in the image is right of the robot
        ((0, 1, 0), 0.0, (0, 0, -1)),  # down in the image is down
        ((0, 0, 1), math.pi / 2, (0, 0, 1)),  # a camera that looks up sees what is above
        ((0, 0, 1), -math.pi / 2, (0, 0, -1)),  # and one that looks down sees the ground
        ((0, 1, 0), math.pi / 2, (1, 0, 0)),
        ((0, 0, 2), -math.pi / 6, (math.sqrt(3), 0, -1)),
        ((1, 0, 0), -0.7, (0, -1, 0)),  # pitch does not change what is left and right
    ],
)
def test_optical_to_body(
    optical: tuple[float, ...], pitch: float, body: tuple[float, ...]
) -> None:
    np.testing.assert_allclose(optical_to_body(np.array(optical), pitch), body, atol=1e-12)


@given(meters, meters, meters, st.floats(-1.6, 1.6))
def test_optical_to_body_is_a_rotation(x: float, y: float, z: float, pitch: float) -> None:
    axes = np.stack([optical_to_body(axis, pitch) for axis in np.eye(3)], axis=1)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1.0)
    np.testing.assert_allclose(
        optical_to_body(np.array([x, y, z]), pitch), axes @ [x, y, z], atol=1e-9
    )
