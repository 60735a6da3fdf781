# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The camera's pictures as H.264 over RTP, for ground stations that show a video.

    picture ─▶ pipe ─▶ ffmpeg (x264, baseline, no look-ahead) ─▶ RTP packets ─▶ UDP

The encoder is a process of its own with a low priority. `send` waits for it: call it from a thread
that leaves out the pictures which come meanwhile, and nothing ever queues.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import tempfile
from typing import IO

from follow_anything.core.errors import InvalidInput, MissingDependency, SourceError
from follow_anything.core.types import UInt8Array

__all__ = ['RtpVideo', 'parse_receiver']

LOW_PRIORITY = 10
PACKET_BYTES = 1200
"""Fits the packets of every network."""

CLOSE_S = 2.0
RECEIVER = re.compile(r'(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})')


def parse_receiver(text: str) -> tuple[str, int]:
    """
    Return host and UDP port of HOST:PORT.

    :raises InvalidInput: it is none.
    """
    found = RECEIVER.fullmatch(text)
    if not found or not 0 < int(found[2]) < 65535:  # the next one is RTCP's
        raise InvalidInput(f'video_to must be HOST:PORT, such as 192.168.1.5:5600; got {text!r}')
    return found[1], int(found[2])


class RtpVideo:
    """
    Encodes and sends pictures until it is closed.

    :param to: HOST:PORT of the receiver. :param rate: pictures a second, about.
    :param bitrate: kbit/s.
    :raises InvalidInput: the receiver has no such form, or nobody knows its name.
    :raises MissingDependency: there is no encoder.
    """

    def __init__(self, to: str, rate: float, bitrate: int) -> None:
        host, port = parse_receiver(to)
        try:
            socket.getaddrinfo(host.strip('[]'), port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise InvalidInput(f'video_to: nobody knows the host of {to}: {error}') from error
        self._to, self._rate, self._bitrate = f'{host}:{port}', rate, bitrate
        self._encoder = _find_encoder()
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._size = (0, 0)
        self.sent = 0

    def send(self, rgb: UInt8Array) -> None:
        """
        Send a picture, uint8 (H, W, 3), RGB; another size begins another stream.

        :raises SourceError: the encoder has died; the next picture starts another one.
        """
        size = rgb.shape[1], rgb.shape[0]
        if self._process is not None and size != self._size:
            self.close()
        if self._process is None:
            self._open(size)
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(rgb.tobytes())
            process.stdin.flush()
        except OSError as error:
            raise SourceError(f'the video has ended: {self.close() or error}') from error
        self.sent += 1

    def close(self) -> str:
        """End the stream; return what the encoder said last. May be called more than once."""
        process, self._process = self._process, None
        if process is None or process.stdin is None or self._said is None:
            return ''
        process.kill()  # nothing is lost but pictures that are old already
        process.wait(CLOSE_S)
        try:
            process.stdin.close()
        except BrokenPipeError:
            self._size = (0, 0)  # part of a picture was still in the buffer
        self._said.seek(0)
        lines = self._said.read().decode('utf-8', 'replace').strip().splitlines()
        self._said.close()
        return lines[-1] if lines else ''

    def _open(self, size: tuple[int, int]) -> None:
        self._size, rate = size, f'{self._rate:.3f}'
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  closed with the stream
        command = [
            self._encoder, '-loglevel', 'error', '-nostdin',
            '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', f'{size[0]}x{size[1]}',
            # the time of a picture is when it came: some are left out
            '-use_wallclock_as_timestamps', '1', '-framerate', rate, '-i', 'pipe:0', '-an',
            '-vf', 'pad=ceil(iw/2)*2:ceil(ih/2)*2', '-fps_mode', 'passthrough',
            '-c:v', 'libx264', '-profile:v', 'baseline', '-pix_fmt', 'yuv420p',
            '-preset', 'ultrafast', '-tune', 'zerolatency', '-threads', '1',
            '-b:v', f'{self._bitrate}k', '-maxrate', f'{self._bitrate}k',
            '-bufsize', f'{max(1, self._bitrate // 2)}k',
            '-g', str(max(1, round(self._rate))),  # who tunes in late waits a second
            '-f', 'rtp', '-payload_type', '96', f'rtp://{self._to}?pkt_size={PACKET_BYTES}',
        ]  # fmt: skip
        # In a session of its own: Ctrl-C is for us. Its output is a description of the stream.
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,
        )
        os.setpriority(os.PRIO_PROCESS, process.pid, LOW_PRIORITY)
        self._process = process


def _find_encoder() -> str:
    """Return the path of an ffmpeg; MissingDependency where there is none."""
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise MissingDependency(
            'video_to needs an encoder of H.264: pip install imageio-ffmpeg; or leave it empty'
        ) from error
