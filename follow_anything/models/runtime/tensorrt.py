# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
TensorRT behind onnxruntime: its options, and where its engines are kept.

An engine is good for one GPU, one version of TensorRT, one graph and one precision. Each such
combination has a folder of its own, so that an update or a copied home folder builds anew and
never loads what does not fit. Axes of any length (the tracker's regions and templates) have the
range that was seen so far: TensorRT builds anew for what is outside of it, while it warms up.
"""

from __future__ import annotations

import ctypes
from functools import cache
import hashlib
from pathlib import Path
import re
import subprocess
from typing import Any

from follow_anything.core.errors import BadConfig
from follow_anything.io.files import user_folder

__all__ = ['PRECISIONS', 'device_name', 'engine_folder', 'tensorrt_options', 'tensorrt_version']

PRECISIONS = ('fp32', 'fp16', 'int8')

LIBRARIES = ('libnvinfer.so', 'libnvinfer.so.10', 'libnvinfer.so.11')
MODEL = Path('/proc/device-tree/model')


@cache
def device_name() -> str:
    """Return the name of the GPU, or of the Jetson around it; 'unknown' where nobody says."""
    if MODEL.is_file():
        return MODEL.read_text(encoding='utf-8', errors='replace').strip('\0\n ')
    command = ['nvidia-smi', '--query-gpu=name', '--format=csv,noheader']
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 'unknown'
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    return lines[0].strip() if lines else 'unknown'


@cache
def tensorrt_version() -> str:
    """Return the version of the library of TensorRT, such as '10.3.0'; 'unknown' without one."""
    for name in LIBRARIES:
        try:
            number = int(ctypes.CDLL(name).getInferLibVersion())
        except (OSError, AttributeError):
            continue
        # TensorRT 10 writes 10.3.0 as 100300, and 8.6.1 was 8601
        parts = (10000, 100) if number >= 10000 else (1000, 100)
        major, rest = divmod(number, parts[0])
        return f'{major}.{rest // parts[1]}.{rest % parts[1]}'
    return 'unknown'


def engine_folder(graph: Path, precision: str) -> Path:
    """
    Return the folder for the engine of a graph on this machine.

    :param graph: its file: name and content are in the key.
    :param precision: of PRECISIONS.
    """
    digest = hashlib.sha256(graph.read_bytes()).hexdigest()[:12]
    place = re.sub(r'[^A-Za-z0-9.]+', '_', f'{device_name()} TensorRT {tensorrt_version()}')
    return user_folder('engines') / place / f'{graph.stem}_{digest}_{precision}'


def tensorrt_options(graph: Path, precision: str = 'fp16') -> dict[str, Any]:
    """
    Return the options of onnxruntime's TensorRT provider for a graph; makes the folder.

    :param precision: 'fp16' allows 16 bits; 'int8' is for graphs that hold their 8-bit ranges.
    :raises BadConfig: there is no such precision.
    """
    if precision not in PRECISIONS:
        raise BadConfig(f'precision must be one of {", ".join(PRECISIONS)}; got {precision!r}')
    folder = engine_folder(graph, precision)
    folder.mkdir(parents=True, exist_ok=True)
    return {
        'trt_fp16_enable': precision != 'fp32',
        'trt_int8_enable': precision == 'int8',
        'trt_engine_cache_enable': True,
        'trt_engine_cache_path': str(folder),
        'trt_timing_cache_enable': True,
        'trt_timing_cache_path': str(folder.parent),
    }
