# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""`bench photos` on a handful of photographs, with a detector whose every answer is known."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
from follow_anything.cli import app
from follow_anything.core.config import DetectorConfig
from follow_anything.core.errors import BadQuery, SourceError
from follow_anything.core.types import Detections, Frame, Query
from follow_anything.evaluation.detection import photos
from follow_anything.evaluation.detection.photos import group_of, measure_photos
from labelled_photos import write_photos
import numpy as np
import pytest
from typer.testing import CliRunner

pytestmark = pytest.mark.detection

HERE, ASIDE, THERE = (10, 20, 50, 80), (30, 20, 70, 80), (90, 60, 150, 110)
SMALL = (25, 45, 35, 55)
"""In the middle of the first one; too small to be asked for."""

SURE, UNSURE = 0.95, 0.25
LABELS = [
    # source, names and boxes: one line a photograph
    ('zoo', [('dog', HERE)]),
    ('zoo', [('dog', HERE)]),
    ('zoo', [('dog', HERE)]),
    ('zoo', [('ambulance', HERE), ('dog', SMALL)]),
    ('park', [('tree', HERE)]),
    ('park', [('lamp', HERE), ('tree', THERE)]),
]
COMPLETE = {'zoo': ['dog', 'ambulance', 'zebra'], 'park': ['tree']}
ANSWERS = {
    (0, 'a dog'): [(HERE, SURE)],
    (0, 'an ambulance'): [(THERE, SURE)],  # there is none
    (1, 'a dog'): [(ASIDE, SURE), (HERE, 0.9)],  # the wrong one first
    (1, 'an ambulance'): [(THERE, UNSURE)],
    (2, 'a dog'): [(HERE, UNSURE)],  # where it is, and not sure enough to say so
    (2, 'an ambulance'): [],
    (3, 'an ambulance'): BadQuery('what is that?'),
    (4, 'a tree'): [(THERE, SURE)],
    (5, 'a lamp'): [(HERE, SURE)],
    (5, 'a tree'): [(HERE, SURE)],
}
"""By the number of the photograph; what is not here must not be asked."""

CLICKS = {
    (0, HERE): [HERE],
    (1, HERE): [ASIDE, HERE],
    (2, HERE): BadQuery('nothing there'),
    (4, HERE): [],
    (5, HERE): [HERE],
    (5, THERE): [THERE],
}
"""By number and what is clicked on; the ambulance is covered by the dog, which is too small."""

PROPOSED: dict[int, list[tuple[int, ...]]] = {
    0: [THERE, HERE],
    1: [THERE] * 20 + [HERE],  # too late
    2: [],
    3: [HERE],
    4: [ASIDE],
    5: [HERE, THERE],
}


def array(boxes: list[tuple[int, ...]]) -> np.ndarray:
    return np.array(boxes, np.float32).reshape(-1, 4)


