# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The graph from one command, where there is no `ros2 launch`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
import signal
import sys
import time

from follow_anything.files import shared_file
from follow_anything.processes import Graph

__all__ = ['NODES_OF', 'run']

ON_ROBOT = ('tracker_node', 'controller_node', 'visualizer_node')
NODES_OF = {
    'all': ('detector_node', *ON_ROBOT),
    'robot': ON_ROBOT,
    'workstation': ('detector_node',),
}
"""What runs on which machine."""


def run(
    robot: str,
    topics: Mapping[str, str],
    namespace: str = '',
    params_file: Path | None = None,
    simulator: Mapping[str, object] | None = None,
    log_level: str = 'info',
    machine: str = 'all',
) -> int:
    """
    Run the nodes until interrupted, or until one of them dies.

    :param topics: our name of a topic to the camera's.
    :param simulator: parameters of the embedded simulator; None: there is a real camera.
    :param machine: 'robot', 'workstation' (the detector alone), or 'all'.
    :return: 0 when interrupted, 1 when a node died: a follower with a part missing must not run.
    """
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    graph = Graph(
        namespace=namespace,
        params_file=params_file or shared_file(f'config/{robot}.yaml'),
        simulated_time=simulator is not None,
        log_level=log_level,
    )
    remappings = {ours: theirs for ours, theirs in topics.items() if ours != theirs}
    with graph:
        if simulator is not None:
            graph.start('sim_node', {**simulator, 'use_sim_time': False})
        for node in NODES_OF[machine]:
            graph.start(node, remappings=remappings)
        while not stopping:
            dead = graph.dead()
            if dead:
                print(f'{", ".join(dead)} died; stopping the others', file=sys.stderr)
                return 1
            time.sleep(0.1)
    return 0
