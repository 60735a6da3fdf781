# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Limits of size and rate of what pages send, and removal of paths from texts."""

from __future__ import annotations

from dataclasses import dataclass
import re

__all__ = [
    'MAX_IMAGE_BYTES',
    'MAX_MESSAGE_BYTES',
    'MAX_PIXELS',
    'MAX_STREAMS',
    'MAX_TEXT',
    'MAX_VIEWERS',
    'Bucket',
    'without_paths',
]

MAX_MESSAGE_BYTES = 16 << 10
"""Of one message on the WebSocket; the longest one is a text."""

MAX_TEXT = 500
"""Characters of a query."""

MAX_IMAGE_BYTES = 8 << 20
MAX_PIXELS = 16_000_000
"""Of a picture that is shown as a query, before anything decodes it."""

MAX_VIEWERS = 12
MAX_STREAMS = 4
"""Pages, and MJPEG streams, at the same time."""

PATH = re.compile(r'(?<![\w:/.])(?:/|[A-Za-z]:\\)[^\s:;,()\'"<>]+[/\\][^\s:;,()\'"<>]*')


def without_paths(text: str) -> str:
    """Return a text as it may leave the machine: a path of the machine becomes its last part."""
    return PATH.sub(lambda found: re.split(r'[/\\]', found[0].rstrip('/\\'))[-1], text)


@dataclass
class Bucket:
    """
    A token bucket: so many at once, and so many a second in the long run.

    :param rate: a second. :param burst: at once.
    """

    rate: float
    burst: float
    level: float = -1.0
    filled_at: float = 0.0

    def take(self, now: float) -> bool:
        """Return whether one more is allowed. :param now: seconds, any steady clock."""
        if self.level < 0.0:
            self.level, self.filled_at = self.burst, now
        self.level = min(self.burst, self.level + max(0.0, now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.level < 1.0:
            return False
        self.level -= 1.0
        return True
