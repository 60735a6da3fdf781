# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Write a trained tracker as ONNX graphs (run time) and one safetensors file (training)."""

from __future__ import annotations

from pathlib import Path

from follow_anything.models.backbone import imagenet_trunk, Trunk
from follow_anything.models.tracking.tiny.graphs import SearchGraph, TemplateGraph
from follow_anything.models.tracking.tiny.tracker import SEARCH_FILES, TEMPLATE_FILE
from follow_anything.models.tracking.transformer import TrackingTransformer
from follow_anything.training.onnx_files import slim
import torch

__all__ = ['export', 'export_checkpoint']

OPSET = 17


def export(
    trunk: Trunk,
    model: TrackingTransformer,
    folder: Path,
    search_cells: tuple[int, ...] = (8, 10, 12),
) -> tuple[Path, list[Path]]:
    """
    Write the graphs; weights are rounded to 16 bits, arithmetic stays in 32.

    :param search_cells: sides of the search regions, one graph each.
    :returns: the path of the template graph and those of the search graphs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = model.config
    trunk, model = trunk.eval(), model.eval()
    template = folder / TEMPLATE_FILE
    side = config.template_cells * 16
    image = torch.zeros(1, side, side, 3, dtype=torch.uint8)
    box = torch.tensor([[0.25, 0.25, 0.75, 0.75]])
    torch.onnx.export(
        TemplateGraph(trunk, model),
        (image, box),
        str(template),
        opset_version=OPSET,
        input_names=['image', 'box'],
        output_names=['keys', 'values', 'descriptor'],
        dynamo=False,
    )
    cells = 2 * config.template_cells**2
    cache = torch.zeros(config.layers, 1, config.heads, cells, config.width // config.heads)
    axes = {'keys': {3: 'cells'}, 'values': {3: 'cells'}}
    searches = []
    for name, span in zip(SEARCH_FILES, search_cells, strict=True):
        region = torch.zeros(1, span * 16, span * 16, 3, dtype=torch.uint8)
        torch.onnx.export(
            SearchGraph(trunk, model),
            (region, cache, cache),
            str(folder / name),
            input_names=['image', 'keys', 'values'],
            dynamic_axes=axes,
            opset_version=OPSET,
            output_names=['score', 'box', 'quality', 'presence'],
            dynamo=False,
        )
        searches.append(folder / name)
    for path in (template, *searches):
        slim(path)
    return template, searches


def export_checkpoint(checkpoint: Path, out: Path) -> None:
    """Export the averaged weights of a checkpoint: the graphs, and one file of safetensors."""
    from safetensors.torch import save_file

    state = torch.load(checkpoint, map_location='cpu', weights_only=True)
    model = TrackingTransformer()
    model.load_state_dict(state['average'])
    template, searches = export(imagenet_trunk(), model, out)
    for path in (template, *searches):
        print(path, path.stat().st_size, 'bytes')
    weights = {k: v.contiguous() for k, v in state['average'].items()}
    save_file(
        weights,
        out / 'tracker_tiny.safetensors',
        metadata={'samples': str(state['samples']), 'minutes': f'{state["minutes"]:.1f}'},
    )
