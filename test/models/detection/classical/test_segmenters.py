# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The outline of what is in a box."""

from __future__ import annotations

import cv2
from follow_anything.core.errors import BadBox, BadConfig
from follow_anything.core.types import Box, Frame
from follow_anything.models.detection.classical.grabcut import GrabCutSegmenter
from follow_anything.models.registry import build_segmenter
from follow_anything.testing import SyntheticScene
import numpy as np
import pytest

pytestmark = pytest.mark.detection

DISC = Box(100, 60, 180, 140)


def frame(plain: bool = False) -> Frame:
    rng = np.random.default_rng(3)
    image = np.clip(rng.normal(110, 12, (240, 320, 3)), 0, 255).astype(np.uint8)
    if not plain:
        cv2.circle(image, (140, 100), 40, (220, 60, 30), -1)
    return Frame(0.0, image)


def test_a_disc_in_a_box_is_outlined() -> None:
    mask = GrabCutSegmenter().segment(frame(), DISC)
    rows, columns = np.mgrid[:240, :320]
    disc = (columns - 140) ** 2 + (rows - 100) ** 2 <= 40**2
    assert (mask & disc).sum() / (mask | disc).sum() > 0.9
    assert not mask[60:64, 100:104].any(), 'the corner of the box is background'


@pytest.mark.parametrize(
    'box', [Box(-30, -20, 60, 70), Box(0, 0, 320, 240), Box(310, 230, 330, 250)]
)
def test_a_box_at_the_border_gives_a_mask_of_the_frames_size(box: Box) -> None:
    assert GrabCutSegmenter().segment(frame(), box).shape == (240, 320)


def test_a_thing_of_several_colours_is_one_thing() -> None:
    """Also in a tracker's box, which is some pixels off."""
    scene = SyntheticScene()
    for index in range(0, 60, 3):
        target = scene.box(index)
        truth = np.zeros((scene.height, scene.width), bool)
        x1, y1, x2, y2 = map(int, target.xyxy)
        truth[y1:y2, x1:x2] = True
        for off in (-3, 0, 3):
            box = Box(target.x1 + off, target.y1, target.x2 + off, target.y2)
            mask = GrabCutSegmenter().segment(scene.frame(index), box)
            assert (mask & truth).sum() / (mask | truth).sum() > 0.65


def test_where_nothing_stands_out_the_box_is_the_answer() -> None:
    mask = GrabCutSegmenter().segment(frame(plain=True), DISC)
    assert mask.sum() > 0.05 * DISC.area


def test_the_same_box_gives_the_same_mask() -> None:
    first, second = (GrabCutSegmenter().segment(frame(), DISC) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_box_outside_says_so() -> None:
    with pytest.raises(BadBox, match='outside'):
        GrabCutSegmenter().segment(frame(), Box(400, 10, 450, 60))


def test_an_unknown_segmenter_names_those_there_are() -> None:
    with pytest.raises(BadConfig, match='grabcut, sam'):
        build_segmenter('magic')
