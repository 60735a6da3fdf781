# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The command `scenario`: one scenario by its name, or `scenario run`, the benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
import platform
from typing import Annotated, Any

from follow_anything.cli.common import (
    console,
    JsonFile,
    Robot,
    Seed,
    show,
    Tracker,
    write_json,
)
from follow_anything.core.config import PRESETS, SimulatorConfig, TrackerConfig
from follow_anything.core.errors import BadConfig, InvalidInput
import typer
from typer.core import TyperGroup

__all__ = ['commands']

ONE = 'one'


class OneByName(TyperGroup):
    """A group whose first word may be the name of a scenario: then that one is run."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the command before the name of a scenario."""
        first = args[0] if args else ''
        if first not in self.commands and first not in ctx.help_option_names:
            args = [ONE, *args]
        return list(super().parse_args(ctx, args))


commands = typer.Typer(
    cls=OneByName,
    help='Follow in the simulator: `scenario NAME` one scenario, `scenario run` the benchmark.',
)


Names = Annotated[list[str], typer.Argument(help='Scenarios.')]
Ask = Annotated[str, typer.Option(help='Point the target out by click or text.')]
Robots = Annotated[str, typer.Option(help='drone, ground or both.')]
FirstSeed = Annotated[int, typer.Option(help='The first of them.', min=0)]
Seeds = Annotated[int, typer.Option(help='How many seeds.', min=1)]
Seconds = Annotated[
    float, typer.Option(help='Simulated seconds an episode; 0: as the scenario says.', min=0.0)
]
NoDepth = Annotated[bool, typer.Option('--no-depth', help='A camera without depth.')]
Jobs = Annotated[int, typer.Option(help='Worker processes.', min=1)]
Resume = Annotated[bool, typer.Option('--resume', help='Keep the episodes that are done already.')]


@commands.command(ONE)
def one(
    name: Annotated[str, typer.Argument(help='Name of the scenario.')] = 'street',
    robot: Robot = 'drone',
    seconds: Annotated[float, typer.Option(help='Simulated seconds.', min=1.0)] = 40.0,
    seed: Seed = 0,
    tracker: Tracker = TrackerConfig.tracker,
    save: Annotated[
        Path | None, typer.Option(help='Write an annotated MP4, or a WebP that loops.')
    ] = None,
    record: Annotated[Path | None, typer.Option(help='Write the session as an MCAP bag.')] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help='Draw whom the judge took for the target, and when: PNG, WebP or SVG.'),
    ] = None,
    autopilot: Annotated[
        str, typer.Option(help='px4 or ardupilot: fly through MAVLink and a stand-in of it.')
    ] = '',
    json_file: JsonFile = None,
) -> None:
    """Follow in the simulator in lock step, in one process, without ROS: exact and repeatable."""
    from follow_anything.evaluation.closed_loop.scenario import run_scenario

    if autopilot:
        from follow_anything.evaluation.closed_loop.flight import run_flight

        if autopilot not in ('px4', 'ardupilot') or robot != 'drone' or save or record or plot:
            raise InvalidInput(
                '--autopilot is px4 or ardupilot, for a drone, without --save, --record, --plot; '
                f'got {autopilot!r}, {robot!r}, {save}, {record}, {plot}'
            )
        flown = run_flight(autopilot, name, seed, seconds, tracker)
        show(flown, json_file, title=f'{autopilot} flies and follows in {name}')
        return
    report = run_scenario(robot, name, seed, seconds, tracker, save, record, plot)
    show(report, json_file, title=f'{robot} follows in {name}')


