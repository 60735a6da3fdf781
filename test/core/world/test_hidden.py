# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Negative information: a hidden target has not crossed the open ground that the camera sees."""

from __future__ import annotations

import math

from follow_anything.core.geometry import camera_mount, PinholeCamera
from follow_anything.core.world.candidates import WorldTracks
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.hidden import Hidden, Visibility
from follow_anything.core.world.track import Place, WorldTrack
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

CAMERA = PinholeCamera.from_horizontal_fov(640, 480, math.radians(80))
POSE = CameraPose(camera_mount(0.0, 0.0, 0.0), np.array([0.0, 0.0, 1.0]))
FAR_M, WALL_M, PERSON_M, SIDE_M = 60.0, 6.0, 8.0, 0.9
DT = 0.1


def place(x: float, y: float, error: float = 0.1, measure: str = 'metres') -> Place:
    return Place(np.array([x, y]), error**2 * np.eye(2), measure=measure, height=1.0)


def walled(left: float = 1.5, right: float = -1.5) -> np.ndarray:
    """Depth of an open field with a wall 6 m ahead, from left to right, metres to either side."""
    depth = np.full((480, 640), FAR_M)
    u = [int(CAMERA.cx - CAMERA.fx * y / WALL_M) for y in (left, right)]
    depth[:, max(0, u[0]) : u[1]] = WALL_M
    return depth


def target() -> WorldTrack:
    """Return one that walks to the left at 0.3 m/s behind the middle of the wall."""
    track = WorldTracks().new(place(PERSON_M, 0.0), 0.0, None)
    for k in range(1, 20):
        track.update(place(PERSON_M, 0.03 * k), DT * k)
    return track


def hidden_for(
    seconds: float, depth: np.ndarray | None, detected: tuple[Place, ...] = ()
) -> Hidden:
    hidden, track = Hidden(), target()
    hidden.seen(track, place(PERSON_M, 0.6), SIDE_M)
    view = None if depth is None else Visibility(depth, CAMERA, POSE)
    for k in range(1, int(seconds / DT) + 1):
        hidden.look(view, detected, track.stamp + DT * k)
    return hidden


def test_open_ground_is_seen_and_what_stands_behind_a_wall_is_not() -> None:
    view = Visibility(walled(), CAMERA, POSE)
    at = np.array([[8.0, 0.0], [8.0, 3.5], [4.0, 0.0], [8.0, 2.0], [-3.0, 0.0], [8.0, 9.0]])
    # behind it; beside it; before it; half behind its edge; behind the camera; out of the picture
    assert view.in_the_open(at, 1.0, SIDE_M).tolist() == [False, True, True, False, False, False]


@pytest.mark.parametrize('unknown', [0.0, math.nan])
def test_unknown_depth_does_not_count_as_open(unknown: float) -> None:
    view = Visibility(np.full((480, 640), unknown), CAMERA, POSE)
    assert not view.in_the_open(np.array([[8.0, 0.0]]), 1.0, SIDE_M).any()


@pytest.mark.parametrize('seconds', [1.0, 4.0, 8.0])
def test_it_comes_out_at_the_edge_of_the_wall(seconds: float) -> None:
    assert hidden_for(seconds, walled()).unseen(place(PERSON_M, 2.3)) > 0.2


@pytest.mark.parametrize('seconds', [4.0, 8.0])
def test_it_has_not_crossed_open_ground_unseen(seconds: float) -> None:
    assert hidden_for(seconds, walled()).unseen(place(PERSON_M, 5.0)) < 0.1
    assert hidden_for(seconds, None).unseen(place(PERSON_M, 5.0)) == pytest.approx(1.0)


def test_it_may_be_what_was_detected_on_the_way() -> None:
    way = tuple(place(PERSON_M, y) for y in (2.5, 3.5, 4.5, 5.5))
    assert hidden_for(4.0, walled(), way).unseen(place(PERSON_M, 5.0)) > 0.3


def test_who_was_seen_coming_counts_from_where_he_came_into_view() -> None:
    hidden = hidden_for(4.0, walled())
    hidden.came(7, place(PERSON_M, 2.3))
    hidden.came(8, place(PERSON_M, 5.0))
    hidden.came(9, place(PERSON_M, 2.3, measure='pixels'))
    assert hidden.unseen(place(PERSON_M, 5.0), 7) > 0.2
    assert all(hidden.unseen(place(PERSON_M, 5.0), number) < 0.1 for number in (0, 8, 9))


def test_a_sure_sight_forgets_who_came_before() -> None:
    hidden = hidden_for(4.0, walled())
    hidden.came(7, place(PERSON_M, 2.3))
    hidden.seen(target(), place(PERSON_M, 0.6), SIDE_M)
    for k in range(1, 41):
        hidden.look(Visibility(walled(), CAMERA, POSE), (), target().stamp + DT * k)
    assert hidden.unseen(place(PERSON_M, 5.0), 7) < 0.1


def test_whoever_waits_behind_the_wall_is_still_there() -> None:
    assert hidden_for(20.0, walled()).unseen(place(PERSON_M, 0.6)) > 0.5


def test_behind_a_wall_that_fills_the_picture_it_may_be_anywhere() -> None:
    everything = walled(left=30.0, right=-30.0)
    assert hidden_for(5.0, everything).unseen(place(PERSON_M, 5.0)) > 0.9


@pytest.mark.parametrize(
    ('track', 'where', 'side'),
    [
        (None, place(8.0, 0.0), SIDE_M),
        (target(), None, SIDE_M),
        (target(), Place(np.zeros(2), np.eye(2)), SIDE_M),
        (target(), place(8.0, 0.0), None),
    ],
)
def test_without_a_place_nothing_is_excluded(track, where, side) -> None:
    hidden = Hidden()
    hidden.seen(track, where, side)
    hidden.look(Visibility(walled(), CAMERA, POSE), (), 5.0)
    assert hidden.unseen(place(PERSON_M, 5.0)) == 1.0


def test_places_of_another_measure_and_older_pictures_tell_nothing() -> None:
    hidden = hidden_for(4.0, walled())
    before = hidden.unseen(place(PERSON_M, 5.0))
    hidden.look(Visibility(walled(), CAMERA, POSE), (), 0.5)
    assert hidden.unseen(place(PERSON_M, 5.0)) == before
    assert hidden.unseen(place(PERSON_M, 5.0, measure='pixels')) == 1.0


def test_target_that_is_seen_again_begins_anew() -> None:
    hidden = hidden_for(4.0, walled())
    hidden.seen(target(), place(PERSON_M, 0.6), SIDE_M)
    assert hidden.unseen(place(PERSON_M, 5.0)) == 1.0
