# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands that train; each step can be stopped and goes on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from follow_anything.core.errors import BadConfig, SourceError
import typer

__all__ = ['commands']

commands = typer.Typer(help='Train the small models.', no_args_is_help=True)

STEPS = ('assets', 'data', 'train', 'export')
VALIDATION_SHARDS, VALIDATION_SCENES = 2, 150


def _steps(text: str) -> list[str]:
    chosen = [step.strip() for step in text.split(',') if step.strip()]
    strange = [step for step in chosen if step not in STEPS]
    if strange or not chosen:
        raise BadConfig(f'steps must be some of {", ".join(STEPS)}; got {text!r}')
    return [step for step in STEPS if step in chosen]


def _assets(out: Path, photos: list[Path], clipart: list[Path], meshes: list[Path]) -> None:
    from follow_anything.training.tracker import assets as tracker_assets

    folder = out / 'assets'
    if folder.is_dir() and any(folder.iterdir()):
        print(f'{folder} is there already')
        return
    if not photos:
        raise SourceError(
            'making assets needs --photos (and --clipart, --meshes): folders of free pictures; '
            'docs/tracking.md says which packages hold them'
        )
    arguments = ['--out', str(folder)]
    for name, folders in (('photos', photos), ('clipart', clipart), ('meshes', meshes)):
        if folders:
            arguments += [f'--{name}', *map(str, folders)]
    tracker_assets.main(arguments)


def _data(out: Path, shards: int) -> None:
    from follow_anything.training.tracker import data as tracker_data

    common = ['--assets', str(out / 'assets'), '--out', str(out / 'shards')]
    tracker_data.main(
        [
            *common,
            '--held-out',
            *('--shards', str(VALIDATION_SHARDS)),
            *('--scenes', str(VALIDATION_SCENES)),
        ]
    )
    tracker_data.main([*common, '--shards', str(shards)])


@commands.command()
def tracker(
    out: Annotated[Path, typer.Option(help='Folder of everything made.')] = Path('out/train'),
    steps: Annotated[str, typer.Option(help='Some of assets,data,train,export.')] = ','.join(
        STEPS
    ),
    photos: Annotated[list[Path] | None, typer.Option(help='Folder of backgrounds.')] = None,
    clipart: Annotated[list[Path] | None, typer.Option(help='Folder of cut-outs.')] = None,
    meshes: Annotated[list[Path] | None, typer.Option(help='Folder of meshes.')] = None,
    shards: Annotated[int, typer.Option(help='Files of training scenes.', min=1)] = 60,
    minutes: Annotated[float, typer.Option(help='Budget of the schedule.', min=0.01)] = 300.0,
    start: Annotated[Path | None, typer.Option(help='Go on from these weights.')] = None,
    threads: Annotated[int, typer.Option(help='Of torch.', min=1)] = 1,
    seed: Annotated[int, typer.Option(help='Of everything random.')] = 0,
    weights: Annotated[Path, typer.Option(help='Where the export goes.')] = Path('models'),
) -> None:
    """Train the tiny tracker: assets, synthetic scenes, training, ONNX files; docs/tracking.md."""
    chosen = _steps(steps)
    if 'assets' in chosen:
        _assets(out, photos or [], clipart or [], meshes or [])
    if 'data' in chosen:
        _data(out, shards)
    if 'train' in chosen:
        from follow_anything.training.tracker import train as training

        arguments = ['--shards', str(out / 'shards'), '--out', str(out / 'tracker')]
        arguments += ['--minutes', str(minutes), '--threads', str(threads), '--seed', str(seed)]
        training.main([*arguments, *(['--start', str(start)] if start else [])])
    if 'export' in chosen:
        from follow_anything.training.tracker import export as tracker_export

        checkpoint = out / 'tracker' / 'checkpoint.pt'
        tracker_export.main(['--checkpoint', str(checkpoint), '--out', str(weights)])


@commands.command()
def detector(
    stage: Annotated[str, typer.Option(help='One stage, or all; see detector_stages.')] = 'all',
    out: Annotated[Path, typer.Option(help='Folder of everything made.')] = Path(
        'out/train/detector'
    ),
    sources: Annotated[Path, typer.Option(help='Folder of unpacked packages.')] = Path(
        'out/train/sources'
    ),
    views: Annotated[int, typer.Option(help='Views of each mesh.', min=1)] = 16,
    meshes: Annotated[int, typer.Option(help='Meshes; 0: all.', min=0)] = 0,
    streets: Annotated[int, typer.Option(help='Streets to photograph.', min=0)] = 40,
    shards: Annotated[int, typer.Option(help='Shards of 200 scenes.', min=1)] = 60,
    maps: Annotated[int, typer.Option(help='Shards that keep feature maps.', min=1)] = 40,
    minutes: Annotated[float, typer.Option(help='Training of each head, minutes.')] = 8.0,
    photos: Annotated[Path | None, typer.Option(help='Folder of labelled photographs.')] = None,
    start: Annotated[Path | None, typer.Option(help='Go on from these weights.')] = None,
    test_scenes: Annotated[int, typer.Option(help='Scenes of the evaluation.', min=1)] = 350,
    test_seed: Annotated[int | None, typer.Option(help='Other scenes, to choose on.')] = None,
    models: Annotated[Path, typer.Option(help='Where the weights go.')] = Path('models'),
) -> None:
    """Make the tiny detector; every stage goes on where it stopped."""
    from follow_anything.training.detector.stages import Plan, run_stage

    plan = Plan(
        out=out,
        sources=sources,
        views=views,
        meshes=meshes,
        streets=streets,
        shards=shards,
        maps=maps,
        minutes=minutes,
        photos=photos,
        start=start,
        test_scenes=test_scenes,
        test_seed=test_seed,
        models=models,
    )
    run_stage(stage, plan)
