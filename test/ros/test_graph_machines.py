# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Detector on a workstation, the rest on the robot, and a link between that comes and goes.

The workstation is a network namespace; the link is a pair of virtual Ethernet devices: a good one,
and one with 20 ms delay and 1 % loss each way, where the kernel has netem.
"""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import shutil
import subprocess
import sys
import time
from typing import Any

import cv2
from follow_anything.ros import conversions, qos
from follow_anything.testing import SyntheticScene
from graph import DOMAIN, Graph, moves
import pytest
from sensor_msgs.msg import CompressedImage, Image
from vision_msgs.msg import Detection2DArray

SPACE, OURS, THEIRS = (f'fa{name}{os.getpid() % 10000}' for name in ('w', 'r', 'x'))
SUBNET = '10.77.93'


def ip(*arguments: str) -> None:
    subprocess.run(['ip', *arguments], check=True, capture_output=True)


def why_not() -> str:
    """Return why namespaces cannot be used here; '' when they can."""
    if os.geteuid() != 0:
        return 'network namespaces need root'
    if not (shutil.which('ip') and shutil.which('tc')):
        return 'ip and tc are not installed: apt install iproute2'
    try:
        ip('netns', 'add', SPACE)
        ip('netns', 'del', SPACE)
    except (OSError, subprocess.CalledProcessError) as error:
        return f'network namespaces are not allowed here: {error}'
    return ''


REASON = why_not()

pytestmark = [
    pytest.mark.ros,
    pytest.mark.twomachines,
    pytest.mark.slow,
    pytest.mark.skipif(bool(REASON), reason=REASON or 'they can'),
]


@pytest.fixture(params=['good', 'poor'])
def link(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give a second machine behind a link."""
    ip('netns', 'add', SPACE)
    try:
        ip('link', 'add', OURS, 'type', 'veth', 'peer', 'name', THEIRS, 'netns', SPACE)
        ip('addr', 'add', f'{SUBNET}.1/24', 'dev', OURS)
        ip('link', 'set', OURS, 'up')
        for arguments in (
            ('addr', 'add', f'{SUBNET}.2/24', 'dev', THEIRS),
            ('link', 'set', THEIRS, 'up'),
            ('link', 'set', 'lo', 'up'),
            ('route', 'add', 'default', 'via', f'{SUBNET}.1'),
        ):
            ip('-n', SPACE, *arguments)
        if request.param == 'poor':
            spoil_link()
        yield
    finally:
        subprocess.run(['ip', 'link', 'del', OURS], capture_output=True)
        ip('netns', 'del', SPACE)


class Both:
    """Publishes every picture raw, for the robot, and compressed, for the workstation."""

    def __init__(self, graph: Graph, raw: Any) -> None:
        self._raw = raw
        self._compressed = graph.publisher(CompressedImage, 'image/compressed', qos.IMAGE)

    def publish(self, image: Image) -> None:
        self._raw.publish(image)
        rgb = conversions.rgb_from_msg(image)
        _, data = cv2.imencode('.jpg', cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        small = CompressedImage(header=image.header, format='jpeg', data=data.tobytes())
        self._compressed.publish(small)


def spoil_link() -> None:
    poor = ['root', 'netem', 'delay', '20ms', 'loss', '1%']
    for command in (
        ['tc', 'qdisc', 'add', 'dev', OURS, *poor],
        ['ip', 'netns', 'exec', SPACE, 'tc', 'qdisc', 'add', 'dev', THEIRS, *poor],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f'this kernel has no netem: {done.stderr.strip()}')


def start_workstation(graph: Graph, log: Path) -> subprocess.Popen[bytes]:
    command = ['ip', 'netns', 'exec', SPACE, sys.executable, '-m']
    command += ['follow_anything.ros.detector_node', '--ros-args']
    command += ['-r', f'__ns:={graph.namespace}', '-p', 'compressed:=true']
    with log.open('wb') as output:
        return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)


def test_robot_follows_without_its_workstation(
    link: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'SUBNET')
    monkeypatch.setenv('FASTDDS_BUILTIN_TRANSPORTS', 'UDPv4')
    monkeypatch.setenv('ROS_DOMAIN_ID', str(DOMAIN))
    monkeypatch.delenv('FASTDDS_DEFAULT_PROFILES_FILE', raising=False)
    scene = SyntheticScene(seed=4, rate=10.0)
    graph = Graph(tmp_path, '/far', scene)
    log = tmp_path / 'workstation.log'
    workstation: subprocess.Popen[bytes] | None = None
    try:
        camera = graph.camera
        assert camera is not None
        camera._images = Both(graph, camera._images)
        answers: list[float] = []
        graph.hear(
            Detection2DArray,
            'detections',
            lambda _: answers.append(time.monotonic()),
            qos.COMMAND,
        )
        graph.start('tracker_node')
        graph.start('controller_node', require_detector=False)
        workstation = start_workstation(graph, log)
        graph.wait(lambda: graph.diagnostics('detector_node'), 60.0, 'the workstation to be heard')
        graph.follow()

        ip('link', 'set', OURS, 'down')
        gone = time.monotonic()
        graph.wait(lambda: graph.moved_until() > gone + 3.0, 30.0, 'the robot to go on')

        # The target hides: the robot stands, and nobody can be asked.
        shown, hidden = camera._pictures, SyntheticScene(seed=4, rate=10.0, hidden=(0.0, 1e9))
        camera._pictures = [hidden.frame(index).rgb for index in range(len(shown))]
        graph.wait_for_state('OCCLUDED', 'LOST')
        graph.wait_until_still()
        graph.wait_for_state('LOST')
        assert not any(stamp > gone + 1.0 for stamp in answers)

        ip('link', 'set', OURS, 'up')
        back = time.monotonic()
        graph.wait(lambda: answers and answers[-1] > back, 60.0, 'the workstation to be asked')
        assert graph.state == 'LOST'
        assert not moves(graph.commands[-1][1])
        camera._pictures = shown
        graph.wait_for_state('TRACKING')
        graph.wait_until_moving()
    except AssertionError as error:
        tail = log.read_text()[-1500:] if log.exists() else ''
        raise AssertionError(f'{error}\n--- workstation\n{tail}') from error
    finally:
        if workstation is not None:
            workstation.terminate()
            workstation.wait(timeout=20.0)
        graph.close()
