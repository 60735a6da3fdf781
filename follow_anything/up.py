# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The graph from one command, where there is no `ros2 launch`.

On two machines, the robot has what must be fast and must not depend on the radio; the workstation
has what is slow and large. See docs/two_machines.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import os
from pathlib import Path
import signal
import sys
import time

from follow_anything.core.errors import InvalidInput
from follow_anything.files import shared_file
from follow_anything.processes import Graph

__all__ = ['PARTS', 'Part', 'run']


@dataclass(frozen=True)
class Part:
    """Some of the nodes, and what they need to know when the others are far away."""

    nodes: tuple[str, ...]
    parameters: dict[str, object]


ROBOT = Part(('tracker_node', 'controller_node'), {'require_detector': False})
STATION = Part(('detector_node', 'visualizer_node'), {'compressed': True})

PARTS = {
    'all': Part((*ROBOT.nodes, *STATION.nodes), {}),
    'robot': ROBOT,
    'station': STATION,
}
"""What runs on this machine: everything, or one half of it."""


def run(
    robot: str,
    topics: Mapping[str, str],
    namespace: str = '',
    params_file: Path | None = None,
    simulator: Mapping[str, object] | None = None,
    log_level: str = 'info',
    part: str = 'all',
    discovery_server: str = '',
) -> int:
    """
    Run the nodes until interrupted, or until one of them dies.

    :param topics: our name of a topic to the camera's.
    :param simulator: parameters of the embedded simulator; None: there is a real camera.
    :param part: key of PARTS.
    :param discovery_server: HOST:PORT of a Fast DDS discovery server; '': multicast.
    :raises InvalidInput: there is no such part.
    :return: 0 when interrupted, 1 when a node died: a follower with a part missing must not run.
    """
    if part not in PARTS:
        raise InvalidInput(f'part must be one of {", ".join(PARTS)}; got {part!r}')
    if discovery_server:
        os.environ['ROS_DISCOVERY_SERVER'] = discovery_server
        os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'SUBNET'
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
    if 'image' in remappings:
        remappings['image/compressed'] = f'{remappings["image"]}/compressed'
    with graph:
        if simulator is not None:
            graph.start('sim_node', {**simulator, 'use_sim_time': False})
        for node in PARTS[part].nodes:
            graph.start(node, PARTS[part].parameters, remappings)
        while not stopping:
            dead = graph.dead()
            if dead:
                print(f'{", ".join(dead)} died; stopping the others', file=sys.stderr)
                return 1
            time.sleep(0.1)
    return 0
