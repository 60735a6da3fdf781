# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Names that look like something else, patterns of names, all orientations, what is cut."""

from __future__ import annotations

import os
from pathlib import Path
import shutil
import subprocess
import sys

import cv2
from follow_anything.core.errors import SourceError
from follow_anything.io.containers import is_cut_video, pages_of
from follow_anything.io.orientation import is_cut_jpeg, orientation_of, turned
from follow_anything.io.sources import open_source, paths_of, read_picture
import numpy as np
import pytest

pytestmark = pytest.mark.field

WIDTH, HEIGHT, COUNT = 48, 32, 12
CORNERS = np.array([[[250, 20, 20], [20, 250, 20]], [[20, 20, 250], [240, 240, 240]]], np.uint8)
UPRIGHT = cv2.resize(CORNERS, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
"""Every corner has another colour, RGB."""


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give frame1.png to frame12.png, and movie.mp4 of them."""
    ffmpeg = pytest.importorskip('imageio_ffmpeg', reason='imageio-ffmpeg is not installed')
    folder = tmp_path_factory.mktemp('odd')
    for index in range(COUNT):
        shade = np.full((HEIGHT, WIDTH, 3), 20 * index, np.uint8)
        cv2.imwrite(str(folder / f'frame{index + 1}.png'), shade)
    command = [ffmpeg.get_ffmpeg_exe(), '-loglevel', 'error', '-y', '-framerate', '10']
    command += ['-i', str(folder / 'frame%d.png'), '-pix_fmt', 'yuv420p']
    subprocess.run([*command, str(folder / 'movie.mp4')], check=True, timeout=60)
    return folder


@pytest.mark.parametrize(
    'name',
    [
        'a:b.mp4', 'http:x.mp4', '7', 'a%03d.mp4', '-dash.mp4', 'a#b?c.mp4', "it's.mp4", 'a|b.mp4',
        'ROBOT.MP4', 'without', 'a[1].mp4', 'ё é 人.mp4', 'file:x.mp4', '*.mp4',
    ],
)  # fmt: skip
def test_a_file_is_a_file_whatever_it_is_called(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shutil.copy(folder / 'movie.mp4', tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(list(open_source(name))) == COUNT


def test_a_name_that_is_no_text_is_refused(folder: Path, tmp_path: Path) -> None:
    """OpenCV ends the process on it; pictures are read without OpenCV's own opening of files."""
    path = tmp_path / os.fsdecode(b'x\xff.mp4')
    shutil.copy(folder / 'movie.mp4', path)
    with pytest.raises(SourceError, match='not UTF-8'):
        open_source(str(path))
    picture = tmp_path / os.fsdecode(b'x\xff.png')
    shutil.copy(folder / 'frame1.png', picture)
    assert read_picture(picture)[0].shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize(
    ('pattern', 'count'),
    [('frame%d.png', 12), ('frame%02d.png', 12), ('*.png', 12), ('frame1?.png', 3)],
)
def test_a_pattern_is_its_pictures_in_order(folder: Path, pattern: str, count: int) -> None:
    shades = [int(frame.rgb[0, 0, 0]) for frame in open_source(str(folder / pattern))]
    assert len(shades) == count
    assert shades == sorted(shades)


@pytest.mark.parametrize(
    'name',
    ['', ' ', '*.jpg', 'nothing/*.png', '%d', '-1', '9' * 20, '٣', '~no body/x.mp4'],
)
def test_what_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match='is not there'):
        open_source(name)


def test_a_pipe_is_not_waited_for(folder: Path, tmp_path: Path) -> None:
    """Nobody may write to it, ever: a folder with one was read without end."""
    os.mkfifo(tmp_path / 'pipe.png')
    for source in (tmp_path, tmp_path / 'pipe.png', tmp_path / '*.png'):
        with pytest.raises(SourceError, match='is a pipe or a device'):
            list(open_source(str(source)))
    os.mkfifo(tmp_path / 'pipe.mp4')
    for source in (tmp_path / 'pipe.mp4', '/dev/null'):
        with pytest.raises(SourceError, match='is a pipe or a device; expected a video file'):
            open_source(str(source))


