# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Rewrite ONNX graphs in other precisions, by onnxruntime's own tools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadConfig, MissingDependency

__all__ = ['require_onnx', 'write_eight_bits', 'write_halves', 'write_plain']

KEPT = ('DequantizeLinear', 'QuantizeLinear')
"""Nodes that take a step in 32 bits and no other, in the operators' version that we use."""


def require_onnx() -> Any:
    """Return the package onnx; MissingDependency with the install line when it is not there."""
    try:
        import onnx
    except ImportError as error:
        raise MissingDependency(
            'fp16 and int8 need the package onnx; install it with: pip install onnx'
        ) from error
    return onnx


def write_plain(graph: Path, out: Path) -> None:
    """Write a graph in 32 bits: weights that ship in 16 are widened, constants computed."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    # Higher levels write nodes that only this processor's onnxruntime knows.
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    settings.optimized_model_filepath = str(out)
    settings.log_severity_level = 3
    onnxruntime.InferenceSession(str(graph), settings, ['CPUExecutionProvider'])


def write_halves(plain: Path, out: Path) -> None:
    """Write a graph in 16 bits; its inputs and outputs stay as they are."""
    onnx = require_onnx()
    from onnxruntime.transformers import float16

    model = float16.convert_float_to_float16(
        onnx.load(str(plain)),
        keep_io_types=True,
        op_block_list=[*float16.DEFAULT_OP_BLOCK_LIST, *KEPT],
    )
    onnx.save(model, str(out))


def write_eight_bits(
    exact: Path, path: Path, feeds: Sequence[dict[str, Any]], kept: tuple[str, ...] = ()
) -> None:
    """
    Round a graph's convolutions to 8 bits.

    :param exact: the graph in 32 bits. :param path: of the result.
    :param feeds: inputs that the ranges of the activations come from.
    :param kept: convolutions whose names begin so stay in 32 bits.
    :raises BadConfig: it is in 8 bits already.
    """
    onnx = require_onnx()
    from onnxruntime import quantization

    class _Feeds(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            self._rest: Iterator[dict[str, Any]] = iter(feeds)

        def get_next(self) -> dict[str, Any] | None:
            return next(self._rest, None)

    nodes = onnx.load(str(exact)).graph.node
    if any(node.op_type == 'QuantizeLinear' for node in nodes):
        raise BadConfig(f'{exact.name} computes in 8 bits already; export it as fp32 or fp16')
    names = [node.name for node in nodes if node.op_type == 'Conv']
    quantization.quantize_static(
        str(exact),
        str(path),
        _Feeds(),
        quant_format=quantization.QuantFormat.QDQ,
        op_types_to_quantize=['Conv', 'Clip', 'Add'],
        nodes_to_exclude=[name for name in names if name.startswith(kept)] if kept else [],
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
        per_channel=True,
    )
