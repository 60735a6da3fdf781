# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Frames from a video file, a folder of images, a camera or a network stream; one picture."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain, islice
import math
import os
from pathlib import Path
import re
import time
from typing import Any

import cv2
from follow_anything.core.errors import SourceError
from follow_anything.core.types import BoolArray, Frame, UInt8Array
from follow_anything.io.containers import is_cut_video, length_kind, pages_of
from follow_anything.io.files import expanded
from follow_anything.io.orientation import is_cut_jpeg, orientation_of, turned
from follow_anything.io.pixels import eight_bits
from follow_anything.io.second_decoder import SecondDecoder
import numpy as np

__all__ = [
    'FrameSource',
    'natural_order',
    'open_source',
    'paths_of',
    'read_picture',
    'write_picture',
]

SUFFIXES = {
    '.jpg', '.jpeg', '.jpe', '.jp2', '.png', '.bmp', '.tif', '.tiff', '.webp', '.ppm', '.pgm',
    '.pnm',
}  # fmt: skip
PRINTF = re.compile(r'%0?[0-9]*d')
CAMERA = re.compile(r'[0-9]{1,4}')
"""The number of a camera."""

FOLDER_RATE_HZ = 30.0
"""Rate assumed for a folder of images, which has none of its own."""

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


class FrameSource(Iterator[Frame]):
    """
    Frames one after the other.

    :param rate: Hz: of frames a second, at which a copy shows every one of them.
    """

    def __init__(self, frames: Iterator[Frame], rate: float) -> None:
        self._frames, self.rate = frames, rate

    def __next__(self) -> Frame:
        """Return the next frame."""
        return next(self._frames)


def open_source(source: str) -> FrameSource:
    """
    Return the frames of a source, RGB, upright, with stamps in seconds from its start.

    :param source: a video file, a folder of images (or one with a folder img in it), a pattern of
        their names (frames/*.png, frames/%04d.png), the number or the device of a camera, or an
        rtsp:// or http:// address.
    :raises SourceError: it is not there, cannot be read, or holds no frame.
    """
    path = expanded(source)
    if source.strip() and path.is_dir():
        return _read_folder(path)
    if path.is_file():
        suffix = path.suffix.lower()
        if suffix in SUFFIXES and not (suffix == '.png' and pages_of(_data_of(path)) > 1):
            return _read_pictures([path])  # as one of a folder: upright, all its bits
        # Whole: FFmpeg takes 'a:b.mp4' for a protocol, and a file may be called 7.
        return _read_video(_utf8(path.resolve()), False, source)
    if path.is_char_device() and path.name.startswith('video'):
        return _read_video(str(path), True, source)
    if '://' in source or CAMERA.fullmatch(source):
        return _read_video(source, True, source)
    matching = _matching(path)
    if not matching:
        raise SourceError(
            f'{source or "an empty name"} is not there; expected a video file, a folder of '
            'images, the number of a camera or an address such as rtsp://camera/stream'
        )
    return _read_pictures(matching)


def _utf8(path: Path) -> str:
    """Return a name as OpenCV takes it, whatever the locale; it ends the process on others."""
    try:
        return os.fsencode(path).decode('utf-8')
    except UnicodeDecodeError as error:
        raise SourceError(f'{str(path)!r}: the name is not UTF-8, rename it') from error


