# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated time that jumps or stops: the robot stops, and goes on when it can."""

from __future__ import annotations

from collections.abc import Iterator
import time

from follow_anything.testing import SyntheticScene
from graph import Graph, moves, NODES
import pytest

pytestmark = pytest.mark.ros

STOPS_WITHIN_S = 0.3


@pytest.fixture(scope='module')
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """Give a graph on simulated time; the test's camera is its clock."""
    folder = tmp_path_factory.mktemp('simulated')
    graph = Graph(folder, '/simulated', SyntheticScene(seed=2, rate=10.0), simulated=True)
    try:
        graph.start(*NODES)
        graph.follow()
        yield graph
    finally:
        graph.close()


def first_zero_after(graph: Graph, moment: float) -> float:
    """Return how long it took until a command was zero, seconds."""

    def zero() -> float | None:
        later = [(stamp, twist) for stamp, twist in list(graph.commands) if stamp >= moment]
        return next((stamp - moment for stamp, twist in later if not moves(twist)), None)

    return float(graph.wait(zero, 30.0, 'a zero'))


@pytest.mark.parametrize('jump_s', [-50.0, 50.0], ids=['backward', 'forward'])
def test_clock_jump_stops_the_robot_and_it_goes_on(simulated: Graph, jump_s: float) -> None:
    simulated.wait_until_moving()
    number, states = simulated.tracks[-1].id, len(simulated.states)
    jumped = time.monotonic()
    simulated.camera.shift_s += jump_s
    assert first_zero_after(simulated, jumped) <= STOPS_WITHIN_S
    simulated.wait(
        lambda: moves(simulated.commands[-1][1]) and simulated.state == 'TRACKING',
        30.0,
        'the robot to go on',
    )
    assert simulated.tracks[-1].id == number
    if jump_s < 0:
        passed = simulated.states[states:]
        assert passed[-2:] == ['CONFIRMING', 'TRACKING'], 'it must be seen anew, often enough'
    assert all(simulated.is_alive(name) for name in NODES)


def test_clock_that_stops_stops_the_robot(simulated: Graph) -> None:
    """The watchdogs run on a clock that cannot stop."""
    simulated.wait_until_moving()
    simulated.camera.running = False
    simulated.wait_until_still(ticks=30)
    assert simulated.moved_until() - simulated.camera.last_sent <= STOPS_WITHIN_S
    simulated.camera.running = True
    simulated.wait_until_moving()
