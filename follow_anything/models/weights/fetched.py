# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Weights of trackers that users fetch themselves: no digest of them is published."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from follow_anything.core.errors import BadWeights
from follow_anything.io.files import user_folder

__all__ = ['find_fetched']


def find_fetched(names: Sequence[str], place: str, command: str) -> Path:
    """
    Return the first of some files that is in the user's folder of weights.

    :param names: what the file may be called. :param place: who publishes it.
    :param command: one that fetches it; {folder} stands for the folder.
    :raises BadWeights: none is there; says where it was looked for, the place and the command.
    """
    folder = user_folder('weights')
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise BadWeights(
        f'{" or ".join(names)} is not in {folder}; it is published at {place}; '
        f'fetch it with: {command.format(folder=folder)}'
    )
