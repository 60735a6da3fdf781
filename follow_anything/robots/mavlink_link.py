# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Bytes to and from an autopilot: UDP or a serial line."""

from __future__ import annotations

import select
import socket
from typing import Any, Protocol

from follow_anything.core.errors import InvalidInput, MissingDependency, SourceError

__all__ = ['Link', 'open_link']

FORMS = 'udpin:HOST:PORT (wait for the autopilot), udpout:HOST:PORT or serial:DEVICE:BAUD'


class Link(Protocol):
    """A way to an autopilot."""

    def receive(self, timeout_s: float) -> bytes:
        """Return what has come, waiting so long at most; b'' when nothing has."""

    def write(self, data: bytes) -> None:
        """Send; what cannot be sent now is lost, as on any radio link."""

    def close(self) -> None:
        """Let go."""


def open_link(address: str) -> Link:
    """
    Open a link.

    :param address: one of FORMS.
    :raises InvalidInput: the address has another form.
    :raises SourceError: the port or the device cannot be opened.
    :raises MissingDependency: serial needs pyserial.
    """
    kind, _, rest = address.partition(':')
    where, _, number = rest.rpartition(':')
    if kind not in ('udpin', 'udpout', 'serial') or not where or not number.isdecimal():
        raise InvalidInput(f'address: expected {FORMS}; got {address!r}')
    try:
        if kind == 'serial':
            return SerialLink(where, int(number))
        return UdpLink(where, int(number), listens=kind == 'udpin')
    except OSError as error:
        raise SourceError(f'cannot open {address}: {error}') from error


class UdpLink:
    """A UDP socket. One that listens answers to whoever spoke last."""

    def __init__(self, host: str, port: int, *, listens: bool) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._peer: tuple[str, int] | None = None if listens else (host, port)
        if listens:
            try:
                self._socket.bind((host, port))
            except OSError:
                self._socket.close()
                raise

    def receive(self, timeout_s: float) -> bytes:
        """Return one datagram; b'' when none came."""
        if not select.select([self._socket], [], [], max(0.0, timeout_s))[0]:
            return b''
        try:
            data, self._peer = self._socket.recvfrom(65535)
        except (BlockingIOError, ConnectionRefusedError):  # the peer is not there yet
            return b''
        return data

    def write(self, data: bytes) -> None:
        """Send one datagram, when it is known where to."""
        if self._peer is None:
            return
        try:
            self._socket.sendto(data, self._peer)
        except (BlockingIOError, ConnectionRefusedError):
            return

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class SerialLink:
    """A serial line, by pyserial."""

    def __init__(self, device: str, baud: int) -> None:
        try:
            import serial
        except ImportError as error:
            raise MissingDependency(
                'a serial line needs pyserial: pip install pyserial'
            ) from error
        self._port: Any = serial.Serial(device, baud, timeout=0, write_timeout=0)

    def receive(self, timeout_s: float) -> bytes:
        """Return what has come; b'' when nothing has."""
        if not select.select([self._port], [], [], max(0.0, timeout_s))[0]:
            return b''
        return bytes(self._port.read(4096))

    def write(self, data: bytes) -> None:
        """Send."""
        self._port.write(data)

    def close(self) -> None:
        """Close the device."""
        self._port.close()
