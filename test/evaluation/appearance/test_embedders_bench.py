# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What embedders are compared on, and that the figures are what they are called."""

from __future__ import annotations

import json
from pathlib import Path

from follow_anything.cli import app
from follow_anything.core.errors import BadConfig, SourceError
from follow_anything.core.geometry import ious
from follow_anything.core.protocols import Survey
from follow_anything.core.types import Box, FloatArray, Frame
from follow_anything.evaluation.appearance.bench import bench_embedders, overview, tables
from follow_anything.evaluation.appearance.pairs import distractors_of, Scores, TimedEmbedder
from follow_anything.evaluation.appearance.photos import compare_photos, distort, jitter
from follow_anything.evaluation.appearance.sequences import compare_sequence, sample_views
from follow_anything.evaluation.tracking.dataset import Sequence
from follow_anything.evaluation.tracking.formats import open_dataset
from follow_anything.io.labelled_photos import read_photos
from follow_anything.models.appearance import ColorBands
import numpy as np
import pytest
from typer.testing import CliRunner

cv2 = pytest.importorskip('cv2')

pytestmark = [pytest.mark.models, pytest.mark.identity]

COLORS = ((210, 30, 30), (30, 60, 210), (40, 170, 60))
FRAMES = 9


class Blind:
    """Sees no difference, and proposes what it was told to."""

    unrelated = 0.0

    def __init__(self, proposed: FloatArray | None = None) -> None:
        self.proposed = np.zeros((0, 4)) if proposed is None else proposed
        self.surveys: list[tuple[FloatArray, float]] = []

    def embed(self, frame: Frame, box: Box) -> FloatArray:
        return np.ones(1)

    def survey(self, frame: Frame, boxes: FloatArray, size_px: float = 0.0) -> Survey:
        self.surveys.append((boxes, size_px))
        found = np.concatenate([boxes, self.proposed])
        return Survey(found, np.ones((len(found), 1)), np.zeros(len(found)))


def place(number: int, frame: int = 0) -> FloatArray:
    """Return where a thing is in a picture."""
    left = 10.0 + 55.0 * number + 2.0 * frame
    return np.array([left, 30.0, left + 30.0, 80.0])


def picture(frame: int = 0) -> np.ndarray:
    rgb = np.random.default_rng(frame).integers(90, 130, (120, 200, 3)).astype(np.uint8)
    for number, color in enumerate(COLORS):
        x1, y1, x2, y2 = (int(v) for v in place(number, frame))
        rgb[y1:y2, x1:x2] = color
    return rgb


def sequence_folder(root: Path, absent: int = -1) -> Path:
    folder = root / 'three'
    (folder / 'img').mkdir(parents=True)
    rows = []
    for frame in range(FRAMES):
        cv2.imwrite(str(folder / 'img' / f'{frame:04d}.png'), picture(frame)[..., ::-1])
        x1, y1, x2, y2 = place(0, frame)
        rows.append('nan,nan,nan,nan' if frame == absent else f'{x1},{y1},{x2 - x1},{y2 - y1}')
    (folder / 'groundtruth.txt').write_text('\n'.join(rows))
    return root


def photo_folder(root: Path) -> Path:
    (root / 'images').mkdir(parents=True)
    lines = []
    for number in range(4):
        name = f'images/{number}.png'
        cv2.imwrite(str(root / name), picture()[..., ::-1])
        boxes = [
            {'name': 'box', 'xywh': [*corners[:2], *(corners[2:] - corners[:2])]}
            for corners in (place(k) for k in range(1 if number == 3 else 3))
        ]
        row = {'image': name, 'source': 's', 'split': 'val', 'boxes': boxes}
        lines.append(json.dumps(row))
    (root / 'labels.jsonl').write_text('\n'.join(lines))
    (root / 'sources.json').write_text(json.dumps([{'name': 's'}]))
    return root


@pytest.mark.parametrize(
    ('other', 'is_alike'),
    [
        ((100, 10, 140, 90), True),
        ((100, 10, 220, 170), False),  # 2.4 times as large
        ((100, 10, 110, 26), False),  # five times as small
        ((30, 10, 70, 90), False),  # half of it is the target
        ((45, 10, 85, 90), True),  # beside it, overlapping by a hair
        ((15, 20, 35, 60), False),  # a part of it
        ((100, 10, 107, 300), False),  # too narrow to be seen
    ],
)
def test_other_things_are_apart_and_of_like_size(other: tuple[float, ...], is_alike: bool) -> None:
    target = np.array([10.0, 10.0, 50.0, 90.0])
    assert distractors_of(target, np.array([other], float)) == ([0] if is_alike else [])


def test_the_nearest_in_size_come_first() -> None:
    target = np.array([0.0, 0.0, 40.0, 40.0])
    others = np.array([[100, 0, 170, 70], [200, 0, 241, 41], [300, 0, 330, 30]], float)
    assert distractors_of(target, others) == [1, 2, 0]
    assert distractors_of(target, np.zeros((0, 4))) == []


def test_figures_by_hand() -> None:
    scores = Scores()
    scores.add(np.array([0.9, 0.5, 0.7]))
    scores.add(np.array([0.6, 0.8]))
    scores.add(np.array([0.3]))  # alone: it counts for AUROC and not for rank-1
    figures = scores.figures()
    assert (figures['pictures'], figures['others']) == (3, 3)
    assert figures['auroc'] == pytest.approx((3 + 1 + 0) / 9)
    assert figures['rank1'] == 0.5
    assert figures['cosine_same'] == pytest.approx(0.6)
    assert figures['cosine_other'] == pytest.approx(2 / 3)


