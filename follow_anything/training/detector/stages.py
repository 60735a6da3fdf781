# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Training of the shipped detector from free packages, in resumable stages.

    assets    views of meshes, emoji, clip art, photos, textures
    streets   pictures of the simulator's street
    scenes    synthetic scenes through the frozen backbone, into shards
    test      scenes of held-out things as pictures with labels, for the evaluation
    boxes     train the box head
    rois      train text, instance and colour
    joint     train boxes and names on photographs beside drawn scenes
    clicks    train the network of clicks
    export    ONNX graph, text tables, weights to go on from
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadConfig
import numpy as np

__all__ = ['STAGES', 'Plan', 'run_stage']

HELD_OUT_FILE = Path(__file__).with_name('held_out.txt')


@dataclass(frozen=True)
class Plan:
    """
    Folders, counts and times of the training.

    :param out: everything made goes here.
    :param catalogues: folder of the .sh3f files of sweethome3d-furniture.
    :param sources: folder with unpacked packages: emoji.ttf, clipart/, panoramas/, photos/ and
        photos.copyright; those missing are left out, and said.
    :param views: of each mesh. :param meshes: 0 for all.
    :param shards: of 200 scenes. :param maps: shards that keep feature maps.
    :param test_seed: of the evaluation's scenes; those of another one, for choosing things on,
        go into a folder of their own.
    :param photos: folder of labelled photographs; see pictures/photos.py.
    :param minutes: of training, for a head. :param start: weights to go on from.
    :param device: of the click network's training. :param workers: processes that draw for it.
    """

    out: Path = Path('out/train/detector')
    catalogues: Path = Path('/usr/share/sweethome3d/furniture')
    sources: Path = Path('out/train/sources')
    views: int = 16
    meshes: int = 0
    clipart: int = 800
    streets: int = 40
    shards: int = 60
    maps: int = 40
    minutes: float = 8.0
    photos: Path | None = None
    start: Path | None = None
    test_scenes: int = 350
    test_seed: int | None = None
    models: Path = Path('models')
    device: str = 'cpu'
    workers: int = 0

    @property
    def assets(self) -> Path:
        """Folder of the collected pictures."""
        return self.out / 'assets'


SCENES_PER_SHARD = 200
FIRST_RATE, GOING_ON_RATE = 2e-3, 6e-4
"""Of learning, for the network of clicks."""

STREET_SHOTS = 12


def _held_out() -> set[str]:
    lines = HELD_OUT_FILE.read_text(encoding='utf-8').splitlines()
    return {line.split()[0] for line in lines if line and not line.startswith('#')}


def _assets(plan: Plan) -> None:
    from follow_anything.training.detector.pictures import assets as collect

    sprites, sources = plan.assets / 'sprites', plan.sources
    print(
        collect.render_catalogues(plan.catalogues, sprites, plan.views, limit=plan.meshes),
        'meshes',
    )
    print(collect.collect_textures(plan.catalogues, plan.assets / 'textures', 160), 'textures')
    photos = plan.assets / 'photos'
    steps: dict[str, Callable[[Path], int]] = {
        'emoji.ttf': lambda p: collect.collect_emoji(p, sprites),
        'clipart': lambda p: collect.collect_clipart(p, sprites, plan.clipart),
        'panoramas': lambda p: collect.collect_panoramas(p, photos),
        'photos': lambda p: collect.collect_photos(p, sources / 'photos.copyright', photos, 400),
    }
    for name, step in steps.items():
        place = sources / name
        print(name, step(place) if place.exists() else f'left out: {place} is missing', flush=True)


