# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped detector: colours in both orders, pointing, pictures, words it was not taught."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip('onnxruntime')
cv2 = pytest.importorskip('cv2')

from follow_anything.core.errors import BadQuery, NotReady
from follow_anything.core.protocols import Detector
from follow_anything.core.types import Box, Click, Frame, Query
from follow_anything.models.detection.tiny.click import resolve_click
from follow_anything.models.detection.tiny.close_up import CloseUpOutput
from follow_anything.models.detection.tiny.detector import TinyDetector
from follow_anything.models.detection.tiny.image import (
    CLOSE_UP_PX,
    CloseUp,
    letterbox,
    query_canvas,
)
from follow_anything.models.registry import build_detector

pytestmark = [pytest.mark.models, pytest.mark.detection]

RED, BLUE = (205, 25, 20), (25, 50, 200)


@pytest.fixture(scope='module')
def detector():
    return TinyDetector()


def _balls(left, right, stamp: float = 0.0) -> Frame:
    """Draw two shaded balls on a plain floor."""
    image = np.full((480, 640, 3), (150, 150, 140), np.uint8)
    for (x, y), color in (((190, 260), left), ((450, 250), right)):
        for radius in range(60, 0, -1):
            light = 0.65 + 0.45 * (1 - radius / 60)
            tone = tuple(int(min(255, light * c)) for c in color)
            shift = int(0.25 * (60 - radius))
            cv2.circle(image, (x - shift, y - shift), radius, tone, -1)
    return Frame(stamp, image)


LEFT, RIGHT = Box(130, 200, 250, 320), Box(390, 190, 510, 310)


def _iou(a: Box, b: Box) -> float:
    width = min(a.x2, b.x2) - max(a.x1, b.x1)
    height = min(a.y2, b.y2) - max(a.y1, b.y1)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (a.area + b.area - shared)


def test_it_is_a_detector_that_the_registry_knows():
    assert isinstance(build_detector('tiny'), Detector)


@pytest.mark.parametrize('text', ['the red ball', 'a blue ball'])
@pytest.mark.parametrize('is_red_left', [True, False])
def test_colour_words_choose_between_two_of_a_kind(detector, text, is_red_left):
    """Fails when red and blue are exchanged on the way to the network."""
    frame = _balls(RED, BLUE) if is_red_left else _balls(BLUE, RED)
    detector.set_query(Query(texts=(text,)))
    found = detector.detect(frame)
    wanted = LEFT if ('red' in text) is is_red_left else RIGHT
    assert _iou(found.box(0), wanted) > 0.5


def test_an_absent_thing_scores_lower_than_the_one_that_is_there(detector):
    frame = _balls(RED, BLUE)
    detector.set_query(Query(texts=('ball',)))
    there = detector.detect(frame).scores[0]
    detector.set_query(Query(texts=('person',)))
    assert detector.detect(frame).scores[0] < min(0.6, there)


def test_a_click_returns_the_thing_under_it_and_finds_it_again(detector):
    detector.set_query(Query(clicks=(Click(190, 260),)), _balls(RED, BLUE))
    found = detector.detect(_balls(RED, BLUE))
    assert _iou(found.box(0), LEFT) > 0.5
    assert found.scores.tolist() == [1.0], 'what was pointed at is nothing else in that frame'
    ball = np.zeros((480, 640), np.uint8)
    cv2.circle(ball, (190, 260), 60, 1, -1)
    shared = (found.masks[0] & (ball > 0)).sum() / (found.masks[0] | (ball > 0)).sum()
    assert shared > 0.8
    later = detector.detect(_balls(BLUE, RED, stamp=1.0))
    assert _iou(later.box(0), RIGHT) > 0.5, 'the red one has changed places'
    assert later.masks is None


