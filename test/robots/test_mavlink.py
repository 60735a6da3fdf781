# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The MAVLink adapter against the stand-in, over real UDP: who asks, who refuses, who holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import itertools
import socket
import threading
import time
from typing import Any

from follow_anything.core.errors import InvalidInput, SourceError
from follow_anything.core.types import VelocityCommand
from follow_anything.launcher.processes import free_port
from follow_anything.robots.base import Request
from follow_anything.robots.mavlink.robot import MavlinkRobot, Phase
from follow_anything.sim.vehicle.autopilot import StandIn
from follow_anything.sim.vehicle.flight_rules import FlightMode
from follow_anything.sim.vehicle.vehicles import make_vehicle, Vehicle
import pytest
from waiting import wait

pytest.importorskip('pymavlink', reason='pymavlink is not installed: pip install pymavlink')

pytestmark = pytest.mark.mavlink

FLAVOURS = ['px4', 'ardupilot']
AHEAD = VelocityCommand(vx=1.0, vz=0.2, yaw_rate=-0.3)


class Flight:
    """A robot, its autopilot, the drone behind it, and a controller that sends commands."""

    def __init__(self, robot: MavlinkRobot, autopilot: StandIn, vehicle: Vehicle) -> None:
        self.robot, self.autopilot, self.vehicle = robot, autopilot, vehicle
        self.rules = autopilot.rules
        self.command: VelocityCommand | None = None
        self.running = True
        self.thread = threading.Thread(target=self._send, daemon=True)
        self.thread.start()

    def _send(self) -> None:
        while self.running:
            command = self.command
            if command is not None:
                self.robot.send(command)
            time.sleep(0.03)

    def wait_until_ready(self) -> None:
        wait(lambda: not self.robot.vehicle.why_not_armable(time.monotonic()), 'a healthy vehicle')

    def take_off(self) -> None:
        self.wait_until_ready()
        assert self.robot.ask(Request.ARM) == ''
        wait(lambda: self.robot.vehicle.armed, 'armed')
        assert self.robot.take_off(1.0) == ''
        hovers = FlightMode.HOLD if self.rules.is_px4 else FlightMode.FOLLOW
        wait(lambda: self.rules.mode is hovers, 'the end of the take-off')
        wait(lambda: not self.robot.vehicle.why_not_flyable(time.monotonic()), 'in the air')

    def engage(self) -> None:
        self.take_off()
        assert self.robot.ask(Request.ENGAGE) == ''
        self.command = AHEAD
        self.wait_for(AHEAD)

    def wait_for(self, command: VelocityCommand) -> None:
        """Wait until the vehicle's loops have this command; it has travelled in 32-bit floats."""
        wanted = pytest.approx(command.axes, abs=1e-6)
        wait(lambda: self.rules.command(time.monotonic()).axes == wanted, f'{command}')


@contextmanager
def flying(flavour: str, set_point_timeout: float = 1.0, **options: Any) -> Iterator[Flight]:
    port = free_port(udp=True)
    vehicle = make_vehicle('drone', (2.0, 3.0, 0.5), 0.5, 0.0, 0)
    vehicle.position[2] = 0.0
    robot = MavlinkRobot(f'udpin:127.0.0.1:{port}', **options)
    robot.open()
    autopilot = StandIn(port, vehicle.odometry(0.0), flavour, set_point_timeout, 1.0)
    autopilot.run_vehicle(vehicle)
    with autopilot:
        flight = Flight(robot, autopilot, vehicle)
        try:
            yield flight
        finally:
            flight.running = False
            flight.thread.join()
            robot.close()


@pytest.fixture(params=FLAVOURS)
def flight(request: pytest.FixtureRequest) -> Iterator[Flight]:
    with flying(request.param) as flight:
        yield flight


def test_velocities_arrive_in_the_right_directions(flight: Flight) -> None:
    """Forward-left-up here and behind the autopilot; what is between speaks otherwise."""
    flight.engage()
    for command in (
        VelocityCommand(vx=0.7),
        VelocityCommand(vy=0.7),
        VelocityCommand(vz=0.4),
        VelocityCommand(yaw_rate=0.5),
    ):
        flight.command = command
        flight.wait_for(command)


