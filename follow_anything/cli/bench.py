# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands that measure; figures for the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from follow_anything.cli.common import JsonFile, show
import typer

__all__ = ['commands']

commands = typer.Typer(help='Measure; figures for the documentation.', no_args_is_help=True)


@commands.command()
def glue(
    tracker: Annotated[str, typer.Option(help='Tracker to measure beside.')] = 'csrt',
    frames: Annotated[int, typer.Option(help='Frames measured.', min=20)] = 300,
    json_file: JsonFile = None,
) -> None:
    """Measure what everything around the tracker costs a frame."""
    from follow_anything.bench import bench_glue

    show(bench_glue(tracker, frames), json_file, title='cost of the glue')


@commands.command()
def simulator(
    seconds: Annotated[float, typer.Option(help='Simulated, for each size.', min=0.1)] = 6.0,
    json_file: JsonFile = None,
) -> None:
    """Measure the embedded simulator alone: real-time factor at two sizes."""
    from follow_anything.sim.bench import measure_speed

    show(measure_speed(seconds=seconds), json_file, title='embedded simulator')


@commands.command()
def tiny(
    scenes: Annotated[Path, typer.Option(help='Made by `train detector --stage test`.')] = Path(
        'out/train/detector/test'
    ),
    weights: Annotated[Path | None, typer.Option(help='Folder; shipped when left out.')] = None,
    photos: Annotated[Path | None, typer.Option(help='Folder of photos and texts.json.')] = None,
    limit: Annotated[int, typer.Option(help='Scenes of each kind; 0: all.', min=0)] = 0,
    failures: Annotated[Path | None, typer.Option(help='Picture of failures, .jpg.')] = None,
    json_file: JsonFile = None,
) -> None:
    """Measure the tiny detector on scenes that its training never saw."""
    from follow_anything.evaluation.detection import failure_sheet, measure

    figures, bench = measure(scenes, weights, limit, photos)
    show(figures, json_file, title='tiny detector')
    if failures is not None:
        failure_sheet(bench, failures)
