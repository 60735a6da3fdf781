# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Running trackers over sequences: results, resuming, summaries, the report."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest

pytestmark = pytest.mark.tracking

cv2 = pytest.importorskip('cv2')

from follow_anything.core.errors import BadConfig
from follow_anything.core.types import Box, Track
from follow_anything.evaluation.tracking import one_pass
from follow_anything.evaluation.tracking.filmstrip import choose_frames, filmstrip
from follow_anything.evaluation.tracking.followed import follow_figures, reliability_of
from follow_anything.evaluation.tracking.formats import open_dataset
from follow_anything.evaluation.tracking.referee import BoxTracker
from follow_anything.evaluation.tracking.report import write_report
from follow_anything.evaluation.tracking.results import is_done, load_run, Run, save_run


class RedIsWhere:
    """Tracks the red pixels; so it also tells the colour order it was given."""

    runs = 0

    def __init__(self, device: str = 'auto') -> None:
        RedIsWhere.runs += 1

    def initialize(self, frame, box):
        self.first = box

    def track(self, frame):
        ys, xs = np.nonzero(frame.rgb[..., 0] > 128)
        if len(xs) == 0:
            return Track(None, 0.0, 0.0)
        x1, y1 = float(xs.min()), float(ys.min())
        return Track(Box(x1, y1, xs.max() + 1.0, ys.max() + 1.0), 1.0, 1.0)


class Static(RedIsWhere):
    """Never moves and is always sure."""

    def track(self, frame):
        return Track(self.first, 1.0, 1.0)


@pytest.fixture
def dataset(tmp_path):
    for name, last_is_hidden in (('beta', False), ('alpha', True)):
        folder = tmp_path / 'data' / name
        (folder / 'img').mkdir(parents=True)
        rows = []
        for number in range(6):
            image = np.zeros((60, 80, 3), np.uint8)
            hidden = last_is_hidden and number == 5
            if not hidden:
                image[20:32, 10 + 5 * number : 20 + 5 * number] = (0, 0, 255)
            cv2.imwrite(str(folder / 'img' / f'{number + 1:04d}.png'), image)
            rows.append('nan,nan,nan,nan' if hidden else f'{10 + 5 * number},20,10,12')
        (folder / 'groundtruth.txt').write_text('\n'.join(rows) + '\n')
        (folder / 'attributes.txt').write_text('fast hidden' if last_is_hidden else 'fast')
    return tmp_path / 'data'


@pytest.fixture
def jobs(dataset, tmp_path, monkeypatch):
    monkeypatch.setitem(one_pass.TRACKERS, 'red', f'{__name__}:RedIsWhere')
    monkeypatch.setitem(one_pass.TRACKERS, 'static', f'{__name__}:Static')
    return one_pass.work_list(dataset, 'folders', ['red', 'static'], tmp_path / 'out')


def test_a_perfect_tracker_gets_full_marks_and_a_static_one_does_not(jobs):
    one_pass.evaluate(jobs)
    figures = one_pass.report_figures(jobs)
    red, static = figures['trackers']['red'], figures['trackers']['static']
    assert (red['ao'], red['norm'], red['sr75'], red['failure']) == (1.0, 1.0, 1.0, 1.0)
    assert (red['sequences'], red['frames']) == (2, 12)
    assert red['presence_auroc'] == 1.0
    assert red['fps'] > 0
    assert red['memory_mb'] > 10
    # 10 px wide, 5 px a frame: IoU 1/3, then nothing
    assert static['ao'] == pytest.approx(np.mean([(1 / 3) / 4, (1 / 3) / 5]))
    assert static['presence_auroc'] == 0.5
    row = next(row for row in figures['sequences'] if row['sequence'] == 'alpha')
    assert (row['absent'], row['false_alarms']) == (1, 0.0)
    assert row['attributes'] == ['fast', 'hidden']


def test_a_stopped_evaluation_goes_on_where_it_was(jobs):
    RedIsWhere.runs = 0
    one_pass.evaluate(jobs[:1])
    seen = []
    one_pass.evaluate(jobs, progress=lambda done, total, job: seen.append((done, total)))
    assert RedIsWhere.runs == 4
    assert seen == [(2, 4), (3, 4), (4, 4)]
    one_pass.evaluate(jobs)
    assert RedIsWhere.runs == 4


def test_a_result_that_was_cut_does_not_count_as_read(jobs):
    one_pass.evaluate(jobs[:1])
    path = next((jobs[0].out / 'red' / 'run').glob('*.npz'))
    path.write_bytes(path.read_bytes()[:100])
    assert load_run(jobs[0].out, 'red', jobs[0].sequence) is None


