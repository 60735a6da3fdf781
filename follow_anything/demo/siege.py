# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What attacks on the console cost the loop: the demonstration, calm and attacked by turns."""

from __future__ import annotations

from pathlib import Path
import time

from follow_anything.demo.page import free_port
from follow_anything.demo.run import DemoOptions, run
from follow_anything.demo.turns import compare, latencies, Turns

__all__ = ['measure_siege']


def measure_siege(
    robot: str, seconds: float, turn_s: float, out: Path
) -> dict[str, float | int | str]:
    """
    Run the demonstration with a page that looks on, and attack its console every other turn.

    :param seconds: simulated. :param turn_s: wall seconds of a turn.
    """
    port = free_port(0)
    attack = ('-m', 'follow_anything.demo.attack', str(port))
    turns = Turns(turn_s, attack, (*attack, 'viewer'))
    try:
        report = run(
            DemoOptions(robot=robot, seconds=seconds, out=out, port=port),
            lambda _done, _state: turns.tick(time.time()),
        )
    finally:
        turns.close()
    figures = compare(latencies(out), turns.spans)
    return {
        **figures,
        **{f'sent_{name}': count for name, count in turns.did.items()},
        'turns': len(turns.spans),
        'commands_while_stale': int(str(report['commands_while_stale'])),
    }
