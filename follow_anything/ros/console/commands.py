# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the console sends to the graph: queries, orders, and STOP, which overrides them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
import threading
from typing import Any

from diagnostic_msgs.msg import KeyValue
from follow_anything.console.link import Answer, Mode, Order, Report
from follow_anything.core.config import ControllerConfig, DetectorConfig, TrackerConfig
from follow_anything.ros import qos
from follow_anything.ros.console.inputs import Inputs
from follow_anything.ros.messages import conversions
from follow_anything.ros.messages.world import choice_to_msg
from follow_anything.ros.node import FollowNode
from follow_anything.ros.services.service import Service
from geometry_msgs.msg import PointStamped
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import GetParameters, SetParameters
from sensor_msgs.msg import Image, RegionOfInterest
from std_msgs.msg import Empty, Header, Int32, String
from std_srvs.srv import SetBool, Trigger

__all__ = ['Commands']

DRAIN_S, ASK_S = 0.02, 1.0
ANSWER_WITHIN_S, STOP_AGAIN_S = 3.0, 0.3
QUERY_WITHIN_S = 8.0
"""The detector reports what it could not read once a second, and may have words to encode."""

BELIEVE_ANSWER_S = 1.5
"""Diagnostics are up to a second old: an answer that came later is believed for so long."""

CONTROLLER, TRACKER = ControllerConfig.node, TrackerConfig.node
STOP = f'{CONTROLLER}/stop'
LARGEST_DISTANCE_M = 100.0

FOLLOW, DISTANCE = 'servo.follow', 'servo.follow_distance'
NEAREST, SIDE = 'servo.min_distance', 'servo.side_offset'
"""The controller's parameters that the page shows or sets."""

Callback = Callable[[Answer], None]
Size = tuple[int, int]


@dataclass(frozen=True)
class Given:
    """An order, the size of the picture it was given on, and how many STOPs there had been."""

    what: Order
    value: Any
    answer: Callback
    size: Size | None
    stops: int


def _ignore(_: str) -> None:
    """Ignore the failure: the call is repeated."""


