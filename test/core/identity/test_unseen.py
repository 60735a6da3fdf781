# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Who of two that are out of sight would have had to cross open ground to be where one is seen."""

from __future__ import annotations

from dataclasses import replace
import math

from court import thing
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.identity.judge import Candidate
from follow_anything.core.identity.unseen import MOST, RATHER_MOST, Unseen
from follow_anything.core.world.candidates import WorldTracks
from follow_anything.core.world.ego import CameraPose, optical_axes
from follow_anything.core.world.hidden import Visibility
from follow_anything.core.world.track import Place, TWIN_LOOKS, WorldTrack
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

CAMERA = PinholeCamera.from_horizontal_fov(640, 480, math.radians(80))
AHEAD_M, SIDE_M = 8.0, 0.9


def at(x: float) -> Candidate:
    """Return somebody 8 m ahead and x metres to the right."""
    place = Place(np.array([x, AHEAD_M]), 0.1**2 * np.eye(2), height=1.0)
    size = replace(thing(0.0).size or pytest.fail('no size'), metres=SIDE_M)
    return replace(thing(x), place=place, size=size, depth=AHEAD_M)


def open_field() -> Visibility:
    """Return the view of one with a wall 6 m ahead, 1.5 m to either side of the middle."""
    depth = np.full((480, 640), 60.0)
    edge = int(CAMERA.fx * 1.5 / 6.0)
    depth[:, 320 - edge : 320 + edge] = 6.0
    pose = CameraPose(optical_axes(math.pi / 2, 0.0), np.array([0.0, 0.0, 1.0]))
    return Visibility(depth, CAMERA, pose)


class Field:
    """A target, its twins, and nobody in sight for four seconds."""

    def __init__(self, target: float, *twins: float) -> None:
        self.unseen, self.tracks = Unseen(), WorldTracks()
        own = self.track(at(target))
        self.unseen.target.seen(own, at(target).place, SIDE_M)
        self.twins = [self.track(at(x)) for x in twins]
        for k, (track, x) in enumerate(zip(self.twins, twins, strict=True)):
            track.stamp = 0.01 * k
            for _ in range(TWIN_LOOKS):
                track.was_beside(None, is_alike=True)
            self.unseen.sees_other(track, at(x))

    def track(self, candidate: Candidate) -> WorldTrack:
        assert candidate.place is not None
        return self.tracks.new(candidate.place, 0.0, None)

    def wait(self, view: Visibility | None, *detected: Candidate) -> Field:
        others: list[WorldTrack | None] = [self.track(candidate) for candidate in detected]
        for track in others:
            assert track is not None
            track.refused = True  # whoever it is said to be
        alike = [True] * len(detected)
        for step in range(1, 41):
            stamp = 0.1 * step
            self.unseen.look(detected, others, alike, self.tracks.tracks, view, stamp)
        return self

    def rather(self, x: float, twin: int = 0) -> float:
        place = at(x).place
        assert place is not None
        return self.unseen.rather(place, self.twins[twin], None)


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
    way = [at(x) for x in (5.5, 4.5, 3.5, 2.5)]
    assert Field(0.0, 6.0).wait(open_field(), *way).rather(2.2) < 1.0


def test_where_nothing_is_known_nothing_is_told() -> None:
    assert Field(0.0, 5.0).wait(None).rather(-2.0) == 0.0
    field = Field(0.0, 5.0)
    assert field.rather(-2.0) == 0.0, 'nobody has looked yet'


def test_twins_that_were_seen_last_are_kept() -> None:
    field = Field(0.0, *[5.0] * (MOST + 2)).wait(open_field())
    told = [field.rather(-2.0, twin) != 0.0 for twin in range(MOST + 2)]
    assert told == [False, False, *[True] * MOST]
