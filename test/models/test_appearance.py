# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Colour bands tell one thing from another and a thing from what hides it."""

from __future__ import annotations

from follow_anything.core.errors import BadBox
from follow_anything.core.types import Box, Frame
from follow_anything.testing import SyntheticScene
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytest.importorskip('cv2', reason='OpenCV is not installed: run `make setup`')
from follow_anything.models.appearance import ColorBands

pytestmark = [pytest.mark.models, pytest.mark.identity]

BANDS = ColorBands()
SCENES = [SyntheticScene(seed=seed) for seed in range(4)]


def person(top: tuple[int, int, int], bottom: tuple[int, int, int], grain: int = 12) -> Frame:
    """Draw somebody with a shirt and trousers, filling the image."""
    rgb = np.empty((80, 40, 3), float)
    rgb[:40], rgb[40:] = top, bottom
    rgb += np.random.default_rng(0).normal(0, grain, rgb.shape)
    return Frame(0.0, rgb.clip(0, 255).astype(np.uint8))


WHOLE = Box(0, 0, 40, 80)
RED, BLUE, GREEN = (190, 40, 40), (40, 60, 180), (40, 160, 60)


def cosine(one: Frame, other: Frame, box: Box = WHOLE, other_box: Box = WHOLE) -> float:
    return float(BANDS.embed(one, box) @ BANDS.embed(other, other_box))


@pytest.mark.parametrize('scene', SCENES, ids=lambda s: s.seed)
def test_target_is_itself_wherever_it_goes(scene: SyntheticScene) -> None:
    first, later = scene.frame(0), scene.frame(30)
    assert cosine(first, later, scene.box(0), scene.box(30)) > 0.95


@pytest.mark.parametrize('scene', SCENES, ids=lambda s: s.seed)
def test_background_and_occluder_are_not_the_target(scene: SyntheticScene) -> None:
    frame, box = scene.frame(0), scene.box(0)
    beside = Box.from_xywh(4, 160, *scene.target_size)
    hidden = SyntheticScene(seed=scene.seed, hidden=(0.0, 1.0)).frame(0)
    assert cosine(frame, frame, box, beside) < BANDS.unrelated
    assert cosine(frame, hidden, box, box) < BANDS.unrelated


@pytest.mark.parametrize(
    ('other', 'is_same'),
    [
        (person(RED, BLUE, grain=20), True),
        (person(BLUE, RED), False),  # the same colours in another order
        (person(GREEN, BLUE), False),
        (person(RED, GREEN), False),
    ],
)
def test_clothes_have_an_order(other: Frame, is_same: bool) -> None:
    likeness = cosine(person(RED, BLUE), other)
    assert (likeness > 0.9) is is_same
    assert (likeness < 0.8) is not is_same


def test_mirrored_target_is_the_same() -> None:
    frame = SCENES[0].frame(0)
    mirrored = Frame(0.0, frame.rgb[:, ::-1])
    x1, y1, x2, y2 = SCENES[0].box(0).xyxy
    assert cosine(frame, mirrored, SCENES[0].box(0), Box(320 - x2, y1, 320 - x1, y2)) > 0.95


@given(
    st.floats(-50, 330), st.floats(-50, 250), st.floats(0.5, 300), st.floats(0.5, 300),
    st.integers(0, 3),
)  # fmt: skip
def test_description_has_unit_length(x: float, y: float, w: float, h: float, seed: int) -> None:
    frame, box = SCENES[seed].frame(0), Box.from_xywh(x, y, w, h)
    try:
        view = BANDS.embed(frame, box)
    except BadBox:
        assert box.x2 <= 30 or box.y2 <= 30 or box.x1 >= 290 or box.y1 >= 210
        return
    assert view.shape == BANDS.embed(frame, SCENES[seed].box(0)).shape
    assert view.dtype == np.float32
    assert np.linalg.norm(view) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize('value', [0, 255])
def test_black_and_white_have_a_description(value: int) -> None:
    frame = Frame(0.0, np.full((10, 10, 3), value, np.uint8))
    assert np.isfinite(BANDS.embed(frame, Box(2, 2, 8, 8))).all()


def test_box_outside_is_refused() -> None:
    with pytest.raises(BadBox):
        BANDS.embed(SCENES[0].frame(0), Box(400, 10, 420, 30))
