# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Files of the field: upright, in order, at their own pace; no traceback and no silent success."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import resource
import subprocess
import sys
from typing import Any

import cv2
from follow_anything.core.errors import SourceError
from follow_anything.io.movie import Movie
from follow_anything.io.sources import natural_order, open_source, read_picture, write_picture
import numpy as np
import pytest

ffmpeg = pytest.importorskip('imageio_ffmpeg', reason='imageio-ffmpeg is not installed')

pytestmark = pytest.mark.field

WIDTH, HEIGHT, COUNT = 96, 64, 24
BOX = '20,22,20,24'


def picture(index: int) -> np.ndarray:
    """Return a blurred grey ground, and a red figure that moves to the right; RGB."""
    rng = np.random.default_rng(0)
    ground = rng.integers(60, 190, (HEIGHT // 4, WIDTH // 4, 1)).astype(np.uint8)
    grey = cv2.resize(ground, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    rgb = np.repeat(grey[..., None], 3, axis=2)
    cv2.rectangle(rgb, (20 + index, 22), (39 + index, 45), (230, 20, 20), -1)
    cv2.circle(rgb, (30 + index, 30), 4, (240, 240, 240), -1)
    return rgb


FRAMES = [picture(index) for index in range(COUNT)]


def red_at(rgb: np.ndarray) -> tuple[float, float]:
    """Return the middle of what is red."""
    red = (rgb[..., 0].astype(int) - rgb[..., 1] > 90) & (rgb[..., 0].astype(int) > 150)
    ys, xs = np.nonzero(red)
    return float(xs.mean()), float(ys.mean())


def save(path: Path, rgb: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return path


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('unpadded')
    for index, rgb in enumerate(FRAMES):
        save(folder / f'frame{index + 1}.png', rgb)
    return folder


def encode(folder: Path, out: Path, *options: str, rate: int = 30) -> Path:
    command = [ffmpeg.get_ffmpeg_exe(), '-loglevel', 'error', '-y', '-framerate', str(rate)]
    command += ['-i', str(folder / 'frame%d.png'), *options, str(out)]
    subprocess.run(command, check=True, timeout=60)
    return out


UNEVEN = "setpts='if(lt(N,12),N/30,12/30+(N-12)/2)/TB'"


@pytest.fixture(scope='module')
def videos(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp('videos')
    yuv = ('-pix_fmt', 'yuv420p')
    made = {
        'even': encode(folder, out / 'even.mp4', *yuv),
        'slow': encode(folder, out / 'slow.mp4', *yuv, rate=10),
        'uneven': encode(folder, out / 'uneven.mp4', '-vf', UNEVEN, '-fps_mode', 'vfr', *yuv),
        'grey': encode(folder, out / 'grey.avi', '-c:v', 'rawvideo', '-pix_fmt', 'gray'),
    }
    for turn in (90, 180, 270):
        turned = out / f'turned{turn}.mp4'
        command = [ffmpeg.get_ffmpeg_exe(), '-loglevel', 'error', '-y']
        command += ['-display_rotation', str(turn), '-i', str(made['even']), '-c', 'copy']
        subprocess.run([*command, str(turned)], check=True, timeout=60)
        made[f'turned{turn}'] = turned
    return made


def run(*arguments: Any, limit_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    command = [sys.executable, '-m', 'follow_anything', *(str(value) for value in arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, preexec_fn=limit, check=False
    )
    assert 'Traceback' not in done.stderr, done.stderr
    return done


# Order, stamps, turns.


def test_numbers_in_names_are_numbers(folder: Path) -> None:
    seen = [red_at(frame.rgb)[0] for frame in open_source(str(folder))]
    assert len(seen) == COUNT
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    'names',
    [
        ['frame1', 'frame2', 'frame10'], ['1', '2', '10'], ['a', 'a1', 'a2', 'b'],
        ['img_9_1', 'img_9_2', 'img_10_1'], ['001', '2', '03'], ['Кадр 2', 'Кадр 10'],
    ],
)  # fmt: skip
def test_natural_order(names: list[str]) -> None:
    assert sorted(reversed(names), key=natural_order) == names


def test_stray_files_are_passed_over(folder: Path, tmp_path: Path) -> None:
    save(tmp_path / 'frame1.png', FRAMES[0])
    (tmp_path / '._frame2.png').write_bytes(b'mac')
    (tmp_path / 'Thumbs.db').write_bytes(b'windows')
    (tmp_path / 'notes.txt').write_text('x')
    assert len(list(open_source(str(tmp_path)))) == 1


def test_every_frame_of_a_video_comes(videos: dict[str, Path]) -> None:
    for name in ('even', 'uneven', 'grey'):
        assert len(list(open_source(str(videos[name])))) == COUNT


def test_stamps_are_those_of_the_container(videos: dict[str, Path]) -> None:
    stamps = [frame.stamp for frame in open_source(str(videos['uneven']))]
    expected = [i / 30 if i < 12 else 12 / 30 + (i - 12) / 2 for i in range(COUNT)]
    assert stamps == pytest.approx(expected, abs=0.005)
    assert [f.stamp for f in open_source(str(videos['slow']))] == pytest.approx(
        [i / 10 for i in range(COUNT)], abs=0.002
    )


def test_the_rate_is_the_sources(videos: dict[str, Path], folder: Path) -> None:
    assert open_source(str(videos['slow'])).rate == pytest.approx(10.0)
    assert open_source(str(videos['even'])).rate == pytest.approx(30.0)
    assert open_source(str(videos['uneven'])).rate == pytest.approx(30.0, rel=0.05)
    assert open_source(str(folder)).rate == 30.0


@pytest.mark.parametrize(
    ('turn', 'quarters'), [('turned90', 1), ('turned180', 2), ('turned270', 3)]
)
def test_a_video_is_turned_as_players_do(
    videos: dict[str, Path], turn: str, quarters: int
) -> None:
    frame = next(iter(open_source(str(videos[turn]))))
    expected = np.rot90(FRAMES[0], quarters)
    assert frame.rgb.shape == expected.shape
    assert red_at(frame.rgb) == pytest.approx(red_at(expected), abs=1.0)


def oriented(path: Path, rgb: np.ndarray, tag: int) -> Path:
    """Write a JPEG that stores the picture as the EXIF orientation says, by hand."""
    stored = {
        1: lambda a: a,
        3: lambda a: np.rot90(a, 2),
        6: np.rot90,
        8: lambda a: np.rot90(a, 3),
    }
    _, data = cv2.imencode(
        '.jpg', np.ascontiguousarray(stored[tag](rgb))[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 97]
    )
    tiff = b'MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01'
    tiff += tag.to_bytes(2, 'big') + b'\x00\x00\x00\x00\x00\x00'
    exif = b'Exif\x00\x00' + tiff
    marker = b'\xff\xe1' + (len(exif) + 2).to_bytes(2, 'big') + exif
    raw = data.tobytes()
    path.write_bytes(raw[:2] + marker + raw[2:])
    return path


@pytest.mark.parametrize('tag', [1, 3, 6, 8])
def test_a_picture_is_turned_as_viewers_do(tmp_path: Path, tag: int) -> None:
    path = oriented(tmp_path / 'photo.jpg', FRAMES[0], tag)
    rgb, mask = read_picture(path)
    assert mask is None
    assert rgb.shape == FRAMES[0].shape
    assert red_at(rgb) == pytest.approx(red_at(FRAMES[0]), abs=1.0)
    (frame,) = open_source(str(tmp_path))
    np.testing.assert_array_equal(frame.rgb, rgb)


def test_thermal_pictures_are_not_black(tmp_path: Path) -> None:
    counts = np.linspace(7300, 7800, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.uint16)
    cv2.imwrite(str(tmp_path / 'thermal14.png'), counts)
    rgb, _ = read_picture(tmp_path / 'thermal14.png')
    assert len(np.unique(rgb)) > 200
    (frame,) = open_source(str(tmp_path))
    assert len(np.unique(frame.rgb)) > 200


def test_16_bit_colors_keep_their_hue(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'deep.png'), FRAMES[0][..., ::-1].astype(np.uint16) * 257)
    rgb, _ = read_picture(tmp_path / 'deep.png')
    np.testing.assert_allclose(rgb.astype(int), FRAMES[0].astype(int), atol=2)


def test_transparency_is_kept(tmp_path: Path) -> None:
    alpha = np.zeros((HEIGHT, WIDTH, 1), np.uint8)
    alpha[10:20, 30:40] = 255
    cv2.imwrite(str(tmp_path / 'cut.png'), np.dstack([FRAMES[0][..., ::-1], alpha]))
    rgb, mask = read_picture(tmp_path / 'cut.png')
    assert mask is not None
    np.testing.assert_array_equal(mask, alpha[..., 0] > 0)
    np.testing.assert_array_equal(rgb, FRAMES[0])


def junk(folder: Path) -> dict[str, Path]:
    (folder / 'empty').mkdir()
    (folder / 'cut').mkdir()
    for name, data in (('empty.mp4', b''), ('text.mp4', b'hello'), ('picture.gif', b'GIF89a')):
        (folder / name).write_bytes(data)
    (folder / 'cut' / '1.png').write_bytes(b'\x89PNG\r\n\x1a\n')
    sound = [ffmpeg.get_ffmpeg_exe(), '-loglevel', 'error', '-f', 'lavfi', '-i', 'sine=d=1']
    subprocess.run([*sound, str(folder / 'sound.mp4')], check=True, timeout=60)
    return {name: folder / name for name in ('empty', 'cut', 'empty.mp4', 'text.mp4', 'sound.mp4')}


def test_what_holds_no_frame_is_refused(tmp_path: Path) -> None:
    for path in junk(tmp_path).values():
        with pytest.raises(SourceError, match=path.name):
            list(open_source(str(path)))
    with pytest.raises(SourceError, match='kind OpenCV does not read'):
        read_picture(tmp_path / 'picture.gif')


# What is written.


def length_of(path: Path) -> tuple[int, float]:
    """Return how many pictures a video has, and how many seconds it takes."""
    capture = cv2.VideoCapture(str(path))
    count, rate = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    return int(count), count / rate


@pytest.mark.parametrize(('name', 'seconds'), [('slow', 2.4), ('even', 0.8), ('uneven', 5.93)])
def test_a_copy_has_the_pace_of_its_source(
    videos: dict[str, Path], tmp_path: Path, name: str, seconds: float
) -> None:
    source = open_source(str(videos[name]))
    movie = Movie(tmp_path / 'copy.mp4', source.rate)
    for frame in source:
        movie.add(frame.rgb, frame.stamp)
    movie.close()
    count, length = length_of(tmp_path / 'copy.mp4')
    assert count >= COUNT
    assert length == pytest.approx(seconds, abs=0.1)


def test_frames_of_other_sizes_and_odd_ones_do_no_harm(tmp_path: Path) -> None:
    movie = Movie(tmp_path / 'm.mp4', 10.0)
    for size in ((33, 21), (64, 48), (10, 5), (33, 50)):
        movie.add(np.full((size[1], size[0], 3), 90, np.uint8))
    movie.close()
    assert length_of(tmp_path / 'm.mp4')[0] == 4


def test_a_small_moving_picture_for_a_page(tmp_path: Path) -> None:
    movie = Movie(tmp_path / 'm.webp', 30.0)
    for shade in np.linspace(0, 250, 45):
        movie.add(np.full((240, 320, 3), shade, np.uint8))
    movie.close()
    data = (tmp_path / 'm.webp').read_bytes()
    assert data[8:12] == b'WEBP'
    assert data.count(b'ANMF') == 12, '8 a second, of 30'


@pytest.mark.parametrize('name', ['film', 'film.png', 'missing/film.mp4'])
def test_a_movie_needs_a_name_and_a_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match='film'):
        Movie(tmp_path / name, 10.0)


def test_a_picture_is_whole_or_an_error(tmp_path: Path) -> None:
    write_picture(tmp_path / 'a.png', FRAMES[0])
    np.testing.assert_array_equal(read_picture(tmp_path / 'a.png')[0], FRAMES[0])
    for path in (Path('/dev/full'), tmp_path / 'no' / 'a.png', tmp_path / 'a.xyz'):
        with pytest.raises(SourceError, match='cannot be written'):
            write_picture(path, FRAMES[0])


@pytest.mark.slow
@pytest.mark.parametrize(
    'options',
    [
        lambda d: ('--save', d / 'o.mp4'),
        lambda d: ('--masks', d / 'masks'),
        lambda d: ('--json', d / 'o.json'),
    ],
    ids=['movie', 'masks', 'json'],
)
def test_a_full_disk_is_an_error(
    videos: dict[str, Path], tmp_path: Path, options: Callable[[Path], tuple[Any, ...]]
) -> None:
    source = ('track', videos['even'], '--box', BOX, '--tracker', 'csrt')
    assert run(*source, *options(tmp_path)).returncode == 0
    done = run(*source, *options(tmp_path), limit_bytes=100)
    assert done.returncode == 1
    assert done.stderr.count('error:') == 1


UNWRITABLE = [
    ('--save', '/nowhere/o.mp4'), ('--save', 'noext'), ('--json', '/nowhere/x'),
    ('--json', '/dev/full'), ('--masks', '/proc/x'),
]  # fmt: skip


@pytest.mark.parametrize('options', UNWRITABLE)
def test_an_output_that_cannot_be_written_is_an_error(
    videos: dict[str, Path], options: tuple[str, str]
) -> None:
    done = run('track', videos['even'], '--box', BOX, '--tracker', 'csrt', *options)
    assert done.returncode == 1
    assert 'error:' in done.stderr
    done = run('detect', '/dev/null')
    assert done.returncode == 1


@pytest.mark.parametrize('option', ['--save', '--json'])
def test_what_is_read_is_not_overwritten(
    videos: dict[str, Path], folder: Path, tmp_path: Path, option: str
) -> None:
    """A video lost its frames to its own copy, and to the list of its boxes."""
    movie = tmp_path / 'movie.mp4'
    movie.write_bytes(videos['even'].read_bytes())
    link = tmp_path / 'link.mp4'
    link.symlink_to(movie)
    done = run('track', movie, '--box', BOX, '--tracker', 'csrt', option, link)
    assert (done.returncode, movie.read_bytes()) == (1, videos['even'].read_bytes())
    assert f'{option} would overwrite' in done.stderr
    link.unlink()
    link.hardlink_to(movie)
    done = run('track', movie, '--box', BOX, '--tracker', 'csrt', option, link)
    assert (done.returncode, movie.read_bytes()) == (1, videos['even'].read_bytes())
    photo = folder / 'frame1.png'
    before = photo.read_bytes()
    done = run('detect', photo, '--click', '30,33', option, photo)
    assert (done.returncode, photo.read_bytes()) == (1, before)


def test_masks_do_not_go_among_the_frames(folder: Path, tmp_path: Path) -> None:
    done = run('track', folder, '--box', BOX, '--masks', folder)
    assert done.returncode == 1
    assert '--masks would overwrite' in done.stderr
    for source in (folder / '*.png', folder / 'frame%d.png'):
        done = run('track', source, '--box', BOX, '--masks', folder)
        assert (done.returncode, len(list(folder.iterdir()))) == (1, COUNT)
        assert '--masks would overwrite' in done.stderr
    for source in (folder, folder / '*.png'):
        done = run('track', source, '--box', BOX, '--json', folder / 'frame7.png')
        assert '--json would overwrite' in done.stderr
    both = ('--save', tmp_path / 'x.mp4', '--json', tmp_path / 'x.mp4')
    assert '--json would overwrite' in run('track', folder, '--box', BOX, *both).stderr


@pytest.mark.parametrize(
    'name', ['nothing[final].mp4', 'x[/b].mp4', 'a:smile:.mp4', 'видео 桜.mp4']
)
def test_names_are_not_markup(name: str) -> None:
    done = run('track', name, '--box', BOX)
    assert done.returncode == 1
    assert name in done.stderr


def test_a_query_is_not_markup(folder: Path) -> None:
    source = ('detect', folder / 'frame1.png', '--detector', 'classical')
    done = run(*source, '--text', '[/red] car')
    assert done.returncode == 1
    assert 'error:' in done.stderr
    done = run('detect', folder / '[x].png', '--text', 'a car')
    assert '[x].png is not there' in done.stderr


@pytest.mark.slow
def test_a_video_of_a_phone_is_followed_to_its_end(
    videos: dict[str, Path], tmp_path: Path
) -> None:
    """Upright, at its pace, and every frame is there: from the container to the copy."""
    x, y = red_at(np.rot90(FRAMES[0], 1))
    box = f'{x - 12:.0f},{y - 10:.0f},24,20'
    saved = tmp_path / 'Σ [1].mp4'
    done = run('track', videos['turned90'], '--box', box, '--tracker', 'csrt', '--save', saved)
    assert done.returncode == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == COUNT
    assert rows[-1]['stamp'] == pytest.approx(23 / 30, abs=0.002)
    assert length_of(saved)[1] == pytest.approx(0.8, abs=0.05)
