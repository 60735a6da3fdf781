# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands that look after the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ['commands']

commands = typer.Typer()


@commands.command()
def params(
    write: Annotated[bool, typer.Option(help='Write the files that differ.')] = False,
) -> None:
    """Check config/*.yaml and docs/parameters.md against core/config, or write them."""
    from follow_anything.io import parameter_files

    root = Path.cwd()
    names = parameter_files.write(root) if write else parameter_files.drifted(root)
    for name in names:
        print(f'{"written" if write else "differs"}: {name}')
    if names and not write:
        raise typer.Exit(1)
