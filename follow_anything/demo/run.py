# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Start the graph, let the simulated operator ask, log, write the report."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
from dataclasses import dataclass, replace
import json
import os
from pathlib import Path
import sys
import time

from follow_anything.core.config import (
    ConsoleConfig,
    ControllerConfig,
    DetectorConfig,
    preset,
    SimulatorConfig,
    TrackerConfig,
)
from follow_anything.core.errors import FollowAnythingError
from follow_anything.core.language.parsing import ask
from follow_anything.core.search.prompts import query_from_text
from follow_anything.demo.operator import Operator
from follow_anything.demo.page import open_page
from follow_anything.demo.worlds import Worlds
from follow_anything.evaluation.closed_loop.log import FollowLog
from follow_anything.evaluation.closed_loop.plot import plot_session
from follow_anything.io.files import shared_file
from follow_anything.io.movie import Movie
from follow_anything.launcher.nodes import known_parameters, PARTS, SIMULATOR
from follow_anything.launcher.processes import Graph, use_shared_memory
from follow_anything.models.registry import build_detector
from follow_anything.ros.startup import begin
from follow_anything.sim.scenarios import make_scenario
import rclpy

__all__ = ['DemoOptions', 'run']

NODES = PARTS['all'].nodes

START_TIMEOUT_S = 180.0
"""The first start may have to convert the simulator's meshes."""

STALL_S = 20.0

SCENARIO_OF = {
    'car': 'cars', 'cars': 'cars', 'hatchback': 'cars', 'vehicle': 'cars', 'dog': 'dog',
}  # fmt: skip
"""Which scenario is about what was said; all others are about somebody in the street."""

MOVIE_RATE_HZ = 10.0
"""Half the camera's: drawing and encoding share two cores with the robot."""


@dataclass(frozen=True)
class DemoOptions:
    """
    What `make demo` can choose.

    :param query: what to say instead of clicking.
    :param scenario: '' for the one the query is about.
    :param auto_confirm: the tracker does not ask whether what was found is meant.
    :param console: serve the operator's page, too; whoever leaves it stops nothing.
    :param port: of the page; 0, or where somebody has it: any that is free.
    :param movie: write follow.mp4; without it nobody looks at debug_image.
    """

    robot: str = 'drone'
    query: str = ''
    seconds: float = 60.0
    scenario: str = ''
    seed: int = 0
    detector: str = DetectorConfig.detector
    auto_confirm: bool = False
    tracker: str = TrackerConfig.tracker
    out: Path = Path('out/demo')
    console: bool = True
    port: int = ConsoleConfig.port
    movie: bool = True


def completed(options: DemoOptions) -> DemoOptions:
    """Return the options with defaults for what was left open."""
    said = set(options.query.lower().split())
    named = next((name for word, name in SCENARIO_OF.items() if word in said), 'street')
    return replace(options, scenario=options.scenario or named)


def in_world(options: DemoOptions, scenario: str, robot: str) -> DemoOptions:
    """Return the options for another world; the query names something that is in it."""
    changed = replace(options, scenario=scenario, robot=robot)
    if options.query and scenario != options.scenario:
        query = make_scenario(scenario, robot, options.seed).query
        return replace(changed, query=query)
    return changed


class _WorldChosen(Exception):
    """Somebody chose another world: the processes of this one end."""

    def __init__(self, scenario: str, robot: str) -> None:
        super().__init__(f'{scenario}, {robot}')
        self.scenario, self.robot = scenario, robot


def run(options: DemoOptions, progress: Callable[[float, str], None]) -> dict[str, object]:
    """
    Run the demonstration for so many simulated seconds from the first click on.

    Whoever chooses another world on the operator's page lets it begin anew there.

    :param progress: called now and then with the simulated seconds done and the state.
    :return: the report, which is also written to out/report.json.
    :raises BadQuery: the detector cannot read the query. :raises BadConfig: no such scenario.
    :raises FollowAnythingError: a node died, or nothing moves; the logs are in out/logs.
    """
    options = completed(options)
    make_scenario(options.scenario, options.robot, options.seed)  # an unknown one is said at once
    if options.query:  # the detector says at once what it cannot read
        ask(build_detector(options.detector), query_from_text(options.query))
    options.out.mkdir(parents=True, exist_ok=True)
    # A domain of its own: robots nearby must not receive the demonstration.
    os.environ.setdefault('ROS_DOMAIN_ID', str(100 + os.getpid() % 100))
    use_shared_memory()
    begin([])
    try:
        with contextlib.ExitStack() as stack:
            worlds = Worlds()
            stack.callback(worlds.destroy_node)
            if options.console:
                page, address = open_page(options.out / 'logs', _parameters(options), options.port)
                stack.enter_context(page)
                print(f"the operator's page: {address}", file=sys.stderr, flush=True)
            while True:
                try:
                    return _play(options, worlds, progress)
                except _WorldChosen as chosen:
                    options = in_world(options, chosen.scenario, chosen.robot)
    finally:
        rclpy.shutdown()


