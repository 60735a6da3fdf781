# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Frames from a video file, a folder of images, a camera or a network stream; one picture."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import re
from typing import Any
from urllib.parse import unquote

import cv2
from follow_anything.core.errors import SourceError
from follow_anything.core.types import BoolArray, Frame, UInt8Array
from follow_anything.io.containers import begins_container, pages_of, still_of_a_phone
from follow_anything.io.files import expanded
from follow_anything.io.orientation import is_cut_jpeg, orientation_of, turned
from follow_anything.io.pixels import eight_bits
from follow_anything.io.videos import ASSUMED_RATE_HZ, CAMERA, read_video
import numpy as np

__all__ = [
    'FrameSource',
    'check_picture_path',
    'natural_order',
    'open_source',
    'paths_of',
    'read_picture',
    'rgb_of',
    'write_picture',
]

SUFFIXES = {
    '.jpg', '.jpeg', '.jpe', '.jp2', '.png', '.bmp', '.tif', '.tiff', '.webp', '.ppm', '.pgm',
    '.pnm',
}  # fmt: skip
UNREADABLE = 'it is cut, no picture, or of a kind OpenCV does not read'
PRINTF = re.compile(r'%0?[0-9]*d')


class FrameSource(Iterator[Frame]):
    """
    Frames one after the other.

    :param rate: Hz: of frames a second, at which a copy shows every one of them.
    :param remark: what is odd about it, for people; '': nothing.
    """

    def __init__(self, frames: Iterator[Frame], rate: float, remark: str = '') -> None:
        self._frames, self.rate, self.remark = frames, rate, remark

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
    path = _path_of(source)
    if source.strip() and path.is_dir():
        return _read_folder(path)
    if path.is_file():
        suffix = path.suffix.lower()
        if suffix in SUFFIXES and not (suffix == '.png' and pages_of(_data_of(path)) > 1):
            return _read_pictures([path])  # as one of a folder: upright, all its bits
        # Whole: FFmpeg takes 'a:b.mp4' for a protocol, and a file may be called 7.
        return FrameSource(*read_video(_utf8(path.resolve()), is_live=False, name=source))
    if path.is_char_device() and path.name.startswith('video'):
        return FrameSource(*read_video(str(path), is_live=True, name=source))
    if '://' in source or CAMERA.fullmatch(source):
        return FrameSource(*read_video(source, is_live=True, name=source))
    matching = _matching(path)
    if not matching:
        what = 'is a pipe or a device' if source.strip() and path.exists() else 'is not there'
        raise SourceError(
            f'{source or "an empty name"} {what}; expected a video file, a folder of '
            'images, the number of a camera or an address such as rtsp://camera/stream'
        )
    return _read_pictures(matching)


def _path_of(source: str) -> Path:
    is_address = source.startswith('file://')
    return Path(unquote(source[len('file://') :])) if is_address else expanded(source)


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
    if not path.exists():
        raise SourceError(f'{path} is not there; expected a picture')
    data = _data_of(path)
    rgb = rgb_of(data, str(path))
    raw = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if raw is None or raw.ndim != 3 or raw.shape[2] != 4:
        return rgb, None
    opaque = raw[..., 3] >= (128 if raw.dtype == np.uint8 else 1 << 15)
    mask = _turned_like(rgb, raw, opaque)
    return rgb, mask if mask.any() and not mask.all() else None


def rgb_of(data: bytes, name: str) -> UInt8Array:
    """
    Return a picture that lies in a file or came over a line, uint8 (H, W, 3), RGB, upright.

    :param name: what it is called in errors.
    :raises SourceError: it cannot be read, or is not one picture.
    """
    # Without IMREAD_UNCHANGED OpenCV turns JPEG and PNG by their EXIF; TIFF it always turns,
    # but imread() fails on one that lies.
    flags = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    except cv2.error as error:  # larger than OpenCV allows
        raise SourceError(f'{name} cannot be read: {error.err}') from error
    if is_cut_jpeg(data):
        raise SourceError(f'{name} cannot be read: it is cut, its end is missing')
    pages = pages_of(data)
    if pages > 1:
        raise SourceError(
            f'{name} holds {pages} pictures, expected one: save the one that is meant by itself, '
            'or all as a video'
        )
    if image is None:
        kind = still_of_a_phone(data)
        why = f'it is in {kind}; save it as JPEG or PNG' if kind else UNREADABLE
        if not kind and begins_container(data):
            why = 'it is a video; `track` follows in it, or save one frame of it as a picture'
        raise SourceError(f'{name} cannot be read: {why}')
    if image.dtype == np.uint16:
        image = eight_bits(np.asarray(image, np.uint16), color=image.ndim == 3)
    if image.dtype != np.uint8:
        raise SourceError(f'{name} holds {image.dtype}; expected a picture of 8 or 16 bits')
    code = cv2.COLOR_GRAY2RGB if image.ndim == 2 else cv2.COLOR_BGR2RGB
    return np.asarray(turned(cv2.cvtColor(image, code), orientation_of(data)), np.uint8)


def _data_of(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        # Reading a pipe would wait for its writer.
        what = 'folder' if path.is_dir() else 'pipe or a device'
        raise SourceError(f'{path} is a {what}; expected a picture')
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


def check_picture_path(path: Path) -> None:
    """
    Check where a picture shall go, before the work that makes it.

    :raises SourceError: it could not be written.
    """
    if not path.absolute().parent.is_dir():
        raise SourceError(f'{path} cannot be written: there is no folder {path.parent}')
    if path.suffix and not cv2.haveImageWriter(path.name):
        raise SourceError(f'{path} cannot be written: {path.suffix!r} is no kind of picture')


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
    path = _path_of(source)
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
            yield Frame(index / ASSUMED_RATE_HZ, rgb_of(_data_of(path), str(path)))

    return FrameSource(frames(), ASSUMED_RATE_HZ)
