# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures from messages, in every encoding that cameras publish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import re
from typing import Any, Literal

import cv2
from follow_anything.core.errors import BadImage
from follow_anything.core.types import UInt8Array
from follow_anything.io.pixels import eight_bits
import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

__all__ = ['ENCODINGS', 'check', 'is_depth_of', 'pixels_of', 'rgb_from_compressed', 'rgb_from_msg']

DEPTH_TOLERANCE_S = 0.05
"""A depth image belongs to the picture when their stamps differ by less."""

DEPTH_ENCODINGS = ('32FC1', '64FC1')


@dataclass(frozen=True)
class Encoding:
    """
    How a picture lies in memory.

    :param channels: values of a pixel in a row; 1 for planes and mosaics.
    :param code: of cv2.cvtColor, to RGB; None: it is RGB.
    :param bits: 8 or 16. :param rows: rows of data a row of the picture has: 3/2 with a half
        plane of colour behind.
    :param even: width, or width and height, must be even.
    """

    channels: int
    code: int | None
    bits: int = 8
    rows: float = 1.0
    even: str = ''


def _table() -> dict[str, Encoding]:
    table = {
        'rgb8': Encoding(3, None),
        'bgr8': Encoding(3, cv2.COLOR_BGR2RGB),
        'rgba8': Encoding(4, cv2.COLOR_RGBA2RGB),
        'bgra8': Encoding(4, cv2.COLOR_BGRA2RGB),
        'mono8': Encoding(1, cv2.COLOR_GRAY2RGB),
        'rgb16': Encoding(3, None, 16),
        'bgr16': Encoding(3, cv2.COLOR_BGR2RGB, 16),
        'rgba16': Encoding(4, cv2.COLOR_RGBA2RGB, 16),
        'bgra16': Encoding(4, cv2.COLOR_BGRA2RGB, 16),
        'mono16': Encoding(1, cv2.COLOR_GRAY2RGB, 16),
    }
    # sensor_msgs: plain 'yuv422' is UYVY.
    for names, code in (
        (('yuv422', 'uyvy'), cv2.COLOR_YUV2RGB_UYVY),
        (('yuv422_yuy2', 'yuyv', 'yuy2'), cv2.COLOR_YUV2RGB_YUY2),
        (('yvyu',), cv2.COLOR_YUV2RGB_YVYU),
    ):
        table |= {name: Encoding(2, code, even='width') for name in names}
    for name, code in (
        ('nv12', cv2.COLOR_YUV2RGB_NV12),
        ('nv21', cv2.COLOR_YUV2RGB_NV21),
        ('i420', cv2.COLOR_YUV2RGB_I420),
        ('yuv420', cv2.COLOR_YUV2RGB_I420),
        ('yv12', cv2.COLOR_YUV2RGB_YV12),
    ):
        table[name] = Encoding(1, code, rows=1.5, even='width and height')
    # OpenCV names a mosaic by its second row's second and third pixel.
    for name, code in (
        ('rggb', cv2.COLOR_BayerBG2RGB),
        ('bggr', cv2.COLOR_BayerRG2RGB),
        ('gbrg', cv2.COLOR_BayerGR2RGB),
        ('grbg', cv2.COLOR_BayerGB2RGB),
    ):
        table[f'bayer_{name}8'] = Encoding(1, code)
        table[f'bayer_{name}16'] = Encoding(1, code, 16)
    return table


ENCODINGS = _table()
"""Every encoding with a name; 8UCn and 16UCn are understood too, in OpenCV's order of colour."""

NUMBERED = re.compile(r'(8|16)UC([1-9][0-9]?)')


def _encoding_of(name: str) -> Encoding:
    known = ENCODINGS.get(name)
    numbered = NUMBERED.fullmatch(name)
    if known is None and numbered is not None:
        bits, channels = int(numbered[1]), int(numbered[2])
        code = cv2.COLOR_GRAY2RGB if channels < 3 else cv2.COLOR_BGR2RGB
        known = Encoding(channels, code, bits)
    if known is None:
        hint = ' Is this a depth topic?' if name in DEPTH_ENCODINGS else ''
        raise BadImage(
            f'cannot read encoding {name!r}; expected one of {", ".join(ENCODINGS)}, 8UCn or '
            f'16UCn.{hint}'
        )
    return known


def is_depth_of(depth: Header, picture: Header) -> bool:
    """Tell by their stamps whether a depth image belongs to a picture."""
    whole = depth.stamp.sec - picture.stamp.sec
    gap = whole + (depth.stamp.nanosec - picture.stamp.nanosec) * 1e-9
    return bool(abs(gap) < DEPTH_TOLERANCE_S)


