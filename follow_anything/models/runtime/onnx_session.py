# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Opening ONNX graphs the same way everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from follow_anything.core.errors import MissingDependency, SourceError

__all__ = ['open_session']


def open_session(path: Path, threads: int = 1) -> Any:
    """
    Open a graph on the CPU.

    :param threads: of onnxruntime.
    :raises MissingDependency: onnxruntime is not installed.
    :raises SourceError: the file is not there, cut, or not a graph.
    """
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
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = threads
    settings.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), settings, ['CPUExecutionProvider'])
    except errors as error:
        raise SourceError(f'{path} cannot be read as an ONNX graph: {error}') from error
