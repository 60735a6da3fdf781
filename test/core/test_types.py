# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""One row, one claim: what the currency of the house accepts, refuses and computes."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from follow_anything.core import errors
from follow_anything.core.errors import BadBox, BadImage, BadQuery, InvalidInput
from follow_anything.core.types import (
    Box,
    Click,
    Detections,
    Frame,
    MAX_PROMPTS,
    MAX_TEXT_LENGTH,
    Query,
    Target,
    TargetState,
    Track,
    VelocityCommand,
)
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = pytest.mark.core

NAN, INF = math.nan, math.inf
RGB = np.zeros((4, 6, 3), np.uint8)


@pytest.mark.parametrize(
    'corners',
    [
        (NAN, 0, 1, 1), (0, NAN, 1, 1), (0, 0, NAN, 1), (0, 0, 1, NAN), (-INF, 0, 1, 1),
        (0, 0, INF, 1), (0, 0, 0, 1), (0, 0, 1, 0), (2, 0, 1, 1), (0, 2, 1, 1),
        (0, 0, 5e-324, 0.4), (0, 0, 1e200, 1e200),  # no area that could be divided by
    ],
)  # fmt: skip
def test_box_refuses(corners: tuple[float, float, float, float]) -> None:
    with pytest.raises(BadBox):
        Box(*corners)


def test_box_error_says_what_was_expected_and_what_came() -> None:
    with pytest.raises(BadBox, match=r'x2 > x1 and y2 > y1.*\(3, 0, 1, 1\)'):
        Box(3, 0, 1, 1)


def test_box_measures() -> None:
    box = Box.from_xywh(10, 20, 30, 40)
    assert box.xyxy == (10, 20, 40, 60)
    assert box.xywh == (10, 20, 30, 40)
    assert (box.width, box.height, box.area) == (30, 40, 1200)
    assert box.center == (25, 40)
    assert Box.from_center(25, 40, 30, 40) == box


def test_scaled_box_keeps_its_center() -> None:
    box = Box.from_xywh(10, 20, 30, 40).scaled(0.5)
    assert box.xywh == (17.5, 30, 15, 20)


@pytest.mark.parametrize(
    ('box', 'inside'),
    [
        ((-5, -5, 5, 5), (0, 0, 5, 5)),
        ((90, 40, 200, 200), (90, 40, 100, 50)),
        ((-1, -1, 101, 51), (0, 0, 100, 50)),
        ((1, 2, 3, 4), (1, 2, 3, 4)),
    ],
)
def test_clipped_box_is_the_part_inside(box: Any, inside: Any) -> None:
    assert Box(*box).clipped(100, 50).xyxy == inside


@pytest.mark.parametrize('box', [(-9, 0, 0, 9), (100, 0, 109, 9), (0, -9, 9, 0), (0, 50, 9, 59)])
def test_box_outside_cannot_be_clipped(box: Any) -> None:
    with pytest.raises(BadBox, match='100 x 50'):
        Box(*box).clipped(100, 50)


@pytest.mark.parametrize(
    ('stamp', 'rgb', 'depth'),
    [
        (NAN, RGB, None),
        (INF, RGB, None),
        (0.0, None, None),
        (0.0, RGB.tolist(), None),
        (0.0, RGB.astype(np.float32), None),
        (0.0, RGB.astype(np.uint16), None),
        (0.0, RGB[..., 0], None),
        (0.0, RGB[..., :2], None),
        (0.0, np.zeros((4, 6, 4), np.uint8), None),
        (0.0, np.zeros((0, 6, 3), np.uint8), None),
        (0.0, np.zeros((4, 0, 3), np.uint8), None),
        (0.0, np.zeros((1, 16385, 3), np.uint8), None),
        (0.0, RGB, np.zeros((6, 4), np.float32)),
        (0.0, RGB, np.zeros((4, 6, 1), np.float32)),
        (0.0, RGB, np.zeros((4, 6), np.uint16)),  # millimetres: the border converts them
        (0.0, RGB, [[0.0] * 6] * 4),
    ],
)
def test_frame_refuses(stamp: float, rgb: Any, depth: Any) -> None:
    with pytest.raises(BadImage):
        Frame(stamp, rgb, depth)


