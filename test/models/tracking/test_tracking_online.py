# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The online loop, with a network that finds the brightest square."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('cv2')

from follow_anything.core.errors import BadBox, NotReady
from follow_anything.core.types import Box, Frame
from follow_anything.models.tracking.online import (
    crop_square,
    OnlineConfig,
    OnlineTracker,
    SearchMaps,
)

pytestmark = [pytest.mark.models, pytest.mark.tracking, pytest.mark.identity]

CELLS = {32: 8, 40: 10, 48: 12}


class BrightestSquare:
    """Finds a white square of a known share of the region; absent when nothing is white."""

    template_px = 24
    search_sizes_px = (40, 48)

    def __init__(self) -> None:
        self.encoded = self.read = 0
        self.searched: list[int] = []
        self.answer = None

    def encode(self, image, box):
        self.encoded += 1
        angle = self.encoded * 0.7
        return self.encoded, np.array([np.cos(angle), np.sin(angle)])

    def join(self, caches):
        return tuple(caches)

    def features(self, image):
        self.read += 1
        return image

    def search(self, image, cache):
        self.searched.append(len(image))
        cells = CELLS[len(image)]
        if self.answer is not None:
            return self.answer(cells)
        white = image[..., 0] > 128
        score = white.reshape(cells, 4, cells, 4).mean((1, 3)).astype(np.float32)
        ys, xs = np.nonzero(white)
        box = np.zeros((4, cells, cells), np.float32)
        if len(xs):
            x1, x2 = xs.min() / len(image), (xs.max() + 1) / len(image)
            y1, y2 = ys.min() / len(image), (ys.max() + 1) / len(image)
            centre = (np.arange(cells) + 0.5) / cells
            box[0], box[2] = centre[None] - x1, x2 - centre[None]
            box[1], box[3] = centre[:, None] - y1, y2 - centre[:, None]
        return SearchMaps(score, box, np.full_like(score, 0.9), float(len(xs) > 0))


def _frame(x: float, y: float, size: int = 20, shape=(200, 240), stamp: float = 0.0) -> Frame:
    image = np.zeros((*shape, 3), np.uint8)
    if size:
        image[int(y) : int(y) + size, int(x) : int(x) + size] = 255
    return Frame(stamp, image)


def _tracker(**settings) -> tuple[OnlineTracker, BrightestSquare]:
    network = BrightestSquare()
    tracker = OnlineTracker(network, OnlineConfig(**settings))
    tracker.initialize(_frame(100, 80), Box(100, 80, 120, 100))
    return tracker, network


def test_it_follows_a_moving_square():
    tracker, _ = _tracker()
    for step in range(1, 30):
        x, y = 100 + 3 * step, 80 + 2 * step
        track = tracker.track(_frame(x, y))
        assert track.presence == 1.0
        assert np.hypot(track.box.center[0] - x - 10, track.box.center[1] - y - 10) < 4


def test_track_before_initialize_says_what_to_call():
    with pytest.raises(NotReady, match='initialize'):
        OnlineTracker(BrightestSquare()).track(_frame(0, 0))


@pytest.mark.parametrize(
    'box',
    [
        Box(100, 80, 101, 81),
        Box(300, 80, 320, 100),
        Box(239, 10, 290, 60),
        Box(-50, -50, -1, -1),
    ],
)
def test_a_box_with_nothing_to_learn_from_is_refused(box):
    with pytest.raises(BadBox):
        OnlineTracker(BrightestSquare()).initialize(_frame(100, 80), box)


def test_it_resumes_elsewhere_with_what_it_learnt():
    tracker, network = _tracker()
    tracker.resume(_frame(30, 150), Box(30, 150, 50, 170))
    track = tracker.track(_frame(31, 150))
    assert network.encoded == 1, 'the half hidden view of a target just found is not learnt'
    assert np.hypot(track.box.center[0] - 41, track.box.center[1] - 160) < 4
    with pytest.raises(BadBox):
        tracker.resume(_frame(0, 0), Box(300, 80, 320, 100))
    with pytest.raises(NotReady, match='initialize'):
        OnlineTracker(BrightestSquare()).resume(_frame(0, 0), Box(0, 0, 20, 20))


