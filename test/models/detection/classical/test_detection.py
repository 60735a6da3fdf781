# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The classical detector: a click grows into a box, and what was pointed at is found again."""

from __future__ import annotations

import cv2
from follow_anything.core.errors import BadBox, BadQuery, InvalidInput, NotReady
from follow_anything.core.geometry import iou
from follow_anything.core.types import Box, Click, Frame, Query
from follow_anything.models.detection.classical.detector import ClassicalDetector
from follow_anything.models.detection.classical.segmentation import segment_click
from follow_anything.testing import SyntheticScene
import numpy as np
import pytest

pytestmark = [pytest.mark.models, pytest.mark.detection]

SCENES = [SyntheticScene(seed=seed) for seed in range(3)]
SCENE = SCENES[0]
START = SCENE.frame(0)


def on_target(index: int = 0, scene: SyntheticScene = SCENE) -> Query:
    return Query(clicks=(Click(*scene.box(index).center),))


def plain(value: int = 128) -> Frame:
    return Frame(0.0, np.full((240, 320, 3), value, np.uint8))


@pytest.mark.parametrize('scene', SCENES, ids=lambda s: s.seed)
def test_click_grows_into_the_box(scene: SyntheticScene) -> None:
    box = segment_click(scene.frame(0), [Click(*scene.box(0).center)])
    assert iou(box, scene.box(0)) > 0.8
    assert all(type(value) is float for value in box.xyxy)


def test_click_beside_the_middle_finds_the_same_thing() -> None:
    x, y = SCENE.box(0).center
    box = segment_click(START, [Click(x + 8, y - 15)])
    assert iou(box, SCENE.box(0)) > 0.7


def test_same_click_gives_the_same_box() -> None:
    clicks = [Click(*SCENE.box(0).center)]
    assert segment_click(START, clicks) == segment_click(START, clicks)


def test_negative_click_cuts_a_neighbour_off() -> None:
    """Two things of one colour touch; the second click says which one is not meant."""
    rgb = np.full((240, 320, 3), 90, np.uint8)
    rgb += np.random.default_rng(0).integers(0, 8, rgb.shape, np.uint8)
    cv2.rectangle(rgb, (120, 90), (159, 149), (200, 60, 40), -1)
    cv2.rectangle(rgb, (160, 90), (199, 149), (60, 60, 200), -1)
    box = segment_click(Frame(0.0, rgb), [Click(140, 120), Click(180, 120, positive=False)])
    assert box.x2 < 172
    assert iou(box, Box(120, 90, 160, 150)) > 0.7


@pytest.mark.parametrize('point', [(0, 0), (319.9, 239.9), (0, 239.9), (319.9, 0), (160, 0)])
def test_click_at_the_border_is_a_box_inside_or_a_refusal(point: tuple[float, float]) -> None:
    try:
        box = segment_click(START, [Click(*point)])
    except BadQuery:
        return
    assert box.clipped(320, 240) == box


@pytest.mark.parametrize('value', [0, 128, 255])
def test_nothing_stands_out_of_a_bare_wall(value: int) -> None:
    with pytest.raises(BadQuery, match='nothing stands out'):
        segment_click(plain(value), [Click(100, 100)])


