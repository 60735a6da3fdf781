# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The command that searches one picture, with any detector and any query."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from follow_anything.cli.asking import (
    Background,
    BoxOption,
    DetectorName,
    DetectorWeights,
    Device,
    Images,
    MinScore,
    Negatives,
    Others,
    Points,
    query_of_options,
    SavedQuery,
    Texts,
)
from follow_anything.cli.common import console, keep_apart, write_json
from follow_anything.core.config import DetectorConfig
from follow_anything.core.language.parsing import ask
from follow_anything.core.types import Detections, Frame
import typer

__all__ = ['commands']

commands = typer.Typer()


@commands.command()
def detect(
    picture: Annotated[Path, typer.Argument(help='Picture to search.')],
    text: Texts = None,
    image: Images = None,
    click: Points = None,
    not_click: Others = None,
    box: BoxOption = '',
    negative: Negatives = None,
    background: Background = None,
    query: SavedQuery = '',
    save_query: Annotated[str, typer.Option(help='Keep the query under a name.')] = '',
    detector: DetectorName = DetectorConfig.detector,
    weights: DetectorWeights = '',
    device: Device = 'auto',
    full_resolution: Annotated[bool, typer.Option(help='SAM at 1024 px, not 512.')] = False,
    min_score: MinScore = DetectorConfig.min_score,
    profile: Annotated[bool, typer.Option(help='Say where the time goes.')] = False,
    json_file: Annotated[
        Path | None, typer.Option('--json', help="Write what was found; '-': print it.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help='Write the picture with it drawn.')] = None,
) -> None:
    """Search a picture for what is said, shown, clicked on or enclosed by a box."""
    from follow_anything.io.sources import check_picture_path, read_picture
    from follow_anything.models.registry import build_detector
    from follow_anything.models.runtime.stopwatch import Timed

    keep_apart([picture, *(image or ())], {'--save': save, '--json': json_file})
    if save is not None:
        check_picture_path(save)
    rgb, _ = read_picture(picture)
    asked = query_of_options(
        texts=text,
        images=image,
        clicks=click,
        others=not_click,
        box=box,
        negatives=negative,
        background=background,
        name=query,
    )
    model = build_detector(detector, device, weights, half_resolution=not full_resolution)
    frame = Frame(0.0, rgb)
    parsed = ask(model, asked, frame)
    stages = {'query': dict(model.stopwatch.stages_ms)} if isinstance(model, Timed) else {}
    found, places = parsed.chosen(model.detect(frame), frame, min_score)
    understood = '; '.join(part for part in (parsed.understood, places) if part)
    if isinstance(model, Timed):
        stages['frame'] = dict(model.stopwatch.stages_ms)
    if save_query:
        from follow_anything.io.query_store import QueryStore

        console.print(f'kept: {QueryStore().save(save_query, asked)}', highlight=False)
    console.print(f'{detector}: {understood}', highlight=False, soft_wrap=True)
    answer = {
        'picture': str(picture),
        'detector': detector,
        'query': understood,
        'detections': [_row(found, index) for index in range(len(found))],
        **({'stages_ms': stages} if profile else {}),
    }
    _show(answer, json_file, save, rgb, found)


def _row(found: Detections, index: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        'label': found.label_of(index),
        'score': round(float(found.scores[index]), 4),
        'box': [round(value, 1) for value in found.box(index).xywh],
    }
    if found.masks is not None:
        row['mask_px'] = int(found.masks[index].sum())
    return row


def _show(
    answer: dict[str, Any], json_file: Path | None, save: Path | None, rgb: Any, found: Detections
) -> None:
    if not write_json(answer, json_file) and json_file is None:
        for row in answer['detections']:
            x, y, width, height = row['box']
            print(f'{row["score"]:.2f}  {width:g} x {height:g} at ({x:g}, {y:g})  {row["label"]}')
        for when, stages in answer.get('stages_ms', {}).items():
            spent = ', '.join(f'{name} {value:.0f}' for name, value in stages.items())
            print(f'{when}, ms: {spent}')
    if not answer['detections']:
        console.print('not here: nothing reaches the threshold')
    if save is not None:
        from follow_anything.io.overlay import outline
        from follow_anything.io.sources import write_picture

        write_picture(save, outline(rgb, found))