def test_the_drone_moves_as_commanded_and_its_pose_comes_back(flight: Flight) -> None:
    flight.engage()
    flight.command = VelocityCommand(vx=1.0)
    start = flight.vehicle.position.copy()
    wait(lambda: flight.vehicle.odometry(0.0).linear[0] > 0.9, 'speed')
    pose = flight.robot.pose(50.0)
    assert pose is not None
    odometry = flight.vehicle.odometry(0.0)
    # The autopilot's origin is where it was switched on; axes are east, north, up.
    assert pose.position == pytest.approx(odometry.position - (2.0, 3.0, 0.0), abs=0.2)
    assert pose.yaw == pytest.approx(odometry.yaw, abs=0.05)
    moved = flight.vehicle.position - start
    assert moved[:2] @ pose.velocity[:2] > 0
    assert 0 <= 50.0 - pose.stamp < 0.3
    assert flight.robot.battery() == pytest.approx(0.9)


def test_it_never_arms_nor_takes_control_unasked(flight: Flight) -> None:
    flight.wait_until_ready()
    flight.command = AHEAD
    until = time.monotonic() + 2.0
    wait(lambda: time.monotonic() > until, 'two seconds')
    assert not flight.rules.armed
    assert flight.rules.set_points == []
    assert flight.autopilot.received == []
    assert flight.robot.why_not() == 'idle: nobody has engaged it'


def test_refusals_have_their_reasons(flight: Flight) -> None:
    robot, rules = flight.robot, flight.rules
    flight.wait_until_ready()
    assert robot.ask(Request.ENGAGE) == 'not armed'
    assert robot.take_off(1.0) == 'not armed'
    rules.healthy = False
    wait(lambda: 'compass' in robot.vehicle.why_not_armable(time.monotonic()), 'bad health')
    assert 'not healthy: compass' in robot.ask(Request.ARM)
    assert not rules.armed
    rules.healthy = True
    flight.wait_until_ready()
    rules.battery = 0.1  # only the autopilot itself knows its limit
    assert robot.ask(Request.ARM) == 'refused (temporarily rejected) Preflight Fail: battery low'
    rules.battery = 0.9
    assert robot.ask(Request.ARM) == ''
    wait(lambda: robot.vehicle.armed, 'armed')
    assert robot.ask(Request.ENGAGE) == 'on the ground: take off first'
    assert robot.ask(Request.DISARM) == ''
    assert rules.set_points == []


def test_disarming_in_the_air_is_refused_by_the_autopilot(flight: Flight) -> None:
    flight.take_off()
    assert 'not landed' in flight.robot.ask(Request.DISARM)
    assert flight.rules.armed


def test_without_an_autopilot_everything_is_refused() -> None:
    robot = MavlinkRobot(f'udpin:127.0.0.1:{free_port(udp=True)}')
    assert robot.ask(Request.ARM) == 'the link is not open'
    robot.open()
    try:
        for request in (Request.ARM, Request.ENGAGE):
            assert robot.ask(request) == 'no heartbeat of an autopilot'
        assert robot.pose(0.0) is None
        assert robot.battery() is None
    finally:
        robot.close()
        robot.close()


def test_silent_controller_means_zero(flight: Flight) -> None:
    flight.engage()
    flight.command, silent_at = None, time.monotonic()
    wait(lambda: flight.rules.command(time.monotonic()).is_zero, 'zero')
    assert time.monotonic() - silent_at < 0.5
    # The stream itself goes on: the vehicle hovers under our control.
    assert flight.rules.mode is FlightMode.FOLLOW
    flight.command = AHEAD
    flight.wait_for(AHEAD)


def test_set_points_have_no_gaps_while_this_process_is_busy(flight: Flight) -> None:
    flight.engage()
    since, until = len(flight.rules.set_points), time.monotonic() + 3.0
    while time.monotonic() < until:
        sum(range(200_000))  # holds the interpreter
    times = flight.rules.set_points[since:]
    gaps = sorted(b - a for a, b in itertools.pairwise(times))
    assert len(times) > 40
    assert gaps[int(0.99 * len(gaps))] < 0.25


def test_cut_link_holds_and_needs_the_operator_again(flight: Flight) -> None:
    flight.engage()
    flight.rules.set_point_timeout = 0.4
    flight.autopilot.is_cut, cut_at = True, time.monotonic()
    wait(lambda: flight.rules.command(time.monotonic()).is_zero, 'zero')
    assert time.monotonic() - cut_at < 0.5
    if flight.rules.is_px4:
        wait(lambda: flight.rules.mode is FlightMode.HOLD, 'hold')
    wait(lambda: 'link lost' in flight.robot.why_not(), 'the reason')
    flight.autopilot.is_cut, count = False, len(flight.rules.set_points)
    until = time.monotonic() + 2.0
    wait(lambda: time.monotonic() > until, 'two seconds')
    assert len(flight.rules.set_points) == count, 'it took control by itself'
    assert flight.robot.ask(Request.ENGAGE) == ''
    assert flight.robot.why_not() == ''