def test_frame_takes_depth_of_its_own_size() -> None:
    frame = Frame(1.5, RGB, np.ones((4, 6), np.float32))
    assert (frame.width, frame.height) == (6, 4)


def test_two_frames_can_be_compared() -> None:
    """Arrays have no single truth value; comparing two frames must not stumble over that."""
    one, other = Frame(0.0, RGB), Frame(0.0, RGB.copy())
    assert isinstance(one == other, bool)
    assert isinstance(Query(images=(RGB,)) == Query(images=(RGB.copy(),)), bool)


@pytest.mark.parametrize(
    ('box', 'shape'),
    [
        ((1, 1, 3, 2), (1, 2, 3)),
        ((1.9, 1.9, 2.1, 2.1), (2, 2, 3)),
        ((5.9, 3.9, 5.95, 3.95), (1, 1, 3)),
        ((-9, -9, 99, 99), (4, 6, 3)),
    ],
)
def test_crop_covers_the_box(box: Any, shape: Any) -> None:
    assert Frame(0.0, RGB).crop(Box(*box)).shape == shape


def test_crop_outside_is_an_error() -> None:
    with pytest.raises(BadBox):
        Frame(0.0, RGB).crop(Box(6, 0, 9, 4))


@pytest.mark.parametrize('point', [(NAN, 0.0), (0.0, NAN), (INF, 0.0)])
def test_click_refuses(point: tuple[float, float]) -> None:
    with pytest.raises(BadQuery):
        Click(*point)


@pytest.mark.field
@pytest.mark.parametrize('point', [(0.5, 0.5), (0.01, 0.99)])
def test_a_click_in_shares_of_the_picture_is_said(point: tuple[float, float]) -> None:
    with pytest.raises(BadQuery, match='a share of the picture'):
        Click(*point).check_inside(100, 50)
    for place in ((0.0, 0.0), (0.5, 1.0), (1.0, 0.5)):
        Click(*place).check_inside(100, 50)


@pytest.mark.field
@pytest.mark.parametrize(
    'box',
    [
        (0.2, 0.3, 0.4, 0.9),
        (0.0, 0.0, 1.0, 1.0),
        (0.5, 0.5, 1.1, 1.3),  # a centre and a size
        (-0.02, 0.3, 0.4, 1.01),
    ],
)
def test_a_box_in_shares_of_the_picture_is_said(box: tuple[float, ...]) -> None:
    """It was followed as a box of a fraction of a pixel, or looked for without a word."""
    with pytest.raises(BadQuery, match='shares of the picture'):
        Query(box=Box(*box))
    for pixels in ((0.2, 0.3, 1.4, 0.9), (1, 1, 2, 2), (0, 0, 2, 1), (-3, 0, -2.5, 1)):
        assert Query(box=Box(*pixels))


@pytest.mark.parametrize(
    ('point', 'is_inside'),
    [
        ((0, 0), True), ((99.9, 49.9), True), ((100, 0), False), ((0, 50), False),
        ((-0.1, 0), False), ((0, -0.1), False),
    ],
)  # fmt: skip
def test_click_knows_the_image(point: Any, is_inside: bool) -> None:
    if is_inside:
        Click(*point).check_inside(100, 50)
        return
    with pytest.raises(BadQuery, match='outside the 100 x 50 image'):
        Click(*point).check_inside(100, 50)


