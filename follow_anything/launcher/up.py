# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The graph from one command, where there is no `ros2 launch`.

On two machines, the robot has what must be fast and must not depend on the radio; the workstation
has what is slow and large. See docs/two_machines.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
import os
from pathlib import Path
import signal
import sys
import tempfile
import time

from follow_anything.core.errors import InvalidInput, MissingDependency
from follow_anything.io.user_parameters import resolve, text_of
from follow_anything.launcher.nodes import (
    check_topics,
    CONSOLE,
    known_parameters,
    MAVLINK_CAMERA,
    PARTS,
    SIMULATOR,
)
from follow_anything.launcher.processes import check_server, Graph

__all__ = ['run']


def run(
    robot: str,
    topics: Mapping[str, str],
    namespace: str = '',
    params_file: Path | None = None,
    simulator: Mapping[str, object] | None = None,
    log_level: str = 'info',
    part: str = 'all',
    discovery_server: str = '',
    console: Mapping[str, object] | None = None,
    *,
    mavlink_camera: bool = False,
    dry_run: bool = False,
) -> int:
    """
    Run the nodes until interrupted, or until one of them dies.

    :param robot: key of PRESETS: the parameters that hold where params_file says nothing.
    :param topics: our name of a topic to the camera's.
    :param params_file: the user's, on top of the robot's own.
    :param simulator: parameters of the embedded simulator; None: there is a real camera.
    :param part: key of PARTS.
    :param discovery_server: HOST:PORT of a Fast DDS discovery server; '': multicast.
    :param console: parameters of the operator's page; None: there is none.
    :param mavlink_camera: be a camera that QGroundControl can click on, too.
    :param dry_run: begin with everything but motion, see ControllerConfig.
    :raises InvalidInput: there is no such part, or the parameters cannot be meant like that.
    :raises SourceError: the file of parameters is not there.
    :return: 0 when interrupted, 1 when a node died: a follower with a part missing must not run.
    """
    if part not in PARTS:
        raise InvalidInput(f'part must be one of {", ".join(PARTS)}; got {part!r}')
    if find_spec('rclpy') is None:
        raise MissingDependency(
            'there is no ROS 2 here: source one (source /opt/ros/DISTRO/setup.bash), or run '
            '`make setup` in a clone, which brings its own; docs/install.md'
        )
    check_topics(topics)
    begin = {'dry_run': True} if dry_run else {}
    given = known_parameters({**PARTS[part].parameters, **begin})
    nodes = PARTS[part].nodes
    if console is not None:
        given[CONSOLE] = dict(console)
        nodes = (*nodes, CONSOLE)
    if mavlink_camera:
        nodes = (*nodes, MAVLINK_CAMERA)
    if simulator is not None:
        given[SIMULATOR] = dict(simulator)
    resolved = resolve(robot, namespace, params_file, given)
    if simulator is not None:
        from follow_anything.sim.scenarios import make_scenario

        make_scenario(str(resolved[SIMULATOR]['scenario']), robot, 0)
    if discovery_server:
        check_server(discovery_server)
        os.environ['ROS_DISCOVERY_SERVER'] = discovery_server
        os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'SUBNET'
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with tempfile.TemporaryDirectory(prefix='follow_anything_') as folder:
        parameters = Path(folder) / 'parameters.yaml'
        parameters.write_text(text_of(resolved, namespace), encoding='utf-8')
        graph = Graph(
            namespace=namespace,
            params_file=parameters,
            simulated_time=simulator is not None,
            log_level=log_level,
        )
        return _watch(graph, nodes, topics, simulator is not None, lambda: stopping)


def _watch(
    graph: Graph,
    nodes: Iterable[str],
    topics: Mapping[str, str],
    simulated: bool,
    is_stopping: Callable[[], bool],
) -> int:
    remapped = {ours: theirs for ours, theirs in topics.items() if ours != theirs}
    with graph:
        if simulated:
            graph.start(SIMULATOR, {'use_sim_time': False})
        for node in nodes:
            graph.start(node, {}, remapped)
        while not is_stopping():
            dead = graph.dead()
            if dead:
                print(f'{", ".join(dead)} died; stopping the others', file=sys.stderr)
                return 1
            time.sleep(0.1)
    return 0
