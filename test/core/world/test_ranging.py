# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Depth is believed first, then the size of a whole box; otherwise only the direction."""

from __future__ import annotations

import math

from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.types import Box, Frame
from follow_anything.core.world.ranging import is_before, locate
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

CAMERA = PinholeCamera(320, 240, 260.0, 260.0, 160.0, 120.0)
RGB = np.zeros((240, 320, 3), np.uint8)
WHOLE = Box(150, 80, 190, 160)


def frame(depth: np.ndarray | None = None) -> Frame:
    return Frame(0.0, RGB, depth)


def scene(background: float, target: float, box: Box) -> np.ndarray:
    depth = np.full((240, 320), background, np.float32)
    rows = slice(max(0, int(box.y1)), max(0, int(box.y2)))
    depth[rows, max(0, int(box.x1)) : max(0, int(box.x2))] = target
    return depth


@given(st.floats(1, 60), st.floats(-20, 20), st.floats(-10, 10))
def test_person_of_known_height_is_found_where_he_stands(z: float, x: float, y: float) -> None:
    top = CAMERA.project(np.array([x, y - 0.85, z]))
    bottom = CAMERA.project(np.array([x, y + 0.85, z]))
    if top[1] <= 1 or bottom[1] >= 239:
        return
    box = Box(top[0] - 5, top[1], top[0] + 5, bottom[1])
    position, std = locate(frame(), box, CAMERA, 1.7)
    np.testing.assert_allclose(position, [x, y, z], rtol=1e-6, atol=1e-6)
    assert 0 < std < z


def test_depth_is_preferred_and_surer() -> None:
    position, std = locate(frame(scene(30.0, 4.0, WHOLE)), WHOLE, CAMERA, 1.7)
    assert position[2] == pytest.approx(4.0)
    assert std < locate(frame(), WHOLE, CAMERA, 1.7)[1]


@pytest.mark.parametrize('hole', [0.0, math.nan, math.inf, -1.0, 1e6])
def test_holes_in_the_depth_are_left_out(hole: float) -> None:
    depth = scene(30.0, 4.0, WHOLE)
    depth[::2] = hole
    assert locate(frame(depth), WHOLE, CAMERA, 1.7)[0][2] == pytest.approx(4.0)


def profile(background: float, target: float) -> np.ndarray:
    """Somebody in profile fills a third of the box's core."""
    return scene(background, target, Box(161, 80, 168, 160))


def test_background_beside_a_slim_target_is_not_its_range() -> None:
    assert locate(frame(profile(30.0, 4.0)), WHOLE, CAMERA, 1.7)[0][2] == pytest.approx(4.0)


@pytest.mark.parametrize('near', [3.4, 4.0, 4.9])
def test_of_two_surfaces_the_one_where_the_target_was_counts(near: float) -> None:
    depth = profile(2.0, 4.0)  # an arm's length away, most of the core: not the target
    assert locate(frame(depth), WHOLE, CAMERA, 1.7)[0][2] == pytest.approx(2.0)
    assert locate(frame(depth), WHOLE, CAMERA, 1.7, near)[0][2] == pytest.approx(4.0)


@pytest.mark.parametrize(('before', 'near', 'expected'), [(4.9, 6.0, 6.0), (4.9, None, 4.9)])
def test_who_passes_close_before_the_target_does_not_give_its_range(
    before: float, near: float | None, expected: float
) -> None:
    """Both are within what counts as one surface; most of what is seen is the passer-by."""
    depth = scene(20.0, 6.0, WHOLE)
    depth[:, 164:190] = before
    position, _ = locate(frame(depth), WHOLE, CAMERA, 1.7, near)
    assert position[2] == pytest.approx(expected)


@pytest.mark.parametrize(
    ('depth', 'elapsed', 'expected'),
    [
        (5.5, 0.05, False),
        (5.3, 0.05, True),
        (5.3, 0.3, False),  # it may have come nearer since
        (9.0, 0.05, False),
    ],
)
def test_nearer_than_it_can_have_come(depth: float, elapsed: float, expected: bool) -> None:
    assert is_before(depth, 6.0, elapsed) is expected


def test_target_that_is_covered_has_the_range_of_what_covers_it() -> None:
    depth = scene(30.0, 1.5, WHOLE)
    assert locate(frame(depth), WHOLE, CAMERA, 1.7, 4.0)[0][2] == pytest.approx(1.5)


def test_depth_without_any_surface_is_that_of_the_middle() -> None:
    depth = np.tile(np.geomspace(0.2, 60.0, 320, dtype=np.float32), (240, 1))
    wide = Box(10, 80, 310, 160)
    assert 1.0 < locate(frame(depth), wide, CAMERA, 1.7)[0][2] < 10.0


@pytest.mark.parametrize('hole', [0.0, math.nan])
def test_depth_full_of_holes_is_not_believed(hole: float) -> None:
    depth = scene(30.0, hole, WHOLE)
    depth[120, 160] = 4.0
    from_size, _ = locate(frame(), WHOLE, CAMERA, 1.7)
    np.testing.assert_allclose(locate(frame(depth), WHOLE, CAMERA, 1.7)[0], from_size)


@pytest.mark.parametrize(
    'box', [Box(150, 0, 190, 100), Box(150, 100, 190, 240), Box(150, -20, 190, 300)]
)
def test_box_cut_above_or_below_gives_a_direction_only(box: Box) -> None:
    position, std = locate(frame(), box, CAMERA, 1.7)
    assert math.isinf(std)
    assert np.linalg.norm(position) == pytest.approx(1.0)
    np.testing.assert_allclose(position, CAMERA.ray(*box.center))


def test_unknown_height_gives_a_direction_only() -> None:
    position, std = locate(frame(), WHOLE, CAMERA, 0.0)
    assert math.isinf(std)
    np.testing.assert_allclose(position, CAMERA.ray(*WHOLE.center))


@pytest.mark.parametrize(
    'box',
    [
        Box(-30, 80, 5, 160),  # leaving to the left: most of it is outside
        Box(315, 80, 350, 160),
        Box(150, -60, 190, 10),
        Box(150, 230, 190, 300),
    ],
)
def test_depth_of_a_target_that_leaves_is_not_that_of_the_background(box: Box) -> None:
    position, std = locate(frame(scene(30.0, 4.0, box)), box, CAMERA, 0.0)
    assert math.isinf(std) or position[2] == pytest.approx(4.0)


@given(
    st.floats(-400, 700),
    st.floats(-400, 700),
    st.floats(0.1, 900),
    st.floats(0.1, 900),
    st.booleans(),
)
def test_any_box_gives_a_finite_position(
    x: float, y: float, width: float, height: float, with_depth: bool
) -> None:
    depth = np.full((240, 320), 7.0, np.float32) if with_depth else None
    position, std = locate(frame(depth), Box.from_xywh(x, y, width, height), CAMERA, 1.7)
    assert np.isfinite(position).all()
    assert position[2] > 0
    assert std > 0
