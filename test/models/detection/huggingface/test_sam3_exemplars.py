# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Exemplars of SAM 3, pictures and boxes: its real classes at tiny width, random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='SAM 3 needs torch: make setup-heavy')
transformers = pytest.importorskip(
    'transformers', reason='SAM 3 needs transformers: make setup-heavy'
)

from follow_anything.core.errors import BadQuery
from follow_anything.core.types import Box, Click, Frame, Query
from follow_anything.models.detection.huggingface.random_folders import write_random_folder
from follow_anything.models.registry import build_detector

pytestmark = [pytest.mark.models, pytest.mark.detection]

RGB = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
FRAME, OTHER = Frame(0.0, RGB), Frame(1.0, np.ascontiguousarray(RGB[::-1]))
BOX = Box(10, 20, 60, 70)


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_random_folder('sam3', tmp_path_factory.mktemp('folder') / 'sam3', small=True)


@pytest.fixture
def detector(folder: Path) -> Any:
    return build_detector('sam3', 'cpu', f'sam3={folder}')


def _slots(detector: Any, query: Query, frame: Frame) -> np.ndarray:
    """Return box and score of each slot in RGB, (N, 5), best first, for a query in a frame."""
    views, _ = detector.views_of(query, frame)
    seen = detector.look(RGB, detector.encode([], views))
    return _sorted(seen.boxes, seen.scores[:, 0])


def _sorted(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    order = np.argsort(-scores, kind='stable')
    return np.concatenate([boxes[order], scores[order, None]], 1)


def test_a_box_is_asked_as_the_library_asks_it(detector: Any, folder: Path) -> None:
    """In its own picture: `input_boxes` of the processor, the model and its post-processing."""
    processor = transformers.Sam3Processor.from_pretrained(folder)
    network = transformers.Sam3Model.from_pretrained(folder).eval()
    inputs = processor(
        images=RGB, input_boxes=[[list(BOX.xyxy)]], input_boxes_labels=[[1]], return_tensors='pt'
    )
    inputs.pop('original_sizes')
    with torch.no_grad():
        said = network(**inputs)
    theirs = processor.post_process_object_detection(said, 0.0, [(90, 120)])[0]
    ours = _slots(detector, Query(box=BOX), FRAME)
    wanted = _sorted(theirs['boxes'].numpy(), theirs['scores'].numpy())
    assert ours.shape == wanted.shape
    assert np.allclose(ours, wanted, atol=1e-2)
    word_alone = detector.look(RGB, detector.encode(['visual'], []))
    alone = _sorted(word_alone.boxes, word_alone.scores[:, 0])
    assert np.abs(ours - alone).max() > 0.1, 'the box says nothing'


@pytest.mark.parametrize(
    ('query', 'frame'),
    [
        (Query(box=BOX), OTHER),
        (Query(box=Box(70, 5, 110, 40)), FRAME),
        (Query(images=(RGB[20:70, 10:60],)), FRAME),
        (Query(images=(RGB[20:70, 10:60],), masks=(np.eye(50) > 0,)), FRAME),
    ],
)
def test_each_exemplar_is_one_of_its_own(detector: Any, query: Query, frame: Frame) -> None:
    """Place, picture and mask count, also in a picture that it does not lie in."""
    first = _slots(detector, Query(box=BOX), FRAME)
    assert np.abs(_slots(detector, query, frame) - first).max() > 0.01


def test_what_was_drawn_is_reported_in_that_frame_and_looked_for_in_the_next(
    detector: Any,
) -> None:
    detector.set_query(Query(box=BOX), FRAME)
    there = detector.detect(FRAME)
    assert (there.box(0), there.scores.tolist()) == (BOX, [1.0])
    later = detector.detect(Frame(7.0, RGB))
    assert later.masks is not None
    assert later.box(0) != BOX
    assert 0.0 < later.scores[0] < 1.0


def test_words_and_a_picture_must_both_hold(detector: Any) -> None:
    """The score of a place is the lower one of the two."""
    view = Query(images=(RGB[20:70, 10:60],))
    views, _ = detector.views_of(view, None)
    seen = detector.look(RGB, detector.encode(['a cat'], views))
    detector.set_query(Query(texts=('a cat',), images=view.images))
    best = detector.detect(FRAME)
    usual = detector.usual / (1 - detector.usual)
    odds = seen.scores.min(1).max() / (1 - seen.scores.min(1).max())
    assert best.scores[0] == pytest.approx(1.5 * odds / (1.5 * odds + usual), abs=1e-4)


@pytest.mark.parametrize(
    ('query', 'frame', 'said'),
    [
        (Query(clicks=(Click(3, 4),)), FRAME, 'draw a box'),
        (Query(box=Box(3, 4, 30, 40)), None, 'needs the image'),
    ],
)
def test_what_is_no_exemplar_is_refused(
    detector: Any, query: Query, frame: Frame | None, said: str
) -> None:
    detector.set_query(Query(texts=('a cat',)))
    with pytest.raises(BadQuery, match=said):
        detector.set_query(query, frame)
    assert set(detector.detect(FRAME).labels) == {'a cat'}, 'the old query stays'
