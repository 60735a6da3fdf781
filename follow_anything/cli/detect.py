# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The command that searches one picture, with any detector and any query."""

from __future__ import annotations

from dataclasses import replace
import json
from pathlib import Path
from typing import Annotated, Any

from follow_anything.cli.common import console, numbers, write_text
from follow_anything.core.config import DetectorConfig
from follow_anything.core.errors import InvalidInput
from follow_anything.core.language.hearing import ask
from follow_anything.core.prompts import query_from_text
from follow_anything.core.types import Box, Click, Detections, Frame, Query
import typer

__all__ = ['commands']

commands = typer.Typer()

Texts = Annotated[list[str] | None, typer.Option('--text', help='Say it; again for alternatives.')]
Images = Annotated[
    list[Path] | None,
    typer.Option('--image', help='Show it; what is transparent in a PNG does not count.'),
]
Points = Annotated[list[str] | None, typer.Option('--click', help='X,Y: a point on it.')]
Others = Annotated[
    list[str] | None, typer.Option('--not-click', help='X,Y: a point that is not on it.')
]
Negatives = Annotated[list[str] | None, typer.Option('--negative', help='What it is not.')]
Background = Annotated[
    list[str] | None, typer.Option('--background', help='What else the picture holds.')
]


@commands.command()
def detect(
    picture: Annotated[Path, typer.Argument(help='Picture to search.')],
    text: Texts = None,
    image: Images = None,
    click: Points = None,
    not_click: Others = None,
    box: Annotated[str, typer.Option(help='X,Y,W,H: it, in the picture.')] = '',
    negative: Negatives = None,
    background: Background = None,
    query: Annotated[str, typer.Option(help='Name of a saved query.')] = '',
    save_query: Annotated[str, typer.Option(help='Keep the query under a name.')] = '',
    detector: Annotated[
        str, typer.Option(help='Detector; `models list` shows them.')
    ] = DetectorConfig.detector,
    weights: Annotated[str, typer.Option(help='As sam=NAME_OR_PATH clip=...')] = '',
    device: Annotated[str, typer.Option(help='auto, cpu or cuda.')] = 'auto',
    full_resolution: Annotated[bool, typer.Option(help='SAM at 1024 px, not 512.')] = False,
    min_score: Annotated[
        float, typer.Option(help='Lower scores are not shown.', min=0.0, max=1.0)
    ] = DetectorConfig.min_score,
    profile: Annotated[bool, typer.Option(help='Say where the time goes.')] = False,
    json_file: Annotated[
        Path | None, typer.Option('--json', help="Write what was found; '-': print it.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help='Write the picture with it drawn.')] = None,
) -> None:
    """Search a picture for what is said, shown, clicked on or enclosed by a box."""
    from follow_anything.models.registry import build_detector
    from follow_anything.models.stopwatch import Timed
    from follow_anything.sources import read_picture

    rgb, _ = read_picture(picture)
    asked = _query(text, image, click, not_click, box, negative, background, query)
    model = build_detector(detector, device, weights, half_resolution=not full_resolution)
    frame = Frame(0.0, rgb)
    heard = ask(model, asked, frame)
    stages = {'query': dict(model.stopwatch.stages_ms)} if isinstance(model, Timed) else {}
    found, places = heard.chosen(model.detect(frame), frame, min_score)
    understood = '; '.join(part for part in (heard.understood, places) if part)
    if isinstance(model, Timed):
        stages['frame'] = dict(model.stopwatch.stages_ms)
    if save_query:
        from follow_anything.models.detection.query_store import QueryStore

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


def _query(
    texts: list[str] | None,
    images: list[Path] | None,
    clicks: list[str] | None,
    others: list[str] | None,
    box: str,
    negatives: list[str] | None,
    background: list[str] | None,
    name: str,
) -> Query:
    """Return what the options ask for; InvalidInput when they ask for nothing."""
    from follow_anything.models.detection.query_store import QueryStore
    from follow_anything.sources import read_picture

    said = QueryStore().load(name) if name else None
    if texts is not None:
        spoken = query_from_text('\n'.join(texts))
        said = spoken if said is None else replace(spoken, images=said.images, masks=said.masks)
    shown = [read_picture(path) for path in images or ()]
    points = tuple(
        Click(*numbers('--click X,Y', point, 2), positive=positive)
        for group, positive in ((clicks, True), (others, False))
        for point in group or ()
    )
    parts: dict[str, Any] = {
        'images': tuple(rgb for rgb, _ in shown),
        'masks': tuple(mask for _, mask in shown),
        'clicks': points,
        'box': Box.from_xywh(*numbers('--box X,Y,W,H', box, 4)) if box else None,
        'negatives': tuple(negatives or ()),
        'background': tuple(background or ()),
    }
    given = {key: value for key, value in parts.items() if value}
    if said is not None:
        return replace(said, **given)
    if not {'images', 'clicks', 'box'} & set(given):
        raise InvalidInput('say what to look for: --text, --image, --click, --box or --query')
    return Query(**given)


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
    text = json.dumps(answer, indent=2)
    if json_file is not None and str(json_file) == '-':
        print(text)
    elif json_file is not None:
        write_text(json_file, text + '\n')
    else:
        for row in answer['detections']:
            x, y, width, height = row['box']
            print(f'{row["score"]:.2f}  {width:g} x {height:g} at ({x:g}, {y:g})  {row["label"]}')
        for when, stages in answer.get('stages_ms', {}).items():
            spent = ', '.join(f'{name} {value:.0f}' for name, value in stages.items())
            print(f'{when}, ms: {spent}')
    if not answer['detections']:
        console.print('not here: nothing reaches the threshold')
    if save is not None:
        from follow_anything.overlay import outline
        from follow_anything.sources import write_picture

        write_picture(save, outline(rgb, found))
