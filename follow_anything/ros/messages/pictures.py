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

DEPTH_ENCODINGS = ('32FC1', '64FC1', '16SC1', '32SC1')


@dataclass(frozen=True)
class Encoding:
    """
    How a picture lies in memory.

    :param channels: values of a pixel in a row; 1 for planes and mosaics.
    :param code: of cv2.cvtColor, to RGB; None: it is RGB.
    :param bits: 8 or 16. :param rows: rows of data a row of the picture has: 3/2 with a half
        plane of colour behind.
    :param even: width, or width and height, must be even.
    :param planes: (vertical, horizontal) step of the colour planes U and V, which lie one behind
        the other, their rows half as long as those of the brightness; None: they do not.
    :param full: colour is sampled this often across, U and V beside each other: 1: at every
        pixel, 2: at every second; 0: not so.
    """

    channels: int
    code: int | None
    bits: int = 8
    rows: float = 1.0
    even: str = ''
    planes: int = 0
    full: int = 0


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
    both = 'width and height'
    table |= {
        'nv12': Encoding(1, cv2.COLOR_YUV2RGB_NV12, rows=1.5, even=both),
        'nv21': Encoding(1, cv2.COLOR_YUV2RGB_NV21, rows=1.5, even=both),
        'i420': Encoding(1, cv2.COLOR_YUV2RGB_I420, rows=1.5, even=both, planes=2),
        'yuv420': Encoding(1, cv2.COLOR_YUV2RGB_I420, rows=1.5, even=both, planes=2),
        'yv12': Encoding(1, cv2.COLOR_YUV2RGB_YV12, rows=1.5, even=both, planes=2),
        'yuv422p': Encoding(1, cv2.COLOR_YUV2RGB_YUY2, rows=2.0, even='width', planes=1),
        'nv16': Encoding(1, cv2.COLOR_YUV2RGB_YUY2, rows=2.0, even='width', full=2),
        'nv61': Encoding(1, cv2.COLOR_YUV2RGB_YVYU, rows=2.0, even='width', full=2),
        'nv24': Encoding(1, cv2.COLOR_YUV2RGB_YUY2, rows=3.0, even='width', full=1),
        'nv42': Encoding(1, cv2.COLOR_YUV2RGB_YVYU, rows=3.0, even='width', full=1),
    }
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


def _aliases() -> dict[str, str]:
    """Return the names of GenICam, V4L2 and FFmpeg for what sensor_msgs has another name for."""
    table = {
        'rgb': 'rgb8', 'rgb24': 'rgb8', 'rgb8packed': 'rgb8',
        'bgr': 'bgr8', 'bgr24': 'bgr8', 'bgr8packed': 'bgr8',
        'rgba': 'rgba8', 'rgbx': 'rgba8', 'rgbx8': 'rgba8', 'rgb0': 'rgba8',
        'bgra': 'bgra8', 'bgrx': 'bgra8', 'bgrx8': 'bgra8', 'bgr0': 'bgra8',
        'rgb48': 'rgb16', 'bgr48': 'bgr16',
        **dict.fromkeys(('mono', 'gray', 'grey', 'gray8', 'grey8', 'y8', 'y800'), 'mono8'),
        **dict.fromkeys(('mono10', 'mono12', 'mono14', 'gray16', 'y10', 'y12', 'y16'), 'mono16'),
        'yuv422packed': 'uyvy', 'uyvy422': 'uyvy', 'yuv422_uyvy': 'uyvy',
        'yuv422_8': 'yuyv', 'yuyv422': 'yuyv', 'yvyu422': 'yvyu',
        'yuv420p': 'i420', 'yuvj420p': 'i420', 'yu12': 'i420', 'yuvj422p': 'yuv422p',
    }  # fmt: skip
    for order, short in (('rggb', 'rg'), ('bggr', 'bg'), ('gbrg', 'gb'), ('grbg', 'gr')):
        for bits in (8, 10, 12, 14, 16):
            known = f'bayer_{order}{8 if bits == 8 else 16}'
            names = (f'bayer_{order}{bits}', f'bayer{short}{bits}', f'bayer_{short}{bits}')
            table |= dict.fromkeys(names, known)
    return table


ALIASES = _aliases()

NUMBERED = re.compile(r'(?:type_)?(8|16)uc([1-9][0-9]?)')

FILES = ('jpeg', 'jpg', 'mjpeg', 'png', 'h264', 'h265', 'hevc', 'compressed')
"""What stands in an encoding where the data are those of a file or a stream."""


