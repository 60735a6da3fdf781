# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Latency: the age of the picture behind each command when the command was sent."""

from __future__ import annotations

from bisect import bisect_right

from follow_anything.core.types import VelocityCommand
from follow_anything.evaluation.closed_loop.log import CommandRow

__all__ = ['CommandTiming']


class CommandTiming:
    """
    When pictures and commands were sent, by the senders' own clocks.

    Whoever listens may be late; what was sent when does not change by that. Stamps are times of
    the robot's world, seconds; `sent` is wall time, seconds, one clock for all senders.
    """

    def __init__(self) -> None:
        self._pictures: list[tuple[float, float]] = []  # sent, stamp
        self._sources: list[tuple[float, float]] = []  # sent, stamp of the picture behind it
        self._commands: list[tuple[float, VelocityCommand]] = []

    def picture(self, stamp: float, sent: float) -> None:
        """Note a picture of the camera."""
        self._pictures.append((sent, stamp))

    def source(self, stamp: float, sent: float) -> None:
        """Note of which picture the controller makes its commands from now on."""
        self._sources.append((sent, stamp))

    def command(self, command: VelocityCommand, sent: float) -> None:
        """Note a command to the robot."""
        self._commands.append((sent, command))

    def rows(self) -> list[CommandRow]:
        """
        Return every command with the age of its picture, in the order they were sent.

        The age is what the world's clock moved on between that picture and the newest one, and
        the wall time since the newest: exact in real time, and a camera that stopped counts.
        Commands before the first picture are left out; nothing could have been followed then.
        """
        pictures, sources = sorted(self._pictures), sorted(self._sources)
        rows = []
        for sent, command in sorted(self._commands, key=lambda row: row[0]):
            newest = bisect_right(pictures, (sent, float('inf'))) - 1
            if newest < 0:
                continue
            arrived, stamp = pictures[newest]
            behind = bisect_right(sources, (sent, float('inf'))) - 1
            source = sources[behind][1] if behind >= 0 else float('-inf')
            rows.append(CommandRow(stamp, command, max(0.0, stamp - source) + sent - arrived))
        return rows

    def latencies(self) -> list[tuple[float, float]]:
        """Return when each picture was sent, and the wall seconds to its first command."""
        sent_at = {stamp: sent for sent, stamp in self._pictures}
        first: dict[float, float] = {}
        for sent, stamp in sorted(self._sources):
            first.setdefault(stamp, sent)
        return [
            (sent_at[stamp], sent - sent_at[stamp])
            for stamp, sent in first.items()
            if stamp in sent_at
        ]
