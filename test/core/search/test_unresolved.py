# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Two things that look alike, in one box: each keeps a place of its own until they come apart."""

from __future__ import annotations

import math

from follow_anything.core.errors import InvalidInput
from follow_anything.core.geometry import camera_mount, iou, PinholeCamera
from follow_anything.core.protocols import Survey
from follow_anything.core.search.eye import Eye
from follow_anything.core.search.proposals import Proposals
from follow_anything.core.search.unresolved import LASTS_S, Split, Unresolved
from follow_anything.core.types import Box, Frame, Track
from follow_anything.core.world.candidates import WorldTracks
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.track import Place, TWIN_LOOKS
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

WIDTH, HEIGHT, DEPTH_M = 640, 480, 8.0
CAMERA = PinholeCamera.from_horizontal_fov(WIDTH, HEIGHT, math.radians(70))
POSE = CameraPose(camera_mount(0.0, 0.0, 0.0), np.zeros(3))
NOWHERE = Place(np.zeros(2), np.eye(2))
DT = 0.05
LOOK, COLUMN = np.array([1.0, 0.0]), np.array([0.5, 0.87])


def eye_at(stamp: float, depth: float | None = DEPTH_M) -> Eye:
    image = None if depth is None else np.full((HEIGHT, WIDTH), depth, np.float32)
    return Eye(Frame(stamp, np.zeros((HEIGHT, WIDTH, 3), np.uint8), image), CAMERA, POSE)


def union(one: Box, two: Box) -> Box:
    return Box(min(one.x1, two.x1), min(one.y1, two.y1), max(one.x2, two.x2), max(one.y2, two.y2))


class Pair:
    """The target and its twin, each with the box that it was last seen in."""

    def __init__(
        self, target: Box, twin: Box, stamp: float = 0.0, *, is_twin: bool = True
    ) -> None:
        self.tracks = WorldTracks()
        self.tracks.target = self.tracks.new(NOWHERE, stamp, LOOK)
        self.twin = self.tracks.new(NOWHERE, stamp, LOOK)
        self.twin.alike = self.twin.beside = TWIN_LOOKS if is_twin else 0
        self.unresolved = Unresolved()
        self.saw(target, twin, stamp)

    def saw(self, target: Box, twin: Box, stamp: float, depth: float = DEPTH_M) -> None:
        assert self.tracks.target is not None
        for track, box in ((self.tracks.target, target), (self.twin, twin)):
            track.box, track.stamp = (box, depth), stamp

    def look(
        self,
        stamp: float,
        *boxes: Box,
        own: int = 0,
        eye: Eye | None = None,
        view: np.ndarray = LOOK,
    ) -> Split | None:
        """Look at boxes; where one is split the two are seen there."""
        found, views = np.array([box.xyxy for box in boxes]), np.stack([view] * len(boxes))
        split = self.unresolved.split(eye or eye_at(stamp), found, views, own, self.tracks)
        if split is not None:
            depth = DEPTH_M if eye is None or eye.frame.depth is None else eye.frame.depth[0, 0]
            self.saw(split.target, split.other, stamp, float(depth))
        return split


CAR, VAN = (90.0, 70.0), (110.0, 90.0)
TARGET = Box.from_center(300.0, 250.0, *CAR)


def beside(target: Box, dx: float, dy: float, size: tuple[float, float] = CAR) -> Box:
    return Box.from_center(target.center[0] + dx, target.center[1] + dy, *size)


@pytest.mark.parametrize('side', [-1.0, 1.0])
@pytest.mark.parametrize('size', [CAR, VAN])
@pytest.mark.parametrize('noise', [0.0, 2.0])
def test_two_that_pass_each_other_side_by_side_are_not_confused(
    side: float, size: tuple[float, float], noise: float
) -> None:
    """The twin comes from above, and passes on one side; for three seconds one box holds both."""
    random = np.random.default_rng(7)
    pair = Pair(TARGET, beside(TARGET, side * 30, -120, size))
    worst = 1.0
    for index in range(1, 100):
        share = index / 99
        twin = beside(TARGET, side * (30 + 80 * min(1.0, 2 * share)), -120 + 160 * share, size)
        both = np.array(union(TARGET, twin).xyxy) + random.normal(0.0, noise, 4)
        if twin.y2 < TARGET.y1:
            assert pair.look(index * DT, TARGET, twin) is None
            pair.saw(TARGET, twin, index * DT)
            continue
        split = pair.look(index * DT, Box(*both))
        if split is None:  # as long as the target alone explains the box
            assert both[3] - both[1] < 1.3 * TARGET.height
            pair.saw(Box(*both), twin, index * DT)
            continue
        worst = min(worst, iou(split.target, TARGET), iou(split.other, twin))
    assert worst > 0.6


