# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""MAVSDK, a client we did not write, flies the stand-in: it speaks MAVLink as PX4 does."""

from __future__ import annotations

from collections.abc import Iterator
import math
import time
from typing import Any

from follow_anything.launcher.processes import free_port
from follow_anything.sim.vehicle.autopilot import StandIn
from follow_anything.sim.vehicle.flight_rules import FlightMode as OurMode
from follow_anything.sim.vehicle.vehicles import make_vehicle, Vehicle
import pytest
from waiting import wait

mavsdk = pytest.importorskip('mavsdk', reason='mavsdk is not installed: pip install mavsdk')
pytest.importorskip('pymavlink', reason='pymavlink is not installed: pip install pymavlink')

from mavsdk.plugins.action import Action, ActionError, ActionResult
from mavsdk.plugins.offboard import Offboard, OffboardError, VelocityBodyYawspeed
from mavsdk.plugins.telemetry import FlightMode, Telemetry

pytestmark = pytest.mark.mavlink


class Session:
    """MAVSDK, connected with a stand-in of PX4 that has a drone behind it."""

    def __init__(self, system: Any, autopilot: StandIn, vehicle: Vehicle) -> None:
        self.rules, self.vehicle = autopilot.rules, vehicle
        self.action, self.offboard = Action(system), Offboard(system)
        self.telemetry = Telemetry(system)

    def take_off(self) -> None:
        self.action.arm()
        wait(self.telemetry.armed, 'armed')
        self.action.takeoff()
        wait(lambda: self.rules.mode is OurMode.HOLD, 'the end of the take-off')
        wait(lambda: self.telemetry.flight_mode() == FlightMode.HOLD, 'MAVSDK to see it')


@pytest.fixture
def session() -> Iterator[Session]:
    port = free_port(udp=True)
    vehicle = make_vehicle('drone', (0.0, 0.0, 0.3), 0.5, 0.0, 0)
    vehicle.position[2] = 0.0
    autopilot = StandIn(port, vehicle.odometry(0.0), 'px4', set_point_timeout=0.5)
    autopilot.run_vehicle(vehicle)
    kind = mavsdk.ComponentType.GROUND_STATION
    configuration = mavsdk.Configuration.create_with_component_type(kind)
    with autopilot, mavsdk.Mavsdk(configuration) as station:
        station.add_any_connection(f'udpin://127.0.0.1:{port}')
        system = station.first_autopilot(timeout_s=15.0)
        assert system is not None, 'MAVSDK does not discover it'
        yield Session(system, autopilot, vehicle)


def test_mavsdk_discovers_it_and_reads_its_state(session: Session) -> None:
    wait(lambda: session.telemetry.position().latitude_deg > 40, 'a position')
    position = session.telemetry.position()
    assert position.latitude_deg == pytest.approx(47.397742, abs=1e-4)
    assert position.relative_altitude_m == pytest.approx(0.0, abs=0.01)
    assert not session.telemetry.armed()
    assert not session.telemetry.in_air()


def test_mavsdk_arms_takes_off_flies_and_lands(session: Session) -> None:
    session.take_off()
    assert session.telemetry.in_air()
    start = session.vehicle.position.copy()
    session.offboard.set_velocity_body(VelocityBodyYawspeed(0.0, 0.0, 0.0, 0.0))
    time.sleep(1.2)
    session.offboard.start()
    wait(lambda: session.telemetry.flight_mode() == FlightMode.OFFBOARD, 'offboard')
    session.offboard.set_velocity_body(VelocityBodyYawspeed(1.0, 0.5, -0.2, 10.0))
    # Its right is our minus left, its down our minus up, and it turns the other way round.
    wanted = pytest.approx((1.0, -0.5, 0.2, -math.radians(10.0)), abs=1e-6)
    wait(lambda: session.rules.command(time.monotonic()).axes == wanted, 'the command')
    moves = pytest.approx([1.0, -0.5, 0.2], abs=0.15)
    wait(lambda: session.vehicle.odometry(0.0).linear == moves, 'the drone to move so')
    moved = session.vehicle.position - start
    ned = session.telemetry.position_velocity_ned()
    assert ned.velocity.north_m_s * moved[1] > 0
    assert ned.velocity.east_m_s * moved[0] > 0
    session.offboard.stop()
    wait(lambda: session.rules.mode is OurMode.HOLD, 'hold')
    session.action.land()
    wait(lambda: not session.telemetry.armed(), 'landed and disarmed', 30.0)
    assert session.vehicle.position[2] < 0.2


def test_mavsdk_is_refused_as_px4_would(session: Session) -> None:
    with pytest.raises(ActionError) as refusal:
        session.action.takeoff()
    assert refusal.value.result == ActionResult.COMMAND_DENIED
    session.rules.healthy = False
    with pytest.raises(ActionError) as refusal:
        session.action.arm()
    assert refusal.value.result == ActionResult.COMMAND_DENIED
    session.rules.healthy = True
    session.take_off()
    with pytest.raises(OffboardError):  # no set-point yet
        session.offboard.start()
    assert session.rules.mode is OurMode.HOLD


def test_offboard_that_falls_silent_becomes_hold(session: Session) -> None:
    session.take_off()
    session.offboard.set_velocity_body(VelocityBodyYawspeed(0.0, 0.0, 0.0, 0.0))
    time.sleep(1.2)
    session.offboard.start()
    wait(lambda: session.rules.mode is OurMode.FOLLOW, 'offboard')
    session.rules.set_point_timeout = 1e-3  # MAVSDK itself never pauses for as long as that
    wait(lambda: session.rules.mode is OurMode.HOLD, 'hold')
    wait(lambda: session.telemetry.flight_mode() == FlightMode.HOLD, 'MAVSDK to see it')
