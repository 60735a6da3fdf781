# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Datasets as their authors publish them, in miniature."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.tracking

cv2 = pytest.importorskip('cv2')

from follow_anything.core.errors import BadConfig, SourceError
from follow_anything.evaluation.tracking.dataset import list_images, read_boxes, read_flags
from follow_anything.evaluation.tracking.formats import find_sequences, FORMATS, open_dataset


def _images(folder: Path, names) -> None:
    folder.mkdir(parents=True)
    for name in names:
        cv2.imwrite(str(folder / name), np.zeros((8, 8, 3), np.uint8))


def _numbered(count: int, digits: int = 8, first: int = 1):
    return [f'{n:0{digits}d}.jpg' for n in range(first, first + count)]


def _rows(count: int, separator: str = ',') -> str:
    return '\n'.join(separator.join(map(str, (n, 2, 3, 4))) for n in range(1, count + 1)) + '\n'


def _one(root: Path, layout: str):
    sequences = open_dataset(root, layout)
    assert len(sequences) == 1
    return sequences[0]


def test_folders(tmp_path):
    _images(tmp_path / 'a' / 'img', _numbered(4))
    (tmp_path / 'a' / 'groundtruth.txt').write_text(_rows(4))
    (tmp_path / 'a' / 'visibility.txt').write_text('1\n0.5\n0.1\n0\n')
    (tmp_path / 'a' / 'language.txt').write_text('the dog\n')
    sequence = _one(tmp_path, 'folders')
    assert (sequence.name, len(sequence), sequence.language) == ('a', 4, 'the dog')
    visible, hidden = sequence.seen()
    assert visible.tolist() == [True, True, False, False]
    assert hidden.tolist() == [False, False, False, True]
    assert sequence.is_known


@pytest.mark.parametrize('category', ['', 'dog'])
def test_lasot_with_its_language_and_absent_frames(tmp_path, category):
    folder = tmp_path / category / 'dog-3'
    _images(folder / 'img', _numbered(4))
    (folder / 'groundtruth.txt').write_text(_rows(4))
    (folder / 'nlp.txt').write_text('white dog running on the grass\n')
    (folder / 'full_occlusion.txt').write_text('0,1,0,0')
    (folder / 'out_of_view.txt').write_text('0,0,0,1')
    _images(tmp_path / 'cat-1' / 'img', _numbered(2))
    (tmp_path / 'cat-1' / 'groundtruth.txt').write_text(_rows(2))
    (tmp_path / 'testing_set.txt').write_text('dog-3\n')
    sequence = _one(tmp_path, 'lasot')
    assert sequence.language == 'white dog running on the grass'
    assert np.isnan(sequence.boxes[:, 0]).tolist() == [False, True, False, True]


def test_got10k_validation(tmp_path):
    folder = tmp_path / 'val' / 'GOT-10k_Val_000001'
    _images(folder, _numbered(3))
    (folder / 'groundtruth.txt').write_text(_rows(3))
    (folder / 'absence.label').write_text('0\n1\n0\n')
    (folder / 'cover.label').write_text('8\n0\n4\n')
    sequence = _one(tmp_path, 'got10k')
    assert np.isnan(sequence.boxes[1]).all()
    assert sequence.attributes == ('occluded',)


def test_got10k_test_has_one_box_only(tmp_path):
    _images(tmp_path / 'GOT-10k_Test_000001', _numbered(3))
    (tmp_path / 'GOT-10k_Test_000001' / 'groundtruth.txt').write_text('1,2,3,4\n')
    sequence = _one(tmp_path, 'got10k')
    assert len(sequence) == 3
    assert not sequence.is_known


@pytest.mark.parametrize('separator', [',', '\t', ' '])
def test_otb_separators_and_the_late_start_of_david(tmp_path, separator):
    _images(tmp_path / 'David' / 'img', _numbered(6, 4, first=297))
    (tmp_path / 'David' / 'groundtruth_rect.txt').write_text(_rows(3, separator))
    sequence = _one(tmp_path, 'otb')
    assert [path.stem for path in sequence.images] == ['0300', '0301', '0302']


def test_otb_with_two_targets(tmp_path):
    _images(tmp_path / 'Jogging' / 'img', _numbered(3, 4))
    for number in (1, 2):
        (tmp_path / 'Jogging' / f'groundtruth_rect.{number}.txt').write_text(_rows(3))
    assert list(find_sequences(tmp_path, 'otb')) == ['Jogging-1', 'Jogging-2']


def test_uav123_parts_share_a_folder(tmp_path):
    _images(tmp_path / 'data_seq' / 'UAV123' / 'car1', _numbered(9, 6))
    _images(tmp_path / 'data_seq' / 'UAV123' / 'car1_s', _numbered(3, 6))
    truth = tmp_path / 'anno' / 'UAV123'
    (truth / 'att').mkdir(parents=True)
    for name, rows in (('car1_1', 4), ('car1_2', 3), ('car1_s', 3)):
        (truth / f'{name}.txt').write_text(_rows(rows))
    (truth / 'att' / 'car1_2.txt').write_text('1,0,0,1,0,0,0,0,0,0,0,1')
    parts = {sequence.name: sequence for sequence in open_dataset(tmp_path, 'uav123')}
    first, second = parts['car1_1'], parts['car1_2']
    assert [path.stem for path in first.images] == ['000001', '000002', '000003', '000004']
    assert [path.stem for path in second.images] == ['000004', '000005', '000006']
    assert second.attributes == ('SV', 'FM', 'SO')
    assert parts['car1_s'].images[0].parent.name == 'car1_s'


