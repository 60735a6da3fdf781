# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures to an MP4 that browsers play."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from follow_anything.core.errors import MissingDependency
from follow_anything.core.types import UInt8Array

__all__ = ['Movie']


class Movie:
    """
    Encodes H.264 in a process of its own, so that writing costs the caller a copy.

    :param path: of the file. :param rate: pictures a second.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self._path, self._rate = path, rate
        self._writer: Generator[None, bytes, None] | None = None
        self.pictures = 0

    def add(self, rgb: UInt8Array) -> None:
        """Append a picture, uint8 (H, W, 3), RGB; all must have the size of the first."""
        if self._writer is None:
            self._writer = self._open(rgb.shape[1], rgb.shape[0])
        self._writer.send(rgb.tobytes())
        self.pictures += 1

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _open(self, width: int, height: int) -> Generator[None, bytes, None]:
        try:
            import imageio_ffmpeg
        except ImportError as error:
            raise MissingDependency(
                'writing a video needs imageio-ffmpeg; install it with: pip install imageio-ffmpeg'
            ) from error
        writer: Generator[None, bytes, None] = imageio_ffmpeg.write_frames(
            str(self._path),
            (width, height),
            fps=self._rate,
            codec='libx264',
            macro_block_size=2,
            output_params=['-preset', 'ultrafast', '-crf', '24'],
        )
        writer.send(None)  # type: ignore[arg-type]  # starts the generator
        return writer
