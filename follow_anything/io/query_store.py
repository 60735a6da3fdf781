# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Queries with a name, on disk: NAME.json for people to read, NAME.safetensors for pictures."""

from __future__ import annotations

import json
from pathlib import Path
import re
from typing import Any

from follow_anything.core.errors import BadQuery, MissingDependency, SourceError
from follow_anything.core.types import Box, Click, Query
from follow_anything.io.files import replaced, user_folder
import numpy as np
import numpy.typing as npt

__all__ = ['QueryStore']

FORMAT = 1
NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9_.-]{0,63}')


class QueryStore:
    """
    A folder of named queries.

    :param folder: where they are; None: the user's own.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = user_folder('queries') if folder is None else folder

    def names(self) -> list[str]:
        """Return the names there are, sorted."""
        return sorted(path.stem for path in self.folder.glob('*.json'))

    def save(self, name: str, query: Query) -> Path:
        """
        Write a query; one of the same name is replaced.

        :return: the path of its JSON file.
        :raises BadQuery: the name is not one for a file.
        :raises SourceError: it cannot be written.
        """
        path = self._path(name)
        described = {
            'format': FORMAT,
            'texts': query.texts,
            'thresholds': query.thresholds,
            'negatives': query.negatives,
            'background': query.background,
            'clicks': [[click.x, click.y, click.positive] for click in query.clicks],
            'box': None if query.box is None else query.box.xyxy,
            'images': len(query.images),
        }
        arrays = {f'image_{index}': image for index, image in enumerate(query.images)}
        for index, mask in enumerate(query.masks):
            if mask is not None:
                arrays[f'mask_{index}'] = mask.astype(np.uint8)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if arrays:
                with replaced(path.with_suffix('.safetensors')) as file:
                    file.write_bytes(_pack(arrays))
            # Last: who finds the description finds the pictures too.
            with replaced(path) as file:
                file.write_text(json.dumps(described, indent=2), encoding='utf-8')
        except OSError as error:
            raise SourceError(f'query {name!r} cannot be written: {error}') from error
        return path

    def load(self, name: str) -> Query:
        """
        Read a query.

        :raises BadQuery: there is none of this name, or the name is not one for a file.
        :raises SourceError: its files are cut, changed or of a newer format.
        """
        path = self._path(name)
        if not path.exists():
            known = ', '.join(self.names()) or 'none yet'
            raise BadQuery(f'there is no query {name!r} in {self.folder}; there is: {known}')
        try:
            described = json.loads(path.read_text(encoding='utf-8'))
            if described['format'] != FORMAT:
                raise SourceError(f'{path}: expected format {FORMAT}, got {described["format"]}')
            return _query(described, _read_arrays(path.with_suffix('.safetensors'), described))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, SourceError):
                raise
            raise SourceError(f'{path} is not a saved query, or was cut: {error}') from error

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise BadQuery(
                f'the name of a query has letters, digits, "_", "-", "." and at most 64 of them; '
                f'got {name!r}'
            )
        return self.folder / f'{name}.json'


def _query(described: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Query:
    count = int(described['images'])
    masks = tuple(
        arrays[f'mask_{index}'].astype(np.bool_) if f'mask_{index}' in arrays else None
        for index in range(count)
    )
    return Query(
        texts=tuple(described['texts']),
        thresholds=tuple(described['thresholds']),
        negatives=tuple(described['negatives']),
        background=tuple(described['background']),
        images=tuple(arrays[f'image_{index}'] for index in range(count)),
        masks=masks if any(mask is not None for mask in masks) else (),
        clicks=tuple(Click(x, y, positive) for x, y, positive in described['clicks']),
        box=None if described['box'] is None else Box(*described['box']),
    )


def _read_arrays(path: Path, described: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
    if not described['images']:
        return {}
    load = _safetensors().load
    try:
        return dict(load(path.read_bytes()))
    except Exception as error:  # the library's own exceptions have no base but this one
        raise SourceError(f'{path} is not a safetensors file, or was cut: {error}') from error


def _pack(arrays: dict[str, npt.NDArray[Any]]) -> bytes:
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return bytes(_safetensors().save(whole))


def _safetensors() -> Any:
    try:
        from safetensors import numpy
    except ImportError as error:
        raise MissingDependency(
            'queries with pictures are kept in safetensors files; install it with: '
            'pip install safetensors'
        ) from error
    return numpy
