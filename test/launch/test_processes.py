# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How a process speaks DDS: images by shared memory, commands where nobody holds them up."""

from __future__ import annotations

import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from follow_anything.launcher.processes import Graph, PROFILE_VARIABLES, use_network_alone
import pytest

pytestmark = pytest.mark.field

OLDER, NEWER = PROFILE_VARIABLES


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (
        *PROFILE_VARIABLES,
        'RMW_IMPLEMENTATION',
        'ROS_AUTOMATIC_DISCOVERY_RANGE',
        'ROS_LOCALHOST_ONLY',
    ):
        monkeypatch.setenv(name, '')
    monkeypatch.setenv('ROS_DISTRO', 'kilted')
    return monkeypatch


@pytest.mark.parametrize(
    ('given', 'profile', 'expected_range'),
    [
        ({}, 'fastdds_network.xml', ''),
        ({NEWER: '/share/config/fastdds.xml'}, 'fastdds_network.xml', ''),
        ({OLDER: '/share/config/fastdds_small.xml'}, 'fastdds_network.xml', ''),
        ({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET'}, 'fastdds_network.xml', 'SUBNET'),
        ({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}, 'fastdds_loopback.xml', 'SUBNET'),
        ({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'BOGUS'}, 'fastdds_loopback.xml', 'SUBNET'),
        ({'ROS_LOCALHOST_ONLY': '1'}, 'fastdds_loopback.xml', 'SUBNET'),
        (
            {
                'RMW_IMPLEMENTATION': 'rmw_fastrtps_cpp',
                'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
            },
            'fastdds_loopback.xml',
            'SUBNET',
        ),
        (
            {
                'RMW_IMPLEMENTATION': 'rmw_cyclonedds_cpp',
                'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
            },
            '',
            'LOCALHOST',
        ),
        ({NEWER: '/home/me/mine.xml'}, 'mine.xml', ''),
        ({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'OFF'}, '', 'OFF'),
    ],
)
def test_the_controller_keeps_out_of_shared_memory(
    environment: pytest.MonkeyPatch, given: dict[str, str], profile: str, expected_range: str
) -> None:
    for name, value in given.items():
        environment.setenv(name, value)
    use_network_alone()
    assert Path(os.environ.get(NEWER, '')).name == profile
    assert os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] == expected_range
    if profile.startswith('fastdds'):
        assert Path(os.environ[NEWER]).is_file()


@pytest.mark.ros
@pytest.mark.parametrize('reach', ['LOCALHOST', 'SUBNET'])
def test_no_shared_memory_is_open_in_the_controller(reach: str) -> None:
    """Whoever waits there for a process that hangs sends no zero."""
    pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')
    look = (
        'from follow_anything.launcher.processes import use_network_alone\n'
        'import pathlib, rclpy, sys\n'
        "sys.argv[1] == 'controller' and use_network_alone()\n"
        "rclpy.init(domain_id=58); node = rclpy.create_node('look')\n"
        "maps = pathlib.Path('/proc/self/maps').read_text()\n"
        "print('/dev/shm/fastdds' in maps)\n"
    )
    said = {
        name: subprocess.run(
            [sys.executable, '-c', look, name],
            env={**os.environ, 'ROS_AUTOMATIC_DISCOVERY_RANGE': reach},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for name in ('controller', 'camera')
    }
    assert said == {'controller': 'False', 'camera': 'True'}


@pytest.mark.parametrize('after_s', [0.1, 0.5])
def test_a_node_that_is_ended_while_it_begins_says_nothing(tmp_path: Path, after_s: float) -> None:
    """Ctrl-C, or the death of another node, in the seconds in which a node is imported."""
    with Graph(logs=tmp_path) as graph:
        process = graph.start('tracker_node')
        time.sleep(after_s)
        process.send_signal(signal.SIGINT)  # as a terminal sends it to all at once
        time.sleep(0.2)
    assert 'Traceback' not in (tmp_path / 'tracker_node.log').read_text(encoding='utf-8')
    assert process.returncode in (0, -signal.SIGTERM), 'or it listened by then, and left by itself'


@pytest.mark.ros
@pytest.mark.parametrize(('simulated', 'clock'), [(False, []), (True, ['use_sim_time:=true'])])
def test_the_clock_of_the_file_counts_where_none_is_chosen(
    monkeypatch: pytest.MonkeyPatch, simulated: bool, clock: list[str]
) -> None:
    """With a bag or a simulator of one's own; it was overruled without a word."""
    commands: list[list[str]] = []
    monkeypatch.setattr(
        subprocess, 'Popen', lambda command, **_: commands.append(command) or FakeProcess()
    )
    with Graph(simulated_time=simulated) as graph:
        graph.start('tracker_node')
    assert [text for text in commands[0] if text.startswith('use_sim_time')] == clock


class FakeProcess:
    """One that has ended."""

    returncode = 0

    def poll(self) -> int:
        return 0

    def wait(self, timeout: float) -> int:
        return 0