def _streets(plan: Plan) -> None:
    from follow_anything.training.detector.pictures.streets import render_streets, TEST_SEED

    print(render_streets(plan.out / 'streets', plan.streets, STREET_SHOTS), 'street pictures')
    test = plan.out / 'streets_test'
    print(render_streets(test, max(2, plan.streets // 6), STREET_SHOTS, TEST_SEED), 'for the test')


def _scenes(plan: Plan) -> None:
    from follow_anything.training.detector.heads.features import write_shards
    from follow_anything.training.detector.pictures.library import Library

    held_out, shards = _held_out(), plan.out / 'shards'
    library = Library(plan.assets, held_out)
    streets = plan.out / 'streets'
    write_shards(library, streets, shards, plan.shards, SCENES_PER_SHARD, plan.maps, 'train')
    test = Library(plan.assets, held_out, test=True)
    write_shards(test, plan.out / 'nowhere', shards, 1, SCENES_PER_SHARD, 1, 'val')


def _test(plan: Plan) -> None:
    from follow_anything.training.detector.pictures.held_out import TEST_SEED, write_test

    seed = TEST_SEED if plan.test_seed is None else plan.test_seed
    out = plan.out / ('test' if seed == TEST_SEED else f'test_{seed}')
    streets = plan.out / 'streets_test'
    write_test(plan.assets, _held_out(), streets, out, plan.test_scenes, seed)


def _start(plan: Plan, part: str) -> dict[str, Any] | None:
    """Return the weights of one head to go on from."""
    if plan.start is None:
        return None
    from safetensors.torch import load_file

    weights = load_file(plan.start)
    return {k[len(part) :]: v.float() for k, v in weights.items() if k.startswith(part)}


def _boxes(plan: Plan) -> None:
    from follow_anything.training.detector.heads.train import train_boxes

    train_boxes(plan.out / 'shards', plan.out, plan.minutes, start=_start(plan, 'boxes.'))


def concept_words(plan: Plan) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the concepts, their sentence embeddings (V, 384) and their targets (V, V)."""
    from follow_anything.training.detector.language.encoder import SentenceEncoder
    from follow_anything.training.detector.pictures.library import Library

    vocabulary = Library(plan.assets, _held_out()).vocabulary
    cached = plan.out / 'words.npz'
    if cached.exists():
        with np.load(cached) as saved:
            if list(saved['names']) == vocabulary.names:
                return vocabulary.names, saved['words'], vocabulary.targets()
    words = SentenceEncoder().encode(vocabulary.names)
    np.savez(cached, names=np.array(vocabulary.names), words=words)
    return vocabulary.names, words, vocabulary.targets()


def _rois(plan: Plan) -> None:
    from follow_anything.training.detector.heads.train import train_rois

    _, words, targets = concept_words(plan)
    shards, start = plan.out / 'shards', _start(plan, 'rois.')
    train_rois(shards, plan.out, words, targets, plan.minutes, start)


def _joint(plan: Plan) -> None:
    from follow_anything.training.detector.joint_stage import run_joint

    run_joint(plan.out, plan.assets, _held_out(), plan.photos, plan.models, plan.minutes)


def _clicks(plan: Plan) -> None:
    from follow_anything.models.runtime.device import pick_device
    from follow_anything.training.detector.clicks.train import train_clicks
    from follow_anything.training.detector.joint_stage import learnt_and_held_back
    from follow_anything.training.detector.pictures.library import Library

    held_out = _held_out()
    library, unseen = (Library(plan.assets, held_out, test=test) for test in (False, True))
    photos = learnt_and_held_back(plan.photos) if plan.photos else ((), ())
    going_on = plan.start is not None
    train_clicks(
        library,
        unseen,
        plan.out / 'streets',
        plan.out,
        plan.minutes,
        photos=photos,
        start=plan.start,
        rate=GOING_ON_RATE if going_on else FIRST_RATE,
        device=pick_device(plan.device).type,
        workers=plan.workers,
    )


def _export(plan: Plan) -> None:
    from follow_anything.training.detector.ship import export, export_joint

    if (plan.out / 'joint.pt').exists():
        from follow_anything.training.detector.joint_stage import learnt_and_held_back
        from follow_anything.training.detector.pictures.library import Library

        library = Library(plan.assets, _held_out())
        shipped = Path('models') if plan.start is None else plan.start.parent
        photos = learnt_and_held_back(plan.photos)
        export_joint(plan.out, library, photos, shipped, plan.models)
        return
    names, words, targets = concept_words(plan)
    export(plan.out, plan.models, names, words, targets)


STAGES = {
    'assets': _assets,
    'streets': _streets,
    'scenes': _scenes,
    'test': _test,
    'boxes': _boxes,
    'rois': _rois,
    'joint': _joint,
    'clicks': _clicks,
    'export': _export,
}


def run_stage(name: str, plan: Plan) -> None:
    """
    Run one stage, or 'all'.

    :raises BadConfig: there is no such stage.
    """
    import torch

    torch.set_num_threads(1)
    if name != 'all' and name not in STAGES:
        raise BadConfig(f'stage must be all or one of {", ".join(STAGES)}; got {name!r}')
    for stage, step in STAGES.items():
        if name in ('all', stage):
            if name == 'all' and stage == 'joint' and plan.photos is None:
                print('== joint is left out: no --photos', flush=True)
                continue
            print(f'== {stage}', flush=True)
            step(plan)
