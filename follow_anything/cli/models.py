# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands about models and their weights."""

from __future__ import annotations

from typing import Annotated

from follow_anything.cli.common import plain
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn
from rich.table import Table
import typer

__all__ = ['commands']

commands = typer.Typer(help='Models and their weights.', no_args_is_help=True)

Name = Annotated[str, typer.Argument(help='Name of the weights; `models list` shows them.')]


@commands.command('list')
def show() -> None:
    """List the detectors and trackers that can be chosen, and the weights there are for them."""
    from follow_anything.models import registry
    from follow_anything.models.weights.store import WeightsStore

    chosen = Table('kind', 'name', 'class')
    for kind, known in (('detector', registry.DETECTORS), ('tracker', registry.TRACKERS)):
        for name, place in sorted(known.items()):
            chosen.add_row(kind, name, place)
    store = WeightsStore()
    weights = Table('weights', 'is', 'MB', 'licence', 'for')
    weights.title, weights.title_justify = f'in {store.folder}', 'left'
    for name, entry in store.known.items():
        size = f'{entry.size / 1e6:.0f}' if entry.size else ''
        weights.add_row(name, store.state(name), size, entry.licence, entry.purpose)
    plain.print(chosen)
    plain.print(weights)


@commands.command()
def fetch(name: Name) -> None:
    """Download weights from their official source; a broken download goes on where it ended."""
    from follow_anything.models.weights.store import WeightsStore

    store = WeightsStore()
    columns = ('{task.description}', BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(name, total=store.entry(name).size or None)
        path = store.fetch(
            name, lambda done, total: bars.update(task, completed=done, total=total or None)
        )
    print(f'{store.verify(name)}: {path}')


@commands.command()
def verify(
    name: Annotated[str, typer.Argument(help='Name of the weights; none: all of them.')] = '',
) -> None:
    """Compare weights with their sha256."""
    from follow_anything.models.weights.store import WeightsStore

    store = WeightsStore()
    names = [name] if name else [each for each in store.known if store.path(each).exists()]
    if not names:
        print(f'there are no weights in {store.folder} yet')
    for each in names:
        print(store.verify(each))


@commands.command()
def path(name: Name) -> None:
    """Print where the file of weights is, or has to be."""
    from follow_anything.models.weights.store import WeightsStore

    print(WeightsStore().path(name))
