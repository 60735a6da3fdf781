# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Where ONNX graphs run: onnxruntime's providers, and what is said when they are not there."""

from __future__ import annotations

import os
from pathlib import Path
import shutil
from typing import Any

import pytest

onnxruntime = pytest.importorskip('onnxruntime')

from follow_anything.core.errors import BadConfig
from follow_anything.io.files import shared_file
from follow_anything.models.registry import build_detector, build_tracker
from follow_anything.models.runtime import onnx_session
from follow_anything.models.runtime.onnx_session import open_session

pytestmark = [pytest.mark.models, pytest.mark.detection]

TENSORRT, CUDA, CPU = (f'{name}ExecutionProvider' for name in ('Tensorrt', 'CUDA', 'CPU'))
GRAPH = shared_file('models/detector_tiny.onnx')


class Session:
    """Stands where onnxruntime would start a GPU; remembers how it was asked to."""

    asked: tuple[Any, list[str]] | None = None
    starts: tuple[str, ...] = ()

    def __init__(self, path: str, settings: Any, providers: list[Any]) -> None:
        Session.asked = settings, [name for name, _ in providers]
        self.options = dict(providers)

    def get_providers(self) -> list[str]:
        assert Session.asked is not None
        return [name for name in Session.asked[1] if name in (*Session.starts, CPU)]


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path))
    monkeypatch.setattr(onnxruntime, 'InferenceSession', Session)
    monkeypatch.setattr(onnx_session, '_on_cpu', onnx_session._on_cpu.__wrapped__)

    def having(*providers: str, starts: tuple[str, ...] | None = None) -> None:
        monkeypatch.setattr(onnxruntime, 'get_available_providers', lambda: [*providers, CPU])
        Session.starts = providers if starts is None else starts

    return having


@pytest.mark.parametrize(
    ('there', 'device', 'asked'),
    [
        ((TENSORRT, CUDA), 'cuda', [TENSORRT, CUDA, CPU]),
        ((CUDA,), 'cuda', [CUDA, CPU]),
        ((TENSORRT, CUDA), 'auto', [CPU]),
        ((TENSORRT, CUDA), 'cpu', [CPU]),
        ((), 'auto', [CPU]),
    ],
)
def test_cuda_is_tensorrt_or_cuda(
    gpu: Any, there: tuple[str, ...], device: str, asked: list[str]
) -> None:
    gpu(*there)
    session = open_session(GRAPH, device=device)
    assert Session.asked is not None
    assert Session.asked[1] == asked
    if TENSORRT in asked:
        assert 'engines' in session.options[TENSORRT]['trt_engine_cache_path']


def test_cuda_that_does_not_start_is_refused(gpu: Any) -> None:
    """The package is there and the driver is not: onnxruntime would fall back in silence."""
    gpu(CUDA, starts=())
    with pytest.raises(BadConfig, match=r'could not start CUDAExecutionProvider .*cuDNN'):
        open_session(GRAPH, device='cuda')


@pytest.mark.parametrize('build', [build_detector, build_tracker])
def test_cuda_without_its_package_is_refused_with_what_to_do(
    build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnxruntime, 'get_available_providers', lambda: [CPU])
    with pytest.raises(BadConfig, match=r'has only CPUExecutionProvider .*onnxruntime-gpu'):
        build('tiny', 'cuda')


@pytest.mark.parametrize(('threads', 'spins'), [(1, True), (2, False)])
def test_threads_that_wait_do_not_spin(threads: int, spins: bool) -> None:
    session = open_session(GRAPH, threads)
    options = session.get_session_options()
    assert options.intra_op_num_threads == threads
    try:
        said = options.get_session_config_entry('session.intra_op.allow_spinning')
    except RuntimeError:  # it was never set
        said = '1'
    assert (said != '0') is spins


@pytest.mark.parametrize('device', ['gpu', 'cuda:1', 'CUDA', ''])
def test_a_device_that_does_not_exist_is_refused(device: str) -> None:
    """It must not mean the CPU in silence."""
    with pytest.raises(BadConfig, match='device must be one of auto, cpu, cuda; got'):
        open_session(GRAPH, device=device)


def test_a_graph_is_opened_once_and_again_when_it_was_written_again(tmp_path: Path) -> None:
    path = tmp_path / GRAPH.name
    shutil.copy(GRAPH, path)
    session = open_session(path)
    assert open_session(path) is session
    assert open_session(path, threads=2) is not session
    os.utime(path, (1, 1))
    assert open_session(path) is not session
