# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Where the package's own files are, in a source tree and installed."""

from __future__ import annotations

import os
from pathlib import Path
import sys

from follow_anything.core.errors import SourceError

__all__ = ['shared_file']


def shared_file(name: str) -> Path:
    """
    Return the path of a file that ships with the package, such as 'config/drone.yaml'.

    :raises SourceError: it is nowhere, with the places that were looked at.
    """
    places = [Path(__file__).parent.parent]
    prefixes = [path for path in os.environ.get('AMENT_PREFIX_PATH', '').split(':') if path]
    prefixes.append(sys.prefix)
    places += [Path(prefix) / 'share' / 'follow_anything' for prefix in prefixes]
    for place in places:
        if (place / name).exists():
            return place / name
    looked = ', '.join(str(place) for place in places)
    raise SourceError(f'{name} was not found in {looked}; was the package installed whole?')
