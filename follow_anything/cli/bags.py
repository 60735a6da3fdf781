# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands about recorded sessions."""

from __future__ import annotations

from pathlib import Path
import signal
import time
from typing import Annotated

from follow_anything.cli.common import JsonFile, Robot, show
import typer

__all__ = ['commands']

commands = typer.Typer()


@commands.command()
def record(
    bag: Annotated[Path, typer.Argument(help='MCAP file to write.')],
    seconds: Annotated[float, typer.Option(help='0: until interrupted.', min=0.0)] = 0.0,
    namespace: Annotated[str, typer.Option(help='Of the nodes, such as /robot1.')] = '',
    json_file: JsonFile = None,
) -> None:
    """Record a follow session from the running nodes."""
    from follow_anything.ros.bags.recorder import record as write_down
    from follow_anything.ros.bags.session import TOPICS

    stopping = False
    begin = time.monotonic()

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)

    def is_over() -> bool:
        return stopping or (seconds > 0.0 and time.monotonic() - begin > seconds)

    counts = write_down(bag, TOPICS, namespace, is_over)
    show({'bag': str(bag), **counts}, json_file, title='recorded')


@commands.command()
def replay(
    bag: Annotated[Path, typer.Argument(help='MCAP file of `record` or `scenario --record`.')],
    robot: Robot = 'drone',
    tracker: Annotated[str, typer.Option(help="Instead of the session's own.")] = '',
    detector: Annotated[str, typer.Option(help="Instead of the session's own.")] = '',
    json_file: JsonFile = None,
) -> None:
    """Decide on a recorded session again, and count where the decisions differ."""
    from follow_anything.ros.bags.session import replay as decide_again

    report = decide_again(bag, robot, tracker, detector)
    show(report, json_file, title=f'{bag.name}, decided on again')
