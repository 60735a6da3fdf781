# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Every encoding that cameras publish becomes the picture it was made of."""

from __future__ import annotations

import array

import cv2
from follow_anything.core.errors import BadImage
from follow_anything.io.pixels import eight_bits
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')

from follow_anything.ros.messages.pictures import (
    check,
    ENCODINGS,
    rgb_from_compressed,
    rgb_from_msg,
)
from sensor_msgs.msg import CompressedImage, Image

pytestmark = [pytest.mark.ros, pytest.mark.field]

WIDTH, HEIGHT = 64, 48


def scene() -> np.ndarray:
    """Return a smooth picture of several hues: colour planes of half the size hold it."""
    corners = np.array([[[200, 40, 40], [40, 180, 60]], [[40, 60, 210], [190, 180, 50]]], np.uint8)
    return cv2.resize(corners, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)


RGB = scene()


def image(encoding: str, rows: np.ndarray, *, big: bool = False, padding: int = 0) -> Image:
    raw = np.ascontiguousarray(rows.astype(rows.dtype.newbyteorder('>' if big else '<')))
    raw = raw.reshape(len(rows), -1).view(np.uint8).reshape(len(rows), -1)
    raw = np.pad(raw, ((0, 0), (0, padding)), constant_values=0xAB)
    return Image(
        height=HEIGHT,
        width=WIDTH,
        encoding=encoding,
        step=raw.shape[1],
        is_bigendian=int(big),
        data=array.array('B', raw.tobytes()),
    )


