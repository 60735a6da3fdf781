# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the demonstration chooses by itself, and when its operator says yes."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')
pytest.importorskip('vision_msgs.msg', reason='vision_msgs is not compiled: run `make setup`')

from follow_anything.core.config import DetectorConfig
from follow_anything.demo.operator import Operator
from follow_anything.demo.run import completed, DemoOptions, in_world
from follow_anything.evaluation.closed_loop.log import FollowLog
import rclpy
from std_msgs.msg import String
from vision_msgs.msg import Detection2D, ObjectHypothesisWithPose

pytestmark = pytest.mark.ros


@pytest.mark.parametrize(
    ('given', 'scenario', 'detector'),
    [
        ({}, 'street', DetectorConfig.detector),
        ({'query': 'the red car'}, 'cars', 'tiny'),
        ({'query': 'The Dog'}, 'dog', 'tiny'),
        ({'query': 'the woman in the orange top'}, 'street', 'tiny'),
        ({'query': 'the red car', 'scenario': 'street'}, 'street', 'tiny'),
        ({'query': 'the red car', 'detector': 'sam_clip'}, 'cars', 'sam_clip'),
        ({'scenario': 'crossing'}, 'crossing', DetectorConfig.detector),
    ],
)
def test_what_is_left_open_follows_from_the_query(
    given: dict[str, str], scenario: str, detector: str
) -> None:
    chosen = completed(DemoOptions(**given))
    assert (chosen.scenario, chosen.detector) == (scenario, detector)


@pytest.mark.parametrize(
    ('query', 'scenario', 'expected'),
    [
        ('', 'dog', ''),
        ('the woman in the orange top', 'dog', 'the dog'),
        ('the woman in the orange top', 'street', 'the woman in the orange top'),
    ],
)
def test_in_another_world_something_else_is_said(query: str, scenario: str, expected: str) -> None:
    before = completed(DemoOptions(query=query, scenario='street'))
    after = in_world(before, scenario, 'ground')
    assert (after.scenario, after.robot, after.query) == (scenario, 'ground', expected)


def seen(x: float, score: float = 0.0) -> Detection2D:
    """Return a message with a box of 40 x 80 px at x, at one moment."""
    message = Detection2D(id='1')
    message.header.stamp.sec = 5
    message.bbox.center.position.x, message.bbox.center.position.y = x, 100.0
    message.bbox.size_x, message.bbox.size_y = 40.0, 80.0
    result = ObjectHypothesisWithPose()
    result.hypothesis.score = score
    message.results.append(result)
    return message


@pytest.mark.parametrize(
    ('query', 'state', 'shown_x', 'answers'),
    [
        ('the woman', 'CONFIRMING', 105.0, 1),
        ('the woman', 'CONFIRMING', 200.0, 0),  # somebody else
        ('the woman', 'TRACKING', 105.0, 0),  # nobody asks
        ('', 'CONFIRMING', 105.0, 0),  # a click is its own confirmation
    ],
)
def test_operator_says_yes_to_the_one_that_is_meant(
    query: str, state: str, shown_x: float, answers: int
) -> None:
    rclpy.init(domain_id=8)
    try:
        operator = Operator(FollowLog(320, 240, 6.0), None, 0.0, (), query)  # type: ignore[arg-type]
        operator._on_truth(seen(100.0))
        operator._on_state(String(data=state))
        operator._on_track(seen(shown_x))
        assert operator.confirmed == answers
        operator.close()
    finally:
        rclpy.shutdown()


def children(pid: int) -> list[Path]:
    """Return the processes that a process has started, as folders of /proc."""
    found = []
    for status in Path('/proc').glob('[0-9]*/stat'):
        with contextlib.suppress(OSError):  # it may end meanwhile
            if int(status.read_text(encoding='utf-8').rpartition(')')[2].split()[1]) == pid:
                found.append(status.parent)
    return found


def test_interrupted_demonstration_ends_its_processes(tmp_path: Path) -> None:
    command = [sys.executable, '-m', 'follow_anything', 'demo', '--no-console', '--out']
    process = subprocess.Popen(
        [*command, str(tmp_path)], stderr=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert process.stderr is not None
    said = ''
    while 'simulated' not in said:
        said = process.stderr.readline()
        assert said, 'it ended by itself'
    nodes = children(process.pid)
    assert len(nodes) >= 5
    process.send_signal(signal.SIGTERM)
    rest = process.communicate(timeout=30.0)[1]
    assert process.returncode not in (0, -signal.SIGKILL)
    assert 'Traceback' not in rest
    time.sleep(1.0)
    assert not [node for node in nodes if node.exists()]
