# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A pruned graph computes the outputs that are left just as before, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip('onnx')

from follow_anything.io.files import shared_file
from follow_anything.models.detection.tiny.detector import WITHOUT_WORDS
from follow_anything.models.runtime.onnx_session import open_session
from follow_anything.models.runtime.pruning import pruned

pytestmark = [pytest.mark.models, pytest.mark.detection]

GRAPH = shared_file('models/detector_tiny.onnx')


def test_only_what_an_output_needs_is_left() -> None:
    node, info = onnx.helper.make_node, onnx.helper.make_tensor_value_info
    nodes = [
        node('Neg', ['x'], ['y'], 'shared'),
        node('Abs', ['y'], ['unwanted'], 'dropped'),
        node('Relu', ['y'], ['wanted'], 'kept', doc_string='long enough for a second digit' * 9),
    ]
    ends = [info(name, onnx.TensorProto.FLOAT, [1]) for name in ('x', 'unwanted', 'wanted')]
    model = onnx.helper.make_model(onnx.helper.make_graph(nodes, 'small', ends[:1], ends[1:]))
    left = onnx.load_from_string(pruned(model.SerializeToString(), ['wanted']))
    onnx.checker.check_model(left)
    assert [kept.name for kept in left.graph.node] == ['shared', 'kept']
    assert [output.name for output in left.graph.output] == ['wanted']
    assert left.opset_import == model.opset_import


def test_the_shipped_detector_is_the_same_without_its_words() -> None:
    whole, part = open_session(GRAPH), open_session(GRAPH, outputs=WITHOUT_WORDS)
    assert [output.name for output in part.get_outputs()] == list(WITHOUT_WORDS)
    picture = np.random.default_rng(3).integers(0, 256, (1, 288, 384, 3), np.uint8)
    feed = {'image': picture, 'interest': np.array([[40, 40, 90, 200]], np.float32)}
    for one, other in zip(
        whole.run(WITHOUT_WORDS, feed), part.run(WITHOUT_WORDS, feed), strict=True
    ):
        np.testing.assert_array_equal(one, other)