def _encoding_of(name: str) -> Encoding:
    stated = name.strip().lower()
    known = ENCODINGS.get(ALIASES.get(stated, stated))
    numbered = NUMBERED.fullmatch(stated)
    if known is None and numbered is not None:
        bits, channels = int(numbered[1]), int(numbered[2])
        code = cv2.COLOR_GRAY2RGB if channels < 3 else cv2.COLOR_BGR2RGB
        known = Encoding(channels, code, bits)
    if known is None:
        hint = ' Is this a depth topic?' if name in DEPTH_ENCODINGS else ''
        if any(word in stated for word in FILES):
            hint = ' Compressed data belong into a sensor_msgs/CompressedImage.'
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
    pixels: npt.NDArray[Any] = (
        _gathered(image, encoding)
        if encoding.planes or encoding.full
        else pixels_of(image, kind, encoding.channels, encoding.rows)
    )
    if encoding.code in (cv2.COLOR_GRAY2RGB, cv2.COLOR_BGR2RGB) and encoding.channels != 3:
        # Of two channels the first is the brightness; of many, the first three are colours.
        pixels = pixels[..., : 1 if encoding.channels < 3 else 3]
    if encoding.bits == 16:
        pixels = eight_bits(pixels, color=encoding.code != cv2.COLOR_GRAY2RGB)
    code = encoding.code
    if code is None:
        return pixels
    return _converted(image, lambda: cv2.cvtColor(np.ascontiguousarray(pixels), code))


def _gathered(image: Image, encoding: Encoding) -> UInt8Array:
    """Return the planes of a picture as OpenCV wants them: without gaps, or as YUYV."""
    height, width, step = image.height, image.width, image.step
    raw = np.frombuffer(image.data, np.uint8, int(step * height * encoding.rows))
    light, color = raw[: step * height].reshape(height, step)[:, :width], raw[step * height :]
    if encoding.full:
        pairs = color.reshape(height, -1)[:, : 2 * width // encoding.full]
        first, second = pairs[:, 0 :: 4 // encoding.full], pairs[:, 1 :: 4 // encoding.full]
    else:  # a row of colour is half as long as one of brightness, and so is the gap behind it
        half = step // 2
        rows = color[: 2 * half * (height // encoding.planes)].reshape(2, -1, half)
        first, second = rows[..., : width // 2]
        if encoding.planes == 2:
            below = np.concatenate([first.ravel(), second.ravel()]).reshape(height // 2, width)
            return np.asarray(np.concatenate([light, below])[..., None], np.uint8)
    packed = np.empty((height, width // 2, 4), np.uint8)
    packed[..., 0], packed[..., 2] = light[:, ::2], light[:, 1::2]
    packed[..., 1], packed[..., 3] = first, second
    return packed.reshape(height, width, 2)


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
    stated = image.format.lower()
    if 'compresseddepth' in stated:
        raise BadImage(f'cannot decode the {image.format!r} image: it is a depth topic')
    raw = np.frombuffer(image.data, np.uint8)
    # As image_transport: camera_info and TF are those of the sensor, whatever EXIF says.
    flags = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        decoded = cv2.imdecode(raw, flags) if raw.size else None
    except cv2.error as error:
        raise BadImage(f'cannot decode the {image.format!r} image: {error}') from error
    if decoded is None:
        is_video = any(name in stated for name in ('264', '265', 'hevc', 'vp8', 'vp9', 'av1'))
        why = 'a piece of a video; republish it as raw' if is_video else 'cut or not an image'
        raise BadImage(f'cannot decode the {image.format!r} image of {raw.size} bytes: {why}')
    if decoded.dtype == np.uint16:
        decoded = eight_bits(decoded, color=decoded.ndim == 3)
    if decoded.dtype != np.uint8:
        raise BadImage(f'the {image.format!r} image holds {decoded.dtype}; expected 8 or 16 bits')
    code = cv2.COLOR_GRAY2RGB if decoded.ndim == 2 else cv2.COLOR_BGR2RGB
    if decoded.ndim == 2 and stated.startswith('bayer_'):  # the driver compressed the mosaic
        mosaic = ENCODINGS.get(ALIASES.get(_before(stated), _before(stated)))
        code = code if mosaic is None or mosaic.code is None else mosaic.code
    return np.asarray(cv2.cvtColor(decoded, code), np.uint8)


def _before(stated: str) -> str:
    """Return the encoding of 'ENCODING; CODEC compressed ENCODING', as image_transport writes."""
    return stated.partition(';')[0].strip()
