# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Whoever stood beside the view comes in over its edge, and not in its middle."""

from __future__ import annotations

from dataclasses import replace
import math

from follow_anything.core.geometry import camera_mount, PinholeCamera
from follow_anything.core.lens import Lens, lens_from
from follow_anything.core.world.candidates import WorldTracks
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.outlook import Outlook, Watch
from follow_anything.core.world.track import Place
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

CAMERA = PinholeCamera.from_horizontal_fov(640, 480, math.pi / 2)


def pose(yaw: float = 0.0, pitch: float = 0.0, x: float = 0.0) -> CameraPose:
    return CameraPose(camera_mount(0.0, pitch, yaw), np.array([x, 0.0, 1.5]))


def outlook(stamp: float, yaw: float = 0.0, x: float = 0.0) -> Outlook:
    seen = Outlook.of(stamp, CAMERA, pose(yaw, x=x))
    assert seen is not None
    return seen


def place(x: float, y: float, measure: str = 'metres') -> Place:
    return Place(np.array([x, y]), 0.1**2 * np.eye(2), measure=measure)


@pytest.mark.parametrize(
    ('where', 'yaw', 'metres'),
    [
        ((5.0, 0.0), 0.0, 5 / math.sqrt(2)),
        ((5.0, 5.0), 0.0, 0.0),
        ((0.0, 4.0), 0.0, -4 / math.sqrt(2)),
        ((0.0, 4.0), math.pi / 2, 4 / math.sqrt(2)),
        ((-3.0, 0.0), 0.0, -3 / math.sqrt(2)),
    ],
)
def test_distance_from_the_edge(where: tuple[float, float], yaw: float, metres: float) -> None:
    assert outlook(0.0, yaw).inside(np.array(where)) == pytest.approx(metres, abs=1e-9)


def test_view_is_unknown_without_a_camera_or_straight_down() -> None:
    assert Outlook.of(0.0, None, pose()) is None
    assert Outlook.of(0.0, CAMERA, pose(pitch=-math.pi / 2)) is None


@pytest.mark.parametrize(
    ('lens', 'pitch', 'half'),
    [
        (None, 0.0, math.pi / 4),
        (None, -0.6, math.atan(1 / math.cos(0.6))),  # on the ground it sees wider
        (lens_from('equidistant', (0.0, 0.0, 0.0, 0.0)), 0.0, 1.0),  # 320 pixels of 320 a radian
    ],
)
def test_view_is_as_wide_as_lens_and_mount_make_it(
    lens: Lens | None, pitch: float, half: float
) -> None:
    seen = Outlook.of(0.0, replace(CAMERA, lens=lens), pose(pitch=pitch))
    assert seen is not None
    assert seen.half == pytest.approx(half, abs=1e-3)


@pytest.mark.parametrize(
    ('stood', 'comes', 'gap', 'may_be'),
    [
        ((5.0, 9.0), (6.0, 0.0), 0.05, False),
        ((5.0, 9.0), (6.0, 5.5), 0.05, True),  # at the edge
        ((5.0, 3.0), (6.0, 0.0), 0.05, True),  # in view: behind something
        ((5.0, 9.0), (6.0, 0.0), 0.9, True),  # nobody looked
        ((5.0, 9.0), (6.0, 4.0), 0.5, True),  # he may have run
    ],
)
def test_who_stood_outside_is_not_the_one_in_the_middle(
    stood: tuple[float, float], comes: tuple[float, float], gap: float, may_be: bool
) -> None:
    watch, track = Watch(), WorldTracks().new(place(*stood), 0.0, None)
    watch.look(outlook(1.0))
    watch.look(outlook(1.0 + gap))
    assert watch.may_be_at(track, place(*comes)) is may_be
    track.questioned_at = 1.0 + gap - 0.1
    assert watch.may_be_at(track, place(*comes)), 'who was in question a moment ago still is'


def test_turning_the_camera_brings_him_into_view() -> None:
    """The middle of this picture was the edge of the one before."""
    watch, track = Watch(), WorldTracks().new(place(0.0, 6.0), 0.0, None)
    watch.look(outlook(1.0))
    watch.look(outlook(1.1, yaw=1.2))
    assert watch.may_be_at(track, place(1.0, 6.0))


