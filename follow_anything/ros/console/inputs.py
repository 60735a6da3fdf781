# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Subscriptions of the console, gathered into one report."""

from __future__ import annotations

import math
from typing import Any, TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from follow_anything.console.link import Report, ShownCandidate, WorldInfo
from follow_anything.core.config import ControllerConfig, DetectorConfig, TrackerConfig
from follow_anything.core.types import Box, Target, TargetState, VelocityCommand
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions, targets
from follow_anything.ros.messages.world import world_from_msg
from follow_anything.ros.node import FollowNode
from geometry_msgs.msg import TwistStamped
import numpy as np
from sensor_msgs.msg import BatteryState
from std_msgs.msg import String
from vision_msgs.msg import Detection2D, Detection2DArray

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ['Inputs']

NODES = (DetectorConfig.node, TrackerConfig.node, ControllerConfig.node)
SILENT_AFTER_S = 3.5
"""A node says how it is once a second."""

FRESH_S, BATTERY_FRESH_S, CANDIDATES_FRESH_S = 0.6, 30.0, 0.6
TRACK_FRESH_S, WORLD_CHECK_S = 1.5, 1.0

Share = tuple[float, float, float, float]


class Inputs:
    """
    Subscribes while the node is active; `report()` may be called in any thread.

    `on_accepted`, `on_diagnostics` and `on_world` are called in the executor's thread.
    """

    def __init__(self, node: FollowNode) -> None:
        self._node = node
        self._state = self._limits = self._query = ''
        self._received_at: dict[str, float] = {}
        self.diagnostics: dict[str, dict[str, str]] = {}
        self._target: Target | None = None
        self._targets: dict[float, Target] = {}
        self._command: VelocityCommand | None = None
        self._candidates: tuple[float, list[tuple[int, Box, float]]] = (-math.inf, [])
        self._battery: float | None = None
        self._world: WorldInfo | None = None
        self.on_world: Callable[[], None] = lambda: None
        self.on_accepted: Callable[[str], None] = lambda text: None
        self.on_diagnostics: Callable[[str, dict[str, str]], None] = lambda name, values: None
        controller = ControllerConfig.node
        node.subscribe(String, 'state', self._on_state, qos.LATCHED)
        node.subscribe(String, f'{controller}/limits', self._on_limits, qos.LATCHED)
        node.subscribe(Detection2DArray, 'candidates', self._on_candidates, qos.COMMAND)
        node.subscribe(TwistStamped, f'{controller}/command', self._on_command, qos.COMMAND)
        node.subscribe(KeyValue, 'query/accepted', self._on_accepted, qos.LATCHED)
        node.subscribe(BatteryState, 'battery', self._on_battery, qos.IMAGE)
        node.subscribe(DiagnosticArray, '/diagnostics', self._on_diagnostics, qos.QUERY)
        node.subscribe(DiagnosticStatus, 'world', self._on_world, qos.LATCHED)
        node.every(WORLD_CHECK_S, self._check_world)

    def silence(self, what: str) -> float:
        """Return the seconds since the last message."""
        return self._node.steady_now() - self._received_at.get(what, -math.inf)

    def report(self) -> Report:
        """Return the state of the graph, without the settings of the console."""
        tracker = self._said_by(TrackerConfig.node)
        target = self._target if self.silence('track') < FRESH_S else None
        is_of_state = tracker.get('state') == self._state
        command = self._command if self.silence('command') < FRESH_S else None
        moves = command is not None and not command.is_zero
        return Report(
            state=self._state if self.silence(TrackerConfig.node) < SILENT_AFTER_S else '',
            reason=tracker.get('reason', '') if is_of_state else '',
            presence=_presence(target, tracker if is_of_state else {}),
            margin=_number(tracker.get('margin')) if is_of_state else None,
            range_m=_range_of(target),
            speed=None if command is None else (command.vx, command.yaw_rate),
            holding='' if moves else self._why_still(),
            limits=self._limits,
            battery=self._battery if self.silence('battery') < BATTERY_FRESH_S else None,
            query=self._query,
            silent=tuple(name for name in NODES if self.silence(name) > SILENT_AFTER_S),
            world=self._world,
        )

    def _said_by(self, name: str) -> dict[str, str]:
        return self.diagnostics.get(name, {}) if self.silence(name) < SILENT_AFTER_S else {}

    def _why_still(self) -> str:
        if self._state != TargetState.TRACKING.value:
            return self._state
        said = self._said_by(ControllerConfig.node).get('message', 'no message of the controller')
        return '' if said == 'following' else said

    def found_in(
        self, stamp: float, size: tuple[int, int]
    ) -> tuple[Share | None, tuple[ShownCandidate, ...]]:
        """
        Return the target's box and the candidates in a picture.

        :param stamp: of the picture, seconds. :param size: (width, height) of it, pixels.
        """
        target = self._targets.get(stamp)
        if target is None and self.silence('track') < TRACK_FRESH_S:  # a slow tracker: its newest
            target = self._target
        box = None if target is None or target.box is None else _share(target.box, size)
        seen_at, found = self._candidates
        if not abs(stamp - seen_at) <= CANDIDATES_FRESH_S:
            return box, ()
        return box, tuple(ShownCandidate(n, _share(b, size), p) for n, b, p in found)

    def on_track(self, message: Detection2D) -> None:
        """Take the target of a picture."""
        self._received('track')
        self._target = targets.target_from_msg(message)
        self._targets[self._target.stamp] = self._target
        while len(self._targets) > 16:
            del self._targets[next(iter(self._targets))]

    def _received(self, what: str) -> None:
        self._received_at[what] = self._node.steady_now()

    def _on_state(self, message: String) -> None:
        self._state = message.data if message.data in TargetState.__members__ else ''

    def _on_limits(self, message: String) -> None:
        self._limits = message.data

    def _on_candidates(self, message: Detection2DArray) -> None:
        found = []
        for row in message.detections:
            box = conversions.box_from_msg(row)
            if box is not None and row.id.isdecimal() and row.results:
                found.append((int(row.id), box, float(row.results[0].hypothesis.score)))
        self._candidates = conversions.seconds(message.header.stamp), found

    def _on_command(self, message: TwistStamped) -> None:
        self._received('command')
        self._command = conversions.command_from_twist(message.twist)

    def _on_accepted(self, message: KeyValue) -> None:
        accepted = conversions.accepted_from_msg(message)
        self._query = '' if accepted.forgotten else accepted.understood
        self.on_accepted(self._query)

    def _on_battery(self, message: BatteryState) -> None:
        charge = float(message.percentage)
        if math.isfinite(charge) and 0.0 <= charge <= 1.0:
            self._received('battery')
            self._battery = charge

    def _on_world(self, message: DiagnosticStatus) -> None:
        """Take the world that runs; with a new one, all that is known is dropped."""
        before, self._world = self._world, world_from_msg(message)
        if before is None or before.number == self._world.number:
            return
        self._state = self._limits = self._query = ''
        self._target, self._command = None, None
        self._targets.clear()
        self._candidates = (-math.inf, [])
        self._received_at.clear()
        self.diagnostics.clear()
        self.on_world()

    def _check_world(self) -> None:
        """Offer the choice of worlds only while a node subscribes to it."""
        if self._world is not None and not self._node.count_publishers('world'):
            self._world = None

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        own = self._node.get_namespace().rstrip('/')
        for status in message.status:
            name = status.name.removeprefix(f'{own}/')
            if name in NODES:
                self._received(name)
                values = {pair.key: pair.value for pair in status.values}
                self.diagnostics[name] = {**values, 'message': status.message}
                self.on_diagnostics(name, values)


def _share(box: Box, size: tuple[int, int]) -> Share:
    """Return x, y, width and height as shares of the picture."""
    left, top, right, bottom = (float(value) for value in box.xyxy)
    width, height = size
    return left / width, top / height, (right - left) / width, (bottom - top) / height


def _presence(target: Target | None, said: dict[str, str]) -> float | None:
    if target is not None and target.state.may_move:
        return float(target.presence)
    return _number(said.get('presence'))


def _range_of(target: Target | None) -> float | None:
    if target is None or target.position is None:
        return None
    distance = float(np.linalg.norm(target.position))
    return distance if target.range_std < distance else None


def _number(text: Any) -> float | None:
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None
