# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Photographs in the detector's training: partial labels, the camera, the chain at tiny size."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torchvision')
cv2 = pytest.importorskip('cv2')

from follow_anything.core.errors import BadConfig, SourceError
from follow_anything.io.labelled_photos import read_photos
from follow_anything.models.detection.tiny.click_network import (
    ClickNetwork,
    ClickOutput,
    MASK_STRIDE,
)
from follow_anything.models.detection.tiny.image import CLOSE_UP_PX
from follow_anything.training.detector.calibrate import CalibrationSample, fit_belief
from follow_anything.training.detector.clicks.photos import PhotoClicks
from follow_anything.training.detector.clicks.train import click_loss, Examples
from follow_anything.training.detector.heads.joint import named_rois
from follow_anything.training.detector.heads.loss import box_loss, concept_loss
from follow_anything.training.detector.heads.refinement import RoiSamples
from follow_anything.training.detector.heads.resume import load_graph, recompute_norms
from follow_anything.training.detector.language.words import Vocabulary
from follow_anything.training.detector.pictures.camera import (
    boxes_to_cells,
    degrade,
    shoot,
    Shot,
)
from follow_anything.training.detector.pictures.photos import held_back, Names
from follow_anything.training.detector.pictures.supply import cells_of, Supply
from follow_anything.training.detector.stages import Plan, run_stage
from labelled_photos import RED, write_photos

pytestmark = [pytest.mark.models, pytest.mark.detection]

CELLS = CLOSE_UP_PX // MASK_STRIDE


def test_a_folder_is_read_and_what_it_lacks_is_said(tmp_path):
    with pytest.raises(SourceError, match=r'labels\.jsonl'):
        read_photos(tmp_path)
    photos = read_photos(write_photos(tmp_path), 'train')
    assert len(photos) == 7
    assert photos[0].complete == ('box',)
    x1, y1, x2, y2 = photos[0].boxes[0].astype(int)
    assert photos[0].read()[y1:y2, x1:x2].mean((0, 1)) == pytest.approx(RED)
    with pytest.raises(BadConfig, match='--photos'):
        run_stage('joint', Plan(out=tmp_path))


def test_neighbours_are_held_back_together_so_that_no_clip_is_on_both_sides(tmp_path):
    photos = read_photos(write_photos(tmp_path, 200))
    learn, back = held_back(photos)
    assert 0.04 < len(back) / len(photos) < 0.15
    assert not {photo.path for photo in learn} & {photo.path for photo in back}
    numbers = sorted(int(photo.path.stem) for photo in back)
    assert numbers[:6] == list(range(numbers[0], numbers[0] + 6))


def test_only_what_is_labelled_throughout_is_surely_absent(tmp_path):
    photos = read_photos(write_photos(tmp_path))
    names = Names(Vocabulary().names, photos)
    absent = names.absent(photos[0], weak=0.1)
    assert absent[names.number['box']] == absent[names.number['crate']] == 1.0, 'and below it'
    assert absent[names.number['person']] == absent[names.number['man']] == 0.0, 'anywhere'
    assert absent[names.number['car']] == pytest.approx(0.1)
    strange = [photos[0].__class__(**{**vars(photos[0]), 'names': ('quokka',)})]
    with pytest.raises(SourceError, match='quokka'):
        Names(Vocabulary().names, strange)


def test_a_role_does_not_tell_who_plays_it():
    vocabulary = Vocabulary()
    index = {name: k for k, name in enumerate(vocabulary.names)}
    table = vocabulary.targets()
    assert table[index['player'], index['person']] == 1
    assert table[index['goalkeeper'], index['player']] == 1
    assert table[index['player'], index['woman']] == table[index['woman'], index['player']] == -1
    assert table[index['player'], index['referee']] == 0
    assert table[index['man'], index['woman']] == 0


def test_boxes_stay_on_what_they_hold_however_the_camera_stands():
    image = np.full((120, 160, 3), 128, np.uint8)
    image[40:90, 50:80] = RED
    boxes = np.array([[50.0, 40, 80, 90]], np.float32)
    met = 0
    for seed in range(40):
        shot = shoot(np.random.default_rng(seed), image, boxes, 256)
        assert shot.image.shape == (256, 256, 3)
        if not len(shot.boxes):
            continue
        met += 1
        red = (shot.image[..., 0] > 180) & (shot.image[..., 2] < 60)
        ys, xs = np.nonzero(red)
        seen = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
        assert shot.boxes[0] == pytest.approx(seen, abs=4.0)
    assert met > 20