def _matching(pattern: Path) -> list[Path]:
    """Return the pictures of a pattern of a shell or of printf; none where it is no pattern."""
    name = PRINTF.sub('*', pattern.name)
    if not set(name) & set('*?[') or not pattern.parent.is_dir():
        return []
    return [path for path in pattern.parent.glob(name) if path.suffix.lower() in SUFFIXES]


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Return the key that sorts frame2 before frame10: numbers as numbers."""
    parts = re.split(r'([0-9]+)', name.casefold())
    return [(1, int(part), part) if part.isdecimal() else (0, 0, part) for part in parts if part]


def read_picture(path: Path) -> tuple[UInt8Array, BoolArray | None]:
    """
    Return a picture, uint8 (H, W, 3), RGB, and which of its pixels are not transparent, if any is.

    It is turned as its EXIF orientation says, as every viewer does.

    :raises SourceError: it is not there, or it is not a picture.
    """
    if not path.is_file():
        what = 'is a folder' if path.is_dir() else 'is not there'
        raise SourceError(f'{path} {what}; expected a picture')
    rgb = _read_rgb(path)
    raw = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if raw is None or raw.ndim != 3 or raw.shape[2] != 4:
        return rgb, None
    opaque = raw[..., 3] >= (128 if raw.dtype == np.uint8 else 1 << 15)
    mask = _turned_like(rgb, raw, opaque)
    return rgb, mask if mask.any() and not mask.all() else None


def _read_rgb(path: Path) -> UInt8Array:
    # Without IMREAD_UNCHANGED OpenCV turns JPEG and PNG by their EXIF; TIFF it always turns,
    # but imread() fails on one that lies.
    flags = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH
    data = _data_of(path)
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    except cv2.error as error:  # larger than OpenCV allows
        raise SourceError(f'{path} cannot be read: {error.err}') from error
    if is_cut_jpeg(data):
        raise SourceError(f'{path} cannot be read: it is cut, its end is missing')
    pages = pages_of(data)
    if pages > 1:
        raise SourceError(
            f'{path} holds {pages} pictures, expected one: save the one that is meant by itself, '
            'or all as a video'
        )
    if image is None:
        raise SourceError(
            f'{path} cannot be read: it is cut, no picture, or of a kind OpenCV does not read'
        )
    if image.dtype == np.uint16:
        image = eight_bits(np.asarray(image, np.uint16), color=image.ndim == 3)
    if image.dtype != np.uint8:
        raise SourceError(f'{path} holds {image.dtype}; expected a picture of 8 or 16 bits')
    code = cv2.COLOR_GRAY2RGB if image.ndim == 2 else cv2.COLOR_BGR2RGB
    return np.asarray(turned(cv2.cvtColor(image, code), orientation_of(data)), np.uint8)


def _data_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f'{path} cannot be read: {error.strerror}') from error


def _turned_like(rgb: UInt8Array, raw: np.ndarray[Any, Any], mask: BoolArray) -> BoolArray:
    """Return the mask of a raw picture, turned as its colours were."""
    if raw.dtype != np.uint8:
        return mask
    stored = raw[..., 2::-1]
    for quarters in range(4):
        for flip in (False, True):
            turned, its_mask = np.rot90(stored, quarters), np.rot90(mask, quarters)
            if flip:
                turned, its_mask = turned[:, ::-1], its_mask[:, ::-1]
            if turned.shape == rgb.shape and np.array_equal(turned, rgb):
                return np.ascontiguousarray(its_mask)
    return mask


def write_picture(path: Path, pixels: UInt8Array) -> None:
    """
    Write a picture, uint8 (H, W, 3), RGB, or grey (H, W).

    :raises SourceError: it cannot be written whole.
    """
    bgr = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    try:
        encoded, data = cv2.imencode(path.suffix or '.png', bgr)
    except cv2.error as error:
        raise SourceError(
            f'{path} cannot be written: {path.suffix!r} is no kind of picture'
        ) from error
    if not encoded:
        raise SourceError(f'{path} cannot be written: {path.suffix!r} is no kind of picture')
    try:
        # Not by imwrite(), which says true on a full disk.
        path.write_bytes(data.tobytes())
    except OSError as error:
        hint = '; is its folder there?' if isinstance(error, FileNotFoundError) else ''
        raise SourceError(f'{path} cannot be written: {error.strerror}{hint}') from error


def paths_of(source: str) -> list[Path]:
    """Return the files that a source is read from, and their folders; none for a camera."""
    path = expanded(source)
    if path.is_dir():
        return [path, path / 'img', *_pictures_in(path)]
    if path.is_file():
        return [path]
    matching = _matching(path)
    return [path.parent, *matching] if matching else []


def _pictures_in(folder: Path) -> list[Path]:
    inner = folder / 'img'
    try:
        return [
            path
            for path in (inner if inner.is_dir() else folder).iterdir()
            if path.suffix.lower() in SUFFIXES and not path.name.startswith('.')
        ]
    except OSError as error:
        raise SourceError(f'{folder} cannot be read: {error.strerror}') from error


def _read_folder(folder: Path) -> FrameSource:
    names = _pictures_in(folder)
    if not names:
        raise SourceError(f'{folder} holds no images ({", ".join(sorted(SUFFIXES))})')
    return _read_pictures(names)


def _read_pictures(paths: list[Path]) -> FrameSource:
    files = sorted(paths, key=lambda path: natural_order(path.name))

    def frames() -> Iterator[Frame]:
        for index, path in enumerate(files):
            yield Frame(index / FOLDER_RATE_HZ, _read_rgb(path))

    return FrameSource(frames(), FOLDER_RATE_HZ)


def _read_video(source: str, is_live: bool, name: str) -> FrameSource:
    capture = cv2.VideoCapture(int(source) if CAMERA.fullmatch(source) else source)
    is_cut = not is_live and is_cut_video(Path(source))
    if not capture.isOpened():
        why = 'it is cut, its end is missing' if is_cut else 'not a video, or nobody sends there'
        raise SourceError(f'{name} cannot be opened: {why}')
    # A phone held upright writes lying pictures and the turn beside them.
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    declared_rate = capture.get(cv2.CAP_PROP_FPS)
    rate = declared_rate if RATES_HZ[0] <= declared_rate <= RATES_HZ[1] else FOLDER_RATE_HZ
    reader = _Reader(capture, rate, is_live)
    frames = reader.frames()
    if is_live:
        return FrameSource(frames, rate)
    ahead = deque(islice(frames, LOOK_AHEAD))
    if not ahead:
        why = ': it is cut, its end is missing' if is_cut else ''
        raise SourceError(f'{name} holds no frame that can be read{why}')
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

    return FrameSource(all_frames(), true_rate)


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
    # Sound may be longer than the pictures.
    kind = '' if second.has_sound else length_kind(Path(source))
    missing = reader.missing(kind)
    is_short = missing > (MISCOUNTED if kind == 'frames' else MISCOUNTED_S * reader.rate)
    if not words and not reader.failed and not is_short:
        return
    lost = max(lost, reader.failed, missing if is_short else reader.missing('frames'))
    what = [f'{lost} of its frames could not be read'] if lost else []
    what += [f'{bent or "some"} of those read are wrong in part'] if bent or not lost else []
    said = f' ({words})' if words else ''
    raise SourceError(f'{name} is damaged{said}: {", ".join(what)}, {reader.count} were read')


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
        self._began, self._first, self._last = time.monotonic(), math.nan, -math.inf
        declared = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self._declared = int(declared) if 0 < declared < MOST_FRAMES else 0
        declared_rate = capture.get(cv2.CAP_PROP_FPS)
        self._seconds = self._declared / declared_rate if declared_rate > 0.0 else 0.0
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

    def missing(self, kind: str) -> int:
        """Return how many frames there are less than said, in 'frames' or in 'seconds'."""
        if kind == 'frames':
            return max(0, self._declared - self.count)
        left_s = self._seconds - self._last - 1.0 / self.rate if kind == 'seconds' else 0.0
        return max(0, round(left_s * self.rate))

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
        stamp, last = position_s - self._first, self._last
        if not (math.isfinite(stamp) and stamp > last):  # the container does not say
            since = time.monotonic() - self._began
            stamp = since if self._is_live else max(0.0, last + 1.0 / self.rate)
            stamp = max(stamp, last + 1e-6)
        self._last = stamp
        return stamp