def test_split_box_may_be_the_trackers_alone_and_all_that_hold_both_are_named() -> None:
    pair, twin = ready()
    both, thing = union(TARGET, twin), Box(10.0, 10.0, 60.0, 60.0)
    split = pair.look(3 * DT, both, thing, own=1)
    assert split is not None
    assert split.rows == {0}
    split = pair.look(4 * DT, both, thing, both.scaled(1.02), own=1)
    assert split is not None
    assert split.rows == {0, 2}


def ready() -> tuple[Pair, Box]:
    """Return a pair that has come together by 2 DT, and where the twin is."""
    twin = beside(TARGET, 80.0, 10.0)
    pair = Pair(TARGET, beside(TARGET, 130.0, 10.0), -9 * DT)
    for index in range(11):
        at = beside(TARGET, 130.0 - 5.0 * index, 10.0)
        assert pair.look((index - 8) * DT, TARGET, at) is None
        pair.saw(TARGET, at, (index - 8) * DT)
    return pair, twin


def test_pair_that_has_come_together_is_split() -> None:
    pair, twin = ready()
    split = pair.look(3 * DT, union(TARGET, twin))
    assert split is not None
    assert iou(split.target, TARGET) > 0.9
    assert iou(split.other, twin) > 0.9


def test_who_is_seen_alone_is_believed() -> None:
    pair, twin = ready()
    both = union(TARGET, twin)
    assert pair.look(3 * DT, both, TARGET) is None, 'the target has a box of its own'
    seen = beside(TARGET, 72.0, 14.0)
    split = pair.look(4 * DT, union(TARGET, seen), seen)
    assert split is not None
    assert iou(split.other, seen) > 0.9


def test_one_that_hides_the_other_is_not_split() -> None:
    """They would come apart on either side."""
    pair, _ = ready()
    large = (150.0, 120.0)
    behind = Box.from_center(*TARGET.center, *large)
    pair.saw(TARGET, Box.from_center(*TARGET.center, 90.0, 70.0), 3 * DT)
    assert pair.look(4 * DT, behind) is None


@pytest.mark.parametrize(
    'both',
    [
        Box(10.0, 100.0, 630.0, 400.0),  # a group of many
        Box(255.0, 215.0, 345.0, 285.0),  # the target alone
        Box(255.0, 120.0, 425.0, 300.0),  # a third one above
    ],
)
def test_box_that_the_two_do_not_explain_is_not_split(both: Box) -> None:
    pair, _ = ready()
    assert pair.look(3 * DT, both) is None


def test_box_that_the_edge_of_the_picture_cuts_is_not_split() -> None:
    pair, twin = ready()
    both = union(TARGET, twin)
    narrow = np.full((HEIGHT, round(both.x2)), DEPTH_M, np.float32)
    rgb = np.zeros((*narrow.shape, 3), np.uint8)
    cut = Eye(Frame(3 * DT, rgb, narrow), CAMERA, POSE)
    assert pair.look(3 * DT, both, eye=cut) is None
    assert pair.look(3 * DT, both) is not None


def test_who_was_never_seen_apart_has_no_size() -> None:
    twin = beside(TARGET, 80.0, 10.0)
    pair = Pair(TARGET, twin)
    assert pair.look(DT, union(TARGET, twin)) is None


def test_somebody_who_looks_otherwise_is_not_taken_for_a_part() -> None:
    twin = beside(TARGET, 80.0, 10.0)
    pair = Pair(TARGET, beside(TARGET, 150.0, 0.0), is_twin=False)
    pair.look(DT, TARGET, twin)
    pair.saw(TARGET, twin, 2 * DT)
    assert pair.look(3 * DT, union(TARGET, twin)) is None


def test_column_that_hides_both_is_not_the_two_of_them() -> None:
    """It looks otherwise, or is nearer than they can have come; and so is a wall behind them."""
    pair, twin = ready()
    both = union(TARGET, twin)
    assert pair.look(3 * DT, both, view=COLUMN) is None
    assert pair.look(3 * DT, both, view=np.zeros(1)) is None, 'no view could be made'
    assert pair.look(3 * DT, both, view=np.full(2, np.nan)) is None
    for depth in (0.7 * DEPTH_M, 1.4 * DEPTH_M):
        assert pair.look(3 * DT, both, eye=eye_at(3 * DT, depth)) is None
    assert pair.look(3 * DT, both) is not None


