# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Videos that are damaged in the middle, and streams of two sizes one behind the other."""

from __future__ import annotations

from pathlib import Path
import random
import re
import subprocess
import sys
import time

from follow_anything.core.errors import SourceError
from follow_anything.io.sources import open_source
import pytest

ffmpeg = pytest.importorskip('imageio_ffmpeg', reason='imageio-ffmpeg is not installed')

pytestmark = pytest.mark.field

COUNT = 60
NAMES = {
    'x.mp4': ('libx264', '-g', '10'), 'x.mkv': ('libx264',), 'x.mov': ('mpeg4',),
    'x.avi': ('mpeg4',), 'jpeg.avi': ('mjpeg', '-q:v', '3'), 'x.webm': ('libvpx', '-b:v', '2M'),
    'x.ts': ('libx264', '-g', '10'), 'x.mpg': ('mpeg2video',), 'x.h264': ('libx264', '-g', '10'),
    'x.mjpeg': ('mjpeg', '-q:v', '3'),
}  # fmt: skip
"""Videos, and what encodes them."""

RAW = ('x.h264', 'x.mjpeg')
"""Streams without a container: whole frames that are zeros are missed by nobody."""


def encode(path: Path, size: str, *options: str) -> Path:
    command = [ffmpeg.get_ffmpeg_exe(), '-loglevel', 'error', '-y', '-f', 'lavfi', '-i']
    command += [f'testsrc2=size={size}:rate=30:duration=2', '-pix_fmt', 'yuv420p', '-c:v']
    subprocess.run([*command, *options, str(path)], check=True, timeout=60)
    return path


@pytest.fixture(scope='module')
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('whole')
    for name, options in NAMES.items():
        encode(folder / name, '320x240', *options)
    return folder


def damaged(whole: Path, folder: Path, share: float, *, zeros: bool) -> Path:
    """Write a video again, a part of whose middle is zeros or anything."""
    data = bytearray(whole.read_bytes())
    begin, length = len(data) // 2, int(len(data) * share)
    part = bytes(length) if zeros else random.Random(0).randbytes(length)
    data[begin : begin + length] = part
    path = folder / whole.name
    path.write_bytes(data)
    return path


def read(path: Path) -> tuple[list[float], str]:
    """Return the stamps of a video's frames, and the error at its end."""
    stamps: list[float] = []
    try:
        stamps.extend(frame.stamp for frame in open_source(str(path)))
    except SourceError as error:
        return stamps, str(error)
    return stamps, ''


@pytest.mark.parametrize('name', NAMES)
def test_a_video_that_is_whole_is_read_whole(videos: Path, name: str) -> None:
    assert len(list(open_source(str(videos / name)))) == COUNT


@pytest.mark.parametrize('zeros', [True, False])
@pytest.mark.parametrize('name', [name for name in NAMES if name not in RAW])
def test_a_damaged_video_is_not_silently_read(
    videos: Path, tmp_path: Path, name: str, zeros: bool
) -> None:
    """Its frames were grey or left out, or all behind the damage were missing: no word of it."""
    path = damaged(videos / name, tmp_path, 0.15, zeros=zeros)
    stamps, error = read(path)
    assert re.search(r'is damaged.*([0-9]+ of its frames could not|wrong in part)', error)
    assert len(stamps) >= COUNT // 3
    assert stamps == sorted(set(stamps))


def test_what_lies_behind_the_damage_is_read(videos: Path, tmp_path: Path) -> None:
    """OpenCV fails once at each broken frame, which is not the end."""
    stamps, error = read(damaged(videos / 'x.mp4', tmp_path, 0.1, zeros=True))
    assert max(stamps) > 1.9
    assert f'{COUNT - len(stamps)} of its frames could not be read' in error


def test_a_trimmed_video_is_whole(videos: Path, tmp_path: Path) -> None:
    """The container counts the frames that its edit list leaves out."""
    path = tmp_path / 'trimmed.mp4'
    command = [ffmpeg.get_ffmpeg_exe(), '-loglevel', 'error', '-ss', '0.5', '-i']
    command += [str(videos / 'x.mp4'), '-c', 'copy', str(path)]
    subprocess.run(command, check=True, timeout=60)
    assert 40 <= len(list(open_source(str(path)))) < COUNT