def test_pilot_wins(flight: Flight) -> None:
    flight.engage()
    flight.rules.pilot_takes_over(time.monotonic())
    wait(lambda: flight.robot.why_not(), 'the robot to notice')
    assert flight.robot.phase is Phase.IDLE
    assert 'somebody else chose POS' in flight.robot.why_not()
    count, until = len(flight.rules.set_points), time.monotonic() + 1.0
    wait(lambda: time.monotonic() > until, 'a second')
    assert len(flight.rules.set_points) == count
    assert flight.rules.mode is FlightMode.POSITION


def test_release_hands_over_to_hold(flight: Flight) -> None:
    flight.engage()
    assert flight.robot.ask(Request.RELEASE) == ''
    wait(lambda: flight.rules.mode is FlightMode.HOLD, 'hold')
    assert flight.rules.command(time.monotonic()).is_zero
    wait(lambda: flight.robot.why_not() == 'idle: released by the operator', 'the reason')


def test_release_wins_over_engaging() -> None:
    with flying('px4') as flight:
        flight.take_off()
        answers: list[str] = []
        thread = threading.Thread(target=lambda: answers.append(flight.robot.ask(Request.ENGAGE)))
        thread.start()
        wait(lambda: flight.robot.phase is Phase.WARMING_UP, 'warming up')
        assert flight.robot.ask(Request.RELEASE) == ''
        thread.join()
        assert answers
        assert answers[0] != ''
        assert flight.robot.phase is Phase.IDLE


def test_closing_leaves_it_holding() -> None:
    with flying('px4') as flight:
        flight.engage()
        flight.robot.close()
        assert flight.rules.mode is FlightMode.HOLD


@pytest.mark.parametrize('flavour', FLAVOURS)
@pytest.mark.parametrize(
    ('action', 'mode'),
    [('hold', FlightMode.HOLD), ('land', FlightMode.LAND), ('return', FlightMode.RETURN)],
)
def test_loss_leads_to_what_was_configured(flavour: str, action: str, mode: FlightMode) -> None:
    with flying(flavour, loss_action=action, loss_timeout=0.8) as flight:
        flight.engage()
        since, lost_at = len(flight.rules.history), time.monotonic()
        flight.command = VelocityCommand.stop('LOST')
        wait(lambda: flight.rules.history[since:], 'another mode')
        entered_at, entered = flight.rules.history[since]
        assert entered is mode
        assert 0.6 < entered_at - lost_at < 1.5
        wait(lambda: action in flight.robot.why_not(), 'the reason')


def test_a_target_that_stands_still_is_not_a_loss() -> None:
    with flying('px4', loss_action='land', loss_timeout=0.5) as flight:
        flight.engage()
        flight.command = VelocityCommand()  # zero, and no reason: it is being followed
        until = time.monotonic() + 1.5
        wait(lambda: time.monotonic() > until, 'more than the time-out')
        assert flight.rules.mode is FlightMode.FOLLOW


def test_disarmed_vehicle_gets_no_set_points(flight: Flight) -> None:
    flight.engage()
    flight.rules.armed = False
    wait(lambda: flight.robot.why_not() == 'idle: disarmed', 'the reason')


@pytest.mark.parametrize(
    ('address', 'advice'),
    [
        ('udp:1', 'udpin:HOST:PORT'),
        ('udpin:127.0.0.1', 'udpin:HOST:PORT'),
        ('tcp:127.0.0.1:5760', 'mavproxy.py --master tcp:127.0.0.1:5760'),
        ('', 'udpin:HOST:PORT'),
    ],
)
def test_other_addresses_are_refused(address: str, advice: str) -> None:
    with pytest.raises(InvalidInput, match=advice):
        MavlinkRobot(address).open()


def test_port_in_use_is_an_error() -> None:
    port = free_port(udp=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(('127.0.0.1', port))
        with pytest.raises(SourceError, match=str(port)):
            MavlinkRobot(f'udpin:127.0.0.1:{port}').open()
