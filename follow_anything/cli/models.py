# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands about models."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
import typer

__all__ = ['commands']

commands = typer.Typer()


@commands.command()
def models() -> None:
    """List the detectors and trackers that can be chosen."""
    from follow_anything.models import registry

    table = Table('kind', 'name', 'class')
    for kind, known in (('detector', registry.DETECTORS), ('tracker', registry.TRACKERS)):
        for name, place in sorted(known.items()):
            table.add_row(kind, name, place)
    Console().print(table)
