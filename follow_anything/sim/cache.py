# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Where things that take seconds to make are kept between runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import hashlib
import logging
import os
from pathlib import Path

from follow_anything.io.files import replaced
import numpy as np

__all__ = ['cache_folder', 'cached_picture', 'code_version']

_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Return the cache of this package: $FOLLOW_ANYTHING_CACHE, or the user's cache folder."""
    own = os.environ.get('FOLLOW_ANYTHING_CACHE')
    if own:
        return Path(own).expanduser()
    base = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
    return Path(base).expanduser() / 'follow_anything'


def code_version(files: Sequence[str], *more: str) -> str:
    """Hash modules of the simulator; a cached file whose name has another hash is not used."""
    digest = hashlib.sha256()
    for name in files:
        digest.update((Path(__file__).parent / name).read_bytes())
    for text in more:
        digest.update(text.encode())
    return digest.hexdigest()[:16]


def cached_picture(name: str, version: str, make: Callable[[], np.ndarray]) -> np.ndarray:
    """
    Return a picture from the cache, or make it and try to keep it there.

    :param name: of the file, without suffix. :param version: see code_version().
    """
    path = cache_folder() / 'pictures' / f'{name}-{version}.npy'
    if path.is_file():
        return np.asarray(np.load(path))
    picture = make()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path) as fresh, fresh.open('wb') as file:
            np.save(file, picture)
        for old in path.parent.glob(f'{name}-*.npy'):
            if old != path:
                old.unlink(missing_ok=True)
    except OSError as error:
        _log.warning('%s cannot be kept (%s); it is painted anew at every start', path, error)
    return picture