@pytest.mark.parametrize('shape', [(480, 640), (360, 640)])
def test_what_touches_the_right_edge_is_found_whole(detector, shape):
    """A graph that remembers the width of another canvas would cut it off."""
    frame = np.full((*shape, 3), (150, 150, 140), np.uint8)
    height, width = shape
    cv2.rectangle(frame, (width - 90, height - 150), (width - 8, height - 20), RED, -1)
    target = Box(width - 90, height - 150, width - 8, height - 20)
    found = detector.look(frame)
    best = max(_iou(Box(*map(float, box)), target) for box in found.boxes)
    assert best > 0.6


def test_a_click_next_to_a_thing_is_not_that_thing(detector):
    frame = _balls(RED, BLUE)
    detector.set_query(Query(clicks=(Click(440, 240), Click(190, 260, positive=False))), frame)
    found = detector.detect(frame).box(0)
    assert _iou(found, RIGHT) > 0.5
    assert not (found.x1 <= 190 <= found.x2 and found.y1 <= 260 <= found.y2)


@pytest.mark.parametrize('point', [(60, 60), (330, 60), (330, 440), (600, 400)])
def test_a_click_on_bare_ground_is_refused(detector, point):
    with pytest.raises(BadQuery, match='nothing stands out'):
        detector.set_query(Query(clicks=(Click(*point),)), _balls(RED, BLUE))


def test_a_box_is_taken_as_it_is(detector):
    detector.set_query(Query(box=LEFT), _balls(RED, BLUE))
    assert detector.detect(_balls(RED, BLUE)).box(0).xyxy == pytest.approx(LEFT.xyxy, abs=1.0)


def test_a_picture_finds_what_it_shows(detector):
    view = _balls(RED, BLUE).crop(RIGHT)
    detector.set_query(Query(images=(np.ascontiguousarray(view),)))
    assert _iou(detector.detect(_balls(BLUE, RED, stamp=2.0)).box(0), LEFT) > 0.5


def test_several_texts_are_alternatives_and_candidates_say_which(detector):
    detector.set_query(Query(texts=('a person', 'a ball')))
    found = detector.detect(_balls(RED, BLUE))
    assert found.labels[0] == 'a ball'


@pytest.mark.parametrize(
    ('text', 'thing', 'colors'),
    [
        ('the man in the blue jacket', 'man', (4,)),
        ('Red cars', 'car', (0,)),
        ('people', 'person', ()),
        ('a grey dog', 'dog', (10,)),
        ('red', '', (0,)),
    ],
)
def test_what_is_understood(detector, text, thing, colors):
    meaning = detector.texts.understand(text)
    assert (meaning.thing, meaning.colors) == (thing, colors)


def test_words_it_was_not_taught_are_said(detector):
    assert 'outside' not in detector.set_query(Query(texts=('the red car',)))
    said = detector.set_query(Query(texts=('a volcano',)))
    assert 'outside what tiny knows' in said
    assert 'models fetch owlv2' in said
    with pytest.raises(BadQuery, match='models fetch owlv2'):
        detector.set_query(Query(texts=('xqzzy',)))
    assert detector.query.texts == ('a volcano',), 'the old query stays in force'


def test_plurals_and_words_of_imagenet_are_read(detector):
    plural, single = (detector.texts.understand(text).word for text in ('oranges', 'an orange'))
    assert plural @ plural == pytest.approx(1.0, abs=0.02)
    assert single is None, 'alone it is a colour'
    baboon = detector.texts.understand('a baboon')
    assert not baboon.is_taught
    assert not baboon.unknown


def test_imagenets_opinion_prefers_the_class_that_is_meant(detector):
    names = detector.texts.class_names
    classes = np.zeros((2, len(names)), np.float32)
    classes[0, names.index('baboon')] = classes[1, names.index('espresso')] = 40.0
    opinion = detector.texts.opinion(classes, detector.texts.understand('a baboon').word)
    assert opinion[0] > opinion[1] + 1.0