def test_without_others_nothing_is_said() -> None:
    scores = Scores()
    scores.add(np.array([0.9]))
    figures = scores.figures()
    assert figures['auroc'] is None
    assert figures['rank1'] is None
    assert Scores().figures()['cosine_same'] is None


def test_a_tie_is_no_win() -> None:
    scores = Scores()
    scores.add(np.array([1.0, 1.0]))
    assert scores.figures()['rank1'] == 0.0
    assert scores.figures()['auroc'] == 0.5


def three(tmp_path: Path, absent: int = -1) -> Sequence:
    return open_dataset(sequence_folder(tmp_path, absent))[0]


def test_pictures_without_the_target_are_passed_over(tmp_path: Path) -> None:
    seen = list(sample_views(three(tmp_path, absent=4), Blind(), 100))
    assert len(seen) == FRAMES - 1
    np.testing.assert_allclose([s.boxes[0, 0] for s in seen][3:5], [16.0, 20.0])


def test_pictures_are_few_and_the_first_is_among_them(tmp_path: Path) -> None:
    seen = list(sample_views(three(tmp_path), Blind(), 3))
    np.testing.assert_allclose([s.boxes[0, 0] for s in seen], [10.0, 18.0, 26.0])


def test_proposals_that_are_one_thing_count_once(tmp_path: Path) -> None:
    proposed = np.array([place(1), place(1) + 2.0, place(2), place(0)])
    (first, *_) = sample_views(three(tmp_path), Blind(proposed), 3)
    np.testing.assert_allclose(first.boxes, [place(0), place(1), place(2)])
    assert first.size_px == pytest.approx(np.sqrt(30 * 50))


def test_colours_tell_things_apart_in_a_sequence_and_the_blind_cannot(tmp_path: Path) -> None:
    proposer = Blind(np.array([place(1, 4), place(2, 4)]))
    blind = Blind()
    looks = {'bands': TimedEmbedder(ColorBands()), 'blind': TimedEmbedder(blind)}
    scores = compare_sequence(three(tmp_path), proposer, looks, 100)
    good, bad = (scores[name].figures() for name in ('bands', 'blind'))
    assert good['pictures'] == bad['pictures'] == FRAMES - 1
    assert (good['auroc'], good['rank1']) == (1.0, 1.0)
    assert (bad['auroc'], bad['rank1']) == (0.5, 0.0)
    assert len(looks['bands'].spent_ms) == FRAMES - 1
    asked, size_px = blind.surveys[1]
    assert (len(asked), size_px) == (3, pytest.approx(np.sqrt(30 * 50)))


def test_distorted_picture_shows_the_box_where_the_map_says() -> None:
    for seed in range(5):
        later, to = distort(picture(), np.random.default_rng(seed))
        assert later.shape == picture().shape
        x1, y1, x2, y2 = place(0) * to[0, 0] + np.tile(to[:, 2], 2)
        inside = later[round(y1) + 3 : round(y2) - 3, round(x1) + 3 : round(x2) - 3]
        red, green, blue = inside.reshape(-1, 3).mean(0)
        assert red > 2 * max(green, blue)


def test_jitter_moves_boxes_a_little_and_keeps_them_inside() -> None:
    boxes = np.array([place(k) for k in range(3)])
    moved = jitter(boxes, np.random.default_rng(0), 140, 70)
    assert not np.allclose(moved, boxes)
    whole = jitter(boxes, np.random.default_rng(0), 200, 120)
    assert np.diag(ious(whole, boxes)).min() > 0.5
    assert moved.max(0)[2] <= 140
    assert moved.max(0)[3] <= 70


def test_photographs_ask_only_where_there_is_something_alike(tmp_path: Path) -> None:
    photos = read_photos(photo_folder(tmp_path), 'val')
    looks = {'bands': TimedEmbedder(ColorBands()), 'blind': TimedEmbedder(Blind())}
    scores = compare_photos(photos, looks)
    good, bad = (scores[name].figures() for name in ('bands', 'blind'))
    assert (good['pictures'], good['others']) == (9, 18)
    assert good['auroc'] > 0.8
    assert (bad['auroc'], bad['rank1']) == (0.5, 0.0)
    again = compare_photos(photos, {'bands': TimedEmbedder(ColorBands())})
    assert again['bands'].same == scores['bands'].same, 'the same distortions for everybody'


def test_nothing_to_measure_on_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match='--sequences FOLDER, --photos FOLDER'):
        bench_embedders({'blind': Blind()}, Blind(), None, None)
    with pytest.raises(SourceError, match='anything else of the size'):
        bench_embedders({'blind': Blind()}, Blind(), sequence_folder(tmp_path / 's'), None)
    with pytest.raises(SourceError, match='two things of one name'):
        bench_embedders(
            {'blind': Blind()}, Blind(), None, photo_folder(tmp_path / 'p'), split='train'
        )


def test_command_writes_the_table(tmp_path: Path) -> None:
    saved, page = tmp_path / 'figures.json', tmp_path / 'page.md'
    page.write_text('<!-- begin bench embedders -->\n\n<!-- end bench embedders -->')
    folders = ['--sequences', sequence_folder(tmp_path / 's')]
    folders += ['--photos', photo_folder(tmp_path / 'p')]
    options = ['--embedder', 'bands', '--frames', 4, '--docs', page, '--json', saved]
    arguments = [str(part) for part in ('bench', 'embedders', *folders, *options)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    figures = json.loads(saved.read_text())
    assert set(figures['sequences']) == {'three'}
    bands = figures['embedders']['bands']
    assert bands['photos_pictures'] == 9
    assert bands['ms_a_look'] > 0
    header, rows = overview(figures)
    assert header == ['', 'bands']
    assert [row[0] for row in rows][1] == 'AUROC, mean of the sequences'
    assert tables(figures) in page.read_text()
    assert '| three | 3 |' in page.read_text()
