# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Operations of the tiny tracker, and the peak of this machine.

Counted are matrix products and convolutions, a multiplication with its addition as two
operations; normalisations, activations and softmax are left out, as in all such tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import tempfile
import time

from follow_anything.models.backbone import Trunk
from follow_anything.models.runtime.onnx_session import open_session
from follow_anything.models.tracking.transformer import TransformerConfig
import torch

__all__ = ['Cost', 'matmul_peak', 'one_thread', 'search_cost', 'trunk_flops']

STRIDE = 16


@dataclass(frozen=True)
class Cost:
    """
    Operations of one frame.

    :param trunk: convolutions of the trunk. :param projections: embedding, query, key, value and
        output projections, perceptrons. :param attention: products of queries with keys and of
        weights with values. :param head: everything after the last layer.
    """

    trunk: int
    projections: int
    attention: int
    head: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.trunk + self.projections + self.attention + self.head


def trunk_flops(side_px: int) -> int:
    """Count the trunk's operations on a square image."""
    side = side_px // 2
    flops = 2 * 9 * 3 * 32 * side**2
    for cin, cout, expand, kernel, stride in Trunk.LAYOUT:
        middle = cin * expand
        if expand > 1:
            flops += 2 * cin * middle * side**2
        side //= stride
        flops += 2 * middle * (kernel**2 + cout) * side**2
    return flops


def search_cost(config: TransformerConfig, side_px: int, templates: int) -> Cost:
    """
    Count one search with cached templates.

    :param side_px: of the search region. :param templates: how many are cached.
    """
    cells, width, middle = (side_px // STRIDE) ** 2, config.width, config.head_width
    keys = cells + templates * config.template_cells**2
    layer = 2 * cells * width * width * (4 + 2 * config.mlp_ratio)
    tower = 2 * cells * 9 * (width * middle + middle * middle)
    return Cost(
        trunk=trunk_flops(side_px),
        projections=2 * cells * config.features * width + config.layers * layer,
        attention=config.layers * 2 * 2 * cells * keys * width,
        head=tower + 2 * cells * middle * 6 + 2 * (2 * middle * 64 + 64),
    )


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread, like the shipped tracker."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def matmul_peak(repeats: int, side: int = 512) -> float:
    """
    Measure operations a second of a float32 product of two square matrices, on one thread.

    The best of torch and onnxruntime: on some processors torch uses half of their width only.
    """
    import onnx
    from onnx import helper

    square = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [side] * 2) for n in 'abc']
    product = helper.make_node('MatMul', ['a', 'b'], ['c'])
    graph = helper.make_graph([product], 'product', square[:2], square[2:])
    opset = helper.make_opsetid('', 17)
    left = torch.ones(side, side)
    feed = {'a': left.numpy(), 'b': left.numpy()}
    with tempfile.TemporaryDirectory() as folder, one_thread():
        path = Path(folder) / 'product.onnx'
        onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), str(path))
        session = open_session(path)
        calls = (lambda: torch.mm(left, left), lambda: session.run(None, feed))
        return 2.0 * side**3 / min(_seconds(call) for call in calls for _ in range(repeats))


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
