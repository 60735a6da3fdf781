# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Real nodes in processes of their own, and a test that plays camera, operator and robot."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from follow_anything.core.geometry import PinholeCamera
from follow_anything.launcher.nodes import MODULES
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from follow_anything.testing import SyntheticScene
from geometry_msgs.msg import PointStamped, Twist, TwistStamped
from lifecycle_msgs.srv import ChangeState
import numpy as np
from rcl_interfaces.msg import Parameter as ParameterMsg
from rcl_interfaces.srv import GetParameters, SetParameters
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header, String
from std_srvs.srv import SetBool, Trigger
from vision_msgs.msg import Detection2D

__all__ = ['DOMAIN', 'NODES', 'Graph']

DOMAIN = 10 + os.getpid() % 90
"""A domain of this test process; higher ones reach into Linux's ephemeral ports."""

NODES = ('detector_node', 'tracker_node', 'controller_node')

START_S, ACT_S = 60.0, 30.0
"""Deadlines for a process to start and for something to happen, on a very busy machine."""

KNOWN_S = 0.5
"""After which client and server have found each other: an earlier answer may be lost
(https://github.com/ros2/rmw_fastrtps/issues/842), and a client cannot see whether they have."""

DEAF_S = 10.0
"""Each node that is alive sends diagnostics once a second."""

FOLLOW_DISTANCE_M = 2.0
"""Nearer than the scene's target ever is, so that a robot that may move does move."""


TARGET_HEIGHT_M = 1.7
"""Nobody says in words what the scene's target is."""


class Camera:
    """Publishes a synthetic scene as image and camera_info, and depth where a depth is set."""

    def __init__(self, graph: Graph, scene: SyntheticScene) -> None:
        self._graph, self.scene = graph, scene
        self._images = graph.publisher(Image, 'image', qos.IMAGE)
        self._depths = graph.publisher(Image, 'depth', qos.IMAGE)
        self._infos = graph.publisher(CameraInfo, 'camera_info', qos.IMAGE)
        self._clock = graph.node.create_publisher(Clock, '/clock', qos.COMMAND)
        self._camera = PinholeCamera.from_horizontal_fov(scene.width, scene.height, 1.22)
        count = round(scene.period * scene.rate)
        self._pictures = [scene.frame(index).rgb for index in range(count)]
        self.running = True
        self.index = 0
        self.last_sent = 0.0
        self.shift_s = 0.0
        self.depth_m: float | None = None
        self.depth_size: tuple[int, int] | None = None
        self.spoil_info: Callable[[CameraInfo], CameraInfo] = lambda info: info
        self.spoil_image: Callable[[Image], Image] = lambda image: image
        graph.node.create_timer(1.0 / scene.rate, self._tick)

    def stamp(self) -> Time:
        """Return the time of the camera: the wall clock's, or the simulated one."""
        if not self._graph.simulated:
            return self._graph.node.get_clock().now().to_msg()
        return conversions.time_msg(1000.0 + self.index / self.scene.rate + self.shift_s)

    def click_target(self) -> tuple[float, float]:
        """Return where the target is in the newest picture."""
        return self.scene.box(self.index).center

    def send(self, image: Image) -> None:
        """Publish a picture of the test's own, now."""
        self._images.publish(image)

    def picture(self) -> Image:
        """Return the newest picture as a message."""
        header = Header(frame_id='camera', stamp=self.stamp())
        return conversions.image_to_msg(self._pictures[self.index % len(self._pictures)], header)

    def _tick(self) -> None:
        if not self.running:
            return
        self.index += 1
        image = self.picture()
        if self._graph.simulated:
            self._clock.publish(Clock(clock=image.header.stamp))
        info = conversions.camera_to_msg(self._camera, image.header)
        self._infos.publish(self.spoil_info(info))
        if self.depth_m is not None:
            width, height = self.depth_size or (self.scene.width, self.scene.height)
            depth = np.full((height, width), self.depth_m, np.float32)
            self._depths.publish(conversions.depth_to_msg(depth, image.header))
        self._images.publish(self.spoil_image(image))
        self.last_sent = time.monotonic()


