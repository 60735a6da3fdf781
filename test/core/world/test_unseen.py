# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Who of two that are out of sight would have had to cross open ground to be where one is seen."""

from __future__ import annotations

import math

from follow_anything.core.geometry import camera_mount, PinholeCamera
from follow_anything.core.world.candidates import WorldTracks
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.hidden import Visibility
from follow_anything.core.world.track import Place, TWIN_LOOKS, WorldTrack
from follow_anything.core.world.unseen import MOST, RATHER_MOST, Unseen
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

CAMERA = PinholeCamera.from_horizontal_fov(640, 480, math.radians(80))
AHEAD_M, SIDE_M = 8.0, 0.9


def at(x: float) -> Place:
    """Return the place of somebody 8 m ahead and x metres to the right."""
    return Place(np.array([x, AHEAD_M]), 0.1**2 * np.eye(2), height=1.0)


def open_field() -> Visibility:
    """Return the view of one with a wall 6 m ahead, 1.5 m to either side of the middle."""
    depth = np.full((480, 640), 60.0)
    edge = int(CAMERA.fx * 1.5 / 6.0)
    depth[:, 320 - edge : 320 + edge] = 6.0
    pose = CameraPose(camera_mount(0.0, 0.0, math.pi / 2), np.array([0.0, 0.0, 1.0]))
    return Visibility(depth, CAMERA, pose)


class Field:
    """A target, its twins, and nobody in sight for four seconds."""

    def __init__(self, target: float, *twins: float) -> None:
        self.unseen, self.tracks = Unseen(), WorldTracks()
        self.unseen.target.seen(self.tracks.new(at(target), 0.0, None), at(target), SIDE_M)
        self.twins = [self.tracks.new(at(x), 0.0, None) for x in twins]
        for k, (track, x) in enumerate(zip(self.twins, twins, strict=True)):
            track.stamp = 0.01 * k
            for _ in range(TWIN_LOOKS):
                track.was_beside(None, is_alike=True)
            self.unseen.sees_other(track, at(x), SIDE_M)

    def wait(self, view: Visibility | None, *detected: float) -> Field:
        others: list[tuple[Place, WorldTrack | None]] = []
        for x in detected:
            track = self.tracks.new(at(x), 0.0, None)
            track.refused = True  # whoever it is said to be
            others.append((at(x), track))
        for step in range(1, 41):
            self.unseen.look(others, self.tracks.tracks, view, 0.1 * step)
        return self

    def rather(self, x: float, twin: int = 0) -> float:
        return self.unseen.rather(at(x), self.twins[twin], None)


def test_who_comes_out_from_behind_the_wall_is_rather_who_went_behind_it() -> None:
    assert Field(0.0, 6.0).wait(open_field()).rather(-2.0) == RATHER_MOST
    assert Field(6.0, 0.0).wait(open_field()).rather(-2.0) == -RATHER_MOST


def test_behind_the_same_wall_nothing_tells_them_apart() -> None:
    assert abs(Field(0.0, 0.3).wait(open_field()).rather(-2.0)) < 0.5


def test_twin_that_was_out_of_the_picture_may_come_in_over_its_edge() -> None:
    """The target would have been seen on its way there."""
    assert Field(0.0, 20.0).wait(open_field()).rather(9.0) < -1.0


def test_twin_may_be_anybody_like_it_who_was_detected_on_the_way() -> None:
    assert Field(0.0, 6.0).wait(open_field()).rather(2.2) > 2.0
    assert Field(0.0, 6.0).wait(open_field(), 5.5, 4.5, 3.5, 2.5).rather(2.2) < 1.0


def test_where_nothing_is_known_nothing_is_told() -> None:
    assert Field(0.0, 5.0).wait(None).rather(-2.0) == 0.0
    field = Field(0.0, 5.0)
    assert field.rather(-2.0) == 0.0, 'nobody has looked yet'


def test_twins_that_were_seen_last_are_kept() -> None:
    field = Field(0.0, *[5.0] * (MOST + 2)).wait(open_field())
    told = [field.rather(-2.0, twin) != 0.0 for twin in range(MOST + 2)]
    assert told == [False, False, *[True] * MOST]