@pytest.mark.parametrize('shape', [(8, 8), (1, 300), (300, 1), (1, 1), (17, 23)])
def test_tiny_image_does_no_harm(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    try:
        box = segment_click(Frame(0.0, rgb), [Click(0, 0)])
    except InvalidInput:
        return
    assert box.clipped(shape[1], shape[0]) == box


def test_pointed_at_target_is_reported_in_that_frame_and_found_in_others() -> None:
    detector = ClassicalDetector()
    understood = detector.set_query(on_target(), START)
    assert 'px at' in understood
    here = detector.detect(START)
    assert len(here) == 1
    assert here.scores[0] == 1.0
    assert here.stamp == START.stamp
    for index in (20, 70, 110):
        found = detector.detect(SCENE.frame(index))
        assert iou(found.box(0), SCENE.box(index)) > 0.6
        assert found.scores[0] > 0.6
        assert (found.scores[1:] < 0.5).all()


def test_hidden_target_is_not_found() -> None:
    detector = ClassicalDetector()
    detector.set_query(Query(box=SCENE.box(0)), START)
    hidden = SyntheticScene(hidden=(0.0, 9.0)).frame(30)
    assert len(detector.detect(hidden).above(0.6)) == 0


def test_look_alikes_are_both_reported() -> None:
    scene = SyntheticScene(look_alike=True)
    detector = ClassicalDetector()
    detector.set_query(Query(box=scene.box(0)), scene.frame(0))
    found = detector.detect(scene.frame(30)).above(0.6)
    assert len(found) == 2
    assert abs(found.scores[0] - found.scores[1]) < 0.1


@pytest.mark.parametrize('scene', SCENES, ids=lambda s: s.seed)
def test_parts_of_a_plain_thing_are_no_look_alikes(scene: SyntheticScene) -> None:
    """The target has one colour: its upper half looks like the whole, and so does its lower."""
    detector = ClassicalDetector()
    detector.set_query(Query(box=scene.box(20)), scene.frame(20))
    for index in range(40, 320, 14):
        found = detector.detect(scene.frame(index))
        assert iou(found.box(0), scene.box(index)) > 0.5
        assert (found.scores[1:] < found.scores[0] - 0.2).all()


@pytest.mark.parametrize('scale', [0.7, 1.3])
def test_target_of_another_size_is_found(scale: float) -> None:
    detector = ClassicalDetector()
    detector.set_query(Query(box=SCENE.box(0)), START)
    size = (round(320 * scale), round(240 * scale))
    resized = Frame(200.0, cv2.resize(START.rgb, size, interpolation=cv2.INTER_AREA))
    truth = Box(*(value * scale for value in SCENE.box(0).xyxy))
    assert iou(detector.detect(resized).box(0), truth) > 0.5


def test_picture_of_the_target_is_a_query() -> None:
    detector = ClassicalDetector()
    picture = START.crop(SCENE.box(0)).copy()
    assert 'image' in detector.set_query(Query(images=(picture,)))
    assert iou(detector.detect(SCENE.frame(25)).box(0), SCENE.box(25)) > 0.6


def test_box_is_taken_as_it_is() -> None:
    detector = ClassicalDetector()
    detector.set_query(Query(box=Box(10, 20, 50, 80)), START)
    assert detector.detect(START).box(0) == Box(10, 20, 50, 80)


def test_detect_comes_after_set_query() -> None:
    with pytest.raises(NotReady, match='set_query'):
        ClassicalDetector().detect(START)


@pytest.mark.parametrize(
    ('query', 'frame', 'reason'),
    [
        (Query(texts=('a red car',)), START, 'cannot read'),
        (Query(texts=('a red car',), clicks=(Click(5, 5),)), START, 'cannot read'),
        (Query(clicks=(Click(5, 5),)), None, 'needs the image'),
        (Query(box=Box(1, 1, 9, 9)), None, 'needs the image'),
        (Query(clicks=(Click(320, 5),)), START, 'outside the 320 x 240 image'),
        (Query(clicks=(Click(5, -1),)), START, 'outside the 320 x 240 image'),
        (Query(clicks=(Click(5, 5), Click(999, 5, positive=False))), START, 'outside'),
        (Query(box=Box(400, 0, 500, 100)), START, 'outside the 320 x 240 image'),
    ],
)
def test_refused_query_leaves_the_old_one_in_force(
    query: Query, frame: Frame | None, reason: str
) -> None:
    detector = ClassicalDetector()
    detector.set_query(on_target(), START)
    before = detector.detect(SCENE.frame(20))
    with pytest.raises((BadQuery, BadBox), match=reason):
        detector.set_query(query, frame)
    after = detector.detect(SCENE.frame(20))
    np.testing.assert_array_equal(before.boxes, after.boxes)


@pytest.mark.parametrize('value', [0, 128, 255])
def test_bare_image_holds_nothing(value: int) -> None:
    detector = ClassicalDetector()
    detector.set_query(Query(box=SCENE.box(0)), START)
    assert len(detector.detect(plain(value)).above(0.3)) == 0


def test_image_smaller_than_the_target_holds_nothing() -> None:
    detector = ClassicalDetector()
    detector.set_query(Query(box=SCENE.box(0)), START)
    assert len(detector.detect(Frame(0.0, np.zeros((9, 9, 3), np.uint8))).above(0.3)) == 0