def test_pointing_needs_a_frame_and_searching_a_query(detector):
    with pytest.raises(BadQuery, match='none has arrived'):
        detector.set_query(Query(clicks=(Click(5, 5),)))
    with pytest.raises(BadQuery, match='outside'):
        detector.set_query(Query(clicks=(Click(5000, 5),)), _balls(RED, BLUE))
    with pytest.raises(NotReady):
        TinyDetector().detect(_balls(RED, BLUE))


@pytest.mark.parametrize('shape', [(480, 640), (720, 1280), (64, 64), (3, 900), (1, 1)])
def test_any_size_of_picture_is_mapped_there_and_back(detector, shape):
    image = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
    scaled = letterbox(image)
    assert not np.array(scaled.canvas.shape[:2]) % 32 @ np.ones(2)
    whole = np.array([[0, 0, shape[1], shape[0]]], np.float32)
    assert scaled.to_picture(scaled.to_canvas(whole)) == pytest.approx(whole, abs=0.01)
    detector.set_query(Query(texts=('person',)))
    boxes = detector.detect(Frame(0.0, image)).boxes
    assert (boxes >= 0).all()
    assert (boxes <= whole[0, [2, 3, 2, 3]]).all()


def test_a_query_picture_keeps_its_shape():
    canvas, (x1, y1, x2, y2) = query_canvas(np.full((30, 60, 3), 9, np.uint8))
    assert canvas.shape == (256, 256, 3)
    assert (x2 - x1) / (y2 - y1) == pytest.approx(2.0)


class _Scripted:
    """A click network with scripted answers."""

    def __init__(self, boxes, quality) -> None:
        self.boxes, self.quality = np.array(boxes, float), np.array(quality, float)

    def look(self, rgb, point, sides):
        views = tuple(CloseUp(*point, side) for side in sides)
        masks = np.zeros((len(sides), 48, 48), np.float32)
        masks[:, 16:32, 16:32] = np.arange(len(sides))[:, None, None] < 4
        return CloseUpOutput(views, self.boxes, self.quality, masks)


WHOLE, PART, WRONG = [100, 80, 180, 200], [100, 80, 140, 110], [0, 0, 300, 230]


def _clicked(boxes, quality, *clicks):
    frame = Frame(0.0, np.zeros((240, 320, 3), np.uint8))
    found = resolve_click(_Scripted(boxes, quality), frame, clicks or (Click(120, 100),))
    return None if found is None else found.box


def test_what_most_distances_say_is_what_a_click_means():
    found = _clicked([WHOLE, WHOLE, WHOLE, PART, PART, WRONG], [0.6, 0.6, 0.6, 0.8, 0.3, 0.8])
    assert found == pytest.approx(WHOLE)
    slightly = [[x + d for x in WHOLE] for d in (-4, 0, 4)]
    found = _clicked([*slightly, PART, PART, WRONG], [0.6] * 6)
    assert found == pytest.approx(WHOLE, abs=1.0), 'those that are alike are averaged'


def test_the_mask_is_that_of_the_distance_that_suits_the_box():
    frame = Frame(0.0, np.zeros((240, 320, 3), np.uint8))
    found = resolve_click(_Scripted([WHOLE] * 6, [0.6] * 6), frame, (Click(120, 100),))
    assert found.mask.shape == (240, 320)
    ys, xs = np.nonzero(found.mask)
    # the box is 120 px long: seen best from 304, of which the mask covers the middle third
    assert [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1] == pytest.approx(
        [120 - 304 / 6, 100 - 304 / 6, 120 + 304 / 6, 100 + 304 / 6], abs=3.0
    )


