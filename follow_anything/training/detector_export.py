# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Write the tiny detector: one ONNX graph, the tables of words, and weights to go on from."""

from __future__ import annotations

from pathlib import Path

from follow_anything.models.detection.tiny import GRAPH_FILE, MOST_BOXES, TEXT_FILE
from follow_anything.models.detection.tiny_network import (
    Backbone,
    BoxHead,
    flatten_levels,
    roi_vectors,
    RoiHead,
)
from follow_anything.training.detector import RoiModel, Rois
from follow_anything.training.detector_features import imagenet_backbone
from follow_anything.training.detector_text import imagenet_names, SentenceEncoder
from follow_anything.training.onnx_files import slim
import numpy as np
import torch
from torch import nn, Tensor
from torchvision.ops import nms

__all__ = ['DetectorGraph', 'export', 'text_tables', 'write_graph']

OPSET = 17
SHORTLIST = 300
NMS_IOU = 0.6
MEAN_WIDTH = 128
"""Dimensions kept of the sentence embedding (principal axes of the words)."""


class DetectorGraph(nn.Module):
    """(picture, boxes of interest) -> boxes and what is in them; boxes of interest come first."""

    def __init__(self, backbone: Backbone, boxes: BoxHead, rois: RoiHead) -> None:
        super().__init__()
        self.backbone, self.boxes, self.rois = backbone, boxes, rois

    def forward(self, image: Tensor, interest: Tensor) -> tuple[Tensor, ...]:
        """
        Detect.

        :param image: uint8 (H, W, 3), RGB, sides multiples of 32.
        :param interest: (K, 4), boxes to be described too; K may be 0.
        :returns: boxes (K + N, 4), objectness (K + N,), text (K + N, 192), instance (K + N, 128),
            colours (K + N, 11) and ImageNet classes (K + N, 1000) as logits, and for clicks the
            boxes (cells, 4) and objectness (cells,) of every cell; ImageNet classes of the whole
            picture (1, 1000).
        """
        picture = image.permute(2, 0, 1)[None].float() / 127.5 - 1.0
        levels = self.backbone.levels(picture)
        logits, places = flatten_levels(*self.boxes(levels))
        limit = torch.tensor([image.shape[1], image.shape[0]], dtype=torch.float32).repeat(2)
        cells = torch.minimum(places[0].clamp(min=0.0), limit)
        objectness = logits[0].sigmoid()
        best, order = objectness.topk(min(SHORTLIST, len(objectness)))
        shortlist = cells[order]
        keep = nms(shortlist, best, NMS_IOU)[:MOST_BOXES]
        chosen = torch.cat([interest, shortlist[keep]])
        score = torch.cat([torch.ones_like(interest[:, 0]), best[keep]])
        rois = torch.cat([torch.zeros_like(chosen[:, :1]), chosen], 1)
        vectors = roi_vectors(self.backbone, picture, levels, rois)
        text, instance, color = self.rois(vectors)
        classes = self.backbone.classes(vectors[:, : self.backbone.classes.in_features])
        whole = nn.functional.relu6(self.backbone.head(levels[2])).mean((2, 3))
        scene = self.backbone.classes(whole)
        return chosen, score, text, instance, color.sigmoid(), classes, cells, objectness, scene


def write_graph(graph: DetectorGraph, path: Path) -> None:
    """Export; large weights are stored in 16 bits, arithmetic stays in 32."""
    inputs = (torch.zeros(320, 320, 3, dtype=torch.uint8), torch.tensor([[10.0, 10, 90, 120]]))
    outputs = ['boxes', 'scores', 'text', 'instance', 'colors', 'classes', 'cells', 'objectness']
    outputs.append('scene')
    torch.onnx.export(
        graph.eval(),
        inputs,
        str(path),
        input_names=['image', 'interest'],
        output_names=outputs,
        dynamic_axes={'image': {0: 'h', 1: 'w'}, 'interest': {0: 'k'}},
        opset_version=OPSET,
        dynamo=False,
    )
    slim(path)