def test_a_hidden_target_keeps_its_size_and_has_no_presence():
    tracker, _ = _tracker()
    sizes = []
    for _ in range(40):
        track = tracker.track(_frame(0, 0, size=0))
        assert track.presence == 0.0
        sizes.append((track.box.width, track.box.height))
    assert set(sizes) == {(20.0, 20.0)}


def test_the_search_region_grows_while_hidden_and_not_for_ever():
    tracker, _ = _tracker(patience=2, growth_max=1.5)
    sides = []
    for _ in range(40):
        tracker.track(_frame(0, 0, size=0))
        sides.append(tracker._region()[0])
    assert sides[0] == pytest.approx(80)
    assert max(sides) == pytest.approx(120)


def test_calm_targets_are_searched_in_the_small_region_and_fast_ones_in_the_large():
    tracker, network = _tracker()
    tracker.track(_frame(101, 80))
    tracker.track(_frame(102, 80))
    assert network.searched == [40, 40]
    tracker.track(_frame(114, 80))
    tracker.track(_frame(114, 80))
    assert network.searched[2:] == [40, 48]


def test_the_smallest_of_three_regions_waits_for_a_steady_target():
    network = BrightestSquare()
    network.search_sizes_px = (32, 40, 48)
    tracker = OnlineTracker(network, OnlineConfig(steady=0.12, steady_frames=2))
    tracker.initialize(_frame(100, 80), Box(100, 80, 120, 100))
    for x in (101, 102, 103, 109, 110):
        tracker.track(_frame(x, 80))
    # two frames of 1/20 target sizes each; then one of 6/20, which is calm but not steady
    assert network.searched == [40, 40, 32, 32, 40]
    tracker.track(_frame(0, 0, size=0))
    tracker.track(_frame(0, 0, size=0))
    assert network.searched[-1] == 48


def _learn(tracker: OnlineTracker, count: int, dt: float = 0.5) -> None:
    for step in range(1, count + 1):
        tracker.learn(_frame(100, 80, stamp=step * dt), Box(100, 80, 120, 100))


def test_memory_is_bounded_and_the_first_template_stays():
    tracker, network = _tracker(templates=2, interval=1.0, novelty=0.0)
    first = tracker._templates[0]
    _learn(tracker, 20)
    assert network.encoded == 1 + 10
    assert [template.cache for template in tracker._templates] == [1, 10, 11]
    assert tracker._templates[0] is first


def test_what_was_learnt_is_dropped_and_the_first_template_stays():
    tracker, network = _tracker(templates=2, novelty=0.0)
    first = tracker._templates[0]
    tracker.unlearn()
    _learn(tracker, 4)
    tracker.unlearn()
    assert tracker._templates == [first]
    assert tracker._cache == network.join([first.cache])


class Generous(BrightestSquare):
    """Its boxes are half as large again where it knows more than the first view."""

    first_sees = 1.0

    def search(self, image, cache):
        maps = super().search(image, cache)
        if len(cache) > 1:
            return replace(maps, box=maps.box * 1.5)
        return replace(maps, score=maps.score * self.first_sees)


@pytest.mark.parametrize(('first_sees', 'side'), [(1.0, 20), (0.5, 20), (0.2, 30), (np.nan, 30)])
def test_the_first_template_says_how_large_while_it_sees_the_target(first_sees, side):
    network = Generous()
    tracker = OnlineTracker(network, OnlineConfig(templates=2, novelty=0.0))
    tracker.initialize(_frame(100, 80), Box(100, 80, 120, 100))
    _learn(tracker, 4)
    network.first_sees = first_sees
    for step in range(20):
        box = tracker.track(_frame(100 + step, 80)).box
    assert box.width == pytest.approx(side, rel=0.15)
    assert box.center == pytest.approx((129, 90), abs=4)


