# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Where weights lie that users fetch themselves."""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path

from follow_anything.core.errors import SourceError

__all__ = ['WEIGHTS_VARIABLE', 'find_fetched']

WEIGHTS_VARIABLE = 'FOLLOW_ANYTHING_WEIGHTS'
"""Environment variable: folder of fetched weights."""

DEFAULT_FOLDER = '~/.cache/follow_anything'


def find_fetched(names: Sequence[str], place: str, command: str) -> Path:
    """
    Return the first of some files that is in the folder of fetched weights.

    :param names: what the file may be called. :param place: who publishes it.
    :param command: one that fetches it.
    :raises SourceError: none is there; says where it was looked for, the place and the command.
    """
    folder = Path(os.environ.get(WEIGHTS_VARIABLE, '') or DEFAULT_FOLDER).expanduser()
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise SourceError(
        f'{" or ".join(names)} is not in {folder} (set {WEIGHTS_VARIABLE} to use another folder); '
        f'it is published at {place}; fetch it with: {command.format(folder=folder)}'
    )
