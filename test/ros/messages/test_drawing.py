# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What RViz and Foxglove are given to draw."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')
pytest.importorskip('vision_msgs.msg', reason='vision_msgs is not compiled: run `make setup`')

from follow_anything.core.fence import Fence
from follow_anything.core.types import Box, Rated, TargetState
from follow_anything.core.world.chart import Ellipse, Thing
from follow_anything.io.overlay import annotate, COLORS, Remarks
from follow_anything.ros.messages import markers, targets
from follow_anything.ros.messages.things import (
    candidates_from_msg,
    things_from_msg,
    things_to_msg,
)
from std_msgs.msg import Header
from visualization_msgs.msg import Marker

pytestmark = pytest.mark.ros

HEADER = Header(frame_id='camera')
COLOR = (255, 128, 0)
SPREAD = np.array([[0.09, 0.02, 0.0], [0.02, 0.04, 0.0], [0.0, 0.0, 1.0]])
TARGET = Thing(3, 'target', np.array([0.5, -0.2, 6.0]), SPREAD)
TWIN = Thing(4, 'look-alike', np.array([1.5, -0.2, 7.0]), SPREAD)
OTHER = Thing(5, 'other', np.array([-1.5, -0.2, 7.0]), SPREAD)


def test_things_come_back_as_they_went() -> None:
    back = things_from_msg(things_to_msg([TARGET, TWIN], HEADER))
    assert [(thing.number, thing.kind) for thing in back] == [(3, 'target'), (4, 'look-alike')]
    np.testing.assert_allclose(back[0].position, TARGET.position)
    np.testing.assert_allclose(back[0].covariance, SPREAD)


def test_rows_that_cannot_be_drawn_are_left_out() -> None:
    message = things_to_msg([TARGET, TWIN, OTHER], HEADER)
    message.detections[0].id = 'someone'
    message.detections[1].results[0].pose.pose.position.x = math.nan
    message.detections[2].results = []
    assert things_from_msg(message) == []
    assert candidates_from_msg(message) == (), 'and none of them has a box'


def test_the_ellipsoid_of_doubt_has_the_axes_of_the_covariance() -> None:
    (marker,) = markers.thing_markers([TARGET], HEADER, COLOR)
    assert (marker.ns, marker.header.frame_id) == ('prediction', 'camera')
    q = marker.pose.orientation
    x, y, z, w = q.x, q.y, q.z, q.w
    assert x * x + y * y + z * z + w * w == pytest.approx(1.0)
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    half = np.array([marker.scale.x, marker.scale.y, marker.scale.z]) / 4  # two sigmas each side
    np.testing.assert_allclose(turn @ np.diag(half**2) @ turn.T, SPREAD, atol=1e-9)


def test_others_have_their_ids_and_the_twin_is_called_one() -> None:
    shown = markers.thing_markers([TWIN, OTHER], HEADER, COLOR)
    texts = {m.ns: m.text for m in shown if m.type == Marker.TEXT_VIEW_FACING}
    assert texts == {'look-alikes ids': '4 look-alike', 'others ids': '5'}
    colors = {m.ns: (m.color.r, m.color.g, m.color.b) for m in shown}
    assert colors['look-alikes'] != colors['others']
    assert len({(m.ns, m.id) for m in shown}) == len(shown)


def test_a_notice_goes_when_there_is_nothing_to_say() -> None:
    said = markers.notice_marker(HEADER, 'fence: too near to go on', COLOR)
    assert (said.action, said.text) == (Marker.ADD, 'fence: too near to go on')
    assert markers.notice_marker(HEADER, '', COLOR).action == Marker.DELETE


def test_the_fence_is_drawn_as_it_is_kept() -> None:
    corners = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]])
    removed, polygon, circle = markers.fence_markers(Fence(corners, (1.0, 2.0), 5.0), HEADER)
    assert removed.action == Marker.DELETEALL
    assert [(p.x, p.y) for p in polygon.points] == [(0, 0), (4, 0), (4, 3), (0, 0)]
    distances = [math.hypot(p.x - 1.0, p.y - 2.0) for p in circle.points]
    assert distances == pytest.approx([5.0] * len(distances))
    assert len(distances) > 30
    (only,) = markers.fence_markers(Fence(), HEADER)
    assert only.action == Marker.DELETEALL