def test_worker_processes_give_the_same_results(dataset, tmp_path):
    """CSRT, because workers know nothing of the fakes of this file."""
    results = []
    for count in (1, 2):
        jobs = one_pass.work_list(dataset, 'folders', ['csrt'], tmp_path / f'out{count}')
        one_pass.evaluate(jobs, processes=count)
        results.append([load_run(j.out, j.tracker, j.sequence).boxes for j in jobs])
    np.testing.assert_array_equal(results[0], results[1])


def test_a_sequence_is_followed_as_track_follows_it(dataset, tmp_path, monkeypatch):
    """Words of the report: right where the robot moves and the box is on the target."""
    monkeypatch.setitem(one_pass.TRACKERS, 'red', f'{__name__}:RedIsWhere')
    (job,) = one_pass.work_list(
        dataset, 'folders', ['red'], tmp_path / 'out', ['beta'], follow=True
    )
    one_pass.evaluate([job])
    run = load_run(tmp_path / 'out', 'red-followed', 'beta')
    assert run.moves.dtype == bool
    assert not run.moves[0]
    row = one_pass.report_figures([job])['sequences'][0]
    assert row['tracker'] == 'red-followed'
    assert row['right'] + row['wrong'] + row['stands'] == pytest.approx(1.0)
    assert row['ao'] > 0.8
    assert 0.0 <= one_pass.report_figures([job])['trackers']['red-followed']['ece'] <= 1.0
    write_report(tmp_path / 'report.html', [job], 'followed')
    assert 'stands' in (tmp_path / 'report.html').read_text()
    (alone,) = one_pass.work_list(dataset, 'folders', ['red'], tmp_path / 'out', ['beta'])
    assert not is_done(alone.out, alone.label, 'beta')


def test_what_the_robot_would_have_done_is_counted():
    truth = np.array([[10.0, 10, 10, 10]] * 6 + [[np.nan] * 4] * 2)
    found = truth.copy()
    found[2] = 60.0, 60, 10, 10  # on something else
    found[4] = np.nan  # nowhere, and the robot stands
    found[6] = 10.0, 10, 10, 10  # the target is absent
    moves = np.array([False, True, True, True, False, False, True, False])
    figures = follow_figures(moves, found, truth)
    assert figures == {'right': 2 / 8, 'wrong': 2 / 8, 'stands': 4 / 8, 'stops': 25.0}
    presence = np.array([np.nan, 0.95, 0.95, 0.92, 0.0, 0.25, 0.91, 0.0])
    counts = reliability_of(Run(found, presence, np.ones(8), 0.0, moves), truth)
    assert counts[9] == pytest.approx([4.0, 2.0, 0.95 + 0.95 + 0.92 + 0.91])
    assert counts[2] == [1.0, 1.0, 0.25]
    assert sum(line[0] for line in counts) == 5.0


@pytest.mark.parametrize(
    ('trackers', 'names', 'said'),
    [(['oracle'], [], 'oracle'), ([], [], 'must be one of'), (['csrt'], ['gamma'], 'gamma')],
)
def test_what_does_not_exist_is_refused(dataset, tmp_path, trackers, names, said):
    with pytest.raises(BadConfig, match=said):
        one_pass.work_list(dataset, 'folders', trackers, tmp_path, names)


def _run(count: int = 4) -> Run:
    boxes = np.arange(4.0 * count).reshape(count, 4) + 1
    boxes[2] = np.nan
    return Run(boxes, np.linspace(0, 1, count), np.full(count, 0.25), 100.0)


@pytest.mark.parametrize(
    ('layout', 'file', 'lines'),
    [
        ('lasot', 'csrt/a.txt', ['1.0000,2.0000,3.0000,4.0000', 'nan,nan,nan,nan']),
        ('trackingnet', 'csrt/a.txt', ['1.0000,2.0000,3.0000,4.0000', '5.0000,6.0000']),
        ('got10k', 'csrt/a/a_001.txt', ['1.0000,2.0000,3.0000,4.0000', '5.0000,6.0000']),
        ('vot', 'csrt/unsupervised/a/a_001.txt', ['1', '5.0000,6.0000']),
    ],
)
def test_results_lie_where_the_toolkits_look(tmp_path, layout, file, lines):
    save_run(tmp_path, layout, 'csrt', 'a', _run())
    written = (tmp_path / file).read_text().splitlines()
    assert len(written) == 4
    assert written[0] == lines[0]
    assert written[2].startswith(lines[1])
    assert is_done(tmp_path, 'csrt', 'a')
    back = load_run(tmp_path, 'csrt', 'a')
    np.testing.assert_array_equal(back.boxes, _run().boxes)
    assert (back.fps, back.memory_mb) == (4.0, 100.0)


def test_got10k_times_are_written(tmp_path):
    save_run(tmp_path, 'got10k', 'csrt', 'a', _run())
    assert (tmp_path / 'csrt/a/a_time.txt').read_text().split() == ['0.2500'] * 4