def yuv() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the planes Y, U and V of the picture, all of its size (BT.601, limited range)."""
    r, g, b = (RGB[..., index].astype(float) for index in range(3))
    y = 16 + 0.257 * r + 0.504 * g + 0.098 * b
    u = 128 - 0.148 * r - 0.291 * g + 0.439 * b
    v = 128 + 0.439 * r - 0.368 * g - 0.071 * b
    return tuple(np.rint(plane).astype(np.uint8) for plane in (y, u, v))  # type: ignore[return-value]


def packed(order: str) -> np.ndarray:
    """Return four bytes for two pixels, in the order of the letters, such as 'UYVY'."""
    y, u, v = yuv()
    planes = {'U': u[:, ::2], 'V': v[:, ::2]}
    lights = iter((y[:, ::2], y[:, 1::2]))
    columns = [next(lights) if letter == 'Y' else planes[letter] for letter in order]
    return np.stack(columns, axis=2).reshape(HEIGHT, WIDTH * 2)


def planes(order: str, *, interleaved: bool) -> np.ndarray:
    """Return Y and below it the two half planes of colour."""
    y, u, v = yuv()
    halves = [{'U': u, 'V': v}[letter][::2, ::2] for letter in order]
    below = np.stack(halves, axis=2) if interleaved else np.stack(halves)
    return np.concatenate([y, below.reshape(HEIGHT // 2, WIDTH)])


def beside(order: str, every: int) -> np.ndarray:
    """Return Y and below it U and V, interleaved, of every or each second pixel across."""
    y, u, v = yuv()
    halves = [{'U': u, 'V': v}[letter][:, ::every] for letter in order]
    return np.concatenate([y, np.stack(halves, axis=2).reshape(-1, WIDTH)])


def mosaic(order: str) -> np.ndarray:
    """Return what a sensor behind a Bayer pattern sees; order: of the first 2 x 2 pixels."""
    seen = np.zeros((HEIGHT, WIDTH), np.uint8)
    for index, letter in enumerate(order.upper()):
        row, column = divmod(index, 2)
        seen[row::2, column::2] = RGB[row::2, column::2, 'RGB'.index(letter)]
    return seen


COLORS = {
    'rgb8': RGB,
    'bgr8': RGB[..., ::-1],
    'rgba8': np.dstack([RGB, np.full((HEIGHT, WIDTH), 9, np.uint8)]),
    'bgra8': np.dstack([RGB[..., ::-1], np.full((HEIGHT, WIDTH), 9, np.uint8)]),
    '8UC3': RGB[..., ::-1],
    '8UC4': np.dstack([RGB[..., ::-1], np.zeros((HEIGHT, WIDTH), np.uint8)]),
    '8UC6': np.dstack([RGB[..., ::-1], RGB]),
    'yuv422': packed('UYVY'),
    'uyvy': packed('UYVY'),
    'yuv422_yuy2': packed('YUYV'),
    'yuyv': packed('YUYV'),
    'yuy2': packed('YUYV'),
    'yvyu': packed('YVYU'),
    'nv12': planes('UV', interleaved=True),
    'nv21': planes('VU', interleaved=True),
    'i420': planes('UV', interleaved=False),
    'yuv420': planes('UV', interleaved=False),
    'yv12': planes('VU', interleaved=False),
    'yuv422p': np.concatenate(
        [yuv()[0], *(plane[:, ::2].reshape(-1, WIDTH) for plane in yuv()[1:])]
    ),
    **{name: beside(order, 2) for name, order in (('nv16', 'UV'), ('nv61', 'VU'))},
    **{name: beside(order, 1) for name, order in (('nv24', 'UV'), ('nv42', 'VU'))},
    **{f'bayer_{order}8': mosaic(order) for order in ('rggb', 'bggr', 'gbrg', 'grbg')},
}
DEEP = {
    'rgb16': RGB,
    'bgr16': RGB[..., ::-1],
    'rgba16': COLORS['rgba8'],
    'bgra16': COLORS['bgra8'],
    '16UC3': RGB[..., ::-1],
    '16UC4': COLORS['8UC4'],
    **{f'bayer_{order}16': mosaic(order) for order in ('rggb', 'bggr', 'gbrg', 'grbg')},
}
GREY = ('mono8', 'mono16')
PLANAR = ('i420', 'yuv420', 'yv12', 'yuv422p')


@pytest.mark.parametrize('padding', [0, 4])
@pytest.mark.parametrize('encoding', COLORS)
def test_colors_come_back(encoding: str, padding: int) -> None:
    rows = COLORS[encoding]
    message = image(encoding, rows, padding=padding)
    if encoding in PLANAR and padding:  # as libcamera and GStreamer: half a row, half a gap
        light = np.pad(rows[:HEIGHT], ((0, 0), (0, padding)), constant_values=0xAB)
        color = rows[HEIGHT:].reshape(-1, WIDTH // 2)
        color = np.pad(color, ((0, 0), (0, padding // 2)), constant_values=0xAB)
        message.data = array.array('B', light.tobytes() + color.tobytes())
    elif encoding in ('nv24', 'nv42') and padding:  # a row of colour is two of brightness long
        light = np.pad(rows[:HEIGHT], ((0, 0), (0, padding)), constant_values=0xAB)
        color = rows[HEIGHT:].reshape(HEIGHT, 2 * WIDTH)
        color = np.pad(color, ((0, 0), (0, 2 * padding)), constant_values=0xAB)
        message.data = array.array('B', light.tobytes() + color.tobytes())
    rgb = rgb_from_msg(message)
    assert rgb.shape == (HEIGHT, WIDTH, 3)
    inner = np.abs(rgb.astype(int) - RGB.astype(int))[2:-2, 2:-2]
    assert inner.max() <= 12


@pytest.mark.parametrize('big', [False, True], ids=['little', 'big'])
@pytest.mark.parametrize('bits', [10, 12, 14, 16])
@pytest.mark.parametrize('encoding', DEEP)
def test_16_bit_colors_come_back(encoding: str, bits: int, big: bool) -> None:
    deep = np.rint(DEEP[encoding] * ((2**bits - 1) / 255)).astype(np.uint16)
    # The brightest thing decides how many bits there are; a camera's gain fills them.
    deep[:2] = 2**bits - 1
    rgb = rgb_from_msg(image(encoding, deep, big=big))
    error = np.abs(rgb.astype(int) - RGB.astype(int))[6:-2, 2:-2]
    assert error.max() <= (12 if encoding.startswith('bayer') else 3)


def test_every_named_encoding_is_tested() -> None:
    assert set(ENCODINGS) <= {*COLORS, *DEEP, *GREY}


@pytest.mark.parametrize(
    ('name', 'same_as'),
    [
        ('RGB8', 'rgb8'), ('bgr24', 'bgr8'), ('BGRX8', 'bgra8'), ('YUYV', 'yuyv'),
        ('8uc3', '8UC3'), ('TYPE_8UC3', '8UC3'), ('UYVY', 'uyvy'), ('yuyv422', 'yuyv'),
        ('YUV422Packed', 'uyvy'),
        ('NV12', 'nv12'), ('yuv420p', 'i420'), ('BayerRG8', 'bayer_rggb8'), ('rgb', 'rgb8'),
        ('bayer_gr8', 'bayer_grbg8'),
    ],
)  # fmt: skip
def test_other_names_of_an_encoding(name: str, same_as: str) -> None:
    """GenICam's, V4L2's and FFmpeg's names come from drivers that were written in a hurry."""
    expected = rgb_from_msg(image(same_as, COLORS[same_as]))
    np.testing.assert_array_equal(rgb_from_msg(image(name, COLORS[same_as])), expected)


@pytest.mark.parametrize('name', ['bayer_rggb12', 'BayerRG10'])
def test_a_mosaic_of_few_significant_bits(name: str) -> None:
    bits = int(name[-2:])
    deep = np.rint(mosaic('rggb') * ((2**bits - 1) / 255)).astype(np.uint16)
    deep[:2] = 2**bits - 1
    error = np.abs(rgb_from_msg(image(name, deep)).astype(int) - RGB.astype(int))[6:-2, 2:-2]
    assert error.max() <= 12


@pytest.mark.parametrize('order', ['rggb', 'bggr', 'gbrg', 'grbg'])
def test_a_compressed_mosaic_is_a_mosaic(order: str) -> None:
    """image_transport compresses what the driver publishes, and names it before the semicolon."""
    _, data = cv2.imencode('.png', mosaic(order))
    said = f'bayer_{order}8; png compressed '
    message = CompressedImage(format=said, data=array.array('B', data.tobytes()))
    error = np.abs(rgb_from_compressed(message).astype(int) - RGB.astype(int))[2:-2, 2:-2]
    assert error.max() <= 12


