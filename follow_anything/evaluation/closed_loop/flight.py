# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
A whole flight through MAVLink: refused, armed, taken off, engaged, followed, cut off.

The embedded simulator's drone hangs behind the stand-in autopilot, which real UDP datagrams
connect with the adapter; nothing else connects the follower with the drone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import math
import threading
import time

from follow_anything.core.config import (
    ControllerConfig,
    preset,
    SimulatorConfig,
    TrackerConfig,
    with_values,
)
from follow_anything.core.control.supervisor import Situation, Supervisor
from follow_anything.core.errors import FollowAnythingError
from follow_anything.core.types import Click, Frame, Query, TargetState, VelocityCommand
from follow_anything.evaluation.closed_loop.log import (
    CLICK_VISIBILITY,
    CommandRow,
    FollowLog,
    FrameRow,
)
from follow_anything.launcher.processes import free_port
from follow_anything.models.pipeline import build_pipeline
from follow_anything.robots.base import Request
from follow_anything.robots.mavlink.robot import MavlinkRobot
from follow_anything.sim.simulator import Simulator
from follow_anything.sim.vehicle.autopilot import StandIn
from follow_anything.sim.vehicle.flight_rules import FlightMode
import numpy as np

__all__ = ['MEANING', 'Flight', 'run_flight']

START_TIMEOUT_S, CUT_S = 60.0, 3.0

MEANING = {
    'refused_without_heartbeat': "the adapter's answer to ENGAGE before the first heartbeat",
    'refused_unhealthy': 'its answer to ARM while the compass is bad',
    'refused_unarmed': 'its answer to ENGAGE before arming',
    'refused_on_ground': 'its answer to ENGAGE after arming, before take-off',
    'armed_unasked': 'the vehicle was armed before the operator asked: must be false',
    'set_points': 'set-points that arrived between ENGAGE and the cut of the link',
    'set_point_gap_ms_p50': 'median time between two of them at the autopilot, ms',
    'set_point_gap_ms_p99': 'its 99th percentile, ms',
    'set_point_gap_ms_max': 'the longest, ms',
    'hold_after_cut_s': 'from the cut to hold mode and a command of zero, s',
    'note_after_cut': "the adapter's reason after the cut",
    'engaged_after_cut': 'it took control again by itself when the link came back: must be false',
}
"""Every key that a flight adds to those of FollowLog.summary()."""


def run_flight(
    flavour: str, scenario: str, seed: int, seconds: float, tracker: str
) -> dict[str, object]:
    """
    Fly, follow the target that is clicked on, and cut the link at the end.

    :param flavour: 'px4' or 'ardupilot'. :param seconds: simulated, from the click on.
    :return: the figures of FollowLog.summary() and of MEANING.
    :raises FollowAnythingError: the vehicle refuses what it should do.
    """
    world = replace(preset('drone', SimulatorConfig), scenario=scenario, seed=seed)
    began, port = time.perf_counter(), free_port(udp=True)
    robot = MavlinkRobot(f'udpin:127.0.0.1:{port}')
    robot.open()
    try:
        with Simulator(world) as simulator:
            autopilot = StandIn(port, simulator.odometry, flavour, take_off_height=1.0)
            report: dict[str, object] = {
                'robot': 'drone',
                'autopilot': flavour,
                'scenario': scenario,
                'seed': seed,
                'tracker': tracker,
                'refused_without_heartbeat': robot.ask(Request.ENGAGE),
            }
            with autopilot:
                flight = Flight(simulator, autopilot, robot, tracker)
                report |= flight.take_control()
                flight.follow(seconds)
                report |= flight.cut_link()
            report['wall_s'] = time.perf_counter() - began
            return {**report, **flight.log.summary()}
    finally:
        robot.close()


