# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the large detectors do with masks and vectors; the networks are scripted (scripted.py)."""

from __future__ import annotations

import cv2
from follow_anything.core.errors import BadBox, BadQuery, NotReady
from follow_anything.core.protocols import Detector
from follow_anything.core.types import Box, Click, Frame, Query
from follow_anything.models.detection.foundation.coarse import CoarseDetector, DenseDescriber
from follow_anything.models.detection.foundation.open_vocabulary import (
    background_for,
    SegmentDetector,
)
from follow_anything.models.runtime.stopwatch import Timed
import numpy as np
import pytest
from scripted import BLUE, ColorGrid, ColorReader, ColorSegmenter, GREEN, RED, scene

pytestmark = [pytest.mark.models, pytest.mark.detection]

THRESHOLD = 0.6
LEFT, RIGHT = (20, 20, 60, 40), (100, 70, 140, 90)
"""Two cars: twice as wide as high."""
MAN = (80, 10, 92, 40)

SCENE = scene((RED, LEFT), (BLUE, RIGHT))


def reading() -> SegmentDetector:
    reader = ColorReader()
    return SegmentDetector('sam_clip', ColorSegmenter(), reader, reader)


def looking() -> SegmentDetector:
    return SegmentDetector('sam_dino', ColorSegmenter(), DenseDescriber(ColorGrid()))


def coarse() -> CoarseDetector:
    return CoarseDetector('dino_coarse', ColorSegmenter(), ColorGrid())


ALL = [reading, looking, coarse]


def found(detector: Detector, query: Query, frame: Frame, seen: Frame | None = None) -> list:
    """Return the boxes that are believed, as tuples."""
    detector.set_query(query, seen)
    detections = query.accepted(detector.detect(frame), THRESHOLD)
    return [tuple(int(value) for value in box) for box in detections.boxes]


@pytest.mark.parametrize(
    ('text', 'frame', 'place'),
    [
        ('a red car', SCENE, LEFT),
        ('a blue car', SCENE, RIGHT),
        ('a red car', scene((BLUE, LEFT), (RED, RIGHT)), RIGHT),
        ('a blue car', scene((BLUE, LEFT), (RED, RIGHT)), LEFT),
    ],
)
def test_words_tell_colors_apart_in_both_orders(
    text: str, frame: Frame, place: tuple[int, ...]
) -> None:
    assert found(reading(), Query(texts=(text,)), frame) == [place]


def test_a_picture_with_red_and_blue_exchanged_would_be_noticed() -> None:
    exchanged = Frame(1.0, cv2.cvtColor(SCENE.rgb, cv2.COLOR_RGB2BGR))
    assert found(reading(), Query(texts=('a red car',)), exchanged) == [RIGHT]


@pytest.mark.parametrize('text', ['a green car', 'a red man', 'a green man'])
def test_what_is_not_here_is_not_found(text: str) -> None:
    assert found(reading(), Query(texts=(text,)), SCENE) == []


def test_nothing_is_found_where_nothing_stands_out() -> None:
    assert found(reading(), Query(texts=('a red car',)), scene()) == []


def test_alternatives_are_each_found_under_their_own_name() -> None:
    detector = reading()
    detector.set_query(Query(texts=('a red car', 'a blue car')))
    detections = detector.detect(SCENE).above(THRESHOLD)
    assert dict(zip(detections.labels, map(tuple, detections.boxes.astype(int)), strict=True)) == {
        'a red car': LEFT,
        'a blue car': RIGHT,
    }


def test_negative_takes_what_it_fits_better() -> None:
    frame = scene((RED, LEFT), (RED, MAN))
    assert found(reading(), Query(texts=('a red thing',), background=('grass',)), frame)
    query = Query(texts=('a red thing',), negatives=('a red car',), background=('grass',))
    assert LEFT not in found(reading(), query, frame)


def test_threshold_of_a_text_counts_instead_of_the_detectors() -> None:
    texts = ('a red car',)
    assert found(reading(), Query(texts=texts), SCENE) == [LEFT]
    assert found(reading(), Query(texts=texts, thresholds=(0.0,)), SCENE) == [LEFT, RIGHT]
    assert found(reading(), Query(texts=texts, thresholds=(1.0,)), SCENE) == []


def test_text_is_read_once_a_query_and_not_once_a_frame() -> None:
    reader = ColorReader()
    detector = SegmentDetector('sam_clip', ColorSegmenter(), reader, reader)
    detector.set_query(Query(texts=('a red car',)))
    before = list(reader.read)
    for _ in range(3):
        detector.detect(SCENE)
    assert reader.read == before
    assert before.count('a red car') == 1


@pytest.mark.parametrize('make', ALL)
@pytest.mark.parametrize('place', [LEFT, RIGHT])
def test_click_on_an_object_returns_that_object(make, place: tuple[int, ...]) -> None:
    detector = make()
    x, y = (place[0] + place[2]) / 2, (place[1] + place[3]) / 2
    assert 'px at' in detector.set_query(Query(clicks=(Click(x, y),)), SCENE)
    detections = detector.detect(SCENE)
    assert tuple(detections.boxes[0].astype(int)) == place
    assert detections.scores[0] == 1.0
    assert detections.masks is not None
    assert detections.masks[0].sum() == 40 * 20