def test_the_first_template_is_not_asked_for_what_is_not_used():
    tracker, network = _tracker(templates=2, novelty=0.0)
    tracker.track(_frame(100, 80))
    assert len(network.searched) == 1  # it is the only one
    _learn(tracker, 4)
    tracker.track(_frame(100, 80))
    assert len(network.searched) == 3
    tracker.track(_frame(0, 0, size=0))
    assert len(network.searched) == 4  # the target is hidden: the box stays
    tracker.unlearn()
    tracker.track(_frame(100, 80))
    assert len(network.searched) == 5
    assert network.read == 4  # both searches of a picture are in what was read once


def test_tracker_learns_nothing_by_itself():
    tracker, network = _tracker(templates=2, interval=0.0, novelty=0.0)
    for step in range(20):
        tracker.track(_frame(100, 80, stamp=float(step)))
    assert network.encoded == 1


@pytest.mark.parametrize('settings', [{'templates': 0}, {'templates': 2, 'novelty': 2.1}])
def test_views_that_are_not_wanted_or_add_nothing_are_not_kept(settings):
    tracker, _ = _tracker(**settings)
    _learn(tracker, 20)
    assert len(tracker._templates) == 1


def test_learning_goes_on_after_a_clock_that_was_set_back():
    tracker, _ = _tracker(templates=2, novelty=0.0)
    tracker.learn(_frame(100, 80, stamp=50.0), Box(100, 80, 120, 100))
    tracker.learn(_frame(100, 80, stamp=2.0), Box(100, 80, 120, 100))
    assert len(tracker._templates) == 3


def test_a_box_with_nothing_in_it_is_not_learnt():
    tracker, _ = _tracker(templates=2)
    tracker.learn(_frame(100, 80, stamp=5.0), Box(300, 80, 320, 100))
    assert len(tracker._templates) == 1
    with pytest.raises(NotReady, match='initialize'):
        OnlineTracker(BrightestSquare()).learn(_frame(0, 0), Box(0, 0, 20, 20))


@pytest.mark.parametrize('shape', [(60, 50), (4, 4), (1, 1), (700, 900)])
def test_an_image_that_changes_size_never_gives_a_bad_box(shape):
    tracker, _ = _tracker()
    for _ in range(5):
        track = tracker.track(Frame(0.0, np.zeros((*shape, 3), np.uint8)))
        assert track.presence == 0.0
        assert np.isfinite(track.box.xyxy).all()
        assert track.box.center[0] <= shape[1]
        assert track.box.center[1] <= shape[0]


def test_a_network_that_answers_nan_gives_no_box():
    tracker, network = _tracker()

    def nonsense(cells):
        bad = np.full((cells, cells), np.nan, np.float32)
        return SearchMaps(bad, np.full((4, cells, cells), np.nan, np.float32), bad, float('nan'))

    network.answer = nonsense
    track = tracker.track(_frame(100, 80))
    assert (track.box, track.score, track.presence) == (None, 0.0, 0.0)
    network.answer = None
    assert tracker.track(_frame(100, 80)).presence == 1.0


def test_huge_boxes_stay_within_the_image():
    tracker, network = _tracker()

    def huge(cells):
        score = np.ones((cells, cells), np.float32)
        return SearchMaps(score, np.full((4, cells, cells), 1.2, np.float32), score, 1.0)

    network.answer = huge
    for _ in range(30):
        track = tracker.track(_frame(100, 80))
    assert track.box.width <= 240
    assert track.box.height <= 200


@pytest.mark.parametrize('side', [10.0, 40.0, 130.0, 900.0])
def test_a_crop_keeps_the_centre_in_the_middle(side):
    image = np.zeros((200, 240, 3), np.uint8)
    image[92:108, 112:128] = 255
    crop = crop_square(image, np.array([120.0, 100.0]), side, 64)
    assert crop.shape == (64, 64, 3)
    weight = crop[..., 0].astype(float)
    rows, columns = np.mgrid[0:64, 0:64] + 0.5
    assert (weight * columns).sum() / weight.sum() == pytest.approx(32, abs=1.0)
    assert (weight * rows).sum() / weight.sum() == pytest.approx(32, abs=1.0)


def test_a_crop_far_outside_is_the_mean_colour():
    image = np.full((50, 60, 3), 70, np.uint8)
    assert (crop_square(image, np.array([-500.0, 900.0]), 40.0, 32) == 70).all()
