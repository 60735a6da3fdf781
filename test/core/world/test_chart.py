# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What is drawn of the world tracks: the right place and kind, as wide as the doubt."""

from __future__ import annotations

import math

from follow_anything.core.geometry import camera_mount, PinholeCamera
from follow_anything.core.world.candidates import WorldTracks
from follow_anything.core.world.chart import chart, ellipse_of, SIGMAS, Thing
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.track import Place, TWIN_LOOKS
import numpy as np
import pytest
from stage import Stage

pytestmark = [pytest.mark.core, pytest.mark.identity]

CAMERA = PinholeCamera.from_horizontal_fov(640, 480, math.radians(80))
POSE = CameraPose(camera_mount(0.0, 0.0, math.pi / 2), np.array([1.0, 2.0, 1.5]))
"""Looks along y of the world."""


def place(x: float, y: float, measure: str = 'metres') -> Place:
    return Place(np.array([x, y]), np.diag([0.04, 0.25]), measure=measure, height=0.9)


def test_things_are_where_the_camera_would_see_them() -> None:
    tracks = WorldTracks()
    tracks.target = tracks.new(place(0.0, 10.0), 5.0, None)
    (thing,) = chart(tracks, POSE, 5.0)
    # 8 m ahead, 1 m to the left, and 0.6 m below the camera
    assert thing.position == pytest.approx([-1.0, 0.6, 8.0])
    assert thing.covariance == pytest.approx(np.diag([0.04, 0.0, 0.25]))
    assert (thing.number, thing.kind) == (tracks.target.number, 'target')


def test_who_is_hidden_is_less_and_less_certain() -> None:
    tracks = WorldTracks()
    tracks.target = tracks.new(place(0.0, 10.0), 5.0, None)
    at_once, later = (chart(tracks, POSE, stamp)[0] for stamp in (5.0, 8.0))
    assert np.trace(later.covariance) > 10 * np.trace(at_once.covariance)
    sizes = [ellipse_of(thing, CAMERA).axes[0] for thing in (at_once, later)]
    assert sizes[1] > 3 * sizes[0]


def test_kinds_tell_the_twin_from_the_others_and_from_strangers() -> None:
    tracks = WorldTracks()
    tracks.target = tracks.new(place(0.0, 10.0), 5.0, None)
    twin, other = (tracks.new(place(x, 10.0), 5.0, None) for x in (2.0, 4.0))
    tracks.new(place(6.0, 10.0), 5.0, None)
    tracks.new(place(8.0, 10.0, 'pixels'), 5.0, None)
    for _ in range(TWIN_LOOKS):
        twin.was_beside(None, is_alike=True)
        other.was_beside(None, is_alike=False)
    kinds = [thing.kind for thing in chart(tracks, POSE, 5.0)]
    assert kinds == ['target', 'look-alike', 'other', 'unknown']


def test_an_ellipse_is_the_spread_in_pixels() -> None:
    spread = np.diag([0.2**2, 0.1**2, 0.0])
    ellipse = ellipse_of(Thing(1, 'target', np.array([0.0, 0.0, 5.0]), spread), CAMERA)
    assert ellipse.center == (CAMERA.cx, CAMERA.cy)
    expected = [SIGMAS * std * CAMERA.fx / 5.0 for std in (0.2, 0.1)]
    assert ellipse.axes == pytest.approx(expected)
    assert math.sin(ellipse.angle) == pytest.approx(0.0, abs=1e-6)
    turned = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]) * 0.01
    angle = ellipse_of(Thing(1, 'target', np.array([0.0, 0.0, 5.0]), turned), CAMERA).angle
    assert math.tan(angle) == pytest.approx(1.0)  # down to the right


@pytest.mark.parametrize('z', [-3.0, 0.0, 0.1, math.nan, math.inf])
def test_what_is_behind_the_camera_is_nowhere_in_the_picture(z: float) -> None:
    assert ellipse_of(Thing(1, 'target', np.array([0.0, 0.0, z]), np.eye(3)), CAMERA) is None


@pytest.mark.parametrize('variance', [1e300, 1e9, math.nan, math.inf])
def test_who_may_be_anywhere_is_nowhere_in_the_picture(variance: float) -> None:
    spread = np.diag([variance, 1.0, 1.0])
    assert ellipse_of(Thing(1, 'target', np.array([0.0, 0.0, 5.0]), spread), CAMERA) is None


def test_a_follower_charts_what_it_follows_and_nothing_before() -> None:
    stage = Stage()
    assert stage.follower.chart() == ()
    stage.depth = np.full((48, 64), 4.0, np.float32)
    target = stage.tracking().step()
    (thing,) = stage.follower.chart()
    assert thing.kind == 'target'
    assert thing.position == pytest.approx(target.position, abs=0.3)
    stage.follower.stop()
    assert stage.follower.chart() == ()
