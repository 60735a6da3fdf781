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
    """List what detects, embeds and tracks, by name, and the weights there are for it."""
    from follow_anything.models import registry
    from follow_anything.models.weights.automatic import choose_detector
    from follow_anything.models.weights.folders import FolderStore
    from follow_anything.models.weights.store import WeightsStore

    chosen = Table('kind', 'name', 'class')
    for kind, known in (
        ('detector', registry.DETECTORS),
        ('embedder', registry.EMBEDDERS),
        ('tracker', registry.TRACKERS),
    ):
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
    folders = FolderStore()
    rows = Table('folder', 'is', 'MB', 'licence', 'gated', 'source', 'revision', 'for')
    for name, folder in folders.known.items():
        size = f'{folder.size_mb}' if folder.size_mb else ''
        gated = 'yes' if folder.gated else 'no'
        rows.add_row(
            name, folders.state(name), size, folder.licence, gated, folder.repository,
            folder.revision, folder.purpose,
        )  # fmt: skip
    plain.print(rows)
    choice = choose_detector('auto')
    plain.print(f'detector auto is {choice.name}: {choice.reason}')


@commands.command()
def fetch(name: Name) -> None:
    """Download weights from their official source; a broken download goes on where it ended."""
    from follow_anything.models.weights.folders import FolderStore
    from follow_anything.models.weights.store import WeightsStore

    store, folders = WeightsStore(), FolderStore()
    if name in folders.known:
        path = folders.fetch(name)
        print(f'{folders.verify(name)}: {path}')
        return
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
    from follow_anything.models.weights.folders import FolderStore
    from follow_anything.models.weights.store import WeightsStore

    stores = (WeightsStore(), FolderStore())
    known = [(store, each) for store in stores for each in store.known]
    if name:
        chosen = [(store, each) for store, each in known if each == name]
        for store, each in chosen or [(stores[0], name)]:
            print(store.verify(each))
        return
    there = [(store, each) for store, each in known if store.path(each).exists()]
    if not there:
        print(f'there are no weights in {stores[0].folder} yet')
    for store, each in there:
        print(store.verify(each))


@commands.command()
def path(name: Name) -> None:
    """Print where the file or the folder of weights is, or has to be."""
    from follow_anything.models.weights.folders import FolderStore
    from follow_anything.models.weights.store import WeightsStore

    folders = FolderStore()
    print(folders.path(name) if name in folders.known else WeightsStore().path(name))
