# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What drawing costs the loop: the demonstration, with and without a viewer by turns."""

from __future__ import annotations

from pathlib import Path
import time

from follow_anything.demo.run import DemoOptions, run
from follow_anything.demo.turns import compare, latencies, Turns

__all__ = ['measure_drawing']


def measure_drawing(
    robot: str, seconds: float, turn_s: float, out: Path
) -> dict[str, float | int | str]:
    """
    Run the demonstration; every other turn somebody looks at debug_image.

    :param seconds: simulated. :param turn_s: wall seconds of a turn.
    """
    turns = Turns(turn_s, ('-m', 'follow_anything.demo.look', 'debug_image'))
    options = DemoOptions(robot=robot, seconds=seconds, out=out, console=False, movie=False)
    try:
        report = run(options, lambda _done, _state: turns.tick(time.time()))
    finally:
        turns.close()
    return {
        **compare(latencies(out), turns.spans, ('unseen', 'drawn')),
        'pictures_drawn': turns.did['pictures'],
        'markers_drawn': turns.did['markers'],
        'turns': len(turns.spans),
        'commands_while_stale': int(str(report['commands_while_stale'])),
    }