def test_a_file_by_its_address_is_a_file(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / 'a b%.mp4'
    data = (folder / 'movie.mp4').read_bytes()
    path.write_bytes(data)
    address = f'file://{str(path).replace("%", "%25").replace(" ", "%20")}'
    assert len(list(open_source(address))) == COUNT
    assert paths_of(address) == [path]
    path.write_bytes(data[: len(data) * 3 // 4])
    with pytest.raises(SourceError, match='is cut'):
        list(open_source(address))


@pytest.mark.parametrize(('data', 'why'), [(b'', 'it is empty'), (b'a word', 'it is not a video')])
def test_a_file_that_is_no_video_is_refused(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / 'x.mp4'
    path.write_bytes(data)
    with pytest.raises(SourceError, match=f'cannot be opened: {why}'):
        open_source(str(path))


def test_home_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('HOME', str(folder))
    assert len(list(open_source('~/movie.mp4'))) == COUNT


def test_a_camera_by_its_device_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device is no file; whether a camera is behind it is another question."""
    monkeypatch.setattr(Path, 'is_char_device', lambda path: True)
    with pytest.raises(SourceError, match='/dev/video77 cannot be opened'):
        open_source('/dev/video77')


@pytest.mark.parametrize('name', ['x.ppm', 'x.pgm', 'x.jp2', 'x.JPE'])
def test_pictures_of_other_kinds_are_found_in_a_folder(tmp_path: Path, name: str) -> None:
    pixels = UPRIGHT[..., 0] if name == 'x.pgm' else UPRIGHT
    encoded = cv2.imencode(Path(name).suffix.lower().replace('.jpe', '.jpg'), pixels)[1]
    (tmp_path / name).write_bytes(encoded.tobytes())
    (frame,) = open_source(str(tmp_path))
    assert frame.rgb.shape == (HEIGHT, WIDTH, 3)


# Orientation: what is stored for each tag, so that it is upright when turned.

STORED = {
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.transpose(1, 0, 2),
    6: np.rot90(UPRIGHT),
    7: UPRIGHT[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(UPRIGHT, -1),
}


def exif(tag: int, order: str = 'big') -> bytes:
    """Return EXIF data with an orientation and nothing else."""

    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, order)  # type: ignore[arg-type]

    head = b'MM\0*' if order == 'big' else b'II*\0'
    entry = number(0x112, 2) + number(3, 2) + number(1, 4) + number(tag, 2) + b'\0\0'
    return head + number(8, 4) + number(1, 2) + entry + number(0, 4)


def jpeg(rgb: np.ndarray, tag: int = 1) -> bytes:
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    raw = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, 97])[1].tobytes()
    data = b'Exif\0\0' + exif(tag)
    return raw[:2] + b'\xff\xe1' + (len(data) + 2).to_bytes(2, 'big') + data + raw[2:]


def webp(rgb: np.ndarray, tag: int, order: str, prefix: bytes) -> bytes:
    """Return a WebP with EXIF in a chunk behind the picture."""
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    raw = cv2.imencode('.webp', bgr, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
    height, width = rgb.shape[:2]
    sizes = (width - 1).to_bytes(3, 'little') + (height - 1).to_bytes(3, 'little')
    said = prefix + exif(tag, order)
    chunks = b'VP8X' + (10).to_bytes(4, 'little') + bytes([8, 0, 0, 0]) + sizes
    chunks += raw[12:] + b'EXIF' + len(said).to_bytes(4, 'little') + said + b'\0' * (len(said) % 2)
    return b'RIFF' + (len(chunks) + 4).to_bytes(4, 'little') + b'WEBP' + chunks


@pytest.mark.parametrize('tag', STORED)
def test_every_orientation_is_turned_back(tag: int) -> None:
    np.testing.assert_array_equal(turned(STORED[tag], tag), UPRIGHT)


@pytest.mark.parametrize('tag', STORED)
def test_a_jpeg_is_upright(tmp_path: Path, tag: int) -> None:
    (tmp_path / 'x.jpg').write_bytes(jpeg(STORED[tag], tag))
    rgb, _ = read_picture(tmp_path / 'x.jpg')
    np.testing.assert_allclose(rgb.astype(int), UPRIGHT, atol=20)


@pytest.mark.parametrize('order', ['big', 'little'])
@pytest.mark.parametrize('prefix', [b'', b'Exif\0\0'], ids=['plain', 'as in a JPEG'])
@pytest.mark.parametrize('tag', STORED)
def test_a_webp_is_upright(tmp_path: Path, tag: int, order: str, prefix: bytes) -> None:
    (tmp_path / 'x.webp').write_bytes(webp(STORED[tag], tag, order, prefix))
    rgb, _ = read_picture(tmp_path / 'x.webp')
    np.testing.assert_allclose(rgb.astype(int), UPRIGHT, atol=3)


def test_a_tiff_that_lies_is_upright(tmp_path: Path) -> None:
    image = pytest.importorskip('PIL.Image', reason='Pillow is not installed')
    tags = image.Exif()
    tags[0x112] = 6
    image.fromarray(np.ascontiguousarray(STORED[6])).save(tmp_path / 'x.tif', exif=tags)
    rgb, _ = read_picture(tmp_path / 'x.tif')
    np.testing.assert_array_equal(rgb, UPRIGHT)


@pytest.mark.parametrize(
    'data',
    [b'', b'RIFF', b'RIFF\x04\0\0\0WEBP', b'RIFF\xff\xff\xff\xffWEBPEXIF\xff\xff\xff\x7fMM\0*'],
)
def test_damaged_exif_is_no_orientation(data: bytes) -> None:
    assert orientation_of(data) == 1


@pytest.mark.parametrize('share', [0.3, 0.6, 0.95, 0.999])
def test_a_jpeg_that_is_cut_is_refused(tmp_path: Path, share: float) -> None:
    """Decoders fill what is missing with grey, and say nothing that a program sees."""
    whole = jpeg(UPRIGHT)
    (tmp_path / 'x.jpg').write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(SourceError, match='it is cut'):
        read_picture(tmp_path / 'x.jpg')
    with pytest.raises(SourceError, match='it is cut'):
        list(open_source(str(tmp_path)))


def test_a_jpeg_with_something_behind_it_is_whole(tmp_path: Path) -> None:
    """Cameras append a second picture, a sound or zeros."""
    for rest in (b'', bytes(100), jpeg(UPRIGHT)[:50]):
        (tmp_path / 'x.jpg').write_bytes(jpeg(UPRIGHT) + rest)
        assert read_picture(tmp_path / 'x.jpg')[0].shape == UPRIGHT.shape
    progressive = cv2.imencode('.jpg', UPRIGHT, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    assert not is_cut_jpeg(progressive)


@pytest.mark.parametrize('name', ['x.jpg', 'x.webp', 'x.png', 'x.tif'])
def test_one_picture_is_followed_as_it_is_seen(tmp_path: Path, name: str) -> None:
    """A source of one picture is turned, and has its colours, as the same one in a folder."""
    path = tmp_path / name
    if name == 'x.jpg':
        path.write_bytes(jpeg(STORED[6], 6))
    elif name == 'x.webp':
        path.write_bytes(webp(STORED[6], 6, 'big', b''))
    else:
        deep = UPRIGHT[..., ::-1].astype(np.uint16) * 16  # 12 bits
        path.write_bytes(cv2.imencode(path.suffix, deep)[1].tobytes())
    (alone,), (among,) = open_source(str(path)), open_source(str(tmp_path))
    np.testing.assert_array_equal(alone.rgb, among.rgb)
    np.testing.assert_allclose(alone.rgb.astype(int), UPRIGHT, atol=20)


@pytest.mark.parametrize('name', ['x.png', 'x.webp', 'x.gif', 'x.tif', 'x.TIFF'])
def test_several_pictures_are_no_single_one(tmp_path: Path, name: str) -> None:
    """Only the first was looked at, without a word."""
    image = pytest.importorskip('PIL.Image', reason='Pillow is not installed')
    first, *others = (image.fromarray(np.full_like(UPRIGHT, 60 * shade)) for shade in range(4))
    path = tmp_path / name
    first.save(path)
    assert pages_of(path.read_bytes()) == 1
    first.save(path, save_all=True, append_images=others, duration=100)
    assert pages_of(path.read_bytes()) == 4
    with pytest.raises(SourceError, match='holds 4 pictures, expected one'):
        read_picture(path)
    if name in ('x.png', 'x.gif'):  # FFmpeg reads them as videos
        assert [int(frame.rgb[0, 0, 0]) for frame in open_source(str(path))] == [0, 60, 120, 180]
    else:
        with pytest.raises(SourceError, match='holds 4 pictures, expected one'):
            list(open_source(str(path)))


def tiff(kinds: list[int], order: str, big: bool) -> bytes:
    """Return the directories of a TIFF with pages of these kinds, and nothing in them."""
    wide, count_size = (8, 8) if big else (4, 2)

    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, order)  # type: ignore[arg-type]

    data = (b'II' if order == 'little' else b'MM') + number(43 if big else 42, 2)
    data += number(8, 2) + number(0, 2) + number(16, 8) if big else number(8, 4)
    for kind in kinds:
        field = number(kind, 4) + bytes(wide - 4)
        entry = number(254, 2) + number(4, 2) + number(1, wide) + field
        following = len(data) + count_size + len(entry) + wide
        is_last = kind == kinds[-1]
        data += number(1, count_size) + entry + number(0 if is_last else following, wide)
    return data


@pytest.mark.parametrize('order', ['little', 'big'])
@pytest.mark.parametrize('big', [False, True])
def test_thumbnails_and_masks_of_a_tiff_are_no_pages(order: str, big: bool) -> None:
    assert pages_of(tiff([0, 1], order, big)) == 1
    assert pages_of(tiff([0, 1, 4], order, big)) == 1
    assert pages_of(tiff([0, 2, 1], order, big)) == 2
    assert pages_of(tiff([0], order, big)[:12]) == 1  # cut
    assert (
        pages_of(b'II*\0' + (8).to_bytes(4, 'little') + bytes(2) + b'\x08\0\0\0') > 1
    )  # for ever


CONTAINERS = ['fast.mp4', 'fragments.mp4', 'x.mkv', 'x.webm', 'x.avi', 'x.mov']


@pytest.fixture(scope='module')
def containers(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    ffmpeg = pytest.importorskip('imageio_ffmpeg', reason='imageio-ffmpeg is not installed')
    out = tmp_path_factory.mktemp('containers')
    flags = {'fast.mp4': '+faststart', 'fragments.mp4': '+frag_keyframe+empty_moov'}
    for name in CONTAINERS:
        command = [ffmpeg.get_ffmpeg_exe(), '-loglevel', 'error', '-y', '-i', folder / 'movie.mp4']
        command += ['-g', '1', *(('-movflags', flags[name]) if name in flags else ())]
        subprocess.run([*command, str(out / name)], check=True, timeout=60)
    return out


@pytest.mark.parametrize('name', CONTAINERS)
def test_a_video_that_is_cut_is_no_short_one(containers: Path, tmp_path: Path, name: str) -> None:
    """Decoders stop where the file stops, as at any end: half a walk looked like a short one."""
    whole = (containers / name).read_bytes()
    path = tmp_path / name
    for rest in (b'', bytes(16), b'a note of the camera'):
        path.write_bytes(whole + rest)
        assert not is_cut_video(path)
    assert len(list(open_source(str(containers / name)))) == COUNT
    path.write_bytes(whole[: int(len(whole) * 0.8)])
    assert is_cut_video(path)
    with pytest.raises(SourceError, match='is cut'):  # after its frames, or it has no index
        list(open_source(str(path)))


@pytest.mark.parametrize(
    'data', [b'', b'RIFF', b'\x1a\x45\xdf\xa3', b'\0\0\0\1mdat', bytes(16), b'\xff' * 64]
)
def test_what_is_no_container_is_not_cut(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / 'x.mp4'
    path.write_bytes(data)
    assert not is_cut_video(path)
    with pytest.raises(SourceError, match='cannot be opened'):
        open_source(str(path))


@pytest.mark.parametrize('brand', ['heic', 'mif1', 'avif'])
def test_a_photograph_of_a_phone_says_what_to_do(tmp_path: Path, brand: str) -> None:
    """Not that it is damaged: it is not."""
    path = tmp_path / f'IMG_0001.{brand}'
    path.write_bytes(b'\0\0\0\x18ftyp' + brand.encode() + bytes(8) + b'\0\0\0\x08free')
    kind = 'AVIF' if brand == 'avif' else 'HEIC'
    for read in (read_picture, lambda path: open_source(str(path))):
        with pytest.raises(SourceError, match=f'in {kind}; save it as JPEG or PNG'):
            read(path)


@pytest.fixture(scope='module')
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a video of some frames, with pixels that are square."""
    path = tmp_path_factory.mktemp('odd') / 'square.mp4'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), 10, (64, 48))
    for level in range(0, 200, 20):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    return path


def converted(video: Path, name: str, *options: str) -> Path:
    ffmpeg = pytest.importorskip('imageio_ffmpeg', reason='there is no ffmpeg here')
    out = video.with_name(name)
    command = [ffmpeg.get_ffmpeg_exe(), '-v', 'error', '-y', '-i', str(video), *options, str(out)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip('this ffmpeg has no such encoder')
    return out


def test_a_video_where_a_picture_is_expected_is_called_one(video: Path) -> None:
    with pytest.raises(SourceError, match=r'it is a video; `track` follows in it'):
        read_picture(video)


def test_pixels_that_are_not_square_are_told(video: Path) -> None:
    assert open_source(str(video)).remark == ''
    wide = converted(video, 'wide.mp4', '-vf', 'setsar=2/1')
    remark = open_source(str(wide)).remark
    assert 'a player shows about 128 x 48, coordinates here are those of 64 x 48' in remark
    command = [sys.executable, '-m', 'follow_anything', 'track', str(wide), '--box', '9,9,20,20']
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert remark in done.stderr


def test_a_codec_without_a_decoder_is_named(video: Path) -> None:
    """AV1, as screens and phones of today record it: OpenCV's packages have no decoder."""
    path = converted(video, 'screen.mp4', '-c:v', 'libaom-av1', '-cpu-used', '8')
    if cv2.VideoCapture(str(path)).read()[0]:
        pytest.skip('this OpenCV has a decoder')
    with pytest.raises(
        SourceError, match=r'(?i)no decoder for av01; convert it: ffmpeg -i .*screen'
    ):
        list(open_source(str(path)))
