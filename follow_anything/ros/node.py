# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Base of all nodes: parameters, life cycle, heartbeat, diagnostics, shutdown."""

from __future__ import annotations

from collections.abc import Callable, Collection
import contextlib
import os
from pathlib import Path
import signal
import sys
import traceback
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from follow_anything.core.config import Config
from follow_anything.core.errors import FollowAnythingError, InvalidInput
from follow_anything.ros import qos
from follow_anything.ros.neighbours import duplicates
from follow_anything.ros.parameters import declared
from follow_anything.ros.parameters.old_names import NodeWithOldNames
from follow_anything.ros.startup import begin, check_sections
import rclpy
from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]
from rclpy.exceptions import ParameterException
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from std_msgs.msg import Empty

__all__ = ['FollowNode', 'make_executor', 'run']

HEARTBEAT_PERIOD_S = 0.05
DIAGNOSTICS_PERIOD_S = 1.0

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


class FollowNode(NodeWithOldNames):
    """
    Base of the nodes. A subclass declares its publishers, its subscriptions and its diagnostics.

    Publishers are made on configure, models and subscriptions on activate, and they go away
    again in the opposite order. Timers run on the steady clock: a simulated clock that stops
    must not stop a watchdog.
    """

    niceness = 0
    """Of the process: on a busy machine, what only serves waits for what steers."""

    def __init__(self) -> None:
        super().__init__(self.config_type.node)
        self.config: Any = declared.declare(self, self.config_type)
        self.just_set: Collection[str] = ()  # the parameters that on_config is called for
        declared.watch(self, lambda: self.config, self._accept)
        self.steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.errors = self._errors_reported = 0
        self.last_error = self._conflict = ''
        self.failed = False
        self._undo: list[Callable[[], object]] = []
        self._advertised: list[Any] = []
        self._diagnostics: Any = None
        self._heartbeat: Any = None

    # What a subclass fills in.

    def build(self) -> None:
        """Make the publishers."""

    def start(self) -> None:
        """Load models, subscribe, start threads."""

    def halt(self) -> None:
        """Stop the robot; publishers still work here."""

    def on_config(self) -> None:
        """Take self.config, which has just changed on the live node, or raise why not."""

    def diagnose(self) -> tuple[bytes, str, dict[str, object]]:
        """Return level, message and values for /diagnostics."""
        return OK, 'running', {}

    def neighbours(self) -> str:
        """Return conflicts with other nodes on the graph; '' when all is well."""
        return duplicates(self, simulated=self.get_parameter('use_sim_time').value is True)

    # What a subclass uses.

    def now(self) -> float:
        """Return the node's time (simulated where use_sim_time is set), in seconds."""
        return float(self.get_clock().now().nanoseconds) * 1e-9

    def steady_now(self) -> float:
        """Return a time that never jumps and never stops, in seconds."""
        return float(self.steady.now().nanoseconds) * 1e-9

    def advertise(self, kind: Any, topic: str, profile: Any) -> Any:
        """Make a publisher that lives until the node is cleaned up."""
        publisher = self.create_publisher(kind, topic, profile)
        self._advertised.append(publisher)
        return publisher

    def subscribe(
        self, kind: Any, topic: str, callback: Callable[[Any], None], profile: Any
    ) -> None:
        """Subscribe until deactivated; a message that cannot be used is reported, not fatal."""

        def guarded(message: Any) -> None:
            try:
                callback(message)
            except FollowAnythingError as error:
                self.complain(error)

        subscription = self.create_subscription(kind, topic, guarded, profile)
        self._undo.append(lambda: self.destroy_subscription(subscription))

    def serve(self, kind: Any, name: str, callback: Callable[[Any, Any], Any]) -> None:
        """Offer a service until deactivated."""
        service = self.create_service(kind, name, callback)
        self._undo.append(lambda: self.destroy_service(service))

    def every(self, period_s: float, callback: Callable[[], None]) -> None:
        """Call back on the steady clock until deactivated."""
        timer = self.create_timer(period_s, callback, clock=self.steady)
        self._undo.append(lambda: self.destroy_timer(timer))

    def until_deactivated(self, undo: Callable[[], object]) -> None:
        """Register a function to call when the node is deactivated; last in, first out."""
        self._undo.append(undo)

    def complain(self, error: Exception) -> None:
        """Count an error, keep it for diagnostics and log it, at most once a second."""
        self.errors += 1
        self.last_error = str(error) or type(error).__name__
        if isinstance(error, FollowAnythingError):
            self.get_logger().warning(self.last_error, throttle_duration_sec=1.0)
        else:
            text = f'{type(error).__name__}: {self.last_error}{place_of(error)}'
            self.get_logger().error(text, throttle_duration_sec=1.0)

    def fail(self, error: Exception) -> None:
        """End the process after an error it cannot recover from; may be called from any thread."""
        self.get_logger().fatal(''.join(traceback.format_exception(error)))
        self.failed = True

    # The life cycle.

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Make the publishers."""
        self._diagnostics = self.advertise(DiagnosticArray, '/diagnostics', qos.QUERY)
        self._heartbeat = self.advertise(Empty, '~/heartbeat', qos.COMMAND)
        self.build()
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load, subscribe, begin."""
        try:
            self.start()
        except FollowAnythingError as error:
            self.get_logger().error(f'cannot start: {error}')
            self._unwind()
            return TransitionCallbackReturn.FAILURE
        self.every(HEARTBEAT_PERIOD_S, self._beat)
        self.every(DIAGNOSTICS_PERIOD_S, self._publish_diagnostics)
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop the robot first, then everything else."""
        self.halt()
        self._unwind()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give the publishers back."""
        while self._advertised:
            self.destroy_publisher(self._advertised.pop())
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop the robot, whatever state we are in."""
        self.close()
        return TransitionCallbackReturn.SUCCESS

    def close(self) -> None:
        """Stop the robot and free everything; may be called more than once."""
        if self._undo:
            self.halt()
            self._unwind()

    def _unwind(self) -> None:
        while self._undo:
            self._undo.pop()()

    def _accept(self, config: Config, names: Collection[str]) -> None:
        before, self.config, self.just_set = self.config, config, names
        try:
            self.on_config()
        except FollowAnythingError:
            self.config = before
            raise

    def _beat(self) -> None:
        self._heartbeat.publish(Empty())

    def _publish_diagnostics(self) -> None:
        level, message, values = self.diagnose()
        conflict = self.neighbours()
        if conflict != self._conflict:
            self.get_logger().warning(conflict or f'no longer so: {self._conflict}')
            self._conflict = conflict
        if conflict:
            level, message = (WARN, conflict) if level == OK else (level, f'{message}; {conflict}')
        if self.errors:
            values |= {'errors': self.errors, 'last_error': self.last_error}
        if level == OK and self.errors > self._errors_reported:  # since the last time
            level, message = WARN, f'{message}; {self.last_error}'
        self._errors_reported = self.errors
        status = DiagnosticStatus(
            level=level, name=self.get_fully_qualified_name(), message=message
        )
        status.values = [KeyValue(key=key, value=str(value)) for key, value in values.items()]
        stamp = self.get_clock().now().to_msg()
        array = DiagnosticArray(status=[status])
        array.header.stamp = stamp
        self._diagnostics.publish(array)


def place_of(error: Exception) -> str:
    """Return where an error was raised, for the log of one that nobody expected; '' if unknown."""
    frames = traceback.extract_tb(error.__traceback__)
    return f' ({Path(frames[-1].filename).name}:{frames[-1].lineno})' if frames else ''


def make_executor() -> Executor:
    """Return a single-threaded executor: the one that events wake, where there is one."""
    try:
        from rclpy.experimental import EventsExecutor  # type: ignore[attr-defined]
    except ImportError:  # before Kilted
        return SingleThreadedExecutor()
    # It does not build a wait set before each callback: a fifth less of the whole graph's time.
    return EventsExecutor()


def run(node_type: type[FollowNode], arguments: list[str] | None = None) -> int:
    """
    Run a node until SIGINT or SIGTERM; return the exit status.

    Our own signal handlers: rclpy's would close the context at once, and the last zero
    velocity could not be published any more. The node starts itself unless the parameter
    `autostart` is false; then a life cycle manager does.
    """
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    os.nice(node_type.niceness)  # before ROS starts its threads, which inherit it
    try:
        begun = begin(arguments, node_type.config_type)
    except FollowAnythingError as error:
        print(f'{node_type.config_type.node}: {error}', file=sys.stderr)
        return 1
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    executor = make_executor()
    node: FollowNode | None = None
    try:
        node = _make(node_type)
        others = check_sections(begun.sections, node.get_fully_qualified_name())
        for notice in filter(None, (begun.notice, others)):
            node.get_logger().warning(notice)
        executor.add_node(node)
        starts = bool(node.get_parameter('autostart').value)
        if starts and not _start(node):
            return 1
        while not (stopping or node.failed):
            executor.spin_once(timeout_sec=0.1)
        return int(node.failed)
    except FollowAnythingError as error:
        print(f'{node_type.config_type.node}: {error}', file=sys.stderr)
        return 1
    finally:
        # A second signal must not interrupt the clean-up.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if node is not None:
            node.close()
            node.destroy_node()
        with contextlib.suppress(RuntimeError):  # the context may have been closed from outside
            rclpy.shutdown()


def _make(node_type: type[FollowNode]) -> FollowNode:
    """Return the node; what ROS refuses (peers, names, its own parameters) is one sentence."""
    try:
        node = node_type()
        node.declare_parameter('autostart', True)
        return node
    except (RuntimeError, ParameterException) as error:  # rclpy's errors have no other bases
        raise InvalidInput(f'ROS cannot start: {" ".join(str(error).split())}') from error


def _start(node: FollowNode) -> bool:
    return (
        node.trigger_configure() == TransitionCallbackReturn.SUCCESS
        and node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    )
