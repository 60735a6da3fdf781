# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Benchmark: latency of the demonstration while its console is attacked, and while it is not.

By turns, because a busy machine changes from minute to minute: it then slows both alike.
"""

from __future__ import annotations

from pathlib import Path
import time

from follow_anything.demo.run import DemoOptions, run
from follow_anything.demo.turns import compare, latencies, Turns
from follow_anything.launcher.processes import free_port

__all__ = ['bench_attack']


def bench_attack(
    robot: str, seconds: float, turn_s: float, out: Path
) -> dict[str, float | int | str]:
    """
    Run the demonstration with a page that looks on, and attack its console every other turn.

    :param seconds: simulated. :param turn_s: wall seconds of a turn.
    """
    port = free_port()
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
