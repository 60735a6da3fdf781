# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Precisions and compiled networks of the large detectors: tiny widths, on a CPU."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip('torch', reason='the large detectors need torch: make setup-heavy')
for package in ('transformers', 'segment_anything', 'open_clip', 'timm'):
    pytest.importorskip(package, reason=f'the large detectors need {package}: make setup-heavy')

from follow_anything.core.errors import BadConfig
from follow_anything.evaluation.speed import precisions
from follow_anything.evaluation.speed.precisions import bench_precisions, PREPARED
from follow_anything.models.runtime.device import inference, precision

pytestmark = [pytest.mark.models, pytest.mark.detection]

CPU = torch.device('cpu')
ON_CPU = ('float32', 'bfloat16', 'bfloat16_compiled')


def computed() -> Any:
    """Return the type of what a matrix product inside `inference` gives."""
    with inference(CPU):
        return torch.nn.functional.linear(torch.ones(2, 2), torch.ones(2, 2)).dtype


def test_precision_holds_inside_and_ends_with_it() -> None:
    with precision('bfloat16'):
        assert computed() is torch.bfloat16
        with precision('float32'):
            assert computed() is torch.float32
        assert computed() is torch.bfloat16
    assert computed() is torch.float32
    with pytest.raises(BadConfig, match='precision must be one of auto, float32'):
        precision('half').__enter__()


@pytest.mark.parametrize('name', PREPARED)
def test_what_is_compiled_sees_the_picture(name: str) -> None:
    """A network that is run by another way than its call would stay as it is."""
    call, networks = precisions._searching(name, CPU, small=True)
    called: list[int] = []
    for number, network in enumerate(networks):
        network.register_forward_pre_hook(lambda *_, number=number: called.append(number))
    for _ in range(2):  # a second search sees the picture anew
        called.clear()
        call()
        assert set(called) == set(range(len(networks)))


def test_each_kind_is_measured_as_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    network = torch.nn.Linear(3, 3)
    seen: set[tuple[Any, bool]] = set()

    def call() -> None:
        with inference(CPU):
            kind = network(torch.ones(2, 3)).dtype
        seen.add((kind, network._compiled_call_impl is not None))

    monkeypatch.setattr(precisions, '_searching', lambda *_: (call, [network]))
    figures = bench_precisions('owlv2', CPU, small=True)
    assert set(figures) == {'fused_attention', *(f'{kind}_fps' for kind in ON_CPU)}
    assert seen == {
        (torch.float32, False), (torch.bfloat16, False), (torch.bfloat16, True),
    }  # fmt: skip


def test_a_kind_that_fails_says_why_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def call() -> None:
        if computed() is torch.bfloat16:
            raise RuntimeError('no kernel for this type\nmore')

    monkeypatch.setattr(precisions, '_searching', lambda *_: (call, []))
    figures = bench_precisions('owlv2', CPU, small=True)
    assert figures['float32_fps'] > 0.0
    assert figures['bfloat16_error'] == 'no kernel for this type'
    assert set(figures) == {'float32_fps', 'bfloat16_error', 'bfloat16_compiled_error'}
