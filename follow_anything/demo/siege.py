# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
What attacks on the console cost the loop: the demonstration, calm and attacked by turns.

By turns, because a busy machine changes from minute to minute: it then slows both alike.
"""

from __future__ import annotations

from collections import Counter
import csv
import json
from pathlib import Path
import subprocess
import sys
import time

from follow_anything.demo.page import free_port
from follow_anything.demo.run import DemoOptions, run
import numpy as np

__all__ = ['Turns', 'compare', 'measure_siege']

SETTLE_S = 1.0
"""After a change, until what is measured belongs to the new turn."""


class Turns:
    """
    Starts and ends the attackers by turns; told the time by whoever runs the demonstration.

    :param port: of the console. :param turn_s: wall seconds.
    """

    def __init__(self, port: int, turn_s: float) -> None:
        self._port, self._turn_s = port, turn_s
        self._since: float | None = None
        self._viewer: subprocess.Popen[bytes] | None = None
        self._attackers: subprocess.Popen[bytes] | None = None
        self.sent: Counter[str] = Counter()
        self.spans: list[tuple[float, float, bool]] = []
        """Begin and end, wall time, and whether the console was attacked."""

    def tick(self, now: float) -> None:
        """Change over where it is time; the first call begins."""
        if self._since is None:
            self._viewer = self._start('viewer')
            self._since = now
        elif now - self._since >= self._turn_s:
            self.spans.append((self._since + SETTLE_S, now, self._attackers is not None))
            if self._attackers is None:
                self._attackers = self._start()
            else:
                self._withdraw()
            self._since = now

    def close(self) -> None:
        """End whoever is there."""
        self._withdraw()
        if self._viewer is not None:
            _end(self._viewer)

    def _withdraw(self) -> None:
        if self._attackers is not None:
            self.sent.update(json.loads(_end(self._attackers) or '{}'))
            self._attackers = None

    def _start(self, *how: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, '-m', 'follow_anything.demo.attack', str(self._port), *how]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _end(process: subprocess.Popen[bytes]) -> bytes:
    """End a process; return what it said."""
    process.terminate()
    try:
        return process.communicate(timeout=5.0)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


def compare(
    rows: list[tuple[float, float]], spans: list[tuple[float, float, bool]]
) -> dict[str, float | int]:
    """
    Return the percentiles of the calm turns and of the attacked ones, and how the 99th moves.

    :param rows: when a picture was sent, wall time, and milliseconds to its command.
    """
    result: dict[str, float | int] = {}
    for name, wanted in (('calm', False), ('attacked', True)):
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
    result['p99_change'] = result['attacked_ms_p99'] / result['calm_ms_p99'] - 1.0
    return result


def measure_siege(
    robot: str, seconds: float, turn_s: float, out: Path
) -> dict[str, float | int | str]:
    """
    Run the demonstration with a page that looks on, and attack its console every other turn.

    :param seconds: simulated. :param turn_s: wall seconds of a turn.
    """
    port = free_port(0)
    turns = Turns(port, turn_s)
    try:
        report = run(
            DemoOptions(robot=robot, seconds=seconds, out=out, port=port),
            lambda _done, _state: turns.tick(time.time()),
        )
    finally:
        turns.close()
    with (out / 'latency.csv').open(encoding='utf-8') as file:
        rows = [(float(row['sent_s']), float(row['latency_ms'])) for row in csv.DictReader(file)]
    figures = compare(rows, turns.spans)
    return {
        **figures,
        **{f'sent_{name}': count for name, count in turns.sent.items()},
        'turns': len(turns.spans),
        'commands_while_stale': int(str(report['commands_while_stale'])),
    }
