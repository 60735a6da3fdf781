# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The sender of one page: its queue, and how many messages are not acknowledged.

The page acknowledges each message. At most two are on their way, and of pictures and reports only
the newest waits: a slow page sees fewer of them, never old ones, and costs no memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
import json
import time
from typing import Any

from follow_anything.console.limits import Bucket, without_paths
from follow_anything.console.link import Shown
from starlette.websockets import WebSocket

__all__ = ['Page']

WINDOW = 2
"""Messages on their way: one being drawn, one in the air."""

REPORT_PERIOD_S = 0.2
SILENT_AFTER_S = 10.0
"""A page that acknowledges nothing for so long is let go."""


class Page:
    """
    One connection to a browser.

    :param key: of the page, the same after a reload. :param report: makes the newest report.
    :param shown: returns the newest picture. :param rate: pictures a second at most.
    """

    def __init__(
        self,
        socket: WebSocket,
        key: str,
        report: Callable[[Page], dict[str, Any]],
        shown: Callable[[], Shown | None],
        rate: float,
    ) -> None:
        self.socket, self.key = socket, key
        self.messages = Bucket(rate=200.0, burst=400.0)
        self.orders = Bucket(rate=8.0, burst=16.0)
        self.complaints = Bucket(rate=1.0, burst=3.0)
        self.excess = 0
        self.latency_ms: float | None = None
        self._report, self._shown, self._period = report, shown, 0.9 / rate
        self._notices: deque[dict[str, Any]] = deque(maxlen=20)
        self._wake = asyncio.Event()
        self._count = 0
        self._unanswered: dict[int, tuple[float, float]] = {}
        self._last_picture = 0
        self._drawn_at = self._reported_at = float('-inf')

    def notify(self, text: str, *, good: bool = True) -> None:
        """Queue a sentence to be shown on the page; the oldest are dropped."""
        self._notices.append({'type': 'notice', 'text': without_paths(text), 'good': good})
        self._wake.set()

    def wake(self) -> None:
        """Wake the sender: there is something new."""
        self._wake.set()

    def acknowledge(self, number: object, now: float) -> None:
        """Take the page's acknowledgement of a message; an unknown number is ignored."""
        if not isinstance(number, int):
            return
        sent = self._unanswered.pop(number, None)
        if sent is None:
            return
        arrived = sent[1]
        if arrived > 0.0:
            age = 1000.0 * (now - arrived)
            before = age if self.latency_ms is None else self.latency_ms
            self.latency_ms = before + 0.3 * (age - before)
        self._wake.set()

    def is_silent(self, now: float) -> bool:
        """Tell whether the page has not acknowledged for so long that nobody can be there."""
        oldest = min((sent for sent, _ in self._unanswered.values()), default=now)
        return now - oldest > SILENT_AFTER_S

    async def run(self, hello: dict[str, Any]) -> None:
        """Send, until the connection ends."""
        await self._send(hello, time.monotonic())
        while True:
            await self._wake.wait()
            self._wake.clear()
            while len(self._unanswered) < WINDOW and await self._send_next():
                pass

    async def _send_next(self) -> bool:
        """Send what is most urgent; False when nothing is due."""
        now = time.monotonic()
        if self._notices:
            await self._send(self._notices.popleft(), now)
            return True
        if now - self._reported_at >= REPORT_PERIOD_S:
            self._reported_at = now
            await self._send(self._report(self), now)
            return True
        shown = self._shown()
        if shown is None or shown.number == self._last_picture:
            return False
        if now - self._drawn_at < self._period:
            return False
        self._drawn_at, self._last_picture = now, shown.number
        await self._send(_about(shown), now, shown)
        return True

    async def _send(self, message: dict[str, Any], now: float, shown: Shown | None = None) -> None:
        self._count += 1
        self._unanswered[self._count] = now, shown.arrived if shown else 0.0
        text = json.dumps({**message, 'n': self._count}, separators=(',', ':'))
        if shown is None:
            sending = self.socket.send_text(text)
        else:
            header = text.encode()
            sending = self.socket.send_bytes(len(header).to_bytes(4, 'big') + header + shown.jpeg)
        await asyncio.wait_for(sending, SILENT_AFTER_S)


def _about(shown: Shown) -> dict[str, Any]:
    """Return what goes with a picture."""
    return {
        'type': 'picture',
        'taken': round(shown.taken, 3),
        'size': shown.size,
        'box': shown.box,
        'candidates': [
            {'number': c.number, 'box': c.box, 'probability': round(c.probability, 3)}
            for c in shown.candidates
        ],
    }
