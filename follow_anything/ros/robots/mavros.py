# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""MAVROS's state, arming and modes; its messages are looked for only when they are needed."""

from __future__ import annotations

import importlib
import threading
from typing import Any

from follow_anything.ros import qos
from follow_anything.ros.node import FollowNode

__all__ = ['MavrosClient']

NOT_INSTALLED = 'mavros_msgs is not installed: use the remote control or the ground station'
STATE_TIMEOUT_S = 2.5
ANSWER_TIMEOUT_S = 3.0


class MavrosClient:
    """The ROS side of robots.mavros.Flight. Called from a thread that is not the executor's."""

    def __init__(self, node: FollowNode) -> None:
        self._node = node
        self._state: Any = None
        self._heard_at = float('-inf')
        self._clients: dict[str, Any] = {}

    def listen(self) -> None:
        """Subscribe to the state, where its type is installed."""
        try:
            messages = importlib.import_module('mavros_msgs.msg')
        except ImportError:
            self._node.get_logger().warning(NOT_INSTALLED)
            return
        self._node.subscribe(messages.State, 'mavros/state', self._on_state, qos.IMAGE)

    def _on_state(self, message: Any) -> None:
        self._state, self._heard_at = message, self._node.steady_now()

    def status(self) -> tuple[bool, bool, str]:
        """Return whether the autopilot is connected and armed, and the name of its mode."""
        if self._state is None or self._node.steady_now() - self._heard_at > STATE_TIMEOUT_S:
            return False, False, ''
        return self._state.connected, self._state.armed, self._state.mode

    def arm(self, value: bool) -> str:
        """Arm or disarm."""
        return self._call('CommandBool', 'mavros/cmd/arming', 'success', value=value)

    def set_mode(self, name: str) -> str:
        """Change the flight mode."""
        return self._call('SetMode', 'mavros/set_mode', 'mode_sent', custom_mode=name)

    def _call(self, kind: str, service: str, outcome: str, **fields: Any) -> str:
        """Call a service and wait for its answer; return '' or why not."""
        try:
            services = importlib.import_module('mavros_msgs.srv')
        except ImportError:
            return NOT_INSTALLED
        # Clients stay: a new one can miss its first answer (ros2/rmw_fastrtps#842), and one that
        # goes right after an answer can lock up the Fast DDS of the other side (Fast-DDS#6502).
        if service not in self._clients:
            self._clients[service] = self._node.create_client(getattr(services, kind), service)
        client = self._clients[service]
        if not client.wait_for_service(timeout_sec=ANSWER_TIMEOUT_S):
            return f'nobody offers {service}'
        answered = threading.Event()
        future = client.call_async(getattr(services, kind).Request(**fields))
        future.add_done_callback(lambda _: answered.set())
        if not answered.wait(ANSWER_TIMEOUT_S):
            client.remove_pending_request(future)
            return f'{service} does not answer'
        return '' if getattr(future.result(), outcome) else f'{service} refuses'