class _Tags(HTMLParser):
    """Reads a page and keeps what was opened and is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.images, self.outside = [], 0, []

    def handle_starttag(self, tag, attrs):
        self.images += tag == 'img'
        self.outside += [v for k, v in attrs if k in ('src', 'href') and not v.startswith('data:')]
        if tag not in ('meta', 'img'):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_report_is_one_whole_page(jobs, tmp_path):
    pytest.importorskip('matplotlib')
    one_pass.evaluate(jobs)
    page = tmp_path / 'report' / 'index.html'
    write_report(page, jobs, 'red <against> static')
    text = page.read_text()
    tags = _Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.outside == []
    # the plots, and two sequences of two trackers
    assert tags.images == 5
    assert 'red &lt;against&gt; static' in text
    assert '<span class="best">1.000</span>' in text
    assert 'hidden (1)' in text


def test_a_report_without_truth_has_speeds_only(tmp_path, dataset, monkeypatch):
    monkeypatch.setitem(one_pass.TRACKERS, 'static', f'{__name__}:Static')
    for name in ('alpha', 'beta'):
        truth = dataset / name / 'groundtruth.txt'
        truth.write_text(truth.read_text().splitlines()[0] + '\n' + 'nan,nan,nan,nan\n' * 5)
    jobs = one_pass.work_list(dataset, 'folders', ['static'], tmp_path / 'out')
    one_pass.evaluate(jobs)
    means = one_pass.report_figures(jobs)['trackers']['static']
    assert 'ao' not in means
    write_report(tmp_path / 'page.html', jobs, 'test split')
    assert 'frames/s' in (tmp_path / 'page.html').read_text()


def test_other_first_boxes_give_the_spread_and_the_page_shows_the_first(
    dataset, tmp_path, monkeypatch
):
    monkeypatch.setitem(one_pass.TRACKERS, 'static', f'{__name__}:Static')
    jobs = one_pass.work_list(dataset, 'folders', ['static'], tmp_path / 'out', starts=3)
    assert len({job.folder for job in jobs}) == 3
    one_pass.evaluate(jobs)
    figures = one_pass.report_figures(jobs)
    rows, means = figures['sequences'], figures['trackers']['static']
    assert [(row['sequence'], row['start']) for row in rows] == [
        (name, start) for name in ('alpha', 'beta') for start in range(3)
    ]
    starts = [np.mean([row['ao'] for row in rows if row['start'] == k]) for k in range(3)]
    assert starts[0] == pytest.approx(np.mean([(1 / 3) / 4, (1 / 3) / 5]))
    assert len(set(starts)) == 3
    assert np.ptp(starts) < 0.05
    assert means['ao'] == pytest.approx(np.mean(starts))
    assert means['ao_spread'] == pytest.approx(np.std(starts, ddof=1))
    assert (means['sequences'], means['frames']) == (2, 12)
    write_report(tmp_path / 'page.html', jobs, 'starts')
    pages = [(tmp_path / 'page.html').read_text()]
    write_report(tmp_path / 'page.html', [job for job in jobs if job.start == 0], 'starts')
    pages.append((tmp_path / 'page.html').read_text())
    assert ['AO ±' in page for page in pages] == [True, False]
    assert len({page.count('alpha') for page in pages}) == 1


def test_a_first_box_aside_is_nearly_the_same_and_repeats(dataset):
    sequence = open_dataset(dataset)[0]
    assert sequence.started(0) is sequence
    for number in range(1, 20):
        moved = sequence.started(number)
        np.testing.assert_array_equal(moved.boxes, sequence.started(number).boxes)
        np.testing.assert_array_equal(moved.boxes[1:], sequence.boxes[1:])
        assert 0.0 < np.abs(moved.boxes[0] - sequence.boxes[0]).max() < 2.0


def test_a_filmstrip_shows_the_failure(dataset):
    sequence = open_dataset(dataset)[1]
    found = np.tile(sequence.boxes[0], (6, 1))
    chosen = choose_frames(found, sequence.boxes, 4)
    # with 5 px a frame the box is left in frame 2
    assert {0, 2, 5} <= set(chosen)
    strip = filmstrip(sequence, found, 4)
    assert strip.shape == (180, 240 * len(chosen), 3)
    assert (strip == (221, 107, 32)).all(-1).any()


def test_the_adapter_takes_bgr_and_gives_x_y_width_height(dataset):
    adapter = BoxTracker(RedIsWhere())
    images = [cv2.imread(str(p)) for p in open_dataset(dataset)[0].images]
    adapter.init(images[0], (10, 20, 10, 12))
    assert adapter.update(images[1]) == (True, (15.0, 20.0, 10.0, 12.0), 1.0)
    assert adapter.update(images[5]) == (False, (0.0, 0.0, 0.0, 0.0), 0.0)
