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


def test_clock_set_back_stops_the_robot_and_it_goes_on(simulated: Graph) -> None:
    simulated.wait_until_moving()
    number, states = simulated.tracks[-1].id, len(simulated.states)
    jumped = time.monotonic()
    simulated.camera.shift_s -= 50.0
    assert first_zero_after(simulated, jumped) <= STOPS_WITHIN_S
    simulated.wait(
        lambda: simulated.states[states:][-2:] == ['CONFIRMING', 'TRACKING'],
        30.0,
        'the target to be seen anew, often enough',
    )
    simulated.wait_until_moving()
    assert simulated.tracks[-1].id == number
    assert all(simulated.is_alive(name) for name in NODES)


def test_clock_set_forward_does_no_harm(simulated: Graph) -> None:
    """By its stamps the target was away for 50 s: the operator is asked whether it is the same."""
    simulated.wait_until_moving()
    number, tracks = simulated.tracks[-1].id, len(simulated.tracks)
    simulated.camera.shift_s += 50.0
    simulated.wait(lambda: len(simulated.tracks) > tracks + 10, 30.0, 'tracks')
    simulated.wait_for_state('CONFIRMING')
    simulated.wait(
        lambda: bool(simulated.trigger('tracker_node/confirm').success), 30.0, 'the question'
    )
    simulated.wait_until_moving()
    assert simulated.tracks[-1].id == number
    assert all(simulated.is_alive(name) for name in NODES)


def test_clock_that_stops_stops_the_robot(simulated: Graph) -> None:
    """The watchdogs run on a clock that cannot stop."""
    simulated.wait_until_moving()
    simulated.camera.running = False
    simulated.wait_until_still(ticks=30)
    assert simulated.moved_until() - simulated.camera.last_sent <= STOPS_WITHIN_S
    simulated.camera.running = True
    simulated.wait_until_moving()
