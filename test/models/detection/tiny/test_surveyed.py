# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Embedders that find nobody by themselves see everybody through the tiny detector."""

from __future__ import annotations

from follow_anything.core.config import TrackerConfig, with_values
from follow_anything.core.errors import BadBox
from follow_anything.core.geometry import ious
from follow_anything.core.protocols import Surveyor, WordReader
from follow_anything.core.search.proposals import SIZES
from follow_anything.core.types import Box, FloatArray, Frame
from follow_anything.models.appearance import ColorBands
from follow_anything.models.detection.tiny.embedder import InstanceEmbedder
from follow_anything.models.detection.tiny.surveyed import OTHERS, Surveyed, surveyed
from follow_anything.models.pipeline import build_pipeline
from follow_anything.testing import KinematicRobot
import numpy as np
import pytest
from street import Street, Walker

pytestmark = [pytest.mark.detection, pytest.mark.models, pytest.mark.identity]

ORANGE, BLUE, DARK = (225, 120, 40), (50, 80, 190), (45, 45, 60)


@pytest.fixture(scope='module')
def finder() -> InstanceEmbedder:
    return InstanceEmbedder()


def test_who_surveys_by_himself_is_left_alone(finder: InstanceEmbedder) -> None:
    assert surveyed(finder) is finder


def test_two_people_are_found_and_described(finder: InstanceEmbedder) -> None:
    people = [
        Walker(lambda _: (4.0, 0.8), (ORANGE, ORANGE), DARK, seed=1),
        Walker(lambda _: (4.0, -0.9), (BLUE, BLUE), DARK, seed=2),
    ]
    frame, (one, other) = Street(people, lambda _: (1.0, 0.0), seed=0).frame(KinematicRobot(), 0.0)
    assert one is not None
    assert other is not None
    bands = ColorBands()
    seen = Surveyed(bands, finder).survey(frame, np.array([one.xyxy]), np.sqrt(one.area))
    np.testing.assert_allclose(seen.views[0], bands.embed(frame, one))
    assert len(seen.boxes) == len(seen.views) == len(seen.words) <= 1 + OTHERS
    sides = np.sqrt((seen.boxes[:, 2:] - seen.boxes[:, :2]).prod(1))
    assert (np.abs(np.log(sides / np.sqrt(one.area))) <= np.log(SIZES) + 1e-9).all()
    assert ious(seen.boxes[1:], np.array([other.xyxy])).max() > 0.5
    np.testing.assert_allclose(np.linalg.norm(seen.views, axis=1), 1.0, atol=1e-5)


def test_a_box_that_cannot_be_described_has_no_view(finder: InstanceEmbedder) -> None:
    class Blind:
        unrelated = 0.5

        def embed(self, frame: Frame, box: Box) -> FloatArray:
            if box.x1 > 10.0:
                raise BadBox('outside')
            return np.array([1.0, 0.0])

    frame = Frame(0.0, np.full((240, 320, 3), 127, np.uint8))
    boxes = np.array([[5.0, 5.0, 60.0, 90.0], [50.0, 5.0, 90.0, 90.0]])
    seen = Surveyed(Blind(), finder).survey(frame, boxes)
    np.testing.assert_array_equal(seen.views[:2], [[1.0, 0.0], [0.0, 0.0]])
    assert Surveyed(Blind(), finder).survey(frame, np.zeros((0, 4))).views.ndim == 2


def test_every_embedder_of_a_pipeline_surveys_and_reads() -> None:
    config = with_values(TrackerConfig(), {'identity.embedder': 'bands'})
    pipeline = build_pipeline(tracking=config)
    assert isinstance(pipeline.follower.embedder, Surveyor)
    assert isinstance(pipeline.follower.embedder, WordReader)
