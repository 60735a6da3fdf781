# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The embedded simulator as a process: it is followed, and when it is killed nothing moves on."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from graph import Graph, NODES
import pytest
from vision_msgs.msg import Detection2D

pytestmark = [
    pytest.mark.ros,
    pytest.mark.sim,
    pytest.mark.skipif(
        importlib.util.find_spec('mujoco') is None, reason='mujoco is not installed'
    ),
]

STOPS_WITHIN_S = 0.3


def test_killed_simulator_stops_the_commands(tmp_path: Path) -> None:
    graph = Graph(tmp_path, '/sim', simulated=True)
    truth: list[Detection2D] = []

    def in_picture() -> tuple[float, float]:
        box = conversions.box_from_msg(truth[-1])
        assert box is not None
        return box.center

    try:
        graph.subscribe(Detection2D, 'truth', truth.append, qos.COMMAND)
        graph.target_in_picture = in_picture
        small = {'width': 320, 'height': 240, 'rate': 10.0, 'depth': False}
        graph.start('sim_node', assets='primitives', gusts=0.0, **small)
        graph.start(*NODES, servo__follow_distance=4.0)
        graph.wait(
            lambda: truth and conversions.box_from_msg(truth[-1]), 60.0, 'the target in view'
        )
        graph.follow()
        killed = graph.kill('sim_node')
        graph.wait_until_still(ticks=30)
        assert graph.moved_until() - killed <= STOPS_WITHIN_S
        assert all(graph.is_alive(name) for name in NODES)
    finally:
        graph.close()
