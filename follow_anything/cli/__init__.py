# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The command line: python -m follow_anything COMMAND. One module for each family of commands."""

from __future__ import annotations

from follow_anything.cli import (
    bags,
    bench,
    detect,
    evaluate,
    follow,
    maintain,
    models,
    scenario,
    train,
)
from follow_anything.cli.common import console
from follow_anything.core.errors import FollowAnythingError
import typer

__all__ = ['app', 'main']

app = typer.Typer(
    help='Say it, show it or click it, and the robot follows it.',
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for family in (follow, bags, detect, evaluate, maintain):
    app.add_typer(family.commands)
app.add_typer(bench.commands, name='bench')
app.add_typer(models.commands, name='models')
app.add_typer(scenario.commands, name='scenario')
app.add_typer(train.commands, name='train')


def main() -> int:
    """Run a command; an error of ours becomes one line and exit status 1."""
    try:
        app()
    except FollowAnythingError as error:
        console.print(f'[red]error:[/red] {error}', highlight=False, soft_wrap=True)
        return 1
    return 0