@commands.command()
def run(
    names: Annotated[list[str] | None, typer.Argument(help='Scenarios; see --all.')] = None,
    every: Annotated[bool, typer.Option('--all', help='Every scenario there is.')] = False,
    robot: Robots = 'both',
    seeds: Seeds = 4,
    first_seed: FirstSeed = 0,
    seconds: Seconds = 0.0,
    no_depth: NoDepth = False,
    ask: Ask = 'click',
    jobs: Jobs = 1,
    resume: Resume = False,
    ray: Annotated[
        str, typer.Option(help='Address of a Ray cluster, or local: one of --jobs workers.')
    ] = '',
    tracker: Tracker = TrackerConfig.tracker,
    size: Annotated[str, typer.Option(help='Of the picture, WIDTHxHEIGHT pixels.')] = '640x480',
    json_file: JsonFile = None,
    report: Annotated[
        Path | None, typer.Option(help='Folder of the report page and its filmstrips.')
    ] = None,
    docs: Annotated[
        Path | None, typer.Option(help='Write the tables into this page, between its markers.')
    ] = None,
) -> None:
    """Run scenarios with many seeds, in lock step; one row an episode."""
    from follow_anything.evaluation.following.docs import docs_tables
    from follow_anything.evaluation.following.figures import report as figures_of
    from follow_anything.evaluation.following.page import FILMS, write_page
    from follow_anything.evaluation.following.runner import run_all
    from follow_anything.evaluation.following.work import Episode, Journal, work_list
    from follow_anything.evaluation.tables import replace_section
    from follow_anything.sim.scenarios import SCENARIOS

    if every == bool(names):
        raise InvalidInput('give the names of scenarios, or --all')
    width, height = _size(size)
    films = '' if report is None else str((report / FILMS).resolve())
    template = Episode('', '', 0, seconds, not no_depth, ask, tracker, width, height, films=films)
    robots = list(PRESETS) if robot == 'both' else [robot]
    numbers = range(first_seed, first_seed + seeds)
    wanted = list(SCENARIOS) if every else list(names or ())
    episodes = work_list(wanted, robots, numbers, template)
    journal = Journal(_journal_path(json_file, report), resume=resume)
    with _Bar(len(episodes)) as bar:
        rows = run_all(episodes, journal, jobs, bar.update, ray=ray)
    meta = _meta(template, robots, numbers)
    figures = figures_of(rows, meta)
    printed = write_json(figures, json_file)
    if report is not None:
        write_page(report / 'index.html', figures)
        console.print(f'written: {report / "index.html"}', highlight=False)
    if docs is not None:
        replace_section(docs, 'scenario run', docs_tables(rows))
    if not printed:
        show(figures['total'], None, title=f'{len(rows)} episodes')
    if figures['total']['errors']:
        for row in rows:
            if 'error' in row:
                console.print(
                    f'{row["scenario"]} {row["robot"]} {row["seed"]}: {row["error"]}',
                    style='red',
                    highlight=False,
                )
        raise typer.Exit(1)


@commands.command()
def ablate(
    names: Names,
    robot: Robots = 'both',
    seeds: Seeds = 3,
    first_seed: FirstSeed = 0,
    seconds: Seconds = 0.0,
    no_depth: NoDepth = False,
    jobs: Jobs = 1,
    resume: Resume = False,
    json_file: JsonFile = Path('out/scenario/ablation.json'),
) -> None:
    """Leave out one part of identity after the other: what does each of them buy?"""
    from follow_anything.evaluation.following.work import Episode, PARTS

    asked = [('click', part) for part in ('', *PARTS) if part != 'words']
    asked += [('text', ''), ('text', 'words')]  # words count only where something was said
    variants = {
        f'{ask}, {"everything" if part == "" else f"without {part}"}': Episode(
            '', '', 0, seconds, depth=not no_depth, ask=ask, without=part
        )
        for ask, part in asked
    }
    work = names, robot, range(first_seed, first_seed + seeds)
    _compare(variants, work, jobs, resume, json_file, 'asked by, and identity')


