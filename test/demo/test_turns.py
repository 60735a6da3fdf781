# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What `bench console` and `bench drawing` make of what was measured by turns."""

from __future__ import annotations

import json
import math
from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')
pytest.importorskip('vision_msgs.msg', reason='vision_msgs is not compiled: run `make setup`')
pytest.importorskip('websockets', reason='the console needs websockets')

from follow_anything.demo import turns as by_turns
from follow_anything.demo.turns import compare, Turns

pytestmark = pytest.mark.ros


def test_the_turns_are_told_apart() -> None:
    rows = [(t / 10, 50.0 if t < 100 else 60.0) for t in range(200)]
    figures = compare(rows, [(1.0, 9.0, False), (11.0, 19.0, True)])
    assert (figures['calm_pictures'], figures['attacked_pictures']) == (80, 80)
    assert (figures['calm_ms_p99'], figures['attacked_ms_p99']) == (50.0, 60.0)
    assert figures['p99_change'] == pytest.approx(0.2)
    assert math.isnan(compare(rows, [])['p99_change'])


class Process:
    """Somebody who is started and ended."""

    def __init__(self, log: list[str], command: list[str]) -> None:
        self.name = command[-1]
        log.append(f'start {self.name}')
        self._log = log

    def terminate(self) -> None:
        self._log.append(f'end {self.name}')

    def communicate(self, timeout: float | None = None) -> tuple[bytes, None]:
        return b'{"flood": 7}', None


def test_attackers_come_and_go_by_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[str] = []
    monkeypatch.setattr(by_turns.subprocess, 'Popen', lambda command, **_: Process(log, command))
    turns = Turns(10.0, ('attack', '8080'), ('attack', '8080', 'viewer'))
    for now in (0.0, 5.0, 10.0, 19.0, 20.0, 30.0):
        turns.tick(now)
    assert turns.spans == [(1.0, 10.0, False), (11.0, 20.0, True), (21.0, 30.0, False)]
    turns.close()
    assert log == ['start viewer', *['start 8080', 'end 8080'] * 2, 'end viewer']
    assert turns.did == {'flood': 14}


def test_a_viewer_says_how_much_it_has_seen_when_it_is_ended() -> None:
    command = [sys.executable, '-m', 'follow_anything.demo.look', 'debug_image']
    viewer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    time.sleep(2.0)
    while not handles(viewer.pid, signal.SIGTERM):
        assert viewer.poll() is None
        time.sleep(0.1)
    viewer.terminate()
    assert json.loads(viewer.communicate(timeout=20.0)[0]) == {'pictures': 0, 'markers': 0}


def handles(pid: int, number: int) -> bool:
    """Tell whether a process has a handler of its own for a signal."""
    status = Path(f'/proc/{pid}/status').read_text(encoding='utf-8')
    (caught,) = (line.split()[1] for line in status.splitlines() if line.startswith('SigCgt'))
    return bool(int(caught, 16) >> (number - 1) & 1)