def test_lines_on_the_camera_s_picture() -> None:
    twin = Rated(4, Box(50, 10, 60, 40), 0.4)
    marker = markers.boxes_marker(HEADER, Box(10, 20, 30, 60), COLOR, [twin])
    points = [(p.x, p.y) for p in marker.points]
    assert len(points) == len(marker.outline_colors) == 16  # two boxes of four lines
    assert {(10, 20), (30, 20), (30, 60), (10, 60)} <= set(points)
    assert {(50, 10), (60, 40)} <= set(points)
    assert points[8:] == [(10, 20), (30, 20), (30, 20), (30, 60), (30, 60), (10, 60), (10, 60),
                          (10, 20)]  # fmt: skip
    ellipse = Ellipse((100.0, 50.0), (20.0, 5.0), math.pi / 2)
    round_ = markers.boxes_marker(HEADER, None, COLOR, (), ellipse).points
    assert max(p.y for p in round_) == pytest.approx(70.0)
    assert max(p.x for p in round_) == pytest.approx(105.0)
    assert markers.boxes_marker(HEADER, None, COLOR).points == []


def drawn(remarks: Remarks) -> np.ndarray:
    """Return which pixels change by the remarks."""
    gray = np.full((240, 320, 3), 90, np.uint8)
    plain = annotate(gray, TargetState.OCCLUDED)
    return (annotate(gray, TargetState.OCCLUDED, remarks=remarks) != plain).any(axis=2)


def test_remarks_are_drawn_on_the_picture() -> None:
    twin = Rated(4, Box(200, 100, 240, 180), 0.4)
    rows, columns = np.nonzero(drawn(Remarks(candidates=[twin])))
    assert (rows.max(), columns.max()) == pytest.approx((180, 240), abs=25)
    assert drawn(Remarks(candidates=[twin]))[140, 198:203].any()
    ellipse = Ellipse((160.0, 120.0), (40.0, 10.0), 0.0)
    changed = drawn(Remarks(expected=ellipse))
    assert changed[120, 118:123].any()
    assert not changed[120, 150:170].any(), 'what is inside stays visible'
    assert drawn(Remarks(reason='stopped by the operator'))[215:].any()


@pytest.mark.parametrize(
    'ellipse',
    [
        Ellipse((160.0, 120.0), (4000.0, 10.0), 0.0),
        Ellipse((-900.0, 120.0), (40.0, 10.0), 0.0),
        Ellipse((160.0, 1e9), (40.0, 10.0), 0.0),
    ],
)
def test_an_ellipse_that_says_nothing_is_not_drawn(ellipse: Ellipse) -> None:
    assert not drawn(Remarks(expected=ellipse)).any()


@pytest.mark.parametrize(
    'box', [Box(-1e12, 0, 1e12, 5), Box(0, 0, 1e150, 5), Box(3e9, 3e9, 4e9, 4e9)]
)
def test_a_foreign_box_of_any_size_is_drawn_or_not(box: Box) -> None:
    """OpenCV refuses numbers beyond 32 bits; the visualizer would draw nothing any more."""
    gray = np.full((48, 64, 3), 90, np.uint8)
    remarks = Remarks(candidates=[Rated(1, box, math.nan)])
    drawn = annotate(gray, TargetState.TRACKING, box, 0.5, remarks=remarks)
    assert drawn.shape == gray.shape


def test_candidates_keep_their_ids_and_probabilities() -> None:
    from follow_anything.core.types import Target

    rated = (Rated(4, Box(50, 10, 60, 40), 0.4), Rated(7, Box(10, 10, 20, 40), 0.6))
    target = Target(1.0, TargetState.AMBIGUOUS, 1, candidates=rated)
    assert candidates_from_msg(targets.candidates_to_msg(target, HEADER)) == rated


def test_every_state_has_a_color() -> None:
    assert set(COLORS) == set(TargetState)
