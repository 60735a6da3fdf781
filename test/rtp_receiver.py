# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A ground station's end of a video: it takes RTP apart, and decodes what was in it."""

from __future__ import annotations

import socket
import struct
import subprocess
import threading
import time

from follow_anything.core.types import UInt8Array
import imageio_ffmpeg
import numpy as np

__all__ = ['IDR', 'PPS', 'SPS', 'RtpReceiver']

IDR, SPS, PPS = 5, 7, 8
"""Kinds of the units of H.264."""


class RtpReceiver:
    """Takes RTP packets, and puts the parts of H.264 together (RFC 6184)."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(('127.0.0.1', 0))
        self.socket.settimeout(0.1)
        self.to = f'127.0.0.1:{self.socket.getsockname()[1]}'
        self.sequence: list[int] = []
        self.pictures: list[tuple[int, float]] = []
        self.units: list[bytes] = []
        self._running = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while self._running:
            try:
                self._take(self.socket.recv(65536))
            except TimeoutError:
                continue

    def _take(self, packet: bytes) -> None:
        first, kind, number, stamp, _source = struct.unpack('>BBHII', packet[:12])
        assert first >> 6 == 2, 'version'
        assert first & 0x3F == 0, 'no padding, extension or further sources'
        assert kind & 0x7F == 96, 'a dynamic payload type'
        assert len(packet) <= 1200
        self.sequence.append(number)
        self._unpack(packet[12:])
        if kind & 0x80:  # the last packet of a picture
            self.pictures.append((stamp, time.monotonic()))

    def _unpack(self, payload: bytes) -> None:
        kind = payload[0] & 0x1F
        if kind == 24:  # several small ones
            at = 1
            while at < len(payload):
                length = int.from_bytes(payload[at : at + 2], 'big')
                self.units.append(payload[at + 2 : at + 2 + length])
                at += 2 + length
        elif kind == 28:  # a part of a large one
            if payload[1] & 0x80:
                self.units.append(bytes([payload[0] & 0xE0 | payload[1] & 0x1F]))
            self.units[-1] += payload[2:]
        else:
            self.units.append(payload)

    def kinds(self) -> list[int]:
        return [unit[0] & 0x1F for unit in self.units]

    def decoded(self, width: int, height: int) -> list[UInt8Array]:
        """Return all pictures, (H, W, 3), RGB."""
        stream = b''.join(b'\0\0\0\1' + unit for unit in self.units)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), '-loglevel', 'error', '-f', 'h264']
        command += ['-i', 'pipe:0', '-fps_mode', 'passthrough', '-f', 'rawvideo']
        command += ['-pix_fmt', 'rgb24', 'pipe:1']
        done = subprocess.run(command, input=stream, capture_output=True, check=True)
        assert done.stderr == b'', 'every picture decodes without a complaint'
        return list(np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3))

    def close(self) -> None:
        self._running = False
        self._thread.join()
        self.socket.close()
