# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""One graph of real nodes for all tests of this folder; starting one takes seconds."""

from __future__ import annotations

from collections.abc import Iterator
import importlib.util
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from graph import Graph

if importlib.util.find_spec('rclpy') is None or importlib.util.find_spec('vision_msgs') is None:
    collect_ignore_glob = ['test_graph*.py']


@pytest.fixture(scope='session')
def shared_graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """Give detector, tracker and controller in one namespace, with a camera."""
    from follow_anything.testing import SyntheticScene
    from graph import Graph, NODES

    graph = Graph(tmp_path_factory.mktemp('graph'), '/t1', SyntheticScene(seed=1, rate=10.0))
    try:
        graph.start(*NODES)
        yield graph
    finally:
        graph.close()


@pytest.fixture
def graph(shared_graph: Graph) -> Graph:
    """Give the graph with all of its nodes alive and the camera running."""
    from graph import NODES

    if shared_graph.is_deaf():
        print('the graph heard nothing any more: it starts anew')
        shared_graph.renew()
    assert shared_graph.camera is not None
    shared_graph.camera.running = True
    missing = [name for name in NODES if not shared_graph.is_alive(name)]
    shared_graph.start(*missing)
    if 'tracker_node' in missing:  # it knows of no target that the old one had
        shared_graph.wait_for_state('IDLE')
    return shared_graph


@pytest.fixture
def following(graph: Graph) -> Graph:
    """Give the graph while its robot follows the target."""
    graph.enable(True)
    if graph.state == 'TRACKING':
        try:
            graph.wait_until_moving(limit_s=5.0)
            return graph
        except AssertionError:
            pass  # a test left it away for so long that the tracker asks: point again
    graph.follow()
    return graph
