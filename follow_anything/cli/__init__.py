# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The command line: python -m follow_anything COMMAND. One module for each family of commands."""

from __future__ import annotations

import io
import os
import sys

from follow_anything.cli import (
    bags,
    bench,
    deploy,
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
from rich.text import Text
import typer

__all__ = ['app', 'main']

app = typer.Typer(
    help='Say it, show it or click it, and the robot follows it.',
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for family in (follow, bags, detect, evaluate, deploy, maintain):
    app.add_typer(family.commands)
app.add_typer(bench.commands, name='bench')
app.add_typer(models.commands, name='models')
app.add_typer(scenario.commands, name='scenario')
app.add_typer(train.commands, name='train')


ROS_MODULES = (
    'rclpy', 'builtin_interfaces', 'diagnostic_msgs', 'geometry_msgs', 'lifecycle_msgs',
    'nav_msgs', 'rcl_interfaces', 'rosgraph_msgs', 'sensor_msgs', 'std_msgs', 'std_srvs',
    'tf2_msgs', 'vision_msgs', 'visualization_msgs',
)  # fmt: skip
"""What only a ROS 2 brings."""


def _failed(why: str) -> int:
    console.print(Text.assemble(('error: ', 'red'), why), highlight=False, soft_wrap=True)
    return 1


def _write_whatever_is_said() -> None:
    """Let letters that the terminal's encoding lacks come out as numbers: they are no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors='backslashreplace')


def main() -> int:
    """Run a command; an error of ours becomes one line and exit status 1."""
    _write_whatever_is_said()
    try:
        app()
    except FollowAnythingError as error:
        return _failed(str(error))
    except BrokenPipeError:  # who reads our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:  # a disk that is full, a folder that may not be written
        where = f'{error.filename}: ' if error.filename else ''
        return _failed(f'{where}{error.strerror or error}')
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split('.')[0] not in ROS_MODULES:
            raise
        return _failed(
            f'this command needs ROS 2, and there is no {error.name}: source one '
            '(source /opt/ros/DISTRO/setup.bash), or run `make setup` in a clone; docs/install.md'
        )
    return 0