@pytest.mark.parametrize('measures', [('metres', 'pixels'), ('nominal', 'metres')])
def test_places_of_other_measure_tell_nothing(measures: tuple[str, str]) -> None:
    watch, track = Watch(), WorldTracks().new(place(5.0, 9.0, measures[0]), 0.0, None)
    watch.look(outlook(1.0))
    watch.look(outlook(1.05))
    assert watch.may_be_at(track, place(6.0, 0.0, measures[1]))


@pytest.mark.parametrize('views', [(None, 1.05), (1.0, None), (1.05, 1.0)])
def test_unknown_views_and_clocks_set_back_tell_nothing(views: tuple[float | None, ...]) -> None:
    watch, track = Watch(), WorldTracks().new(place(5.0, 9.0), 0.0, None)
    for stamp in views:
        watch.look(None if stamp is None else outlook(stamp))
    assert watch.may_be_at(track, place(6.0, 0.0))
    watch.clear()
    assert watch.may_be_at(track, place(6.0, 0.0))


@pytest.mark.parametrize(
    ('where', 'is_before', 'is_behind'),
    [
        ((6.0, 0.0), False, False),
        ((5.7, 0.0), False, False),
        ((4.8, 0.0), True, False),
        ((4.8, -0.3), True, False),  # it passes
        ((6.3, 0.0), False, False),
        ((7.2, 0.0), False, True),
    ],
)
def test_what_is_before_a_track_and_what_is_behind_it(
    where: tuple[float, float], is_before: bool, is_behind: bool
) -> None:
    tracks, watch = WorldTracks(), Watch()
    track = tracks.new(place(6.0, 0.0), 10.0, None)
    track.covariance[2:, 2:] = 0.1 * np.eye(2)
    assert not watch.is_before(track, place(*where)), 'nothing was looked at'
    assert not watch.is_behind(track, place(*where)), 'nothing was looked at'
    watch.look(outlook(10.05))
    assert watch.is_before(track, place(*where)) is is_before
    assert watch.is_behind(track, place(*where)) is is_behind
    assert not watch.is_before(track, place(*where, measure='nominal'))
    assert not watch.is_behind(track, place(*where, measure='nominal'))


@pytest.mark.parametrize(
    ('where', 'low', 'high'),
    [((4.0, 0.3), 0.99, 1.0), ((8.0, 0.3), 0.0, 0.01), ((6.0, 0.3), 0.4, 0.6)],
)
def test_who_can_hide_somebody_stands_before_him(
    where: tuple[float, float], low: float, high: float
) -> None:
    tracks, watch = WorldTracks(), Watch()
    target, other = (tracks.new(place(*at), 10.0, None) for at in ((6.0, 0.0), where))
    assert watch.hides(other, target) == 1.0, 'nothing was looked at'
    watch.look(outlook(10.0))
    assert low <= watch.hides(other, target) <= high
    other.measure = 'nominal'
    assert watch.hides(other, target) == 1.0


@pytest.mark.parametrize(
    ('away', 'measure', 'along_m'),
    [
        (10.0, 'metres', 5.0),  # half of it is hidden: it seems twice as far away
        (10.0, 'nominal', 5.0),
        (5.8, 'metres', 0.1),  # it may have walked there
        (3.0, 'metres', 0.1),  # nothing hidden seems nearer
        (10.0, 'pixels', 0.1),
    ],
)
def test_range_of_a_box_that_is_cut_is_not_believed(
    away: float, measure: str, along_m: float
) -> None:
    watch = Watch()
    for stamp in (0.0, 0.1):
        watch.look(outlook(stamp))
    track = WorldTracks().new(place(5.0, 0.0, measure), 0.0, None)
    covariance = watch.without_range(track, place(away, 0.0, measure)).covariance
    assert np.sqrt(covariance.diagonal()) == pytest.approx([along_m, 0.1], abs=0.03)


def test_range_of_a_box_stays_where_nothing_tells_where_the_camera_is() -> None:
    track, there = WorldTracks().new(place(5.0, 0.0), 0.0, None), place(10.0, 0.0)
    assert Watch().without_range(track, there) is there
