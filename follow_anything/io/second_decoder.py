# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
What OpenCV does not say of a video: frames that are damaged, a size that changes midway.

It fills what cannot be decoded with grey or with the frame before, and repeats its last frame when
the pictures become larger. FFmpeg itself says so; it decodes the file once more, beside us.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import threading

__all__ = ['SecondDecoder']

FRAME = re.compile(r'\] n: *[0-9]+ .* s:([0-9]+)x([0-9]+) ')
"""A frame in the words of FFmpeg's filter showinfo."""

LOST = re.compile(r'Error submitting packet|Error while decoding stream|Decoding error')
BENT = re.compile(r'corrupt decoded frame')
DAMAGE = re.compile(
    rf'{LOST.pattern}|{BENT.pattern}|error while decoding MB|Error splitting|damaged at'
    r'|Error at MB|error count|error [xy]=|skipped MB|Invalid mb type|partial file|CRC'
    r'|invalid as first byte|exceeds containing master|Missing reference picture'
    r'|Could not find ref with POC|unsupported coding type|0 quant value|invalid len|before SOF'
)
"""What is said of damaged data only. Of good frames, too, it is said that packets are corrupt and
timestamps jump, in streams that were put together, or that a camera's pictures have no end."""

SOUND = re.compile(r'Stream #0:.*: Audio:')

PATIENCE_S = 10.0
"""A decoder that says nothing for so long is not waited for any more."""


def _ffmpeg() -> str | None:
    """Return the program; None where there is none, and then nobody looks twice."""
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return shutil.which('ffmpeg')


class SecondDecoder:
    """
    Decodes a video file beside its reader, in a process of its own, until it is closed.

    :param path: of the file.
    """

    def __init__(self, path: str) -> None:
        self._news = threading.Condition()
        self._frames, self._sizes = 0, [(0, (0, 0))]
        self._words: list[str] = []
        self.has_sound = False
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        program = _ffmpeg()
        self._is_over = program is None
        if program is not None:
            self._start(program, path)

    def _start(self, program: str, path: str) -> None:
        command = [
            program, '-nostdin', '-hide_banner', '-loglevel', 'repeat+info', '-threads', '2',
            '-noautorotate', '-i', f'file:{path}', '-map', '0:v:0', '-vf', 'showinfo=checksum=0',
            '-f', 'null', '-',
        ]  # fmt: skip
        try:
            # In a session of its own: Ctrl-C is for us.
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                encoding='utf-8',
                errors='replace',
                start_new_session=True,
            )
        except OSError:
            self._is_over = True
            return
        self._listener = threading.Thread(target=self._listen, args=[self._process], daemon=True)
        self._listener.start()

    def size_changed(self, index: int) -> tuple[int, int] | None:
        """Return the size (width, height) of a frame where it is not that of the first one."""
        with self._news:
            if not self._news.wait_for(lambda: self._frames > index or self._is_over, PATIENCE_S):
                self._is_over = True
            sizes = [size for first, size in self._sizes[1:] if first <= index]
        return sizes[-1] if sizes and sizes[-1] != self._sizes[1][1] else None

    def damage(self) -> tuple[int, int, str]:
        """Return, at the end: frames that are lost, frames wrong in part, and the first words."""
        with self._news:
            self._news.wait_for(lambda: self._is_over, PATIENCE_S)
            words = list(self._words)
        lost = sum(LOST.match(line) is not None for line in words)
        bent = sum(BENT.match(line) is not None for line in words)
        return lost, bent, words[0] if words else ''

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
        if self._listener is not None:
            self._listener.join()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        if process.stderr is None:
            return
        with process.stderr as lines:
            for line in lines:
                self._hear(line)
        with self._news:
            self._is_over = True
            self._news.notify_all()

    def _hear(self, line: str) -> None:
        # Both: it has several threads, whose words may stand in one line.
        frame, damage = FRAME.search(line), DAMAGE.search(line)
        with self._news:
            if frame is not None:
                size = int(frame[1]), int(frame[2])
                if size != self._sizes[-1][1]:
                    self._sizes.append((self._frames, size))
                self._frames += 1
                self._news.notify_all()
            if damage is not None:
                self._words.append(line[damage.start() :].strip())
            self.has_sound = self.has_sound or SOUND.search(line) is not None
