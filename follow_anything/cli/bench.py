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
