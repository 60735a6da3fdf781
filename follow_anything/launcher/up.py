# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The graph from one command, where there is no `ros2 launch`.

On two machines, the robot has what must be fast and must not depend on the radio; the workstation
has what is slow and large. See docs/two_machines.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
import os
from pathlib import Path
import signal
import sys
import tempfile
import time
from typing import Protocol

from follow_anything.core.errors import InvalidInput, MissingDependency
from follow_anything.io.user_parameters import resolve, text_of
from follow_anything.launcher.nodes import (
    check_address,
    check_log_level,
    check_topics,
    CONSOLE,
    known_parameters,
    MAVLINK_CAMERA,
    PARTS,
    SIMULATOR,
)
from follow_anything.launcher.processes import check_server, Graph, use_shared_memory

__all__ = ['WorldChooser', 'run']

PERIOD_S = 0.1


class WorldChooser(Protocol):
    """Interface for choosing another world while one runs."""

    chosen: tuple[str, str] | None

    def play(self, scenario: str, robot: str) -> None:
        """Announce that this world begins now."""

    def wanted(self, within_s: float) -> tuple[str, str] | None:
        """Return the scenario and the robot chosen since; wait for that long at most."""


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
    chosen: Mapping[str, object] | None = None,
    worlds: Callable[[], AbstractContextManager[WorldChooser]] | None = None,
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
    :param chosen: parameters of whichever node has them, on top of everything.
    :param worlds: offers the choice of scenario and robot while the page and the simulator run.
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
    check_log_level(log_level)
    namespace = namespace.rstrip('/')  # with one at the end ROS refuses it
    given = known_parameters({**PARTS[part].parameters, **(chosen or {})})
    nodes = PARTS[part].nodes
    if console is not None:
        given[CONSOLE] = dict(console)
        nodes = (*nodes, CONSOLE)
    if mavlink_camera:
        nodes = (*nodes, MAVLINK_CAMERA)
    if simulator is not None:
        given[SIMULATOR] = dict(simulator)
    if discovery_server:
        check_server(discovery_server)
        os.environ['ROS_DISCOVERY_SERVER'] = discovery_server
        os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'SUBNET'
    use_shared_memory()
    with _interruptible() as is_stopping, contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix='follow_anything_')))
        is_simulated = simulator is not None
        play = _Play(
            namespace, params_file, given, topics, log_level, folder, is_stopping, is_simulated
        )
        play.resolve(robot)
        if simulator is None or worlds is None:
            return play.run(nodes)
        return play.run_worlds(nodes, robot, stack.enter_context(worlds()))


@dataclass
class _Play:
    """The processes of one world after the other, and what stays the same in all of them."""

    namespace: str
    params_file: Path | None
    given: dict[str, dict[str, object]]
    topics: Mapping[str, str]
    log_level: str
    folder: Path
    is_stopping: Callable[[], bool]
    is_simulated: bool  # the parameters do not tell: the simulator's may be given, too

    @property
    def remapped(self) -> dict[str, str]:
        return {ours: theirs for ours, theirs in self.topics.items() if ours != theirs}

    def resolve(self, robot: str) -> str:
        """Write down the parameters for a robot; return the scenario, if there is one."""
        resolved = resolve(robot, self.namespace, self.params_file, self.given)
        check_address(self.given['controller_node'], resolved['controller_node'])
        scenario = str(resolved[SIMULATOR]['scenario'])
        if self.is_simulated:
            from follow_anything.sim.scenarios import make_scenario

            make_scenario(scenario, robot, 0)
        self.parameters.write_text(text_of(resolved, self.namespace), encoding='utf-8')
        return scenario

    @property
    def parameters(self) -> Path:
        return self.folder / 'parameters.yaml'

    def graph(self) -> Graph:
        return Graph(
            namespace=self.namespace,
            params_file=self.parameters,
            simulated_time=self.is_simulated,
            log_level=self.log_level,
        )

    def run_worlds(self, nodes: Iterable[str], robot: str, choice: WorldChooser) -> int:
        """Run one world after the other, as they are chosen; the page stays."""
        others = [node for node in nodes if node != CONSOLE]
        scenario = self.resolve(robot)
        with self.graph() as page:
            page.start(CONSOLE, {}, self.remapped)
            while True:
                choice.play(scenario, robot)
                status = self.run(others, choice, page)
                if choice.chosen is None or status or self.is_stopping():
                    return status
                scenario, robot = choice.chosen
                print(f'another world: {scenario}, {robot}', file=sys.stderr)
                self.given[SIMULATOR]['scenario'] = scenario
                self.resolve(robot)

    def run(
        self, nodes: Iterable[str], choice: WorldChooser | None = None, page: Graph | None = None
    ) -> int:
        """Run the nodes until the end, or until another world is chosen."""
        with self.graph() as graph:
            if self.is_simulated:
                graph.start(SIMULATOR, {'use_sim_time': False})
            for node in nodes:
                graph.start(node, {}, self.remapped)
            while not self.is_stopping():
                dead = {**graph.dead(), **(page.dead() if page else {})}
                if dead:
                    print(f'{", ".join(dead)} died; stopping the others', file=sys.stderr)
                    return 1
                if choice is None:
                    time.sleep(PERIOD_S)
                elif choice.wanted(PERIOD_S) is not None:
                    return 0
        return 0


@contextlib.contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Return a function that is true once SIGINT or SIGTERM has arrived."""
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    yield lambda: stopping