def spoilt(seeds):
    """Spoil a picture of two plain halves; return how light, coloured, soft and noisy it is."""
    plain = np.full((64, 96, 3), (110, 80, 60), np.uint8)
    plain[:, 48:] = (190, 160, 140)
    rows = []
    for seed in seeds:
        image = plain if seed is None else degrade(np.random.default_rng(seed), plain.copy())
        assert image.shape == plain.shape
        assert image.dtype == np.uint8
        pixels = image.astype(float)
        lines = pixels.mean((0, 2))
        step = lines[60:88].mean() - lines[8:36].mean()
        rows.append(
            (
                pixels.mean(),
                np.ptp(pixels[8:56, 8:36].mean((0, 1))),  # between its colours
                (lines[48] - lines[47]) / step,  # of the edge between the halves
                pixels[8:56, 8:36].std((0, 1)).max(),
            )
        )
    return np.array(rows).T


def test_pictures_become_darker_and_lighter_grey_soft_and_noisy():
    (light,), (colour,), (edge,), (noise,) = spoilt([None])
    assert (edge, noise) == pytest.approx((1.0, 0.0))
    lights, colours, edges, noises = spoilt(range(200))
    # of 200, and not all of them
    assert 40 < (lights < light - 8).sum() < 140
    assert 30 < (lights > light + 8).sum() < 120
    assert 10 < (lights < 0.6 * light).sum() < 50, 'night'
    assert 4 <= (colours < 1.0).sum() < 40
    assert (colours > 1.1 * colour).any()
    assert 30 < (edges < 0.75).sum() < 100
    assert 30 < (noises > 1.0).sum() < 120
    again = spoilt(range(8))
    assert (again == [row[:8] for row in (lights, colours, edges, noises)]).all()


def test_a_cell_belongs_to_the_smallest_box_and_corners_are_unknown():
    cells = cells_of(64)
    shot = Shot(
        np.zeros((64, 64, 3), np.uint8),
        np.float32([[0, 0, 64, 64], [24, 24, 40, 40]]),
        np.arange(2),
        np.zeros((0, 4), np.float32),
        (0.0, 0.0, 64.0, 64.0),
    )
    owner = boxes_to_cells(shot, cells)[:64].reshape(8, 8)
    assert owner[3, 3] == 2
    assert owner[3, 1] == 1
    assert owner[0, 0] == 255


def test_what_nobody_labelled_counts_less_than_what_is_surely_nothing():
    cells = torch.tensor([[4.0, 4, 8], [12, 4, 8], [20, 4, 8]])
    truth = torch.tensor([[[0.0, 0, 16, 8]]])
    owner = torch.tensor([[1, 1, 0]], dtype=torch.uint8)
    boxes = torch.tensor([[[0.0, 0, 16, 8]] * 3])
    alarm = torch.tensor([[2.0, 2.0, 3.0]])
    costs = [
        box_loss(alarm, boxes, cells, truth, owner, torch.tensor([rest]))[0].item()
        for rest in (0.0, 0.3, 1.0)
    ]
    assert costs == sorted(costs)
    assert costs[0] < costs[1] < costs[2]
    logits, wanted = torch.tensor([[3.0, 3.0]]), torch.tensor([[0, 0]])
    unsure = concept_loss(logits, wanted, torch.tensor([[0.0, 0.0]]))
    assert unsure.item() == 0.0
    assert concept_loss(logits, wanted, torch.tensor([[1.0, 0.0]])) > 0.5


def test_boxes_are_named_by_what_they_overlap_and_else_by_what_is_absent(tmp_path):
    photos = read_photos(write_photos(tmp_path))
    names = Names(Vocabulary().names, photos)
    batch = Supply(photos, names, None).batch(np.random.default_rng(0), 3)
    assert batch.images.shape[1] == batch.images.shape[2]
    picture = int(batch.counts.argmax())
    thing = batch.truth[picture, 0]
    far = thing + 1000.0
    goals = torch.stack([thing, thing])
    rois = torch.cat([torch.full((2, 1), float(picture)), torch.stack([thing, far])], 1)
    asked = RoiSamples(rois, goals, torch.tensor([0, 0]))
    batch.owner[:] = 0
    known, wanted, sure = named_rois(asked, rois[:, 1:], batch, torch.from_numpy(names.targets))
    box, person, car = (names.number[name] for name in ('box', 'person', 'car'))
    assert known.all()
    assert wanted[:, box].tolist() == [1, 0]
    assert sure[:, box].tolist() == [1.0, 1.0]
    assert sure[1, person] == 0.0, 'a person may be anywhere'
    assert 0.0 < sure[1, car] < 1.0
    batch.owner[:] = 255
    known, _, _ = named_rois(asked, rois[:, 1:], batch, torch.from_numpy(names.targets))
    assert known.tolist() == [True, False], 'nobody knows what is there'


