# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Reading sequences, running a tracker over them, and the protocol of evaluation scripts."""

from __future__ import annotations

import json

import numpy as np
import pytest

cv2 = pytest.importorskip('cv2')

from follow_anything.core.errors import SourceError
from follow_anything.core.types import Box, Track
from follow_anything.evaluation import one_pass
from follow_anything.evaluation.dataset import (
    find_sequences,
    read_boxes,
    read_sequence,
)
from follow_anything.evaluation.referee import BoxTracker


class RedIsWhere:
    """Tracks the red pixels; remembers what colour order it was given."""

    def initialize(self, frame, box):
        self.first = box

    def track(self, frame):
        ys, xs = np.nonzero(frame.rgb[..., 0] > 128)
        if len(xs) == 0:
            return Track(None, 0.0, 0.0)
        x1, y1 = float(xs.min()), float(ys.min())
        return Track(Box(x1, y1, xs.max() + 1.0, ys.max() + 1.0), 1.0, 1.0)


@pytest.fixture
def dataset(tmp_path):
    for name, last_is_hidden in (('beta', False), ('alpha', True)):
        folder = tmp_path / name
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
    return tmp_path


def test_sequences_are_found_by_name(dataset):
    assert [path.name for path in find_sequences(dataset)] == ['alpha', 'beta']


def test_frames_are_rgb_and_stamped(dataset):
    sequence = read_sequence(dataset / 'beta')
    frames = list(sequence.frames(rate=10.0))
    assert len(sequence) == len(frames) == 6
    assert frames[0].rgb[25, 15].tolist() == [255, 0, 0]
    assert [frame.stamp for frame in frames[:2]] == [0.0, 0.1]


@pytest.mark.parametrize('text', ['1,2,3,4', '1 2 3 4', '1\t2\t3\t4\n\n'])
def test_boxes_may_be_separated_by_commas_spaces_or_tabs(tmp_path, text):
    path = tmp_path / 'groundtruth.txt'
    path.write_text(text)
    assert read_boxes(path).tolist() == [[1.0, 2.0, 3.0, 4.0]]


@pytest.mark.parametrize('text', ['1,2,3', '1,2,3,four', '1,2,3,4,5,6,7,8'])
def test_a_bad_line_is_named(tmp_path, text):
    path = tmp_path / 'groundtruth.txt'
    path.write_text('1,2,3,4\n' + text)
    with pytest.raises(SourceError, match=r'groundtruth\.txt:2'):
        read_boxes(path)


def test_an_empty_dataset_says_what_it_should_hold(tmp_path):
    with pytest.raises(SourceError, match=r'groundtruth\.txt'):
        find_sequences(tmp_path)


def test_a_perfect_tracker_gets_full_marks(dataset, monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(one_pass.BUILDERS, 'red', RedIsWhere)
    out = tmp_path / 'out.json'
    one_pass.main([str(dataset), '--tracker', 'red', '--json', str(out)])
    rows = json.loads(out.read_text())
    assert [row['ao'] for row in rows] == [1.0, 1.0]
    assert rows[0]['false_alarms'] == 0.0
    assert 'mean of 2 sequences: AO 1.000' in capsys.readouterr().out


def test_the_adapter_takes_bgr_and_gives_x_y_width_height(dataset):
    adapter = BoxTracker(RedIsWhere())
    images = [cv2.imread(str(p)) for p in read_sequence(dataset / 'alpha').images]
    adapter.init(images[0], (10, 20, 10, 12))
    assert adapter.update(images[1]) == (True, (15.0, 20.0, 10.0, 12.0), 1.0)
    assert adapter.update(images[5]) == (False, (0.0, 0.0, 0.0, 0.0), 0.0)


def test_the_benchmark_writes_a_row_for_each_region_and_template_count(tmp_path):
    pytest.importorskip('onnxruntime')
    from follow_anything.evaluation import bench_tracker

    out = tmp_path / 'bench.json'
    bench_tracker.main(['--repeats', '1', '--json', str(out)])
    result = json.loads(out.read_text())
    assert [(row['region_px'], row['templates']) for row in result['rows']] == [
        (size, count) for size in (160, 192) for count in (1, 2, 4, 8)
    ]
    assert all(row['uncached_ms'] >= row['cached_ms'] for row in result['rows'])