class Graph:
    """
    Nodes in a namespace of one domain, and a node of the test beside them.

    :param folder: for the nodes' output. :param namespace: with its slash.
    :param scene: what the camera shows; None: no camera.
    :param simulated: the test publishes /clock, and the nodes use it.
    :param stamped: the robot wants TwistStamped.
    """

    def __init__(
        self,
        folder: Path,
        namespace: str,
        scene: SyntheticScene | None = None,
        *,
        simulated: bool = False,
        stamped: bool = False,
    ) -> None:
        self.namespace, self.simulated, self._folder = namespace, simulated, folder
        self._scene, self._stamped = scene, stamped
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.asked = 0.0
        """When the newest request of a service went out, on the monotonic clock."""
        self._open()

    def _open(self) -> None:
        """Begin with a participant that has heard nothing yet."""
        self.headers: list[Header] = []
        self.commands: list[tuple[float, Twist]] = []
        self.tracks: list[Detection2D] = []
        self.states: list[str] = []
        self._heard = time.monotonic()
        self._diagnostics: dict[str, dict[str, str]] = {}
        self._clients: dict[str, Any] = {}
        self._publishers: dict[tuple[Any, str], Any] = {}
        self._met: set[str] = set()
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=DOMAIN)
        self.node = rclpy.create_node(
            'test', namespace=self.namespace, context=self._context, use_global_arguments=False
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        if self._stamped:
            self.subscribe(TwistStamped, 'cmd_vel', self._on_stamped_command, qos.QUERY)
        else:
            self.subscribe(Twist, 'cmd_vel', self._on_command, qos.QUERY)
        self.subscribe(Detection2D, 'track', self.tracks.append, qos.COMMAND)
        self.subscribe(
            String, 'state', lambda message: self.states.append(message.data), qos.LATCHED
        )
        self.subscribe(DiagnosticArray, '/diagnostics', self._on_diagnostics, qos.QUERY)
        self.clicks = self.publisher(PointStamped, 'query/click', qos.QUERY)
        self.camera = Camera(self, self._scene) if self._scene else None
        self.target_in_picture = self.camera.click_target if self.camera else _nowhere
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End everything that was started."""
        for process in self.processes.values():  # a killed one would leave its shared memory
            process.terminate()
        for name, process in list(self.processes.items()):
            try:
                process.wait(timeout=10.0)
            except subprocess.TimeoutExpired:
                self.kill(name)
        self._executor.shutdown()
        self._thread.join()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    # Wiring.

    def subscribe(
        self, kind: Any, topic: str, callback: Callable[[Any], Any], profile: Any
    ) -> None:
        self.node.create_subscription(kind, topic, callback, profile)

    def publisher(self, kind: Any, topic: str, profile: Any) -> Any:
        """
        Return the publisher of a topic; the graph has one of each, and keeps it.

        Like a client (see `call`), one that goes while the executor publishes pictures can lock
        Fast DDS up in that process for good: the graph then hears nothing any more.
        """
        if (kind, topic) not in self._publishers:
            self._publishers[kind, topic] = self.node.create_publisher(kind, topic, profile)
        return self._publishers[kind, topic]

    def is_deaf(self) -> bool:
        """Tell whether nodes are alive of which the test's own node hears nothing any more."""
        is_any_alive = any(self.is_alive(name) for name in self.processes)
        return is_any_alive and time.monotonic() - self._heard > DEAF_S

    def renew(self) -> None:
        """Kill the nodes and open a new participant; the old one cannot even be shut down."""
        for name in list(self.processes):
            self.kill(name)
        self._open()

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return

    def _on_command(self, twist: Twist) -> None:
        self.commands.append((time.monotonic(), twist))

    def _on_stamped_command(self, message: TwistStamped) -> None:
        self.headers.append(message.header)
        self._on_command(message.twist)

    def _on_diagnostics(self, array: DiagnosticArray) -> None:
        self._heard = time.monotonic()
        for status in array.status:
            values = {pair.key: pair.value for pair in status.values}
            self._diagnostics[status.name] = {
                **values,
                'message': status.message,
                'level': 'OK' if status.level == DiagnosticStatus.OK else 'not OK',
            }

    # Processes.

    def start(self, *names: str, **parameters: Any) -> None:
        """Start nodes and wait until they are active and know the test's node."""
        for name in names:
            self.spawn(name, **parameters)
        for name in names:
            self.wait(lambda name=name: self.diagnostics(name), START_S, f'{name} to be active')

    def spawn(self, name: str, **parameters: Any) -> subprocess.Popen[bytes]:
        """Start a node and do not wait for it; servo__lag=0.2 sets servo.lag."""
        given = {'use_sim_time': self.simulated, **parameters}
        if name == 'detector_node':  # the plainest one: what is tested here is the wiring
            given = {'detector': 'classical', **given}
        if name == 'tracker_node':  # so that there is a range without a depth image
            given = {'target_height': TARGET_HEIGHT_M, **given}
        if name == 'controller_node':
            given = {
                'servo__follow_distance': FOLLOW_DISTANCE_M,
                'servo__min_distance': 0.5,
                **given,
            }
        arguments = ['--ros-args', '-r', f'__ns:={self.namespace}']
        for key, value in given.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            arguments += ['-p', f'{_name(key)}:={text}']
        self._diagnostics.pop(self._full(name), None)
        self._met = {service for service in self._met if not service.startswith(f'{name}/')}
        output = self.log(name).open('ab')
        self.processes[name] = subprocess.Popen(
            [sys.executable, '-m', MODULES[name], *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, 'ROS_DOMAIN_ID': str(DOMAIN), 'OPENCV_FOR_THREADS_NUM': '1'},
        )
        output.close()
        return self.processes[name]

    def is_alive(self, name: str) -> bool:
        """Tell whether a node was started and has not ended."""
        return name in self.processes and self.processes[name].poll() is None

    def log(self, name: str) -> Path:
        """Return the file with a node's output."""
        return self._folder / f'{self.namespace.strip("/")}_{name}.log'

    def kill(self, name: str) -> float:
        """Kill a node (-9) and return the moment before, on the monotonic clock."""
        process, now = self.processes.pop(name), time.monotonic()
        process.kill()
        process.wait()
        return now

    def end(self, name: str, number: signal.Signals) -> int:
        """Send a signal and return the exit status."""
        process = self.processes.pop(name)
        process.send_signal(number)
        return process.wait(timeout=ACT_S)

    def now(self) -> float:
        """Return the time of the camera's stamps, seconds."""
        return float(self.node.get_clock().now().nanoseconds) * 1e-9

    # What the test waits for.

    def wait(self, condition: Callable[[], Any], limit_s: float, what: str) -> Any:
        """Return the condition's value once it is true; fail with what was awaited."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.005)
        dead = [name for name, process in self.processes.items() if process.poll() is not None]
        tails = ''.join(
            f'\n--- {name}\n{self.log(name).read_text()[-1500:]}' for name in self.processes
        )
        known = {name: self.diagnostics(name) for name in self.processes}
        raise AssertionError(
            f'waited {limit_s:.0f} s for {what}; dead: {dead}; diagnostics: {known}{tails}'
        )

    def repeat(self, act: Callable[[], Any], done: Callable[[], Any], what: str) -> None:
        """Do something ten times a second until a condition holds."""
        due = time.monotonic()

        def act_when_due() -> Any:
            nonlocal due
            if time.monotonic() >= due:
                due += 0.1
                act()
            return done()

        self.wait(act_when_due, ACT_S, what)

    def diagnostics(self, name: str) -> dict[str, str]:
        """Return the newest diagnostics of a node; empty when there are none."""
        return self._diagnostics.get(self._full(name), {})

    def count(self, name: str, key: str) -> int:
        """Return a counter of a node's diagnostics."""
        return int(self.diagnostics(name).get(key, 0))

    def fresh_count(self, name: str, key: str) -> int:
        """Return a counter as it is now: what is known of a node is up to a second old."""
        old = self.diagnostics(name)
        self.wait(lambda: self.diagnostics(name) is not old, ACT_S, f'news of {name}')
        return self.count(name, key)

    def wait_for_error(self, name: str, text: str, since: int) -> None:
        """Wait until a node reports a new error with this text."""
        self.wait(
            lambda: self.has_reported(name, text, since), ACT_S, f'{name} to report {text!r}'
        )

    def has_reported(self, name: str, text: str, since: int) -> bool:
        """Tell whether a node's newest error is newer than a count and has this text."""
        is_new = self.count(name, 'errors') > since
        return is_new and text in self.diagnostics(name).get('last_error', '')

    @property
    def state(self) -> str:
        """The newest state of the target."""
        return self.states[-1] if self.states else ''

    def wait_for_state(self, *names: str) -> None:
        self.wait(lambda: self.state in names, ACT_S, f'state {" or ".join(names)}')

    def wait_until_moving(self, limit_s: float = ACT_S) -> None:
        """Wait for commands in a row that move the robot."""

        def is_moving() -> bool:
            newest = self.commands[-4:]
            is_fresh = len(newest) == 4 and newest[0][0] > time.monotonic() - 0.4
            return is_fresh and all(moves(twist) for _, twist in newest)

        self.wait(is_moving, limit_s, 'the robot to move')

    def wait_until_still(self, ticks: int = 10) -> None:
        """Wait for new commands in a row that are zero."""
        before = len(self.commands)

        def is_still() -> bool:
            newest = self.commands[before:][-ticks:]
            return len(newest) == ticks and not any(moves(twist) for _, twist in newest)

        self.wait(is_still, ACT_S, 'the robot to stand still')

    def moved_until(self) -> float:
        """Return when the last command that moves came, on the monotonic clock."""
        return max((stamp for stamp, twist in list(self.commands) if moves(twist)), default=0.0)

    # What an operator does.

    def click(self, x: float, y: float) -> None:
        message = PointStamped()
        message.point.x, message.point.y = float(x), float(y)
        self.clicks.publish(message)

    def follow(self) -> None:
        """Click on the target and wait until the robot moves."""
        before = len(self.states)
        for _ in range(5):
            self.click(*self.target_in_picture())
            try:
                self.wait(lambda: 'CONFIRMING' in self.states[before:], 5.0, 'a candidate')
                break
            except AssertionError:
                continue  # the click may have come to a node that was still being discovered
        self.wait_for_state('TRACKING')
        self.wait_until_moving()

    def call(self, kind: Any, name: str, request: Any) -> Any:
        """
        Call a service of the namespace.

        Its client stays: one that goes while a server still answers it can lock Fast DDS up in
        that process for good (https://github.com/eProsima/Fast-DDS/issues/6502).
        """
        if name not in self._clients:
            self._clients[name] = self.node.create_client(kind, name)
        client = self._clients[name]
        self.wait(client.service_is_ready, ACT_S, f'service {name}')
        if name not in self._met:
            time.sleep(KNOWN_S)
            self._met.add(name)
        self.asked = time.monotonic()
        future: Future[Any] = client.call_async(request)
        self.wait(future.done, ACT_S, f'an answer of {name}')
        return future.result()

    def trigger(self, name: str) -> Trigger.Response:
        return self.call(Trigger, name, Trigger.Request())

    def enable(self, value: bool) -> SetBool.Response:
        return self.call(SetBool, 'controller_node/enable', SetBool.Request(data=value))

    def transition(self, name: str, number: int) -> bool:
        request = ChangeState.Request()
        request.transition.id = number
        return bool(self.call(ChangeState, f'{name}/change_state', request).success)

    def set(self, node: str, **values: Any) -> list[tuple[bool, str]]:
        """Set parameters, servo__lag for servo.lag, each on its own; return success and reason."""
        request = SetParameters.Request()
        request.parameters = [_parameter(_name(name), value) for name, value in values.items()]
        results = self.call(SetParameters, f'{node}/set_parameters', request).results
        return [(result.successful, result.reason) for result in results]

    def get(self, node: str, name: str) -> Any:
        """Return the value of a parameter."""
        request = GetParameters.Request(names=[name])
        value = self.call(GetParameters, f'{node}/get_parameters', request).values[0]
        return Parameter.from_parameter_msg(ParameterMsg(name=name, value=value)).value

    def _full(self, name: str) -> str:
        return f'{self.namespace}/{name}'


def _nowhere() -> tuple[float, float]:
    raise AssertionError('a graph without a camera of its own needs a place to click on')


def _name(keyword: str) -> str:
    return keyword.replace('__', '.')


def _parameter(name: str, value: Any) -> ParameterMsg:
    return Parameter(name, value=value).to_parameter_msg()


def moves(twist: Twist) -> bool:
    """Tell whether a command is anything but zero."""
    linear, angular = twist.linear, twist.angular
    return any((linear.x, linear.y, linear.z, angular.x, angular.y, angular.z))
