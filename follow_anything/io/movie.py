# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Writing videos: an MP4 that browsers play, or an animated WebP."""

from __future__ import annotations

from pathlib import Path
import subprocess
import tempfile
from typing import IO

from follow_anything.core.errors import MissingDependency, SourceError
from follow_anything.core.types import UInt8Array
import numpy as np

__all__ = ['Movie']

VIDEO = (
    # H.264 wants even sides.
    '-vf', 'pad=ceil(iw/2)*2:ceil(ih/2)*2', '-c:v', 'libx264', '-pix_fmt', 'yuv420p',
    '-preset', 'ultrafast', '-crf', '24',
)  # fmt: skip
SMALL = (
    '-vf', 'fps=8,scale=400:-2', '-c:v', 'libwebp_anim', '-loop', '0', '-quality', '40',
    '-compression_level', '6',
)  # fmt: skip
ENCODERS = {**dict.fromkeys(('.mp4', '.m4v', '.mov', '.mkv', '.avi'), VIDEO), '.webp': SMALL}
"""What ffmpeg is told for each ending of a name; WebP loops in a page, smaller and at 8 Hz."""

CLOSE_TIMEOUT_S = 60.0


class Movie:
    """
    Encodes H.264 in a process of its own, so that writing costs the caller a copy.

    :param path: of the file. :param rate: pictures a second.
    :raises SourceError: the name or the folder cannot be that of a video.
    """

    def __init__(self, path: Path, rate: float) -> None:
        if path.suffix.lower() not in ENCODERS:
            raise SourceError(f'{path} needs a name of a video; expected {", ".join(ENCODERS)}')
        if not path.parent.is_dir():
            raise SourceError(f'{path} cannot be written: there is no folder {path.parent}')
        self._path, self._rate = path, rate
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._size = (0, 0)
        self._began: float | None = None
        self.pictures = 0

    def add(self, rgb: UInt8Array, stamp: float | None = None) -> None:
        """
        Append a picture, uint8 (H, W, 3), RGB; one of another size gets borders.

        :param stamp: seconds: the picture is shown until the next one's, repeated or left out at
            the movie's rate; None: it is the next one.
        :raises SourceError: it cannot be written: a full disk, a folder that is not ours.
        """
        if self._process is None:
            self._open(rgb.shape[1], rgb.shape[0])
        count = 1
        if stamp is not None:
            self._began = stamp if self._began is None else self._began
            count = round((stamp - self._began) * self._rate) + 1 - self.pictures
        data = self._fitted(rgb).tobytes() if count > 0 else b''
        for _ in range(count):
            self._write(data)
            self.pictures += 1

    def close(self) -> None:
        """
        Finish the file.

        :raises SourceError: it is not whole.
        """
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.close()
            process.wait(CLOSE_TIMEOUT_S)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            process.kill()
            process.wait()
        said = self._words()
        if process.returncode != 0 or not self._path.is_file() or not self._path.stat().st_size:
            raise SourceError(f'{self._path} is not whole: {said or "the encoder has failed"}')

    def _write(self, data: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(data)
        except BrokenPipeError as error:
            process.wait()
            self._process = None
            raise SourceError(f'{self._path} cannot be written: {self._words()}') from error

    def _words(self) -> str:
        """Return what the encoder said last, and close its output."""
        if self._said is None:
            return ''
        self._said.seek(0)
        lines = self._said.read().decode('utf-8', 'replace').strip().splitlines()
        self._said.close()
        self._said = None
        return lines[-1] if lines else ''

    def _fitted(self, rgb: UInt8Array) -> UInt8Array:
        """Return a picture of the movie's size, in its upper left corner, cut or with borders."""
        width, height = self._size
        if rgb.shape[:2] == (height, width):
            return rgb
        fitted = np.zeros((height, width, 3), np.uint8)
        part = rgb[:height, :width]
        fitted[: part.shape[0], : part.shape[1]] = part
        return fitted

    def _open(self, width: int, height: int) -> None:
        try:
            import imageio_ffmpeg
        except ImportError as error:
            raise MissingDependency(
                'writing a video needs imageio-ffmpeg; install it with: pip install imageio-ffmpeg'
            ) from error
        self._size = width, height
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(), '-y', '-loglevel', 'error', '-nostdin',
            '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', f'{width}x{height}',
            '-r', f'{self._rate:.6f}', '-i', 'pipe:0', '-an',
            *ENCODERS[self._path.suffix.lower()], '-v', 'error', f'file:{self._path}',
        ]  # fmt: skip
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        # In a session of its own: Ctrl-C is for us, and the file is finished then.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,
        )
