# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the commands share: options, the console, how figures are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import json
import os
from pathlib import Path
from typing import Annotated, Any

from follow_anything.core.config import PRESETS
from follow_anything.core.errors import InvalidInput, SourceError
from follow_anything.io.files import expanded
from rich.console import Console
from rich.table import Table
import typer

__all__ = [
    'JsonFile',
    'Robot',
    'Seed',
    'Tracker',
    'console',
    'keep_apart',
    'numbers',
    'plain',
    'show',
    'show_rows',
    'write_json',
]

console = Console(stderr=True, markup=False, emoji=False)
"""For people. What stands in brackets came from outside, as a name or a query: it is no markup."""

plain = Console(markup=False, emoji=False)
"""The same on the standard output."""


def _known_robot(name: str) -> str:
    if name not in PRESETS:
        raise InvalidInput(f'robot must be one of {", ".join(PRESETS)}; got {name!r}')
    return name


def _writable(path: Path | None) -> Path | None:
    """Refuse a place that cannot be written before hours of work are done for it."""
    if path is None or str(path) == '-':
        return path
    folder = next(place for place in (path.parent, *path.absolute().parents) if place.exists())
    if path.is_dir() or not folder.is_dir():
        kind = 'is a folder' if path.is_dir() else f'lies in {folder}, which is no folder'
        raise InvalidInput(f'--json {path} {kind}; expected the name of a file')
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise InvalidInput(f'--json {path} cannot be written: no permission')
    return path


Robot = Annotated[
    str, typer.Option(callback=_known_robot, help=f'Kind of vehicle: {", ".join(PRESETS)}.')
]
JsonFile = Annotated[
    Path | None,
    typer.Option(
        '--json', callback=_writable, help="Write the figures to a file; '-': print them."
    ),
]
Tracker = Annotated[str, typer.Option(help='Name of the tracker; see `models list`.')]
Seed = Annotated[int, typer.Option(help='Seed of everything random in the world.')]


def numbers(option: str, text: str, count: int) -> list[float]:
    """Return the numbers of an option, with commas between; InvalidInput unless so many."""
    try:
        values = [float(part) for part in text.split(',')]
    except ValueError:
        values = []
    if len(values) != count:
        raise InvalidInput(f'{option}: expected {count} numbers with commas between, got {text!r}')
    return values


def keep_apart(read: Sequence[Path], written: Mapping[str, Path | None]) -> None:
    """
    Refuse to write what is being read, or two things to one file, before anything is lost.

    :param read: files and folders. :param written: by option; None and '-' are no files.
    :raises InvalidInput: two are the same.
    """
    taken = {_place(path): f'{path}, which is read' for path in read}
    for option, path in written.items():
        if path is None or str(path) in ('-', '/dev/stdout', '/dev/null'):
            continue
        place = _place(path)
        if place in taken:
            raise InvalidInput(f'{option} would overwrite {taken[place]}; give another name')
        taken[place] = f'what {option} writes'


def _place(path: Path) -> object:
    """Return what two names of one file have in common, links of both kinds among them."""
    place = expanded(path).resolve()
    try:
        stat = place.stat()
    except OSError:
        return place
    return stat.st_dev, stat.st_ino


def write_json(figures: Any, path: Path | None) -> bool:
    """
    Write figures as JSON where that was asked for.

    :param path: None: nowhere. '-': print them.
    :return: they were printed, and nothing else may be.
    :raises SourceError: the file cannot be written, or the disk is full.
    """
    text = json.dumps(figures, indent=2)
    if path is None:
        return False
    if str(path) == '-':
        print(text)
        return True
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + '\n', encoding='utf-8')
    except OSError as error:
        raise SourceError(f'{path} cannot be written: {error.strerror}') from error
    return False


def show(figures: dict[str, Any], json_file: Path | None, title: str) -> None:
    """Print a table, and write the same figures as JSON where asked."""
    rows = [
        [name, f'{value:.3f}' if isinstance(value, float) else str(value)]
        for name, value in figures.items()
    ]
    show_rows(['figure', 'value'], rows, figures, json_file, title)


def show_rows(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    figures: dict[str, Any],
    json_file: Path | None,
    title: str,
) -> None:
    """Print a table of these rows, and write the figures as JSON where asked; '-': that alone."""
    if write_json(figures, json_file):
        return
    table = Table(*header, title=title, title_justify='left')
    for row in rows:
        table.add_row(*row)
    plain.print(table)
