# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Where the package's files and the user's are, and how a file is replaced as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import sys

from follow_anything.core.errors import SourceError

__all__ = ['expanded', 'replaced', 'shared_file', 'user_folder']


def shared_file(name: str) -> Path:
    """
    Return the path of a file that ships with the package, such as 'config/drone.yaml'.

    :raises SourceError: it is nowhere, with the places that were looked at.
    """
    places = [Path(__file__).parents[2]]
    prefixes = [path for path in os.environ.get('AMENT_PREFIX_PATH', '').split(':') if path]
    prefixes.append(sys.prefix)
    places += [Path(prefix) / 'share' / 'follow_anything' for prefix in prefixes]
    for place in places:
        if (place / name).exists():
            return place / name
    looked = ', '.join(str(place) for place in places)
    raise SourceError(f'{name} was not found in {looked}; was the package installed whole?')


def expanded(path: str | Path) -> Path:
    """Return a path with a home folder for its ~; as it is where there is none, as in ~nobody."""
    return Path(os.path.expanduser(path))


def user_folder(name: str) -> Path:
    """
    Return the folder of what the user added: 'weights', 'queries'. It may not exist yet.

    $FOLLOW_ANYTHING_HOME, or follow_anything in the user's data folder (XDG base directories).
    """
    home = os.environ.get('FOLLOW_ANYTHING_HOME')
    if home:
        return expanded(home) / name
    data = os.environ.get('XDG_DATA_HOME') or '~/.local/share'
    return expanded(data) / 'follow_anything' / name


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """
    Yield the path of a new file, which takes the place of `path` when the block ends well.

    Nobody ever reads a file that is half written, and after an error the old one is still there.
    """
    fresh = path.with_name(f'.{path.name}.{os.getpid()}.part')
    try:
        yield fresh
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
