# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The video of the camera component: RTP over real UDP, taken apart and decoded again."""

from __future__ import annotations

from collections.abc import Iterator
import os
import signal
import sys
import time

import cv2
from follow_anything.core.config import MavlinkCameraConfig
from follow_anything.core.errors import BadConfig, InvalidInput, MissingDependency, SourceError
from follow_anything.core.types import UInt8Array
from follow_anything.launcher.processes import free_port
from follow_anything.robots.mavlink.video import parse_receiver, RtpVideo
from follow_anything.ros.worker import NewestOnly
import numpy as np
import pytest
from waiting import wait

pytest.importorskip('imageio_ffmpeg', reason='pip install imageio-ffmpeg')

from rtp_receiver import IDR, PPS, RtpReceiver, SPS

pytestmark = [pytest.mark.camera_component, pytest.mark.mavlink]

BASELINE = 66


@pytest.fixture
def receiver() -> Iterator[RtpReceiver]:
    receiver = RtpReceiver()
    yield receiver
    receiver.close()


def scene(number: int, width: int = 640, height: int = 480) -> UInt8Array:
    """Return a picture that a codec has no trouble with, and in which `number` can be seen."""
    ramp = np.linspace(40, 200, width, dtype=np.float32)
    rgb = np.repeat(np.tile(ramp, (height, 1))[..., None], 3, 2).astype(np.uint8)
    cv2.rectangle(rgb, (20 + 16 * number, 100), (100 + 16 * number, 300), (220, 40, 30), -1)
    return rgb


def test_what_is_sent_is_a_stream_that_decodes(receiver: RtpReceiver) -> None:
    video = RtpVideo(receiver.to, 15.0, 2000)
    sent_at = []
    for number in range(20):
        sent_at.append(time.monotonic())
        video.send(scene(number))
        time.sleep(1 / 15)
    wait(lambda: len(receiver.pictures) >= 20, 'twenty pictures')
    video.close()
    steps = np.diff(receiver.sequence) % 65536
    assert (steps == 1).all(), 'no packet is lost or out of order'
    stamps = np.diff([stamp for stamp, _ in receiver.pictures]) % 2**32
    assert (stamps > 0).all()
    took = stamps.sum() / 90_000  # the clock of RTP
    assert took == pytest.approx(sent_at[-1] - sent_at[0], abs=1.0), 'the encoder starts late'
    kinds = receiver.kinds()
    assert kinds.index(SPS) < kinds.index(IDR)
    assert kinds.index(PPS) < kinds.index(IDR)
    assert kinds.count(IDR) >= 2, 'who tunes in late waits a second at most'
    assert kinds.count(SPS) >= 2, 'and finds what it needs in the stream itself'
    assert receiver.units[kinds.index(SPS)][1] == BASELINE
    pictures = receiver.decoded(640, 480)
    assert len(pictures) == 20
    for number in (0, 10, 19):
        error = np.abs(pictures[number].astype(float) - scene(number)).mean()
        assert error < 8.0, f'picture {number} is itself, and not an older one'


def test_no_picture_waits_for_the_next_one(receiver: RtpReceiver) -> None:
    """An encoder that looks ahead would keep some back until others come."""
    video = RtpVideo(receiver.to, 10.0, 1000)
    for number in range(4):
        video.send(scene(number))
        wait(lambda n=number: len(receiver.pictures) > n, f'picture {number}, all alone')
    video.close()


def test_a_busy_encoder_delays_nobody_and_nothing_queues(receiver: RtpReceiver) -> None:
    video = RtpVideo(receiver.to, 30.0, 1000)
    complaints: list[Exception] = []
    worker = NewestOnly[UInt8Array](video.send, complaints.append)
    worker.offer(scene(0))
    wait(lambda: receiver.pictures, 'the first picture')
    process = video._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    longest = 0.0
    for number in range(1, 30):
        began = time.monotonic()
        worker.offer(scene(number % 20))
        longest = max(longest, time.monotonic() - began)
        time.sleep(0.01)
    assert longest < 0.2, 'whoever offers a picture never waits'
    assert worker.dropped >= 25
    assert len(receiver.pictures) <= 2
    os.kill(process.pid, signal.SIGCONT)
    wait(lambda: len(receiver.pictures) >= 3, 'the stream to go on')
    worker.close()
    video.close()
    assert len(receiver.pictures) <= 4, 'with the newest, and not with all'
    assert complaints == []


def test_a_picture_of_another_size_and_a_dead_encoder(receiver: RtpReceiver) -> None:
    video = RtpVideo(receiver.to, 15.0, 1000)
    video.send(scene(0))
    wait(lambda: len(receiver.pictures) == 1, 'a picture')
    video.send(scene(0, 321, 241))
    wait(lambda: len(receiver.pictures) == 2, 'one of another size, with odd sides')
    process = video._process
    assert process is not None
    process.kill()
    process.wait()
    with pytest.raises(SourceError, match='the video has ended'):
        video.send(scene(1, 321, 241))
    video.send(scene(2, 321, 241))
    wait(lambda: len(receiver.pictures) == 3, 'another encoder')
    video.close()
    assert video.close() == ''


def test_nobody_has_to_listen() -> None:
    video = RtpVideo(f'127.0.0.1:{free_port(udp=True)}', 30.0, 1000)
    for number in range(15):
        video.send(scene(number))
        time.sleep(0.03)
    assert video.sent == 15
    video.close()


def test_it_leaves_the_processor_to_others(receiver: RtpReceiver) -> None:
    video = RtpVideo(receiver.to, 15.0, 1000)
    video.send(scene(0))
    process = video._process
    assert process is not None
    assert os.getpriority(os.PRIO_PROCESS, process.pid) >= 10
    video.close()


def test_without_an_encoder_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'imageio_ffmpeg', None)
    with pytest.raises(MissingDependency, match='pip install imageio-ffmpeg'):
        RtpVideo('127.0.0.1:5600', 15.0, 1000)


@pytest.mark.parametrize('text', ['', '5600', 'host', 'host:0', 'a b:5600', 'h:70000', 'x?y:1'])
def test_what_is_no_receiver_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match='HOST:PORT'):
        RtpVideo(text, 15.0, 1000)


def test_receivers() -> None:
    assert parse_receiver('10.0.0.2:5600') == ('10.0.0.2', 5600)
    assert parse_receiver('[::1]:5600') == ('[::1]', 5600)
    with pytest.raises(InvalidInput, match='nobody knows'):
        RtpVideo('no-such-host.invalid:5600', 15.0, 1000)


def test_one_video_is_announced_or_sent() -> None:
    assert MavlinkCameraConfig().video_to == ''
    with pytest.raises(BadConfig, match='leave video empty'):
        MavlinkCameraConfig(video='5600', video_to='127.0.0.1:5600')
