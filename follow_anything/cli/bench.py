# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands that measure; figures for the documentation."""

from __future__ import annotations

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
def detector(
    recipe: Annotated[
        list[str] | None, typer.Option(help='Only these; again for several. All without it.')
    ] = None,
    width: Annotated[int, typer.Option(help='Of the picture.', min=64)] = 320,
    height: Annotated[int, typer.Option(help='Of the picture.', min=64)] = 240,
    masks: Annotated[int, typer.Option(help='Masks that are described.', min=1)] = 32,
    device: Annotated[str, typer.Option(help='auto, cpu or cuda.')] = 'auto',
    json_file: JsonFile = None,
) -> None:
    """Compare the large detectors with the original recipe: seconds, memory, ratios."""
    from follow_anything.core.errors import BadConfig
    from follow_anything.models.detection.bench import bench_detectors, RECIPES

    chosen = recipe or list(RECIPES)
    unknown = sorted(set(chosen) - set(RECIPES))
    if unknown:
        raise BadConfig(f'recipe must be one of {", ".join(RECIPES)}; got {unknown[0]!r}')
    show(bench_detectors(chosen, width, height, masks, device), json_file, 'one search')
