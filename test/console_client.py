# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A page without a browser, and plain requests."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import http.client
import json
import secrets
import socket
import threading
import time
from types import TracebackType
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

__all__ = ['WebPage', 'request']


def request(
    port: int, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers (in lower case) and body; `_` in a header's name is a hyphen."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
    named = {name.replace('_', '-'): value for name, value in headers.items()}
    try:
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()
    finally:
        connection.close()


class WebPage:
    """
    Connects, acknowledges and keeps what it receives.

    :param key: of a page that comes back. :param acknowledge: False: a page that hangs.
    """

    def __init__(
        self,
        port: int,
        key: str = '',
        kind: str = 'computer',
        *,
        acknowledge: bool = True,
        **headers: str,
    ) -> None:
        self.key = key or secrets.token_hex(16)
        self.acknowledge = acknowledge
        self.reports: list[dict[str, Any]] = []
        self.pictures: list[tuple[dict[str, Any], bytes]] = []
        self.notices: list[str] = []
        self.hello: dict[str, Any] = {}
        self.code: int | None = None
        named = {name.replace('_', '-'): value for name, value in headers.items()}
        address = f'ws://127.0.0.1:{port}/ws'
        self.socket = connect(address, additional_headers=named, max_size=None, close_timeout=1)
        with contextlib.suppress(ConnectionClosed):  # refused at once: the thread reads why
            self.send(type='hello', key=self.key, kind=kind)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def send(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def order(self, order: str, value: Any = None) -> None:
        self.send(type='order', order=order, value=value)

    @property
    def report(self) -> dict[str, Any]:
        """The newest report; {} before the first."""
        return self.reports[-1] if self.reports else {}

    def has_heard(self, text: str) -> Callable[[], bool]:
        return lambda: any(text in notice for notice in self.notices)

    def drop(self) -> None:
        """Break the connection off, as a radio does."""
        with contextlib.suppress(OSError):  # it has gone already
            self.socket.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.socket.close()
        self._thread.join(timeout=5.0)

    def __enter__(self) -> WebPage:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self.close()

    def _read(self) -> None:
        try:
            while True:
                self._take(self.socket.recv())
        except ConnectionClosed as closed:
            self.code = closed.rcvd.code if closed.rcvd else 1006
        except OSError:
            self.code = 1006

    def _take(self, data: str | bytes) -> None:
        if isinstance(data, bytes):
            length = int.from_bytes(data[:4], 'big')
            message = json.loads(data[4 : 4 + length])
            self.pictures.append((message, data[4 + length :]))
        else:
            message = json.loads(data)
            if message['type'] == 'report':
                self.reports.append({**message, 'heard': time.monotonic()})
            elif message['type'] == 'notice':
                self.notices.append(message['text'])
            else:
                self.hello = message
        if self.acknowledge:
            self.send(type='ack', n=message['n'])