def _eight_bits(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Round each row to 8 bits: int8 (N, D) and the step (N,)."""
    step = np.abs(vectors).max(1) / 127
    return np.round(vectors / step[:, None]).astype(np.int8), step.astype(np.float16)


def text_tables(
    model: RoiModel,
    names: list[str],
    words: np.ndarray,
    targets: np.ndarray,
    taught: np.ndarray,
    calibration: np.ndarray,
) -> dict[str, np.ndarray]:
    """Make what TextTables reads: see there."""
    encoder = SentenceEncoder()
    common = encoder.whole_words()
    embedded = encoder.encode(common)
    classes = imagenet_names()
    class_words = encoder.encode(classes)
    # uncentred principal axes keep cosines
    _, axes = np.linalg.eigh(embedded.T @ embedded)
    axes = axes[:, ::-1][:, :MEAN_WIDTH].astype(np.float32)

    def means(vectors: np.ndarray) -> np.ndarray:
        short = vectors @ axes
        return short / np.linalg.norm(short, axis=1, keepdims=True)

    with torch.inference_mode():
        project = model.concepts.project
        placed = nn.functional.normalize(project(torch.from_numpy(embedded)), dim=1).numpy()
        vectors = model.concepts.vectors().numpy()
        logit = [model.concepts.scale.exp().item(), model.concepts.bias.item()]
    word_vectors, word_scale = _eight_bits(placed)
    word_means, mean_scale = _eight_bits(means(embedded))
    return {
        'names': np.array(names),
        'vectors': vectors.astype(np.float16),
        'taught': taught,
        'related': np.packbits((targets != 0) | (targets.T != 0), axis=1),
        'logit': np.array(logit, np.float32),
        'calibration': calibration.astype(np.float32),
        'class_names': np.array(classes),
        'class_words': means(class_words).astype(np.float16),
        'concept_means': means(words).astype(np.float16),
        'words': np.array(common),
        'word_vectors': word_vectors,
        'word_scale': word_scale,
        'word_means': word_means,
        'mean_scale': mean_scale,
    }


def _taught(rois: Rois, targets: np.ndarray) -> np.ndarray:
    """Tell which concepts have a picture in training, bool (V,)."""
    seen = np.unique(rois.concepts[rois.concepts >= 0])
    result: np.ndarray = (targets[seen] == 1).any(0)
    return result


def calibrate(
    model: RoiModel, rois: Rois, targets: np.ndarray, taught: np.ndarray, count: int = 12_000
) -> np.ndarray:
    """
    Fit the belief that a box shows what was asked: a logistic of logit and lead over all others.

    Things come from training scenes, asked for by their own name (yes), by the name of something
    else and with boxes that hold nothing (no), half and half.

    :returns: (3,): factor of the logit, factor of the lead, offset.
    """
    rng = np.random.default_rng(5)
    named = np.flatnonzero(((rois.concepts >= 0) & (rois.kinds == 0)) | (rois.kinds == 2))
    chosen = rng.choice(named, min(count, len(named)), replace=False)
    related = (targets != 0) | (targets.T != 0)
    with torch.inference_mode():
        vectors = model.concepts.vectors()
        text = model.head(rois.batch(chosen))[0]
        logits = model.concepts.logits(text, vectors).numpy()
    known = np.flatnonzero(taught)
    concepts = rois.concepts[chosen]
    popular = concepts[concepts >= 0]
    inputs, labels = [], []
    for row, concept in enumerate(concepts):
        for truth in (True, False):
            asked = concept if truth else int(rng.choice(popular))
            if asked < 0 or (not truth and concept >= 0 and related[concept, asked]):
                continue
            others = known[~related[asked, known]]
            own = logits[row, asked]
            inputs.append([own, own - logits[row, others].max()])
            labels.append(truth)
    x, y = torch.tensor(np.array(inputs)), torch.tensor(np.array(labels, np.float32))
    x = torch.cat([x, torch.ones(len(x), 1)], 1)
    weights = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=60)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(x @ weights, y)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weights.detach().numpy()


def export(
    out: Path, models: Path, names: list[str], words: np.ndarray, targets: np.ndarray
) -> None:
    """
    Write everything that ships.

    :param out: folder of the training, with boxes.pt, rois.pt and shards.
    """
    from safetensors.torch import save_file

    models.mkdir(parents=True, exist_ok=True)
    boxes, rois = BoxHead(), RoiModel(torch.from_numpy(words))
    for name, module in (('boxes', boxes), ('rois', rois)):
        state = torch.load(out / f'{name}.pt', map_location='cpu', weights_only=True)
        module.load_state_dict(state['model'])
        module.eval()
    graph = DetectorGraph(imagenet_backbone(), boxes, rois.head)
    write_graph(graph, models / GRAPH_FILE)
    data = Rois(out / 'shards', 'train')
    taught = _taught(data, targets)
    calibration = calibrate(rois, data, targets, taught)
    print('calibration', calibration)
    tables = text_tables(rois, names, words, targets, taught, calibration)
    np.savez_compressed(models / TEXT_FILE, **tables)
    weights = {f'boxes.{k}': v for k, v in boxes.state_dict().items()}
    weights |= {f'rois.{k}': v for k, v in rois.state_dict().items() if k != 'concepts.words'}
    halves = {
        k: v.half().contiguous() if v.is_floating_point() and v.numel() > 256 else v.contiguous()
        for k, v in weights.items()
    }
    save_file(halves, models / 'detector_tiny.safetensors', metadata={'concepts': str(len(names))})
    for name in (GRAPH_FILE, TEXT_FILE, 'detector_tiny.safetensors'):
        print(models / name, (models / name).stat().st_size, 'bytes')
    print(f'{int(taught.sum())} of {len(names)} concepts taught')
