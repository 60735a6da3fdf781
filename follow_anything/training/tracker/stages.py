# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the shipped tracker from free packages, in resumable steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from follow_anything.core.errors import BadConfig, SourceError

__all__ = ['STEPS', 'Plan', 'run_steps']

VALIDATION_SHARDS, VALIDATION_SCENES = 2, 150
PICTURES_PER_FOLDER = 3000
CUTOUTS = 2500


@dataclass(frozen=True)
class Plan:
    """
    Folders, counts and times of the training.

    :param out: everything made goes here; `weights`: what ships.
    :param photos: folders of backgrounds. :param clipart: folders of cut-outs.
    :param meshes: folders of OBJ files. :param labelled: a folder of labelled photographs.
    :param shards: of composed training scenes. :param films: shards of filmed ones.
    :param minutes: of training. :param start: go on from these weights.
    :param share: how far the exported weights go from there to the trained ones.
    :param device: of the training. :param workers: processes that draw; 0: none beside this one.
    """

    out: Path = Path('out/train')
    photos: tuple[Path, ...] = ()
    clipart: tuple[Path, ...] = ()
    meshes: tuple[Path, ...] = ()
    labelled: Path | None = None
    shards: int = 60
    films: int = 160
    minutes: float = 300.0
    start: Path | None = None
    share: float = 1.0
    threads: int = 1
    seed: int = 0
    weights: Path = Path('models')
    device: str = 'cpu'
    workers: int = 0


def _assets(plan: Plan) -> None:
    from follow_anything.training.tracker.pictures import assets
    from follow_anything.training.tracker.pictures.cutouts import collect_cutouts

    folder = plan.out / 'assets'
    if folder.is_dir() and any(folder.iterdir()):
        print(f'{folder} is there already')
        return
    if not plan.photos:
        raise SourceError(
            'making assets needs --photos (and --clipart, --meshes): folders of free pictures; '
            'docs/tracking.md says which packages hold them'
        )
    for root in plan.photos:
        kept = assets.collect_photos(root, folder / 'photos', PICTURES_PER_FOLDER)
        print(root, kept, 'photos', flush=True)
    for root in plan.clipart:
        kept = assets.collect_sprites(root, folder / 'sprites', PICTURES_PER_FOLDER)
        print(root, kept, 'sprites', flush=True)
    for root in plan.meshes:
        print(root, assets.render_meshes(root, folder / 'sprites'), 'meshes', flush=True)
    if plan.labelled is not None:
        kept = collect_cutouts(plan.labelled, folder / 'sprites', CUTOUTS)
        print(plan.labelled, kept, 'cut-outs', flush=True)


def _data(plan: Plan) -> None:
    from follow_anything.training.tracker.data import make_films, make_shards

    assets, out = plan.out / 'assets', plan.out / 'shards'
    make_shards(
        assets, out, VALIDATION_SHARDS, VALIDATION_SCENES, held_out=True, labelled=plan.labelled
    )
    make_shards(assets, out, plan.shards, labelled=plan.labelled, workers=plan.workers)
    if plan.films:
        make_films(out, VALIDATION_SHARDS, held_out=True)
        make_films(out, plan.films, workers=plan.workers)


def _train(plan: Plan) -> None:
    from follow_anything.models.runtime.device import pick_device
    from follow_anything.training.tracker.train import Settings, train

    settings = Settings(
        plan.minutes,
        plan.start,
        threads=plan.threads,
        seed=plan.seed,
        device=pick_device(plan.device).type,
        workers=plan.workers,
    )
    train(plan.out / 'shards', plan.out / 'tracker', settings)


def _export(plan: Plan) -> None:
    from follow_anything.training.tracker.export import export_checkpoint
    from follow_anything.training.tracker.train import NAME

    export_checkpoint(plan.out / 'tracker' / f'{NAME}.pt', plan.weights, plan.start, plan.share)


STEPS: dict[str, Callable[[Plan], None]] = {
    'assets': _assets,
    'data': _data,
    'train': _train,
    'export': _export,
}


def run_steps(names: str, plan: Plan) -> None:
    """
    Run some of STEPS, in their order.

    :param names: separated by commas.
    :raises BadConfig: there is no such step.
    """
    chosen = [name.strip() for name in names.split(',') if name.strip()]
    if not chosen or set(chosen) - set(STEPS):
        raise BadConfig(f'steps must be some of {", ".join(STEPS)}; got {names!r}')
    for name, step in STEPS.items():
        if name in chosen:
            step(plan)
