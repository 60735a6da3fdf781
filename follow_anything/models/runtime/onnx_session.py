# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Opening ONNX graphs the same way everywhere."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadConfig, MissingDependency, SourceError
from follow_anything.models.runtime.device import check_device
from follow_anything.models.runtime.pruning import pruned
from follow_anything.models.runtime.tensorrt import tensorrt_options

__all__ = ['ON_GPU', 'TENSORRT', 'describe_onnxruntime', 'open_session']


TENSORRT = 'TensorrtExecutionProvider'
ON_GPU = (TENSORRT, 'CUDAExecutionProvider')
"""Of onnxruntime, best first; what neither can run, onnxruntime leaves to the CPU."""

ON_CPU: list[Any] = [('CPUExecutionProvider', {})]

KEPT = 8
"""Sessions on the CPU: as many as one pipeline has."""


def open_session(
    path: Path,
    threads: int = 1,
    device: str = 'auto',
    precision: str = 'fp16',
    outputs: tuple[str, ...] = (),
) -> Any:
    """
    Open a graph; on the CPU once for all, because a session has no state.

    :param threads: of onnxruntime, on the CPU.
    :param device: 'cpu', 'cuda' for TensorRT or else CUDA, or 'auto': the CPU, for which the
        shipped graphs are made.
    :param precision: of TensorRT, see tensorrt_options().
    :param outputs: on the CPU, leave out what only other outputs need; empty: all are wanted.
    :raises BadConfig: there is no such device, or this onnxruntime has no CUDA.
    :raises MissingDependency: onnxruntime is not installed.
    :raises SourceError: the file is not there, cut, or not a graph.
    """
    check_device(device)
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependency(
            f'{path.name} needs onnxruntime; install it with: pip install onnxruntime '
            "(beside apt's NumPy 1: pip install onnxruntime 'numpy<2'; docs/install.md)"
        ) from error
    broken = onnxruntime.capi.onnxruntime_pybind11_state
    errors = (broken.Fail, broken.InvalidGraph, broken.InvalidProtobuf, broken.InvalidArgument)
    if not path.is_file():
        raise SourceError(f'{path} is not there')
    providers = _on_gpu(onnxruntime, path, precision) if device == 'cuda' else ON_CPU
    try:
        if device == 'cuda':
            settings = _settings(onnxruntime, threads)
            session = onnxruntime.InferenceSession(str(path), settings, providers)
        else:
            session = _on_cpu(path, path.stat().st_mtime_ns, threads, outputs)
    except errors as error:
        raise SourceError(f'{path} cannot be read as an ONNX graph: {error}') from error
    if device == 'cuda' and not set(ON_GPU) & set(session.get_providers()):
        # onnxruntime falls back to the CPU by itself, and says so in its log alone
        raise BadConfig(
            f'device is cuda, and onnxruntime could not start {providers[0][0]} for {path.name}: '
            'the driver, CUDA or cuDNN are missing or of another version. Set device to auto or '
            'cpu, or see onnxruntime.preload_dlls()'
        )
    return session


@lru_cache(maxsize=KEPT)
def _on_cpu(path: Path, written_ns: int, threads: int, outputs: tuple[str, ...]) -> Any:
    """Return a session for a file as it was written at that time."""
    import onnxruntime

    model = pruned(path.read_bytes(), outputs) if outputs else str(path)
    return onnxruntime.InferenceSession(model, _settings(onnxruntime, threads), ON_CPU)


def _on_gpu(onnxruntime: Any, path: Path, precision: str) -> list[Any]:
    """Return the providers that may run the graph, best first; BadConfig where none fits."""
    there = onnxruntime.get_available_providers()
    found = [name for name in ON_GPU if name in there]
    if not found:
        raise BadConfig(
            f'device is cuda, but onnxruntime {onnxruntime.__version__} here has only '
            f'{", ".join(there)} for {path.name}. Set device to auto or cpu, or install the '
            'package with CUDA in its place: pip uninstall onnxruntime && pip install '
            'onnxruntime-gpu'
        )
    on_gpu = [
        (name, tensorrt_options(path, precision) if name == TENSORRT else {}) for name in found
    ]
    return [*on_gpu, *ON_CPU]


def _settings(onnxruntime: Any, threads: int) -> Any:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = threads
    if threads > 1:  # waiting threads would burn a core each between two frames
        settings.add_session_config_entry('session.intra_op.allow_spinning', '0')
    settings.log_severity_level = 3
    return settings


def describe_onnxruntime() -> dict[str, Any]:
    """Return its version and where it can run graphs; nothing where it is not installed."""
    try:
        import onnxruntime
    except ImportError:
        return {}
    return {
        'onnxruntime': onnxruntime.__version__,
        'onnxruntime_providers': onnxruntime.get_available_providers(),
    }