@pytest.mark.parametrize('make', ALL)
def test_what_was_clicked_on_is_found_again_elsewhere(make) -> None:
    later = Frame(2.0, scene((GREEN, (10, 90, 50, 110)), (RED, (110, 20, 150, 40))).rgb)
    query = Query(clicks=(Click(40, 30),))
    assert found(make(), query, later, SCENE) == [(110, 20, 150, 40)]
    gone = Frame(3.0, scene((GREEN, (10, 90, 50, 110)), (BLUE, (110, 20, 150, 40))).rgb)
    assert found(make(), query, gone, SCENE) == []


def test_negative_click_excludes_what_it_is_on() -> None:
    whole = Query(clicks=(Click(40, 25), Click(40, 35, positive=False)))
    detector = reading()
    detector.set_query(whole, SCENE)
    assert tuple(detector.detect(SCENE).boxes[0].astype(int)) == (20, 20, 60, 30)


def test_words_decide_which_part_a_click_means() -> None:
    """The upper half of the car is four times as wide as high: no car."""
    detector = reading()
    detector.set_query(Query(texts=('a red car',), clicks=(Click(40, 25),)), SCENE)
    assert tuple(detector.detect(SCENE).boxes[0].astype(int)) == LEFT


def test_text_and_view_must_both_hold() -> None:
    later = Frame(2.0, scene((RED, LEFT), (RED, MAN), (BLUE, RIGHT)).rgb)
    query = Query(texts=('a red car',), clicks=(Click(40, 30),))
    assert found(reading(), query, later, SCENE) == [LEFT]
    blue = Query(texts=('a blue car',), images=(np.array([[RED] * 40] * 20, np.uint8),))
    assert found(reading(), blue, later) == []


@pytest.mark.parametrize('make', ALL)
def test_picture_finds_the_same_thing_among_others(make) -> None:
    """Another view: larger, brighter, with surroundings that its mask leaves out."""
    view = np.full((60, 100, 3), (20, 200, 20), np.uint8)
    view[10:50, 10:90] = (250, 60, 60)
    mask = np.zeros((60, 100), np.bool_)
    mask[10:50, 10:90] = True
    frame = scene((RED, LEFT), (BLUE, RIGHT), (GREEN, MAN))
    query = Query(images=(view,), masks=(mask,))
    assert found(make(), query, frame) == [LEFT]


@pytest.mark.parametrize('make', ALL)
def test_box_means_what_it_encloses(make) -> None:
    detector = make()
    detector.set_query(Query(box=Box(18, 17, 63, 42)), SCENE)
    assert tuple(detector.detect(SCENE).boxes[0].astype(int)) == LEFT


@pytest.mark.parametrize('make', ALL)
def test_box_around_nothing_is_taken_as_it_is(make) -> None:
    detector = make()
    detector.set_query(Query(box=Box(10, 60, 50, 100)), SCENE)
    assert tuple(detector.detect(SCENE).boxes[0].astype(int)) == (10, 60, 50, 100)


def test_two_that_look_alike_are_both_reported() -> None:
    frame = Frame(2.0, scene((RED, LEFT), (RED, RIGHT)).rgb)
    for make in ALL:
        assert sorted(found(make(), Query(clicks=(Click(40, 30),)), frame, SCENE)) == [LEFT, RIGHT]


@pytest.mark.parametrize('make', [looking, coarse])
def test_who_cannot_read_names_who_can(make) -> None:
    for query in (Query(texts=('a car',)), Query(texts=('a car',), clicks=(Click(40, 30),))):
        with pytest.raises(BadQuery, match=r'cannot read .*; the detector owlv2'):
            make().set_query(query, SCENE)


@pytest.mark.parametrize('make', ALL)
@pytest.mark.parametrize(
    ('query', 'frame', 'reason'),
    [
        (Query(clicks=(Click(40, 30),)), None, 'needs the image'),
        (Query(clicks=(Click(160, 30),)), SCENE, 'outside the 160 x 120 image'),
        (Query(clicks=(Click(5, 5),)), SCENE, r'nothing stands out at \(5, 5\)'),
        (Query(box=Box(200, 0, 220, 9)), SCENE, 'outside the 160 x 120 image'),
    ],
)
def test_refused_query_leaves_the_old_one_in_force(make, query, frame, reason) -> None:
    detector = make()
    detector.set_query(Query(clicks=(Click(40, 30),)), SCENE)
    with pytest.raises((BadQuery, BadBox), match=reason):
        detector.set_query(query, frame)
    later = Frame(2.0, SCENE.rgb)
    assert tuple(detector.detect(later).boxes[0].astype(int)) == LEFT


@pytest.mark.parametrize('make', ALL)
def test_detect_comes_after_set_query(make) -> None:
    with pytest.raises(NotReady, match='set_query'):
        make().detect(SCENE)


def test_coarse_search_asks_sam_about_candidates_alone() -> None:
    segmenter, grid = ColorSegmenter(), ColorGrid()
    detector = CoarseDetector('dino_coarse', segmenter, grid)
    detector.set_query(Query(clicks=(Click(40, 30),)), SCENE)
    detector.detect(Frame(2.0, SCENE.rgb))
    assert segmenter.searched == 0


@pytest.mark.parametrize('make', ALL)
def test_detectors_are_detectors_and_say_where_time_goes(make) -> None:
    detector = make()
    assert isinstance(detector, Detector)
    assert isinstance(detector, Timed)


def test_background_never_says_what_the_query_says() -> None:
    assert 'a road' in background_for(['the red car'])
    assert 'a road' not in background_for(['the car on the road'])
    assert 'a person' not in background_for(['the person in the blue jacket'])
    assert 'the ground' in background_for(['the person'])