def _parameters(options: DemoOptions) -> Path:
    return shared_file(f'config/{options.robot}.yaml')


def _play(
    options: DemoOptions, worlds: Worlds, progress: Callable[[float, str], None]
) -> dict[str, object]:
    """Run one world from its first process to its last; _WorldChosen when another is wanted."""
    simulator = preset(options.robot, SimulatorConfig)
    controller = preset(options.robot, ControllerConfig)
    log = FollowLog(simulator.width, simulator.height, controller.servo.follow_distance)
    movie = Movie(options.out / 'follow.mp4', MOVIE_RATE_HZ)
    params = _parameters(options)
    graph = Graph(logs=options.out / 'logs', params_file=params, simulated_time=True)
    world = {'scenario': options.scenario, 'seed': options.seed, 'use_sim_time': False}
    choices = known_parameters(PARTS['all'].parameters)
    choices['detector_node']['detector'] = options.detector
    choices['tracker_node'] |= {'tracker': options.tracker, 'auto_confirm': options.auto_confirm}
    if options.movie:
        choices['visualizer_node']['rate'] = MOVIE_RATE_HZ
    worlds.play(options.scenario, options.robot)
    seen = movie if options.movie else None
    operator = Operator(log, seen, controller.servo.camera_pitch, NODES, options.query)
    operator.also_spin(worlds)
    try:
        with graph:
            for node in NODES:
                graph.start(node, choices[node])
            _await_heartbeats(operator, worlds, graph, options)
            graph.start(SIMULATOR, world)
            wall = _observe(operator, worlds, graph, options, progress)
    finally:
        movie.close()
        operator.close()
    return _report(options, operator, log, wall)


def _report(
    options: DemoOptions, operator: Operator, log: FollowLog, wall: float
) -> dict[str, object]:
    """Write what happened in so many wall seconds, and return it."""
    simulated = log.frames[-1].stamp - log.frames[0].stamp
    report: dict[str, object] = {
        'robot': options.robot,
        'scenario': options.scenario,
        'seed': options.seed,
        'query': options.query or 'click',
        'detector': options.detector,
        'asked': operator.asked,
        'confirmed': operator.confirmed,
        'seconds': simulated,
        'real_time_factor': simulated / wall,
        **log.summary(),
    }
    (options.out / 'report.json').write_text(json.dumps(report, indent=2) + '\n', encoding='utf-8')
    with (options.out / 'latency.csv').open('w', encoding='utf-8') as file:
        print('sent_s,latency_ms', file=file)
        for sent, latency in zip(log.pictured, log.latencies, strict=True):
            print(f'{sent:.3f},{1e3 * latency:.1f}', file=file)
    plot_session(log, options.out / 'follow.png', f'{options.robot}, {options.scenario}')
    return report


def _await_heartbeats(
    operator: Operator, worlds: Worlds, graph: Graph, options: DemoOptions
) -> None:
    """Wait for the heartbeat of every node before the world starts."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while operator.silent:
        operator.watch(0.1)
        _check(worlds, graph, options)
        if time.monotonic() > deadline:
            silent = ', '.join(sorted(operator.silent))
            raise FollowAnythingError(f'{silent} did not start; see {options.out / "logs"}')


def _check(worlds: Worlds, graph: Graph, options: DemoOptions) -> None:
    if worlds.chosen is not None:
        raise _WorldChosen(*worlds.chosen)
    dead = graph.dead()
    if dead:
        names = ', '.join(f'{name} (exit {status})' for name, status in dead.items())
        raise FollowAnythingError(f'{names} died; see {options.out / "logs"}')


def _observe(
    operator: Operator,
    worlds: Worlds,
    graph: Graph,
    options: DemoOptions,
    progress: Callable[[float, str], None],
) -> float:
    """Watch until the time is over; return the wall seconds it took, from the first click on."""
    begin = time.monotonic()
    first_click = begin
    seen, seen_at = 0, begin
    while True:
        operator.watch(0.1)
        now, frames = time.monotonic(), operator.log.frames
        _check(worlds, graph, options)
        if len(frames) > seen:
            first_click = now if seen == 0 else first_click
            seen, seen_at = len(frames), now
            done = frames[-1].stamp - frames[0].stamp
            progress(done, frames[-1].state.value)
            if done >= options.seconds:
                return now - first_click
        elif now - seen_at > (STALL_S if seen else START_TIMEOUT_S):
            raise FollowAnythingError(
                f'nothing has happened for {now - seen_at:.0f} s; see {options.out / "logs"}'
            )