class Flight:
    """The loop: the autopilot flies the simulated drone, the follower sees what it sees."""

    def __init__(
        self, simulator: Simulator, autopilot: StandIn, robot: MavlinkRobot, tracker: str
    ) -> None:
        self._simulator, self._autopilot, self._robot = simulator, autopilot, robot
        world = simulator.config
        # A fence to be flown in, so that the way of the pose is flown too.
        fenced = {'supervisor.fence_radius': 80.0, 'supervisor.max_altitude': 10.0}
        control = with_values(
            preset('drone', ControllerConfig), {'servo.rate': world.rate, **fenced}
        )
        self.log = FollowLog(world.width, world.height, control.servo.follow_distance)
        self._pipeline = build_pipeline(
            simulator.camera, tracking=TrackerConfig(tracker=tracker), control=control.servo
        )
        self._supervisor = Supervisor(control)
        self._due = time.monotonic()
        self._asked = False
        self._state = TargetState.IDLE

    def take_control(self) -> dict[str, object]:
        """Let the operator do what only an operator may, while the world goes on."""
        report: dict[str, object] = {}
        errors: list[FollowAnythingError] = []

        def operate() -> None:
            try:
                report.update(self._operate())
            except FollowAnythingError as error:
                errors.append(error)

        operator = threading.Thread(target=operate, name='operator', daemon=True)
        operator.start()
        while operator.is_alive():
            self._step()
            self._look()
        if errors:
            raise errors[0]
        self._engaged_at = time.monotonic()
        return report

    def _operate(self) -> dict[str, object]:
        """Arm, take off, click, engage; and try everything too early once: the refusals."""
        robot, rules = self._robot, self._autopilot.rules
        report: dict[str, object] = {}
        rules.healthy = False
        _await(lambda: 'not healthy' in robot.vehicle.why_not_armable(time.monotonic()))
        report['refused_unhealthy'] = robot.ask(Request.ARM)
        rules.healthy = True
        _await(lambda: not robot.vehicle.why_not_armable(time.monotonic()))
        report['refused_unarmed'] = robot.ask(Request.ENGAGE)
        report['armed_unasked'] = rules.armed
        _must(robot.ask(Request.ARM))
        _await(lambda: robot.vehicle.armed)
        report['refused_on_ground'] = robot.ask(Request.ENGAGE)
        _must(robot.take_off(self._autopilot.take_off_height))
        _await(lambda: rules.mode is (FlightMode.HOLD if rules.is_px4 else FlightMode.FOLLOW))
        _await(lambda: not robot.vehicle.why_not_flyable(time.monotonic()))
        _await(lambda: self._state is TargetState.TRACKING)
        _must(robot.ask(Request.ENGAGE))
        return report

    def follow(self, seconds: float) -> None:
        """Follow for so long, simulated, and keep the score."""
        end = self._simulator.time + seconds
        while self._simulator.time < end:
            self._step()
            frame, command = self._look()
            truth = self._simulator.truth()
            row = FrameRow(frame.stamp, truth.box, truth.visibility, truth.distance, self._state)
            self.log.frames.append(row)
            self.log.commands.append(CommandRow(frame.stamp, command, 0.0))
        self.log.collisions = self._simulator.collisions

    def _look(self) -> tuple[Frame, VelocityCommand]:
        """Take a picture, click on the target when it hovers, follow, and send the command."""
        frame = self._simulator.frame()
        if not self._asked and self._autopilot.rules.mode in (FlightMode.HOLD, FlightMode.FOLLOW):
            truth = self._simulator.truth()
            if truth.box is not None and truth.visibility >= CLICK_VISIBILITY:
                self._pipeline.query(Query(clicks=(Click(*truth.box.center),)), frame)
                self._asked = True
        result = self._pipeline.step(frame, frame.stamp)
        self._state = result.target.state
        situation = Situation(
            allowed=True,
            confirmed=True,  # the click
            pose=self._robot.pose(frame.stamp),
            target=self._pipeline.servo.target_in_base,
            battery=self._robot.battery(),
        )
        command, _ = self._supervisor.check(result.command, situation, frame.stamp)
        why_not = self._robot.why_not()
        if why_not:
            self._pipeline.servo.rest()
            command = VelocityCommand.stop(why_not)
        self._pipeline.servo.applied(command)
        self._robot.send(command)
        return frame, command

    def cut_link(self) -> dict[str, object]:
        """Cut both directions while it follows; then mend the link and see who flies."""
        rules, robot = self._autopilot.rules, self._robot
        moving = VelocityCommand(vx=1.0)
        for _ in range(10):  # so that there is something to stop
            robot.send(moving)
            self._step()
        arrived = np.array([t for t in rules.set_points if t >= self._engaged_at])
        self._autopilot.is_cut = True
        cut_at, stopped_at = time.monotonic(), [math.inf]

        def watch() -> None:
            while time.monotonic() < cut_at + CUT_S:
                holds = rules.mode is FlightMode.HOLD or not rules.is_px4
                if holds and rules.command(time.monotonic()).is_zero:
                    stopped_at[0] = time.monotonic()
                    return
                time.sleep(0.002)

        watcher = threading.Thread(target=watch, name='watcher', daemon=True)
        watcher.start()
        while time.monotonic() < cut_at + CUT_S:
            robot.send(moving)
            self._step()
        watcher.join()
        note = robot.why_not()
        self._autopilot.is_cut = False
        end = time.monotonic() + CUT_S
        while time.monotonic() < end:
            robot.send(moving)
            self._step()
        gaps = np.diff(arrived) * 1e3
        return {
            'set_points': len(arrived),
            'set_point_gap_ms_p50': float(np.percentile(gaps, 50)),
            'set_point_gap_ms_p99': float(np.percentile(gaps, 99)),
            'set_point_gap_ms_max': float(gaps.max()),
            'hold_after_cut_s': stopped_at[0] - cut_at,
            'note_after_cut': note,
            'engaged_after_cut': not robot.why_not(),
        }

    def _step(self) -> VelocityCommand:
        """Let the autopilot fly for one frame, not faster than real time."""
        command = self._autopilot.fly(self._simulator.odometry)
        self._simulator.step(command)
        self._due = max(self._due + 1.0 / self._simulator.config.rate, time.monotonic() - 0.2)
        time.sleep(max(0.0, self._due - time.monotonic()))
        return command


def _must(why_not: str) -> None:
    if why_not:
        raise FollowAnythingError(f'the operator was refused: {why_not}')


def _await(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while not condition():
        if time.monotonic() > end:
            raise FollowAnythingError('the vehicle does not get ready')
        time.sleep(0.02)
