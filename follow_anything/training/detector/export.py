# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Write the graphs of the tiny detector, and its tables of words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import re
import tempfile

from follow_anything.models.detection.tiny.boxes import BoxModel
from follow_anything.models.detection.tiny.click_network import ClickNetwork
from follow_anything.models.detection.tiny.close_up import CLICK_OUTPUTS
from follow_anything.models.detection.tiny.detector import OUTPUTS
from follow_anything.models.detection.tiny.image import CLOSE_UP_PX, STRIDES
from follow_anything.models.detection.tiny.network import (
    Backbone,
    CHANNELS,
    roi_vectors,
    RoiHead,
    seen_vectors,
    TopBlocks,
)
from follow_anything.models.export.precision import write_eight_bits
from follow_anything.training.detector.heads.backbone import FEATURES
from follow_anything.training.detector.heads.loss import Concepts
from follow_anything.training.detector.language.encoder import imagenet_names, SentenceEncoder
from follow_anything.training.onnx_files import quantize_rows, slim
import numpy as np
import torch
from torch import nn, Tensor

__all__ = ['DetectorGraph', 'text_tables', 'write_click_graph', 'write_graph', 'write_top']

OPSET = 17
EIGHT_BITS_FROM = 5e5
"""Values of a matrix of the network of clicks from which on 8 bits store it."""

MEAN_WIDTH = 128
"""Dimensions kept of the sentence embedding (principal axes of the words)."""


class DetectorGraph(nn.Module):
    """The detector's heads as one graph: boxes and their embeddings; given boxes come first."""

    def __init__(self, backbone: Backbone, boxes: BoxModel, rois: RoiHead) -> None:
        super().__init__()
        self.backbone, self.boxes, self.rois = backbone, boxes, rois

    def forward(
        self,
        picture: Tensor,
        fine: Tensor,
        middle: Tensor,
        coarse: Tensor,
        top: Tensor,
        interest: Tensor,
    ) -> tuple[Tensor, ...]:
        """
        Detect.

        :param picture: (1, 3, H, W), RGB in [-1, 1]. :param fine: and the others: its features,
            `top` those of the trained blocks at stride 32.
        :param interest: (K, 4), boxes to be described too; K may be 0.
        :returns: those of OUTPUTS, see Found in detection/tiny/detector.py; classes as logits.
        """
        # a tensor of the shape's numbers would be the same for ever
        limit = torch._shape_as_tensor(picture)[[3, 2, 3, 2]].float()
        found = self.boxes((fine, middle, top), limit, interest)
        rois = torch.cat([torch.zeros_like(found.boxes[:, :1]), found.boxes], 1)
        vectors = roi_vectors(self.backbone, picture, (fine, middle, coarse), rois)
        text, instance, color = self.rois(vectors, seen_vectors(top, found.pyramid, rois))
        classes = self.backbone.classes(vectors[:, : self.backbone.classes.in_features])
        whole = nn.functional.relu6(self.backbone.head(coarse)).mean((2, 3))
        return (
            *(found.boxes, found.scores, text, instance, color.sigmoid(), classes),
            self.backbone.classes(whole),
        )


