# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands that train; each step can be stopped and goes on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ['commands']

Device = Annotated[str, typer.Option(help='cpu, cuda, or auto: cuda where there is a GPU.')]
Workers = Annotated[int, typer.Option(help='Processes that draw; 0: none beside this.', min=0)]

commands = typer.Typer(help='Train the small models.', no_args_is_help=True)


@commands.command()
def tracker(
    out: Annotated[Path, typer.Option(help='Folder of everything made.')] = Path('out/train'),
    steps: Annotated[
        str, typer.Option(help='Some of assets,data,train,export.')
    ] = 'assets,data,train,export',
    photos: Annotated[list[Path] | None, typer.Option(help='Folder of backgrounds.')] = None,
    clipart: Annotated[list[Path] | None, typer.Option(help='Folder of cut-outs.')] = None,
    meshes: Annotated[list[Path] | None, typer.Option(help='Folder of meshes.')] = None,
    labelled: Annotated[Path | None, typer.Option(help='Folder of labelled photographs.')] = None,
    shards: Annotated[int, typer.Option(help='Files of composed scenes.', min=1)] = 60,
    films: Annotated[int, typer.Option(help='Files of filmed scenes.', min=0)] = 160,
    minutes: Annotated[float, typer.Option(help='Budget of the schedule.', min=0.01)] = 300.0,
    start: Annotated[Path | None, typer.Option(help='Go on from these weights.')] = None,
    share: Annotated[
        float, typer.Option(help='How far the export goes from there.', min=0.0, max=1.0)
    ] = 1.0,
    threads: Annotated[int, typer.Option(help='Of torch.', min=1)] = 1,
    seed: Annotated[int, typer.Option(help='Of everything random.')] = 0,
    weights: Annotated[Path, typer.Option(help='Where the export goes.')] = Path('models'),
    device: Device = 'cpu',
    workers: Workers = 0,
) -> None:
    """Train the tiny tracker: assets, synthetic scenes, training, ONNX files; docs/tracking.md."""
    from follow_anything.training.tracker.stages import Plan, run_steps

    plan = Plan(
        out=out,
        photos=tuple(photos or ()),
        clipart=tuple(clipart or ()),
        meshes=tuple(meshes or ()),
        labelled=labelled,
        shards=shards,
        films=films,
        minutes=minutes,
        start=start,
        share=share,
        threads=threads,
        seed=seed,
        weights=weights,
        device=device,
        workers=workers,
    )
    run_steps(steps, plan)


@commands.command()
def detector(
    stage: Annotated[str, typer.Option(help='One stage, or all.')] = 'all',
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
    device: Device = 'cpu',
    workers: Workers = 0,
) -> None:
    """Make the tiny detector; every stage goes on where it stopped. A GPU trains the clicks."""
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
        device=device,
        workers=workers,
    )
    run_stage(stage, plan)
