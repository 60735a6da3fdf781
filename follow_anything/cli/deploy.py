# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands for the computer on the robot."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from follow_anything.cli.asking import Device
from follow_anything.cli.common import JsonFile, plain, write_json
from follow_anything.doctor.machine import TopicReport
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

    findings = examine(Machine(_listener() if image else None), device, camera, image)
    if not write_json(summary(findings), json_file):
        for finding in findings:
            line = Text(str(finding))
            line.stylize(COLORS[finding.level], 0, len(finding.level))
            plain.print(line, soft_wrap=True, highlight=False)
    if any(finding.level == FAULT for finding in findings):
        raise typer.Exit(1)


def _listener() -> Callable[[str], TopicReport] | None:
    """Return what listens to a topic; None without ROS."""
    if find_spec('rclpy') is None:
        return None
    from follow_anything.ros.doctor.listener import listen

    return listen


@commands.command()
def export(
    name: Annotated[
        str, typer.Argument(help='tracker_tiny, detector_tiny, detector_tiny_click; or all.')
    ],
    form: Annotated[
        str, typer.Option('--format', help='onnx, or tensorrt: engines for this very machine.')
    ] = 'onnx',
    precision: Annotated[str, typer.Option(help='fp32, fp16 or int8.')] = 'fp32',
    calibration: Annotated[
        Path | None,
        typer.Option(help='Folder of pictures, or a video, of the place: int8 needs it.'),
    ] = None,
    out: Annotated[Path, typer.Option(help='Folder of the files.')] = Path('out/export'),
    json_file: JsonFile = None,
) -> None:
    """Write a network that ships for another computer, and measure what that changes."""
    from dataclasses import asdict

    from follow_anything.models.export.exporting import export as write
    from follow_anything.models.export.shipped import SHIPPED
    from follow_anything.models.export.trial import mean_overlap

    say = (lambda _: None) if str(json_file) == '-' else print
    graphs: list[dict[str, object]] = []
    figures: dict[str, object] = {'format': form, 'precision': precision, 'graphs': graphs}
    folder = out / precision
    for each in SHIPPED if name == 'all' else (name,):
        for done in write(each, folder, form, precision, calibration):
            graphs.append({**asdict(done), 'path': str(done.path)})
            say(f'{done}')
        if each == 'tracker_tiny' and form == 'onnx':
            before, after = mean_overlap(), mean_overlap(folder)
            figures |= {'overlap_shipped': before, 'overlap_exported': after}
            say(f'overlap on the synthetic scene: {_short(after)}; as it ships: {_short(before)}')
    write_json(figures, json_file)


def _short(values: list[float]) -> str:
    return ', '.join(f'{value:.3f}' for value in values)