def write_top(top: TopBlocks, middles: Sequence[np.ndarray], path: Path) -> None:
    """
    Write the trained blocks in 8 bits: middle to top.

    :param middles: float32 (1, 112, H, W): the ranges of the activations come from these.
    """
    axes = {'middle': {2: 'h_middle', 3: 'w_middle'}, 'top': {2: 'h_coarse', 3: 'w_coarse'}}
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / 'exact.onnx'
        torch.onnx.export(
            top.eval(),
            (torch.from_numpy(middles[0]),),
            str(exact),
            input_names=['middle'],
            output_names=['top'],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
        slim(exact, halves=False)
        write_eight_bits(exact, path, [{'middle': middle} for middle in middles])


def write_graph(trunk: Path, top: Path, graph: DetectorGraph, path: Path) -> None:
    """
    Join the graphs of the trunk, of the trained blocks, and what comes behind them.

    :param trunk: image to FEATURES. :param top: what write_top wrote.
    """
    import onnx
    from onnx import compose

    side = 128
    channels, strides = (*CHANNELS, CHANNELS[-1]), (*STRIDES, STRIDES[-1])
    features = [
        torch.zeros(1, c, side // s, side // s) for c, s in zip(channels, strides, strict=True)
    ]
    inputs = (torch.zeros(1, 3, side, side), *features)
    inputs += (torch.tensor([[10.0, 10, 90, 120]]),)
    names = [*FEATURES, 'top', 'interest']
    axes = {name: {2: f'h_{name}', 3: f'w_{name}'} for name in (*FEATURES, 'top')}
    with tempfile.TemporaryDirectory() as folder:
        behind = Path(folder) / 'behind.onnx'
        torch.onnx.export(
            graph.eval(),
            inputs,
            str(behind),
            input_names=names,
            output_names=list(OUTPUTS),
            dynamic_axes={**axes, 'interest': {0: 'k'}},
            opset_version=OPSET,
            dynamo=False,
        )
        slim(behind)
        parts = [onnx.load(str(part)) for part in (trunk, top, behind)]
    version = min(part.ir_version for part in parts)
    first, middle, last = parts
    middle = compose.add_prefix(middle, 'top_', rename_inputs=False, rename_outputs=False)
    last = compose.add_prefix(last, 'heads_', rename_inputs=False, rename_outputs=False)
    for part in (first, middle, last):
        part.ir_version = version
    seen = compose.merge_models(
        first, middle, io_map=[('middle', 'middle')], outputs=[*FEATURES, 'top']
    )
    joined = compose.merge_models(
        seen, last, io_map=[(name, name) for name in (*FEATURES, 'top')], outputs=list(OUTPUTS)
    )
    onnx.checker.check_model(joined)
    onnx.save(joined, str(path))


class _ClickGraph(nn.Module):
    """The click network with its run-time interface: uint8 in, shares out."""

    def __init__(self, network: ClickNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        said = self.network(images.permute(0, 3, 1, 2).float() / 127.5 - 1.0)
        return said.boxes, said.quality.sigmoid(), said.mask.sigmoid()


def write_click_graph(network: ClickNetwork, path: Path) -> None:
    """Write the graph: images, uint8 (B, H, W, 3), to CLICK_OUTPUTS."""
    names = ['images', *CLICK_OUTPUTS]
    torch.onnx.export(
        _ClickGraph(network).eval(),
        (torch.zeros(2, CLOSE_UP_PX, CLOSE_UP_PX, 3, dtype=torch.uint8),),
        str(path),
        input_names=names[:1],
        output_names=names[1:],
        dynamic_axes={name: {0: 'b'} for name in names},
        opset_version=OPSET,
        dynamo=False,
    )
    slim(path, eight_bits_from=EIGHT_BITS_FROM)


def _seen(encoder: SentenceEncoder, names: list[str]) -> np.ndarray:
    """Embed names within a template of pictures: 'crane' is then a machine or a bird, no verb."""
    return np.asarray(encoder.encode([f'a photo of a {name}' for name in names]))


def text_tables(
    concepts: Concepts,
    names: list[str],
    targets: np.ndarray,
    taught: np.ndarray,
    calibration: np.ndarray,
    kept: Path | None = None,
) -> dict[str, np.ndarray]:
    """
    Write the tables that TextTables reads.

    :param kept: folder that keeps embeddings, for the next time.
    """
    encoder = SentenceEncoder(kept)
    classes = imagenet_names()
    common = encoder.whole_words()
    rare = {word for name in classes for word in re.findall('[a-z]{3,}', name.lower())}
    common += sorted(rare - set(common))
    embedded = encoder.encode(common)
    seen = _seen(encoder, common)
    # uncentred principal axes keep cosines
    _, axes = np.linalg.eigh(seen.T @ seen)
    axes = axes[:, ::-1][:, :MEAN_WIDTH].astype(np.float32)

    def means(vectors: np.ndarray) -> np.ndarray:
        short = vectors @ axes
        return np.asarray(short / np.linalg.norm(short, axis=1, keepdims=True))

    with torch.inference_mode():
        project = concepts.project
        placed = nn.functional.normalize(project(torch.from_numpy(embedded)), dim=1).numpy()
        vectors = concepts.vectors().numpy()
        logit = [concepts.scale.exp().item(), concepts.bias.item()]
    word_vectors, word_scale = quantize_rows(placed)
    word_means, mean_scale = quantize_rows(means(seen))
    return {
        'names': np.array(names),
        'vectors': vectors.astype(np.float16),
        'taught': taught,
        'related': np.packbits((targets != 0) | (targets.T != 0), axis=1),
        'logit': np.array(logit, np.float32),
        'calibration': calibration.astype(np.float32),
        'class_names': np.array(classes),
        'class_words': means(_seen(encoder, classes)).astype(np.float16),
        'concept_means': means(_seen(encoder, names)).astype(np.float16),
        'words': np.array(common),
        'word_vectors': word_vectors,
        'word_scale': word_scale.astype(np.float16),
        'word_means': word_means,
        'mean_scale': mean_scale.astype(np.float16),
    }
