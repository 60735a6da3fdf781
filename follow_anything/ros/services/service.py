# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A service of another node, on a graph where answers may be late or lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import math
from typing import Any

from rclpy.node import Node

__all__ = ['Service']


@dataclass
class _Call:
    """What was asked, and of whom the answer is wanted."""

    request: Any
    began: float
    asked_at: float
    future: Any
    done: Callable[[Any], None]
    failed: Callable[[str], None]


class Service:
    """
    One client, and the calls of it that have no answer yet; for the executor's thread.

    The client lives as long as the node: one that goes at the wrong moment can lock up the
    server's process (Fast DDS).

    :param within_s: after which a call has failed. :param again_s: after which it is asked once
        more, where asking twice does no harm.
    """

    def __init__(
        self, node: Node, kind: Any, name: str, within_s: float, again_s: float = math.inf
    ) -> None:
        self._client: Any = node.create_client(kind, name)
        self._who = name.split('/')[0]
        self._within_s, self._again_s = within_s, again_s
        self._calls: list[_Call] = []

    @property
    def is_there(self) -> bool:
        """Whether a server of it is on the graph."""
        return bool(self._client.service_is_ready())

    @property
    def is_waiting(self) -> bool:
        """Whether a call has no answer yet."""
        return bool(self._calls)

    def ask(
        self,
        now: float,
        request: Any,
        done: Callable[[Any], None],
        failed: Callable[[str], None],
    ) -> None:
        """
        Call; a `tick` calls `done` with the response, or `failed` with the reason.

        :param now: seconds on a clock that never jumps, as for `tick`.
        """
        future = self._client.call_async(request)
        self._calls.append(_Call(request, now, now, future, done, failed))

    def tick(self, now: float) -> None:
        """Check for answers; repeat a call, or report its failure, after a time-out."""
        for call in list(self._calls):
            if call not in self._calls:
                continue  # an answer before it has given it up
            if call.future.done():
                self._calls.remove(call)
                call.done(call.future.result())
            elif now - call.began > self._within_s:
                self._calls.remove(call)
                self._forget(call)
                call.failed(f'{self._who} does not answer')
            elif now - call.asked_at > self._again_s:
                self._forget(call)
                call.future, call.asked_at = self._client.call_async(call.request), now

    def give_up(self) -> None:
        """Drop all calls that have no answer yet."""
        while self._calls:
            self._forget(self._calls.pop())

    def _forget(self, call: _Call) -> None:
        self._client.remove_pending_request(call.future)