def test_close_ups_of_photographs_tell_boxes_and_no_outlines(tmp_path):
    photos = read_photos(write_photos(tmp_path))
    rng = np.random.default_rng(0)
    rows = [row for _ in range(12) for row in PhotoClicks(photos).draw(rng, CELLS)]
    assert rows
    for image, mask, known, goal, is_object, has_mask in rows:
        assert (float(is_object), float(has_mask)) == (1.0, 0.0)
        assert not mask.any()
        x1, y1, x2, y2 = (goal / MASK_STRIDE).clip(0, CELLS).astype(int)
        assert not known[y1 + 1 : y2 - 1, x1 + 1 : x2 - 1].any(), 'inside nobody knows'
        middle = image[CLOSE_UP_PX // 2, CLOSE_UP_PX // 2].astype(int)
        assert goal[0] < CLOSE_UP_PX / 2 < goal[2]
        assert goal[1] < CLOSE_UP_PX / 2 < goal[3]
        assert middle.shape == (3,)


def test_a_mask_of_a_photograph_is_to_fill_its_box():
    box = torch.tensor([[48.0, 40.0, 160.0, 120.0]])
    known = torch.ones(1, CELLS, CELLS)
    known[:, 10:30, 12:40] = 0.0
    blank, one = torch.zeros(1, CELLS, CELLS), torch.ones(1)
    images = torch.zeros(1, 3, CLOSE_UP_PX, CLOSE_UP_PX)
    truth = Examples(images, blank, known, box, one, torch.zeros(1))
    full, half, over = (torch.full((1, CELLS, CELLS), -8.0) for _ in range(3))
    full[:, 10:30, 12:40] = 8.0
    half[:, 10:20, 12:40] = 8.0
    over[:, 5:35, 12:40] = 8.0
    sure = torch.full((1,), 8.0)
    costs = [click_loss(ClickOutput(m, box, sure), truth)[0].item() for m in (full, half, over)]
    assert costs[0] < 0.05
    assert min(costs[1:]) > costs[0] + 0.05


@pytest.mark.filterwarnings('ignore::DeprecationWarning')
@pytest.mark.filterwarnings('ignore::UserWarning', 'ignore::torch.jit.TracerWarning')
def test_training_goes_on_from_the_graph_that_ships(tmp_path):
    pytest.importorskip('onnx')
    from follow_anything.training.detector.export import write_click_graph

    torch.manual_seed(0)
    network = ClickNetwork()
    images = torch.randn(4, 3, CLOSE_UP_PX, CLOSE_UP_PX)
    network.train()
    for _ in range(3):
        network(images)  # the normalisations learn what they meet
    network.eval()
    write_click_graph(network, tmp_path / 'clicks.onnx')
    again = ClickNetwork()
    load_graph(again, tmp_path / 'clicks.onnx')
    recompute_norms(again, [images])
    with torch.no_grad():
        right, got = network(images), again(images)
        assert got.boxes == pytest.approx(right.boxes, abs=2.0), 'as far as 16 and 8 bits go'
        assert got.mask == pytest.approx(right.mask, abs=0.1)
        still = again(images)
        again.train()
        assert again(images).boxes == pytest.approx(still.boxes, abs=0.1), 'in training too'


def test_the_belief_is_a_share_of_right_answers():
    rng = np.random.default_rng(0)
    asked = []
    for _ in range(600):
        right = np.zeros(6, bool)
        right[0] = rng.random() < 0.6
        own = rng.normal(0.0, 1.0, 6) + 3.0 * right
        inputs = np.stack([own, own - 1.0 + rng.normal(0, 0.1, 6), rng.normal(-1, 0.2, 6)], 1)
        asked.append(CalibrationSample(inputs, right, np.ones(6, bool)))
    belief = fit_belief(asked)
    best = [int((a.inputs @ belief[:3]).argmax()) for a in asked]
    said = np.array([a.inputs[k] @ belief[:3] for a, k in zip(asked, best, strict=True)])
    said = 1.0 / (1.0 + np.exp(-said - belief[3]))
    truth = np.array([a.right[k] for a, k in zip(asked, best, strict=True)])
    assert belief[0] > 0
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.01)):
        part = (said >= low) & (said < high)
        assert part.any()
        assert truth[part].mean() == pytest.approx(said[part].mean(), abs=0.1)
