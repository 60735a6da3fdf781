# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands that make the shipped weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ['commands']

commands = typer.Typer(help='Make the shipped weights.', no_args_is_help=True)


@commands.callback()
def _family() -> None:
    """Make the shipped weights."""


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
    test_scenes: Annotated[int, typer.Option(help='Scenes of the evaluation.', min=1)] = 350,
    models: Annotated[Path, typer.Option(help='Where the weights go.')] = Path('models'),
) -> None:
    """Make the tiny detector; every stage goes on where it stopped."""
    from follow_anything.training.detector_stages import Plan, run_stage

    plan = Plan(
        out=out,
        sources=sources,
        views=views,
        meshes=meshes,
        streets=streets,
        shards=shards,
        maps=maps,
        minutes=minutes,
        test_scenes=test_scenes,
        models=models,
    )
    run_stage(stage, plan)