GAP = ('-vf', "select='not(between(n,10,30))'", '-fps_mode', 'vfr', '-pix_fmt', 'yuv420p')

ODD = {
    'late.mkv': ('-itsoffset', '5', '-i', 'x.mkv', '-c', 'copy'),
    'live.webm': ('-i', 'x.webm', '-c', 'copy', '-live', '1'),
    'long_sound.mkv': ('-i', 'x.mkv', '-f', 'lavfi', '-i', 'sine=duration=9', '-c:v', 'copy'),
    'long_sound.avi': ('-i', 'x.avi', '-f', 'lavfi', '-i', 'sine=duration=9', '-c:v', 'copy'),
    'gap.avi': ('-i', 'x.avi', *GAP, '-c:v', 'mpeg4'),
    'gap.mkv': ('-i', 'x.avi', *GAP),
    'middle.ts': ('-ss', '0.5', '-i', 'x.ts', '-c', 'copy'),
    'x.mov': ('-i', 'x.mp4', '-c:v', 'prores_ks'),
    'x.gif': ('-i', 'x.mp4'),
    'x.flv': ('-i', 'x.mp4', '-c:v', 'flv'),
}
"""Videos that are whole, though a container says another length, or less of it."""


@pytest.mark.parametrize('name', ODD)
def test_a_video_of_an_odd_length_is_whole(videos: Path, tmp_path: Path, name: str) -> None:
    command = [ffmpeg.get_ffmpeg_exe(), '-loglevel', 'error', '-y', *ODD[name]]
    subprocess.run([*command, str(tmp_path / name)], check=True, timeout=60, cwd=videos)
    stamps, error = read(tmp_path / name)
    assert error == ''
    assert len(stamps) >= COUNT - 21


@pytest.mark.parametrize('name', ['x.ts', 'x.mpg', 'x.h264', 'x.mjpeg'])
def test_streams_of_two_sizes_are_told_apart(videos: Path, tmp_path: Path, name: str) -> None:
    """OpenCV repeated its last frame to the end, or put the smaller picture into the old one."""
    small = (videos / name).read_bytes()
    large = encode(tmp_path / name, '480x360', *NAMES[name]).read_bytes()
    for sizes, data in (('320 x 240 to 480 x 360', small + large), ('480 x', large + small)):
        path = tmp_path / f'two{Path(name).suffix}'
        path.write_bytes(data)
        stamps, error = read(path)
        assert f'change from {sizes}' in error
        assert abs(len(stamps) - COUNT) <= 1
    path.write_bytes(small + small)
    assert len(list(open_source(str(path)))) == 2 * COUNT


@pytest.mark.parametrize('name', ['x.mp4', 'x.mov'])
def test_a_video_without_its_index_is_not_called_something_else(
    videos: Path, tmp_path: Path, name: str
) -> None:
    data = bytearray((videos / name).read_bytes())
    at = data.rindex(b'moov')
    data[at + 4 : at + 400] = bytes(396)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match='it is damaged where it says what it holds'):
        open_source(str(tmp_path / name))


def test_the_command_says_it_and_fails(videos: Path, tmp_path: Path) -> None:
    path = damaged(videos / 'x.mp4', tmp_path, 0.1, zeros=True)
    command = [sys.executable, '-m', 'follow_anything', 'track', str(path)]
    command += ['--box', '10,10,60,60', '--save', str(tmp_path / 'out.mp4')]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert 'Traceback' not in done.stderr
    assert 'is damaged' in done.stderr.splitlines()[-1]
    assert len(done.stdout.splitlines()) > COUNT * 3 // 4
    assert (tmp_path / 'out.mp4').stat().st_size > 0


def test_a_reader_that_stops_leaves_no_process(videos: Path) -> None:
    from follow_anything.io.videos import SecondDecoder

    second = SecondDecoder(str(videos / 'x.mp4'))
    process = second._process
    assert process is not None
    second.close()
    assert process.poll() is not None
    source = open_source(str(videos / 'x.mp4'))
    next(source)
    began = time.monotonic()
    del source
    assert time.monotonic() - began < 2.0


def test_without_ffmpeg_videos_are_read(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('follow_anything.io.videos._ffmpeg', lambda: None)
    assert len(list(open_source(str(videos / 'x.mp4')))) == COUNT
