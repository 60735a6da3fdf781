# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands for the computer on the robot."""

from __future__ import annotations

from importlib.util import find_spec
import json
from pathlib import Path
from typing import Annotated

from follow_anything.cli.asking import Device
from follow_anything.cli.common import plain, write_text
from rich.text import Text
import typer

__all__ = ['commands']

commands = typer.Typer()

COLORS = {'ok': 'green', 'warning': 'yellow', 'fault': 'bold red'}


@commands.command()
def doctor(
    device: Device = 'auto',
    camera: Annotated[
        str, typer.Option(help='Camera of this computer to look through, such as /dev/video0.')
    ] = '',
    image: Annotated[
        str, typer.Option(help='Image topic to listen to, such as /camera/image_raw.')
    ] = '',
    json_file: Annotated[
        Path | None, typer.Option('--json', help="Write the findings to a file; '-': print them.")
    ] = None,
) -> None:
    """Check whether this computer can follow; one line a check, exit status 1 on a fault."""
    from follow_anything.doctor.examine import examine
    from follow_anything.doctor.findings import FAULT, summary
    from follow_anything.doctor.machine import Machine

    probe = None
    if image and find_spec('rclpy') is not None:
        from follow_anything.ros.doctor.listener import listen as probe
    findings = examine(Machine(probe), device, camera, image)
    text = json.dumps(summary(findings), indent=2)
    if json_file is not None and str(json_file) == '-':
        print(text)
    else:
        for finding in findings:
            line = Text(str(finding))
            line.stylize(COLORS[finding.level], 0, len(finding.level))
            plain.print(line, soft_wrap=True, highlight=False)
        if json_file is not None:
            write_text(json_file, text + '\n')
    if any(finding.level == FAULT for finding in findings):
        raise typer.Exit(1)
