# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
PX4 (offboard) and ArduPilot (guided) by plain MAVLink: velocity in body axes and yaw rate.

One thread of its own receives from the vehicle and sends the set-points at a fixed rate, so that
nothing slow elsewhere makes a gap. It arms, and takes and keeps control, only when asked to:

    IDLE ─ask(ENGAGE)─▶ WARMING_UP ─the mode is on─▶ ENGAGED ─loss, RELEASE─▶ LEAVING ─▶ IDLE
                                                        └─pilot, disarmed, link lost─▶ IDLE
"""

from __future__ import annotations

from collections.abc import Callable
import enum
import math
import threading
import time
from typing import Any

from follow_anything.core.control.supervisor import VehiclePose
from follow_anything.core.errors import BadConfig
from follow_anything.core.types import VelocityCommand
from follow_anything.robots.base import Request, RobotAdapter
from follow_anything.robots.mavlink.autopilots import ARDUPILOT, PX4
from follow_anything.robots.mavlink.link import Link, open_mavlink
from follow_anything.robots.mavlink.vehicle import AUTOPILOT, HEARTBEAT_TIMEOUT_S, VehicleState

__all__ = ['MavlinkRobot', 'Phase']

COMMAND_TIMEOUT_S = 0.3
"""A command that is not renewed for so long means zero."""

ACK_TIMEOUT_S, ATTEMPTS = 0.7, 3
MODE_TIMEOUT_S = 2.5
"""The heartbeat that shows a new mode may take a second."""

RETRY_S = 0.5

# Numbers of the MAVLink common message set.
DO_SET_MODE, ARM_DISARM, NAV_TAKEOFF = 176, 400, 22
ACCEPTED = 0
RESULTS = ('accepted', 'temporarily rejected', 'denied', 'unsupported', 'failed', 'in progress')
BODY_NED = 8
ONLY_VELOCITY_AND_YAW_RATE = 0b0101_1100_0111
ONBOARD_CONTROLLER, NO_AUTOPILOT, OUR_COMPONENT, ITS_COMPONENT = 18, 8, 191, AUTOPILOT


class Phase(str, enum.Enum):
    """Who controls the vehicle."""

    IDLE = 'idle'
    WARMING_UP = 'warming up'
    ENGAGED = 'engaged'
    LEAVING = 'leaving'


class MavlinkRobot(RobotAdapter):
    """
    One vehicle.

    :param address: udpin:HOST:PORT, udpout:HOST:PORT or serial:DEVICE:BAUD, and the forms that
        MAVSDK, MAVROS and pymavlink have for these; see mavlink_link.
    :param rate: set-points a second; PX4 wants more than 2.
    :param loss_action: 'hold', 'land' or 'return', the mode it gets when nothing was followed for
        loss_timeout seconds; 0: never, it hovers until the operator releases it.
    :raises BadConfig: there is no such loss_action.
    """

    def __init__(
        self,
        address: str,
        rate: float = 30.0,
        loss_action: str = 'hold',
        loss_timeout: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if loss_action not in PX4.actions:
            raise BadConfig(f'loss_action must be one of {", ".join(PX4.actions)}')
        self._address, self._rate, self._clock = address, rate, clock
        self._loss_action, self._loss_timeout = loss_action, loss_timeout
        self._link: Link | None = None
        self._thread: threading.Thread | None = None
        self._guard = threading.RLock()
        self._changed = threading.Condition(self._guard)
        self._reset()

    def _reset(self) -> None:
        self.vehicle = VehicleState()
        self.phase = Phase.IDLE
        self.note = 'nobody has engaged it'
        self.broken = ''
        self._command, self._commanded_at = VelocityCommand(), -math.inf
        self._followed_at = -math.inf
        self._leave_by, self._asked_to_leave_at = 'hold', -math.inf
        self._acks: dict[int, int] = {}
        self._running = False

    # The adapter's interface; from the controller's thread.

    def open(self) -> None:
        """
        Open the link and start the thread; no set-point is sent yet.

        :raises MissingDependency: pymavlink is not installed.
        :raises SourceError: the port or the device cannot be opened.
        """
        self._reset()
        self._link, self._mavlink = open_mavlink(self._address, 1, OUR_COMPONENT)
        self._running = True
        self._began = self._clock()
        self._thread = threading.Thread(
            target=self._run, args=(self._link,), name='mavlink', daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Switch the vehicle to its own hold mode if we fly it, and disconnect."""
        if self._thread is None or self._link is None:
            return
        self.ask(Request.RELEASE)
        with self._changed:
            self._changed.wait_for(lambda: self.phase is Phase.IDLE, timeout=MODE_TIMEOUT_S)
            self._running = False
        self._thread.join(timeout=2.0)
        self._link.close()
        self._thread = self._link = None

    def send(self, command: VelocityCommand, *, enabled: bool = True) -> None:
        """Take the newest command; the thread sends it on, as long as it is fresh."""
        with self._guard:
            now = self._clock()
            self._command, self._commanded_at = command, now
            if enabled and not command.reason:  # a reason says that nothing is being followed
                self._followed_at = now

    def why_not(self) -> str:
        """Return why the vehicle does not follow our commands; '' when it does."""
        with self._guard:
            if self.phase is Phase.ENGAGED:
                return ''
            return f'{self.phase.value}: {self.note}'

    def pose(self, now: float) -> VehiclePose | None:
        """Return where the vehicle says it is, east-north-up around its estimator's origin."""
        with self._guard:
            ours = self._clock()
            pose = self.vehicle.pose(ours)
        if pose is None:
            return None
        return VehiclePose(pose.stamp - ours + now, pose.position, pose.yaw, pose.velocity)

    def battery(self) -> float | None:
        """Return the charge the vehicle reports."""
        with self._guard:
            return self.vehicle.battery

    def ask(self, request: Request) -> str:
        """
        Do what the operator asks for; may take seconds, but for RELEASE.

        :return: '' when it is done, else why not, in the vehicle's words where it has some.
        """
        if self._link is None or self.broken:
            return self.broken or 'the link is not open'
        if request is Request.ARM:
            return self.vehicle.why_not_armable(self._clock()) or self._order(ARM_DISARM, 1.0)
        if request is Request.DISARM:
            return self._order(ARM_DISARM, 0.0)
        if request is Request.ENGAGE:
            return self._engage()
        self._leave('hold', 'released by the operator')
        return ''

    def take_off(self, height_m: float) -> str:
        """
        Ask an armed vehicle to climb, when the operator wants it.

        :param height_m: for ArduPilot; PX4 climbs to its own MIS_TAKEOFF_ALT.
        :return: '' when it begins to, else why not.
        """
        vehicle = self.vehicle
        why_not = vehicle.why_not_armable(self._clock())
        if why_not or not vehicle.armed:
            return why_not or 'not armed'
        if vehicle.flavour is ARDUPILOT:  # whose take-off belongs to the mode that follows
            mode = ARDUPILOT.mode_parameters(ARDUPILOT.follow)
            why_not = self._order(DO_SET_MODE, 1.0, *mode)
            if why_not:
                return why_not
        height = math.nan if vehicle.flavour is PX4 else height_m
        return self._order(NAV_TAKEOFF, 0.0, 0.0, 0.0, math.nan, math.nan, math.nan, height)

    # Taking and giving back control.

    def _engage(self) -> str:
        with self._guard:
            if self.phase is Phase.ENGAGED:
                return ''
            why_not = self.vehicle.why_not_flyable(self._clock())
            flavour = self.vehicle.flavour
            if why_not or flavour is None:
                return why_not
            self.phase, self.note = Phase.WARMING_UP, 'taking control'
        for _ in range(ATTEMPTS):  # a gap in the stream is forgiven
            time.sleep(flavour.warm_up)
            with self._guard:
                if self.phase is not Phase.WARMING_UP:  # released meanwhile, or worse
                    return self.note
                why_not = self._order(DO_SET_MODE, 1.0, *flavour.mode_parameters(flavour.follow))
            if not why_not:
                break
        with self._changed:
            if not why_not and not self._changed.wait_for(
                lambda: self.phase is not Phase.WARMING_UP or self.vehicle.follows(),
                timeout=MODE_TIMEOUT_S,
            ):
                why_not = f'it accepted, and stays in {self.vehicle.mode_name}'
            if self.phase is not Phase.WARMING_UP:
                self._send_mode('hold')  # it was let go while the vehicle was changing its mode
                return why_not or self.note
            self.phase = Phase.IDLE if why_not else Phase.ENGAGED
            self.note = why_not
            self._followed_at = self._clock()
            return why_not

    def _leave(self, action: str, note: str) -> None:
        """Give control back through one of the vehicle's own modes; zero until it has it."""
        with self._changed:
            if self.phase is Phase.ENGAGED:
                self.phase, self.note = Phase.LEAVING, note
                self._leave_by, self._asked_to_leave_at = action, -math.inf
            elif self.phase is Phase.WARMING_UP:
                self._drop(note)

    def _drop(self, note: str) -> None:
        """Send no more set-points until ENGAGE is asked for again."""
        self.phase, self.note = Phase.IDLE, note
        self._changed.notify_all()

    def _order(self, command: int, *parameters: float) -> str:
        """Send a command until it is acknowledged; return '' or why not."""
        values = (*parameters, *[0.0] * (7 - len(parameters)))
        with self._changed:
            self._acks.pop(command, None)
            self.vehicle.last_text = ''
            for attempt in range(ATTEMPTS):
                self._mavlink.command_long_send(
                    self.vehicle.system, ITS_COMPONENT, command, attempt, *values
                )
                if self._changed.wait_for(lambda: command in self._acks, timeout=ACK_TIMEOUT_S):
                    break
            result = self._acks.get(command)
            if result is None:
                return 'the vehicle does not answer'
            if result == ACCEPTED:
                return ''
            word = RESULTS[result] if result < len(RESULTS) else f'result {result}'
            # The text that explains a refusal may come just before or just after it.
            self._changed.wait_for(lambda: bool(self.vehicle.last_text), timeout=0.2)
            return f'refused ({word}) {self.vehicle.last_text}'.rstrip()

    # The thread.

    def _run(self, link: Link) -> None:
        due = beat_due = self._clock()
        while self._running:
            try:
                data = link.receive(min(due - self._clock(), 0.05))
                with self._changed:
                    for message in self._mavlink.parse_buffer(data) or () if data else ():
                        self._receive(message)
                        if self.vehicle.flavour is not None and self.vehicle.is_own(message):
                            link.keep_peer()
                now = self._clock()
                if now < due:
                    continue
                due = max(due + 1.0 / self._rate, now)
                with self._changed:
                    if now >= beat_due:
                        beat_due = now + 1.0
                        self._mavlink.heartbeat_send(ONBOARD_CONTROLLER, NO_AUTOPILOT, 0, 0, 4)
                    self._tick(now)
            except OSError as error:  # a cable was pulled, a device is gone
                with self._changed:
                    self.broken = f'the link is broken: {error}'
                    self._drop(self.broken)
                return

    def _receive(self, message: Any) -> None:
        self.vehicle.take_message(message, self._clock())
        sender = message.get_srcSystem(), message.get_srcComponent()
        if message.get_type() == 'COMMAND_ACK' and sender == (self.vehicle.system, AUTOPILOT):
            in_progress = message.result == len(RESULTS) - 1
            if not in_progress:
                self._acks[message.command] = message.result
        self._changed.notify_all()

    def _tick(self, now: float) -> None:
        """Send one set-point, when we fly; notice everything that ends that."""
        vehicle = self.vehicle
        if self.phase is Phase.IDLE:
            return
        if vehicle.silence(now) > HEARTBEAT_TIMEOUT_S:
            # Not a word more: without set-points the autopilot holds by itself.
            self._drop('link lost: no heartbeat of the vehicle')
            return
        if self.phase is not Phase.WARMING_UP and not vehicle.follows():
            left = self.phase is Phase.LEAVING
            self._drop(self.note if left else f'somebody else chose {vehicle.mode_name}')
            return
        if not vehicle.armed:
            self._drop('disarmed')
            return
        fresh = self.phase is Phase.ENGAGED and now - self._commanded_at <= COMMAND_TIMEOUT_S
        self._send_set_point(self._command if fresh else VelocityCommand(), now)
        if self.phase is Phase.ENGAGED and 0 < self._loss_timeout < now - self._followed_at:
            note = f'nothing followed for {self._loss_timeout:g} s: {self._loss_action}'
            self._leave(self._loss_action, note)
        if self.phase is Phase.LEAVING and now - self._asked_to_leave_at >= RETRY_S:
            self._asked_to_leave_at = now
            self._send_mode(self._leave_by)

    def _send_mode(self, action: str) -> None:
        flavour = self.vehicle.flavour
        if flavour is None:
            return
        main, sub = flavour.mode_parameters(flavour.actions[action])
        self._mavlink.command_long_send(
            self.vehicle.system, ITS_COMPONENT, DO_SET_MODE, 0, 1.0, main, sub, 0, 0, 0, 0
        )

    def _send_set_point(self, command: VelocityCommand, now: float) -> None:
        """From forward-left-up to MAVLink's forward-right-down."""
        self._mavlink.set_position_target_local_ned_send(
            int((now - self._began) * 1e3) & 0xFFFFFFFF,
            self.vehicle.system,
            ITS_COMPONENT,
            BODY_NED,
            ONLY_VELOCITY_AND_YAW_RATE,
            *(0.0, 0.0, 0.0),
            *(command.vx, -command.vy, -command.vz),
            *(0.0, 0.0, 0.0),
            0.0,
            -command.yaw_rate,
        )