@commands.command()
def sweep(
    names: Names,
    settings: Annotated[
        list[str],
        typer.Option('--set', help='A parameter of tracker_node and values: NAME=V1,V2; again.'),
    ],
    robot: Robots = 'both',
    seeds: Seeds = 3,
    first_seed: FirstSeed = 0,
    seconds: Seconds = 0.0,
    no_depth: NoDepth = False,
    ask: Ask = 'click',
    jobs: Jobs = 1,
    resume: Resume = False,
    json_file: JsonFile = Path('out/scenario/sweep.json'),
) -> None:
    """Give one parameter after the other other values: which are best, and how much it matters."""
    from follow_anything.evaluation.following.work import Episode

    template = Episode('', '', 0, seconds, depth=not no_depth, ask=ask)
    variants = {'as it is': template}
    for text in settings:
        name, _, values = text.partition('=')
        for value in values.split(','):
            variants[f'{name} {value}'] = replace(template, setting=f'{name}={value}')
    work = names, robot, range(first_seed, first_seed + seeds)
    _compare(variants, work, jobs, resume, json_file, 'parameter')


COMPARED = (
    'wrong_target_fraction',
    'false_follow_after_gone',
    'reacquired_rate',
    'tracking_fraction',
    'needless_stops_per_minute',
    'calibration_error',
)


def _compare(
    variants: dict[str, Any],
    work: tuple[list[str], str, range],
    jobs: int,
    resume: bool,
    json_file: Path | None,
    title: str,
) -> None:
    """
    Run the same scenarios with every variant; write the figures, or print them as a table.

    :param variants: an episode as a template, by what it is called.
    :param work: scenarios, robot, seeds.
    """
    from follow_anything.evaluation.following.figures import summarize
    from follow_anything.evaluation.following.runner import run_all
    from follow_anything.evaluation.following.work import Journal, work_list
    from follow_anything.evaluation.tables import markdown_table, number

    names, robot, seeds = work
    robots = list(PRESETS) if robot == 'both' else [robot]
    lists = {
        variant: work_list(names, robots, seeds, template)
        for variant, template in variants.items()
    }
    every = [episode for episodes in lists.values() for episode in episodes]
    journal = Journal(_journal_path(json_file, None), resume=resume)
    with _Bar(len(every)) as bar:
        run_all(every, journal, jobs, bar.update)
    figures = {
        variant: summarize(journal.collect(episodes)) for variant, episodes in lists.items()
    }
    if not write_json(figures, json_file):
        rows = [
            [name, *(number(figure.get(key)) for key in COMPARED)]
            for name, figure in figures.items()
        ]
        print(markdown_table([title, *COMPARED], rows))


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.split('x'))
    except ValueError as error:
        raise BadConfig(f'--size: expected WIDTHxHEIGHT, such as 320x240; got {text!r}') from error
    SimulatorConfig(width=width, height=height)  # refuses what is too small or too large
    return width, height


def _journal_path(json_file: Path | None, report: Path | None) -> Path:
    """Return where the rows are kept while it runs: beside what is written at the end."""
    if json_file is not None and str(json_file) != '-':
        if json_file.suffix == '.jsonl':
            raise InvalidInput(f'--json {json_file}: .jsonl is for the rows; expected .json')
        return json_file.with_suffix('.jsonl')
    return (report or Path('out/scenario')) / 'episodes.jsonl'


def _meta(template: Any, robots: Sequence[str], numbers: range) -> dict[str, Any]:
    return {
        'version': version('follow_anything'),
        'date': datetime.now(timezone.utc).isoformat(timespec='seconds'),
        'python': platform.python_version(),
        'machine': platform.machine(),
        'robots': list(robots),
        'seeds': [numbers.start, numbers.stop - 1],
        'seconds': template.seconds,
        'depth': template.depth,
        'ask': template.ask,
        'tracker': template.tracker,
        'width': template.width,
        'height': template.height,
    }


class _Bar:
    """A progress bar that says how it goes."""

    def __init__(self, total: int) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        self._bar = Progress(*columns, TextColumn('{task.fields[now]}'), console=console)
        self._task = self._bar.add_task('', total=total, now='')

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, done: int, _: int, row: dict[str, Any]) -> None:
        """Show one more row."""
        wrong = row.get('wrong_target_fraction')
        found = 'error' if wrong is None else f'wrong {wrong:.3f}'
        now = f'{row["scenario"]} {row["robot"]} {row["seed"]}: {found}'
        self._bar.update(self._task, completed=done, now=now)
