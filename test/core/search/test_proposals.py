# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What becomes a candidate, and where it is."""

from __future__ import annotations

from collections.abc import Sequence
import math

from follow_anything.core.geometry import camera_mount, PinholeCamera
from follow_anything.core.search.eye import Eye
from follow_anything.core.search.proposals import Proposals
from follow_anything.core.types import Box, Detections, Frame
from follow_anything.core.world.candidates import WorldTracks
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.track import Place
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

CAMERA = PinholeCamera.from_horizontal_fov(64, 48, math.radians(60))
POST_M, PERSON_M, FAR_M = 3.0, 6.0, 20.0
BOX = Box(20.0, 10.0, 40.0, 40.0)


class OneLook:
    """An embedder to whom everything looks the same."""

    unrelated = 0.0

    def embed(self, frame: Frame, box: Box) -> np.ndarray:
        return np.array([1.0, 0.0])


def behind_a_post() -> Frame:
    """Return a picture of a person in BOX, behind a post that covers a third of the middle."""
    depth = np.full((48, 64), FAR_M, np.float32)
    depth[10:40, 20:40] = PERSON_M
    depth[:, 28:32] = POST_M
    return Frame(1.0, np.zeros((48, 64, 3), np.uint8), depth)


@pytest.mark.parametrize(
    ('known', 'depth'),
    [
        ((), POST_M),  # the front surface
        ([(Box(21.0, 10.0, 41.0, 40.0), PERSON_M + 0.2)], PERSON_M),
        ([(BOX, FAR_M)], POST_M),  # there is no such surface in the box
        ([(Box(45.0, 10.0, 60.0, 40.0), PERSON_M)], POST_M),  # something else
    ],
)
def test_thing_stays_on_the_surface_that_it_was_seen_on(
    known: Sequence[tuple[Box, float]], depth: float
) -> None:
    eye = Eye(behind_a_post(), CAMERA, CameraPose(camera_mount(0.0, 0.0, 0.0), np.zeros(3)))
    found = Detections(1.0, np.array([BOX.xyxy]), np.array([0.9]))
    tracks = WorldTracks()
    for seen in known:
        tracks.new(Place(np.zeros(2), np.eye(2)), 0.9, None).box = seen
    (candidate,) = Proposals(OneLook()).gather(eye, None, found, None, tracks=tracks)
    assert candidate.depth == pytest.approx(depth)
    assert candidate.place is not None
    assert candidate.place.mean[0] == pytest.approx(depth, rel=0.1)