def test_exif_does_not_turn_the_picture_of_a_camera() -> None:
    """Camera_info, TF and what image_transport shows are all of the picture as it was sent."""
    ok, data = cv2.imencode('.jpg', np.ascontiguousarray(RGB[..., ::-1]))
    assert ok
    tag = b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
    raw = data.tobytes()
    raw = raw[:2] + b'\xff\xe1' + (len(tag) + 2).to_bytes(2, 'big') + tag + raw[2:]
    assert cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR).shape[0] == WIDTH
    message = CompressedImage(format='jpeg', data=array.array('B', raw))
    assert rgb_from_compressed(message).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize('bits', [10, 12, 14])
@pytest.mark.parametrize('encoding', ['mono16', '16UC1', 'mono12'])
def test_grey_of_few_significant_bits_fills_the_levels(encoding: str, bits: int) -> None:
    ramp = np.linspace(0, 2**bits - 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)
    rgb = rgb_from_msg(image(encoding, ramp))
    assert rgb.min() == 0
    assert rgb.max() == 255
    assert len(np.unique(rgb)) > 240
    assert (np.diff(rgb[..., 0].ravel().astype(int)) >= 0).all()


@pytest.mark.parametrize('hot', [False, True])
def test_thermal_counts_are_not_black(hot: bool) -> None:
    counts = np.linspace(7300, 7800, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)
    if hot:
        counts[0, 0] = 65535
    assert len(np.unique(rgb_from_msg(image('mono16', counts)))) > 200


def test_thermal_png_in_a_compressed_topic_is_not_black() -> None:
    counts = np.linspace(7300, 7800, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)
    _, data = cv2.imencode('.png', counts)
    message = CompressedImage(format='mono16; png', data=array.array('B', data.tobytes()))
    assert len(np.unique(rgb_from_compressed(message))) > 200


@pytest.mark.parametrize('value', [0, 1, 5000, 65535])
def test_one_value_everywhere_is_a_picture(value: int) -> None:
    flat = np.full((HEIGHT, WIDTH), value, np.uint16)
    assert np.ptp(rgb_from_msg(image('mono16', flat))) == 0


def test_two_channels_are_brightness_and_something() -> None:
    pixels = np.dstack([RGB[..., 1], np.full((HEIGHT, WIDTH), 77, np.uint8)])
    assert (rgb_from_msg(image('8UC2', pixels)) == RGB[..., 1:2]).all()


def test_eight_bits_of_a_large_picture_looks_at_all_of_it() -> None:
    large = np.zeros((1000, 1000), np.uint16)
    large[:, 500:] = 4000
    assert set(np.unique(eight_bits(large, color=False))) == {0, 255}


@pytest.mark.parametrize(
    ('encoding', 'changes', 'reason'),
    [
        ('nv12', {'height': HEIGHT + 1}, 'even width and height'),
        ('yuyv', {'width': WIDTH // 2 - 1}, 'even width'),
        ('nv21', {'data': array.array('B', bytes(WIDTH * HEIGHT))}, 'it was cut'),
        ('bayer_rggb16', {}, 'bytes a row'),
        ('16UC2', {}, 'bytes a row'),
        ('8SC3', {}, 'cannot read'),
        ('32FC3', {}, 'cannot read'),
        ('16SC1', {}, 'depth topic'),
        ('jpeg', {}, 'CompressedImage'),
        ('nv24', {'data': array.array('B', bytes(WIDTH * HEIGHT * 2))}, 'it was cut'),
    ],
)
def test_what_does_not_fit_is_refused(
    encoding: str, changes: dict[str, object], reason: str
) -> None:
    message = image(encoding, np.zeros((HEIGHT + HEIGHT // 2 + 2, WIDTH), np.uint8))
    for name, value in changes.items():
        setattr(message, name, value)
    with pytest.raises(BadImage, match=reason):
        check(message)
    with pytest.raises(BadImage, match=reason):
        rgb_from_msg(message)


@pytest.mark.parametrize('encoding', ENCODINGS)
@pytest.mark.parametrize(('width', 'height'), [(1, 1), (2, 1), (1, 2), (2, 2), (3, 3), (4, 2)])
def test_small_pictures_are_read_or_refused(encoding: str, width: int, height: int) -> None:
    message = Image(width=width, height=height, step=64, encoding=encoding)
    message.data = array.array('B', bytes(64 * 8))
    try:
        rgb = rgb_from_msg(message)
    except BadImage:
        return
    assert rgb.shape == (height, width, 3)


@pytest.mark.parametrize(
    ('said', 'reason'),
    [('16UC1; compressedDepth png', 'depth topic'), ('h264', 'a video'), ('jpeg', 'not an image')],
)
def test_what_is_no_picture_says_what_it_is(said: str, reason: str) -> None:
    with pytest.raises(BadImage, match=reason):
        rgb_from_compressed(CompressedImage(format=said, data=array.array('B', bytes(40))))
