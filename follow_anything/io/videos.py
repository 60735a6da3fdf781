# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Reading videos, cameras and streams by OpenCV, and what OpenCV does not say of a video file.

It fills what cannot be decoded with grey or with the frame before, and repeats its last frame when
the pictures become larger. FFmpeg itself says so; it decodes the file once more, beside us.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain, islice
import math
from pathlib import Path
import re
import shutil
import subprocess
import threading
import time
from typing import Any

import cv2
from follow_anything.core.errors import SourceError
from follow_anything.core.types import Frame
from follow_anything.io.containers import (
    frames_of_avi,
    is_container,
    is_cut_video,
    is_matroska,
    still_of_a_phone,
)
import numpy as np

__all__ = ['ASSUMED_RATE_HZ', 'CAMERA', 'SecondDecoder', 'read_video']

CAMERA = re.compile(r'[0-9]{1,4}')
"""The number of a camera."""

ASSUMED_RATE_HZ = 30.0
"""Rate of what does not say its own."""

RATES_HZ = (0.1, 240.0)
"""What a container may say of its rate to be believed: some say 90000."""

LOOK_AHEAD = 12
"""Frames that are read to find out whether a video has one rate."""

PERSISTENCE = 10_000
"""Readings in a row that fail at the end of a file; OpenCV fails once at each broken packet."""

MISCOUNTED, MISCOUNTED_S = 3, 0.5
"""Frames and seconds by which what a container says of its length may be wrong."""

MOST_FRAMES = 1e9
"""What a container says of its length is believed up to here: a week at a thousand hertz."""

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
LENGTH = re.compile(r'Duration: ([0-9]+):([0-9]+):([0-9.]+), start: ([-0-9.]+)')

LEAST_STRETCH = 0.02
"""Pixels that are wider than high by a smaller share are called square."""

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
        self._lost = self._bent = 0
        self._words = ''
        self.has_sound, self.length_s = False, 0.0
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
            return self._lost, self._bent, self._words

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
                words = line[damage.start() :].strip()
                self._words = self._words or words
                self._lost += LOST.match(words) is not None
                self._bent += BENT.match(words) is not None
            length = LENGTH.search(line)
            if length is not None:
                hours, minutes, seconds, start = (float(part) for part in length.groups())
                self.length_s = hours * 3600.0 + minutes * 60.0 + seconds - start
            self.has_sound = self.has_sound or SOUND.search(line) is not None


def read_video(source: str, *, is_live: bool, name: str) -> tuple[Iterator[Frame], float, str]:
    """
    Return the frames of a video, the rate of a copy that shows them all, Hz, and a remark.

    The remark says what is odd about it, for people; '': nothing.

    After the last frame of a file that is damaged or cut, SourceError says so.

    :param source: the whole path of a file, the number of a camera, or an address.
    :param is_live: a camera or an address, with stamps of now, where it gives none.
    :param name: what it is called in errors.
    :raises SourceError: it cannot be opened, or holds no frame.
    """
    is_cut = not is_live and _is_cut(Path(source), name)
    capture = cv2.VideoCapture(int(source) if CAMERA.fullmatch(source) else source)
    if not capture.isOpened():
        raise SourceError(f'{name} cannot be opened: {_why_not(source, is_live, is_cut)}')
    # A phone held upright writes lying pictures and the turn beside them.
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    declared_rate = capture.get(cv2.CAP_PROP_FPS)
    rate = declared_rate if RATES_HZ[0] <= declared_rate <= RATES_HZ[1] else ASSUMED_RATE_HZ
    reader = _Reader(capture, rate, is_live)
    frames = reader.frames()
    if is_live:
        return frames, rate, ''
    codec, remark = _codec_of(capture), _shape_of_pixels(capture)
    ahead = deque(islice(frames, LOOK_AHEAD))
    if not ahead:
        why = 'it is cut, its end is missing' if is_cut else _undecodable(source, name, codec)
        raise SourceError(f'{name} holds no frame that can be read: {why}')
    true_rate = _true_rate(rate, [frame.stamp for frame in ahead])

    def all_frames() -> Iterator[Frame]:
        second = SecondDecoder(source)
        try:
            yield from _of_one_size(chain(_emptied(ahead), frames), second, name)
            if is_cut:
                raise SourceError(f'{name} is cut: its end is missing, all before it was read')
            _check_whole(reader, second, source, name)
        finally:
            second.close()

    return all_frames(), true_rate, remark


def _codec_of(capture: cv2.VideoCapture) -> str:
    """Return the four letters of the codec, '' where there are none."""
    number = int(capture.get(cv2.CAP_PROP_FOURCC))
    letters = bytes(number >> shift & 255 for shift in (0, 8, 16, 24)).strip(b'\0 ')
    return letters.decode() if letters.isalnum() else ''


def _photograph(source: str) -> str:
    """Return what a file is, where it is a photograph of a phone; else ''."""
    with Path(source).open('rb') as file:
        kind = still_of_a_phone(file.read(12))
    return f'it is a photograph in {kind}; save it as JPEG or PNG' if kind else ''


def _undecodable(source: str, name: str, codec: str) -> str:
    return _photograph(source) or (
        f'it is damaged, or OpenCV has no decoder for {codec or "its codec"}; convert it: '
        f"ffmpeg -i '{name}' -c:v libx264 converted.mp4"
    )