def test_trackingnet_counts_its_images_as_numbers(tmp_path):
    _images(tmp_path / 'TEST' / 'frames' / 'abc_0', [f'{n}.jpg' for n in range(12)])
    (tmp_path / 'TEST' / 'anno').mkdir()
    (tmp_path / 'TEST' / 'anno' / 'abc_0.txt').write_text('1.0,2.0,3.0,4.0')
    sequence = _one(tmp_path, 'trackingnet')
    assert [path.stem for path in sequence.images[8:]] == ['8', '9', '10', '11']
    assert not sequence.is_known


def test_vot_polygons_and_tags(tmp_path):
    folder = tmp_path / 'ants1'
    _images(folder / 'color', _numbered(2))
    # a square of side 2 standing on its corner, then an upright rectangle
    (folder / 'groundtruth.txt').write_text('5,3,7,5,5,7,3,5\n2,3,2,9,10,9,10,3\n')
    (folder / 'occlusion.tag').write_text('0\n1\n')
    (folder / 'camera_motion.tag').write_text('0\n0\n')
    _images(tmp_path / 'other' / 'color', _numbered(2))
    (tmp_path / 'other' / 'groundtruth.txt').write_text(_rows(2))
    (tmp_path / 'list.txt').write_text('ants1\n')
    sequence = _one(tmp_path, 'vot')
    side = np.sqrt(8)
    np.testing.assert_allclose(sequence.boxes[0], [5 - side / 2, 5 - side / 2, side, side])
    np.testing.assert_allclose(sequence.boxes[1], [2, 3, 8, 6])
    assert sequence.attributes == ('occlusion',)


def test_tlp_says_when_the_target_is_lost(tmp_path):
    _images(tmp_path / 'Boat' / 'img', _numbered(3, 5))
    (tmp_path / 'Boat' / 'groundtruth_rect.txt').write_text(
        '1,1,2,3,4,0\n2,1,2,3,4,1\n3,1,2,3,4,0\n'
    )
    sequence = _one(tmp_path, 'tlp')
    assert sequence.boxes[0].tolist() == [1, 2, 3, 4]
    assert np.isnan(sequence.boxes[1]).all()


@pytest.mark.parametrize('layout', FORMATS)
def test_an_empty_folder_says_what_it_should_hold(tmp_path, layout):
    with pytest.raises(SourceError, match=r'expected .*(groundtruth|anno|img)'):
        find_sequences(tmp_path, layout)
    with pytest.raises(SourceError, match='no sequences'):
        find_sequences(tmp_path / 'nowhere', layout)


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(BadConfig, match='lasot'):
        find_sequences(tmp_path, 'coco')


@pytest.mark.parametrize('text', ['1,2,3,4', '1 2 3 4', '1\t2\t3\t4\n\n'])
def test_boxes_may_be_separated_by_commas_spaces_or_tabs(tmp_path, text):
    path = tmp_path / 'groundtruth.txt'
    path.write_text(text)
    assert read_boxes(path).tolist() == [[1.0, 2.0, 3.0, 4.0]]


@pytest.mark.parametrize('text', ['1,2,3', '1,2,3,four', '1,2,3,4,5'])
def test_a_bad_line_is_named(tmp_path, text):
    path = tmp_path / 'groundtruth.txt'
    path.write_text('1,2,3,4\n' + text)
    with pytest.raises(SourceError, match=r'groundtruth\.txt:2'):
        read_boxes(path)


def test_flags_in_a_line_or_in_a_column(tmp_path):
    path = tmp_path / 'flags'
    for text in ('0,1,1', '0\n1\n1\n'):
        path.write_text(text)
        assert read_flags(path).tolist() == [False, True, True]


def test_missing_files_and_first_boxes_are_named(tmp_path):
    with pytest.raises(SourceError, match='folder of images'):
        list_images(tmp_path / 'img')
    _images(tmp_path / 'a' / 'img', _numbered(3))
    (tmp_path / 'a' / 'groundtruth.txt').write_text('nan,nan,nan,nan\n' + _rows(2))
    with pytest.raises(SourceError, match='no box in its first frame'):
        open_dataset(tmp_path)


def test_frames_are_rgb_and_stamped(tmp_path):
    (tmp_path / 'a' / 'img').mkdir(parents=True)
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 2] = 255
    for number in range(2):
        cv2.imwrite(str(tmp_path / 'a' / 'img' / f'{number}.png'), red)
    (tmp_path / 'a' / 'groundtruth.txt').write_text(_rows(2))
    frames = list(open_dataset(tmp_path)[0].frames(rate=10.0))
    assert frames[0].rgb[4, 4].tolist() == [255, 0, 0]
    assert [frame.stamp for frame in frames] == [0.0, 0.1]
    (tmp_path / 'a' / 'img' / '1.png').write_bytes(b'cut')
    with pytest.raises(SourceError, match=r'1\.png'):
        list(open_dataset(tmp_path)[0].frames())
