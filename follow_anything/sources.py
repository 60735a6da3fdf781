# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Frames from a video file, a folder of images, a camera or a network stream; one picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
from follow_anything.core.errors import SourceError
from follow_anything.core.types import BoolArray, Frame, UInt8Array
import numpy as np

__all__ = ['open_source', 'read_picture', 'write_picture']

SUFFIXES = {'.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff', '.webp'}
FOLDER_RATE_HZ = 30.0
"""Rate assumed for a folder of images, which has none of its own."""


def open_source(source: str) -> Iterator[Frame]:
    """
    Return the frames of a source, RGB, with stamps in seconds from its start.

    :param source: a video file, a folder of images (or one with a folder img in it), the number
        of a camera, or an rtsp:// or http:// address.
    :raises SourceError: it is not there or cannot be read.
    """
    folder = Path(source)
    if folder.is_dir():
        return _read_folder(folder)
    if '://' not in source and not source.isdecimal() and not folder.is_file():
        raise SourceError(
            f'{source} is not there; expected a video file, a folder of images, '
            'the number of a camera or an address such as rtsp://camera/stream'
        )
    return _read_video(source)


def read_picture(path: Path) -> tuple[UInt8Array, BoolArray | None]:
    """
    Return a picture, uint8 (H, W, 3), RGB, and which of its pixels are not transparent, if any is.

    :raises SourceError: it is not there, or it is not a picture.
    """
    if not path.is_file():
        raise SourceError(f'{path} is not there; expected a picture')
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise SourceError(f'{path} cannot be read: cut, or not a picture')
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    if image.dtype != np.uint8:
        raise SourceError(f'{path} holds {image.dtype}; expected a picture of 8 or 16 bits')
    if image.ndim == 2:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), np.uint8), None
    if image.shape[2] == 3:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8), None
    mask = image[..., 3] >= 128
    rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGRA2RGB), np.uint8)
    return rgb, mask if mask.any() and not mask.all() else None


def write_picture(path: Path, rgb: UInt8Array) -> None:
    """Write a picture, uint8 (H, W, 3), RGB; SourceError when it cannot be written."""
    try:
        written = cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    except cv2.error as error:
        raise SourceError(f'{path} cannot be written: {error.err}') from error
    if not written:
        raise SourceError(f'{path} cannot be written: is its folder there?')


def _read_folder(folder: Path) -> Iterator[Frame]:
    inner = folder / 'img'
    files = sorted(
        path
        for path in (inner if inner.is_dir() else folder).iterdir()
        if path.suffix.lower() in SUFFIXES
    )
    if not files:
        raise SourceError(f'{folder} holds no images ({", ".join(sorted(SUFFIXES))})')

    def frames() -> Iterator[Frame]:
        for index, path in enumerate(files):
            image = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if image is None:
                raise SourceError(f'{path} cannot be read: cut, or not an image')
            yield Frame(index / FOLDER_RATE_HZ, cv2.cvtColor(image, cv2.COLOR_BGR2RGB))

    return frames()


def _read_video(source: str) -> Iterator[Frame]:
    capture = cv2.VideoCapture(int(source) if source.isdecimal() else source)
    if not capture.isOpened():
        raise SourceError(f'{source} cannot be opened: not a video, or nobody sends there')

    def frames() -> Iterator[Frame]:
        rate = capture.get(cv2.CAP_PROP_FPS) or FOLDER_RATE_HZ
        index = 0
        try:
            while True:
                found, image = capture.read()
                if not found:
                    return
                yield Frame(index / rate, cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
                index += 1
        finally:
            capture.release()

    return frames()