class Commands:
    """
    Publishers and clients.

    Orders come from the web server's thread, and the executor's carries them out. STOP does not
    wait for that: it is published at once, and repeated until the controller answers.
    """

    def __init__(self, node: FollowNode) -> None:
        self._node = node
        self._orders: deque[Given] = deque(maxlen=64)
        self._guard = threading.Lock()
        self._stops = 0
        self._is_stopping = False
        self._stopped_at = self._answered_at = float('-inf')
        self._enabled: bool | None = None
        self._settings: dict[str, Any] = {}
        self._query: tuple[Callback, float, int] | None = None
        self._stop = node.advertise(Empty, 'stop', qos.QUERY)
        self._click = node.advertise(PointStamped, 'query/click', qos.QUERY)
        self._box = node.advertise(RegionOfInterest, 'query/box', qos.QUERY)
        self._text = node.advertise(String, 'query/text', qos.QUERY)
        self._image = node.advertise(Image, 'query/image', qos.QUERY)
        self._pick = node.advertise(Int32, 'candidates/pick', qos.COMMAND)
        self._choose = node.advertise(KeyValue, 'world/choose', qos.QUERY)
        kinds = {
            f'{TRACKER}/confirm': Trigger,
            f'{TRACKER}/reject': Trigger,
            f'{TRACKER}/stop': Trigger,
            STOP: Trigger,
            f'{CONTROLLER}/enable': SetBool,
            f'{CONTROLLER}/set_parameters': SetParameters,
            f'{CONTROLLER}/get_parameters': GetParameters,
        }
        self._services = {
            name: Service(node, kind, name, STOP_AGAIN_S if name == STOP else ANSWER_WITHIN_S)
            for name, kind in kinds.items()
        }

    def start(self, inputs: Inputs) -> None:
        """Work from now on."""
        self._inputs = inputs
        inputs.on_accepted = self._on_accepted
        inputs.on_diagnostics = self._on_diagnostics
        inputs.on_world = self._on_world
        self._node.every(DRAIN_S, self._drain)
        self._node.every(ASK_S, self._ask)

    def with_settings(self, report: Report) -> Report:
        """Return a report with the mode and what the operator can set, as far as it is known."""
        known = self._settings
        limits = (float(known.get(NEAREST, 0.3)), LARGEST_DISTANCE_M)
        return replace(
            report,
            mode=self._mode(),
            distance_m=known.get(DISTANCE),
            distance_limits=limits,
            side_m=known.get(SIDE),
        )

    def _mode(self) -> Mode | None:
        follow = self._settings.get(FOLLOW)
        if self._is_stopping or self._enabled is False:
            return Mode.HOLD
        if self._enabled is None or follow is None:
            return None
        return Mode.FOLLOW if follow else Mode.LOOK

    def stop(self, why: str) -> None:
        """Command zero velocity at once; any thread."""
        with self._guard:
            self._stops += 1
            self._is_stopping, self._stopped_at = True, self._node.steady_now()
        self._stop.publish(Empty())
        self._node.get_logger().warning(f'stopped: {why}')

    def order(self, what: Order, value: Any, answer: Callback, size: Size | None) -> None:
        """Take an order; any thread."""
        if len(self._orders) == self._orders.maxlen:
            answer(Answer(False, 'too many orders at once: this one was left out'))
            return
        self._orders.append(Given(what, value, answer, size, self._stops))

    # The executor's thread.

    def _drain(self) -> None:
        now = self._node.steady_now()
        while self._orders:
            self._carry_out(self._orders.popleft())
        if self._is_stopping:
            self._repeat_stop()
        if self._query is not None and now - self._query[1] > QUERY_WITHIN_S:
            self._tell_query(Answer(False, 'the detector has not answered'))
        for service in self._services.values():
            service.tick(now)

    def _repeat_stop(self) -> None:
        """Call the controller's stop service until it answers that it holds."""
        service, stops = self._services[STOP], self._stops
        if service.is_waiting or not service.is_there:
            return

        def answered(response: Trigger.Response) -> None:
            self._enabled, self._answered_at = False, self._node.steady_now()
            with self._guard:
                if self._stops == stops:  # else it is another STOP's turn to be answered
                    self._is_stopping = False

        def failed(_: str) -> None:
            self._stop.publish(Empty())

        service.ask(self._node.steady_now(), Trigger.Request(), answered, failed)

    def _carry_out(self, given: Given) -> None:
        what, value, answer = given.what, given.value, given.answer
        if what in (Order.CLICK, Order.BOX):
            self._point(given)
        elif what is Order.TEXT:
            self._await_query(answer)
            self._text.publish(String(data=value))
        elif what is Order.IMAGE:
            self._await_query(answer)
            self._image.publish(conversions.image_to_msg(value, Header()))
        elif what is Order.PICK:
            self._pick.publish(Int32(data=value))
            answer(Answer(True, ''))
        elif what is Order.WORLD:
            self._choose_world(value, answer)
        elif what is Order.MODE:
            self._set_mode(value, answer, given.stops)
        elif what is Order.DISTANCE:
            self._set({DISTANCE: float(value)}, lambda: answer(Answer(True, '')), answer)
        elif what is Order.SIDE:
            self._set({SIDE: float(value)}, lambda: answer(Answer(True, '')), answer)
        else:
            self._trigger(what, answer)

    def _choose_world(self, wanted: tuple[str, str], answer: Callback) -> None:
        """Publish the choice of another world; a STOP stays in force in it."""
        world = self._inputs.report().world
        if world is None:
            answer(Answer(False, 'there is no simulator whose world could be chosen'))
            return
        scenario, robot = wanted
        if scenario not in world.scenarios or robot not in world.robots:
            known = f'{", ".join(world.scenarios)}; {", ".join(world.robots)}'
            answer(Answer(False, f'world: expected one of {known}'))
            return
        self._choose.publish(choice_to_msg(scenario, robot))
        answer(Answer(True, f'{scenario}, {robot}: begins anew, and the target is forgotten'))

    def _on_world(self) -> None:
        """Take another world; its controller is new, so a STOP is sent to it again."""
        was_stopped = self._mode() is Mode.HOLD
        self._tell_query(Answer(False, 'the world was changed'))
        self._enabled = None
        self._answered_at = self._stopped_at = float('-inf')
        if was_stopped:
            self.stop('it was stopped in the world before')

    def _trigger(self, what: Order, answer: Callback) -> None:
        names = {Order.CONFIRM: 'confirm', Order.REJECT: 'reject', Order.FORGET: 'stop'}

        def answered(response: Trigger.Response) -> None:
            answer(Answer(response.success, response.message))

        name = f'{TRACKER}/{names[what]}'
        self._call(name, Trigger.Request(), answered, lambda why: answer(Answer(False, why)))

    def _point(self, given: Given) -> None:
        if given.size is None:
            given.answer(Answer(False, 'there is no picture to point at'))
            return
        self._await_query(given.answer)
        (width, height), value = given.size, given.value
        if given.what is Order.CLICK:
            point = PointStamped()
            point.point.x = min(value[0] * width, width - 1.0)
            point.point.y = min(value[1] * height, height - 1.0)
            self._click.publish(point)
            return
        left, top = round(value[0] * width), round(value[1] * height)
        region = RegionOfInterest(x_offset=left, y_offset=top)
        region.width = max(1, min(round(value[2] * width), width - left))
        region.height = max(1, min(round(value[3] * height), height - top))
        self._box.publish(region)

    def _await_query(self, answer: Callback) -> None:
        self._tell_query(Answer(True, ''))
        self._query = answer, self._node.steady_now(), self._errors_of_detector()

    def _errors_of_detector(self) -> int:
        errors = self._inputs.diagnostics.get(DetectorConfig.node, {}).get('errors', '0')
        return int(errors) if errors.isdecimal() else 0

    def _tell_query(self, answer: Answer) -> None:
        if self._query is not None:
            answer_to, self._query = self._query[0], None
            answer_to(answer)

    def _on_accepted(self, _: str) -> None:
        self._tell_query(Answer(True, ''))

    def _on_diagnostics(self, name: str, values: dict[str, str]) -> None:
        now = self._node.steady_now()
        is_believed = now - max(self._answered_at, self._stopped_at) > BELIEVE_ANSWER_S
        if name == CONTROLLER and 'enabled' in values and is_believed:
            self._enabled = values['enabled'] == 'True'
        is_refused = self._query is not None and self._errors_of_detector() > self._query[2]
        if name == DetectorConfig.node and is_refused:
            self._tell_query(Answer(False, values.get('last_error', 'it was refused')))

    def _set_mode(self, mode: Mode, answer: Callback, stops: int) -> None:
        """Set what may move first, allow motion then; a STOP since the order wins."""
        with self._guard:
            if self._stops == stops:
                self._is_stopping = False

        def allow() -> None:
            if self._stops != stops:
                answer(Answer(False, 'stopped meanwhile'))
                return
            request = SetBool.Request(data=True)
            self._call(f'{CONTROLLER}/enable', request, allowed, refused)

        def allowed(response: SetBool.Response) -> None:
            if self._stops != stops:  # it may have come to the controller after the STOP
                self.stop('STOP came while motion was being allowed')
                answer(Answer(False, 'stopped meanwhile'))
                return
            self._enabled, self._answered_at = True, self._node.steady_now()
            answer(Answer(response.success, ''))

        def refused(why: str) -> None:
            answer(Answer(False, why))

        self._set({FOLLOW: mode is Mode.FOLLOW}, allow, answer)

    def _set(self, values: dict[str, Any], done: Callable[[], None], answer: Callback) -> None:
        request = SetParameters.Request()
        request.parameters = [Parameter(name=n, value=_value(v)) for n, v in values.items()]

        def answered(response: SetParameters.Response) -> None:
            why = next((r.reason for r in response.results if not r.successful), '')
            if why or not response.results:
                answer(Answer(False, why or 'the controller refused it'))
                return
            self._settings |= values
            done()

        name = f'{CONTROLLER}/set_parameters'
        self._call(name, request, answered, lambda why: answer(Answer(False, why)))

    def _ask(self) -> None:
        """Read the parameters that the page shows; other nodes may change them, too."""
        names = [FOLLOW, DISTANCE, NEAREST, SIDE]

        def answered(response: GetParameters.Response) -> None:
            kinds = {1: 'bool_value', 2: 'integer_value', 3: 'double_value'}
            for name, value in zip(names, response.values, strict=False):
                if value.type in kinds:
                    self._settings[name] = getattr(value, kinds[value.type])

        name = f'{CONTROLLER}/get_parameters'
        if not self._services[name].is_waiting:
            self._call(name, GetParameters.Request(names=names), answered, _ignore)

    def _call(
        self,
        name: str,
        request: Any,
        answered: Callable[[Any], None],
        failed: Callable[[str], None],
    ) -> None:
        service = self._services[name]
        if service.is_there:
            service.ask(self._node.steady_now(), request, answered, failed)
        else:
            failed(f'{name.split("/")[0]} is not there')


def _value(value: Any) -> ParameterValue:
    if isinstance(value, bool):
        return ParameterValue(type=ParameterType.PARAMETER_BOOL, bool_value=value)
    return ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=value)
