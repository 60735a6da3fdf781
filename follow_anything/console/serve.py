# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Serve the console in a thread of its own, beside whatever the process is for."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time

from follow_anything.console.access import Access, is_loopback, new_token
from follow_anything.console.limits import MAX_MESSAGE_BYTES
from follow_anything.console.link import RobotLink
from follow_anything.core.config import ConsoleConfig
from follow_anything.core.errors import InvalidInput, MissingDependency, NotReady

__all__ = ['ConsoleServer']

START_S = 10.0
MAX_CONNECTIONS = 256
"""Beyond them all requests are refused, STOP too: far more than pages and streams need."""


class ConsoleServer:
    """
    The console on a port. `address` is what to open, with the token where one is needed.

    :param token: '': a new one where other machines can reach the page, none where they cannot.
    :raises InvalidInput: the host or the port cannot be had.
    :raises MissingDependency: the packages of the web server are not installed.
    """

    def __init__(self, link: RobotLink, config: ConsoleConfig, token: str = '') -> None:
        try:
            from follow_anything.console.server import Console, PunctualProtocol
            import uvicorn
            import websockets  # noqa: F401  uvicorn would serve the page, and no WebSocket
        except ImportError as error:
            raise MissingDependency(
                f'the console needs {error.name}: pip install "follow_anything[console]"'
            ) from error
        if not token and not is_loopback(config.host):
            token = new_token()
        self.console = Console(link, config, Access(token))
        self._listener = _bound(config.host, config.port)
        host, port = self._listener.getsockname()[:2]
        shown = _reachable(host)
        self.address = f'http://{shown}:{port}/' + (f'?token={token}' if token else '')
        self.port = int(port)
        self._server = uvicorn.Server(
            uvicorn.Config(
                self.console.app,
                log_level='error',
                access_log=False,
                server_header=False,
                date_header=False,
                ws_max_size=MAX_MESSAGE_BYTES,
                ws_per_message_deflate=False,  # pictures are compressed already
                http=PunctualProtocol,
                limit_concurrency=MAX_CONNECTIONS,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self._run, name='console', daemon=True)

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()
        deadline = time.monotonic() + START_S
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise NotReady('the console did not start')
            time.sleep(0.01)

    def close(self) -> None:
        """Disconnect every page and stop."""
        self._server.should_exit = True
        self._thread.join(timeout=5.0)
        self._listener.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
            stack.pop_all()  # it stays open
            return listener
    except (OSError, UnicodeError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        hint = 'somebody else has it; give another port, or 0' if taken else str(error)
        raise InvalidInput(f'the console cannot be served on {host}:{port}: {hint}') from error


def _reachable(host: str) -> str:
    """Return a name of this machine for others, where it listens on every address."""
    if host not in ('0.0.0.0', '::'):
        return f'[{host}]' if ':' in host else host
    return socket.gethostname()
