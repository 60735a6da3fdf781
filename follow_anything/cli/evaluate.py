# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The command that evaluates trackers on datasets and in the simulator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from follow_anything.cli.common import console, JsonFile, plain, write_json
from follow_anything.core.errors import BadConfig
import typer

__all__ = ['commands']

commands = typer.Typer()


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(',') if name.strip()]


def _film(out: Path, robots: str, scenarios: str, seeds: str, seconds: float) -> Path:
    """Film the clips that are not there yet; returns the folder of the dataset."""
    from follow_anything.evaluation.tracking.simulator_clips import record

    try:
        numbers = [int(seed) for seed in _names(seeds)]
    except ValueError as error:
        raise BadConfig(f'--seeds: expected whole numbers, got {seeds!r}') from error
    for folder in record(out / 'sequences', _names(robots), _names(scenarios), numbers, seconds):
        console.print(f'filmed {folder.name}', highlight=False)
    return out / 'sequences'


@commands.command()
def evaluate(
    dataset: Annotated[str, typer.Argument(help="Folder of the dataset, or 'simulator'.")],
    trackers: Annotated[str, typer.Option(help='Names, with commas between.')] = 'tiny',
    layout: Annotated[
        str,
        typer.Option(
            '--format',
            help='folders, lasot, got10k, otb, uav123, trackingnet, vot or tlp.',
        ),
    ] = 'folders',
    out: Annotated[Path, typer.Option(help='Folder of the results.')] = Path('out/evaluate'),
    names: Annotated[str, typer.Option(help='Only these sequences.')] = '',
    follow: Annotated[
        bool,
        typer.Option(
            '--follow', help='With judge and detector, as `track` follows; else the tracker alone.'
        ),
    ] = False,
    starts: Annotated[
        int, typer.Option(help='First boxes of each sequence, .3 px aside.', min=1)
    ] = 1,
    processes: Annotated[int, typer.Option(help='Workers; speeds need 1.', min=1)] = 1,
    dask: Annotated[str, typer.Option(help='Address of a Dask scheduler instead.')] = '',
    ray: Annotated[str, typer.Option(help='Address of a Ray cluster instead, or local.')] = '',
    report: Annotated[Path | None, typer.Option(help='HTML page; else OUT/report.html.')] = None,
    json_file: JsonFile = None,
    robots: Annotated[str, typer.Option(help='Simulator: drone, ground.')] = 'drone',
    scenarios: Annotated[
        str, typer.Option(help='Simulator: scenarios.')
    ] = 'street,crossing,occlusion,cars,dog',
    seeds: Annotated[str, typer.Option(help='Simulator: seeds.')] = '100,101',
    seconds: Annotated[float, typer.Option(help='Simulator: of each clip.', min=1.0)] = 25.0,
) -> None:
    """Evaluate trackers: one pass over each sequence; resumes where it was stopped."""
    from follow_anything.evaluation.tracking.one_pass import evaluate as run
    from follow_anything.evaluation.tracking.one_pass import report_figures, work_list
    from follow_anything.evaluation.tracking.report import write_report
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    root = Path(dataset)
    if dataset == 'simulator':
        root, layout = _film(out, robots, scenarios, seeds, seconds), 'folders'
    jobs = work_list(
        root,
        layout,
        _names(trackers),
        out / 'results',
        _names(names),
        follow=follow,
        starts=starts,
    )
    now_column = TextColumn('{task.fields[now]}', markup=False)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), now_column)
    with Progress(*columns, console=console) as bar:
        task = bar.add_task('', total=len(jobs), now='')

        def progress(done: int, total: int, job: object) -> None:
            now = f'{getattr(job, "tracker", "")} {getattr(job, "sequence", "")}'
            bar.update(task, completed=done, total=total, now=now)

        run(jobs, processes, dask, progress, ray)
    figures = report_figures(jobs)
    page = report or out / 'report.html'
    write_report(page, jobs, f'{root.name}: {", ".join(_names(trackers))}')
    if not write_json(figures, json_file):
        _print(figures['trackers'])
    console.print(f'written: {page}', highlight=False)


def _print(summary: dict[str, dict[str, float | None]]) -> None:
    from rich.table import Table

    def written(value: float | None) -> str:
        if value is None:
            return '-'
        return str(value) if isinstance(value, int) else f'{value:.3f}'

    table = Table('figure', *summary)
    keys = dict.fromkeys(key for means in summary.values() for key in means)
    keys.pop('reliability', None)  # a table of its own: in the JSON
    for key in keys:
        table.add_row(key, *(written(means.get(key)) for means in summary.values()))
    plain.print(table)
