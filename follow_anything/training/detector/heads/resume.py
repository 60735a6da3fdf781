# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Loading of a network's weights from a shipped ONNX graph, to continue its training.

The export folds batch normalisation into the convolution before it. Here every normalisation is
given the mean and the spread of its input, and undoes them: the network then says the same in
training as the graph does.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from follow_anything.core.errors import SourceError
import numpy as np
import torch
from torch import nn, Tensor

__all__ = ['load_graph', 'recompute_norms']


def _arrays(graph: Any) -> dict[str, np.ndarray]:
    """Return the weights as the graph uses them: widened from 16 or 8 bits."""
    from onnx import numpy_helper

    arrays = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
    for node in graph.node:
        if node.op_type == 'Cast' and node.input[0] in arrays:
            arrays[node.output[0]] = arrays[node.input[0]].astype(np.float32)
        elif node.op_type == 'DequantizeLinear' and node.input[0] in arrays:
            bits, step, _ = (arrays[name] for name in node.input)
            arrays[node.output[0]] = bits.astype(np.float32) * step[:, None]
    return arrays


def load_graph(network: nn.Module, path: Path) -> None:
    """
    Load a network's weights from its graph; call settle_norms before training goes on.

    :param network: of the class that was exported, in eval mode afterwards.
    :param path: of the ONNX file.
    :raises SourceError: a weight is missing.
    """
    import onnx

    graph = onnx.load(str(path)).graph
    arrays = _arrays(graph)
    state = {
        key: torch.from_numpy(np.array(arrays[f'network.{key}']))
        for key in network.state_dict()
        if f'network.{key}' in arrays
    }
    modules = dict(network.named_modules())
    for node in graph.node:
        folded = node.op_type == 'Conv' and node.input[1].startswith('onnx::')
        if not folded:
            continue
        name = _module_name(node.name)
        norm = _after(name)
        if not isinstance(modules.get(norm), nn.BatchNorm2d):
            raise SourceError(f'{path}: {node.name} is no convolution before a normalisation')
        state[f'{name}.weight'] = torch.from_numpy(np.array(arrays[node.input[1]]))
        state[f'{norm}.bias'] = torch.from_numpy(np.array(arrays[node.input[2]]))
        eps = modules[norm].eps
        width = len(state[f'{norm}.bias'])
        state[f'{norm}.weight'] = torch.full((width,), (1.0 + eps) ** 0.5)
        state[f'{norm}.running_mean'] = torch.zeros(width)
        state[f'{norm}.running_var'] = torch.ones(width)
    missing, _ = network.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith('num_batches_tracked')]
    if missing:
        raise SourceError(f'{path} lacks weights: {", ".join(missing[:5])}')
    network.eval()


def _module_name(node: str) -> str:
    """Return mix.3.0.layers.1 for /network/mix.3/mix.3.0/layers/layers.1/Conv."""
    parts = node.strip('/').split('/')[1:-1]
    name = ''
    for part in parts:
        # a list's members repeat its name, a module of its own does not
        last = name.rsplit('.', 1)[-1]
        if not name or part.startswith(f'{name}.'):
            name = part
        elif part.startswith(f'{last}.'):
            name = f'{name.removesuffix(last)}{part}'
        else:
            name = f'{name}.{part}'
    return name


def _after(name: str) -> str:
    """Return the module that follows in a sequence."""
    stem, _, place = name.rpartition('.')
    return f'{stem}.{int(place) + 1}'


@torch.no_grad()
def recompute_norms(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """
    Recompute the statistics of every batch normalisation; the network's output stays the same.

    :param batches: what the network is asked in training.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    met: dict[nn.Module, list[Tensor]] = {module: [] for module in norms}

    def recompute(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0].transpose(0, 1).flatten(1)
        met[module].append(torch.stack([x.mean(1), x.square().mean(1)]))

    hooks = [module.register_forward_pre_hook(recompute) for module in norms]
    network.eval()
    for batch in batches:
        network(batch)
    for hook in hooks:
        hook.remove()
    for module in norms:
        mean, square = torch.stack(met[module]).mean(0)
        spread = (square - mean.square()).clamp(min=1e-6)
        gain = module.weight / (module.running_var + module.eps).sqrt()
        shift = module.bias - module.running_mean * gain
        module.weight.copy_(gain * (spread + module.eps).sqrt())
        module.bias.copy_(shift + mean * gain)
        module.running_mean.copy_(mean)
        module.running_var.copy_(spread)
