# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A service that must be known to have done its work, on a graph where answers may be lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from std_srvs.srv import Trigger

__all__ = ['TriggerCall']

AGAIN_S, WITHIN_S = 0.3, 1.2
"""A ground station gives up after about a second and a half (MAVSDK) or three (QGroundControl)."""


class TriggerCall:
    """
    One call at a time to one Trigger service, repeated until it is answered, or given up.

    For the executor's thread. The client lives as long as the node: one that goes at the wrong
    moment can lock up the server's process (Fast DDS).
    """

    def __init__(self, node: Node, name: str) -> None:
        self._client: Any = node.create_client(Trigger, name)
        self._name = name
        self._future: Any = None
        self._asked_at = self._began = 0.0
        self._done: Callable[[], None] | None = None
        self._failed: Callable[[str], None] | None = None

    def ask(self, now: float, done: Callable[[], None], failed: Callable[[str], None]) -> None:
        """Ask; `done` or `failed` (with the reason) is called by a `tick`, unless given up."""
        self.give_up()
        self._done, self._failed, self._began = done, failed, now
        self._send(now)

    def tick(self, now: float) -> None:
        """Look for the answer; ask again, or fail, when there is none."""
        if self._done is None or self._failed is None:
            return
        done, failed = self._done, self._failed
        if self._future.done():
            response = self._future.result()
            self._future = None
            self.give_up()
            if response.success:
                done()
            else:
                failed(response.message)
        elif now - self._began > WITHIN_S:
            self.give_up()
            failed(f'{self._name.split("/")[0]} does not answer')
        elif now - self._asked_at > AGAIN_S:
            self._forget()
            self._send(now)

    def give_up(self) -> None:
        """Want no answer any more."""
        self._forget()
        self._done = self._failed = None

    def _send(self, now: float) -> None:
        self._future, self._asked_at = self._client.call_async(Trigger.Request()), now

    def _forget(self) -> None:
        if self._future is not None:
            self._client.remove_pending_request(self._future)
            self._future = None
