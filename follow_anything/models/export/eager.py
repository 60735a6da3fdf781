# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The networks that ship run by torch, where it is installed: what an export must agree with."""

from __future__ import annotations

from importlib.util import find_spec

from follow_anything.core.types import FloatArray
from follow_anything.models.export.compare import Runner
from follow_anything.models.export.shipped import Feed
from follow_anything.models.tracking.tiny.tracker import SEARCH_FILE, TEMPLATE_FILE, TRUNK_FILE

__all__ = ['eager_runner']

PACKAGES = ('torch', 'safetensors')


def eager_runner(name: str, file: str) -> Runner | None:
    """
    Return a function that runs a graph's network in torch.

    :param name: of the network. :param file: of the graph.
    :return: None without torch, and for the detector: its trunk is made of 8-bit convolutions,
        which exist as a graph alone.
    """
    if name != 'tracker_tiny' or any(find_spec(package) is None for package in PACKAGES):
        return None
    from follow_anything.models.tracking.tiny.eager import round_as_shipped, shipped_model
    from follow_anything.models.tracking.tiny.graphs import (
        SearchGraph,
        TemplateGraph,
        TrunkGraph,
    )
    import torch

    trunk, model = shipped_model()
    for part in (trunk, model):
        round_as_shipped(part.requires_grad_(False))
    graphs: dict[str, torch.nn.Module] = {
        TRUNK_FILE: TrunkGraph(trunk),
        TEMPLATE_FILE: TemplateGraph(model),
        SEARCH_FILE: SearchGraph(model),
    }
    graph = graphs[file].eval()

    def run(feed: Feed) -> dict[str, FloatArray]:
        with torch.inference_mode():
            said = graph(*(torch.from_numpy(value) for value in feed.values()))
        outputs = said if isinstance(said, tuple) else (said,)
        return {key: value.numpy() for key, value in zip(OUTPUTS[file], outputs, strict=True)}

    return run


OUTPUTS = {
    TRUNK_FILE: ('features',),
    TEMPLATE_FILE: ('keys', 'values', 'descriptor'),
    SEARCH_FILE: ('score', 'box', 'quality', 'presence'),
}
"""Names of what each graph of the tracker gives."""
