# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The options that say what to look for, the same for every command that looks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from follow_anything.cli.common import numbers
from follow_anything.core.errors import InvalidInput
from follow_anything.core.search.prompts import query_from_text
from follow_anything.core.types import Box, Click, Query
import typer

__all__ = [
    'Background',
    'BoxOption',
    'DetectorName',
    'DetectorWeights',
    'Device',
    'Images',
    'MinScore',
    'Negatives',
    'Others',
    'Points',
    'SavedQuery',
    'Texts',
    'query_of_options',
]

Texts = Annotated[list[str] | None, typer.Option('--text', help='Say it; again for alternatives.')]
Images = Annotated[
    list[Path] | None,
    typer.Option('--image', help='Show it; what is transparent in a PNG does not count.'),
]
Points = Annotated[list[str] | None, typer.Option('--click', help='X,Y: a point on it.')]
Others = Annotated[
    list[str] | None, typer.Option('--not-click', help='X,Y: a point that is not on it.')
]
BoxOption = Annotated[str, typer.Option('--box', help='X,Y,W,H: it, in the picture.')]
Negatives = Annotated[list[str] | None, typer.Option('--negative', help='What it is not.')]
Background = Annotated[
    list[str] | None, typer.Option('--background', help='What else the picture holds.')
]
SavedQuery = Annotated[str, typer.Option('--query', help='Name of a saved query.')]
DetectorName = Annotated[
    str, typer.Option('--detector', help='Detector; `models list` shows them.')
]
DetectorWeights = Annotated[
    str, typer.Option('--weights', help='Of the detector, as sam=NAME_OR_PATH clip=...')
]
Device = Annotated[str, typer.Option('--device', help='auto, cpu or cuda.')]
MinScore = Annotated[
    float, typer.Option('--min-score', help='Lower scores do not count.', min=0.0, max=1.0)
]


def query_of_options(
    *,
    texts: list[str] | None = None,
    images: list[Path] | None = None,
    clicks: list[str] | None = None,
    others: list[str] | None = None,
    box: str = '',
    negatives: list[str] | None = None,
    background: list[str] | None = None,
    name: str = '',
) -> Query:
    """
    Return what the options ask for.

    :raises InvalidInput: they ask for nothing, or a part of them is unusable.
    :raises SourceError: a picture or the saved query cannot be read.
    """
    from follow_anything.io.query_store import QueryStore
    from follow_anything.io.sources import read_picture

    stored = QueryStore().load(name) if name else None
    if texts is not None:
        spoken = query_from_text('\n'.join(texts))
        stored = (
            spoken if stored is None else replace(spoken, images=stored.images, masks=stored.masks)
        )
    shown = [read_picture(path) for path in images or ()]
    points = tuple(
        Click(x, y, positive=positive)
        for group, positive in ((clicks, True), (others, False))
        for point in group or ()
        for x, y in [numbers('--click X,Y', point, 2)]
    )
    said: dict[str, Any] = {} if stored is None else vars(stored)
    enclosed = Box.from_xywh(*numbers('--box X,Y,W,H', box, 4)) if box else None
    if enclosed is not None and said.get('box') is not None:
        raise InvalidInput('--box, and a box in --text or --query: give one of them')
    parts: dict[str, Any] = {
        'images': tuple(rgb for rgb, _ in shown),
        'masks': tuple(mask for _, mask in shown),
        'clicks': (*said.get('clicks', ()), *points),
        'box': enclosed,
        'negatives': (*said.get('negatives', ()), *(negatives or ())),
        'background': (*said.get('background', ()), *(background or ())),
    }
    given = {key: value for key, value in parts.items() if value}
    if stored is not None:
        return replace(stored, **given)
    if not {'images', 'clicks', 'box'} & set(given):
        raise InvalidInput('say what to look for: --text, --image, --click, --box or --query')
    return Query(**given)
