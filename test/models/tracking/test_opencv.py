# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""CSRT keeps the contract of a Tracker."""

from __future__ import annotations

from follow_anything.core.errors import BadBox, BadConfig, NotReady
from follow_anything.core.geometry import iou
from follow_anything.core.protocols import Detector, Embedder, Tracker
from follow_anything.core.types import Box, Frame
from follow_anything.models.registry import (
    build_detector,
    build_embedder,
    build_tracker,
    DETECTORS,
    TRACKERS,
)
from follow_anything.testing import SyntheticScene
import numpy as np
import pytest

pytest.importorskip('cv2', reason='OpenCV is not installed: run `make setup`')
from follow_anything.models.tracking.peers.csrt import CsrtTracker

pytestmark = [pytest.mark.models, pytest.mark.tracking]

SCENE = SyntheticScene(seed=3)
START = SCENE.frame(0)


def test_follows_the_target() -> None:
    tracker = CsrtTracker()
    tracker.initialize(START, SCENE.box(0))
    for index in range(1, 25):
        track = tracker.track(SCENE.frame(index))
        assert track.box is not None
        assert iou(track.box, SCENE.box(index)) > 0.6
        assert (track.score, track.presence) == (1.0, 1.0)


def test_two_runs_give_the_same_boxes() -> None:
    """Nothing random, and nothing left over from the first target."""
    tracker, runs = CsrtTracker(), []
    for _ in range(2):
        tracker.initialize(START, SCENE.box(0))
        runs.append([tracker.track(SCENE.frame(index)).box for index in range(1, 6)])
    assert runs[0] == runs[1]


def test_track_comes_after_initialize() -> None:
    with pytest.raises(NotReady, match=r'initialize\(frame, box\)'):
        CsrtTracker().track(START)


@pytest.mark.parametrize(
    'box',
    [
        Box(-20, 0, -5, 30),
        Box(400, 0, 430, 30),
        Box(100, 100, 102.5, 150),
        Box(100, 100, 150, 102),
        Box(-30, 100, 2.5, 150),
    ],
)
def test_too_little_to_learn_from(box: Box) -> None:
    with pytest.raises(BadBox):
        CsrtTracker().initialize(START, box)


# OpenCV's own assertions fail on some of them.
@pytest.mark.parametrize(
    'box',
    [
        Box(317, 0, 320, 240),
        Box(202, 224, 345, 428),
        Box(13.3, 61.7, 17.3, 217.3),
        Box(316.7, 154.3, 464.8, 162.8),
        Box(0, 0, 320, 240),
        Box(-50, -50, 400, 300),
        Box(0.2, 0.2, 3.3, 3.3),
    ],
)
def test_odd_boxes_are_tracked_or_refused(box: Box) -> None:
    tracker = CsrtTracker()
    try:
        tracker.initialize(START, box)
    except BadBox:
        return
    track = tracker.track(SCENE.frame(1))
    assert track.box is None or np.isfinite(track.box.xyxy).all()


def test_refused_box_keeps_the_old_target() -> None:
    tracker = CsrtTracker()
    tracker.initialize(START, SCENE.box(0))
    with pytest.raises(BadBox):
        tracker.initialize(START, Box(-20, 0, -5, 30))
    track = tracker.track(SCENE.frame(1))
    assert track.box is not None
    assert iou(track.box, SCENE.box(1)) > 0.6


def test_image_of_another_size_holds_no_target() -> None:
    tracker = CsrtTracker()
    tracker.initialize(START, SCENE.box(0))
    track = tracker.track(Frame(1.0, np.zeros((100, 100, 3), np.uint8)))
    assert (track.box, track.presence) == (None, 0.0)
    assert tracker.track(SCENE.frame(1)).presence == 1.0


def test_colors_are_not_swapped_and_the_frame_is_not_touched() -> None:
    """A frame may be a view into a message; who writes into it breaks the others."""
    rgb = START.rgb.copy()
    rgb.setflags(write=False)
    tracker = CsrtTracker()
    tracker.initialize(Frame(0.0, rgb), SCENE.box(0))
    tracker.track(Frame(0.1, rgb))
    np.testing.assert_array_equal(rgb, START.rgb)


def test_names_build_what_they_say() -> None:
    assert isinstance(build_tracker('csrt'), Tracker)
    assert isinstance(build_detector('classical'), Detector)
    assert isinstance(build_embedder(), Embedder)


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(BadConfig, match='tracker must be one of') as refusal:
        build_tracker('siamese')
    assert all(name in str(refusal.value) for name in (*TRACKERS, 'siamese'))
    with pytest.raises(BadConfig, match='detector must be one of') as refusal:
        build_detector('yolo')
    assert all(name in str(refusal.value) for name in (*DETECTORS, 'yolo'))
