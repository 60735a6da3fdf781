# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands about robots and sessions refuse in one line what they cannot do."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ('arguments', 'why'),
    [
        (('up', '--part', 'laptop'), 'must be one of all, robot, station'),
        (('scenario', '--autopilot', 'betaflight'), 'px4 or ardupilot'),
        (('scenario', '--autopilot', 'px4', '--robot', 'ground'), 'for a drone'),
    ],
)
def test_refusals(arguments: tuple[str, ...], why: str) -> None:
    command = [sys.executable, '-m', 'follow_anything', *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert why in done.stderr
    assert 'Traceback' not in done.stderr


SURROUNDINGS = [
    (('record', 'x.mcap', '--seconds', '1'), {'ROS_DOMAIN_ID': 'x'}, 'ROS cannot start'),
    (('record', 'x.mcap', '--namespace', 'a-b'), {}, 'namespace must be'),
    (('doctor', '--image', '/a-b'), {}, 'no name of a topic'),
    (('doctor', '--image', '/a'), {'ROS_DOMAIN_ID': 'x'}, 'ROS cannot start'),
    (('demo', '--seconds', '1', '--out', 'demo'), {'ROS_DOMAIN_ID': 'x'}, 'ROS cannot start'),
]


@pytest.mark.field
@pytest.mark.parametrize(('arguments', 'surroundings', 'why'), SURROUNDINGS)
def test_ros_that_cannot_start_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], surroundings: dict[str, str], why: str
) -> None:
    pytest.importorskip('rclpy', reason='ROS 2 is not installed')
    command = [sys.executable, '-m', 'follow_anything', *arguments]
    environment = {**os.environ, **surroundings}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, cwd=tmp_path, env=environment
    )
    assert done.returncode == 1
    assert why in ' '.join((done.stdout + done.stderr).split())
    assert 'Traceback' not in done.stderr


def test_replay_of_nothing(tmp_path: Path) -> None:
    pytest.importorskip('rclpy', reason='ROS 2 is not installed')
    pytest.importorskip('mcap', reason='mcap is not installed')
    command = [sys.executable, '-m', 'follow_anything', 'replay', str(tmp_path / 'no.mcap')]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert 'cannot be read as an MCAP bag' in done.stderr
    assert 'Traceback' not in done.stderr
