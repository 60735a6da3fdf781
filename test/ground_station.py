# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A client of pymavlink that plays QGroundControl: what it sends is what QGroundControl sends."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

from pymavlink.dialects.v20 import common
from waiting import wait

__all__ = ['GroundStation']

TRACK_POINT, TRACK_RECTANGLE, STOP_TRACKING = 2004, 2005, 2010
SET_MESSAGE_INTERVAL, TRACKING_STATUS = 511, 275
SYSTEM, COMPONENT = 255, 190
CAMERA = (1, 100)


class GroundStation:
    """
    Listens on a UDP port, answers to whoever spoke, and keeps what it hears.

    `heard` has the time of arrival (monotonic) and the message.
    """

    def __init__(self, system: int = SYSTEM, port: int = 0) -> None:
        self.heard: list[tuple[float, Any]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(('127.0.0.1', port))
        self._socket.settimeout(0.05)
        self.port = int(self._socket.getsockname()[1])
        self._peer: tuple[str, int] | None = None
        self._mavlink = common.MAVLink(self, srcSystem=system, srcComponent=COMPONENT)
        self._mavlink.robust_parsing = True
        self._running = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self) -> GroundStation:
        return self

    def __exit__(self, *_: object) -> None:
        self._running = False
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while self._running:
            try:
                data, self._peer = self._socket.recvfrom(65535)
            except TimeoutError:
                continue
            now = time.monotonic()
            self.heard += [(now, message) for message in self._mavlink.parse_buffer(data) or ()]

    def write(self, data: bytes) -> None:
        """Send raw bytes: pymavlink's, or whatever a test wants to send."""
        assert self._peer is not None, 'nobody has spoken yet'
        self._socket.sendto(data, self._peer)

    # What it sends.

    def heartbeat(self) -> None:
        self._mavlink.heartbeat_send(6, 8, 0, 0, 4)

    def send(self, command: int, *parameters: float, to: tuple[int, int] = CAMERA) -> None:
        """Send a COMMAND_LONG; parameters that are not given are 0, as QGroundControl's are."""
        values = (*parameters, *[0.0] * (7 - len(parameters)))
        self._mavlink.command_long_send(*to, command, 0, *values)

    def send_int(self, command: int, *parameters: float) -> None:
        values = (*parameters, *[0.0] * (4 - len(parameters)))
        self._mavlink.command_int_send(*CAMERA, 0, command, 0, 0, *values, 0, 0, 0.0)

    def ask(self, command: int, *parameters: float, limit_s: float = 5.0) -> int:
        """Send a command and return the final MAV_RESULT of its acknowledgement."""
        before = len(self.heard)
        self.send(command, *parameters)
        return self.result(command, before, limit_s)

    def result(self, command: int, since: int, limit_s: float = 5.0) -> int:
        """Return the final result of a command that was sent after so many messages."""

        def final() -> list[Any]:
            said = [m for m in self.messages('COMMAND_ACK', since) if m.command == command]
            return [m for m in said if m.result != 5]

        return int(wait(final, f'the end of command {command}', limit_s)[0].result)

    # What it heard.

    def messages(self, kind: str, since: int = 0) -> list[Any]:
        return [message for _, message in self.heard[since:] if message.get_type() == kind]

    def wait_for(self, kind: str, since: int = 0, limit_s: float = 5.0) -> Any:
        return wait(lambda: self.messages(kind, since), kind, limit_s)[-1]

    def texts(self) -> list[str]:
        return [message.text for message in self.messages('STATUSTEXT')]
