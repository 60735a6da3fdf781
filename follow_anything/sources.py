# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Frames from a video file, a folder of images, a camera or a network stream."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
from follow_anything.core.errors import SourceError
from follow_anything.core.types import Frame

__all__ = ['open_source']

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
