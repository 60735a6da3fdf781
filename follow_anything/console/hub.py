# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The pages that are open, which of them has the control, and what they receive.

Everything here runs in the server's event loop, but for the link's callbacks, which arrive in any
thread and only wake it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
import contextlib
import re
import threading
import time
from typing import Any

from follow_anything.console import orders
from follow_anything.console.control import Control, News
from follow_anything.console.history import PlotHistory, sample
from follow_anything.console.limits import MAX_VIEWERS, without_paths
from follow_anything.console.link import Answer, Mode, Order, RobotLink
from follow_anything.console.page import Page
from follow_anything.core.config import ConsoleConfig
from follow_anything.core.errors import FollowAnythingError, InvalidInput
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

__all__ = ['FULL', 'REFUSED', 'Hub', 'close']

TICK_S = 0.05
SAME_STOP_S = 0.5
HELLO_WITHIN_S, CLOSE_WITHIN_S = 5.0, 1.0
TOO_MANY = 2000
"""Messages beyond its rate after which a page is thrown out."""

KEY = re.compile(r'[0-9a-f]{32}')
REPLACED, FULL, REFUSED, FLOOD = 4001, 4002, 4003, 4004
"""Close codes of ours; page/connection.js says what they mean."""


class Hub:
    """
    Keeps the open pages, and forwards their orders to the robot.

    :param config: may be replaced at any time; host and port are not its business.
    """

    def __init__(self, link: RobotLink, config: ConsoleConfig) -> None:
        self.link, self.config = link, config
        self.control = Control(config.link_timeout)
        self.pages: dict[str, Page] = {}
        self.streams = 0
        self._history = PlotHistory()
        self._stopped = ('', float('-inf'))
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._poked = threading.Event()
        link.changed = self._on_change

    # Time.

    async def run(self) -> None:
        """Run the time-outs, the history, and the end of pages that do not answer."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                await self._tick(time.monotonic())
                await asyncio.sleep(TICK_S)
        finally:
            self._loop = None

    async def _tick(self, now: float) -> None:
        self.control.away_for = self.config.link_timeout
        news = self.control.tick(now)
        if news is not None:
            self._notify_control(news)
        self._history.take(self.link.report(), now)
        for page in list(self.pages.values()):
            page.wake()
            if page.is_silent(now):
                await self._close(page, FLOOD, 'no answer')

    def _notify_control(self, news: News) -> None:
        text = news.text
        if news.is_lost and self.config.link == 'hold':
            self.link.stop("the operator's page went away")
            text += ': the robot holds'
        self._notify_all(text, good=not news.is_lost)

    def _on_change(self) -> None:
        """Wake whoever waits for a picture; called in any thread, and often."""
        loop = self._loop
        if loop is None or self._poked.is_set():
            return
        self._poked.set()
        with contextlib.suppress(RuntimeError):  # the loop has just been closed
            loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._poked.clear()
        self._news.set()
        self._news = asyncio.Event()
        for page in self.pages.values():
            page.wake()

    def _notify_all(self, text: str, *, good: bool = True) -> None:
        for page in self.pages.values():
            page.notify(text, good=good)

    def count_viewers(self) -> None:
        """Report the number of viewers to the link."""
        self.link.watched(len(self.pages) + self.streams)

    async def news(self, within_s: float) -> None:
        """Wait for a change, or for a time-out."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._news.wait(), within_s)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Count a viewer without a page, for the length of the block."""
        self.streams += 1
        self.count_viewers()
        try:
            yield
        finally:
            self.streams -= 1
            self.count_viewers()

    def stop(self, who: str = '') -> None:
        """Stop the robot, and say so on every page."""
        self.link.stop(f'STOP from {who or "the console"}')
        now = time.monotonic()
        is_told = self._stopped[0] == who and now - self._stopped[1] < SAME_STOP_S
        self._stopped = who, now
        if not is_told:  # the page says it by two ways at once
            self._notify_all(f'STOP{f" from {who}" if who else ""}', good=False)

    # Pages.

    async def serve(self, socket: WebSocket) -> None:
        """Serve one page, from its first message to its last."""
        page = None
        try:
            page = await self._greet(socket)
            if page is not None:
                await self._listen(page)
        except (WebSocketDisconnect, asyncio.TimeoutError, RuntimeError):
            pass  # it has gone; what that means is decided below, and in tick()
        finally:
            if page is not None:
                self._leave(page)
            await close(socket, REFUSED, '')

    async def _greet(self, socket: WebSocket) -> Page | None:
        """Take the first message of a page, which says who it is."""
        first = await asyncio.wait_for(_text(socket), HELLO_WITHIN_S)
        try:
            message = orders.parse(first)
        except FollowAnythingError:
            message = {}
        key, kind = message.get('key'), message.get('kind')
        if not isinstance(key, str) or not KEY.fullmatch(key):
            await close(socket, REFUSED, 'this is not the page of the console')
            return None
        before = self.pages.get(key)
        if before is not None:
            await self._close(before, REPLACED, 'opened again')
        elif len(self.pages) >= MAX_VIEWERS:
            await close(socket, FULL, f'{MAX_VIEWERS} pages are open already')
            return None
        page = Page(socket, key, self.report, self.link.shown, self.config.rate)
        self.pages[key] = page
        self.control.join(key, 'phone' if kind == 'phone' else 'computer', time.monotonic())
        self.count_viewers()
        return page

    async def _listen(self, page: Page) -> None:
        hello = {
            'type': 'hello',
            'name': self.control.name_of(page.key),
            'history': self._history.rows(),
        }
        sending = asyncio.create_task(page.run(hello))
        try:
            while not sending.done():
                self._receive(page, await _text(page.socket))
                if page.excess > TOO_MANY:
                    await self._close(page, FLOOD, 'too many messages')
        finally:
            sending.cancel()
            with contextlib.suppress(
                asyncio.CancelledError, asyncio.TimeoutError, WebSocketDisconnect, RuntimeError
            ):
                await sending

    def _leave(self, page: Page) -> None:
        if self.pages.get(page.key) is page:
            del self.pages[page.key]
            self.control.leave(page.key)
            self.count_viewers()

    async def _close(self, page: Page, code: int, why: str) -> None:
        self._leave(page)
        await close(page.socket, code, why)

    def _receive(self, page: Page, text: str) -> None:
        """Take one message of a page, and answer with what is wrong with it."""
        now = time.monotonic()
        is_flood = not page.messages.take(now)
        page.excess = max(0, page.excess + (1 if is_flood else -1))
        self.control.on_activity(page.key, now)
        try:
            message = orders.parse(text)
            if not is_flood or message['type'] in ('ack', 'stop'):
                self._obey(page, message, now)
        except FollowAnythingError as error:
            if page.complaints.take(now):
                page.notify(str(error), good=False)

    def _obey(self, page: Page, message: dict[str, Any], now: float) -> None:
        kind = message['type']
        if kind == 'ack':
            page.acknowledge(message.get('n'), now)
        elif kind == 'stop':
            self.stop(self.control.name_of(page.key))
        elif kind in ('ask', 'answer'):
            is_ask = kind == 'ask'
            yes = message.get('yes') is True
            control = self.control
            news = control.ask(page.key, now) if is_ask else control.answer(page.key, yes=yes)
            if news is not None:
                self._notify_control(news)
        elif kind == 'order':
            self._order(page, message, now)

    def _order(self, page: Page, message: dict[str, Any], now: float) -> None:
        known = {order.value: order for order in Order}
        order = known.get(str(message.get('order')))
        if order is None:
            raise InvalidInput(f'order: expected one of {", ".join(known)}')
        value = orders.value_of(order, message.get('value'))
        if order is Order.MODE and value is Mode.HOLD:
            self.link.stop(f'hold from {self.control.name_of(page.key)}')
        elif not self.control.holds(page.key):
            raise InvalidInput(self.who_steers())
        elif not page.orders.take(now):
            raise InvalidInput('too many orders at once: this one was left out')
        else:
            self.pass_on(page, order, value)

    def who_steers(self) -> str:
        """Return why a page may not give orders."""
        holder = self.control.name_of(self.control.holder)
        return f'{holder or "nobody"} has the control: ask for it first'

    def pass_on(self, page: Page, order: Order, value: Any) -> None:
        """Hand an order to the link; its answer goes to the page."""

        def answered(answer: Answer) -> None:
            loop = self._loop
            if loop is not None and answer.text:
                with contextlib.suppress(RuntimeError):  # the loop has just been closed
                    loop.call_soon_threadsafe(lambda: page.notify(answer.text, good=answer.done))

        self.link.order(order, value, answered)

    def report(self, page: Page | None = None) -> dict[str, Any]:
        """Return the report for one page, or for a request without one."""
        report, control = self.link.report(), self.control
        status = {name: _without_paths(value) for name, value in report.as_dict().items()}
        status['type'] = 'report'
        status['sample'] = sample(report, time.monotonic())
        status['viewers'] = len(self.pages)
        status['holder'] = control.name_of(control.holder)
        status['asker'] = control.name_of(control.asker)
        status['is_away'] = bool(control.holder) and not control.is_here(control.holder)
        status['link'] = self.config.link
        if page is not None:
            status['mine'] = control.holds(page.key)
            latency = page.latency_ms
            status['latency_ms'] = None if latency is None else round(latency)
        return status


def _without_paths(value: Any) -> Any:
    return without_paths(value) if isinstance(value, str) else value


async def _text(socket: WebSocket) -> str:
    """Return the next message; a binary one is '', which is no message of a page."""
    message = await socket.receive()
    if message['type'] == 'websocket.disconnect':
        raise WebSocketDisconnect(message.get('code', 1000))
    return message.get('text') or ''


async def close(socket: WebSocket, code: int, why: str) -> None:
    """Close a connection that may have been closed already, or whose other end does not read."""
    if socket.application_state is WebSocketState.DISCONNECTED:
        return
    with contextlib.suppress(RuntimeError, WebSocketDisconnect, asyncio.TimeoutError):
        await asyncio.wait_for(socket.close(code, why), CLOSE_WITHIN_S)