class Scripted:
    """A detector that knows by its picture what it has to answer."""

    def __init__(self, weights: Path | None = None) -> None:
        self.asked: list[Any] = []
        self._answer: list[tuple[tuple[int, ...], float]] = []

    def set_query(self, query: Query, frame: Frame) -> None:
        number = int(frame.stamp)
        if query.clicks:
            ((x, y),) = ((click.x, click.y) for click in query.clicks)
            middles = {((b[0] + b[2]) / 2, (b[1] + b[3]) / 2): b for b in (HERE, THERE)}
            asked: Any = (number, middles[x, y])
            answer: Any = CLICKS[asked]
            answer = [(box, SURE) for box in answer] if isinstance(answer, list) else answer
        else:
            asked = (number, *query.texts)
            answer = ANSWERS[asked]
        self.asked.append(asked)
        if isinstance(answer, BadQuery):
            self._answer = [(HERE, SURE)]  # of the query before
            raise answer
        self._answer = answer

    def detect(self, frame: Frame) -> Detections:
        boxes, scores = [box for box, _ in self._answer], [score for _, score in self._answer]
        return Detections(frame.stamp, array(boxes), np.array(scores, np.float32))

    def look(self, rgb: np.ndarray) -> Any:
        number = int(rgb[0, 0, 0]) // 10
        return SimpleNamespace(boxes=array(PROPOSED.get(number, [])))


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """Return the detector that is measured."""
    scripted = Scripted()
    monkeypatch.setattr(photos, 'CachedDetector', lambda weights: scripted)
    monkeypatch.setattr(photos, 'TinyDetector', Scripted)
    return scripted


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write six photographs to measure on, each told by its first pixel, and one to learn from."""
    write_photos(tmp_path, len(LABELS) + 1)
    lines = []
    for number, (source, things) in enumerate([*LABELS, ('zoo', [('zebra', HERE)])]):
        path = tmp_path / 'images' / f'{number}.png'
        image = cv2.imread(str(path))
        image[0, 0] = 10 * number
        cv2.imwrite(str(path), image)
        boxes = [
            {'name': name, 'xywh': [x1, y1, x2 - x1, y2 - y1]} for name, (x1, y1, x2, y2) in things
        ]
        split = 'val' if number < len(LABELS) else 'train'
        row = {'image': f'images/{number}.png', 'source': source, 'split': split, 'boxes': boxes}
        lines.append(json.dumps(row))
    (tmp_path / 'labels.jsonl').write_text('\n'.join(lines))
    facts = [{'name': name, 'complete': complete} for name, complete in COMPLETE.items()]
    (tmp_path / 'sources.json').write_text(json.dumps(facts))
    return tmp_path


def test_every_share_is_what_was_answered(folder: Path, detector: Scripted) -> None:
    assert UNSURE < DetectorConfig.min_score < 0.9
    figures = measure_photos(folder)
    shares = {
        # dog, dog, dog, ambulance, tree, lamp, tree: in the first place
        'name': 2 / 7,
        'name_animals': 1 / 3,
        'name_vehicles': 0.0,
        'name_things': 1 / 3,
        # ... in any place, if it was sure enough
        'name_any': 3 / 7,
        'name_any_animals': 2 / 3,
        'name_any_vehicles': 0.0,
        'name_any_things': 1 / 3,
        'name_silent': 2 / 7,
        'name_silent_animals': 1 / 3,
        'name_silent_vehicles': 1.0,
        'name_silent_things': 0.0,
        # no ambulance in three photographs; no tree is missing, and a lamp may be anywhere
        'absent_accepted': 1 / 3,
        'absent_accepted_vehicles': 1 / 3,
        'recall_20': 4 / 7,
        'recall_20_animals': 1 / 3,
        'recall_20_vehicles': 1.0,
        'recall_20_things': 2 / 3,
        'click': 3 / 6,
        'click_animals': 1 / 3,
        'click_things': 2 / 3,
    }
    pace = figures.pop('ms_per_frame')
    assert pace >= 0.0
    beliefs = {key: figures.pop(key) for key in list(figures) if key.startswith('belief')}
    assert figures == pytest.approx(shares)
    assert sorted(detector.asked, key=str) == sorted([*ANSWERS, *CLICKS], key=str)
    assert beliefs == pytest.approx(
        {
            # dog right; no ambulance; dog wrong; tree, lamp, tree: one of three is right
            'belief_0.9_count': 6,
            'belief_0.9_right': 2 / 6,
            'belief_0.9_said': SURE,
            'belief_0.2_count': 2,
            'belief_0.2_right': 1 / 2,
            'belief_0.2_said': UNSURE,
            'belief_error': (abs(2 - 6 * SURE) + abs(1 - 2 * UNSURE)) / 8,
        }
    )


def test_some_photographs_and_no_clicks(folder: Path, detector: Scripted) -> None:
    figures = measure_photos(folder, limit=2, clicks=False)
    assert len({number for number, *_ in detector.asked}) == 2
    assert not [key for key in figures if key.startswith('click')]
    assert not [asked for asked in detector.asked if asked in CLICKS]


def test_other_photographs_have_other_names_and_none_is_said(
    folder: Path, detector: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANSWERS, (0, 'a zebra'), [(HERE, SURE)])
    figures = measure_photos(folder, 'train', clicks=False)
    assert detector.asked == [(0, 'a zebra')]
    assert (figures['name'], figures['name_animals']) == (1.0, 1.0)
    with pytest.raises(SourceError, match="split 'test'"):
        measure_photos(folder, 'test')


@pytest.mark.parametrize(
    ('name', 'group'),
    [('referee', 'people'), ('dump truck', 'vehicles'), ('zebra', 'animals'), ('hat', 'things')],
)
def test_groups_of_names(name: str, group: str) -> None:
    assert group_of(name) == group


@pytest.mark.usefixtures('detector')
def test_the_command_writes_them(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / 'figures.json'
    done = CliRunner().invoke(
        app, ['bench', 'photos', '--folder', str(folder), '--json', str(path)]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(path.read_text())['name'] == pytest.approx(2 / 7)