@pytest.mark.parametrize('seconds', [0.7, LASTS_S + 1.0])
def test_what_is_old_tells_nothing(seconds: float) -> None:
    pair, twin = ready()
    assert pair.look(3 * DT + seconds, union(TARGET, twin)) is None


def test_sizes_end_however_often_the_box_is_split() -> None:
    pair, twin = ready()
    splits = [
        pair.look(stamp, union(TARGET, twin)) for stamp in np.arange(3 * DT, LASTS_S + 1.0, DT)
    ]
    assert splits[0] is not None
    assert splits[-1] is None
    pair.unresolved.forget()
    assert pair.look(3 * DT, union(TARGET, twin)) is None


def test_sizes_follow_the_depth() -> None:
    """Both come twice as near: each is twice as large in the end."""
    pair, twin = ready()
    middle = union(TARGET, twin).center
    for index in range(20):
        scale = 2.0 ** ((index + 1) / 20)
        near = [
            Box.from_center(
                middle[0] + scale * (box.center[0] - middle[0]),
                middle[1] + scale * (box.center[1] - middle[1]),
                scale * box.width,
                scale * box.height,
            )
            for box in (TARGET, twin)
        ]
        stamp = (3 + index) * DT
        split = pair.look(stamp, union(*near), eye=eye_at(stamp, DEPTH_M / scale))
        assert split is not None
        assert iou(split.target, near[0]) > 0.75
        assert iou(split.other, near[1]) > 0.75


class FisheyeEye(Eye):
    """A camera whose lens tells nothing of what is outside the picture."""

    def depth(self, box: Box, near_m: float | None = None) -> float | None:
        if not 0 <= box.center[0] < WIDTH:
            raise InvalidInput('no such ray')
        return super().depth(box, near_m)


def test_who_leaves_the_picture_is_expected_nowhere() -> None:
    pair = Pair(TARGET, Box.from_center(WIDTH - 105.0, 250.0, *CAR))
    for index in range(1, 6):
        twin = Box.from_center(WIDTH - 105.0 + 20 * index, 250.0, *CAR)
        pair.look(index * DT, TARGET, twin)
        pair.saw(TARGET, twin, index * DT)
    frame = eye_at(8 * DT).frame
    assert pair.look(8 * DT, TARGET, eye=FisheyeEye(frame, CAMERA, POSE)) is None


def test_boxes_that_are_none_are_left_out() -> None:
    pair, twin = ready()
    found = np.array([[np.nan] * 4, [5.0, 5.0, 5.0, 9.0], union(TARGET, twin).xyxy])
    split = pair.unresolved.split(eye_at(3 * DT), found, np.stack([LOOK] * 3), 0, pair.tracks)
    assert split is not None
    assert split.rows == {2}


class OneBox:
    """Finds one box around both, and describes every box by its width."""

    unrelated = 0.0

    def __init__(self, box: Box) -> None:
        self.box = box

    def embed(self, frame: Frame, box: Box) -> np.ndarray:
        return np.array([1.0, 0.0])

    def survey(self, frame: Frame, boxes: np.ndarray, size_px: float = 0.0) -> Survey:
        found = np.concatenate([boxes.reshape(-1, 4), [self.box.xyxy]])
        angle = (found[:, 2] - found[:, 0]) / 500
        return Survey(found, np.stack([np.cos(angle), np.sin(angle)], 1), np.zeros(len(found)))


@pytest.mark.parametrize('is_held', [True, False])
def test_candidates_are_the_two_and_not_the_box_that_holds_both(is_held: bool) -> None:
    pair, twin = ready()
    both = union(TARGET, twin)
    proposals = Proposals(OneBox(both))
    proposals._unresolved = pair.unresolved
    track = Track(both if is_held else TARGET.scaled(0.5), 0.9, 0.9)
    candidates = proposals.gather(eye_at(3 * DT), track, None, TARGET, tracks=pair.tracks)
    own, *others = candidates
    assert own.presence == 0.9
    assert iou(own.box, TARGET if is_held else TARGET.scaled(0.5)) > 0.9
    assert [max(iou(c.box, TARGET), iou(c.box, twin)) > 0.9 for c in others] == [True, True]
    for candidate in others:  # each is described as it is
        assert candidate.view is not None
        assert math.atan2(candidate.view[1], candidate.view[0]) * 500 == pytest.approx(90, abs=1)
    proposals.forget()
    (_, whole) = proposals.gather(eye_at(4 * DT), track, None, TARGET, tracks=pair.tracks)
    assert iou(whole.box, both) > 0.9