def check(image: Image) -> None:
    """Look whether a picture can be read, without reading it; BadImage says why not."""
    encoding = _encoding_of(image.encoding)
    _rows_of(image, encoding.channels * encoding.bits // 8, encoding.rows)
    for side in encoding.even.split(' and '):
        if side and getattr(image, side) % 2:
            raise BadImage(
                f'{image.encoding} needs an even {encoding.even}; got '
                f'{image.width} x {image.height}'
            )


def _rows_of(image: Image, bytes_a_pixel: int, rows: float = 1.0) -> tuple[int, int]:
    """Return how many rows of data there are and their bytes in use; BadImage when it lies."""
    height, width, step = image.height, image.width, image.step
    if height == 0 or width == 0:
        raise BadImage(f'image is empty: {width} x {height}')
    bytes_a_row, count = width * bytes_a_pixel, int(height * rows)
    if step < bytes_a_row:
        raise BadImage(
            f'{image.encoding} of width {width} needs at least {bytes_a_row} bytes a row, '
            f'the message says step = {step}'
        )
    if len(image.data) < step * count:
        raise BadImage(
            f'image of {width} x {height}, step {step} needs {step * count} bytes, '
            f'got {len(image.data)}: it was cut'
        )
    return count, bytes_a_row


def pixels_of(
    image: Image, kind: type[np.generic], channels: int, rows: float = 1.0
) -> npt.NDArray[Any]:
    """Return the pixels of a message, (rows, W, C), without a copy; BadImage when it lies."""
    count, bytes_a_row = _rows_of(image, channels * np.dtype(kind).itemsize, rows)
    order: Literal['>', '<'] = '>' if image.is_bigendian else '<'
    raw = np.frombuffer(image.data, np.uint8, image.step * count).reshape(count, image.step)
    typed = raw[:, :bytes_a_row].view(np.dtype(kind).newbyteorder(order))
    return typed.reshape(count, image.width, channels)


def rgb_from_msg(image: Image) -> UInt8Array:
    """
    Return a picture as uint8 (H, W, 3), RGB.

    16-bit pictures are stretched (io/pixels.py); grey ones become three equal channels.

    :raises BadImage: the encoding is not understood, or the bytes do not match the header.
    """
    check(image)
    encoding = _encoding_of(image.encoding)
    kind = np.uint16 if encoding.bits == 16 else np.uint8
    pixels = pixels_of(image, kind, encoding.channels, encoding.rows)
    if image.encoding not in ENCODINGS and encoding.channels != 3:
        # Of two channels the first is the brightness; of many, the first three are colours.
        pixels = pixels[..., : 1 if encoding.channels < 3 else 3]
    if encoding.bits == 16:
        pixels = eight_bits(pixels, color=encoding.code != cv2.COLOR_GRAY2RGB)
    code = encoding.code
    if code is None:
        return pixels
    return _converted(image, lambda: cv2.cvtColor(np.ascontiguousarray(pixels), code))


def _converted(image: Image, convert: Callable[[], npt.NDArray[Any]]) -> UInt8Array:
    try:
        return np.asarray(convert(), np.uint8)
    except cv2.error as error:
        raise BadImage(
            f'cannot convert {image.encoding} of {image.width} x {image.height}: {error.err}'
        ) from error


def rgb_from_compressed(image: CompressedImage) -> UInt8Array:
    """
    Decode a JPEG or PNG to uint8 (H, W, 3), RGB.

    :raises BadImage: it cannot be decoded, or it is a depth image or a piece of a video.
    """
    said = image.format.lower()
    if 'compresseddepth' in said:
        raise BadImage(f'cannot decode the {image.format!r} image: it is a depth topic')
    raw = np.frombuffer(image.data, np.uint8)
    flags = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH
    try:
        decoded = cv2.imdecode(raw, flags) if raw.size else None
    except cv2.error as error:
        raise BadImage(f'cannot decode the {image.format!r} image: {error}') from error
    if decoded is None:
        is_video = any(name in said for name in ('264', '265', 'hevc', 'vp8', 'vp9', 'av1'))
        why = 'a piece of a video; republish it as raw' if is_video else 'cut or not an image'
        raise BadImage(f'cannot decode the {image.format!r} image of {raw.size} bytes: {why}')
    if decoded.dtype == np.uint16:
        decoded = eight_bits(decoded, color=decoded.ndim == 3)
    if decoded.dtype != np.uint8:
        raise BadImage(f'the {image.format!r} image holds {decoded.dtype}; expected 8 or 16 bits')
    code = cv2.COLOR_GRAY2RGB if decoded.ndim == 2 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(decoded, code), np.uint8)