@pytest.mark.parametrize(
    'parts',
    [
        {},
        {'texts': ('',)},
        {'texts': ('  \n',)},
        {'texts': ('x' * (MAX_TEXT_LENGTH + 1),)},
        {'texts': ('a red car', '')},
        {'images': (np.zeros((4, 6), np.uint8),)},
        {'clicks': (Click(1, 1, positive=False),)},
        {'negatives': ('a truck',)},  # what it is not says nothing about what it is
        {'texts': ('a car',), 'negatives': ('',)},
        {'texts': ('a car',) * (MAX_PROMPTS + 1)},
        {'images': (RGB,) * (MAX_PROMPTS + 1)},
        {'images': (RGB[:1, :1],)},
        {'texts': ('a car', 'a van'), 'thresholds': (0.5,)},
        {'texts': ('a car',), 'thresholds': (1.5,)},
        {'texts': ('a car',), 'thresholds': (NAN,)},
        {'images': (RGB,), 'masks': (None, None)},
        {'images': (RGB,), 'masks': (np.ones((6, 4), np.bool_),)},
        {'images': (RGB,), 'masks': (np.ones((4, 6), np.uint8),)},
        {'images': (RGB,), 'masks': (np.zeros((4, 6), np.bool_),)},
    ],
)
def test_query_refuses(parts: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Query(**parts)


@pytest.mark.parametrize(
    ('query', 'is_explicit', 'text'),
    [
        (Query(texts=('a red car',)), False, '"a red car"'),
        (Query(texts=('x' * MAX_TEXT_LENGTH,)), False, f'"{"x" * MAX_TEXT_LENGTH}"'),
        (Query(images=(RGB,)), False, 'image 6 x 4'),
        (Query(clicks=(Click(3, 4),)), True, '(3, 4)'),
        (Query(clicks=(Click(318.2083, 240.275),)), True, '(318, 240)'),
        (Query(clicks=(Click(3, 4), Click(5, 6, False))), True, '(3, 4) and not (5, 6)'),
        (Query(box=Box(1, 2, 4, 6)), True, 'box x 1, y 2, 3 x 4'),
        (Query(texts=('cat',), clicks=(Click(3, 4),)), True, '"cat" and (3, 4)'),
        (Query(texts=('cat',), thresholds=(0.4,)), False, '"cat" from 0.4'),
        (Query(texts=('cat',), negatives=('dog',)), False, '"cat" and not "dog"'),
    ],
)
def test_query_says_what_it_is(query: Query, is_explicit: bool, text: str) -> None:
    assert query.is_explicit is is_explicit
    assert str(query) == text


def test_query_knows_the_pixels_of_its_images() -> None:
    half = np.zeros((4, 6), np.bool_)
    half[:2] = True
    query = Query(images=(RGB, RGB), masks=(half, None))
    np.testing.assert_array_equal(query.mask(0), half)
    assert query.mask(1).all()
    assert Query(images=(RGB,)).mask(0).shape == (4, 6)


def test_remembering_keeps_what_was_asked_and_adds_how_it_looked() -> None:
    half = np.ones((4, 6), np.bool_)
    query = Query(('cat',), (RGB,), (Click(3, 4),), Box(1, 2, 4, 6), masks=(half,))
    again = query.remembering(RGB[:, :5])
    assert again.texts == ('cat',)
    assert [image.shape[1] for image in again.images] == [6, 5]
    assert again.masks == (half, None)
    assert not again.is_explicit


def test_every_text_has_its_own_threshold() -> None:
    query = Query(texts=('cat', 'dog'), thresholds=(None, 0.3))
    found = Detections(
        0.0,
        boxes(*[(0, 0, 1, 1)] * 4),
        np.array([0.6, 0.4, 0.35, 0.2], np.float32),
        labels=('cat', 'cat', 'dog', 'dog'),
    )
    assert query.accepted(found, 0.5).labels == ('cat', 'dog')
    assert len(query.accepted(Detections.empty(0.0), 0.5)) == 0
    unnamed = Detections(0.0, boxes((0, 0, 1, 1)), np.array([0.45]), label='anything')
    assert len(query.accepted(unnamed, 0.5)) == 0
    assert len(query.accepted(unnamed, 0.4)) == 1


def test_detections_need_one_label_each_or_none() -> None:
    with pytest.raises(InvalidInput, match='labels must be one a box'):
        Detections(0.0, boxes((0, 0, 1, 1)), np.array([0.5]), labels=('a', 'b'))


def boxes(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


@pytest.mark.parametrize(
    ('rows', 'scores', 'extra'),
    [
        (boxes((0, 0, 1, 1)), [], {}),
        (boxes((0, 0, 1, 1)), [0.5, 0.4], {}),
        (np.zeros((1, 5)), [0.5], {}),
        (np.zeros(4), [0.5], {}),
        (boxes((0, 0, 1, 1)), [[0.5]], {}),
        (boxes((0, 0, NAN, 1)), [0.5], {}),
        (boxes((0, 0, 1, 1)), [NAN], {}),
        (boxes((0, 0, INF, 1)), [0.5], {}),
        (boxes((0, 0, 0, 1)), [0.5], {}),
        (boxes((0, 1, 1, 0)), [0.5], {}),
        (boxes((0, 0, 1, 1), (0, 0, 1, 1)), [0.4, 0.5], {}),
        (boxes((0, 0, 1, 1)), [0.5], {'masks': np.zeros((2, 4, 6), bool)}),
        (boxes((0, 0, 1, 1)), [0.5], {'embeddings': np.zeros((0, 8))}),
    ],
)
def test_detections_refuse(rows: Any, scores: Any, extra: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Detections(0.0, rows, np.array(scores), **extra)


def test_empty_detections_are_valid() -> None:
    empty = Detections.empty(3.0, 'cat')
    assert (len(empty), empty.stamp, empty.label) == (0, 3.0, 'cat')
    assert empty.boxes.shape == (0, 4)
    assert len(empty.above(0.5)) == 0


@given(st.lists(st.floats(0, 1), max_size=6), st.floats(0, 1))
def test_above_keeps_exactly_the_good_ones(scores: list[float], least: float) -> None:
    ordered = np.array(sorted(scores, reverse=True))
    count = len(ordered)
    detections = Detections(
        0.0,
        np.tile([0.0, 0.0, 1.0, 1.0], (count, 1)) + np.arange(count)[:, None],
        ordered,
        masks=np.zeros((count, 2, 2), bool),
        embeddings=np.ones((count, 3)),
    )
    best = detections.above(least)
    assert best.scores.tolist() == [score for score in ordered.tolist() if score >= least]
    assert best.masks is not None
    assert best.embeddings is not None
    assert len(best.masks) == len(best.embeddings) == len(best.boxes) == len(best)
    assert [best.box(i) for i in range(len(best))] == [detections.box(i) for i in range(len(best))]


@pytest.mark.parametrize('value', [NAN, -0.01, 1.01, INF])
@pytest.mark.parametrize('name', ['score', 'presence'])
def test_track_refuses(name: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=name):
        Track(None, **{'score': 0.5, 'presence': 0.5, name: value})


@pytest.mark.parametrize(
    'parts',
    [
        {'presence': NAN},
        {'presence': 1.1},
        {'presence': -0.1},
        {'position': np.zeros(2)},
        {'position': np.zeros((1, 3))},
    ],
)
def test_target_refuses(parts: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(parts))):
        Target(0.0, TargetState.TRACKING, 1, **parts)


@pytest.mark.parametrize('value', [NAN, INF, -INF])
@pytest.mark.parametrize('name', ['vx', 'vy', 'vz', 'yaw_rate'])
def test_command_refuses_what_is_not_finite(name: str, value: float) -> None:
    with pytest.raises(InvalidInput):
        VelocityCommand(**{name: value})


def test_stop_is_zero_and_has_a_reason() -> None:
    stop = VelocityCommand.stop('lost')
    assert stop.is_zero
    assert stop.reason == 'lost'
    assert not VelocityCommand(vz=1e-9).is_zero


@pytest.mark.parametrize('state', TargetState)
def test_only_tracking_may_move(state: TargetState) -> None:
    assert state.may_move is (state is TargetState.TRACKING)


@pytest.mark.parametrize(
    'value',
    [Box(0, 0, 1, 1), Frame(0.0, RGB), Click(0, 0), Query(texts=('x',)), Detections.empty(0.0),
     Track(None, 0.0, 0.0), Target(0.0, TargetState.IDLE), VelocityCommand()],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_currency_is_frozen(value: Any) -> None:
    name = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, 1)


@pytest.mark.parametrize(
    ('error', 'builtin'),
    [
        (errors.BadImage, ValueError), (errors.BadBox, ValueError), (errors.BadQuery, ValueError),
        (errors.BadConfig, ValueError), (errors.NotReady, RuntimeError),
        (errors.MissingDependency, ImportError), (errors.SourceError, OSError),
    ],
)  # fmt: skip
def test_errors_are_one_tree(error: type[Exception], builtin: type[Exception]) -> None:
    assert issubclass(error, errors.FollowAnythingError)
    assert issubclass(error, builtin)
    assert issubclass(error, errors.InvalidInput) is (builtin is ValueError)