def test_the_boxes_of_the_detector_vote_too_and_most_those_around_the_click():
    frame, click = Frame(0.0, np.zeros((240, 320, 3), np.uint8)), (Click(140, 140),)
    network = _Scripted([PART, WRONG, PART, WRONG, PART, WRONG], [0.4] * 6)
    given = []

    def voters(told):
        given.append(told)
        return np.array([WHOLE, [0, 0, 145, 145]], float), np.array([0.6, 0.6])

    found = resolve_click(network, frame, click, voters)
    assert found.box == pytest.approx(WHOLE)
    assert len(given[0]) == 6
    assert not found.mask[:80].any(), 'no distance saw this box: its outline stays inside'
    assert not found.mask[:, :100].any()
    off = Click(140, 140, positive=False), Click(20, 20)
    assert resolve_click(network, frame, off, voters) is None, 'no vote outweighs a click'


def test_what_the_detector_is_sure_of_is_not_bare_ground():
    frame, click = Frame(0.0, np.zeros((240, 320, 3), np.uint8)), (Click(140, 140),)
    unsure = _Scripted([PART] * 6, [0.1] * 6)

    def meant(score):
        return resolve_click(
            unsure, frame, click, lambda _: (np.array([WHOLE], float), np.array([score]))
        )

    assert meant(0.3) is None
    assert meant(0.9).box == pytest.approx(WHOLE)


def test_other_clicks_decide_between_whole_and_part():
    boxes, quality = [WHOLE, WHOLE, WHOLE, PART, PART, WRONG], [0.6] * 6
    below = Click(120, 180, positive=False)
    assert _clicked(boxes, quality, Click(120, 100), below) == pytest.approx(PART)
    boxes, quality = [WRONG] * 2 + [WHOLE] * 4, [0.3] * 2 + [0.6] * 4
    assert _clicked(boxes, quality) == pytest.approx(WHOLE)
    assert _clicked(boxes, quality, Click(120, 100), Click(20, 20)) == pytest.approx(WRONG)


@pytest.mark.parametrize(
    ('boxes', 'quality'),
    [
        ([WHOLE] * 6, [0.02] * 6),
        ([WHOLE] * 6, [0.02] * 5 + [0.9]),
        ([[120, 100, 121, 101]] * 6, [0.9] * 6),
        ([[200, 80, 260, 140]] * 6, [0.9] * 6),
    ],
    ids=['unsure', 'only one is sure', 'too small', 'elsewhere'],
)
def test_nothing_that_stands_out_is_no_box(boxes, quality):
    assert _clicked(boxes, quality) is None


@pytest.mark.parametrize('side', [60.0, 192.0, 256.0, 900.0])
@pytest.mark.parametrize('point', [(100.5, 80.5), (3.0, 236.0)])
def test_a_close_up_shows_the_point_in_its_middle(side, point):
    image = np.full((240, 320, 3), 40, np.uint8)
    x, y = (int(v) for v in point)
    reach = max(3, int(side / 20))
    cv2.rectangle(image, (x - reach, y - reach), (x + reach, y + reach), (255, 255, 255), -1)
    view = CloseUp(x + 0.5, y + 0.5, side)
    seen = view.cut(image)
    assert seen.shape == (CLOSE_UP_PX, CLOSE_UP_PX, 3)
    assert seen[CLOSE_UP_PX // 2, CLOSE_UP_PX // 2].min() > 200
    left, top = max(0, x - reach), max(0, y - reach)
    shown = np.array([[left, top, x + reach + 1, min(240, y + reach + 1)]], float)
    ys, xs = np.nonzero(seen.min(2) > 147)
    there = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
    assert view.from_picture(shown)[0] == pytest.approx(there, abs=2.0)
    assert view.to_picture(view.from_picture(shown)) == pytest.approx(shown)


def test_it_runs_without_torch():
    code = (
        'import sys, numpy as np;'
        'from follow_anything.models.detection.tiny.detector import TinyDetector;'
        'from follow_anything.core.types import Frame, Query;'
        'd = TinyDetector(); d.set_query(Query(texts=("person",)));'
        'd.detect(Frame(0.0, np.zeros((48, 64, 3), np.uint8)));'
        'print(sorted({"torch", "torchvision"} & set(sys.modules)))'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.stdout.strip() == '[]', done.stderr
