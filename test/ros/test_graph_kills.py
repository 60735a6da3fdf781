# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Each process of the graph is killed and stopped while the robot follows; when does it stand still?

    FOLLOW_ANYTHING_KILLS=100 python -m pytest -q -s test/ros/test_graph_kills.py

by hand gives the figures of docs/safety.md. A robot in a process of its own takes the time of
every command: from the signal to the last one that moves, and to the zero after it. A process that
was stopped goes on afterwards; no command may move on a picture from before.
"""

from __future__ import annotations

from collections.abc import Iterator
import math
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time

import bystanders
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from geometry_msgs.msg import TwistStamped
from graph import DOMAIN, Graph, moves, NODES
import numpy as np
import pytest

pytestmark = [pytest.mark.ros, pytest.mark.field, pytest.mark.slow, pytest.mark.timeout(0)]

EVERY_NODE = (*NODES, 'watchdog_node')
ROUNDS = int(os.environ.get('FOLLOW_ANYTHING_KILLS', '1'))

STOPS_WITHIN_S = 0.3
WATCHED_S = 0.8
"""How long the robot is looked at after a signal: it must stand still, and go on to."""


OLDEST_PICTURE_S = 0.4
"""Behind a command that moves, when this test hears it: 0.3 s, and its own way here."""

TAKEN_BACK_S = 0.02
"""Zero that follows one on an older picture so soon takes it back: the process was stopped between
check and command."""


class Robot:
    """The process that receives cmd_vel, and what it has said so far."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.heard: list[tuple[float, bool]] = []
        self._process = process
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                stamp, is_moving = line.split()
                self.heard.append((float(stamp), is_moving == b'1'))

    def join(self) -> None:
        """Wait until the process, which has been ended, has said its last line."""
        self._thread.join()

    def moves(self) -> bool:
        """Tell whether it is driving now."""
        newest = self.heard[-5:]
        is_fresh = len(newest) == 5 and newest[0][0] > time.monotonic() - 0.4
        return is_fresh and all(is_moving for _, is_moving in newest)

    def since(self, moment: float) -> list[tuple[float, bool]]:
        return [(stamp, is_moving) for stamp, is_moving in list(self.heard) if stamp > moment]


