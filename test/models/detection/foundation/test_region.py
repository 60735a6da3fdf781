# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Near the last place first; everywhere when it is not there; always in the frame's pixels."""

from __future__ import annotations

from follow_anything.core.geometry import iou
from follow_anything.core.search.region import search_near
from follow_anything.core.types import Box, Detections, Frame, Query
from follow_anything.models.detection.foundation.open_vocabulary import SegmentDetector
import numpy as np
import pytest
from scripted import BLUE, ColorReader, ColorSegmenter, GRAY, RED

pytestmark = [pytest.mark.models, pytest.mark.detection]

TARGET = Box(300, 200, 340, 220)


class Watched(SegmentDetector):
    """Notes the size of what it is asked to search."""

    def __init__(self) -> None:
        reader = ColorReader()
        super().__init__('sam_clip', ColorSegmenter(), reader, reader)
        self.set_query(Query(texts=('a red car',)))
        self.sizes: list[tuple[int, int]] = []

    def detect(self, frame: Frame) -> Detections:
        self.sizes.append((frame.width, frame.height))
        return super().detect(frame)


def picture(color: tuple[int, int, int] = RED) -> Frame:
    rgb = np.full((480, 640, 3), GRAY, np.uint8)
    rgb[200:220, 300:340] = color
    rgb[10:40, 10:70] = BLUE
    return Frame(1.0, rgb)


def believed(detections: Detections) -> Detections:
    return detections.above(0.6)


def test_near_place_is_searched_alone_and_answers_in_the_frames_pixels() -> None:
    detector = Watched()
    found = search_near(detector, picture(), Box(290, 190, 330, 210), believed)
    assert iou(found.box(0), TARGET) == pytest.approx(1.0)
    assert found.masks is not None
    assert found.masks.shape == (1, 480, 640)
    assert found.masks[0, 200:220, 300:340].all()
    assert found.masks[0].sum() == 40 * 20
    assert detector.sizes == [(160, 160)]


@pytest.mark.parametrize('last', [Box(20, 300, 60, 320), Box(-90, -90, -50, -50)])
def test_whole_frame_is_searched_when_it_is_not_there(last: Box) -> None:
    detector = Watched()
    found = search_near(detector, picture(), last, believed)
    assert iou(found.box(0), TARGET) == pytest.approx(1.0)
    assert detector.sizes[-1] == (640, 480)


def test_region_that_is_nearly_everything_is_not_tried_first() -> None:
    detector = Watched()
    search_near(detector, picture(), Box(100, 100, 500, 400), believed)
    assert detector.sizes == [(640, 480)]


def test_what_is_nowhere_is_not_found() -> None:
    found = search_near(Watched(), picture(BLUE), Box(290, 190, 330, 210), believed)
    assert len(believed(found)) == 0
