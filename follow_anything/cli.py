# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The command line: python -m follow_anything COMMAND."""

from __future__ import annotations

import json
from pathlib import Path
import sys
import time
from typing import Annotated, Any

from follow_anything.core.config import PRESETS, TrackerConfig
from follow_anything.core.errors import FollowAnythingError, InvalidInput
from follow_anything.core.types import Box, Click, Query
from rich.console import Console
from rich.table import Table
import typer

__all__ = ['app', 'main']

app = typer.Typer(
    help='Say it, show it or click it, and the robot follows it.',
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
bench = typer.Typer(help='Measure; figures for the documentation.', no_args_is_help=True)
app.add_typer(bench, name='bench')
console = Console(stderr=True)

Robot = Annotated[str, typer.Option(help=f'Kind of vehicle: {", ".join(PRESETS)}.')]
JsonFile = Annotated[
    Path | None, typer.Option('--json', help="Write the figures to a file; '-': print them.")
]
Scenario = Annotated[str, typer.Option(help='Name of the scenario.')]
Tracker = Annotated[str, typer.Option(help='Name of the tracker; see `models`.')]
Seed = Annotated[int, typer.Option(help='Seed of everything random in the world.')]


def main() -> int:
    """Run a command; an error of ours becomes one line and exit status 1."""
    try:
        app()
    except FollowAnythingError as error:
        console.print(f'[red]error:[/red] {error}', highlight=False, soft_wrap=True)
        return 1
    return 0


@app.command()
def demo(
    robot: Robot = 'drone',
    query: Annotated[str, typer.Option(help='Say it instead of clicking on it.')] = '',
    seconds: Annotated[float, typer.Option(help='Simulated seconds.', min=1.0)] = 60.0,
    scenario: Scenario = 'street',
    seed: Seed = 0,
    tracker: Tracker = TrackerConfig.tracker,
    out: Annotated[Path, typer.Option(help='Folder of the report.')] = Path('out/demo'),
    json_file: JsonFile = None,
) -> None:
    """Let a robot follow a person in the simulator, through real ROS 2 processes."""
    from follow_anything.demo.run import DemoOptions, run

    options = DemoOptions(robot, query, seconds, scenario, seed, tracker, out)
    interactive = console.is_terminal
    shown = 0.0

    def progress(done: float, state: str) -> None:
        nonlocal shown
        line = f'{done:5.1f} of {seconds:g} s simulated   {state}'
        if interactive:
            print(f'\r{line:<60}', end='', file=sys.stderr, flush=True)
        elif time.monotonic() - shown > 5.0:
            shown = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    print('starting simulator, detector, tracker, controller, visualizer', file=sys.stderr)
    report = run(options, progress)
    if interactive:
        print(file=sys.stderr)
    _show(report, json_file, title=f'{robot} follows in {scenario}')
    written = ', '.join(str(out / name) for name in ('report.json', 'follow.mp4', 'follow.png'))
    print(f'written: {written}', file=sys.stderr)


@app.command()
def up(
    robot: Robot = 'drone',
    image: Annotated[str, typer.Option(help='Image topic of the camera.')] = 'image',
    camera_info: Annotated[str, typer.Option(help='Its calibration.')] = 'camera_info',
    namespace: Annotated[str, typer.Option(help='Of all nodes, such as /robot1.')] = '',
    params_file: Annotated[Path | None, typer.Option(help='Instead of config/ROBOT.yaml.')] = None,
    simulator: Annotated[bool, typer.Option(help='With the embedded simulator.')] = False,
    scenario: Scenario = 'street',
    seed: Seed = 0,
    log_level: Annotated[str, typer.Option(help='Of all nodes.')] = 'info',
) -> None:
    """Start the nodes, like `ros2 launch follow_anything follow.launch.py`, without launch."""
    from follow_anything.up import run

    params = {'scenario': scenario, 'seed': seed} if simulator else None
    raise typer.Exit(
        run(
            robot,
            {'image': image, 'camera_info': camera_info},
            namespace,
            params_file,
            params,
            log_level,
        )
    )


@app.command()
def track(
    source: Annotated[str, typer.Argument(help='Video, folder of images, camera or address.')],
    click: Annotated[str, typer.Option(help='X,Y: a point on the target.')] = '',
    box: Annotated[str, typer.Option(help='X,Y,W,H: the target.')] = '',
    tracker: Tracker = TrackerConfig.tracker,
    json_file: JsonFile = None,
    save: Annotated[Path | None, typer.Option(help='Write an annotated MP4.')] = None,
) -> None:
    """Follow what is in a box or under a click through a video; one JSON object a frame."""
    from follow_anything.movie import Movie
    from follow_anything.overlay import annotate
    from follow_anything.sources import FOLDER_RATE_HZ, open_source
    from follow_anything.video import follow_video

    query = _query(click, box)
    movie = None if save is None else Movie(save, FOLDER_RATE_HZ)
    output = sys.stdout if json_file is None or str(json_file) == '-' else json_file.open('w')
    try:
        for frame, target, row in follow_video(open_source(source), query, tracker):
            print(json.dumps(row.as_dict()), file=output, flush=True)
            if movie is not None:
                movie.add(annotate(frame.rgb, target.state, target.box, target.presence))
    finally:
        if movie is not None:
            movie.close()
        if output is not sys.stdout:
            output.close()


@app.command()
def scenario(
    name: Annotated[str, typer.Argument(help='Name of the scenario.')] = 'street',
    robot: Robot = 'drone',
    seconds: Annotated[float, typer.Option(help='Simulated seconds.', min=1.0)] = 40.0,
    seed: Seed = 0,
    tracker: Tracker = TrackerConfig.tracker,
    save: Annotated[Path | None, typer.Option(help='Write an annotated MP4.')] = None,
    json_file: JsonFile = None,
) -> None:
    """Follow in the simulator in lock step, in one process, without ROS: exact and repeatable."""
    from follow_anything.evaluation.scenario import run_scenario

    report = run_scenario(robot, name, seed, seconds, tracker, save)
    _show(report, json_file, title=f'{robot} follows in {name}')


@app.command()
def params(
    write: Annotated[bool, typer.Option(help='Write the files that differ.')] = False,
) -> None:
    """Check config/*.yaml and docs/parameters.md against core/config.py, or write them."""
    from follow_anything import parameter_files

    root = Path.cwd()
    names = parameter_files.write(root) if write else parameter_files.drifted(root)
    for name in names:
        print(f'{"written" if write else "differs"}: {name}')
    if names and not write:
        raise typer.Exit(1)


@app.command()
def models() -> None:
    """List the detectors and trackers that can be chosen."""
    from follow_anything.models import registry

    table = Table('kind', 'name', 'class')
    for kind, known in (('detector', registry.DETECTORS), ('tracker', registry.TRACKERS)):
        for name, place in sorted(known.items()):
            table.add_row(kind, name, place)
    Console().print(table)


@bench.command()
def glue(
    tracker: Annotated[str, typer.Option(help='Tracker to measure beside.')] = 'csrt',
    frames: Annotated[int, typer.Option(help='Frames measured.', min=20)] = 300,
    json_file: JsonFile = None,
) -> None:
    """Measure what everything around the tracker costs a frame."""
    from follow_anything.bench import bench_glue

    _show(bench_glue(tracker, frames), json_file, title='cost of the glue')


@bench.command()
def simulator(
    seconds: Annotated[float, typer.Option(help='Simulated, for each size.', min=0.1)] = 6.0,
    json_file: JsonFile = None,
) -> None:
    """Measure the embedded simulator alone: real-time factor at two sizes."""
    from follow_anything.sim.bench import measure_speed

    _show(measure_speed(seconds=seconds), json_file, title='embedded simulator')


def _query(click: str, box: str) -> Query:
    """Return what the options point at; InvalidInput unless it is exactly one of them."""
    if bool(click) == bool(box):
        raise InvalidInput('give either --click X,Y or --box X,Y,W,H')
    if click:
        return Query(clicks=(Click(*_numbers('--click X,Y', click, 2)),))
    return Query(box=Box.from_xywh(*_numbers('--box X,Y,W,H', box, 4)))


def _numbers(option: str, text: str, count: int) -> list[float]:
    try:
        values = [float(part) for part in text.split(',')]
    except ValueError:
        values = []
    if len(values) != count:
        raise InvalidInput(f'{option}: expected {count} numbers with commas between, got {text!r}')
    return values


def _show(figures: dict[str, Any], json_file: Path | None, title: str) -> None:
    """Print a table, and write the same figures as JSON where asked."""
    text = json.dumps(figures, indent=2)
    if json_file is not None and str(json_file) == '-':
        print(text)
        return
    if json_file is not None:
        json_file.write_text(text + '\n', encoding='utf-8')
    table = Table('figure', 'value', title=title, title_justify='left')
    for name, value in figures.items():
        table.add_row(name, f'{value:.3f}' if isinstance(value, float) else str(value))
    Console().print(table)
