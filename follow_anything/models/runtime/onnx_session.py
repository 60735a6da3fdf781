# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Opening ONNX graphs the same way everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadConfig, MissingDependency, SourceError
from follow_anything.models.runtime.device import check_device
from follow_anything.models.runtime.tensorrt import tensorrt_options

__all__ = ['ON_GPU', 'TENSORRT', 'describe_onnxruntime', 'open_session']


TENSORRT = 'TensorrtExecutionProvider'
ON_GPU = (TENSORRT, 'CUDAExecutionProvider')
"""Of onnxruntime, best first; what neither can run, onnxruntime leaves to the CPU."""


def open_session(
    path: Path, threads: int = 1, device: str = 'auto', precision: str = 'fp16'
) -> Any:
    """
    Open a graph.

    :param threads: of onnxruntime, on the CPU.
    :param device: 'cpu', 'cuda' for TensorRT or else CUDA, or 'auto': the CPU, for which the
        shipped graphs are made.
    :param precision: of TensorRT, see tensorrt_options().
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
    providers = _providers(onnxruntime, path, device, precision)
    try:
        session = onnxruntime.InferenceSession(
            str(path), _settings(onnxruntime, threads), providers
        )
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


def _providers(onnxruntime: Any, path: Path, device: str, precision: str) -> list[Any]:
    """Return the providers that may run the graph, best first; BadConfig where none fits."""
    on_cpu: list[Any] = [('CPUExecutionProvider', {})]
    if device != 'cuda':
        return on_cpu
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
    return [*on_gpu, *on_cpu]


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
