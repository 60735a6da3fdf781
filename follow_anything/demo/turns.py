# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
What guests cost the loop: the demonstration with and without them, by turns.

By turns, because a busy machine changes from minute to minute: it then slows both alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
import csv
import json
from pathlib import Path
import subprocess
import sys

import numpy as np

__all__ = ['Turns', 'compare', 'latencies']

SETTLE_S = 1.0
"""After a change, until what is measured belongs to the new turn."""


class Turns:
    """
    Starts and ends guests by turns; told the time by whoever runs the demonstration.

    :param turn_s: wall seconds. :param guests: arguments of Python for those who come and go;
        they say what they did in JSON, {name: count}, when they are ended.
    :param company: of somebody who stays; (): nobody.
    """

    def __init__(self, turn_s: float, guests: Sequence[str], company: Sequence[str] = ()) -> None:
        self._turn_s, self._guests, self._company = turn_s, guests, company
        self._since: float | None = None
        self._staying: subprocess.Popen[bytes] | None = None
        self._visiting: subprocess.Popen[bytes] | None = None
        self.did: Counter[str] = Counter()
        self.spans: list[tuple[float, float, bool]] = []
        """Begin and end, wall time, and whether the guests were there."""

    def tick(self, now: float) -> None:
        """Change over where it is time; the first call begins."""
        if self._since is None:
            self._staying = _start(self._company) if self._company else None
            self._since = now
        elif now - self._since >= self._turn_s:
            self.spans.append((self._since + SETTLE_S, now, self._visiting is not None))
            if self._visiting is None:
                self._visiting = _start(self._guests)
            else:
                self._withdraw()
            self._since = now

    def close(self) -> None:
        """End whoever is there."""
        self._withdraw()
        if self._staying is not None:
            _end(self._staying)

    def _withdraw(self) -> None:
        if self._visiting is not None:
            self.did.update(json.loads(_end(self._visiting) or '{}'))
            self._visiting = None


def _start(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _end(process: subprocess.Popen[bytes]) -> bytes:
    """End a process; return what it said."""
    process.terminate()
    try:
        return process.communicate(timeout=5.0)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


def latencies(folder: Path) -> list[tuple[float, float]]:
    """Return when each picture of a demonstration was sent, wall time, and ms to its command."""
    with (folder / 'latency.csv').open(encoding='utf-8') as file:
        return [(float(row['sent_s']), float(row['latency_ms'])) for row in csv.DictReader(file)]


def compare(
    rows: list[tuple[float, float]],
    spans: list[tuple[float, float, bool]],
    names: tuple[str, str] = ('calm', 'attacked'),
) -> dict[str, float | int]:
    """
    Return the percentiles without guests and with them, and how the 99th moves.

    :param rows: when a picture was sent, wall time, and milliseconds to its command.
    :param names: of the turns without guests, and with them.
    """
    result: dict[str, float | int] = {}
    for name, wanted in zip(names, (False, True), strict=True):
        chosen = [
            latency
            for sent, latency in rows
            if any(begin <= sent < end and hit is wanted for begin, end, hit in spans)
        ]
        result[f'{name}_pictures'] = len(chosen)
        for percent in (50, 99):
            result[f'{name}_ms_p{percent}'] = (
                float(np.percentile(chosen, percent)) if chosen else float('nan')
            )
    calm, busy = (result[f'{name}_ms_p99'] for name in names)
    result['p99_change'] = busy / calm - 1.0
    return result