def _shape_of_pixels(capture: cv2.VideoCapture) -> str:
    """Return what a click in a player means, where its pixels are not square."""
    across, up = (capture.get(p) for p in (cv2.CAP_PROP_SAR_NUM, cv2.CAP_PROP_SAR_DEN))
    if not (across > 0.0 and up > 0.0) or abs(across / up - 1.0) < LEAST_STRETCH:
        return ''
    width, height = (capture.get(p) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    return (
        f'its pixels are not square ({across:g}:{up:g}): a player shows about '
        f'{width * across / up:.0f} x {height:.0f}, coordinates here are those of '
        f'{width:.0f} x {height:.0f}'
    )


def _why_not(source: str, is_live: bool, is_cut: bool) -> str:
    if is_live:
        return 'nobody sends there, or no video'
    if is_cut:
        return 'it is cut, its end is missing'
    if is_container(Path(source)):
        return (
            _photograph(source)
            or 'it is damaged where it says what it holds, or holds no pictures'
        )
    return 'it is not a video'


def _is_cut(path: Path, name: str) -> bool:
    try:
        is_empty, is_cut = path.stat().st_size == 0, is_cut_video(path)
    except OSError as error:
        raise SourceError(f'{name} cannot be read: {error.strerror}') from error
    if is_empty:
        raise SourceError(f'{name} cannot be opened: it is empty')
    return is_cut


def _emptied(frames: deque[Frame]) -> Iterator[Frame]:
    while frames:
        yield frames.popleft()


def _of_one_size(frames: Iterator[Frame], second: SecondDecoder, name: str) -> Iterator[Frame]:
    """Yield frames until their size changes: OpenCV goes on with its last one, or garbles."""
    for index, frame in enumerate(frames):
        size = second.size_changed(index)
        if size is not None:
            raise SourceError(
                f'the pictures of {name} change from {frame.width} x {frame.height} to '
                f'{size[0]} x {size[1]} at {frame.stamp:.2f} s, all before that was read; '
                'expected one size: split it there, or encode it anew'
            )
        yield frame


def _check_whole(reader: _Reader, second: SecondDecoder, source: str, name: str) -> None:
    """Raise SourceError when frames between the first and the last one are damaged."""
    lost, bent, words = second.damage()
    missing = _missing(reader, second, Path(source))
    if not words and not reader.failed and not missing:
        return
    lost = max(lost, reader.failed, missing or reader.declared - reader.count)
    what = [f'{lost} of its frames could not be read'] if lost else []
    what += [f'{bent or "some"} of those read are wrong in part'] if bent or not lost else []
    said = f' ({words})' if words else ''
    raise SourceError(f'{name} is damaged{said}: {", ".join(what)}, {reader.count} were read')


def _missing(reader: _Reader, second: SecondDecoder, path: Path) -> int:
    """
    Return how many frames were not read of those that a container says truly it has.

    An MP4 counts those, too, that its edit list leaves out, and the length of a stream is a guess.
    """
    missing = max(0, frames_of_avi(path) - reader.count)
    # Sound may be longer than the pictures.
    if second.length_s and not second.has_sound and is_matroska(path):
        left_s = second.length_s - reader.last - 1.0 / reader.rate
        missing = round(left_s * reader.rate) if left_s > MISCOUNTED_S else 0
    return missing if missing > MISCOUNTED else 0


def _true_rate(declared_rate: float, stamps: list[float]) -> float:
    """Return the rate that shows every frame: a video whose frames come unevenly says its mean."""
    gaps = np.diff(stamps)
    if gaps.size == 0:
        return declared_rate
    # Half a period of grace: stamps are in milliseconds.
    if float(gaps.min()) * declared_rate > 0.8:
        return declared_rate
    return float(np.clip(1.0 / gaps.min(), declared_rate, RATES_HZ[1]))


class _Reader:
    """
    Reads a capture to its end.

    :param rate: Hz, where the container has no stamps. :param is_live: it has no end.
    """

    def __init__(self, capture: cv2.VideoCapture, rate: float, is_live: bool) -> None:
        self._capture, self.rate, self._is_live = capture, rate, is_live
        self._began, self._first, self.last = time.monotonic(), math.nan, -math.inf
        declared = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.declared = int(declared) if 0 < declared < MOST_FRAMES else 0
        self.count = self.failed = 0

    def frames(self) -> Iterator[Frame]:
        """Yield every frame that can be read."""
        try:
            while (image := self._next()) is not None:
                self.count += 1
                rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
                yield Frame(self._stamp(), rgb)
        finally:
            self._capture.release()

    def _next(self) -> Any:
        """Return the next picture, BGR; broken ones are passed over, and counted."""
        goes_on = not self._is_live and self._capture.getBackendName() == 'FFMPEG'
        for failed in range(PERSISTENCE if goes_on else 1):
            found, image = self._capture.read()
            if found:
                self.failed += failed
                return image
        return None

    def _stamp(self) -> float:
        position_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) * 1e-3
        self._first = position_s if math.isnan(self._first) else self._first
        stamp, last = position_s - self._first, self.last
        if not (math.isfinite(stamp) and stamp > last):  # the container does not say
            since = time.monotonic() - self._began
            stamp = since if self._is_live else max(0.0, last + 1.0 / self.rate)
            stamp = max(stamp, last + 1e-6)
        self.last = stamp
        return stamp
