# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Write a trained tracker as ONNX graphs (run time) and one safetensors file (training)."""

from __future__ import annotations

from pathlib import Path

from follow_anything.models.backbone import Trunk
from follow_anything.models.tracking.tiny.eager import read_model
from follow_anything.models.tracking.tiny.graphs import SearchGraph, TemplateGraph, TrunkGraph
from follow_anything.models.tracking.tiny.tracker import (
    CELL_PX,
    FILES,
    SEARCH_FILE,
    TEMPLATE_FILE,
    TRUNK_FILE,
)
from follow_anything.models.tracking.transformer import TrackingTransformer
from follow_anything.training.onnx_files import slim
import torch

__all__ = ['export', 'export_checkpoint']

OPSET = 17
AXES = {
    'image': {1: 'height', 2: 'width'},
    'features': {2: 'rows', 3: 'columns'},
    'score': {1: 'rows', 2: 'columns'},
    'box': {2: 'rows', 3: 'columns'},
    'quality': {1: 'rows', 2: 'columns'},
    'keys': {3: 'cells'},
    'values': {3: 'cells'},
}
"""Axes of any length: one graph takes every region and any number of templates."""


def export(trunk: Trunk, model: TrackingTransformer, folder: Path) -> list[Path]:
    """
    Write the graphs; weights are rounded to 16 bits, arithmetic stays in 32.

    :returns: their paths: trunk, template, search.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = model.config
    trunk, model = trunk.eval(), model.eval()
    side, small = config.search_cells, config.template_cells
    image = torch.zeros(1, side * CELL_PX, side * CELL_PX, 3, dtype=torch.uint8)
    region, view = (torch.zeros(1, config.features, cells, cells) for cells in (side, small))
    box = torch.tensor([[0.25, 0.25, 0.75, 0.75]])
    cache = torch.zeros(config.layers, 1, config.heads, 2 * small**2, config.width // config.heads)
    _write(folder / TRUNK_FILE, TrunkGraph(trunk), {'image': image}, ['features'], AXES)
    _write(
        folder / TEMPLATE_FILE,
        TemplateGraph(model),
        {'features': view, 'box': box},
        ['keys', 'values', 'descriptor'],
        axes={},
    )
    _write(
        folder / SEARCH_FILE,
        SearchGraph(model),
        {'features': region, 'keys': cache, 'values': cache},
        ['score', 'box', 'quality', 'presence'],
        AXES,
    )
    return [folder / name for name in FILES]


def _write(
    path: Path,
    graph: torch.nn.Module,
    inputs: dict[str, torch.Tensor],
    outputs: list[str],
    axes: dict[str, dict[int, str]],
) -> None:
    torch.onnx.export(
        graph,
        tuple(inputs.values()),
        str(path),
        opset_version=OPSET,
        input_names=list(inputs),
        output_names=outputs,
        dynamic_axes={name: axes[name] for name in (*inputs, *outputs) if name in axes},
        dynamo=False,
    )
    slim(path)


def export_checkpoint(
    checkpoint: Path, out: Path, start: Path | None = None, share: float = 1.0
) -> None:
    """
    Export the averaged weights of a checkpoint: the graphs, and one file of safetensors.

    :param start: weights that the training went on from.
    :param share: how far each weight goes from there to the averaged one (weight-space ensemble,
        Wortsman et al. 2022): what was learnt before is kept on what was not trained on now.
    """
    from safetensors.torch import load_file, save_file

    state = torch.load(checkpoint, map_location='cpu', weights_only=True)
    weights: dict[str, torch.Tensor] = state['average']
    if start is not None and share < 1.0:
        weights = {k: before.lerp(weights[k], share) for k, before in load_file(start).items()}
    out.mkdir(parents=True, exist_ok=True)
    path = out / 'tracker_tiny.safetensors'
    save_file(
        {k: v.contiguous() for k, v in weights.items()},
        path,
        metadata={'samples': str(state['samples']), 'minutes': f'{state["minutes"]:.1f}'},
    )
    for graph in export(*read_model(path), out):
        print(graph, graph.stat().st_size, 'bytes')
