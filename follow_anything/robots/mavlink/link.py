# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Bytes to and from an autopilot: UDP or a serial line."""

from __future__ import annotations

import errno
import re
import select
import socket
import time
from typing import Any, Protocol

from follow_anything.core.errors import (
    FollowAnythingError,
    InvalidInput,
    MissingDependency,
    SourceError,
)

__all__ = ['Link', 'open_link', 'open_mavlink', 'parse']

FORMS = 'udpin:HOST:PORT (wait for the autopilot), udpout:HOST:PORT or serial:DEVICE:BAUD'

KINDS = {
    'udpin': 'udpin', 'udp': 'udpin', 'udpout': 'udpout', 'serial': 'serial',
}  # fmt: skip
"""Names of the ways. MAVSDK's and pymavlink's plain 'udp' waits, too."""

ADDRESS = re.compile(r'([A-Za-z_]+):(?://)?(.*):([0-9]+)')
MAX_PORT, MAX_BAUD = 65535, 10_000_000
DEVICE = re.compile(r'(?:serial:(?://)?)?(/dev/[^:,]+)(?:[:,]([0-9]+))?', re.IGNORECASE)
USUAL_BAUD = 57600
"""Of telemetry radios; where none is given MAVSDK and MAVROS take it too."""

IDS = re.compile(r'/?(\?ids=[0-9]+,[0-9]+)?$')
"""What MAVROS writes behind an address: our own system and component."""

PEER_TIMEOUT_S = 2.5
"""An autopilot that was silent for longer may speak from another port; it may have restarted."""

BOTH_ENDS = re.compile(r'(udp:(?://)?[^@]*:[0-9]+)@[^@]*', re.IGNORECASE)
"""MAVROS: bind@remote. The autopilot speaks first, so the remote one is learnt."""


class Link(Protocol):
    """A connection to an autopilot."""

    def receive(self, timeout_s: float) -> bytes:
        """Return what has come, waiting so long at most; b'' when nothing has."""

    def write(self, data: bytes) -> None:
        """Send; what cannot be sent now is lost, as on any radio link."""

    def keep_peer(self) -> None:
        """Speak with the last sender alone from now on, until it falls silent."""

    def close(self) -> None:
        """Close the link."""


def open_link(address: str) -> Link:
    """
    Open a link.

    :param address: one of FORMS.
    :raises InvalidInput: the address has another form.
    :raises SourceError: the port or the device cannot be opened.
    :raises MissingDependency: serial needs pyserial.
    """
    kind, where, number = parse(address)
    try:
        if kind == 'serial':
            return SerialLink(where, number)
        return UdpLink(where, number, listens=kind == 'udpin')
    except (OSError, ValueError) as error:  # pyserial has both for a device it cannot set up
        if isinstance(error, FollowAnythingError):
            raise
        raise SourceError(f'cannot open {address}: {error}') from error


def open_mavlink(address: str, system: int, component: int) -> tuple[Link, Any]:
    """
    Open a link, and what reads and writes MAVLink on it: pymavlink's MAVLink object.

    :param system: id in what we send. :param component: likewise.
    :raises MissingDependency: pymavlink is not installed, or serial needs pyserial.
    :raises InvalidInput: the address has none of FORMS.
    :raises SourceError: the port or the device cannot be opened.
    """
    try:
        from pymavlink.dialects.v20 import common
    except ImportError as error:
        raise MissingDependency('MAVLink needs pymavlink: pip install pymavlink') from error
    link = open_link(address)
    mavlink = common.MAVLink(link, srcSystem=system, srcComponent=component)
    mavlink.robust_parsing = True
    return link, mavlink


def parse(address: str) -> tuple[str, str, int]:
    """
    Return the way, the host or device, and the port or baud rate of an address.

    Beside our own forms those of MAVSDK (udpin://0.0.0.0:14540, udp://:14540,
    serial:///dev/ttyACM0:57600), MAVROS (udp://:14540@HOST:PORT, /dev/ttyACM0:57600) and
    pymavlink (udp:127.0.0.1:14550).

    :raises InvalidInput: it has another form, or a port that is none.
    """
    text = IDS.sub('', address.strip())
    ends = BOTH_ENDS.fullmatch(text)
    text = ends[1] if ends is not None else text
    found, device = ADDRESS.fullmatch(text), DEVICE.fullmatch(text)
    if device is not None:
        kind, where, number = 'serial', device[1], int(device[2] or USUAL_BAUD)
    elif found is not None and found[1].lower() in KINDS:
        kind, where, number = KINDS[found[1].lower()], found[2], int(found[3])
    elif text.lower().startswith('tcp'):
        raise InvalidInput(
            f'address: TCP is not spoken; let MAVProxy or mavlink-router pass it on by UDP '
            f'(mavproxy.py --master {address} --out 127.0.0.1:14550) and wait there: '
            'udpin:127.0.0.1:14550'
        )
    else:
        raise InvalidInput(f'address: expected {FORMS}; got {address!r}')
    if kind == 'udpin' and not where:
        where = '0.0.0.0'  # every interface, as in MAVSDK and MAVROS
    if not where or '@' in where:
        raise InvalidInput(f'address: expected {FORMS}; got {address!r}')
    if kind != 'serial' and not 1 <= number <= MAX_PORT:
        raise InvalidInput(f'address: the port must be in [1, {MAX_PORT}]; got {address!r}')
    if kind == 'serial' and not 1 <= number <= MAX_BAUD:
        raise InvalidInput(f'address: the baud rate must be in [1, {MAX_BAUD}]; got {address!r}')
    return kind, where, number


PASSING = (
    errno.EAGAIN, errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN,
    errno.ENOBUFS,
)  # fmt: skip
"""A peer that is not there yet, a radio that is off for a while: who gets no answer notices."""


class UdpLink:
    """
    A UDP socket. One that listens answers to whoever spoke last, or to whom it keeps.

    Two vehicles send to the same port in many a simulation, and often with the same system id.
    """

    def __init__(self, host: str, port: int, *, listens: bool) -> None:
        # Once, and here: a name that nobody knows costs seconds, and is no reason to fall silent.
        found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)
        ip_address = str(found[0][4][0])
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._peer: tuple[str, int] | None = None if listens else (ip_address, port)
        self._keeps_until: float | None = None
        if listens:
            try:
                self._socket.bind((ip_address, port))
            except OSError:
                self._socket.close()
                raise

    def receive(self, timeout_s: float) -> bytes:
        """Return one datagram; b'' when none came."""
        if not select.select([self._socket], [], [], max(0.0, timeout_s))[0]:
            return b''
        try:
            data, sender = self._socket.recvfrom(65535)
        except OSError as error:
            if error.errno not in PASSING:
                raise
            return b''
        if self._keeps_until is not None:
            now = time.monotonic()
            if sender != self._peer and now < self._keeps_until:
                return b''
            self._keeps_until = now + PEER_TIMEOUT_S if sender == self._peer else None
        self._peer = sender
        return data

    def keep_peer(self) -> None:
        """Speak with the last sender alone from now on, until it falls silent."""
        self._keeps_until = time.monotonic() + PEER_TIMEOUT_S

    def write(self, data: bytes) -> None:
        """Send one datagram, when it is known where to."""
        if self._peer is None:
            return
        try:
            self._socket.sendto(data, self._peer)
        except OSError as error:
            if error.errno not in PASSING:
                raise

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

    def keep_peer(self) -> None:
        """Do nothing: there is one at the other end."""

    def close(self) -> None:
        """Close the device."""
        self._port.close()
