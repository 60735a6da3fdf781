# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The command that serves the operator's page: beside a graph that runs, or with a simulator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from follow_anything.cli.common import Robot, Seed
from follow_anything.core.config import ConsoleConfig
import typer

__all__ = ['commands']

commands = typer.Typer()


@commands.command()
def console(
    host: Annotated[
        str, typer.Option(help='Address to serve it on; 0.0.0.0: every one, with a token.')
    ] = ConsoleConfig.host,
    port: Annotated[
        int, typer.Option(help='Port; 0: any that is free.', min=0, max=65535)
    ] = ConsoleConfig.port,
    link: Annotated[
        str, typer.Option(help="When the operator's page goes away: hold or continue.")
    ] = ConsoleConfig.link,
    image: Annotated[str, typer.Option(help='Image topic of the camera.')] = 'image',
    compressed: Annotated[bool, typer.Option(help='Hear IMAGE/compressed instead.')] = False,
    namespace: Annotated[str, typer.Option(help='Of the robot, such as /robot1.')] = '',
    simulator: Annotated[
        bool, typer.Option(help='Start the embedded simulator and all the nodes, too.')
    ] = False,
    robot: Robot = 'drone',
    scenario: Annotated[str, typer.Option(help='Of the simulator.')] = 'street',
    seed: Seed = 0,
    params_file: Annotated[
        Path | None, typer.Option(help='Parameters on top of config/ROBOT.yaml.')
    ] = None,
) -> None:
    """Serve the operator's page in the browser; docs/console.md."""
    given = {'host': host, 'port': port, 'link': link, 'compressed': compressed}
    topics = {'image': image, 'image/compressed': f'{image}/compressed'}
    if simulator:
        from follow_anything.launcher.up import run

        world = {'scenario': scenario, 'seed': seed}
        raise typer.Exit(run(robot, topics, namespace, params_file, world, console=given))
    from follow_anything.launcher.processes import use_shared_memory
    from follow_anything.ros.nodes.console import main

    use_shared_memory()
    arguments = ['console_node', '--ros-args']
    if params_file is not None:
        arguments += ['--params-file', str(params_file)]
    if namespace:
        arguments += ['-r', f'__ns:={namespace}']
    for ours, theirs in topics.items():
        arguments += ['-r', f'{ours}:={theirs}'] if ours != theirs else []
    for name, value in given.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        arguments += ['-p', f'{name}:={text}']
    raise typer.Exit(main(arguments))
