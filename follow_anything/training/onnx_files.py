# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Make exported ONNX graphs smaller and faster."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ['quantize_rows', 'slim']


def _absorb_padding(graph: Any) -> None:
    """
    Let each strided convolution do its own, one-sided padding.

    torch has no such convolution; as nodes of their own the paddings cost a tenth of the run time,
    because each leaves and enters onnxruntime's blocked layout.
    """
    from onnx import helper

    pads = {node.output[0]: node for node in graph.node if node.op_type == 'Pad'}
    for node in graph.node:
        if node.op_type != 'Conv' or node.input[0] not in pads:
            continue
        sizes = {a.name: a for a in node.attribute}
        total = sizes['kernel_shape'].ints[0] - sizes['strides'].ints[0]
        before, after = total // 2, total - total // 2
        node.attribute.remove(sizes['pads'])
        node.attribute.append(helper.make_attribute('pads', [before, before, after, after]))
        node.input[0] = pads[node.input[0]].input[0]
    for node in pads.values():
        graph.node.remove(node)


def quantize_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Round each row to 8 bits: int8 (N, D) and the steps, float32 (N,)."""
    step = np.abs(rows).max(1).clip(1e-12) / 127
    return np.round(rows / step[:, None]).astype(np.int8), step


def slim(path: Path, halves: bool = True, eight_bits_from: float = math.inf) -> None:
    """
    Let convolutions pad, and store large float weights in 16 bits.

    :param halves: onnxruntime widens them once, when it loads; False leaves them as they are.
    :param eight_bits_from: matrices of so many values are stored in 8 bits, each row with a step
        of its own; widened too.
    """
    import onnx

    model = onnx.load(str(path))
    _absorb_padding(model.graph)
    if halves:
        _store_halves(model.graph, eight_bits_from)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _store_halves(graph: Any, eight_bits_from: float) -> None:
    from onnx import helper, numpy_helper, TensorProto

    casts, kept = [], []
    for weight in graph.initializer:
        array = numpy_helper.to_array(weight)
        if array.dtype != np.float32 or array.size < 256:
            kept.append(weight)
            continue
        if array.ndim == 2 and array.size >= eight_bits_from:
            bits, step = quantize_rows(array)
            parts = {'_8': bits, '_step': step, '_zero': np.zeros(len(step), np.int8)}
            kept += [numpy_helper.from_array(v, weight.name + end) for end, v in parts.items()]
            inputs = [weight.name + end for end in parts]
            casts.append(helper.make_node('DequantizeLinear', inputs, [weight.name], axis=0))
            continue
        kept.append(numpy_helper.from_array(array.astype(np.float16), weight.name + '_16'))
        casts.append(
            helper.make_node('Cast', [weight.name + '_16'], [weight.name], to=TensorProto.FLOAT)
        )
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
