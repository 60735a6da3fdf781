# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The default embedder: one pass describes what is asked about and everything else in view."""

from __future__ import annotations

import math

from follow_anything.core.errors import BadBox, BadConfig
from follow_anything.core.protocols import Surveyor, WordReader
from follow_anything.core.types import Box, Frame, Query
from follow_anything.models.appearance import ColorBands
from follow_anything.models.detection.tiny.detector import TinyDetector
from follow_anything.models.detection.tiny.embedder import InstanceEmbedder
from follow_anything.models.registry import build_detector, build_embedder
from follow_anything.testing import KinematicRobot
import numpy as np
import pytest
from street import Street, Walker

pytestmark = [pytest.mark.detection, pytest.mark.models, pytest.mark.identity]

ORANGE, BLUE, DARK = (225, 120, 40), (50, 80, 190), (45, 45, 60)


@pytest.fixture(scope='module')
def embedder() -> InstanceEmbedder:
    return InstanceEmbedder()


def street(gain: float = 1.0, away: float = 4.0) -> tuple[Frame, list[Box]]:
    """Show somebody in orange, somebody in blue, and the one in orange again from elsewhere."""
    people = [
        Walker(lambda _: (away, 0.8), (ORANGE, ORANGE), DARK, seed=1),
        Walker(lambda _: (away, -0.9), (BLUE, BLUE), DARK, seed=2),
    ]
    frame, boxes = Street(people, lambda _: (gain, 0.0), seed=0).frame(KinematicRobot(), 0.0)
    assert boxes[0] is not None
    assert boxes[1] is not None
    return frame, [boxes[0], boxes[1]]


def test_descriptions_have_unit_length(embedder: InstanceEmbedder) -> None:
    frame, boxes = street()
    for box in boxes:
        view = embedder.embed(frame, box)
        assert view.shape == (128,)
        assert np.linalg.norm(view) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(('gain', 'away'), [(1.0, 4.0), (0.6, 4.0), (1.2, 5.5), (0.7, 3.2)])
def test_the_same_one_in_other_light_and_size_is_nearer_than_somebody_else(
    embedder: InstanceEmbedder, gain: float, away: float
) -> None:
    frame, (orange, _) = street()
    later, (same, other) = street(gain, away)
    known = embedder.embed(frame, orange)
    assert known @ embedder.embed(later, same) > known @ embedder.embed(later, other) + 0.1


def test_survey_answers_first_what_was_asked_and_then_finds_the_others(
    embedder: InstanceEmbedder,
) -> None:
    frame, boxes = street()
    asked = np.array([boxes[0].xyxy])
    found = embedder.survey(frame, asked, math.sqrt(boxes[0].area))
    np.testing.assert_allclose(found.boxes[:1], asked)
    assert len(found.boxes) == len(found.views) == len(found.words)
    assert len(found.boxes) > 1
    np.testing.assert_allclose(found.views[0], embedder.embed(frame, boxes[0]), atol=0.05)


def test_survey_of_nothing_still_sees(embedder: InstanceEmbedder) -> None:
    frame, _ = street()
    assert len(embedder.survey(frame, np.zeros((0, 4))).boxes) > 0


def test_the_heads_of_words_are_left_out_where_nothing_was_said() -> None:
    detector, (frame, boxes) = TinyDetector(), street()
    asked = frame.rgb, np.array([boxes[0].xyxy]), 288**2
    whole, part = detector.look(*asked), detector.describe(*asked)
    for name in ('boxes', 'scores', 'instance', 'colors'):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name))
    assert whole.text.size
    assert not part.text.size
    detector.set_query(Query(texts=('person',)))
    np.testing.assert_array_equal(detector.describe(*asked).text, whole.text)
    # what was seen before the words came says nothing about them
    assert not detector.words(part).any()


def test_an_embedder_of_its_own_reads_the_words_of_the_query() -> None:
    """In ROS the detector is another process."""
    frame, _ = street()
    embedder = InstanceEmbedder()
    assert isinstance(embedder, WordReader)
    embedder.read(('a person',), ('a car',))
    assert embedder.survey(frame, np.zeros((0, 4))).words.any()
    for texts in ((), ('a glimbrak',)):  # none; no word of it means anything here
        embedder.read(('a person',))
        embedder.read(texts)
        assert not embedder.survey(frame, np.zeros((0, 4))).words.any()


def test_words_of_the_query_are_known_to_the_survey() -> None:
    detector = TinyDetector()
    shared = InstanceEmbedder(detector)
    frame, _ = street()
    assert not shared.survey(frame, np.zeros((0, 4))).words.any()
    detector.set_query(Query(texts=('a person',)))
    words = shared.survey(frame, np.zeros((0, 4))).words
    assert words.any()
    assert np.isfinite(words).all()


def test_box_outside_is_refused(embedder: InstanceEmbedder) -> None:
    frame, _ = street()
    with pytest.raises(BadBox):
        embedder.embed(frame, Box(1000, 10, 1100, 90))


def test_registry_shares_the_network_of_the_detector() -> None:
    detector = build_detector('tiny')
    embedder = build_embedder('instance', detector)
    assert isinstance(embedder, Surveyor)
    assert embedder.detector is detector  # type: ignore[attr-defined]
    own = build_embedder('instance', build_detector('classical'))
    assert isinstance(own.detector, TinyDetector)  # type: ignore[attr-defined]
    assert isinstance(build_embedder('bands', detector), ColorBands)
    assert not isinstance(build_embedder('bands'), Surveyor)
    with pytest.raises(BadConfig):
        build_embedder('nobody')