class Town:
    """A graph of nodes, a camera and a robot, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.graph = Graph(folder, '/kills')
        self.began = time.monotonic()
        self.graph.target_in_picture = self.target_in_picture
        self.robot = Robot(self._start_bystander('robot', stdout=subprocess.PIPE))
        self.ages: list[float] = []
        self.taken_back, self._moved_at = 0, -math.inf
        self.graph.subscribe(
            TwistStamped, 'controller_node/command', self._on_command, qos.COMMAND
        )

    def begin(self) -> None:
        """Start the others, and follow."""
        self.start('camera')
        self.graph.start(*NODES[:-1], 'watchdog_node')
        self.start(NODES[-1])
        self.follow()

    def _on_command(self, message: TwistStamped) -> None:
        if moves(message.twist):
            self.ages.append(self.graph.now() - conversions.seconds(message.header.stamp))
            self._moved_at = time.monotonic()
        elif self.ages and self.ages[-1] > OLDEST_PICTURE_S and self._just_moved():
            self.ages.pop()
            self.taken_back += 1

    def _just_moved(self) -> bool:
        return time.monotonic() - self._moved_at < TAKEN_BACK_S

    def target_in_picture(self) -> tuple[float, float]:
        return bystanders.SCENE.box(bystanders.frame_number(self.began)).center

    def start(self, name: str) -> None:
        """Start a process that has died; a tracker that starts anew needs a click."""
        known = len(self.graph.states)
        if name == 'controller_node':  # as the launch file starts it
            self.graph.spawn(name, require_watchdog=True)
        elif name in EVERY_NODE:
            self.graph.spawn(name)
        else:
            self._start_bystander(name, str(self.began))
        if name == 'tracker_node':
            self.graph.wait(lambda: self.graph.states[known:], 60.0, 'the new tracker')

    def follow(self) -> None:
        """Wait until the robot moves; point at the target where the tracker does not know it."""
        clicked = time.monotonic() - 1.0

        def is_moving() -> bool:
            nonlocal clicked
            waits = self.graph.state not in ('CONFIRMING', 'TRACKING', 'OCCLUDED')
            if waits and time.monotonic() - clicked > 4.0:
                clicked = time.monotonic()
                self.graph.click(*self.target_in_picture())
            return self.robot.moves()

        self.graph.wait(is_moving, 180.0, 'the robot to move')

    def follow_whatever_it_takes(self) -> int:
        """Follow; where that fails, start everything anew, and return 1."""
        try:
            self.follow()
        except AssertionError as error:
            newest = self.robot.heard[-1:] or [(0.0, False)]
            silent = time.monotonic() - newest[0][0]
            print(f'\nlast command {silent:.1f} s ago, moving: {newest[0][1]}; {error}')
            for name in ('camera', *EVERY_NODE):
                self.graph.kill(name)
                self.start(name)
            self.follow()
            return 1
        return 0

    def send(self, name: str, number: signal.Signals) -> float:
        """Send a signal and return the moment before, on the monotonic clock."""
        process, now = self.graph.processes[name], time.monotonic()
        process.send_signal(number)
        return now

    def _start_bystander(
        self, name: str, *arguments: str, stdout: int | None = None
    ) -> subprocess.Popen[bytes]:
        file = Path(bystanders.__file__)
        with self.graph.log(name).open('ab') as output:
            process = subprocess.Popen(
                [sys.executable, str(file), name, self.graph.namespace, *arguments],
                stdout=output if stdout is None else stdout,
                stderr=output,
                env={**os.environ, 'ROS_DOMAIN_ID': str(DOMAIN)},
            )
        self.graph.processes[name] = process
        return process


@pytest.fixture(scope='module')
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp('town'))
    try:
        town.begin()
        yield town
    finally:
        for process in town.graph.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
        town.graph.close()
        town.robot.join()


def one_round(town: Town, name: str, number: signal.Signals, delay: float) -> tuple[float, float]:
    """Return seconds from the signal to the last command that moves, and to the zero after it."""
    time.sleep(delay)  # at any phase of picture, tick and heartbeat
    sent = town.send(name, number)
    time.sleep(WATCHED_S)
    heard = town.robot.since(sent)
    if number is signal.SIGKILL:
        town.graph.processes.pop(name).wait()
        town.start(name)
    else:
        town.send(name, signal.SIGCONT)
    moved = max((stamp - sent for stamp, is_moving in heard if is_moving), default=0.0)
    zeros = [stamp - sent for stamp, _ in heard if stamp - sent > moved]
    return moved, min(zeros, default=math.inf)


SIGNALS = pytest.mark.parametrize(
    'number', [signal.SIGSTOP, signal.SIGKILL], ids=lambda number: number.name
)


@SIGNALS
@pytest.mark.parametrize('name', ['camera', *NODES])
def test_the_robot_stands_still(town: Town, name: str, number: signal.Signals) -> None:
    """The controller sends zero when it hears nothing; the watchdog, when it hears no command."""
    random = np.random.default_rng(ROUNDS)
    town.ages.clear()
    town.taken_back = 0
    rounds, stuck = [], 0
    for _ in range(ROUNDS):
        stuck += town.follow_whatever_it_takes()
        rounds.append(one_round(town, name, number, random.uniform(0.0, 0.1)))
    moved, stood = np.array(rounds).T
    town.follow()
    print(
        f'\n{number.name} {name}: {len(rounds)} times; last command that moves after '
        f'{spread(moved)}; zero after {spread(stood)}; no zero came '
        f'{np.isinf(stood).sum()} times; not followed again {stuck} times; oldest picture behind '
        f'one that moved {max(town.ages):.3f} s; taken back at once {town.taken_back} times'
    )
    assert moved.max() <= STOPS_WITHIN_S
    assert stood.max() <= STOPS_WITHIN_S
    assert stuck == 0, 'what was started anew must be able to go on'
    assert max(town.ages) <= OLDEST_PICTURE_S
    assert town.taken_back <= 1 + ROUNDS // 20, 'a command is taken back in rare cases only'


@SIGNALS
def test_without_the_watchdog_the_robot_goes_on(town: Town, number: signal.Signals) -> None:
    """Nothing that follows waits for it; and it comes back."""
    went_on = 0
    for _ in range(ROUNDS):
        town.follow()
        moved, _ = one_round(town, 'watchdog_node', number, 0.05)
        went_on += moved > WATCHED_S / 2
    print(f'\n{number.name} watchdog_node: {ROUNDS} times; the robot went on {went_on} times')
    assert went_on >= ROUNDS - ROUNDS // 20, 'but for a target that is hidden just then'


def spread(seconds: np.ndarray) -> str:
    """Return the median and the maximum as text."""
    return f'{np.median(seconds):.3f} s (median), {seconds.max():.3f} s (longest)'
