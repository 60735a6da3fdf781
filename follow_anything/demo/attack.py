# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
A client that attacks the console in every known way at once; it runs until it is ended.

    python -m follow_anything.demo.attack PORT           attacks the console on 127.0.0.1:PORT
    python -m follow_anything.demo.attack PORT viewer    looks on and acknowledges, as a page does
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
import contextlib
import http.client
import json
import logging
import secrets
import signal
import socket
import struct
import sys
import threading
import time
from typing import Any
import zlib

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

__all__ = ['ATTACKS', 'main', 'view']

TEXT = 'x' * (10 << 20)
REFUSALS = (OSError, WebSocketException, http.client.HTTPException)
"""The console refuses, closes or hangs up: that is what it should do."""


done: Counter[str] = Counter()
"""What was sent so far, by name of the attack."""


def _open(port: int, **more: Any) -> ClientConnection:
    page = connect(f'ws://127.0.0.1:{port}/ws', max_size=None, close_timeout=1, **more)
    page.send(json.dumps({'type': 'hello', 'key': secrets.token_hex(16), 'kind': 'computer'}))
    return page


def _request(port: int, method: str, path: str, body: bytes = b'', **headers: str) -> None:
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=5)
    try:
        connection.request(method, path, body, headers)
        connection.getresponse().read()
    finally:
        connection.close()


def view(port: int) -> None:
    """Act as a well-behaved page until the connection ends."""
    with _open(port) as page:
        while True:
            data = page.recv()
            head = data
            if isinstance(data, bytes):
                head = data[4 : 4 + int.from_bytes(data[:4], 'big')]
            page.send(json.dumps({'type': 'ack', 'n': json.loads(head)['n']}))


def flood(port: int) -> None:
    """Click a thousand times a second, and acknowledge nothing, until one is thrown out."""
    click = json.dumps({'type': 'order', 'order': 'click', 'value': [0.5, 0.5]})
    with _open(port) as page:
        while True:
            page.send(click)
            done['flood'] += 1
            time.sleep(0.001)


def long_texts(port: int) -> None:
    """Send ten megabytes of text."""
    with _open(port) as page:
        done['long_texts'] += 1  # it is hung up on before it was all sent
        page.send(json.dumps({'type': 'order', 'order': 'text', 'value': TEXT}))
        page.recv()
        time.sleep(0.5)


def large_pictures(port: int) -> None:
    """Show a picture that says it has a hundred megapixels, and one of ten megabytes."""
    head = struct.pack('>IIBBBBB', 10_000, 10_000, 8, 2, 0, 0, 0)
    png = b'\x89PNG\r\n\x1a\n' + struct.pack('>I', 13) + b'IHDR' + head
    png += struct.pack('>I', zlib.crc32(b'IHDR' + head))
    _request(port, 'POST', '/api/image', png)
    done['large_pictures'] += 1
    _request(port, 'POST', '/api/image', TEXT.encode())
    time.sleep(0.5)


def slow_reader(port: int) -> None:
    """Open a page and read nothing of it."""
    place = socket.create_connection(('127.0.0.1', port))
    place.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    page = connect(f'ws://127.0.0.1:{port}/ws', sock=place, max_queue=1, close_timeout=1)
    page.send(json.dumps({'type': 'hello', 'key': secrets.token_hex(16), 'kind': 'computer'}))
    done['slow_reader'] += 1
    time.sleep(12.0)
    place.close()


def strangers(port: int) -> None:
    """Send requests of another origin, without a token, and for files outside the page."""
    _request(port, 'GET', '/', Origin='http://evil.example')
    _request(port, 'GET', '/api/status', Authorization='Bearer wrong', Host='evil.example')
    _request(port, 'GET', '/page/..%2f..%2f..%2fetc%2fpasswd')
    done['strangers'] += 3
    time.sleep(0.1)


def dropped(port: int) -> None:
    """Break off in the middle of a message."""
    page = _open(port)
    page.socket.sendall(b'\x81\xfe\x10\x00half a mess')
    page.socket.close()
    done['dropped'] += 1
    time.sleep(0.2)


ATTACKS: tuple[Callable[[int], None], ...] = (
    flood, flood, long_texts, large_pictures, slow_reader, slow_reader, strangers, dropped,
)  # fmt: skip


def _for_ever(attack: Callable[[int], None], port: int) -> None:
    while True:
        with contextlib.suppress(*REFUSALS):
            attack(port)
        time.sleep(0.05)


def main(arguments: list[str]) -> None:
    """Attack, or only watch, until a signal ends the process; then print what was sent."""
    port = int(arguments[0])
    does = (view,) if 'viewer' in arguments else ATTACKS
    logging.disable(logging.CRITICAL)  # of the client, about being hung up on
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    threads = [threading.Thread(target=_for_ever, args=(do, port), daemon=True) for do in does]
    for thread in threads:
        thread.start()
    signal.sigwait((signal.SIGTERM, signal.SIGINT))
    print(json.dumps(done), flush=True)


if __name__ == '__main__':
    main(sys.argv[1:])
