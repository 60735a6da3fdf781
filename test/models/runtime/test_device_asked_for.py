# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The device that was asked for reaches every network, or is refused with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnxruntime = pytest.importorskip('onnxruntime')
cv2 = pytest.importorskip('cv2')

from follow_anything.cli import app
from follow_anything.core.errors import BadConfig
from follow_anything.core.types import Box, Query
from follow_anything.evaluation.tracking.video import VideoFollower
from follow_anything.models import registry
from follow_anything.models.detection.tiny import close_up, detector
from follow_anything.models.registry import build_detector, build_embedder, EMBEDDERS
from typer.testing import CliRunner

pytestmark = [pytest.mark.models, pytest.mark.detection, pytest.mark.tracking]

WITHOUT_CUDA = r'has only CPUExecutionProvider .*onnxruntime-gpu'
POINTED = Query(box=Box(10, 10, 40, 40))


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, 'get_available_providers', lambda: ['CPUExecutionProvider'])


@pytest.mark.parametrize('beside', [None, 'classical'])
@pytest.mark.usefixtures('no_gpu')
def test_an_embedder_of_its_own_network_refuses_cuda(beside: str | None) -> None:
    shared = None if beside is None else build_detector(beside)
    with pytest.raises(BadConfig, match=WITHOUT_CUDA):
        build_embedder('instance', shared, device='cuda')


@pytest.mark.parametrize('device', ['auto', 'cpu', 'cuda'])
def test_all_graphs_of_the_embedder_are_opened_on_its_device(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def opening(path: Path, threads: int = 1, device: str = 'auto', **_: Any) -> None:
        asked.append(device)

    monkeypatch.setattr(detector, 'open_session', opening)
    monkeypatch.setattr(close_up, 'open_session', opening)
    build_embedder('instance', device=device)
    assert asked == [device, device]


@pytest.mark.usefixtures('no_gpu')
def test_a_shared_network_stays_shared() -> None:
    tiny = build_detector('tiny')
    assert build_embedder('instance', tiny, 'auto').detector is tiny  # type: ignore[attr-defined]


@pytest.mark.parametrize('name', sorted(EMBEDDERS))
def test_no_embedder_takes_a_device_that_does_not_exist(name: str) -> None:
    with pytest.raises(BadConfig, match='device must be one of auto, cpu, cuda; got'):
        build_embedder(name, device='gpu')


@pytest.mark.usefixtures('no_gpu')
def test_the_tracker_of_a_video_refuses_cuda() -> None:
    """The classical detector has no network: nobody but the tracker can refuse."""
    with pytest.raises(BadConfig, match=WITHOUT_CUDA) as refused:
        VideoFollower(POINTED, tracker='tiny', detector='classical', device='cuda')
    assert 'for tracker_tiny_trunk.onnx' in str(refused.value)
    VideoFollower(POINTED, tracker='tiny', detector='classical', device='cpu')


@pytest.fixture
def video(tmp_path: Path) -> Path:
    folder = tmp_path / 'video'
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    for index in range(2):
        assert cv2.imwrite(str(folder / f'{index}.png'), noise)
    return folder


@pytest.mark.usefixtures('no_gpu')
def test_track_refuses_cuda_for_its_tracker(video: Path) -> None:
    asked = ['track', str(video), '--box', '10,10,30,30', '--detector', 'classical']
    done = CliRunner().invoke(app, [*asked, '--device', 'cuda'])
    assert isinstance(done.exception, BadConfig)
    assert 'tracker_tiny' in str(done.exception)


def test_track_gives_the_device_to_what_outlines(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def build(name: str, device: str = 'auto') -> None:
        asked.append((name, device))
        raise BadConfig('far enough')

    monkeypatch.setattr(registry, 'build_segmenter', build)
    options = ['--box', '10,10,30,30', '--masks', str(tmp_path / 'masks'), '--segmenter', 'sam']
    CliRunner().invoke(app, ['track', str(video), *options, '--device', 'cpu'])
    assert asked == [('sam', 'cpu')]
