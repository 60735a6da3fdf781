# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever lies in a file of weights: tensors, or a refusal that says what to do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadConfig, BadWeights
from follow_anything.models.runtime.device import pick_device
from follow_anything.models.weights.checkpoints import load_into, load_tensors
import pytest

torch = pytest.importorskip('torch', reason='the large models need torch')
safetensors = pytest.importorskip('safetensors.torch', reason='safetensors is not installed')

pytestmark = [pytest.mark.models, pytest.mark.detection]


class Malice:
    """What a pickle can do to whoever loads it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.putenv, ('FOLLOW_ANYTHING_WAS_HERE', '1')


def network() -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))


@pytest.mark.parametrize('wrapper', ['', 'model', 'state_dict'])
@pytest.mark.parametrize('suffix', ['.pth', '.safetensors'])
def test_tensors_come_back(tmp_path: Path, suffix: str, wrapper: str) -> None:
    path, tensors = tmp_path / f'it{suffix}', network().state_dict()
    if suffix == '.safetensors':
        safetensors.save_file(tensors, path)
    else:
        torch.save({wrapper: tensors, 'epoch': 3} if wrapper else tensors, path)
    other = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))
    load_into(other, load_tensors(path), path)
    for name, value in other.state_dict().items():
        assert torch.equal(value, tensors[name])


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / 'it.pth'
    torch.save({'weight': Malice()}, path)
    with pytest.raises(BadWeights, match='could be code'):
        load_tensors(path)


@pytest.mark.parametrize('suffix', ['.pth', '.safetensors'])
@pytest.mark.parametrize('share', [0.0, 0.5, 0.95])
def test_cut_file_is_named(tmp_path: Path, suffix: str, share: float) -> None:
    path, tensors = tmp_path / f'it{suffix}', network().state_dict()
    (safetensors.save_file if suffix == '.safetensors' else torch.save)(tensors, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(BadWeights, match=path.name):
        load_tensors(path)


def test_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / 'it.pth'
    torch.save([1, 2], path)
    with pytest.raises(BadWeights, match='expected tensors by name, got a list'):
        load_tensors(path)


@pytest.mark.parametrize(
    ('spoil', 'reason'),
    [
        (lambda t: t.pop('0.bias'), r"lacks \['0.bias'\]"),
        (lambda t: t.update(extra=torch.zeros(1)), r"has \['extra'\] in excess"),
        (lambda t: t.update({'0.bias': torch.zeros(9)}), 'another network'),
    ],
)
def test_weights_of_another_network_are_refused(tmp_path: Path, spoil: Any, reason: str) -> None:
    tensors = network().state_dict()
    spoil(tensors)
    with pytest.raises(BadWeights, match=reason):
        load_into(network(), tensors, tmp_path / 'it.pth')


def test_spare_tensors_may_be_left_over(tmp_path: Path) -> None:
    tensors = {**network().state_dict(), 'head.weight': torch.zeros(1)}
    load_into(network(), tensors, tmp_path / 'it.pth', spare=('head.',))


def test_device_that_is_not_there_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    assert pick_device('auto').type == 'cpu'
    assert pick_device('cpu').type == 'cpu'
    with pytest.raises(BadConfig, match=r'no GPU here.*Set device to auto or cpu'):
        pick_device('cuda')
